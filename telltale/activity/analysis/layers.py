"""What one kind of record says about a stretch of time, and how several such tellings become one.

A layer tells where it knows anything, and where the person was active. Layers are painted one over the other, the best
last: each moment has one state from one layer, so nothing is ever counted twice.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

UNKNOWN, AWAY, ACTIVE = 0, 1, 2
STATES = ("unknown", "away", "active")
BASES = ("", "level", "bitmap", "interval", "sample", "locked", "suspended", "correction")
"""Where a state comes from, worst first; nowhere for what is unknown, but for the time a PC was suspended."""


class Stretches(NamedTuple):
    """Half-open stretches of time, µs UTC; they may overlap and stand in any order."""

    starts: Ints
    ends: Ints


class Layer(NamedTuple):
    """What one kind of record says."""

    basis: str
    known: Stretches
    active: Stretches
    away: Stretches | None = None
    """Certainly away, whatever `active` says."""
    sure: Stretches | None = None
    """Certainly active; None where that is just what is active."""
    may: Stretches | None = None
    """Possibly active; the same."""
    is_unknown: bool = False
    """Whether nothing but the reason is known where it knows something."""
    inputs: Ints | None = None
    """Moments of single inputs: known, but too far from any other to make a stretch."""


class Painted(NamedTuple):
    """Neighbouring stretches without a gap: stretch n runs from bounds[n] to bounds[n + 1]."""

    bounds: Ints
    state: Ints
    basis: Ints
    is_sure: Mask
    may_be: Mask
    is_input: Mask
    """Whether it begins with a single input."""


NOTHING = Stretches(np.array([], np.int64), np.array([], np.int64))


def stretches(starts: "Ints | Sequence[int]", ends: "Ints | Sequence[int]") -> Stretches:
    """Those of positive length."""
    first, last = np.asarray(starts, np.int64), np.asarray(ends, np.int64)
    return Stretches(first[last > first], last[last > first])


def together(parts: Iterable[Stretches]) -> Stretches:
    """All of several."""
    listed = [NOTHING, *parts]
    return Stretches(
        np.concatenate([part.starts for part in listed]), np.concatenate([part.ends for part in listed])
    )  # fmt: skip


def painted(layers: Sequence[Layer], since_us: int, until_us: int) -> Painted:
    """The layers one over the other, the last on top, between two moments; what no layer knows is unknown."""
    bounds = _bounds(layers, since_us, until_us)
    count = len(bounds) - 1
    state, basis = np.full(count, UNKNOWN), np.zeros(count, np.int64)
    is_sure, may_be, is_input = (np.zeros(count, np.bool_) for _ in range(3))
    for layer in layers:
        known = covered(bounds, layer.known)
        active = covered(bounds, layer.active)
        if layer.away is not None:
            active &= ~covered(bounds, layer.away)
        state[known] = UNKNOWN if layer.is_unknown else np.where(active, ACTIVE, AWAY)[known]
        basis[known] = BASES.index(layer.basis)
        is_sure[known] = (active if layer.sure is None else covered(bounds, layer.sure))[known]
        may_be[known] = (active if layer.may is None else covered(bounds, layer.may))[known]
        is_input[known] = False if layer.inputs is None else np.isin(bounds[:-1], layer.inputs)[known]
    return _joined(Painted(bounds, state, basis, is_sure, may_be, is_input))


def covered(bounds: Ints, some: Stretches) -> Mask:
    """Which of the pieces between the bounds lie in a stretch; its ends are among the bounds or outside them."""
    steps = np.zeros(len(bounds) + 1, np.int64)
    last = len(bounds) - 1
    np.add.at(steps, np.clip(np.searchsorted(bounds, some.starts), 0, last), 1)
    np.add.at(steps, np.clip(np.searchsorted(bounds, some.ends), 0, last), -1)
    mask: Mask = np.cumsum(steps)[:last] > 0
    return mask


def _bounds(layers: Sequence[Layer], since_us: int, until_us: int) -> Ints:
    parts = [
        np.concatenate(part)
        for layer in layers
        for part in (layer.known, layer.active, layer.away, layer.sure, layer.may)
        if part is not None
    ]
    inputs = [layer.inputs for layer in layers if layer.inputs is not None]
    every = np.concatenate([np.array([since_us, until_us], np.int64), *parts, *inputs])
    bounds: Ints = np.unique(np.clip(every, since_us, until_us))
    return bounds


def _joined(made: Painted) -> Painted:
    """The same with neighbours that say the same as one; a single input begins one of its own."""
    state, basis, is_sure, may_be, is_input = made[1:]
    columns = (state, basis, is_sure, may_be)
    changes = np.ones(len(state), np.bool_)
    if len(changes) > 1:
        changes[1:] = is_input[1:] | np.any([column[1:] != column[:-1] for column in columns], axis=0)
    bounds = np.append(made.bounds[:-1][changes], made.bounds[-1])
    return Painted(bounds, state[changes], basis[changes], is_sure[changes], may_be[changes], is_input[changes])
