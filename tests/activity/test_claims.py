"""Every number the pages and reports about PCs say is a claim, and the call it names gives it."""

import json
import math
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

import telltale as tt
from telltale.activity import cards
from telltale.activity.answers import Answers, period_of
from telltale.contract import Raw
from telltale.page.claims import Claim
from telltale.page.pieces import Card, Piece, Sentence, Tiles
from telltale.page.said import Said
from telltale.workbench import Project
from tests.activity.test_page import NOW, office
from tests.claims import given
from tests.lake_fixture import at

MODEM = '[activity]\nshow_everyone = true\n[sources.sigfox.types.pcs]\ndevices = ["a1"]\nactivity = "levels"\n'
LISTED = "pc:cellar,PC of nobody,\nsigfox:a1,Room modem,Ada\n"
LIVE: Mapping[str, Any] = {"is_live": True}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """Three PCs of two days, one of them corrected, a gap in another; a modem; a PC that never told anything."""
    root = tmp_path_factory.mktemp("claims")
    made = office(root, pcs=3, more=MODEM)
    with (root / "devices.csv").open("a") as devices:
        devices.write(LISTED)
    landing = made.landing()
    try:
        for step in range(30):
            moment = at("2026-11-20 09:00") + step * 600 * 10**6 + (step > 20) * 3600 * 10**6
            body = {
                "device": "A1",
                "time": moment // 10**6,
                "data": "353030" if step % 3 else "313030",
                "seqNumber": step,
            }
            if moment < at(NOW):
                landing.append(Raw(0, "sigfox", moment, "", json.dumps({"path": "/sigfox"}), json.dumps(body).encode()))
        told = {"device_id": "pc:desk-1", "every_s": 10, "samples": [["x", 1]]}
        wrong = Raw(0, "pc_idle", at(NOW) - 10**6, "", json.dumps({"path": "/samples"}), json.dumps(told).encode())
        late = {"device_id": "pc:desk-1", "every_s": 10, "samples": [[at("2026-11-20 07:00") // 1000, 0, True]]}
        slept = late | {"suspended": [[at("2026-11-20 06:00") // 1000, at("2026-11-20 06:50") // 1000]]}
        after = Raw(0, "pc_idle", at(NOW) - 10**6, "", json.dumps({"path": "/samples"}), json.dumps(slept).encode())
        landing.put_many([wrong, after])
    finally:
        landing.close()
    tt.activity.correct("pc:desk-2", "2026-11-19 20:00", "2026-11-19 21:30", True, project=made)
    yield made
    made.close()


@pytest.fixture(scope="module")
def team(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    made = office(tmp_path_factory.mktemp("team"), pcs=5)
    yield made
    made.close()


def pieces(answers: Answers) -> dict[str, Piece]:
    """Every card by its name, where it is shown."""
    makers: dict[str, Callable[[Answers], Piece | None]] = {name: getattr(cards, name) for name in cards.__all__}
    return {name: piece for name, make in makers.items() if (piece := make(answers)) is not None}


ANSWERS: dict[str, dict[str, Any]] = {
    "a report of all": {"period": "7d", "rule": "seed"},
    "a report of a person": {"period": "2026-11-19", "of": "Anna"},
    "a page of today": {"period": "1d", **LIVE},
    "a page of four weeks, other breaks": {"period": "28d", "away_after": 600.0, **LIVE},
    "a page of a PC by its modem": {"period": "7d", "pc": "sigfox:a1", **LIVE},
}


def answered(project: Project, choices: Mapping[str, Any]) -> Answers:
    others = {name: value for name, value in choices.items() if name != "period"}
    return Answers(project, period_of(choices["period"], project), **others)


def same(value: Any, claim: Claim) -> bool:
    """Whether what the rows of the call give is the value."""
    if isinstance(claim.value, float) and isinstance(value, float | int):
        return math.isclose(value, claim.value, rel_tol=1e-9, abs_tol=1e-6)
    return bool(value == claim.value)


def test_the_call_of_every_claim_of_a_team_gives_its_value(team: Project) -> None:
    with team.at_one_moment():
        claims = cards.sentence(Answers(team, period_of("7d", team), is_live=True)).claims
        assert [claim.measure for claim in claims] == ["team_people", "team_active_s", "team_active_share"]
        assert all(same(value, claim) for claim, value in given(claims, team))


NUMBER = re.compile(r"\d[\d,.]*\d|\d")
NO_CLAIM = (
    r"\d+\s(?:min|h) (?:between|a day)|gap over \d+\smin|over 10 min|within 1\sh|in 24 hours",
    r"(?:in|of) (?:4 weeks|7 days)",
    r"by \d\d:\d\d",  # up to which clock a usual day is compared
    r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)\s\d+\s\w+",
)
"""Definitions, names of stretches, dates."""


HEALTHS = "agents_rejects"
"""A card of another subject."""


def texts(name: str, piece: Piece) -> Iterator[tuple[str, str]]:
    """Sentence, titles and notes of a card, value and note of each tile."""
    if isinstance(piece, Sentence):
        yield f"{name}.text", piece.text
    elif isinstance(piece, Tiles):
        for tile in piece.tiles:
            yield f"{name}.{tile.label}.value", tile.value
            yield f"{name}.{tile.label}.note", tile.note
    elif isinstance(piece, Card):
        yield f"{name}.title", piece.title


def covered(text: str) -> list[tuple[int, int]]:
    """Where in a text claims stand, and what is none."""
    claimed = [(told.start, told.end) for told in text.places] if isinstance(text, Said) else []
    return claimed + [(found.start(), found.end()) for rule in NO_CLAIM for found in re.finditer(rule, str(text))]


@pytest.mark.parametrize("choices", ANSWERS.values(), ids=ANSWERS.keys())
def test_every_number_is_a_claim_and_its_call_gives_it(choices: dict[str, Any], project: Project) -> None:
    with project.at_one_moment():
        made = pieces(answered(project, choices))
        wrong = [
            (claim.measure, claim.value, value, claim.call)
            for claim, value in given((claim for piece in made.values() for claim in piece.claims), project)
            if not same(value, claim)
        ]
    assert wrong == []
    assert len(made["sentence"].claims) >= 2
    assert len(made["tiles"].claims) >= 6
    loose = [
        (place, number[0], str(text))
        for name, piece in made.items()
        if name != HEALTHS
        for place, text in texts(name, piece)
        for number in NUMBER.finditer(str(text))
        if not any(start <= number.start() and number.end() <= end for start, end in covered(text))
    ]
    assert loose == []


def test_the_basis_is_the_stretch_of_the_card(project: Project, tmp_path: Path) -> None:
    """Four weeks, a week and today are not one another; what is said of now has no stretch."""
    answers = answered(project, {"period": "1d", **LIVE})
    (active, *_), (level, *_) = cards.tiles(answers).claims, cards.levels(answers).claims  # type: ignore[union-attr]
    assert active.basis.since is not None
    assert (active.basis.so_far, active.basis.since.isoformat()) == (True, "2026-11-20T00:00:00+01:00")
    assert level.basis.since is not None
    assert level.basis.since.isoformat() == "2026-11-19T14:30:00+01:00"
