"""Readings in order: what came before and after each, how often a sensor reads, which limits hold for it.

Two values of one moment are two readings, the smaller first: every order here is total. A series is what one sensor
says of one quantity: (device_id, channel, quantity). Readings without a value, errors
among them, are no steps of it: the time around them is a gap.
"""

from typing import NamedTuple

from telltale.engine import Engine, Relation

MAIN = "temperature"
"""A device that measures several quantities has its plain limits for this one."""

STEPS = """
select device_id, channel, quantity, value, observed_at, cast(1 as bigint) as readings,
  unix_micros(observed_at) as at_us,
  lag(unix_micros(observed_at)) over (partition by device_id, channel, quantity order by observed_at, value)
    as before_us,
  lead(unix_micros(observed_at)) over (partition by device_id, channel, quantity order by observed_at, value)
    as after_us
from reading
where value is not null
"""

FEWEST_STEPS = 9
"""An interval is learned from ten readings at least: fewer say how they came, not how often they come."""
COPY_US = 1_000_000
"""Readings closer than a second are copies or a burst, and tell nothing of an interval."""

INTERVALS = """
select device_id, channel, quantity, coalesce(given_s, usual_us / 1e6) as interval_s, given_s is not null as is_given,
  given_s is not null or steps >= :fewest_steps as is_sure
from (
  select s.device_id, s.channel, s.quantity, max(i.expected_interval_s) as given_s,
    percentile(case when s.at_us - s.before_us >= :copy_us then s.at_us - s.before_us end, 0.5e0) as usual_us,
    count(case when s.at_us - s.before_us >= :copy_us then 1 end) as steps
  from step s
  left join info i on i.device_id = s.device_id
  group by s.device_id, s.channel, s.quantity
) counted
order by device_id, channel, quantity
"""

MEASURED = """
select device_id, channel, quantity, max(unit) as unit, min(unix_micros(observed_at)) as first_us,
  max(unix_micros(observed_at)) as last_us
from reading where value is not null group by device_id, channel, quantity
"""

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


class Walk(NamedTuple):
    """The readings of a stretch in order, and how far apart they usually are."""

    steps: Relation
    """What `steps` gives, or fewer rows that tell the same: each stands for so many `readings`."""
    intervals: Relation
    """What `intervals` gives."""


def walk(engine: Engine, readings: Relation, info: Relation) -> Walk:
    """The readings in order, and how far apart those of each series are.

    Args:
        engine: where it runs.
        readings: table `reading`, each natural key once; any order.
        info: device_id, expected_interval_s, as in devices.csv; null is learned.
    """
    return Walk(steps(engine, readings), intervals(engine, readings, info))


def steps(engine: Engine, readings: Relation) -> Relation:
    """Each reading with a value, and the moments of its neighbours.

    Returns:
        device_id, channel, quantity, value, observed_at, readings (1), at_us, before_us, after_us (null at the ends).
    """
    return engine.run(STEPS, {"reading": readings})


def intervals(engine: Engine, readings: Relation, info: Relation) -> Relation:
    """How far apart the readings of each series are.

    Args:
        engine: where it runs.
        readings: table `reading`, each natural key once.
        info: device_id, expected_interval_s, low, high, as in devices.csv.

    Returns:
        device_id, channel, quantity, interval_s (given, else the median of its own steps, which losses of up to a
        third hardly move; null with a single reading), is_given, is_sure (given, or learned from ten readings at
        least); sorted.
    """
    relations = {"step": steps(engine, readings), "info": info}
    return engine.run(INTERVALS, relations, fewest_steps=FEWEST_STEPS, copy_us=COPY_US)


def measured(engine: Engine, readings: Relation) -> Relation:
    """The series that ever had a value: device_id, channel, quantity, each once; unit, first_us, last_us."""
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
