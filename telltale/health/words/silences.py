"""Who was silent while others of the same kind reported."""

import datetime as dt
from itertools import groupby
from typing import Any, NamedTuple

from telltale.frames import rows

SILENT = dt.timedelta(hours=1)
"""One unheard for this long is worth a word."""

Stretch = tuple[dt.datetime, dt.datetime]


class Silence(NamedTuple):
    """A node that did not report between two moments; `name` is its own or its id."""

    name: str
    start: dt.datetime
    end: dt.datetime
    node_id: str = ""

    @property
    def lasting_s(self) -> float:
        """How long it was."""
        return (self.end - self.start).total_seconds()


class Reporting(NamedTuple):
    """How the nodes of a site reported over a period."""

    known: int
    last: int
    """Nodes that reported within the last hour of the period."""
    silences: tuple[Silence, ...]
    """The longest silence of each node that was silent for an hour or more, longest first."""
    ends: dt.datetime | None
    """The newest report of any node; the present where it is an hour old."""

    @property
    def now(self) -> tuple[Silence, ...]:
        """Silences that had not ended when the period did."""
        return tuple(silence for silence in self.silences if self.ends is not None and silence.end >= self.ends)


def reporting(nodes: Any, until: dt.datetime | None = None) -> Reporting:
    """Which nodes reported until the end, and the silences of the others while somebody reported.

    Args:
        nodes: node_id, start, end of the stretches in which each reported (`tt.health.heard`); optionally name.
        until: the present, in a period that is running: where all have gone silent, nobody reported until then.
    """
    table = rows(nodes, "node_id", "start", "end", optional=("name",))
    if not table:
        return Reporting(0, 0, (), None)
    begins, ends = min(row["start"] for row in table), max(row["end"] for row in table)
    if until is not None and until - ends >= SILENT:
        ends = until
    common = between([(row["start"], row["end"]) for row in sorted(table, key=lambda row: row["start"])])
    table.sort(key=lambda row: (row["node_id"], row["start"]))
    by_node = [list(run) for _, run in groupby(table, key=lambda row: row["node_id"])]
    silences = [one for run in by_node if (one := _longest(run, begins, ends, common))]
    silences.sort(key=lambda silence: (silence.start - silence.end, silence.name))
    away = sum(silence.end >= ends for silence in silences)
    return Reporting(len(by_node), len(by_node) - away, tuple(silences), ends)


def _longest(
    stretches: list[dict[str, Any]], begins: dt.datetime, ends: dt.datetime, common: list[Stretch]
) -> Silence | None:
    """The longest silence of a node beyond the common gaps, those at the edges of the period included."""
    name = stretches[0]["name"] or stretches[0]["node_id"]
    edges = [begins, *(moment for row in stretches for moment in (row["start"], row["end"])), ends]
    silences = [Silence(name, a, b, stretches[0]["node_id"]) for a, b in zip(edges[::2], edges[1::2], strict=True)]
    own = {silence: silence.end - silence.start - _overlap(silence, common) for silence in silences}
    # One that lasts to the end matters most: it is still going on.
    chosen = silences[-1] if own[silences[-1]] >= SILENT else max(silences, key=lambda silence: own[silence])
    return chosen if own[chosen] >= SILENT else None


def between(stretches: list[Stretch]) -> list[Stretch]:
    """The gaps no stretch covers, of stretches in order of their start."""
    gaps, reached = [], stretches[0][0]
    for start, end in stretches:
        if start > reached:
            gaps.append((reached, start))
        reached = max(reached, end)
    return gaps


def _overlap(silence: Silence, gaps: list[Stretch]) -> dt.timedelta:
    return sum((shared((silence.start, silence.end), gap) for gap in gaps), dt.timedelta(0))


def shared(one: Stretch, other: Stretch) -> dt.timedelta:
    """How long two stretches overlap."""
    return max(min(one[1], other[1]) - max(one[0], other[0]), dt.timedelta(0))
