"""What has to be known of a day of readings, so that days put in order say what all of their readings say.

Three tables, each made of the readings of a day (or a part of one) alone: the `figures` of each series; how often each
step between two readings occurs, which an interval is learned from; and the readings that `thinned` leaves. Left out is
only what changes nothing: a reading of a series that measures evenly whose neighbours are on the same side of the
limits and no further away than `CALM_FACTOR` usual steps. The first and the last of a day stay, so that the step
between two days is known; of those beyond a limit the peak stays. Each that stays stands for those left out behind it
(`readings`) and knows its true neighbours, so that gaps, unknown stretches and excursions follow from it by the same
texts as from all readings: provided that no step left out (`calm_us`) is a gap by the interval of the stretch asked
about, which may be another than the day's. `shaken` says where one is; there the readings themselves are needed.
"""

import pyarrow as pa

from telltale.analysis.placing import placed
from telltale.engine import Engine, Relation
from telltale.sensors.analysis.rules import Rules
from telltale.sensors.analysis.steps import COPY_US, FEWEST_STEPS, Walk

CALM_FACTOR = 1.4
"""Below `Rules.gap_factor`, so that a day of usual steps stays calm by the interval of a longer stretch."""
EVEN_SHARE = 0.8
"""Only of a series that measures evenly anything is left out: a quarter of its steps at most is shorter than this share
of the usual one. Of what tells its changes, such as a door, the usual step of a day says nothing of another day."""

IN_PART = """
select device_id, channel, quantity, start_us, value, observed_at, unix_micros(observed_at) as at_us,
  lag(unix_micros(observed_at)) over (partition by device_id, channel, quantity, start_us order by observed_at, value)
    as before_us,
  lead(unix_micros(observed_at)) over (partition by device_id, channel, quantity, start_us order by observed_at, value)
    as after_us
from placed
where value is not null
"""

STEP_COUNTS = """
select device_id, channel, quantity, start_us, at_us - before_us as step_us, count(*) as steps
from step where at_us - before_us >= :copy_us
group by device_id, channel, quantity, start_us, at_us - before_us
order by start_us, device_id, channel, quantity, step_us
"""

EACH = """
select device_id, channel, quantity, start_us, value, observed_at, cast(1 as bigint) as readings, at_us, before_us,
  after_us, cast(0 as bigint) as calm_us
from step order by start_us, device_id, channel, quantity, at_us
"""

CALM = """
select *, case when side = side_before and side = side_after and at_us - before_us <= :calm_factor * usual_us
  and after_us - at_us <= :calm_factor * usual_us and short_us >= :even * usual_us then 1 else 0 end as is_calm
from (
  select s.*, least(u.usual_us, coalesce(i.expected_interval_s * 1e6, u.usual_us)) as usual_us, u.short_us,
    lag(side) over (partition by s.device_id, s.channel, s.quantity, s.start_us order by s.at_us, s.value)
      as side_before,
    lead(side) over (partition by s.device_id, s.channel, s.quantity, s.start_us order by s.at_us, s.value)
      as side_after
  from (
    select p.*, case when p.value > l.high then 1 when p.value < l.low then -1 else 0 end as side
    from step p
    left join limit_of l on l.device_id = p.device_id and l.channel = p.channel and l.quantity = p.quantity
  ) s
  inner join (
    select device_id, channel, quantity, start_us,
      percentile(case when at_us - before_us >= :copy_us then at_us - before_us end, 0.5e0) as usual_us,
      percentile(case when at_us - before_us >= :copy_us then at_us - before_us end, 0.25e0) as short_us
    from step group by device_id, channel, quantity, start_us
  ) u on u.device_id = s.device_id and u.channel = s.channel and u.quantity = s.quantity and u.start_us = s.start_us
  left join info i on i.device_id = s.device_id
) sided
"""

