"""Every number of a presence card is a claim, and the rows of its call give the number."""

import datetime as dt
import re
from collections.abc import Iterator
from math import isclose
from typing import Any

import pytest

import telltale as tt
from telltale.dashboard import operations
from telltale.page.board import Ask
from telltale.page.pieces import Card, Sentence, Tiles
from telltale.page.said import Said
from telltale.page.why import why
from telltale.presence import cards, concerns, several
from telltale.presence.answers import Answers
from tests.lake_fixture import Lake

CHOICES: list[dict[str, Any]] = [
    {"period": "1d", "looks_back": True},
    {"period": "7d", "looks_back": True},
    {"period": "2026-11-19/2026-11-20", "addresses": "global"},
]
CARDS = ("sentence", "tiles", "days", "occupancy", "dwell", "usual", "reports", "moves")
NO_CLAIM = re.compile(
    r"\d{1,2}:\d\d|\d+\N{NO-BREAK SPACE}\w{3}\b|(?:in these|last|of|,) \d+(?:\N{NO-BREAK SPACE}| )days?"
    r"|within 20 minutes|per 100|p90|20–60 min|n withheld"
)
"""What needs none: clock times and dates, the lengths of a period, definitions."""


@pytest.fixture(scope="module", params=CHOICES, ids=lambda choice: " ".join(map(str, choice.values())))
def answers(request: pytest.FixtureRequest, lake: Lake) -> Answers:
    found = tt.presence.answers(**request.param, project=lake.project)
    assert isinstance(found, Answers)
    return found


def test_the_rows_of_its_call_give_each_number(answers: Answers) -> None:
    each = [claims for piece in pieces(answers) if (claims := {claim.id: claim for claim in piece.claims})]
    assert len(each) > 4
    # Behind a chart are as many as it has points: some of them will do.
    for claim in (claim for claims in each for claim in list(claims.values())[:: 1 + len(claims) // 9]):
        assert same(why(claim, project=answers.project).value, claim.value), claim


def test_no_number_stands_without_a_claim(answers: Answers) -> None:
    for piece in pieces(answers):
        for text in texts(piece):
            left = NO_CLAIM.sub("", bare(text))
            assert not re.search(r"\d", left), (text, left)


def test_the_operations_page_claims_its_numbers(lake: Lake) -> None:
    board = operations.page(Ask(lake.project))
    claims = {claim.id: claim for claim in board.claims}
    assert {"records", "rejects", "visitors", "nodes"} <= {claim.measure for claim in claims.values()}
    for claim in list(claims.values())[:: 1 + len(claims) // 40]:
        assert same(why(claim, project=lake.project).value, claim.value), claim
    for text in texts(board.sentence):
        assert not re.search(r"\d", NO_CLAIM.sub("", bare(text))), text


def test_what_needs_a_look_is_claimed_too(lake: Lake) -> None:
    sites = concerns.watched(lake.project)
    for text in (several.so_far(sites), *(tile.value for tile in several.tiles(sites))):
        assert not re.search(r"\d", NO_CLAIM.sub("", bare(text))), text


def pieces(answers: Answers) -> Iterator[Sentence | Tiles | Card]:
    for name in CARDS:
        if name != "usual" or answers.looks_back:
            yield getattr(cards, name)(answers)


def texts(piece: Sentence | Tiles | Card) -> Iterator[str]:
    if isinstance(piece, Sentence):
        yield piece.text
    elif isinstance(piece, Tiles):
        for tile in piece.tiles:
            yield tile.value
            yield tile.note
    else:
        yield piece.title


def bare(text: str) -> str:
    """A text without what its claims say."""
    left, places = str(text), text.places if isinstance(text, Said) else ()
    for place in reversed(places):
        left = left[: place.start] + left[place.end :]
    return left


def same(found: Any, value: Any) -> bool:
    if isinstance(value, dt.datetime) or value is None or found is None:
        return bool(found == value)
    return isclose(float(found), float(value), rel_tol=1e-9, abs_tol=1e-9)
