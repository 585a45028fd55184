"""`tt.kanban.rates` and `tt.kanban.risks`: pulls by bucket, and the risk of each number of cards."""

from collections.abc import Iterable
from typing import Any

import pyarrow as pa

from telltale.arrow import TIMESTAMP
from telltale.kanban.analysis.rates import NO_RATE, rate
from telltale.kanban.item_figures import facts, items_table, risk_of
from telltale.kanban.question import Asked, By, Item, table

BEYOND = 3
"""Cards shown beyond the most that is recommended."""
NOT_MANY_CARDS = 10

RATES = pa.schema(
    [
        ("item", pa.string()),
        ("label", pa.string()),
        ("start", TIMESTAMP),
        ("end", TIMESTAMP),
        ("pulls", pa.int64()),
        ("quantity", pa.float64()),
        ("observed_s", pa.float64()),
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


def rates_table(asked: Asked, by: By) -> pa.Table:
    """The columns of `tt.kanban.rates`."""
    return table((row for one in asked.items for row in _rate_rows(asked, one, by)), RATES)


def risks_table(asked: Asked, cards: list[int] | None) -> pa.Table:
    """The columns of `tt.kanban.risks`."""
    most = {row["item"]: row for row in items_table(asked).to_pylist()}
    return table((row for one in asked.items for row in _risk_rows(asked, one, most[one.name], cards)), RISKS)


def _rate_rows(asked: Asked, item: Item, by: By) -> Iterable[dict[str, Any]]:
    found = asked.bucketed(item, by)
    columns = zip(
        found.labels, found.starts_us.tolist(), found.ends_us.tolist(), found.counts.tolist(),
        found.quantities.tolist(), found.observed_us.tolist(), found.is_cut.tolist(), strict=True,
    )  # fmt: skip
    for label, start, end, count, quantity, observed_us, is_cut in columns:
        of = rate(count, observed_us / 1e6 / asked.clock.day_s) if observed_us else NO_RATE
        yield {
            "item": item.name,
            "label": label,
            "start": start,
            "end": end,
            "pulls": count,
            "quantity": quantity,
            "observed_s": observed_us / 1e6,
            "is_cut": is_cut,
            **dict(zip(("rate_per_day", "rate_lo", "rate_hi"), of, strict=True)),
        }


def _risk_rows(asked: Asked, item: Item, row: dict[str, Any], chosen: list[int] | None) -> Iterable[dict[str, Any]]:
    found = facts(asked, item)
    value, low, high = found.rate
    if found.lead_days is None or value is None:
        return
    most = max(row["cards"] or 0, row["cards_hi"] or 0, row["cards_recommended"] or 0) + BEYOND
    for cards in chosen if chosen is not None else range(1, max(most, NOT_MANY_CARDS) + 1):
        rates_of = (None if found.too_few else value, low, high)
        risks_of = [risk_of(asked, found, cards, one) for one in rates_of]
        yield {"item": item.name, "cards": cards} | dict(zip(("risk", "risk_lo", "risk_hi"), risks_of, strict=True))
