"""How each device reports: newest, usual interval, longest silence, clock; and whether it is late or silent.

What is late depends on the device. Its interval is given, or the median of its own steps, which losses of up to a third
hardly move: of ten steps at least, and what comes within ten seconds is one sign of life. Its patience is three
intervals, or more where its own silences are often longer. Late and silent are told apart so that one lost message is
no alarm, and a device that was silent is on time again only after several messages. Where nothing tells the interval,
the state is unknown.

Source: wire/presence.md R8 (clock offset: median of the last 20); wire/sigfox.md section 3 (loss is normal).
"""

from telltale.engine import Engine, Relation
from telltale.health.analysis.rules import Rules

STEPS = """
select source, site, device_id, observed_at, at_us, received_us, clock_offset_s, in_batches, messages,
  lag(at_us) over (partition by source, site, device_id order by at_us) as before_us,
  cast(row_number() over (partition by source, site, device_id order by at_us desc) as bigint) as newest
from signal
where at_us < :until_us
"""

MEASURED = """
select source, site, device_id, first_us, last_us, reports, late, longest_us, interval_us,
  given_us is not null as is_given, coalesce(given_us, due_us) as due_us, clock_offset_s,
  case when interval_us is not null then greatest(:shortest_us, :late_factor * interval_us,
    case when steps >= :fewest then :quantile_factor * long_us else 0e0 end) end as patience_us
from (
  select source, site, device_id, first_us, last_us, reports, late, longest_us, given_us, due_us, long_us, steps,
    clock_offset_s,
    case when in_batches = 1 then greatest(given_us, coalesce(usual_us, few_us)) else coalesce(given_us, usual_us) end
      as interval_us
  from (
    select s.source, s.site, s.device_id, min(s.at_us) as first_us, max(s.at_us) as last_us,
      cast(coalesce(sum(case when s.at_us >= :since_us then s.messages end), 0) as bigint) as reports,
      count(case when s.at_us >= :since_us and s.received_us - s.at_us > :late_us then 1 end) as late,
      max(case when s.at_us >= :since_us then s.at_us - s.before_us end) as longest_us,
      max(i.expected_interval_s) * 1e6 as given_us,
      case when count(s.own_step_us) >= :fewest_steps then percentile(s.own_step_us, 0.5e0) end as usual_us,
      case when max(i.expected_interval_s) is not null then percentile(s.own_step_us, 0.5e0) end as few_us,
      case when count(s.own_step_us) >= :fewest_steps then percentile(s.own_step_us, :due_quantile) end as due_us,
      percentile(s.at_us - s.before_us, :quantile) as long_us, count(s.before_us) as steps,
      percentile(case when s.newest <= :newest then s.clock_offset_s end, 0.5e0) as clock_offset_s,
      max(s.in_batches) as in_batches
    from (
      select *, case when at_us - before_us >= :shortest_step_us then at_us - before_us end as own_step_us from step
    ) s
    left join info i on i.device_id = s.device_id
    group by s.source, s.site, s.device_id
  ) told
) judged
"""
"""A device that sends its readings in batches is heard less often than it measures: the longer interval counts, even of
few steps, as long as an interval is given."""

SILENCES = """
select s.source, s.site, s.device_id, timestamp_micros(greatest(s.before_us, :since_us)) as after_at,
  s.observed_at as before_at, (s.at_us - greatest(s.before_us, :since_us)) / 1e6 as silence_s, s.newest
from step s
inner join measured m on m.source = s.source and m.site = s.site and m.device_id = s.device_id
where s.at_us - s.before_us > m.patience_us and s.at_us >= :since_us
order by s.source, s.site, s.device_id, after_at
"""

