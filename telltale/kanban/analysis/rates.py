"""How often something happened, with the exact interval of a Poisson count.

Source: wire/kanban.md 7 (rate); F. Garwood, Biometrika 28 (1936) 437.
"""

from typing import NamedTuple


class Rate(NamedTuple):
    """A rate and its interval, in the unit of one over the time it was given; None where nothing was observed."""

    value: float | None
    low: float | None
    high: float | None

    def times(self, factor: float) -> "Rate":
        """The rate of something that comes `factor` at a time."""
        return Rate(*(None if value is None else value * factor for value in self))


NO_RATE = Rate(None, None, None)


def rate(count: int, observed: float, *, confidence: float = 0.95) -> Rate:
    """How often per unit of time, from a count.

    Args:
        count: how many were observed.
        observed: for how long, in any unit; the rate is per that unit.
        confidence: of the interval.

    Returns:
        count / observed with [χ²(a; 2n), χ²(1 - a; 2n + 2)] / 2T, a = (1 - confidence) / 2; the lower end is 0 for a
        count of 0. `NO_RATE` if nothing was observed.

    Raises:
        ValueError: a count or a time below 0, a confidence outside (0, 1).
    """
    if count < 0 or observed < 0 or not 0 < confidence < 1:
        raise ValueError(
            f"rate of {count} in {observed:g} at confidence {confidence:g}: expected at least 0, at least 0, "
            "and a confidence between 0 and 1"
        )
    if not observed:
        return NO_RATE
    # chi2.ppf(q, 2n) / 2 is this inverse.
    from telltale.kanban.analysis.special import gammaincinv

    tail = (1 - confidence) / 2
    low = float(gammaincinv(count, tail)) if count else 0.0
    return Rate(count / observed, low / observed, float(gammaincinv(count + 1, 1 - tail)) / observed)
