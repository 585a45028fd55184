"""Sums of stretches over periods, per PC and per team; no time zone, periods come as a table."""

from functools import partial

import pyarrow as pa

from telltale.activity.analysis.rules import Rules
from telltale.activity.analysis.spans import PAIR, SPAN, seed_pairs, seed_spans
from telltale.activity.analysis.spans import spans as spans_of_signals
from telltale.engine import Engine, Relation

SIGNALS = """
select coalesce(nullif(i.same_as, ''), a.device_id) as device_id, a.kind, unix_micros(a.observed_at) as at_us,
  cast(floor(a.idle_s * 1e6 + 0.5e0) as bigint) as idle_us, a.score_pct, a.active,
  cast(floor(a.period_s * 1e6 + 0.5e0) as bigint) as period_us, a.raw_id, unix_micros(a.received_at) as received_us
from activity a left join info i on i.device_id = a.device_id
"""

INTERVALS = """
select device_id, state, timestamp_micros(start_us) as start, timestamp_micros(end_us) as end,
  (end_us - start_us) / 1e6 as lasted_s, basis
from (
  select device_id, state, basis, run_no, min(start_us) as start_us, max(end_us) as end_us
  from (
    select device_id, state, basis, start_us, end_us,
      cast(sum(is_new) over (partition by device_id order by start_us rows between unbounded preceding and current row)
        as bigint) as run_no
    from (
      select device_id, state, basis, start_us, end_us,
        case when state = lag(state) over (partition by device_id order by start_us)
          and basis = lag(basis) over (partition by device_id order by start_us) then 0 else 1 end as is_new
      from span
    ) compared
  ) numbered
  group by device_id, state, basis, run_no
) joined
order by device_id, start_us
"""

STRIPS = """
select device_id, label, state, timestamp_micros(min(start_us)) as start, timestamp_micros(max(end_us)) as end,
  (max(end_us) - min(start_us)) / 1e6 as lasted_s, max(is_recorded) = 1 as is_recorded
from (
  select device_id, label, state, start_us, end_us, case when first_us is null then 0 else 1 end as is_recorded,
    cast(sum(is_new) over (partition by device_id, label order by start_us rows between unbounded preceding
      and current row) as bigint) as run_no
  from (
    select device_id, label, state, start_us, end_us, first_us, last_us,
      case when state = lag(state) over (partition by device_id, label order by start_us) then 0 else 1 end as is_new
    from (
      select s.device_id, q.label, s.state, greatest(s.start_us, q.start_us) as start_us,
        least(s.end_us, q.end_us) as end_us,
        min(case when s.state <> 'unknown' then greatest(s.start_us, q.start_us) end)
          over (partition by s.device_id, q.label) as first_us,
        max(case when s.state <> 'unknown' then least(s.end_us, q.end_us) end)
          over (partition by s.device_id, q.label) as last_us
      from span s
      inner join period q on s.start_us < q.end_us and s.end_us > q.start_us
    ) cut
    where first_us is null or (start_us >= first_us and end_us <= last_us)
  ) compared
) numbered
group by device_id, label, state, run_no
order by device_id, start
"""

FIGURES = """
select coalesce(t.device_id, h.device_id) as device_id, coalesce(t.start_us, h.start_us) as start_us,
  coalesce(t.active_us, 0) as active_us, coalesce(t.away_us, 0) as away_us, coalesce(t.locked_us, 0) as locked_us,
  coalesce(t.suspended_us, 0) as suspended_us, coalesce(t.sure_us, 0) as sure_us, coalesce(t.may_us, 0) as may_us,
  coalesce(h.samples, 0) as samples, t.first_us, t.last_us
from (
  select s.device_id, q.start_us,
    cast(sum(case when s.state = 'active' then least(s.end_us, q.end_us) - greatest(s.start_us, q.start_us) end)
      as bigint) as active_us,
    cast(sum(case when s.state = 'away' then least(s.end_us, q.end_us) - greatest(s.start_us, q.start_us) end)
      as bigint) as away_us,
    cast(sum(case when s.basis = 'locked' then least(s.end_us, q.end_us) - greatest(s.start_us, q.start_us) end)
      as bigint) as locked_us,
    cast(sum(case when s.basis = 'suspended' then least(s.end_us, q.end_us) - greatest(s.start_us, q.start_us) end)
      as bigint) as suspended_us,
    cast(sum(case when s.is_sure then least(s.end_us, q.end_us) - greatest(s.start_us, q.start_us) end) as bigint)
      as sure_us,
    cast(sum(case when s.may_be then least(s.end_us, q.end_us) - greatest(s.start_us, q.start_us) end) as bigint)
      as may_us,
    min(case when s.state = 'active' then greatest(s.start_us, q.start_us)
      when s.is_input and s.start_us >= q.start_us then s.start_us end) as first_us,
    max(case when s.state = 'active' then least(s.end_us, q.end_us)
      when s.is_input and s.start_us >= q.start_us then s.start_us end) as last_us
  from span s
  inner join period q on s.start_us < q.end_us and s.end_us > q.start_us
  where s.state <> 'unknown' or s.basis <> ''
  group by s.device_id, q.start_us
) t
full outer join (
  select r.device_id, q.start_us, count(*) as samples
  from signal r
  inner join period q on r.at_us >= q.start_us and r.at_us < q.end_us
  where r.kind not in ('listed', 'locked', 'suspended')
  group by r.device_id, q.start_us
) h on h.device_id = t.device_id and h.start_us = t.start_us
order by start_us, device_id
"""

