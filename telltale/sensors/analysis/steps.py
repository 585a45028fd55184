"""Readings in order: what came before and after each, how often a sensor reads, which limits hold for it.

A series is what one sensor says of one quantity: (device_id, channel, quantity). Readings without a value, errors
among them, are no steps of it: the time around them is a gap.
"""

from telltale.engine import Engine, Relation

MAIN = "temperature"
"""A device that measures several quantities has its limits for this one."""

STEPS = """
select device_id, channel, quantity, value, observed_at, unix_micros(observed_at) as at_us,
  lag(unix_micros(observed_at)) over (partition by device_id, channel, quantity order by observed_at) as before_us,
  lead(unix_micros(observed_at)) over (partition by device_id, channel, quantity order by observed_at) as after_us
from reading
where value is not null
"""

INTERVALS = """
select s.device_id, s.channel, s.quantity,
  coalesce(max(i.expected_interval_s), percentile(s.at_us - s.before_us, 0.5) / 1e6) as interval_s,
  max(i.expected_interval_s) is not null as is_given
from step s
left join info i on i.device_id = s.device_id
group by s.device_id, s.channel, s.quantity
order by s.device_id, s.channel, s.quantity
"""

LIMITS = """
select m.device_id, m.quantity, i.low, i.high
from (
  select device_id,
    case when max(case when quantity = :main then 1 else 0 end) = 1 then :main
      when count(distinct quantity) = 1 then min(quantity) end as quantity
  from reading where value is not null group by device_id
) m
inner join info i on i.device_id = m.device_id
where m.quantity is not null and (i.low is not null or i.high is not null)
order by m.device_id
"""


def steps(engine: Engine, readings: Relation) -> Relation:
    """Each reading with a value, and the moments of its neighbours: at_us, before_us, after_us (null at the ends)."""
    return engine.run(STEPS, {"reading": readings})


def intervals(engine: Engine, readings: Relation, info: Relation) -> Relation:
    """How far apart the readings of each series are.

    Args:
        engine: where it runs.
        readings: table `reading`, each natural key once.
        info: device_id, expected_interval_s, low, high, as in devices.csv.

    Returns:
        device_id, channel, quantity, interval_s (given, else the median of its own steps, which losses of up to a
        third hardly move; null with a single reading), is_given; sorted.
    """
    return engine.run(INTERVALS, {"step": steps(engine, readings), "info": info})


def limits(engine: Engine, readings: Relation, info: Relation) -> Relation:
    """Which quantity of each device its limits hold for: its temperature, or the only one it has.

    A device of several quantities without a temperature has none here: which one is meant is not known.

    Returns:
        device_id, quantity, low, high (one of them may be null); sorted. `info` as for `intervals`.
    """
    return engine.run(LIMITS, {"reading": readings, "info": info}, main=MAIN)
