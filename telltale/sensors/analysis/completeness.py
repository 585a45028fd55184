"""How many of the readings that were due from each device came.

Due is one reading each interval from a series' first one on; where it is not known how often a series is due (nothing
given, fewer than ten readings), none is. An error code is a reading that came: the sensor was there. One that comes
within half an interval of the one before is a copy, and stands for none that was due. States are told when they change
and have no interval; of them the messages say what is missing (`analysis.health`).
"""

import pyarrow as pa

from telltale.analysis.placing import placed
from telltale.engine import Engine, Relation
from telltale.sensors.analysis.steps import intervals

TOLD = """
select device_id, channel, quantity, observed_at, value, unix_micros(observed_at) as at_us,
  lag(unix_micros(observed_at)) over (partition by device_id, channel, quantity order by observed_at, value)
    as before_us
from reading
where (value is not null or error_code is not null) and not regexp_like(coalesce(text, ''), '^[^0-9.-]')
"""

DUE = """
select device_id, channel, quantity, label, start_us, end_us, received,
  greatest(0e0, ceil((until_us - first_us) / nullif(interval_us, 0)))
    - greatest(0e0, ceil((start_us - first_us) / nullif(interval_us, 0))) as due
from (
  select f.device_id, f.channel, f.quantity, p.label, p.start_us, p.end_us, f.first_us,
    greatest(p.start_us, least(p.end_us, :until_us)) as until_us, i.interval_s * 1e6 as interval_us,
    coalesce(r.received, 0) as received
  from (
    select device_id, channel, quantity, min(at_us) as first_us from told group by device_id, channel, quantity
  ) f
  inner join interval_of i
    on i.is_sure and i.device_id = f.device_id and i.channel = f.channel and i.quantity = f.quantity
  cross join period p
  left join (
    select c.device_id, c.channel, c.quantity, c.start_us,
      count(case when c.before_us is null or c.at_us - c.before_us >= j.interval_s * 5e5 then 1 end) as received
    from placed c
    inner join interval_of j on j.device_id = c.device_id and j.channel = c.channel and j.quantity = c.quantity
    group by c.device_id, c.channel, c.quantity, c.start_us
  ) r on r.device_id = f.device_id and r.channel = f.channel and r.quantity = f.quantity and r.start_us = p.start_us
) reached
"""

COMPLETENESS = """
select device_id, label, timestamp_micros(start_us) as start, timestamp_micros(end_us) as end, due, received,
  case when due >= 1 then received / nullif(due, 0) end as share
from (
  select device_id, label, start_us, end_us, cast(sum(due) as bigint) as due,
    cast(sum(least(received, due)) as bigint) as received
  from due_of where due is not null group by device_id, label, start_us, end_us
) summed
order by device_id, start_us
"""


def completeness(engine: Engine, readings: Relation, info: Relation, periods: pa.Table, *, until_us: int) -> Relation:
    """Readings received of those due, by device and period, over all that a device measures.

    Args:
        engine: where it runs.
        readings: table `reading`, each natural key once; any order.
        info: device_id, expected_interval_s, as in devices.csv; null is learned from the steps.
        periods: label, start_us, end_us (`analysis.periods`), apart from each other.
        until_us: nothing is due from this moment on: the present, or the end of the stretch.

    Returns:
        device_id, label, start, end, due, received (never more than due), share (null where none was due); sorted.
        What waits in a sensor for its next message is due already: the newest share may still rise.
    """
    told = engine.keep(engine.run(TOLD, {"reading": readings}))
    relations = {
        "told": told,
        "interval_of": intervals(engine, told, info),
        "placed": placed(engine, told, periods),
        "period": engine.from_arrow(periods),
    }
    return engine.run(COMPLETENESS, {"due_of": engine.run(DUE, relations, until_us=until_us)})
