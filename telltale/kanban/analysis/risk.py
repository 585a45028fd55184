"""The chance that a pull finds no full container, and the fewest cards that keep it small.

What is pulled while a card is away is a Poisson count of mean rate × lead time; of the lead time only its mean matters
(Palm). Where counts vary more than that, the negative binomial of the same mean and ratio of variance to mean is taken.

Source: wire/kanban.md 8 (Poisson, stock-out risk of the present N).
"""

from collections.abc import Sequence
from math import ceil, sqrt
from typing import Literal, NamedTuple

SignalWhen = Literal["opened", "emptied"]

OVER_DISPERSED = 1.5
ENOUGH_BUCKETS = 20


class Dispersion(NamedTuple):
    """How much counts vary, beside their mean."""

    ratio: float
    """Variance / mean; 1 for a Poisson count."""
    buckets: int

    @property
    def is_over(self) -> bool:
        """Whether counts vary clearly more than Poisson counts would, over enough buckets to say so."""
        return self.ratio > OVER_DISPERSED and self.buckets >= ENOUGH_BUCKETS


POISSON = Dispersion(1.0, 0)


def dispersion(counts: Sequence[float]) -> Dispersion:
    """Variance / mean of counts of equal buckets; 1 where there is nothing to vary."""
    mean = sum(counts) / len(counts) if counts else 0.0
    if len(counts) < 2 or not mean:
        return Dispersion(1.0, len(counts))
    return Dispersion(sum((count - mean) ** 2 for count in counts) / (len(counts) - 1) / mean, len(counts))


def at_least(count: int, *, mean: float, counts: Dispersion = POISSON) -> float:
    """The chance that `count` or more are pulled where `mean` are expected."""
    from telltale.kanban.analysis.special import betainc, gammainc

    if count <= 0:
        return 1.0
    if mean <= 0:
        return 0.0
    if not counts.is_over:
        return float(gammainc(count, mean))
    # Variance v·m: successes r = m / (v - 1) with chance 1 / v; P(X <= k) = I(r, k + 1) at 1 / v.
    return 1.0 - float(betainc(mean / (counts.ratio - 1), count, 1 / counts.ratio))


def stock_out(
    cards: int, *, expected_pulls: float, signal_when: SignalWhen = "opened", counts: Dispersion = POISSON
) -> float:
    """The chance that no full container stands ready at a pull.

    Args:
        cards: containers in use, at least 1.
        expected_pulls: pulls per lead time, the rate × the mean lead time in the same unit.
        signal_when: a card leaves when its container is opened, or only when it is emptied.
        counts: how much counts vary; the default is Poisson.

    Raises:
        ValueError: fewer than 1 card, or less than 0 pulls.
    """
    if cards < 1 or expected_pulls < 0:
        raise ValueError(f"{cards} cards, {expected_pulls:g} expected pulls: expected at least 1 and at least 0")
    return at_least(cards - (signal_when == "emptied"), mean=expected_pulls, counts=counts)


def fewest(
    *,
    expected_pulls: float,
    service_level: float = 0.95,
    signal_when: SignalWhen = "opened",
    counts: Dispersion = POISSON,
) -> int:
    """The fewest cards whose stock-out risk is at most 1 - service_level.

    Raises:
        ValueError: less than 0 pulls, or a service level outside (0, 1).
    """
    if expected_pulls < 0 or not 0 < service_level < 1:
        raise ValueError(
            f"{expected_pulls:g} expected pulls at service level {service_level:g}: expected at least 0, and a level "
            "between 0 and 1"
        )
    low, high = 0, ceil(expected_pulls + 10 * sqrt(expected_pulls * max(counts.ratio, 1)) + 20)
    while at_least(high, mean=expected_pulls, counts=counts) > 1 - service_level:
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (
            (low, middle)
            if at_least(middle, mean=expected_pulls, counts=counts) <= 1 - service_level
            else (middle, high)
        )
    return high + (signal_when == "emptied")
