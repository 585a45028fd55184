"""Each number of a card about items is a claim, and the rows of the call it names give that number."""

import datetime as dt
import re
from collections.abc import Callable, Iterator
from math import isclose
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

import telltale as tt
from telltale.dashboard.pages import PAGES
from telltale.frames import arrow
from telltale.kanban import cards
from telltale.kanban.answers import Answers, answers
from telltale.kanban.concerns import concerns, watched
from telltale.page.attention import Notice
from telltale.page.board import Ask
from telltale.page.claims import Claim, Value
from telltale.page.pieces import Card, Piece, Sentence, Tiles
from telltale.page.said import Said, claims_of
from telltale.page.why import given_by, why
from telltale.workbench.tidy import as_arrow
from tests.kanban.pressed import pressed as buttons_of
from tests.kanban.test_calls import beats, by_hand, small

DAY = 24.0
WORK = '[kanban]\nworking_hours = ["Mon-Fri 06:00-22:00"]\n'


@pytest.fixture(scope="module", params=["simulated", "shifts", "ended", "nothing"])
def asked(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Answers]:
    """Ten weeks of the simulator; shifts of 16 h with deliveries; a capture that ended; nothing at all."""
    root = tmp_path_factory.mktemp(request.param)
    made: dict[str, Callable[[], Answers]] = {
        "simulated": lambda: answers("10w", bucket="week", project=buttons_of(root, days=70).project),
        "shifts": lambda: answers("4w", bucket="day", project=_shifts(root)),
        "ended": lambda: answers("4w", bucket="day", project=_ended(root)),
        "nothing": lambda: answers("4w", project=small(root, [])),
    }
    about = made[request.param]()
    yield about
    about.project.close()


def _shifts(root: Path) -> tt.Project:
    days = [day for week in range(4) for day in range(7 * week, 7 * week + 5)]
    told = [*beats((0, 27.9 * DAY)), *by_hand("pull", "bolts", *(DAY * day + 9 for day in days))]
    told += by_hand("ack", "bolts", *(DAY * day + 20 for day in days[:-2]))
    return small(root, [*told, *by_hand("ack", "bolts", 1.0)], days=27.9, more=WORK)


def _ended(root: Path) -> tt.Project:
    told = [*beats((0, 7 * DAY), (8 * DAY, 21 * DAY)), *by_hand("pull", "bolts", *(DAY * day + 9 for day in range(21)))]
    return small(root, told, days=27.9)


def made(about: Answers) -> Iterator[tuple[str, Piece]]:
    for name in cards.__all__:
        yield name, getattr(cards, name)(about)


def alike(given: Value, told: Value) -> bool:
    if isinstance(given, float) or isinstance(told, float):
        return given is not None and told is not None and isclose(float(given), float(told), rel_tol=1e-9)  # type: ignore[arg-type] # numbers here
    if isinstance(given, dt.datetime) and isinstance(told, dt.datetime):
        return given.timestamp() == told.timestamp()
    return given == told


def test_the_rows_of_its_call_give_each_number(asked: Answers) -> None:
    """Each call is asked once, whatever the number of its claims."""
    told = {claim.id: (name, claim) for name, piece in made(asked) for claim in piece.claims}
    told |= {claim.id: ("line", claim) for claim in _lines(asked)}
    calls: dict[str, pa.Table] = {}
    with asked.project.at_one_moment():
        for name, claim in told.values():
            if claim.call.text not in calls:
                calls[claim.call.text] = _asked(asked.project, claim)
            given = given_by(_chosen(calls[claim.call.text], claim), claim)
            assert alike(given, claim.value), (name, claim.measure, given, claim.value, claim.call)


def _lines(asked: Answers) -> tuple[Claim, ...]:
    """Those of what needs a look."""
    lines = ((*notice.concern.texts.values(), notice.concern.likely, notice.phrase) for notice in _notices(asked))
    return claims_of(*(text for line in lines for text in line))


def _notices(asked: Answers) -> list[Notice]:
    return concerns(watched(asked.project))


