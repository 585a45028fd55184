"""Control charts: which buckets, or which gaps between pulls, are out of what is usual.

The usual comes from a baseline that is never under test itself. Limits and centres are lists beside the values, so that
a chart can be drawn from any of them.

Source: wire/kanban.md 9; D. C. Montgomery, Introduction to Statistical Quality Control (c, u, EWMA, CUSUM, t).
"""

from collections.abc import Sequence
from math import sqrt
from typing import Literal, NamedTuple

Width = Literal["exact", "asymptotic"]
"""Of the limits of an EWMA chart."""

SIGMAS = 3.0
T_LOW, T_CENTER, T_HIGH = 0.00135, 0.693, 6.608
"""Of the mean gap: quantiles 0.00135, 0.5 and 0.99865 of an exponential duration."""
BASELINE_BUCKETS = 20
FEWEST_BASELINE_BUCKETS = 5
FEWEST_BASELINE_PULLS = 5
"""Of the first buckets; a window somebody dated may hold less, but not so little that one pull would be too many."""
FEWEST_PER_BUCKET = 5.0
"""A c-chart wants buckets that hold so many pulls on average."""


class Point(NamedTuple):
    """One place of a chart."""

    value: float
    center: float
    lower: float
    upper: float
    signal: bool


class Shift(NamedTuple):
    """One place of a CUSUM chart."""

    up: float
    down: float
    limit: float
    signal: bool
    started: int | None
    """Of a signal the place its run began at: the shift's likely start."""


class Usual(NamedTuple):
    """What a baseline says of counts per bucket."""

    mean: float
    sd: float
    buckets: tuple[int, ...]
    """The places it was taken from."""


def c_point(count: float, mean: float) -> Point:
    """A count against the mean count of equal buckets: c̄ ± 3 sqrt(c̄), not below 0."""
    return u_point(count, 1.0, mean)


def u_point(count: float, exposure: float, rate: float) -> Point:
    """A count per exposure against the usual rate: ū ± 3 sqrt(ū / exposure), not below 0.

    Raises:
        ValueError: an exposure that is not positive.
    """
    if exposure <= 0:
        raise ValueError(f"exposure {exposure:g}: expected more than 0; a bucket that was not observed has no rate")
    half = SIGMAS * sqrt(rate / exposure)
    value, lower, upper = count / exposure, max(rate - half, 0.0), rate + half
    return Point(value, rate, lower, upper, not lower <= value <= upper)


def t_point(gap: float, mean_gap: float, *, is_open: bool = False) -> Point:
    """A gap between rare events against the mean gap; 0.00135, 0.693 and 6.608 of it are the limits and the centre.

    Above: the button is dead, its battery empty, or there is no demand. Below: a double press, or a surge. A gap that
    is still open can only be too long.
    """
    lower, center, upper = (share * mean_gap for share in (T_LOW, T_CENTER, T_HIGH))
    return Point(gap, center, lower, upper, gap > upper or (gap < lower and not is_open))


def ewma(
    values: Sequence[float | None],
    *,
    mean: float,
    sd: float,
    weight: float = 0.2,
    width: float = 3.0,
    limits: Width = "exact",
) -> list[Point]:
    """The exponentially weighted mean of values: small lasting shifts that single buckets hide.

    Args:
        values: in order of time; None is skipped, the mean stays as it was.
        mean: of the baseline; the chart starts there.
        sd: of the baseline.
        weight: of the newest value, λ.
        width: of the limits in standard deviations of the mean, L.
        limits: `exact` for each place, or the `asymptotic` ones they grow to.
    """
    found: list[Point] = []
    level, seen = mean, 0
    for value in values:
        if value is not None:
            level, seen = weight * value + (1 - weight) * level, seen + 1
        grown = 1 - (1 - weight) ** (2 * seen) if limits == "exact" else 1.0
        half = width * sd * sqrt(weight / (2 - weight) * grown)
        found.append(Point(level, mean, mean - half, mean + half, value is not None and abs(level - mean) > half))
    return found


def cusum(
    values: Sequence[float | None], *, mean: float, sd: float, slack: float = 0.5, decision: float = 4.0
) -> list[Shift]:
    """The two one-sided sums of what is above and below the mean by more than the slack.

    C+ = max(0, x - μ - kσ + C+'), C- = max(0, μ - kσ - x + C-'); a signal when one exceeds hσ.

    Args:
        values: in order of time; None is skipped, the sums stay as they were.
        mean: of the baseline.
        sd: of the baseline.
        slack: k, in standard deviations.
        decision: h, in standard deviations; 5 for fewer false alarms.

    Returns:
        for each place both sums, the limit, and where the run of a signal began: index - counter + 1.
    """
    found: list[Shift] = []
    up = down = 0.0
    ups: list[int] = []
    downs: list[int] = []
    for place, value in enumerate(values):
        if value is not None:
            up, down = max(0.0, value - mean - slack * sd + up), max(0.0, mean - slack * sd - value + down)
            ups = [*ups, place] if up > 0 else []
            downs = [*downs, place] if down > 0 else []
        limit = decision * sd
        signal = value is not None and (up > limit or down > limit)
        run = ups if up > limit else downs
        found.append(Shift(up, down, limit, signal, run[0] if signal else None))
    return found


def usual(
    counts: Sequence[float], exposures: Sequence[float], usable: Sequence[bool], *, most: int | None = BASELINE_BUCKETS
) -> Usual | None:
    """The mean and the standard deviation of the first buckets that are in control among themselves.

    The first `most` usable buckets are taken; those outside the limits they give are replaced by the next ones until
    none is.

    Args:
        counts: of each bucket.
        exposures: how long each was observed, in whole buckets.
        usable: whether a bucket may set limits: observed from end to end, inside a dated window.
        most: how many to take; None takes all of them.

    Returns:
        the rate per whole bucket and the standard deviation of the rates (the Poisson one where all are equal, or
        there is but one); None where no bucket is usable, or they hold too little to say: fewer than 5 buckets or
        5 pulls (of a dated window: limits that a single pull would leave).
    """
    candidates = [place for place, is_usable in enumerate(usable) if is_usable and exposures[place] > 0]
    out: set[int] = set()
    while True:
        chosen = [place for place in candidates if place not in out][:most]
        if not chosen:
            return None
        mean = sum(counts[place] for place in chosen) / sum(exposures[place] for place in chosen)
        odd = {place for place in chosen if u_point(counts[place], exposures[place], mean).signal}
        if not odd:
            break
        out |= odd
    is_dated = most is None
    if not is_dated and (
        len(chosen) < FEWEST_BASELINE_BUCKETS or sum(map(counts.__getitem__, chosen)) < FEWEST_BASELINE_PULLS
    ):
        return None
    if mean + SIGMAS * sqrt(mean) <= 1:
        return None
    rates = [counts[place] / exposures[place] for place in chosen]
    spread = sum((rate - mean) ** 2 for rate in rates) / (len(rates) - 1) if len(rates) > 1 else 0.0
    return Usual(mean, sqrt(spread) or sqrt(mean), tuple(chosen))
