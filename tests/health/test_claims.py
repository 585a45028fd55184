"""Every number that cards and concerns of health say comes with the call that gives it, and the call gives it."""

import datetime as dt
import math
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from telltale.dashboard.concerns import present
from telltale.health import cards
from telltale.health.answers import Answers
from telltale.health.concerns import concerns
from telltale.health.deliveries import delivered
from telltale.landing import Uptime
from telltale.operate import trust
from telltale.page.claims import Claim, Value
from telltale.page.lists import Attention, Sources
from telltale.page.pieces import Card, Footer, Sentence, Table, Tiles
from telltale.page.said import Said
from telltale.page.why import why
from tests.claims import given
from tests.health.test_clocks import YEAR, sensed
from tests.health.test_known import DAY, LISTED, OTHER, SENSOR, H, agent, each, of_node, project
from tests.lake_fixture import Lake
from tests.page.test_attention import heartbeat


def of_all(root: Path, _lake: Lake) -> Answers:
    """One on time, one silent for two weeks, one never heard, a node, a PC with a clock of 2024."""
    listed = f"{LISTED}sigfox:2d24e6,Fridge,600\nsigfox:abc123,Dock,600\nsigfox:fff,Gate,600\n"
    raws = [
        *each(SENSOR, 600, 6 * 144), *each(OTHER, 600, 20, until_s=15 * DAY), *(of_node(n * 60) for n in range(1, 200)),
        *(agent("pc:desk-3", n * 60, 2 * YEAR) for n in range(1, 30)),
    ]  # fmt: skip
    return Answers(project(root, raws, listed), "24h", days="14d")


def of_silent(root: Path, _lake: Lake) -> Answers:
    """Three of five devices silent, and many too new to say."""
    raws = [raw for n in range(5) for raw in each(f"A{n:04d}", 600, 40, until_s=6 * H if n < 3 else 60)]
    raws += [raw for n in range(3) for raw in each(f"B{n:04d}", 600, 3)]
    return Answers(project(root, raws), "24h", days="14d")


def of_clocks(root: Path, _lake: Lake) -> Answers:
    return Answers(sensed(root, 2 * YEAR + DAY), "24h", days="14d")


def of_one_source(root: Path, _lake: Lake) -> Answers:
    return Answers(project(root, each(SENSOR, 600, 200)), "24h", source="sigfox")


def of_frames(root: Path, _lake: Lake) -> Answers:
    return Answers(sensed(root, 0), "24h", source="efento")


def of_nodes(_root: Path, lake: Lake) -> Answers:
    return Answers(lake.project, "2d", source="cloudtrax")


def of_files(root: Path, _lake: Lake) -> Answers:
    """A capture file of a week ago, and a PC: both rest."""
    end = dt.datetime(2026, 11, 13, 11, 5, tzinfo=dt.UTC)
    raws = [heartbeat("replay", end), *(agent("pc:desk-3", 2 * DAY + n * 60) for n in range(20))]
    return Answers(project(root, raws), "24h")


def of_nothing(root: Path, _lake: Lake) -> Answers:
    return Answers(project(root, []), "24h")


def of_our_clock(root: Path, lake: Lake) -> Answers:
    """The machine was off for ten days, and its clock is not believed yet."""
    answers = of_silent(root, lake)
    now_us = answers.project.now_us()
    trust.look(answers.project, now_us=now_us - 10 * 86_400_000_000, host="desk")
    project = answers.project
    project.running = lambda: Uptime(60_000_000, "another boot")
    assert trust.look(project, now_us=now_us, host="desk").now.is_stepped
    return answers


WORLDS: list[Callable[[Path, Lake], Answers]] = [
    of_all, of_silent, of_clocks, of_one_source, of_frames, of_nodes, of_files, of_our_clock, of_nothing,
]  # fmt: skip
ALL = ("sentence", "tiles", "sources", "silent", "devices", "missing", "batteries", "rejects", "footer")
OF_ONE = ("arrived", "arrived_tiles", "arrivals", "lateness", "devices", "missing", "rejects", "footer")


