"""The days of each PC, in order, with what is known of them: what sentences, titles and charts share."""

import datetime as dt
from collections.abc import Sequence
from typing import Any, NamedTuple

from telltale import wording
from telltale.frames import local, rows

STATES = ("active", "away", "unknown")
SAME_S = 300.0
"""Bounds this near are one point."""
_STRIP = ("device_id", "name", "label", "state", "start", "end", "lasted_s")
_TOTAL = ("device_id", "name", "active_s", "active_lo_s", "active_hi_s", "away_s")


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


def pcs_of(strips: Any, zone: str) -> list[PC]:
    """The PCs by name with their days.

    Args:
        strips: device_id, name, label, state, start, end, lasted_s (`tt.activity.strips`).
        zone: the site's.
    """
    by_pc: dict[str, tuple[str, dict[str, list[Piece]]]] = {}
    for row in rows(strips, *_STRIP):
        _, days = by_pc.setdefault(row["device_id"], (row["name"], {}))
        piece = Piece(row["state"], local(row["start"], zone), local(row["end"], zone), row["lasted_s"])
        days.setdefault(row["label"], []).append(piece)
    return [
        PC(device_id, name, [Day(dt.date.fromisoformat(label), pieces) for label, pieces in sorted(days.items())])
        for device_id, (name, days) in sorted(by_pc.items(), key=lambda pc: (pc[1][0], pc[0]))
    ]


def known_days(pcs: Sequence[PC]) -> list[dt.date]:
    """The days of which something is known of any PC."""
    return sorted({day.date for pc in pcs for day in pc.days if day.is_known})


class Range(NamedTuple):
    """How long a PC was active a day, in the mean of the days with a record: hours, at least and at most."""

    name: str
    low_h: float
    high_h: float
    days: int

    @property
    def is_point(self) -> bool:
        """Whether both are one figure."""
        return (self.high_h - self.low_h) * 3600 <= SAME_S

    @property
    def text(self) -> str:
        """`5.8 h`, or `3.6–6.6 h` where it is only bounded."""
        if self.is_point:
            return wording.quantity(self.high_h, "h", 1)
        return f"{wording.number_range(self.low_h, self.high_h, 1)}{wording.NBSP}h"


def ranges_of(totals: Any) -> list[Range]:
    """What the active time of a day may be for each PC, by name; days without a record are left out.

    Args:
        totals: device_id, name, active_s, active_lo_s, active_hi_s, away_s, a row per day (`tt.activity.totals`).
    """
    by_pc: dict[str, list[dict[str, Any]]] = {}
    for row in rows(totals, *_TOTAL):
        if row["active_s"] + (row["away_s"] or 0) > 0:
            by_pc.setdefault(row["device_id"], []).append(row)
    made = []
    for days in by_pc.values():
        low, high = (sum(row[name] for row in days) / len(days) / 3600 for name in ("active_lo_s", "active_hi_s"))
        made.append(Range(days[0]["name"], low, high, len(days)))
    return sorted(made)
