"""Levels and bitmap minutes into layers: what few bits allow one to say, and between which bounds.

A level tells how long ago the last input was at one instant, not how much of the 600 s before was active: at most 600,
360, 120 or 0 s of them for 100, 50, 25 and 0, and at least none, since one input is enough. What may have been active
counts as active here, with both bounds beside it. Seconds it says were without input are away.

A bitmap minute tells whether there was any input in it. Two minutes with g minutes without input between them hold
inputs from 60 g to 60 (g + 2) s apart, so of those near the threshold it is not known whether they join: they do in
the figure where the middle, 60 (g + 1) s, is within it; the bounds take either end.

Source: wire/sigfox.md 7.1, 3.
"""

import numpy as np

from telltale.activity.analysis.layers import Ints, Layer, Mask, Stretches, stretches, together
from telltale.activity.analysis.rules import IDLE_SINCE_S, LEVEL_US, SECOND_US, Rules

MINUTE_US = 60 * SECOND_US


def levelled(at_us: Ints, score_pct: "np.typing.NDArray[np.float64]", rules: Rules) -> Layer:
    """The layer of one PC's levels.

    Args:
        at_us: when each was sent, any order.
        score_pct: 0, 25, 50 or 100; other scores are taken as the next lower of these.
        rules: thresholds. A level at most `level_slack` × 600 s after the one before tells of all the time between.
    """
    order = np.argsort(at_us, kind="stable")
    at_us, idle_s = at_us[order], _idle_since(score_pct[order])
    before = np.append(np.iinfo(np.int64).min // 2, at_us)[: len(at_us)]
    near = at_us - before <= rules.level_slack * LEVEL_US
    starts = np.where(near, np.minimum(before, at_us - LEVEL_US), at_us - LEVEL_US)
    is_idle = idle_s >= rules.away_after_s
    away_from = np.where(idle_s * SECOND_US >= LEVEL_US, starts, at_us - idle_s * SECOND_US)
    windows = stretches(starts, at_us)
    may = stretches(starts, at_us - np.where(is_idle, idle_s, 0) * SECOND_US)
    return Layer("level", windows, windows, away=stretches(away_from[is_idle], at_us[is_idle]), sure=_none(), may=may)


def _none() -> Stretches:
    return together([])


def _idle_since(score_pct: "np.typing.NDArray[np.float64]") -> Ints:
    steps = sorted(IDLE_SINCE_S)
    place = np.clip(np.searchsorted(steps, score_pct, side="right") - 1, 0, None)
    seconds: Ints = np.array([IDLE_SINCE_S[step] for step in steps], np.int64)[place]
    return seconds


def mapped(at_us: Ints, active: Mask, rules: Rules) -> Layer:
    """The layer of one PC's bitmap minutes.

    Args:
        at_us: when each minute begins, each once, any order.
        active: whether there was input in it.
        rules: thresholds.
    """
    order = np.argsort(at_us, kind="stable")
    at_us, active = at_us[order], active[order]
    place = np.flatnonzero(active)
    first = at_us[active]
    idle = np.diff(first) // MINUTE_US - 1
    whole = np.diff(place) - 1 == idle  # each minute between them is known
    joins = {
        name: whole & (edges * MINUTE_US <= rules.away_us if name != "may" else edges * MINUTE_US < rules.away_us)
        for name, edges in (("active", idle + 1), ("sure", idle + 2), ("may", idle))
    }
    known = stretches(at_us, at_us + MINUTE_US)
    return Layer(
        "bitmap",
        known,
        _minutes_and_between(first, joins["active"]),
        sure=_inside(first, joins["sure"]),
        may=_minutes_and_between(first, joins["may"]),
    )


def _minutes_and_between(first: Ints, joined: Mask) -> Stretches:
    between = stretches(first[:-1][joined], first[1:][joined])
    return together([stretches(first, first + MINUTE_US), between])


def _inside(first: Ints, joined: Mask) -> Stretches:
    """From the end of a minute to the beginning of the next it joins, and minutes that join on both sides."""
    both = np.append(False, joined)[: len(first)] & np.append(joined, False)[: len(first)]
    between = stretches(first[:-1][joined] + MINUTE_US, first[1:][joined])
    return together([between, stretches(first[both], first[both] + MINUTE_US)])
