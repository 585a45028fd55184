"""Small multiples of PCs: where each panel stands, in a wide place in columns, in a narrow one below each other."""

import datetime as dt
from collections.abc import Sequence
from typing import Any, NamedTuple

from telltale.frames import local, rows

MOST_PCS = 6
"""More PCs than this: the first by name."""
STATES = ("active", "away", "unknown")
KEY = [("accent", "active"), ("away", "away"), ("hatched", "unknown (no records)")]
_STRIP = ("device_id", "name", "label", "state", "start", "end", "lasted_s")


class Piece(NamedTuple):
    """One stretch of a day, on the site's clock."""

    state: str
    start: dt.datetime
    end: dt.datetime
    lasted_s: float


class Day(NamedTuple):
    """What is known of one day of a PC, from the first known moment to the last."""

    date: dt.date
    pieces: list[Piece]

    @property
    def is_known(self) -> bool:
        """Whether anything is."""
        return any(piece.state != "unknown" for piece in self.pieces)

    def sum_s(self, state: str) -> float:
        """How long it was in a state; 0 of a day without a record."""
        return sum(piece.lasted_s for piece in self.pieces if piece.state == state) if self.is_known else 0.0


class PC(NamedTuple):
    """One PC and its days in order."""

    device_id: str
    name: str
    days: list[Day]

    def sum_s(self, state: str) -> float:
        """The same over its days."""
        return sum(day.sum_s(state) for day in self.days)


class Cell(NamedTuple):
    """A panel's share of the plot: left, right, bottom, top."""

    x: tuple[float, float]
    y: tuple[float, float]


def pcs_of(strips: Any, zone: str) -> list[PC]:
    """The PCs by name with their days.

    Args:
        strips: device_id, name, label, state, start, end, lasted_s (`tt.activity.strips`).
        zone: the site's.
    """
    found: dict[str, tuple[str, dict[str, list[Piece]]]] = {}
    for row in rows(strips, *_STRIP):
        _, days = found.setdefault(row["device_id"], (row["name"], {}))
        piece = Piece(row["state"], local(row["start"], zone), local(row["end"], zone), row["lasted_s"])
        days.setdefault(row["label"], []).append(piece)
    return [
        PC(device_id, name, [Day(dt.date.fromisoformat(label), pieces) for label, pieces in sorted(days.items())])
        for device_id, (name, days) in sorted(found.items(), key=lambda one: (one[1][0], one[0]))
    ]


def known_days(pcs: Sequence[PC]) -> list[dt.date]:
    """The days of which something is known of any PC."""
    return sorted({day.date for pc in pcs for day in pc.days if day.is_known})


def grid(count: int, columns: int, *, head: float, plot: float, foot: float, apart: float) -> tuple[float, list[Cell]]:
    """The height, in px, and the place of each of some panels, row by row.

    Args:
        count: how many.
        columns: in how many columns.
        head: px above each plot, for its name.
        plot: px of the plot itself.
        foot: px below it, for its ticks.
        apart: share of the width between columns.
    """
    lines = -(-count // columns)
    height = lines * (head + plot + foot)
    width = (1 - apart * (columns - 1)) / columns
    cells = []
    for number in range(count):
        left = (number % columns) * (width + apart)
        top = height - (number // columns) * (head + plot + foot) - head
        cells.append(Cell((left, min(1.0, left + width)), (max(0.0, (top - plot) / height), top / height)))
    return height, cells


def axis(letter: str, number: int) -> str:
    """`x`, `x2`, …: how a trace names its axis; numbers begin at 0."""
    return letter if number == 0 else f"{letter}{number + 1}"


def layout_axis(letter: str, number: int) -> str:
    """`xaxis`, `xaxis2`, …: how the layout does."""
    return f"{letter}axis" + ("" if number == 0 else str(number + 1))
