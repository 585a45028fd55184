"""`tt.kanban.rates` and `tt.kanban.risks`: pulls by bucket, and the risk of each number of cards."""

from collections.abc import Iterable
from typing import Any

import pyarrow as pa

from telltale.arrow import TIMESTAMP
from telltale.kanban.analysis.rates import NO_RATE, rate
from telltale.kanban.item_figures import facts_of, items_table, risk_of
from telltale.kanban.question import By, Demand, Item, table

BEYOND = 3
"""Cards shown beyond the most that is recommended."""
NOT_MANY_CARDS = 10

RATES = pa.schema(
    [
        ("item", pa.string()),
        ("label", pa.string()),
        ("start", TIMESTAMP),
        ("end", TIMESTAMP),
        ("so_far", pa.bool_()),
        ("pulls", pa.int64()),
        ("quantity", pa.float64()),
        ("observed_s", pa.float64()),
        ("working_s", pa.float64()),
        ("working_day_s", pa.float64()),
        ("is_cut", pa.bool_()),
        ("rate_per_day", pa.float64()),
        ("rate_lo", pa.float64()),
        ("rate_hi", pa.float64()),
    ]
)

RISKS = pa.schema(
    [
        ("item", pa.string()),
        ("cards", pa.int64()),
        ("risk", pa.float64()),
        ("risk_lo", pa.float64()),
        ("risk_hi", pa.float64()),
    ]
)


def rates_table(demand: Demand, by: By) -> pa.Table:
    """The columns of `tt.kanban.rates`: each day or week that the stretch touches, from its beginning.

    Raises:
        ConfigError: another word than day, week or stretch.
    """
    return table((row for item in demand.items for row in _rate_rows(demand, item, by)), RATES)


def risks_table(demand: Demand, cards: list[int] | None) -> pa.Table:
    """The columns of `tt.kanban.risks`."""
    most = {row["item"]: row for row in items_table(demand).to_pylist()}
    return table((row for item in demand.items for row in _risk_rows(demand, item, most[item.name], cards)), RISKS)


def _rate_rows(demand: Demand, item: Item, by: By) -> Iterable[dict[str, Any]]:
    buckets = demand.bucketed(item, by, demand.touched(by))
    columns = zip(
        buckets.labels, buckets.starts_us.tolist(), buckets.reach_us.tolist(), buckets.so_far.tolist(),
        buckets.counts.tolist(), buckets.quantities.tolist(), buckets.observed_us.tolist(), buckets.passed_us.tolist(),
        buckets.is_cut.tolist(), strict=True,
    )  # fmt: skip
    for label, start, end, so_far, count, quantity, observed_us, passed_us, is_cut in columns:
        of = rate(count, observed_us / 1e6 / demand.clock.day_s) if observed_us else NO_RATE
        yield {
            "item": item.name,
            "label": label,
            "start": start,
            "end": end,
            "so_far": so_far,
            "pulls": count,
            "quantity": quantity,
            "observed_s": observed_us / 1e6,
            "working_s": passed_us / 1e6,
            "working_day_s": demand.clock.kept_day_s,
            "is_cut": is_cut,
            **dict(zip(("rate_per_day", "rate_lo", "rate_hi"), of, strict=True)),
        }


def _risk_rows(demand: Demand, item: Item, row: dict[str, Any], chosen: list[int] | None) -> Iterable[dict[str, Any]]:
    facts = facts_of(demand, item)
    value, low, high = facts.rate
    if facts.lead_days is None or value is None:
        return
    most = max(row["cards"] or 0, row["cards_hi"] or 0, row["cards_recommended"] or 0) + BEYOND
    for cards in chosen if chosen is not None else range(1, max(most, NOT_MANY_CARDS) + 1):
        rates_of = (None if facts.too_few else value, low, high)
        risks_of = [risk_of(demand, facts, cards, rate_per_day) for rate_per_day in rates_of]
        yield {"item": item.name, "cards": cards} | dict(zip(("risk", "risk_lo", "risk_hi"), risks_of, strict=True))