THINNED = """
select device_id, channel, quantity, start_us, value, observed_at,
  case when is_calm = 1 then 1 when side <> 0 and in_group > 1 then in_group - 1 else in_group end as readings,
  at_us, before_us, after_us, calm_us
from (
  select *, count(*) over (partition by device_id, channel, quantity, start_us, group_no) as in_group,
    row_number() over (partition by device_id, channel, quantity, start_us, group_no, is_calm
      order by side * value desc, at_us) as peak_no,
    coalesce(max(case when is_calm = 1 then greatest(at_us - before_us, after_us - at_us) end)
      over (partition by device_id, channel, quantity, start_us), 0) as calm_us
  from (
    select *, sum(1 - is_calm) over (partition by device_id, channel, quantity, start_us order by at_us, value
      rows between unbounded preceding and current row) as group_no
    from calm
  ) numbered
) grouped
where is_calm = 0 or (side <> 0 and peak_no = 1)
order by start_us, device_id, channel, quantity, at_us
"""

IN_ORDER = """
select device_id, channel, quantity, value, observed_at, readings, at_us, calm_us,
  coalesce(before_us, lag(at_us) over (partition by device_id, channel, quantity order by at_us, value)) as before_us,
  coalesce(after_us, lead(at_us) over (partition by device_id, channel, quantity order by at_us, value)) as after_us
from part
"""

INTERVALS = """
select device_id, channel, quantity, coalesce(given_s, usual_us / 1e6) as interval_s, given_s is not null as is_given,
  given_s is not null or steps >= :fewest_steps as is_sure
from (
  select s.device_id, s.channel, s.quantity, max(i.expected_interval_s) as given_s, max(u.usual_us) as usual_us,
    coalesce(max(u.steps), 0) as steps
  from (select distinct device_id, channel, quantity from figure where readings > 0) s
  left join (
    select device_id, channel, quantity, max(total) as steps,
      (min(case when upto > floor((total - 1) / 2e0) then step_us end)
        + min(case when upto > ceil((total - 1) / 2e0) then step_us end)) / 2e0 as usual_us
    from (
      select device_id, channel, quantity, step_us,
        sum(steps) over (partition by device_id, channel, quantity) as total,
        sum(steps) over (partition by device_id, channel, quantity order by step_us
          rows between unbounded preceding and current row) as upto
      from (
        select device_id, channel, quantity, step_us, sum(steps) as steps from (
          select device_id, channel, quantity, step_us, steps from step_count
          union all
          select device_id, channel, quantity, step_us, 1 as steps from (
            select device_id, channel, quantity, unix_micros(value_first_at)
              - lag(unix_micros(value_last_at)) over (partition by device_id, channel, quantity order by start_us)
              as step_us
            from figure where readings > 0
          ) between_parts where step_us >= :copy_us
        ) each_step
        group by device_id, channel, quantity, step_us
      ) counted
    ) ranked
    group by device_id, channel, quantity
  ) u on u.device_id = s.device_id and u.channel = s.channel and u.quantity = s.quantity
  left join info i on i.device_id = s.device_id
  group by s.device_id, s.channel, s.quantity
) summed
order by device_id, channel, quantity
"""
"""The median of `steps.INTERVALS`, of steps that are counted: those within parts, and those between two."""

SHAKEN = """
select distinct p.start_us from part p
left join interval_of i on i.device_id = p.device_id and i.channel = p.channel and i.quantity = p.quantity
where p.calm_us > 0 and p.calm_us > :factor * coalesce(i.interval_s, 0e0) * 1e6
order by p.start_us
"""

STATS = """
select f.device_id, f.channel, f.quantity, f.unit, p.label, timestamp_micros(p.start_us) as start,
  timestamp_micros(p.end_us) as end, f.readings, f.errors, f.value_min, f.value_mean, f.value_max, f.value_last,
  f.state_last, f.value_last_at, f.first_at, f.last_at
from (
  select device_id, channel, quantity, coalesce(max(case when readings > 0 then unit end), max(unit)) as unit,
    period_us, cast(sum(readings) as bigint) as readings, cast(sum(errors) as bigint) as errors,
    min(value_min) as value_min, sum(value_mean * readings) / nullif(sum(readings), 0) as value_mean,
    max(value_max) as value_max, max(case when newest = 1 then value_last end) as value_last,
    max(case when newest = 1 then state_last end) as state_last, max(value_last_at) as value_last_at,
    min(first_at) as first_at, max(last_at) as last_at
  from (
    select f.*, q.start_us as period_us, row_number() over (
      partition by f.device_id, f.channel, f.quantity, q.start_us
      order by case when f.readings = 0 then 1 else 0 end, f.start_us desc) as newest
    from figure f
    inner join period q on f.start_us >= q.start_us and f.start_us < q.end_us
  ) ranked
  group by device_id, channel, quantity, period_us
) f
inner join period p on p.start_us = f.period_us
order by f.device_id, f.channel, f.quantity, p.start_us
"""

