"""How many cards: the formulas of wire/kanban.md 8, every argument with its unit in its name.

One published worked answer is wrong by a factor of 120 for mixing hours with minutes; here demand is per day and times
are in days or a `timedelta`.

Source: wire/kanban.md 8.
"""

from datetime import timedelta
from math import ceil, floor, inf, sqrt
from typing import Literal, NamedTuple, get_args

from telltale.kanban.analysis.risk import POISSON, Dispersion, SignalWhen, fewest

Formula = Literal["poisson", "classic", "safety_days", "statistical", "two_bin"]
FORMULAS = get_args(Formula)
Days = float | timedelta
"""A number of days, or a timedelta."""

TWO_BINS = 2


class Size(NamedTuple):
    """How many cards, and what the formula gave before it was rounded."""

    cards: int
    exact: float
    """Containers; of `poisson` and `two_bin`, which count whole ones, the number itself."""
    rounded_down: int
    """One card fewer where that is what rounding down gives, at least 1: textbooks call it "force improvement"."""
    formula: str
    note: str = ""


class LineFlow(NamedTuple):
    """Throughput and cycle time of a line with constant work in process."""

    critical_wip: float
    throughput_per_day: float
    cycle_time_days: float


def size(
    *,
    demand_per_day: float,
    lead_time_days: Days | None,
    container_qty: float = 1.0,
    formula: Formula = "poisson",
    review_days: Days = 0.0,
    safety_share: float = 0.10,
    safety_days: Days = 1.0,
    service_level: float = 0.95,
    demand_sd_per_day: float = 0.0,
    lead_time_sd_days: Days = 0.0,
    signal_when: SignalWhen = "opened",
    counts: Dispersion = POISSON,
) -> Size:
    """The number of cards a formula asks for.

    Args:
        demand_per_day: pieces a day, at least 0.
        lead_time_days: from the pull to the full container, at least 0; None is not known.
        container_qty: pieces in a container, more than 0.
        formula: `classic` ceil(D L (1 + a) / C), `safety_days` ceil(D (L + s) / C), `statistical`
            ceil((D L + z sqrt(L sD² + D² sL²)) / C), `poisson` the fewest whole containers with a stock-out risk of at
            most 1 - service_level, `two_bin` always 2.
        review_days: between two pick-ups of the cards, added to the lead time.
        safety_share: a of `classic`.
        safety_days: s of `safety_days`.
        service_level: of `statistical` and `poisson`.
        demand_sd_per_day: sD, standard deviation of a day's demand in pieces.
        lead_time_sd_days: sL.
        signal_when: when a card leaves; `poisson` adds a container for `emptied`.
        counts: how much pulls vary; `poisson` takes the negative binomial where they vary too much.

    Returns:
        at least 1 card, 2 for `two_bin`; 1 and a note where nothing is demanded.

    Raises:
        ValueError: the lead time is not known, or an argument is out of its range; says which.
    """
    lead = _known(lead_time_days)
    review, safety = _days(review_days), _days(safety_days)
    given = {"lead_time_days": lead, "review_days": review, "safety_days": safety, "safety_share": safety_share}
    spreads = {"demand_sd_per_day": demand_sd_per_day, "lead_time_sd_days": _days(lead_time_sd_days)}
    _check(container_qty, service_level, demand_per_day=demand_per_day, **given, **spreads)
    if formula not in FORMULAS:
        raise ValueError(f'formula "{formula}": expected one of {", ".join(FORMULAS)}')
    if formula == "two_bin":
        return Size(TWO_BINS, TWO_BINS, TWO_BINS, formula)
    if demand_per_day == 0:
        return Size(1, 0.0, 1, formula, "no demand observed: one card keeps a container at hand")
    lead += review
    if formula == "poisson":
        pulls = demand_per_day / container_qty * lead
        cards = fewest(expected_pulls=pulls, service_level=service_level, signal_when=signal_when, counts=counts)
        return Size(max(cards, 1), cards, max(cards - 1, 1), "negative binomial" if counts.is_over else formula)
    exact = {
        "classic": lambda: demand_per_day * lead * (1 + safety_share),
        "safety_days": lambda: demand_per_day * (lead + safety),
        "statistical": lambda: reorder_point(
            demand_per_day=demand_per_day,
            lead_time_days=lead,
            service_level=service_level,
            demand_sd_per_day=demand_sd_per_day,
            lead_time_sd_days=lead_time_sd_days,
        ),
    }[formula]() / container_qty
    return Size(whole(exact), exact, max(floor(exact + 1e-9 * abs(exact)), 1), formula)