TOTALS = """
select d.device_id, p.label, timestamp_micros(p.start_us) as start, timestamp_micros(p.end_us) as end,
  p.so_far, coalesce(f.active_us, 0) / 1e6 as active_s, coalesce(f.away_us, 0) / 1e6 as away_s,
  (p.end_us - p.start_us - coalesce(f.active_us, 0) - coalesce(f.away_us, 0)) / 1e6 as unknown_s,
  coalesce(f.locked_us, 0) / 1e6 as locked_s, coalesce(f.suspended_us, 0) / 1e6 as suspended_s,
  coalesce(f.sure_us, 0) / 1e6 as active_lo_s, coalesce(f.may_us, 0) / 1e6 as active_hi_s,
  coalesce(f.samples, 0) as samples,
  timestamp_micros(f.first_us) as first_active_at, timestamp_micros(f.last_us) as last_active_at,
  (coalesce(f.active_us, 0) + coalesce(f.away_us, 0)) / 1e6 as recorded_s,
  coalesce(f.active_us, 0) / nullif(coalesce(f.active_us, 0) + coalesce(f.away_us, 0), 0) as active_share,
  coalesce(f.active_us, 0) + coalesce(f.away_us, 0) > 0 as is_recorded,
  coalesce(f.active_us, 0) + coalesce(f.away_us, 0) >= 14400000000 and not p.so_far as is_full
from device d
cross join period p
left join figure f on f.device_id = d.device_id and f.start_us = p.start_us
order by d.device_id, p.start_us
"""

WEB_TOTALS = """
select d.device_id, p.label, timestamp_micros(p.start_us) as start, timestamp_micros(p.end_us) as end,
  p.so_far, coalesce(t.active_us, 0) / 1e6 as active_s, cast(null as double) as away_s,
  cast(null as double) as unknown_s, cast(null as double) as locked_s, cast(null as double) as suspended_s,
  cast(null as double) as active_lo_s, cast(null as double) as active_hi_s,
  coalesce(h.samples, 0) as samples,
  timestamp_micros(t.first_us) as first_active_at, timestamp_micros(t.last_us) as last_active_at,
  cast(null as double) as recorded_s, cast(null as double) as active_share, nullif(true, true) as is_recorded,
  nullif(true, true) as is_full
from (select distinct device_id from signal) d
cross join period p
left join (
  select s.device_id, q.start_us, cast(sum(s.end_us - s.start_us) as bigint) as active_us, min(s.start_us) as first_us,
    max(s.end_us) as last_us
  from pair s
  inner join period q on s.start_us >= q.start_us and s.end_us < q.end_us
  group by s.device_id, q.start_us
) t on t.device_id = d.device_id and t.start_us = p.start_us
left join (
  select r.device_id, q.start_us, count(*) as samples
  from level_row r
  inner join period q on r.at_us >= q.start_us and r.at_us < q.end_us
  group by r.device_id, q.start_us
) h on h.device_id = d.device_id and h.start_us = p.start_us
order by d.device_id, p.start_us
"""

OF_PERSONS = """
select coalesce(nullif(i.person, ''), s.device_id) as device_id, s.state, s.start_us, s.end_us
from span s left join info i on i.device_id = s.device_id
"""

