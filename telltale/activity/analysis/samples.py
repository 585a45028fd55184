"""Samples of the idle time into a layer: when was the person active, away, and when is it not known.

A sample (t, idle) tells the moment of the last input, t − idle. From one look to the next:

    the last input was joined to the one before   both are at most threshold + poll apart, and no look between them saw
                                                  the threshold passed: active from the one to the other
    else, looks at most three periods apart       away
    else                                          nobody looked (asleep, off, the clock was set): unknown

So a pause under the threshold stays active, and a longer one is away from its first moment on. An input that joins no
other is a moment, not a stretch, and kept as such. A first look that finds a fresh input also knows the time since that
input. These are the events of ActivityWatch's AFK watcher on the same looks.

Source: wire/sigfox.md 8.1.
"""

import numpy as np

from telltale.activity.analysis.layers import Ints, Layer, Mask, Stretches, stretches, together
from telltale.activity.analysis.rules import Rules


def sampled(at_us: Ints, idle_us: Ints, period_us: Ints, record: Ints, rules: Rules) -> Layer:
    """The layer of one PC's samples.

    Args:
        at_us: when each was taken, any order.
        idle_us: how long ago the last input was.
        period_us: to the next sample.
        record: which record it came in, later ones larger. Where the clock was set back two records tell of the same
            time; the later one counts.
        rules: thresholds.
    """
    at_us, idle_us, period_us = _once(at_us, idle_us, period_us, record, rules)
    last_us = at_us - idle_us
    follows = np.diff(at_us) <= rules.gap_periods * period_us[:-1]
    is_fresh = idle_us < rules.away_us
    joined = is_fresh[:-1] & (np.diff(last_us) <= rules.away_us + period_us[:-1])
    begins = np.append(True, ~follows)[: len(at_us)] & is_fresh
    ends_us = at_us + period_us
    ends_us[:-1] = np.where(follows, at_us[1:], np.minimum(ends_us[:-1], at_us[1:]))
    active = stretches(last_us[:-1][joined], last_us[1:][joined])
    # Inputs that near to each other are one stretch even where looks between them are missing.
    known = together([stretches(at_us, ends_us), stretches(last_us[begins], at_us[begins]), active])
    return Layer("sample", known, active, inputs=_single(at_us, last_us, active))


def _single(at_us: Ints, last_us: Ints, active: Stretches) -> Ints:
    """The inputs that are new at a look and join no other."""
    # Later looks at one input find it a moment earlier or later, as the idle time is rounded.
    is_new = np.append(True, last_us[1:] > at_us[:-1])[: len(at_us)]
    found: Ints = last_us[is_new & ~np.isin(last_us, active.starts) & ~np.isin(last_us, active.ends)]
    return found


def _once(at_us: Ints, idle_us: Ints, period_us: Ints, record: Ints, rules: Rules) -> tuple[Ints, Ints, Ints]:
    """The samples in order of time, those that a later record tells again left out."""
    order = np.lexsort((at_us, record))
    at_us, idle_us, period_us, record = (column[order] for column in (at_us, idle_us, period_us, record))
    if len(at_us) and np.any(np.diff(at_us) <= 0):
        kept = _kept(at_us, period_us, record, rules)
        at_us, idle_us, period_us = at_us[kept], idle_us[kept], period_us[kept]
        order = np.argsort(at_us, kind="stable")
        at_us, idle_us, period_us = at_us[order], idle_us[order], period_us[order]
    return at_us, idle_us, period_us


def _kept(at_us: Ints, period_us: Ints, record: Ints, rules: Rules) -> Mask:
    """Which samples no later record contradicts; each unbroken part of a record counts by itself."""
    breaks = (np.diff(record) != 0) | (np.diff(at_us) > rules.gap_periods * period_us[:-1])
    begins = np.flatnonzero(np.append(True, breaks))
    ends = np.append(begins[1:], len(at_us)) - 1
    kept = np.ones(len(at_us), np.bool_)
    latest = np.maximum.accumulate(at_us)
    for begin, end in zip(begins, ends, strict=True):
        if begin and at_us[begin] <= latest[begin - 1]:  # it goes back behind what was told before
            earlier = slice(0, begin)
            kept[earlier] &= (at_us[earlier] < at_us[begin]) | (at_us[earlier] > at_us[end])
    return kept