def _asked(project: tt.Project, claim: Claim) -> pa.Table:
    subject, _, name = claim.call.name.partition(".")
    call = getattr(getattr(tt, subject), name)
    assert name in getattr(tt, subject).__all__
    with as_arrow():
        return arrow(call(**claim.call.arguments, project=project))


def _chosen(table: pa.Table, claim: Claim) -> pa.Table:
    """The rows a claim chooses: equal values, or one of a list."""
    for name, wanted in claim.call.where.items():
        values = [_plain(value) for value in table[name].to_pylist()]
        is_time = pa.types.is_timestamp(table[name].type)
        allowed = [_plain(one, is_time=is_time) for one in (wanted if isinstance(wanted, list | tuple) else [wanted])]
        table = table.filter(pa.array([value in allowed for value in values], pa.bool_()))
    return table


def _plain(value: Any, *, is_time: bool = False) -> Any:
    """Moments of any zone, or as JSON tells them, are one moment."""
    value = dt.datetime.fromisoformat(value) if is_time and isinstance(value, str) else value
    return value.timestamp() if isinstance(value, dt.datetime) else value


DIGITS = re.compile(r"\d[\d,.]*")
SETTINGS = (
    r"in \d+ weeks|in these \d+ days|the last \d+ weeks",  # the period
    r"5 % risk|within 5 %|above 5 %|target 5 %",  # the risk one accepts
    r"[A-Z]\d+\b",  # names of items: Bolts M8
    r"of \d+ days;",  # the period
    r"7 days before",
    r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) \d+ \w+, \d\d:\d\d",  # a moment, said by a claim
)
"""Numbers that are settings, periods or names."""


def unmarked(text: str) -> list[str]:
    """The numbers in a text that no claim stands at."""
    places = text.places if isinstance(text, Said) else ()
    free = [DIGITS.finditer(str(text))]
    plain = str(text).replace("\xa0", " ").replace("**", "  ").replace("!!", "  ")
    named = [match.span() for pattern in SETTINGS for match in re.finditer(pattern, plain)]
    spans = [(place.start, place.end) for place in places] + named
    return [match[0] for match in free[0] if not any(a <= match.start() and match.end() <= b for a, b in spans)]


def test_no_number_of_a_sentence_tile_or_title_is_without_a_claim(asked: Answers) -> None:
    for name, piece in made(asked):
        texts = []
        if isinstance(piece, Sentence):
            texts = [piece.text]
        elif isinstance(piece, Tiles):
            texts = [text for tile in piece.tiles for text in (tile.value, tile.note)]
        elif isinstance(piece, Card):
            texts = [piece.title]
        for text in texts:
            assert unmarked(text) == [], (name, text)


def test_the_search_finds_a_number_without_a_claim() -> None:
    assert unmarked("12 pulls of Bolts M8 in 4 weeks") == ["12"]
    assert unmarked("Every item stays within 5 % risk") == []


def test_what_needs_a_look_is_claimed(asked: Answers) -> None:
    for notice in _notices(asked):
        for text in (notice.concern.evidence, notice.concern.when, notice.concern.likely, notice.phrase):
            assert unmarked(text) == [], text


def test_a_number_leads_to_its_frames(tmp_path: Path) -> None:
    project = buttons_of(tmp_path, days=21).project
    claim, *_ = cards.sentence(answers("3w", project=project)).claims
    found = why(claim, project=project)
    assert found.value == claim.value
    assert found.raw_ids
    assert all(tt.raw(raw_id, project=project) is not None for raw_id in found.raw_ids)


def test_the_page_tells_the_claims_of_its_cards(tmp_path: Path) -> None:
    project = buttons_of(tmp_path, days=42).project
    board = PAGES["kanban"](Ask(project, {"period": "16w"}))
    about = answers("16w", bucket="week", project=project)
    of_page = {claim.id: claim.value for claim in board.sentence.claims}
    assert of_page == {claim.id: claim.value for claim in cards.sentence(about).claims} != {}
    assert {claim.call.name.partition(".")[0] for claim in board.claims} == {"kanban"}
