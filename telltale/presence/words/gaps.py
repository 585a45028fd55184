"""What is missing: the stretches in which no node reported."""

import datetime as dt
from itertools import groupby
from typing import Any

from telltale.frames import rows
from telltale.health.words.silences import Stretch, between, shared

BRIEF = dt.timedelta(minutes=2)
"""A gap shorter than this is between two reports as it may be."""


def without_records(bins: Any, nodes: Any) -> list[Stretch]:
    """The spans in which no node reported, in order of time.

    Args:
        bins: start, end, nodes of each occupancy interval: they tell of the edges of the period.
        nodes: start, end of the stretches in which each node reported: they tell of gaps to the second.
    """
    stretches = sorted((row["start"], row["end"]) for row in rows(nodes, "start", "end"))
    inside = [gap for gap in between(stretches) if gap[1] - gap[0] >= BRIEF] if stretches else []
    edges = [span for span in _empty(bins) if not any(shared(span, gap) for gap in inside)]
    return sorted(inside + edges)


def _empty(bins: Any) -> list[Stretch]:
    by_start = {row["start"]: row for row in rows(bins, "start", "end", "nodes")}
    runs = groupby((by_start[start] for start in sorted(by_start)), key=lambda row: not row["nodes"])
    silent = [list(run) for empty, run in runs if empty]
    return [(run[0]["start"], run[-1]["end"]) for run in silent]
