"""What counters counted: the sum of their steps, across resets; of meters that tell amounts, the sum of these.

A counter is a series whose quantity ends in `_total`; of which quantities each reading is what was counted since the
one before, the source says (`Source.amounts`). One that reads less than before began again at zero: what it
shows is what was counted since, and what was counted between its last reading and the reset is not known. A step
belongs to the period of the reading that ends it.

Source: wire/efento.md 2.4 (state of a counter: an error or a reset means that the count may be too low), 2.5.
"""

import pyarrow as pa

from telltale.analysis.placing import placed
from telltale.engine import Engine, Relation

COUNTED = """
select *, case when is_amount = 1 then value when value_before is null then null
    when value >= value_before then value - value_before else value end as step,
  case when is_amount = 0 and value < value_before then 1 else 0 end as is_reset
from (
  select r.device_id, r.channel, r.quantity, r.unit, r.observed_at, r.value, r.meta,
    lag(r.value) over (partition by r.device_id, r.channel, r.quantity order by r.observed_at, r.value)
      as value_before,
    lag(r.observed_at) over (partition by r.device_id, r.channel, r.quantity order by r.observed_at, r.value)
      as before_at,
    case when a.quantity is null then 0 else 1 end as is_amount
  from reading r
  left join amount a on a.quantity = r.quantity and regexp_like(r.device_id, concat('^', a.source, ':'))
  where r.value is not null and (regexp_like(r.quantity, '_total$') or a.quantity is not null)
) ordered
"""

CONSUMPTION = """
select c.device_id, c.channel, c.quantity, c.unit, p.label, timestamp_micros(p.start_us) as start,
  timestamp_micros(p.end_us) as end, c.readings, c.consumed, c.resets, c.may_be_low, c.value_last,
  c.counted_from, c.first_at, c.last_at
from (
  select device_id, channel, quantity, max(unit) as unit, start_us, count(*) as readings, sum(step) as consumed,
    cast(sum(is_reset) as bigint) as resets,
    max(case when is_reset = 1 or regexp_like(coalesce(meta, ''), 'error|reset') then 1 else 0 end) = 1 as may_be_low,
    max(case when newest = 1 and is_amount = 0 then value end) as value_last,
    min(coalesce(before_at, observed_at)) as counted_from, min(observed_at) as first_at, max(observed_at) as last_at
  from (
    select *, row_number() over (partition by device_id, channel, quantity, start_us
      order by observed_at desc, value desc) as newest
    from placed
  ) ranked
  group by device_id, channel, quantity, start_us
) c
inner join period p on p.start_us = c.start_us
order by c.device_id, c.channel, c.quantity, p.start_us
"""


AMOUNTS = pa.schema([("source", pa.string()), ("quantity", pa.string())])
"""Quantities whose readings are amounts, by source."""


def consumption(engine: Engine, readings: Relation, periods: pa.Table, amounts: pa.Table | None = None) -> Relation:
    """How much each counter counted in each period it has a reading in.

    Args:
        engine: where it runs.
        readings: table `reading`, each natural key once; any order. Those from before the periods make their first
            step whole.
        periods: label, start_us, end_us (`analysis.periods`), apart from each other.
        amounts: of `AMOUNTS`: of their readings each is added up; None is none.

    Returns:
        device_id, channel, quantity, unit, label, start, end, readings, consumed (from `counted_from` to `last_at`;
        null with a single reading of a counter: nothing is known of what was before), resets, may_be_low (a reset, or a
        sensor that says of itself that it missed some), value_last (the counter itself; null of amounts), counted_from
        (the reading that the first step begins with, which may lie before the period), first_at, last_at; sorted.
    """
    relations = {
        "reading": readings,
        "amount": engine.from_arrow(AMOUNTS.empty_table() if amounts is None else amounts),
    }
    counted = placed(engine, engine.run(COUNTED, relations), periods)
    return engine.run(CONSUMPTION, {"placed": counted, "period": engine.from_arrow(periods)})
