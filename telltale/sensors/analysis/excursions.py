"""When readings left their limits: from when to when, how long, how far, and how surely.

A limit is crossed somewhere between two readings; halfway is taken, but never further than half an interval from the
reading beyond, so that a gap before or after adds nothing to the time outside.

Source: LOOK section 5 ("did it keep its limits?": peak and duration); crossings are timed to half an interval.
"""

import pyarrow as pa

from telltale.analysis.placing import placed
from telltale.engine import Engine, Relation
from telltale.sensors.analysis.rules import Rules
from telltale.sensors.analysis.steps import intervals, steps

WITH_LIMITS = """
select r.* from reading r
inner join limit_of l on l.device_id = r.device_id and l.channel = r.channel and l.quantity = r.quantity
"""

JUDGED = """
select s.device_id, s.channel, s.quantity, s.value, s.at_us, s.before_us, s.after_us, l.low, l.high,
  coalesce(i.interval_s, 0e0) * 1e6 as interval_us,
  case when s.value > l.high then 1 when s.value < l.low then -1 else 0 end as side
from step s
inner join limit_of l on l.device_id = s.device_id and l.channel = s.channel and l.quantity = s.quantity
inner join interval_of i on i.device_id = s.device_id and i.channel = s.channel and i.quantity = s.quantity
"""

RUNS = """
select *, cast(sum(case when side = side_before and at_us - before_us <= :split_factor * interval_us then 0 else 1 end)
  over (partition by device_id, channel, quantity order by at_us
    rows between unbounded preceding and current row) as bigint) as run_no
from (
  select *, lag(side) over (partition by device_id, channel, quantity order by at_us) as side_before from judged
) compared
"""

EXCURSIONS = """
select device_id, channel, quantity, case when side > 0 then 'above' else 'below' end as side,
  case when side > 0 then high else low end as limit_value,
  timestamp_micros(crossed_us) as crossed_at, timestamp_micros(returned_us) as returned_at,
  (returned_us - crossed_us) / 1e6 as outside_s, interval_us / 2e6 as resolution_s,
  timestamp_micros(first_us) as started_at, timestamp_micros(last_us) as ended_at, readings, peak,
  timestamp_micros(peak_us) as peak_at, is_open
from (
  select device_id, channel, quantity, run_no, max(side) as side, max(low) as low, max(high) as high,
    max(interval_us) as interval_us, min(at_us) as first_us, max(at_us) as last_us, count(*) as readings,
    max(side * value) * max(side) as peak, min(case when is_peak then at_us end) as peak_us,
    max(case when after_us is null then 1 else 0 end) = 1 as is_open,
    cast(floor(min(at_us) - least(min(at_us) - min(coalesce(before_us, at_us)), max(interval_us)) / 2) as bigint)
      as crossed_us,
    cast(floor(max(at_us) + least(max(coalesce(after_us, at_us)) - max(at_us), max(interval_us)) / 2) as bigint)
      as returned_us
  from (
    select *, side * value = max(side * value) over (partition by device_id, channel, quantity, run_no) as is_peak
    from run where side <> 0
  ) beyond
  group by device_id, channel, quantity, run_no
) summed
order by device_id, channel, quantity, first_us
"""

OUTSIDE = """
select s.device_id, s.channel, s.quantity, p.label, timestamp_micros(p.start_us) as start,
  timestamp_micros(p.end_us) as end, coalesce(r.readings, 0) as readings,
  case when r.readings > 0 then coalesce(e.outside_s, 0e0) else e.outside_s end as outside_s,
  coalesce(e.excursions, 0) as excursions
from (select distinct device_id, channel, quantity from judged) s
cross join period p
left join (
  select device_id, channel, quantity, start_us, count(*) as readings from placed
  where value is not null group by device_id, channel, quantity, start_us
) r on r.device_id = s.device_id and r.channel = s.channel and r.quantity = s.quantity and r.start_us = p.start_us
left join (
  select x.device_id, x.channel, x.quantity, q.start_us, count(*) as excursions,
    sum(least(unix_micros(x.returned_at), q.end_us) - greatest(unix_micros(x.crossed_at), q.start_us)) / 1e6
      as outside_s
  from excursion x
  inner join period q on unix_micros(x.crossed_at) < q.end_us and unix_micros(x.returned_at) >= q.start_us
  group by x.device_id, x.channel, x.quantity, q.start_us
) e on e.device_id = s.device_id and e.channel = s.channel and e.quantity = s.quantity and e.start_us = p.start_us
order by s.device_id, s.channel, s.quantity, p.start_us
"""


def excursions(
    engine: Engine, readings: Relation, info: Relation, limit_of: Relation, *, rules: Rules | None = None
) -> Relation:
    """The runs of readings beyond a limit, each on one side.

    A reading on the limit is within it. A silence of more than `split_factor` intervals ends a run.

    Args:
        engine: where it runs.
        readings: table `reading`, each natural key once; any order.
        info: device_id, expected_interval_s, as in devices.csv.
        limit_of: the `limits` of each series.
        rules: thresholds.

    Returns:
        device_id, channel, quantity, side (above, below), limit_value, crossed_at, returned_at (estimated, to
        `resolution_s`), outside_s (between them), resolution_s, started_at, ended_at (first and last reading beyond),
        readings, peak, peak_at, is_open (the newest reading is one of it: `returned_at` is that reading); sorted by
        series, started_at.
    """
    return _excursions(engine, _judged(engine, readings, info, limit_of), rules or Rules())


def outside(
    engine: Engine,
    readings: Relation,
    info: Relation,
    limit_of: Relation,
    periods: pa.Table,
    *,
    rules: Rules | None = None,
) -> Relation:
    """How long each series that has limits was beyond them in each period.

    Returns:
        device_id, channel, quantity, label, start, end, readings, outside_s (null without a reading: nobody knows),
        excursions (that touch it); sorted. Arguments as for `excursions`.
    """
    judged = engine.keep(_judged(engine, readings, info, limit_of))
    relations = {
        "judged": judged,
        "excursion": engine.keep(_excursions(engine, judged, rules or Rules())),
        "placed": placed(engine, readings, periods),
        "period": engine.from_arrow(periods),
    }
    return engine.run(OUTSIDE, relations)


def _excursions(engine: Engine, judged: Relation, rules: Rules) -> Relation:
    runs = engine.run(RUNS, {"judged": judged}, split_factor=rules.split_factor)
    return engine.run(EXCURSIONS, {"run": runs})


def _judged(engine: Engine, readings: Relation, info: Relation, limit_of: Relation) -> Relation:
    """The readings of the series that have limits, and on which side of them each is."""
    limited = engine.run(WITH_LIMITS, {"reading": readings, "limit_of": limit_of})
    relations = {
        "step": steps(engine, limited),
        "limit_of": limit_of,
        "interval_of": intervals(engine, limited, info),
    }
    return engine.run(JUDGED, relations)
