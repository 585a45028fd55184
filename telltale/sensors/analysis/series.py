"""Readings by period: how many, lowest, mean, highest; and where they are missing."""

import pyarrow as pa

from telltale.analysis.placing import placed
from telltale.engine import Engine, Relation
from telltale.sensors.analysis.rules import Rules
from telltale.sensors.analysis.steps import Walk

FIGURES = """
select device_id, channel, quantity, coalesce(max(case when value is not null then unit end), max(unit)) as unit,
  start_us, count(value) as readings,
  cast(sum(case when error_code is not null then 1 else 0 end) as bigint) as errors,
  min(value) as value_min, avg(value) as value_mean, max(value) as value_max,
  max(case when newest = 1 then value end) as value_last,
  max(case when newest = 1 and value is not null and regexp_like(coalesce(text, ''), '^[^0-9.-]') then text end)
    as state_last,
  min(case when value is not null then observed_at end) as value_first_at,
  max(case when value is not null then observed_at end) as value_last_at,
  min(observed_at) as first_at, max(observed_at) as last_at
from (
  select *, row_number() over (partition by device_id, channel, quantity, start_us
    order by case when value is null then 1 else 0 end, observed_at desc, value desc, text desc) as newest
  from placed
  where value is not null or error_code is not null
) ranked
group by device_id, channel, quantity, start_us
"""

STATS = """
select f.device_id, f.channel, f.quantity, f.unit, p.label, timestamp_micros(p.start_us) as start,
  timestamp_micros(p.end_us) as end, f.readings, f.errors, f.value_min, f.value_mean, f.value_max, f.value_last,
  f.state_last, f.value_last_at, f.first_at, f.last_at
from figure f inner join period p on p.start_us = f.start_us
order by f.device_id, f.channel, f.quantity, p.start_us
"""

SERIES = """
select s.device_id, s.channel, s.quantity, s.unit, p.label, timestamp_micros(p.start_us) as start,
  timestamp_micros(p.end_us) as end, coalesce(f.readings, 0) as readings, f.value_min, f.value_mean, f.value_max
from (select device_id, channel, quantity, max(unit) as unit from figure group by device_id, channel, quantity) s
cross join period p
left join figure f on f.device_id = s.device_id and f.channel = s.channel and f.quantity = s.quantity
  and f.start_us = p.start_us
order by s.device_id, s.channel, s.quantity, p.start_us
"""

GAPS = """
select device_id, channel, quantity, timestamp_micros(at_us) as after_at, timestamp_micros(next_us) as before_at,
  case when is_open then cast(floor((next_us - at_us) / nullif(interval_us, 0)) as bigint)
    else cast(floor((next_us - at_us) / nullif(interval_us, 0) + 0.5e0) as bigint) - 1 end as missing, is_open
from (
  select s.device_id, s.channel, s.quantity, s.at_us, coalesce(s.after_us, :until_us) as next_us,
    s.after_us is null as is_open, i.interval_s * 1e6 as interval_us, i.is_sure
  from step s
  inner join interval_of i on i.device_id = s.device_id and i.channel = s.channel and i.quantity = s.quantity
) reached
where is_sure and next_us - at_us > :gap_factor * interval_us
order by device_id, channel, quantity, at_us
"""


def stats(engine: Engine, readings: Relation, periods: pa.Table) -> Relation:
    """What each series came to in each period it has a reading in.

    Args:
        engine: where it runs.
        readings: table `reading`, each natural key once; any order.
        periods: label, start_us, end_us (`analysis.periods`), apart from each other.

    Returns:
        device_id, channel, quantity, unit, label, start, end, readings (with a value), errors (with an error code),
        value_min, value_mean (of the readings, each the same weight), value_max, value_last, state_last (its word,
        where it is a state such as open), value_last_at (its moment), first_at, last_at (error codes too); sorted.
        Empty in, empty out.
    """
    return engine.run(STATS, {"figure": figures(engine, readings, periods), "period": engine.from_arrow(periods)})


def series(engine: Engine, readings: Relation, periods: pa.Table) -> Relation:
    """Every series in every period: a period without a reading is a row of nulls, never a bridge.

    Returns:
        device_id, channel, quantity, unit, label, start, end, readings, value_min, value_mean, value_max; sorted.
    """
    made = engine.keep(figures(engine, readings, periods))
    return engine.run(SERIES, {"figure": made, "period": engine.from_arrow(periods)})


def gaps(engine: Engine, walked: Walk, *, until_us: int, rules: Rules | None = None) -> Relation:
    """Where readings are missing, the silence after the newest one included.

    Args:
        engine: where it runs.
        walked: the readings in order (`steps.walk`).
        until_us: until when readings may be due: the present, or the end of the stretch.
        rules: thresholds.

    Returns:
        device_id, channel, quantity, after_at, before_at (the readings on both sides; `until_us` where it lasts),
        missing (readings that were due), is_open; sorted by series, after_at. Nothing is missing of a series of which
        it is not known how often it is due.
    """
    rules = rules or Rules()
    relations = {"step": walked.steps, "interval_of": walked.intervals}
    return engine.run(GAPS, relations, until_us=until_us, gap_factor=rules.gap_factor)


def figures(engine: Engine, readings: Relation, periods: pa.Table) -> Relation:
    """What `stats` gives, by start_us instead of label, start and end; and value_first_at, of the first value."""
    return engine.run(FIGURES, {"placed": placed(engine, readings, periods)})
