"""What to make of randomised addresses: which visits a chart is about, and people estimated from a rate.

A chart always names its mode. Telling addresses of one phone apart (clustering) needs what this feed does not carry.

Source: wire/presence.md 7.
"""

from collections.abc import Sequence
from math import sqrt
from typing import NamedTuple

import numpy as np

from telltale.engine import Engine, Relation

MODES = {
    "split": "true",
    "global_only": "address_kind = 'global'",
    "associated_local": "address_kind = 'local' and associated",
}
"""Which visits each mode keeps; `split` keeps all and shows the kinds side by side."""


def of_mode(engine: Engine, visits: Relation, mode: str) -> Relation:
    """The visits a mode is about, with the same columns.

    Raises:
        ValueError: no such mode.
    """
    if mode not in MODES:
        raise ValueError(
            f"no mode {mode!r} of address kinds; known: {', '.join(MODES)}; for people by rate see `fit_rate`"
        )
    return engine.run(f"select * from visit where {MODES[mode]}", {"visit": visits})  # noqa: S608 - a text of ours


class Rate(NamedTuple):
    """People per counted frame or address, fitted on samples somebody counted."""

    k: float
    spread: float
    """Standard deviation of people around k × count, divided by the root of the count."""
    samples: int

    def people(self, count: float) -> tuple[float, float, float]:
        """The estimate for a count, and the bounds that hold 19 of 20 bins; never below 0."""
        middle = self.k * count
        around = _T_95[min(self.samples - 1, len(_T_95)) - 1] * self.spread * sqrt(count)
        return middle, max(0.0, middle - around), middle + around


def fit_rate(counts: Sequence[float], people: Sequence[float]) -> Rate:
    """Fit people ≈ k × count where the variance grows with the count: the ratio of the sums.

    Args:
        counts: frames or addresses of a bin, more than 0.
        people: people counted by hand in the same bins.

    Raises:
        ValueError: fewer than three samples, lists of different length, or a count that is not positive.

    Source: wire/presence.md 7 (`rate`; RateCount, arXiv 2507.03873); ratio estimator of survey sampling (Cochran,
    Sampling Techniques, 6.2); interval from Student's t.
    """
    if len(counts) != len(people) or len(counts) < 3:
        raise ValueError(f"{len(counts)} counts and {len(people)} people: expected at least three samples of both")
    x, y = np.asarray(counts, float), np.asarray(people, float)
    if (x <= 0).any():
        raise ValueError(f"count {x.min():g}: expected more than 0; leave out bins in which nothing was heard")
    k = y.sum() / x.sum()
    spread = sqrt(float(((y - k * x) ** 2 / x).sum()) / (len(x) - 1))
    return Rate(float(k), spread, len(x))


_T_95 = (12.71, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160, 2.145, 2.131, 2.120,
         2.110, 2.101, 2.093, 2.086, 2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042)  # fmt: skip
"""Two-sided 95 % points of Student's t for 1 … 30 degrees of freedom; more take the last."""
