"""The days of each PC, in order, with what is known of them: what claims, words and charts share."""

import datetime as dt
from collections.abc import Sequence
from typing import Any, NamedTuple

from telltale import wording
from telltale.frames import local, rows

STATES = ("active", "away", "unknown")
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
    told = wording.apart({device_id: name for device_id, (name, _) in by_pc.items()})
    return [
        PC(
            device_id,
            told[device_id],
            [Day(dt.date.fromisoformat(label), pieces) for label, pieces in sorted(days.items())],
        )
        for device_id, (_, days) in sorted(by_pc.items(), key=lambda pc: (pc[1][0], pc[0]))
    ]


def passed(start: dt.datetime, end: dt.datetime) -> dt.timedelta:
    """How long it is from one local moment to another, also where the clock changes between them."""
    return end.astimezone(dt.UTC) - start.astimezone(dt.UTC)


def known_days(pcs: Sequence[PC]) -> list[dt.date]:
    """The days of which something is known of any PC."""
    return sorted({day.date for pc in pcs for day in pc.days if day.is_known})


def gaps_of(day: Day, at_least_s: float) -> list[Piece]:
    """The stretches of a day, from a length on, of which nothing is known."""
    if not day.is_known:
        return []
    return [piece for piece in day.pieces if piece.state == "unknown" and piece.lasted_s >= at_least_s]
