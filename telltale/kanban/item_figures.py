"""`tt.kanban.items`: one row an item, what a dashboard says of it; where there is too little data, why."""

import datetime as dt
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from telltale.arrow import TIMESTAMP
from telltale.kanban.analysis import risk, trends
from telltale.kanban.analysis.buckets import Buckets
from telltale.kanban.analysis.calendar import DAY_S
from telltale.kanban.analysis.lead_times import LeadTimes
from telltale.kanban.analysis.rates import Rate, rate
from telltale.kanban.analysis.risk import Dispersion
from telltale.kanban.analysis.sizing import Size, size
from telltale.kanban.gaps import FEWEST_DAYS, Silence, silence
from telltale.kanban.lead_figures import FEWEST_LEAD_TIMES, leads_of, no_lead_time, sound
from telltale.kanban.question import Demand, Item, table
from telltale.settings.working_hours import DAYS

FEWEST_PULLS = 5
FEWEST_OBSERVED_DAYS = 1.0
"""How much is pulled on a day is not known from an hour."""
FEWEST_WHOLE_DAYS = 5
"""Fewer do not tell how much days differ."""
SILENT = "silent for longer than is usual: button, battery, or no demand"

ITEMS = pa.schema(
    [
        ("item", pa.string()),
        ("pulls", pa.int64()),
        ("quantity", pa.float64()),
        ("observed_s", pa.float64()),
        ("rate_per_day", pa.float64()),
        ("rate_lo", pa.float64()),
        ("rate_hi", pa.float64()),
        ("demand_per_day", pa.float64()),
        ("demand_lo", pa.float64()),
        ("demand_hi", pa.float64()),
        ("container_qty", pa.float64()),
        ("cards", pa.int64()),
        ("cards_recommended", pa.int64()),
        ("cards_lo", pa.int64()),
        ("cards_hi", pa.int64()),
        ("formula", pa.string()),
        ("lead_time_days", pa.float64()),
        ("lead_time_calendar_days", pa.float64()),
        ("lead_time_source", pa.string()),
        ("lead_time_n", pa.int64()),
        ("lead_times", pa.int64()),
        ("is_acknowledged", pa.bool_()),
        ("open_pulls", pa.int64()),
        ("risk", pa.float64()),
        ("risk_lo", pa.float64()),
        ("risk_hi", pa.float64()),
        ("last_pull_at", TIMESTAMP),
        ("last_press_at", TIMESTAMP),
        ("silent_s", pa.float64()),
        ("silent_calendar_s", pa.float64()),
        ("silence_limit_s", pa.float64()),
        ("may_be_dead", pa.bool_()),
        ("is_heard", pa.bool_()),
        ("heard_until", TIMESTAMP),
        ("presses", pa.int64()),
        ("trend", pa.string()),
        ("working_day_s", pa.float64()),
        ("note", pa.string()),
    ]
)


class Facts(NamedTuple):
    """What is known of an item before anything is recommended."""

    item: Item
    observed_days: float
    counted: int
    rate: Rate
    container_qty: float
    lead: LeadTimes
    lead_days: float | None
    lead_sd_days: float
    lead_source: str
    measured: LeadTimes | None
    """What the lead time is the mean of; None where it is the listed one, or not known."""
    counts: Dispersion
    whole_days: int
    demand_sd_per_day: float
    is_varying: bool
    """Whether the formula asks how much days differ."""
    idle_days: tuple[str, ...]
    """Weekdays without a pull where chance would have given some."""
    quiet: Silence

    @property
    def too_few(self) -> str:
        """Why nothing is recommended; empty where there is enough."""
        return next(self._doubts(), "")

    def _doubts(self) -> Iterator[str]:
        if not self.observed_days:
            yield "nothing was captured in this stretch"
        if self.counted < FEWEST_PULLS:
            yield f"too little data: {self.counted} of the {FEWEST_PULLS} pulls a recommendation needs"
        if self.lead_days is None:
            yield no_lead_time(self.lead.orphans, self.lead.lost)
        elif self.observed_days < FEWEST_LEAD_TIMES * self.lead_days:
            yield f"too little data: observed for less than {FEWEST_LEAD_TIMES} lead times"
        if self.observed_days < FEWEST_OBSERVED_DAYS:
            yield "too little data: observed for less than a day"
        if self.is_varying and self.whole_days < FEWEST_WHOLE_DAYS:
            yield f"too little data: {self.whole_days} of the {FEWEST_WHOLE_DAYS} whole days the formula needs"
        if self.quiet.may_be_dead:
            yield SILENT  # a dead battery looks like no demand: fewer cards would be the wrong advice


