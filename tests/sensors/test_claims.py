"""Each number that cards, tiles and lines about sensors say is a claim, and its rows give it."""

import math
import random
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from telltale.page.board import Ask
from telltale.page.claims import Claim
from telltale.page.pieces import Card, Sentence, Tiles
from telltale.page.said import Said
from telltale.page.why import described
from telltale.sensors import cards, page
from telltale.sensors.answers import Answers, answers, recent
from telltale.sensors.concerns import concerns
from telltale.workbench.project import Project
from tests.claims import given
from tests.sensors.sensed import NEVER, sensed
from tests.sensors.small import FAHRENHEIT, H, small, steady

OWN = (
    "sentence",
    "tiles",
    "readings",
    "outside",
    "excursions",
    "kinetic",
    "episodes",
    "consumption",
    "figures",
    "overdue",
    "missing",
    "trends",
)
"""The cards of this subject."""
NO_CLAIM = re.compile(
    r"last \d+ (?:hours|days)|these \d+ days|the tolerated [\d.]+ minutes|missed 3 %|of \d+ [dh](?: \d+ \w+)?$"
)
"""Numbers of settings and of the stretch itself."""
DIGITS = re.compile(r"\d+(?:[.,]\d+)*")


MOST = 20
"""So many claims of a case are followed, drawn by lot."""


class Case(NamedTuple):
    """Answers of a project."""

    project: Project
    answers: Answers


def half_known(root: Path) -> Project:
    """Warm and cold, silent, never heard, a counter, two quantities, a day half lost."""
    listed = (
        "device_id,name,expected_interval_s,low,high,high:co2\nsigfox:a1,Fridge,600,2,8,\n"
        "sigfox:a2,Cold room,600,2,8,\nsigfox:a3,Dock,600,2,8,\nsigfox:a4,Lab,600,2,30,1000\n"
        "sigfox:a5,Freezer,600,-30,-15,\n"
    )
    fridge = [
        *steady(60 * H, 30 * H, temperature=5),
        *steady(18 * H, 5 * H, temperature=9),
        *steady(4 * H, temperature=1),
    ]
    return small(
        root, listed, a1=fridge, a2=steady(60 * H, temperature=4), a3=steady(60 * H, 40 * H, temperature=4),
        a4=steady(60 * H, temperature=20, co2=1200), a6=[(9 * H, {"water_total": 5.0}), (60, {"water_total": 9.0})],
    )  # fmt: skip


@pytest.fixture(scope="module")
def projects(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Project]:
    """The simulated sensors, one that never spoke among them; and small ones."""
    root = tmp_path_factory.mktemp
    listed = "device_id,name,expected_interval_s,low,high\nsigfox:a1,Fridge,600,35,46\n"
    return {
        "simulated": sensed(root("claims"), more_devices=(NEVER,)).project,
        "half": half_known(root("half")),
        "fahrenheit": small(root("warm"), listed, units=FAHRENHEIT, a1=steady(30 * H, temperature=50)),
        "calm": small(root("calm"), listed.replace("35,46", "2,8"), a1=steady(60 * H, temperature=5)),
        "few": small(root("few"), listed.replace("35,46", "2,8"), a1=[(60, {"temperature": 5})]),
        "unlimited": small(root("unlimited"), "device_id\nsigfox:a1\n", a1=steady(30 * H, temperature=5)),
    }


CASES: dict[str, dict[str, Any]] = {
    "simulated day": {"of": "simulated"},
    "simulated fortnight": {"of": "simulated", "stretch": "14d", "quantity": "temperature"},
    "simulated report": {"of": "simulated", "period": "2026-11-20"},
    "half": {"of": "half"},
    "half fortnight": {"of": "half", "stretch": "14d"},
    "half of one": {"of": "half", "device": "sigfox:a4", "quantity": "co2"},
    "half report": {"of": "half", "period": "3d"},
    "fahrenheit": {"of": "fahrenheit"},
    "calm": {"of": "calm"},
    "few": {"of": "few"},
    "unlimited": {"of": "unlimited"},
}


@pytest.fixture(params=CASES, scope="module")
def case(request: pytest.FixtureRequest, projects: dict[str, Project]) -> Case:
    told = dict(CASES[request.param])
    project = projects[told.pop("of")]
    if "period" in told:
        return Case(project, answers(told["period"], project=project))
    return Case(project, recent(project.view(), told.pop("stretch", "24h"), **told))


def pieces(of: Answers) -> dict[str, Any]:
    return {name: getattr(cards, name)(of) for name in OWN}


def own(claims: tuple[Claim, ...]) -> list[Claim]:
    return [claim for claim in claims if claim.call.name.startswith(("sensors.", "health."))]


def same(one: Any, other: Any) -> bool:
    if isinstance(one, float) and isinstance(other, float | int):
        return math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-6)
    return bool(one == other)


def test_the_rows_of_each_claim_give_its_value(case: Case) -> None:
    with case.project.at_one_moment():
        said = [claim for piece in pieces(case.answers).values() for claim in own(piece.claims)]
        said += [
            claim
            for notice in concerns(case.answers)
            for text in (*notice.concern.texts.values(), notice.phrase)
            if isinstance(text, Said)
            for claim in own(tuple(place.claim for place in text.places))
        ]
        assert said
        wrong = []
        told = list({str((claim.call, claim.value)): claim for claim in said}.values())
        for claim, value in given(random.Random(len(told)).sample(told, min(len(told), MOST)), case.project):
            if not same(claim.value, value):
                wrong.append((claim.measure, claim.value, value, described(claim)))
        assert wrong == []


def test_each_number_of_sentence_tiles_and_titles_is_a_claim(case: Case) -> None:
    names = {*case.answers.seen.names.values(), *case.answers.coverage["name"].to_pylist()}
    loose = [(name, text) for name, text in texts(pieces(case.answers)) if list(unmarked(text, names))]
    assert loose == []


def texts(made: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for name, piece in made.items():
        if isinstance(piece, Sentence):
            yield name, piece.text
        elif isinstance(piece, Tiles):
            for tile in piece.tiles:
                yield from ((f"{name} {tile.label}", text) for text in (tile.value, tile.unit, tile.note))
        elif isinstance(piece, Card):
            yield name, piece.title
            yield from ((name, note) for note in piece.notes)


def unmarked(text: str, names: Iterable[str] = ()) -> Iterator[str]:
    plain = text.replace("\N{NO-BREAK SPACE}", " ")
    for name in names:
        plain = re.sub(re.escape(name), "x" * len(name), plain, flags=re.IGNORECASE)
    free = [match.span() for match in NO_CLAIM.finditer(plain)]
    places = [(place.start, place.end) for place in text.places] if isinstance(text, Said) else []
    for match in DIGITS.finditer(plain):
        if not any(start <= match.start() and match.end() <= end for start, end in [*free, *places]):
            yield match[0]


def test_a_number_that_is_no_claim_is_seen() -> None:
    assert list(unmarked("Fridge 2 was above 8 °C in the last 24 hours", ["Fridge 2"])) == ["8"]


def test_the_page_lists_its_claims(projects: dict[str, Project]) -> None:
    board = page.page(Ask(projects["half"]))
    assert {"outside_s", "peak", "sensors_with_limits"} <= {claim.measure for claim in board.claims}
