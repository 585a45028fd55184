"""The activity seed's own rules, so that its figures can be had again beside ours.

Its level at an instant counts for all the time until the next one: a stretch is active when both of its ends have a
level above 0. Twice the truth on one pause of ten minutes; kept for comparison only.

Source: wire/sigfox.md 7.1 (levels), 7.2 (hours).
"""

import numpy as np

from telltale.activity.analysis.layers import Ints, Layer, Mask, stretches
from telltale.activity.analysis.rules import LEVEL_US, SECOND_US, Rules

Floats = np.typing.NDArray[np.float64]


def score(idle_s: Floats) -> Floats:
    """The level of so many seconds without input: 100 under 240 s, 50 under 480 s, 25 up to 600 s, then 0."""
    return np.select([idle_s < 240, idle_s < 480, idle_s <= 600], [100.0, 50.0, 25.0], 0.0)


def levels_of(at_us: Ints, idle_us: Ints) -> tuple[Ints, Floats]:
    """The levels the seed would have sent of a PC with these samples: its loop looks each 600 s."""
    order = np.argsort(at_us, kind="stable")
    at_us, idle_us = at_us[order], idle_us[order]
    places, at = [], 0
    while at < len(at_us):
        places.append(at)
        at = int(np.searchsorted(at_us, at_us[at] + LEVEL_US))
    return at_us[places], score(idle_us[places] / SECOND_US)


def seeded(at_us: Ints, score_pct: Floats, rules: Rules) -> Layer:
    """The seed's rule with a gap limit: between levels too far apart nothing is known."""
    at_us, both = _pairs(at_us, score_pct)
    near = np.diff(at_us) <= rules.level_slack * LEVEL_US
    return Layer("level", stretches(at_us[:-1][near], at_us[1:][near]), stretches(*_ends(at_us, both & near)))


def web_sum(at_us: Ints, score_pct: Floats) -> tuple[Ints, Ints]:
    """What the seed's web app adds up, with its fault: two levels above 0 count whatever lies between them."""
    return _ends(*_pairs(at_us, score_pct))


def _pairs(at_us: Ints, score_pct: Floats) -> tuple[Ints, Mask]:
    order = np.argsort(at_us, kind="stable")
    is_on = score_pct[order] > 0
    return at_us[order], is_on[:-1] & is_on[1:]


def _ends(at_us: Ints, which: Mask) -> tuple[Ints, Ints]:
    return at_us[:-1][which], at_us[1:][which]