def items_table(demand: Demand) -> pa.Table:
    """The columns of `tt.kanban.items`."""
    return table([_row(demand, facts_of(demand, item)) for item in demand.items], ITEMS)


def facts_of(demand: Demand, item: Item) -> Facts:
    """What the stretch says of an item."""
    counted = len(demand.counted(item))
    lead = leads_of(demand, item)
    lead_days, lead_sd_days, source = item.lead_time_days, 0.0, "" if item.lead_time_days is None else "buttons.csv"
    measured = sound(demand, item, lead)
    if measured is not None and measured.closed >= FEWEST_LEAD_TIMES and measured.mean_s is not None:
        day_s = demand.clock.day_s
        lead_days, lead_sd_days, source = measured.mean_s / day_s, (measured.sd_s or 0.0) / day_s, "measured"
    else:
        measured = None
    days = demand.bucketed(item, "day")
    whole = days.is_whole
    per_day = days.quantities[whole] / days.days(demand.clock.day_s)[whole]
    return Facts(
        item,
        demand.observed_days,
        counted,
        rate(counted, demand.observed_days),
        _container(demand, item),
        lead,
        lead_days,
        lead_sd_days,
        source,
        measured,
        risk.dispersion(days.counts[whole].tolist()),
        len(per_day),
        float(np.std(per_day, ddof=1)) if len(per_day) > 1 else 0.0,
        demand.settings.formula == "statistical",
        () if demand.settings.working_hours else _idle_days(days),
        silence(demand, item),
    )


def sized(demand: Demand, facts: Facts, rate_per_day: float) -> Size:
    """The cards a rate of pulls asks for, by the formula of `[kanban]`; the lead time must be known."""
    settings = demand.settings
    return size(
        demand_per_day=rate_per_day * facts.container_qty,
        lead_time_days=facts.lead_days,
        container_qty=facts.container_qty,
        formula=settings.formula,
        review_days=settings.review_days,
        safety_share=settings.safety_share,
        safety_days=settings.safety_days,
        service_level=settings.service_level,
        demand_sd_per_day=facts.demand_sd_per_day,
        lead_time_sd_days=facts.lead_sd_days,
        signal_when=settings.signal_when,
        counts=facts.counts,
    )


def risk_of(demand: Demand, facts: Facts, cards: int | None, rate_per_day: float | None) -> float | None:
    """The stock-out risk of a number of cards; None where cards, rate or lead time are not known."""
    if cards is None or cards < 1 or rate_per_day is None or facts.lead_days is None:
        return None
    expected = rate_per_day * (facts.lead_days + demand.settings.review_days)
    return risk.stock_out(cards, expected_pulls=expected, signal_when=demand.settings.signal_when, counts=facts.counts)


def _container(demand: Demand, item: Item) -> float:
    """Pieces in a container; where its buttons differ, the mean of what was pulled."""
    if item.container_qty is not None:
        return item.container_qty
    inside = item.quantities[item.pulled_us >= demand.span.since_us]
    seen = inside if len(inside) else item.quantities
    return float(seen.mean()) if len(seen) else 1.0


def _row(demand: Demand, facts: Facts) -> dict[str, Any]:
    item, pulled = facts.item, facts.rate
    pieces = pulled.times(facts.container_qty)
    inside = item.pulled_us >= demand.span.since_us
    return {
        "item": item.name,
        "pulls": int(inside.sum()),
        "quantity": float(item.quantities[inside].sum()),
        "observed_s": demand.observed_us / 1e6,
        **dict(zip(("rate_per_day", "rate_lo", "rate_hi"), pulled, strict=True)),
        **dict(zip(("demand_per_day", "demand_lo", "demand_hi"), pieces, strict=True)),
        "container_qty": facts.container_qty,
        **_cards(demand, facts),
        **_lead(facts),
        "lead_times": facts.lead.closed,
        "is_acknowledged": item.name in demand.acknowledged,
        "open_pulls": facts.lead.open_pulls,
        "last_pull_at": int(item.pulled_us[-1]) if len(item.pulled_us) else None,
        **facts.quiet._asdict(),
        "is_heard": demand.is_heard,
        "heard_until": demand.heard_until_us,
        "trend": _trend(demand, facts),
        "working_day_s": demand.clock.kept_day_s,
        "note": _note(facts),
    }


