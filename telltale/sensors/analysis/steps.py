"""Readings in order: what came before and after each, how often a sensor reads, which limits hold for it.

A series is what one sensor says of one quantity: (device_id, channel, quantity). Readings without a value, errors
among them, are no steps of it: the time around them is a gap.
"""

from telltale.engine import Engine, Relation

MAIN = "temperature"
"""A device that measures several quantities has its plain limits for this one."""

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

MEASURED = "select distinct device_id, channel, quantity from reading where value is not null"

LIMITS = """
select * from (
  select m.device_id, m.channel, m.quantity,
    coalesce(n.low, q.low, case when m.quantity = p.quantity then i.low end) as low,
    coalesce(n.high, q.high, case when m.quantity = p.quantity then i.high end) as high
  from measured m
  inner join (
    select device_id,
      case when max(case when quantity = :main then 1 else 0 end) = 1 then :main
        when count(distinct quantity) = 1 then min(quantity) end as quantity
    from measured group by device_id
  ) p on p.device_id = m.device_id
  left join info i on i.device_id = m.device_id
  left join told n on n.device_id = m.device_id and n.channel = m.channel and n.quantity = m.quantity
  left join told q on q.device_id = m.device_id and q.channel = '' and q.quantity = m.quantity
) resolved
where low is not null or high is not null
order by device_id, channel, quantity
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


def measured(engine: Engine, readings: Relation) -> Relation:
    """The series that ever had a value: device_id, channel, quantity, each once."""
    return engine.run(MEASURED, {"reading": readings})


def limits(engine: Engine, series: Relation, info: Relation, told: Relation) -> Relation:
    """The limits of each series: those of its channel and quantity, else of its quantity, else of its device.

    Each side by itself. Those of a device hold for its temperature, or for the only quantity it has. A device of
    several quantities without a temperature has no such: which one is meant is not known.

    Args:
        engine: where it runs.
        series: all that the devices ever `measured`, never only what is looked at: humidity seen alone is not the
            only quantity of a device.
        info: as for `intervals`.
        told: device_id, quantity, channel (empty is every one), low, high, each device, quantity and channel once.

    Returns:
        device_id, channel, quantity, low, high (one of them may be null); sorted.
    """
    return engine.run(LIMITS, {"measured": series, "info": info, "told": told}, main=MAIN)
