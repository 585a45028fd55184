"""Is demand rising or falling: by buckets (Mann-Kendall and Sen), by moments (Laplace), this stretch against another.

Source: wire/kanban.md 9; H. B. Mann, Econometrica 13 (1945) 245; P. K. Sen, J. Am. Stat. Assoc. 63 (1968) 1379;
R. M. Hirsch et al., Water Resour. Res. 18 (1982) 107 (seasonal form).
"""

from collections.abc import Hashable, Sequence
from math import erfc, sqrt
from statistics import median
from typing import Literal, NamedTuple

Verdict = Literal["rising", "falling", "none", "too few"]

FEWEST_BUCKETS = 8
FEWEST_MOMENTS = 4
SIGNIFICANT = 0.05


class Trend(NamedTuple):
    """What a test says; the numbers are None where there are too few data."""

    n: int
    statistic: float | None
    p_value: float | None
    slope: float | None
    """Sen's: change per unit of time."""
    verdict: Verdict


def mann_kendall(
    values: Sequence[float], *, times: Sequence[float] | None = None, seasons: Sequence[Hashable] | None = None
) -> Trend:
    """Whether values go one way, and by how much per unit of time.

    S counts pairs that rise less those that fall; Var S = [n(n-1)(2n+5) - Σ t(t-1)(2t+5)] / 18 over ties of t values;
    Z = (S ∓ 1) / sqrt(Var S), 0 for S = 0. Serial correlation and a rhythm of the week break the test: with `seasons`
    (weekdays) only equal ones are compared, S and Var S are summed over them.

    Args:
        values: in order of time.
        times: when; 0, 1, 2 … unless told.
        seasons: of each value what it may be compared within; everything unless told.

    Returns:
        the statistic is Z, the slope the median over the compared pairs; "too few" below 8 values.
    """
    times = times if times is not None else list(range(len(values)))
    groups: dict[Hashable, list[int]] = {}
    for place, season in enumerate(seasons if seasons is not None else [None] * len(values)):
        groups.setdefault(season, []).append(place)
    slopes: list[float] = []
    score, variance = 0, 0.0
    for places in groups.values():
        pairs = [(one, other) for at, one in enumerate(places) for other in places[at + 1 :]]
        rises = [values[other] - values[one] for one, other in pairs]
        score += sum((rise > 0) - (rise < 0) for rise in rises)
        slopes += [rise / (times[other] - times[one]) for rise, (one, other) in zip(rises, pairs, strict=True)]
        variance += _variance([values[place] for place in places])
    if len(values) < FEWEST_BUCKETS or not slopes:
        return Trend(len(values), None, None, None, "too few")
    z = 0.0 if not score or not variance else (score - (1 if score > 0 else -1)) / sqrt(variance)
    return Trend(len(values), z, _two_sided(z), median(slopes), _verdict(z))


def laplace(moments: Sequence[float], *, observed: float) -> Trend:
    """Whether events come ever faster: U = (mean t - T/2) / (T sqrt(1 / (12 n))).

    Args:
        moments: when, counted from the start of what was observed.
        observed: T, how long that was, in the same unit.

    Returns:
        the statistic is U, above 1.96 they come faster; there is no slope. "too few" below 4 moments.
    """
    n = len(moments)
    if n < FEWEST_MOMENTS or observed <= 0:
        return Trend(n, None, None, None, "too few")
    u = (sum(moments) / n - observed / 2) / (observed * sqrt(1 / (12 * n)))
    return Trend(n, u, _two_sided(u), None, _verdict(u))


def two_periods(before: int, before_observed: float, now: int, now_observed: float) -> Trend:
    """Whether a stretch holds more than another: of all events, those of the second are binomial with T2 / (T1 + T2).

    Args:
        before: events of the first stretch.
        before_observed: how long that was.
        now: events of the second.
        now_observed: how long that was, in the same unit.

    Returns:
        the statistic is the ratio of the rates (None where the first had none); p_value is the exact two-sided one,
        twice the smaller tail. "too few" below 5 events together, or where one was not observed.
    """
    n = before + now
    if n < 5 or before_observed <= 0 or now_observed <= 0:
        return Trend(n, None, None, None, "too few")
    from telltale.kanban.analysis.special import bdtr, bdtrc

    share = now_observed / (before_observed + now_observed)
    at_most = float(bdtr(now, n, share))
    at_least = 1.0 if now == 0 else float(bdtrc(now - 1, n, share))
    p_value = min(1.0, 2 * min(at_most, at_least))
    ratio = now / now_observed / (before / before_observed) if before else None
    if p_value >= SIGNIFICANT:
        return Trend(n, ratio, p_value, None, "none")
    return Trend(n, ratio, p_value, None, "rising" if at_least < at_most else "falling")


def _variance(values: Sequence[float]) -> float:
    n = len(values)
    ties = [values.count(value) for value in set(values)]
    return (n * (n - 1) * (2 * n + 5) - sum(t * (t - 1) * (2 * t + 5) for t in ties)) / 18


def _two_sided(z: float) -> float:
    return erfc(abs(z) / sqrt(2))


def _verdict(z: float) -> Verdict:
    if _two_sided(z) >= SIGNIFICANT:
        return "none"
    return "rising" if z > 0 else "falling"