def _lead(facts: Facts) -> dict[str, Any]:
    """The lead time in working days and by the calendar, where it is from, of how many refills it is the mean."""
    by_calendar_s = None if facts.measured is None else facts.measured.mean_calendar_s
    return {
        "lead_time_days": facts.lead_days,
        "lead_time_calendar_days": None if by_calendar_s is None else by_calendar_s / DAY_S,
        "lead_time_source": facts.lead_source,
        "lead_time_n": 0 if facts.measured is None else facts.measured.closed,
    }


def _cards(demand: Demand, facts: Facts) -> dict[str, Any]:
    """What is recommended, and the risk of what is in use; the bounds alone where there is too little data."""
    value, low, high = facts.rate
    is_enough = not facts.too_few
    row: dict[str, Any] = {"cards": facts.item.cards, "formula": demand.settings.formula}
    if value is not None and low is not None and high is not None and facts.lead_days is not None:
        row |= {"cards_lo": sized(demand, facts, low).cards, "cards_hi": sized(demand, facts, high).cards}
        if is_enough:
            size_ = sized(demand, facts, value)
            row |= {"cards_recommended": size_.cards, "formula": size_.formula}
    of_use = (
        risk_of(demand, facts, facts.item.cards, rate_per_day)
        for rate_per_day in (value if is_enough else None, low, high)
    )
    return row | dict(zip(("risk", "risk_lo", "risk_hi"), of_use, strict=True))


def _trend(demand: Demand, facts: Facts) -> str:
    """Which way Laplace's test says the pulls of the stretch go."""
    if facts.counted < FEWEST_PULLS:
        return "too few"
    return laplace_of(demand, facts.item).verdict


def laplace_of(demand: Demand, item: Item) -> trends.Trend:
    """Laplace's test on a clock that runs while pulls are observed.

    From two weeks on the clock runs as fast as the item is usually pulled on that weekday: otherwise a stretch that
    begins on a Tuesday and ends on a Monday would fall by its weekends alone. Of an item first pulled in the stretch it
    begins with that pull: before, the item may not have been in use.
    """
    days = demand.bucketed(item, "day")
    observed = days.observed_us.astype(np.float64)
    begun = demand.clock.observed.elapsed_us(np.maximum(days.starts_us, demand.span.since_us))
    moments = demand.counted(item)
    place = np.searchsorted(days.starts_us, moments, "right") - 1
    within = (demand.clock.observed.elapsed_us(moments) - begun[place]) / np.maximum(observed[place], 1)
    passed = observed
    if len(observed) >= FEWEST_DAYS:
        weekday = np.arange(len(observed)) % 7
        usual = np.bincount(weekday, days.counts) / np.maximum(np.bincount(weekday, observed), 1)
        passed = usual[weekday] * observed
    before = np.append(0.0, np.cumsum(passed))
    at = before[place] + within * passed[place]
    if len(at) and item.pulled_us[0] >= demand.span.since_us:
        return trends.laplace((at[1:] - at[0]).tolist(), observed=float(before[-1] - at[0]))
    return trends.laplace(at.tolist(), observed=float(before[-1]))


def _idle_days(days: Buckets) -> tuple[str, ...]:
    """The weekdays nothing was pulled on, though five pulls or more were to be expected on them."""
    by_weekday: dict[int, list[int]] = {}
    for label, count, is_whole in zip(days.labels, days.counts.tolist(), days.is_whole.tolist(), strict=True):
        if is_whole:
            by_weekday.setdefault(dt.date.fromisoformat(label).weekday(), []).append(count)
    whole = [count for counts in by_weekday.values() for count in counts]
    mean = sum(whole) / max(len(whole), 1)
    return tuple(
        DAYS[day]
        for day, counts in sorted(by_weekday.items())
        if not sum(counts) and len(counts) * mean >= FEWEST_PULLS
    )


def _note(facts: Facts) -> str:
    said = [facts.too_few] if facts.too_few else []
    if not said and facts.counts.is_over:
        said.append(
            f"pulls vary more than chance (variance {facts.counts.ratio:.1f} × mean over {facts.counts.buckets} days): "
            "negative binomial"
        )
        if facts.idle_days:
            said.append(f"no pulls on {', '.join(facts.idle_days)}: working_hours of [kanban] would leave these out")
    if facts.quiet.may_be_dead and SILENT not in said:
        said.append(SILENT)
    return "; ".join(said)
