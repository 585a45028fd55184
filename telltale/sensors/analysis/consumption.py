"""What counters counted: the sum of their steps, across resets.

A counter is a series whose quantity ends in `_total`. One that reads less than before began again at zero: what it
shows is what was counted since, and what was counted between its last reading and the reset is not known. A step
belongs to the period of the reading that ends it.

Source: wire/efento.md 2.4 (state of a counter: an error or a reset means that the count may be too low), 2.5.
"""

import pyarrow as pa

from telltale.analysis.placing import placed
from telltale.engine import Engine, Relation

COUNTED = """
select *, case when value_before is null then 0e0 when value >= value_before then value - value_before else value end
  as step, case when value < value_before then 1 else 0 end as is_reset
from (
  select device_id, channel, quantity, unit, observed_at, value, meta,
    lag(value) over (partition by device_id, channel, quantity order by observed_at) as value_before
  from reading
  where value is not null and regexp_like(quantity, '_total$')
) ordered
"""

CONSUMPTION = """
select c.device_id, c.channel, c.quantity, c.unit, p.label, timestamp_micros(p.start_us) as start,
  timestamp_micros(p.end_us) as end, c.readings, c.consumed, c.resets, c.may_be_low, c.value_last, c.first_at, c.last_at
from (
  select device_id, channel, quantity, max(unit) as unit, start_us, count(*) as readings, sum(step) as consumed,
    cast(sum(is_reset) as bigint) as resets,
    max(case when is_reset = 1 or regexp_like(coalesce(meta, ''), 'error|reset') then 1 else 0 end) = 1 as may_be_low,
    max(case when newest = 1 then value end) as value_last, min(observed_at) as first_at, max(observed_at) as last_at
  from (
    select *, row_number() over (partition by device_id, channel, quantity, start_us order by observed_at desc)
      as newest
    from placed
  ) ranked
  group by device_id, channel, quantity, start_us
) c
inner join period p on p.start_us = c.start_us
order by c.device_id, c.channel, c.quantity, p.start_us
"""


def consumption(engine: Engine, readings: Relation, periods: pa.Table) -> Relation:
    """How much each counter counted in each period it has a reading in.

    Args:
        engine: where it runs.
        readings: table `reading`, each natural key once; any order. Those from before the periods make their first
            step whole.
        periods: label, start_us, end_us (`analysis.periods`), apart from each other.

    Returns:
        device_id, channel, quantity, unit, label, start, end, readings, consumed, resets, may_be_low (a reset, or a
        sensor that says of itself that it missed some), value_last (the counter itself), first_at, last_at; sorted.
    """
    counted = placed(engine, engine.run(COUNTED, {"reading": readings}), periods)
    return engine.run(CONSUMPTION, {"placed": counted, "period": engine.from_arrow(periods)})