OF_PERSONS_AND_PERIODS = """
select s.device_id as person, q.start_us,
  cast(sum(case when s.state = 'active' then least(s.end_us, q.end_us) - greatest(s.start_us, q.start_us) else 0 end)
    as bigint) as active_us,
  cast(sum(case when s.state = 'away' then least(s.end_us, q.end_us) - greatest(s.start_us, q.start_us) else 0 end)
    as bigint) as away_us
from span s
inner join period q on s.start_us < q.end_us and s.end_us > q.start_us
where s.state <> 'unknown'
group by s.device_id, q.start_us
order by q.start_us, person
"""


def signals(engine: Engine, activity: Relation, info: Relation) -> Relation:
    """The records about each PC, those of its modem as its own.

    Args:
        engine: where it runs.
        activity: table `activity`, each natural key once.
        info: device_id, same_as, person, as in devices.csv.

    Returns:
        columns `spans.SIGNAL`, any order.
    """
    return engine.run(SIGNALS, {"activity": activity, "info": info})


def spans_of(
    engine: Engine, rows: Relation, *, since_us: int, until_us: int, rules: Rules, by_seed: bool = False
) -> Relation:
    """The stretches of each PC, of `SPAN`: they touch, and together are exactly as long as the stretch asked for."""
    kernel = partial(seed_spans if by_seed else spans_of_signals, since_us=since_us, until_us=until_us, rules=rules)
    return engine.apply(kernel, rows, by=["device_id"], schema=SPAN)


def intervals(engine: Engine, spans: Relation) -> Relation:
    """Stretches for people: device_id, state, start, end, lasted_s, basis; neighbours alike in both are one."""
    return engine.run(INTERVALS, {"span": spans})


def strips(engine: Engine, spans: Relation, periods: pa.Table) -> Relation:
    """Stretches cut at the periods' edges, of each period from its first known moment to its last.

    Returns:
        device_id, label, state, start, end, lasted_s, is_recorded (whether anything is known of the period); sorted. Of
        a period of which nothing is known the whole is one unknown stretch.
    """
    return engine.run(STRIPS, {"span": spans, "period": engine.from_arrow(periods)})


def totals(engine: Engine, rows: Relation, spans: Relation, periods: pa.Table) -> Relation:
    """The three sums of each PC in each period, and the bounds of the active part.

    Returns:
        device_id, label, start, end, so_far, active_s, away_s, unknown_s (together the length of the period), locked_s
        (of away_s, behind a locked screen), suspended_s (of unknown_s, while the PC slept), active_lo_s, active_hi_s
        (of the time that is known; unknown time is in neither), samples (records), first_active_at, last_active_at
        (the first and last input known, a single one included; null without any), recorded_s (active_s and away_s),
        active_share (of it; null where nothing is known), is_recorded (whether anything is known), is_full (it has
        ended, and 4 h of it at least are known); sorted.
    """
    devices = engine.run("select distinct device_id from signal", {"signal": rows})
    return totals_of(engine, devices, figures(engine, rows, spans, periods), periods)


def figures(engine: Engine, rows: Relation, spans: Relation, periods: pa.Table) -> Relation:
    """The sums of each PC in each period of which anything is known, µs.

    Returns:
        device_id, start_us (of the period), active_us, away_us, locked_us (of away_us), suspended_us, sure_us and
        may_us (active at least and at most), samples, first_us, last_us (the first and last input; null without any).
    """
    return engine.run(FIGURES, {"signal": rows, "span": spans, "period": engine.from_arrow(periods)})


def totals_of(engine: Engine, devices: Relation, made: Relation, periods: pa.Table) -> Relation:
    """What `totals` gives, of the figures of some PCs.

    Args:
        engine: where it runs.
        devices: device_id of each PC that is to have rows.
        made: of `figures`.
        periods: label, start_us, end_us, so_far.
    """
    return engine.run(TOTALS, {"device": devices, "figure": made, "period": engine.from_arrow(periods)})


def web_totals(engine: Engine, rows: Relation, levels: Relation, periods: pa.Table) -> Relation:
    """What the seed's web app would show for each PC and period; `levels` as `spans.seed_levels` gives them.

    The columns of `totals`; what the app does not know is null.
    """
    pairs = engine.apply(seed_pairs, rows, by=["device_id"], schema=PAIR)
    relations = {"signal": rows, "pair": pairs, "level_row": levels, "period": engine.from_arrow(periods)}
    return engine.run(WEB_TOTALS, relations)