DEVICES = """
select m.source, m.site, m.device_id, timestamp_micros(m.first_us) as first_seen,
  timestamp_micros(m.last_us) as last_seen, m.reports, m.interval_us / 1e6 as interval_s, m.is_given,
  m.due_us / 1e6 as due_s, m.patience_us / 1e6 as patience_s, m.longest_us / 1e6 as longest_gap_s,
  case when m.patience_us is not null then coalesce(g.gaps, 0) end as gaps,
  case when m.patience_us is not null then coalesce(g.gap_s, 0e0) end as gap_s,
  greatest(0e0, (:now_us - m.last_us) / 1e6) as silent_s,
  m.clock_offset_s, m.late,
  case when m.interval_us is null then 'unknown'
    when :now_us - m.last_us > :silent_factor * m.patience_us then 'silent'
    when :now_us - m.last_us > m.patience_us or g.since_silence < :steady then 'late'
    else 'on_time' end as state
from measured m
left join (
  select source, site, device_id, count(*) as gaps, sum(silence_s) as gap_s, min(newest) as since_silence
  from silence group by source, site, device_id
) g on g.source = m.source and g.site = m.site and g.device_id = m.device_id
order by m.source, m.site, m.device_id
"""


def devices(
    engine: Engine,
    signals: Relation,
    info: Relation,
    *,
    since_us: int,
    now_us: int,
    until_us: int | None = None,
    rules: Rules | None = None,
) -> Relation:
    """Each device that was heard, and how regularly.

    Args:
        engine: where it runs.
        signals: what `signals` made; from before the stretch too, so that intervals are known at its beginning.
        info: device_id, expected_interval_s as in devices.csv; null is learned.
        since_us: beginning of the stretch that reports, gaps and late ones are counted in.
        now_us: the moment silence is counted until; the present, or the end of a stretch that is over.
        until_us: signals from then on are left out; None is `now_us` and a little later (clocks differ).
        rules: thresholds.

    Returns:
        source, site, device_id, first_seen, last_seen, reports, interval_s (given or learned; null after too few
        signs), is_given, due_s (one message is due in so long), patience_s (silence that makes it late), longest_gap_s,
        gaps, gap_s (silences of more than that; null, as patience_s, where no interval is known), silent_s (until now),
        clock_offset_s, late (messages), state (on_time, late, silent, unknown); sorted.
    """
    rules = rules or Rules()
    step, measured = _measured(engine, signals, info, since_us=since_us, until_us=until_us, rules=rules)
    relations = {"measured": measured, "silence": _silences(engine, step, measured, since_us=since_us)}
    return engine.run(
        DEVICES, relations, now_us=now_us, silent_factor=rules.silent_factor, steady=rules.steady
    )  # fmt: skip


def silences(
    engine: Engine,
    signals: Relation,
    info: Relation,
    *,
    since_us: int,
    until_us: int | None = None,
    rules: Rules | None = None,
) -> Relation:
    """The silences of each device that were longer than its patience and have ended.

    Returns:
        source, site, device_id, after_at, before_at (the signs of life around it), silence_s, newest (signs of life
        since, that at its end included); sorted. What began before the stretch counts from its beginning.
    """
    rules = rules or Rules()
    step, measured = _measured(engine, signals, info, since_us=since_us, until_us=until_us, rules=rules)
    return _silences(engine, step, measured, since_us=since_us)


def _measured(
    engine: Engine, signals: Relation, info: Relation, *, since_us: int, until_us: int | None, rules: Rules
) -> tuple[Relation, Relation]:
    step = engine.keep(engine.run(STEPS, {"signal": signals}, until_us=1 << 55 if until_us is None else until_us))
    measured = engine.run(
        MEASURED,
        {"step": step, "info": info},
        since_us=since_us,
        late_us=rules.late_s * 1_000_000,
        shortest_us=rules.shortest_s * 1_000_000,
        late_factor=rules.late_factor,
        fewest_steps=rules.fewest_steps,
        shortest_step_us=rules.shortest_step_s * 1_000_000,
        quantile=rules.quantile,
        quantile_factor=rules.quantile_factor,
        due_quantile=rules.due_quantile,
        # With fewer steps one long silence would be the quantile, and excuse itself.
        fewest=round(2 / (1 - rules.quantile)),
        newest=rules.newest,
    )
    return step, engine.keep(measured)


def _silences(engine: Engine, step: Relation, measured: Relation, *, since_us: int) -> Relation:
    return engine.run(SILENCES, {"step": step, "measured": measured}, since_us=since_us)
