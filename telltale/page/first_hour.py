"""The first hours of a project, or of a subject: what helps before charts have anything to say."""

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from telltale import wording
from telltale.page.board import Board, Cell
from telltale.page.lines import Ahead, Lines, Need, Value
from telltale.page.newest import Newest, age_s, so_far_said, value_said
from telltale.page.pieces import Card
from telltale.workbench.project import Project
from telltale.workbench.times import SECOND

DEVICES_FILE = "devices.csv"

HOURS = 3
"""So long after its first record a project is young: charts by hour have three bars by then."""
MOST_VALUES = 4
"""More things than these that one device measures are left to its own page."""
FEW = {"alarm": 0, "warning": 1, "todo": 2, "done": 3}
"""In which order things need somebody."""


def is_young(first_us: int | None, now_us: int) -> bool:
    """Whether the first record came so lately that there is more to set up than to see.

    Args:
        first_us: when it came, µs UTC; None where none did.
        now_us: the present.
    """
    return first_us is not None and now_us - first_us < HOURS * 3_600 * SECOND


def values_card(rows: Sequence[Newest], *, now: dt.datetime, project: Project) -> Card:
    """The newest value of every device, each with its age, how many came so far, and what it says.

    Args:
        rows: of all devices, or of those of one subject.
        now: the present.
        project: for whose devices.csv a line is made.
    """
    devices: dict[str, list[Newest]] = {}
    for row in rows:
        devices.setdefault(row.device_id, []).append(row)
    return Card(
        "Newest value of every device",
        Lines([_value(found, now, project) for found in devices.values()]),
        "A device joins here with its first record",
        empty="No device was heard yet.",
    )


def needs_card(needs: Sequence[Need]) -> Card:
    """What needs somebody, numbered and the most urgent first, and below it what is done.

    Args:
        needs: in any order.
    """
    ordered = sorted(needs, key=lambda need: FEW[need.level])
    return Card(
        needs_title(needs), Lines(ordered), "Each goes away by itself when it is done" if count(needs) else "",
        empty="Nothing needs you.",
    )  # fmt: skip


def needs_title(needs: Sequence[Need]) -> str:
    """`Three things need you`."""
    number = count(needs)
    if not number:
        return "Nothing needs you now"
    verb = "thing needs" if number == 1 else "things need"
    return wording.sentence_case(f"{wording.in_words(number)} {verb} you")


def count(needs: Iterable[Need]) -> int:
    """How many are not done."""
    return sum(need.level != "done" for need in needs)


def ahead_card(rows: Sequence[Ahead]) -> Card:
    """What will be here, and from when on: what is there first, then what is nearest."""
    ordered: list[Ahead] = sorted(rows, key=lambda row: -row.share)
    return Card(
        "What will be here, and from when on",
        Lines(ordered),
        "Charts appear when they have something to say",
        empty="Every chart has something to say.",
    )


def unnamed(rows: Iterable[Newest], project: Project) -> list[Need]:
    """The devices without a name, as one thing to do, with a line for the first of them."""
    ids = list(dict.fromkeys(row.device_id for row in rows if not row.name and row.device_id))
    ids = [device_id for device_id in ids if not device_id.startswith("item:")]
    if not ids:
        return []
    many = len(ids) > 1
    phrase = f"{wording.in_words(len(ids))} {'devices have' if many else 'device has'} no name"
    text = f"Names, places and limits stand in {DEVICES_FILE}; the line of each is beside it."
    line = "" if many else project.device_line(ids[0])
    return [Need(wording.sentence_case(phrase), text, line, DEVICES_FILE, phrase=phrase)]


def opened(board: Board, values: Callable[[], Card], aheads: Sequence[Ahead]) -> Board:
    """A page too young for its charts: newest values and what will be there, then the charts that say something.

    Args:
        board: the page as it will be.
        values: makes the card of the newest values.
        aheads: from when on each of its charts says something.
    """
    first = (
        Cell("newest", 7, "Newest value of every device", values),
        Cell("ahead", 5, "What will be here", lambda: ahead_card(aheads)),
    )
    return replace(board, tiles=None, rows=(first, *without(board.rows, aheads)))


def without(rows: Iterable[Iterable[Cell]], aheads: Iterable[Ahead]) -> list[list[Cell]]:
    """The cards of a page without those whose chart has nothing to say yet."""
    waiting = {ahead.cell for ahead in aheads if not ahead.is_there and ahead.cell}
    kept = [[cell for cell in row if cell.name not in waiting] for row in rows]
    return [wide(row) for row in kept if row]


def _value(found: Sequence[Newest], now: dt.datetime, project: Project) -> Value:
    first = found[0]
    worst = next((row for row in found if row.level == "alarm"), first)
    more = len(found) - MOST_VALUES
    says = worst.says + (f"; {wording.count(more, 'more quantity', 'more quantities')}" if more > 0 else "")
    ages = [age_s(row, now) for row in found if row.at is not None]
    return Value(
        first.name,
        first.device_id if first.name and first.device_id else first.device_id or first.kind,
        [(value_said(row), row.unit) for row in found[:MOST_VALUES]],
        wording.duration(min(ages)) if ages else "",
        so_far_said(first),
        says,
        "" if first.name or not first.device_id else project.device_line(first.device_id),
        worst.level,
    )


def wide(row: list[Cell]) -> list[Cell]:
    """The cards of a row, of which some are left out, over its whole width."""
    lacking = 12 - sum(cell.span for cell in row)
    return [*row[:-1], row[-1]._replace(span=row[-1].span + lacking)] if lacking > 0 else row