def reorder_point(
    *,
    demand_per_day: float,
    lead_time_days: Days,
    service_level: float = 0.95,
    z: float | None = None,
    demand_sd_per_day: float = 0.0,
    lead_time_sd_days: Days = 0.0,
) -> float:
    """Pieces left when the next must be ordered: D L + z sqrt(L sD² + D² sL²).

    Args:
        demand_per_day: pieces a day.
        lead_time_days: mean lead time.
        service_level: gives z, 1.645 for 0.95.
        z: as a textbook rounds it: 1.28, 1.65, 1.88, 2.05.
        demand_sd_per_day: sD, of a day's demand in pieces.
        lead_time_sd_days: sL.

    Raises:
        ValueError: an argument is out of its range; says which.
    """
    from telltale.kanban.analysis.special import ndtri

    lead, lead_sd = _days(lead_time_days), _days(lead_time_sd_days)
    spreads = {"demand_sd_per_day": demand_sd_per_day, "lead_time_sd_days": lead_sd}
    _check(1.0, service_level, demand_per_day=demand_per_day, lead_time_days=lead, **spreads)
    z = float(ndtri(service_level)) if z is None else z
    return demand_per_day * lead + z * sqrt(lead * demand_sd_per_day**2 + demand_per_day**2 * lead_sd**2)


def demand_carried(
    cards: int, *, lead_time_days: Days, container_qty: float = 1.0, safety_share: float = 0.10, review_days: Days = 0.0
) -> float:
    """Pieces a day that so many cards carry, the classic formula turned round: N C / (L (1 + a)).

    Args:
        cards: N, at least 1.
        lead_time_days: L, from the pull to the full container, more than 0.
        container_qty: C, pieces in a container.
        safety_share: a, as `size` takes it.
        review_days: between two pick-ups of the cards, added to the lead time.

    Raises:
        ValueError: an argument is out of its range; says which.

    Source: wire/kanban.md 8 (29 cards of 25, L 0.1, a 0.2: 6,041.67).
    """
    lead, review = _days(lead_time_days), _days(review_days)
    _check(container_qty, 0.5, lead_time_days=lead, review_days=review, safety_share=safety_share)
    if cards < 1 or lead + review <= 0:
        raise ValueError(
            f"{cards} cards, lead_time_days {lead + review:g}: expected at least 1 card and more than 0 days"
        )
    return cards * container_qty / ((lead + review) * (1 + safety_share))


def target_stock(
    *, demand_per_day: float, lead_time_days: Days, review_days: Days = 0.0, safety_stock: float = 0.0
) -> float:
    """Pieces to have in stock and on order together: D (L + review) + safety.

    Where pieces are ordered, not containers: at each review so many are ordered that stock and orders reach it.

    Args:
        demand_per_day: D, pieces a day.
        lead_time_days: L.
        review_days: between two orders.
        safety_stock: pieces kept against what is not foreseen.

    Raises:
        ValueError: an argument is below 0 or without end; says which.

    Source: wire/kanban.md 8 (D 91, L 2, review 1, safety 50: 323).
    """
    lead, review = _days(lead_time_days), _days(review_days)
    given = {"lead_time_days": lead, "review_days": review, "safety_stock": safety_stock}
    _check(1.0, 0.5, demand_per_day=demand_per_day, **given)
    return demand_per_day * (lead + review) + safety_stock


def takt_s(*, working_time: timedelta, demand: float) -> float:
    """Seconds of working time per piece; `demand` is that of the same time."""
    if demand <= 0:
        raise ValueError(f"demand {demand:g}: expected more than 0 pieces in the working time")
    return working_time.total_seconds() / demand


def line_flow(*, wip: float, bottleneck_per_day: float, raw_process_time_days: Days) -> LineFlow:
    """The practical worst case of a line that holds `wip` jobs: critical WIP, throughput, cycle time.

    W0 = rb T0; TH(w) = rb w / (W0 + w - 1); CT(w) = T0 + (w - 1) / rb.
    """
    raw = _days(raw_process_time_days)
    if wip < 1 or bottleneck_per_day <= 0 or raw <= 0:
        raise ValueError(
            f"wip {wip:g}, bottleneck {bottleneck_per_day:g} a day, {raw:g} days: expected at least 1, and more than 0"
        )
    critical = bottleneck_per_day * raw
    return LineFlow(critical, bottleneck_per_day * wip / (critical + wip - 1), raw + (wip - 1) / bottleneck_per_day)


def days_covered(cards: int, *, container_qty: float, demand_per_day: float) -> float | None:
    """How long the most stock, cards × container_qty, lasts; None without demand."""
    return cards * container_qty / demand_per_day if demand_per_day else None


def whole(value: float) -> int:
    """The next whole number, at least 1; 2000 × 0.1 × 1.1 / 22 is 10, though floats say 10.000000000000002."""
    return max(ceil(value - 1e-9 * abs(value)), 1)


def _days(value: Days) -> float:
    return value / timedelta(days=1) if isinstance(value, timedelta) else value


def _known(lead_time_days: Days | None) -> float:
    if lead_time_days is None:
        raise ValueError("lead time not known: measure it with an ack button, or give lead_time_days")
    return _days(lead_time_days)


def _check(container_qty: float, service_level: float, **at_least_zero: float) -> None:
    for name, value in at_least_zero.items():
        if not 0 <= value < inf:
            raise ValueError(f"{name} {value:g}: expected at least 0, and not without end")
    if not 0 < container_qty < inf:
        raise ValueError(f"container_qty {container_qty:g}: expected more than 0 pieces")
    if not 0 < service_level < 1:
        raise ValueError(f"service_level {service_level:g}: expected a level between 0 and 1, such as 0.95")
