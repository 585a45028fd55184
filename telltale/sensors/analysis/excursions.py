"""When readings left their limits: from when to when, how long, how far, and how surely.

A limit is crossed somewhere between two readings; halfway is taken, but never further than half an interval from the
reading beyond, so that a gap before or after adds nothing to the time outside. A gap inside adds nothing either: what
is missing is neither outside nor within.

Source: LOOK section 5 ("did it keep its limits?": peak and duration); crossings are timed to half an interval.
"""

import pyarrow as pa

from telltale.analysis.placing import placed
from telltale.engine import Engine, Relation
from telltale.sensors.analysis.rules import Rules
from telltale.sensors.analysis.steps import Walk
from telltale.sensors.analysis.unknown import ALWAYS_US, by_period, unknown

JUDGED = """
select s.device_id, s.channel, s.quantity, s.value, s.observed_at, s.readings, s.at_us, s.before_us, s.after_us,
  l.low, l.high,
  coalesce(i.interval_s, 0e0) * 1e6 as interval_us,
  case when s.value > l.high then 1 when s.value < l.low then -1 else 0 end as side
from step s
inner join limit_of l on l.device_id = s.device_id and l.channel = s.channel and l.quantity = s.quantity
inner join interval_of i on i.device_id = s.device_id and i.channel = s.channel and i.quantity = s.quantity
"""

RUNS = """
select *, cast(sum(case when goes_on = 1 then 0 else 1 end)
  over (partition by device_id, channel, quantity order by at_us, value
    rows between unbounded preceding and current row) as bigint) as run_no
from (
  select *,
    case when side = side_before and at_us - before_us <= :split_factor * interval_us then 1 else 0 end as goes_on
  from (
    select *, lag(side) over (partition by device_id, channel, quantity order by at_us, value) as side_before
    from judged
  ) compared
) joined
"""

BEYOND = """
select *,
  cast(floor(first_us - least(first_us - coalesce(start_after_us, first_us), interval_us) / 2) as bigint) as crossed_us,
  cast(floor(last_us + least(coalesce(end_before_us, last_us) - last_us, interval_us) / 2) as bigint) as returned_us
from (
  select device_id, channel, quantity, run_no, max(side) as side, max(low) as low, max(high) as high,
    max(interval_us) as interval_us, min(at_us) as first_us, max(at_us) as last_us,
    cast(sum(readings) as bigint) as readings,
    max(side * value) * max(side) as peak, min(case when is_peak then at_us end) as peak_us,
    max(case when is_first = 1 then before_us end) as start_after_us,
    max(case when is_last = 1 then after_us end) as end_before_us
  from (
    select *, side * value = max(side * value) over (partition by device_id, channel, quantity, run_no) as is_peak,
      row_number() over (partition by device_id, channel, quantity, run_no order by at_us, value) as is_first,
      row_number() over (partition by device_id, channel, quantity, run_no order by at_us desc, value desc)
        as is_last
    from run where side <> 0
  ) ordered
  group by device_id, channel, quantity, run_no
) summed
"""

PARTS = """
select device_id, channel, quantity, run_no, 1 as sign, crossed_us as from_us, returned_us as to_us from beyond
union all
select device_id, channel, quantity, run_no, -1 as sign, cast(floor(before_us + interval_us / 2) as bigint) as from_us,
  cast(floor(at_us - interval_us / 2) as bigint) as to_us
from run where side <> 0 and goes_on = 1 and at_us - before_us > :gap_factor * interval_us
"""
"""The time from crossing to return, and the silences in it, which are taken off."""

EXCURSIONS = """
select b.device_id, b.channel, b.quantity, case when b.side > 0 then 'above' else 'below' end as side,
  case when b.side > 0 then b.high else b.low end as limit_value,
  timestamp_micros(b.crossed_us) as crossed_at, timestamp_micros(b.returned_us) as returned_at,
  timestamp_micros(greatest(b.crossed_us, :since_us)) as counted_from, p.outside_s, p.unknown_s,
  b.interval_us / 2e6 as resolution_s,
  timestamp_micros(b.first_us) as started_at, timestamp_micros(b.last_us) as ended_at, b.readings, b.peak,
  timestamp_micros(b.peak_us) as peak_at,
  b.crossed_us >= :since_us and b.first_us - b.start_after_us <= :gap_factor * b.interval_us
    and b.start_after_us is not null as is_begin_known,
  b.end_before_us is not null and b.end_before_us - b.last_us <= :gap_factor * b.interval_us as is_end_known,
  b.end_before_us is null as is_open
from beyond b
inner join (
  select device_id, channel, quantity, run_no, sum(sign * long_us) / 1e6 as outside_s,
    sum(case when sign < 0 then long_us else 0 end) / 1e6 as unknown_s
  from (
    select *, greatest(0, to_us - greatest(from_us, :since_us)) as long_us from part
  ) cut
  group by device_id, channel, quantity, run_no
) p on p.device_id = b.device_id and p.channel = b.channel and p.quantity = b.quantity and p.run_no = b.run_no
order by b.device_id, b.channel, b.quantity, b.first_us
"""

