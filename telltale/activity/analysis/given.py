"""Stretches that are told as such: imported, locked, suspended, or a correction by hand.

Source: wire/sigfox.md 8.2 (flood; active time is the sum of `not-afk`).
"""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from telltale.activity.analysis.layers import NOTHING, Ints, Layer, Mask, stretches
from telltale.activity.analysis.rules import Rules

NEGATIVE_GAP_US = 100_000
"""Stretches may overlap by less than this without meaning it."""


class Stretch(NamedTuple):
    """One stretch, µs UTC, and whether the person was active."""

    start_us: int
    end_us: int
    is_active: bool


def imported(start_us: Ints, length_us: Ints, active: Mask, *, flood_us: int) -> Layer:
    """The layer of one PC's imported stretches: flooded, and active where any of them says so.

    One that is active and lasts 0 s is a single input.
    """
    rows = zip(start_us.tolist(), (start_us + length_us).tolist(), active.tolist(), strict=True)
    made = flooded((Stretch(*row) for row in rows), flood_us=flood_us)
    single = start_us[active & (length_us == 0)]
    starts = np.array([event.start_us for event in made], np.int64)
    ends = np.array([event.end_us for event in made], np.int64)
    is_active = np.array([event.is_active for event in made], np.bool_)
    told_active = stretches(starts[is_active], ends[is_active])
    return Layer("interval", stretches(starts, ends), told_active, inputs=single)


def corrected(start_us: Ints, length_us: Ints, active: Mask, received: Ints) -> list[Layer]:
    """A layer for each correction, in the order they were received: the last one counts where they overlap."""
    layers = []
    for at in np.argsort(received, kind="stable"):
        whole = stretches(start_us[at : at + 1], start_us[at : at + 1] + length_us[at : at + 1])
        layers.append(Layer("correction", whole, whole if active[at] else stretches([], [])))
    return layers


def locked(at_us: Ints, period_us: Ints, rules: Rules) -> Layer:
    """The layer of the looks that found the screen locked: away from each to the next, if that is not far."""
    order = np.argsort(at_us, kind="stable")
    at_us, period_us = at_us[order], period_us[order]
    ends_us = at_us + period_us
    follows = np.diff(at_us) <= rules.gap_periods * period_us[:-1]
    ends_us[:-1] = np.where(follows, at_us[1:], ends_us[:-1])
    return Layer("locked", stretches(at_us, ends_us), NOTHING)


def suspended(start_us: Ints, length_us: Ints) -> Layer:
    """The layer of the time a PC slept: nobody was there to look, so whether somebody was at it is unknown."""
    return Layer("suspended", stretches(start_us, start_us + length_us), NOTHING, is_unknown=True)


def flooded(events: Iterable[Stretch], *, flood_us: int) -> list[Stretch]:
    """The stretches in order, with small gaps between neighbours closed.

    Neighbours of the same state that overlap or lie at most `flood_us` apart become one. Of two different ones that
    near, the longer reaches over the gap; where they overlap by more than a tenth of a second both stay. Stretches
    without length vanish.
    """
    made: list[Stretch] = []
    for new in sorted(events):
        if not made:
            made.append(new)
            continue
        former = made[-1]
        gap = new.start_us - former.end_us
        if former.is_active == new.is_active and gap <= flood_us:
            made[-1] = former._replace(end_us=max(former.end_us, new.end_us))
        elif -NEGATIVE_GAP_US < gap <= flood_us:
            if former.end_us - former.start_us >= new.end_us - new.start_us:
                made[-1] = former._replace(end_us=new.start_us)
                made.append(new)
            else:
                made.append(new._replace(start_us=former.end_us))
        else:
            made.append(new)
    return [event for event in made if event.end_us > event.start_us]