def pieces(answers: Answers) -> Iterator[Any]:
    """Every card that can be made of the answers, and the lines of what needs a look."""
    for name in ALL if answers.source is None else OF_ONE:
        yield getattr(cards, name)(answers)
    if answers.source is None:
        now = present(answers.project)
        yield cards.delivering(delivered(answers.project), now)
        found = concerns(answers.project, now=now)
        yield Card("", Attention([notice.concern for notice in found], {}))
        yield from (Sentence(notice.phrase) for notice in found)


def texts(piece: Any) -> list[str]:
    """What of a piece people read as a finding: not its heads and notes on method."""
    if isinstance(piece, Sentence):
        return [piece.text]
    if isinstance(piece, Tiles):
        return [text for tile in piece.tiles for text in (tile.value, tile.note)]
    if isinstance(piece, Footer):
        return [piece.facts["Records"]]
    found = [piece.title, *(note for note in piece.notes if isinstance(note, Said))]
    found += [piece.subtitle] if isinstance(piece.subtitle, Said) else []
    if isinstance(piece.evidence, Table | Attention | Sources):
        found += piece.evidence.texts.values()
    return found


EXEMPT = (
    r"3 %(?= of a day)",  # from what share on a day counts as one with losses
    r"(?<=last )\d+ h|(?<=in )24 h|(?<=its last )20|(?<=in )30 d",  # lengths of stretches, numbers of messages
    r"These are three of",
)
"""Numbers that are definitions."""
IDS = re.compile(r"(?:sigfox|efento|pc):[\w-]+|[0-9a-f]{2}(?::[0-9a-f]{2}){5}|(?<=[A-Za-z])[\d-]+|\b[A-Z][a-z]+ \d+\b")


def unmarked(text: str) -> list[str]:
    """The digits of a text that no claim stands behind."""
    plain = str(text).replace("\xa0", " ")
    places = text.places if isinstance(text, Said) else ()
    kept = "".join("#" if any(p.start <= at < p.end for p in places) else char for at, char in enumerate(plain))
    for pattern in EXEMPT:
        kept = re.sub(pattern, "", kept)
    return re.findall(r"\d+", IDS.sub("", kept))


@pytest.mark.parametrize("world", WORLDS)
def test_each_number_is_a_claim_and_its_call_gives_it(
    world: Callable[[Path, Lake], Answers], tmp_path: Path, lake: Lake
) -> None:
    answers = world(tmp_path, lake)
    claims: dict[str, Claim] = {}
    for piece in pieces(answers):
        for text in texts(piece):
            assert unmarked(text) == [], (type(piece).__name__, getattr(piece, "title", ""), text)
        for claim in piece.claims if not isinstance(piece, Footer) else ():
            claims[claim.id] = claim
    assert claims or world is of_nothing
    told = [Claim.of(claim.data()) for claim in claims.values()]  # as a report has them, after a way through JSON
    for (claim, given_value), said in zip(given(told, answers.project), claims.values(), strict=True):
        assert same(given_value, said.value), (claim, given_value)


def same(value: Value, said: Value) -> bool:
    if isinstance(said, dt.datetime):
        return isinstance(value, dt.datetime) and value.astimezone(dt.UTC) == said.astimezone(dt.UTC)
    if isinstance(said, float):
        return isinstance(value, float | int) and math.isclose(value, said, abs_tol=1e-6)
    return value == said


def test_a_claim_of_a_device_leads_to_its_records(tmp_path: Path, lake: Lake) -> None:
    answers = of_one_source(tmp_path, lake)
    table = cards.devices(answers)
    (claim,) = [one for one in table.claims if one.measure == "reports"]
    answer = why(claim, project=answers.project)
    assert answer.records == claim.value == 144
    assert len(answer.raw_ids) == 5


def test_of_people_no_records_are_named(tmp_path: Path, lake: Lake) -> None:
    answers = of_all(tmp_path, lake)
    found: Sequence[Claim] = [claim for piece in pieces(answers) for claim in getattr(piece, "claims", ())]
    of_pcs = [claim for claim in found if claim.subject.id == "pc_idle"]
    assert of_pcs
    assert {claim.records for claim in of_pcs} == {None}
    assert "desk-3" not in str([claim.data() for claim in of_pcs])
