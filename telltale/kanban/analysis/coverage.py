"""How much of a period some capture listened: the stretches of all interfaces taken together, and the gaps between.

Source: wire/kanban.md 7 (observed time T), 9 (what a capture did not hear is not tested).
"""

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

GRACE = dt.timedelta(minutes=5)
"""A shorter pause of the capture, or a heartbeat due so lately, is no gap worth a word."""
ENOUGH = 0.95
"""Less of a period captured than this needs a word, and is compared with nothing."""


PATIENCE = 3
"""A capture is silent after so many heartbeats that did not come …"""
FEWEST_HEARTBEATS = 10
"""… where its newest stretch had so many; before that those of the settings are expected."""


def patience(observed: Iterable[Mapping[str, Any]], *, interval_s: float) -> dt.timedelta:
    """How late a heartbeat may be: three usual intervals of the capture that listened last, five minutes at least.

    Args:
        observed: rows of start, end, heartbeats (`observed.observed`).
        interval_s: what the settings say of captures that start now.
    """
    newest = max(observed, key=lambda row: row["end"], default=None)
    if newest is not None and newest["heartbeats"] >= FEWEST_HEARTBEATS:
        interval_s = max(interval_s, (newest["end"] - newest["start"]).total_seconds() / newest["heartbeats"])
    return max(GRACE, dt.timedelta(seconds=PATIENCE * interval_s))


class Coverage(NamedTuple):
    """What of a period some capture listened to, of the time since the first one ever began or the period did."""

    start: dt.datetime
    """Where the share is counted from."""
    end: dt.datetime
    covered_s: float
    gaps: tuple[tuple[dt.datetime, dt.datetime], ...]
    frames: int
    unlisted: int
    drops: int
    interfaces: tuple[str, ...]
    is_whole: bool = False
    """Whether the share is of the period from end to end: a capture had begun before it."""

    @property
    def lasted_s(self) -> float:
        """Seconds the share is of."""
        return (self.end - self.start).total_seconds()

    @property
    def silent_since(self) -> dt.datetime | None:
        """Since when no capture listens at its end; None where one does."""
        return self.gaps[-1][0] if self.gaps and self.gaps[-1][1] == self.end else None

    @property
    def missing_s(self) -> float:
        """Seconds between its beginning and its end without a capture."""
        return max(0.0, self.lasted_s - self.covered_s)

    @property
    def share(self) -> float:
        """Of the time from its beginning on, 0 … 1."""
        whole = (self.end - self.start).total_seconds()
        return min(1.0, self.covered_s / whole) if whole > 0 else 1.0


def coverage(
    observed: Iterable[Mapping[str, Any]],
    *,
    since: dt.datetime | None = None,
    until: dt.datetime | None = None,
    began: dt.datetime | None = None,
    patience: dt.timedelta = GRACE,
) -> Coverage | None:
    """The stretches of all interfaces taken together; None when there is none.

    Args:
        observed: rows of collector, interface, start, end, frames, unlisted, drops (`tt.kanban.capture_coverage`).
        since: the beginning of the period; what lies between it and the first stretch is a gap where a capture had
            begun before.
        until: the end of the period, or the present while it is running: silence since the newest heartbeat is a gap.
        patience: how late the next heartbeat may be before nobody listens.
        began: the first stretch of any capture ever; nothing is expected before it. None is the first one here.
    """
    table = sorted(observed, key=lambda row: row["start"])
    if not table:
        return None
    first = table[0]["start"]
    is_whole = since is not None and began is not None and began <= since
    start = min(first, since) if is_whole and since is not None else first
    covered, gaps, reached = 0.0, [], start
    for row in table:
        if row["start"] - reached >= GRACE:
            gaps.append((reached, row["start"]))
        covered += max(0.0, (row["end"] - max(row["start"], reached)).total_seconds())
        reached = max(reached, row["end"])
    end = reached
    if until is not None and until - reached >= patience:
        gaps.append((reached, until))
        end = until
    frames, unlisted, drops = (sum(int(row[name]) for row in table) for name in ("frames", "unlisted", "drops"))
    names = tuple(sorted({row["interface"] for row in table}))
    return Coverage(start, end, covered, tuple(gaps), frames, unlisted, drops, names, is_whole)