OUTSIDE = """
select s.device_id, s.channel, s.quantity, p.label, timestamp_micros(p.start_us) as start,
  timestamp_micros(p.end_us) as end, coalesce(r.readings, 0) as readings,
  case when r.readings > 0 then coalesce(e.outside_s, 0e0) else e.outside_s end as outside_s,
  coalesce(u.unknown_s, 0e0) as unknown_s, coalesce(e.excursions, 0) as excursions
from (select distinct device_id, channel, quantity from judged) s
cross join period p
left join (
  select device_id, channel, quantity, start_us, cast(sum(readings) as bigint) as readings from placed
  group by device_id, channel, quantity, start_us
) r on r.device_id = s.device_id and r.channel = s.channel and r.quantity = s.quantity and r.start_us = p.start_us
left join (
  select x.device_id, x.channel, x.quantity, q.start_us, count(distinct x.run_no) as excursions,
    sum(x.sign * (least(x.to_us, q.end_us) - greatest(x.from_us, q.start_us))) / 1e6 as outside_s
  from part x
  inner join period q on x.from_us < q.end_us and x.to_us >= q.start_us
  group by x.device_id, x.channel, x.quantity, q.start_us
) e on e.device_id = s.device_id and e.channel = s.channel and e.quantity = s.quantity and e.start_us = p.start_us
left join unknown_of u on u.device_id = s.device_id and u.channel = s.channel and u.quantity = s.quantity
  and u.start_us = p.start_us
order by s.device_id, s.channel, s.quantity, p.start_us
"""


def excursions(
    engine: Engine,
    walked: Walk,
    limit_of: Relation,
    *,
    since_us: int = -ALWAYS_US,
    rules: Rules | None = None,
) -> Relation:
    """The runs of readings beyond a limit, each on one side.

    A reading on the limit is within it. A silence of more than `split_factor` intervals ends a run; a shorter one with
    a reading missing in it is neither outside nor within.

    Args:
        engine: where it runs.
        walked: the readings in order (`steps.walk`).
        limit_of: the `limits` of each series.
        since_us: time outside counts from here on; what began earlier is not cut otherwise.
        rules: thresholds.

    Returns:
        device_id, channel, quantity, side (above, below), limit_value, crossed_at, returned_at (estimated, to
        `resolution_s`), counted_from (`crossed_at`, or `since_us` where that is later), outside_s, unknown_s (silences
        between them, which are no part of it), resolution_s,
        started_at, ended_at (first and last reading beyond), readings, peak, peak_at, is_begin_known (false: it was
        outside when first heard, or heard again, or since before `since_us`: `outside_s` is the least), is_end_known
        (false: nobody knows how long it went on), is_open (the newest reading is one of it: `returned_at` is that
        reading); sorted by series, started_at.
    """
    beyond, parts, rules = _beyond(engine, _judged(engine, walked, limit_of), rules)
    relations = {"beyond": beyond, "part": parts}
    return engine.run(EXCURSIONS, relations, since_us=since_us, gap_factor=rules.gap_factor)


def outside(
    engine: Engine,
    walked: Walk,
    limit_of: Relation,
    periods: pa.Table,
    *,
    rules: Rules | None = None,
) -> Relation:
    """How long each series that has limits was beyond them in each period.

    Returns:
        device_id, channel, quantity, label, start, end, readings, outside_s (null without a reading: nobody knows),
        unknown_s (`analysis.unknown`: neither outside nor within), excursions (that touch it); sorted. Arguments as
        for `excursions`; the last period ends now, or with the stretch.
    """
    judged = engine.keep(_judged(engine, walked, limit_of))
    _, parts, rules = _beyond(engine, judged, rules)
    until_us = max(periods["end_us"].to_pylist(), default=0)
    spans = unknown(engine, walked, until_us=until_us, rules=rules)
    relations = {
        "judged": judged,
        "part": parts,
        "unknown_of": by_period(engine, spans, periods),
        "placed": placed(engine, judged, periods),
        "period": engine.from_arrow(periods),
    }
    return engine.run(OUTSIDE, relations)


def _beyond(engine: Engine, judged: Relation, rules: Rules | None) -> tuple[Relation, Relation, Rules]:
    """The runs beyond a limit, and their time in parts."""
    rules = rules or Rules()
    runs = engine.keep(engine.run(RUNS, {"judged": judged}, split_factor=rules.split_factor))
    beyond = engine.keep(engine.run(BEYOND, {"run": runs}))
    parts = engine.keep(engine.run(PARTS, {"run": runs, "beyond": beyond}, gap_factor=rules.gap_factor))
    return beyond, parts, rules


def _judged(engine: Engine, walked: Walk, limit_of: Relation) -> Relation:
    """The readings of the series that have limits, and on which side of them each is."""
    relations = {"step": walked.steps, "limit_of": limit_of, "interval_of": walked.intervals}
    return engine.run(JUDGED, relations)
