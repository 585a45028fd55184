"""Stretches of time that count, and how much of them lies before a moment: numpy, microseconds.

What a capture observed, what a calendar calls work, and what both share are such stretches.
"""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]


class Stretches(NamedTuple):
    """Half-open stretches that neither touch nor overlap, in order of time; build them with `union`."""

    starts: Ints
    ends: Ints

    @property
    def total_us(self) -> int:
        """How long they are together."""
        return int((self.ends - self.starts).sum())

    def elapsed_us(self, at: npt.ArrayLike) -> Ints:
        """How much of them lies before each moment."""
        moments = np.asarray(at, np.int64)
        if not len(self.starts):
            return np.zeros_like(moments)
        before = np.append(0, np.cumsum(self.ends - self.starts))
        place = np.searchsorted(self.starts, moments, "right")
        within = np.minimum(moments, self.ends[place - 1]) - self.starts[place - 1]
        elapsed: Ints = np.where(place > 0, before[place - 1] + within, 0)
        return elapsed

    def between_us(self, start: npt.ArrayLike, end: npt.ArrayLike) -> Ints:
        """How much of them lies between each two moments."""
        between: Ints = self.elapsed_us(end) - self.elapsed_us(start)
        return between

    def hold(self, at: npt.ArrayLike) -> npt.NDArray[np.bool_]:
        """Whether each moment lies in one of them; the end is counted in: a heartbeat covers its own moment."""
        moments = np.asarray(at, np.int64)
        if not len(self.starts):
            return np.zeros(moments.shape, np.bool_)
        place = np.searchsorted(self.starts, moments, "right")
        held: npt.NDArray[np.bool_] = (place > 0) & (moments <= self.ends[place - 1])
        return held

    def within(self, start_us: int, end_us: int) -> "Stretches":
        """The part of them between two moments."""
        return union(np.maximum(self.starts, start_us), np.minimum(self.ends, end_us))


def union(starts: npt.ArrayLike, ends: npt.ArrayLike) -> Stretches:
    """What one or more of some stretches cover; those without length are left out."""
    first, last = np.asarray(starts, np.int64), np.asarray(ends, np.int64)
    order = np.argsort(first, kind="stable")
    order = order[last[order] > first[order]]
    first, reach = first[order], np.maximum.accumulate(last[order])
    if not len(first):
        return Stretches(first, reach)
    begins = np.append(True, first[1:] > reach[:-1])
    return Stretches(first[begins], reach[np.append(np.flatnonzero(begins)[1:] - 1, len(first) - 1)])


def of(pairs: Iterable[tuple[int, int]]) -> Stretches:
    """The stretches of some pairs of start and end."""
    found = np.array(list(pairs), np.int64).reshape(-1, 2)
    return union(found[:, 0], found[:, 1])


def both(one: Stretches, other: Stretches) -> Stretches:
    """What lies in both: cut at every edge, a piece belongs to both or not."""
    edges = np.unique(np.concatenate([one.starts, one.ends, other.starts, other.ends]))
    if len(edges) < 2:
        return of([])
    middle = edges[:-1] + (edges[1:] - edges[:-1]) // 2
    kept = _open(one, middle) & _open(other, middle)
    return union(edges[:-1][kept], edges[1:][kept])


def _open(stretches: Stretches, at: Ints) -> npt.NDArray[np.bool_]:
    if not len(stretches.starts):
        return np.zeros(at.shape, np.bool_)
    place = np.searchsorted(stretches.starts, at, "right")
    inside: npt.NDArray[np.bool_] = (place > 0) & (at < stretches.ends[place - 1])
    return inside