MEASURED = """
select device_id, channel, quantity, max(unit) as unit, min(unix_micros(value_first_at)) as first_us,
  max(unix_micros(value_last_at)) as last_us
from figure where readings > 0 group by device_id, channel, quantity
"""


def step_counts(engine: Engine, readings: Relation, parts: pa.Table) -> Relation:
    """How often each step between two readings occurs in each part.

    Args:
        engine: where it runs.
        readings: table `reading`, each natural key once; any order.
        parts: label, start_us, end_us: days or parts of them, apart from each other.

    Returns:
        device_id, channel, quantity, start_us, step_us, steps; sorted. Copies make no step.
    """
    return engine.run(STEP_COUNTS, {"step": _in_part(engine, readings, parts)}, copy_us=COPY_US)


def each(engine: Engine, readings: Relation, parts: pa.Table) -> Relation:
    """Every reading with a value: what `thinned` gives where nothing is left out. Arguments as for `step_counts`."""
    return engine.run(EACH, {"step": _in_part(engine, readings, parts)})


def thinned(engine: Engine, readings: Relation, parts: pa.Table, info: Relation, limit_of: Relation) -> Relation:
    """The readings that gaps, unknown stretches and excursions follow from.

    Args:
        engine: where it runs.
        readings: as for `step_counts`.
        parts: as for `step_counts`.
        info: device_id, expected_interval_s, as in devices.csv: where it is given, calm is what is calm by it too.
        limit_of: the `limits` of each series.

    Returns:
        device_id, channel, quantity, start_us, value, observed_at, readings (that it stands for), at_us, before_us,
        after_us (its neighbours in the part; null at its ends), calm_us (the longest step at a reading of the series
        that was left out, 0 where none was); sorted by start_us, series, at_us.
    """
    in_part = engine.keep(_in_part(engine, readings, parts))
    relations = {"step": in_part, "info": info, "limit_of": limit_of}
    calm = engine.run(CALM, relations, calm_factor=CALM_FACTOR, even=EVEN_SHARE, copy_us=COPY_US)
    return engine.run(THINNED, {"calm": calm})


def walk_of(engine: Engine, parts: Relation, intervals: Relation) -> Walk:
    """The readings of parts (`each` or `thinned`, mixed as you like) in order, as `steps.walk` gives them."""
    return Walk(engine.run(IN_ORDER, {"part": parts}), intervals)


def intervals_of(engine: Engine, figures: Relation, counts: Relation, info: Relation) -> Relation:
    """What `steps.intervals` gives, of parts.

    Args:
        engine: where it runs.
        figures: `series.figures` of each part.
        counts: `step_counts` of each part.
        info: device_id, expected_interval_s, as in devices.csv.
    """
    relations = {"figure": figures, "step_count": counts, "info": info}
    return engine.run(INTERVALS, relations, fewest_steps=FEWEST_STEPS, copy_us=COPY_US)


def shaken(engine: Engine, parts: Relation, intervals: Relation, rules: Rules | None = None) -> list[int]:
    """The parts (start_us) in which a step was left out that is a gap by these intervals."""
    rules = rules or Rules()
    factor = min(rules.gap_factor, rules.split_factor)
    found = engine.run(SHAKEN, {"part": parts, "interval_of": intervals}, factor=factor)
    starts: list[int] = found.arrow()["start_us"].to_pylist()
    return starts


def stats_of(engine: Engine, figures: Relation, periods: pa.Table) -> Relation:
    """What `series.stats` gives, of the figures of parts none of which lies in two periods."""
    return engine.run(STATS, {"figure": figures, "period": engine.from_arrow(periods)})


def measured_of(engine: Engine, figures: Relation) -> Relation:
    """What `steps.measured` gives, of the figures of parts."""
    return engine.run(MEASURED, {"figure": figures})


def _in_part(engine: Engine, readings: Relation, parts: pa.Table) -> Relation:
    return engine.run(IN_PART, {"placed": placed(engine, readings, parts)})
