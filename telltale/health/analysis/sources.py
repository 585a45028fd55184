"""How each source reports as a whole: it is as silent as the expectations of its own devices say.

The pause between any two messages of a source tells nothing: devices that send together make it nothing at all, many
devices that send rarely make it short. So a source is on time while one of its devices is, late when those that are
heard at all are late, and silent when every device that is known to report regularly is silent and no other was heard
meanwhile.
"""

from telltale.engine import Engine, Relation
from telltale.health.analysis.rules import Rules

EXPECTED = """
select source, max(last_seen) as last_seen, min(silent_s) as silent_s, min(interval_s) as interval_s,
  min(case when interval_s is not null then patience_s end) as patience_s,
  count(case when state = 'on_time' then 1 end) as on_time, count(case when state = 'late' then 1 end) as late,
  count(case when state = 'silent' then 1 end) as silent, count(case when state = 'unknown' then 1 end) as unknown,
  min(case when state = 'silent' then coalesce(:silent_factor * patience_s, silent_s) end) as silent_after_s
from device
group by source
"""

PAUSES = """
select s.source, s.at_us, s.before_us, e.patience_s * 1e6 as patience_us
from (
  select source, at_us, lag(at_us) over (partition by source order by at_us) as before_us
  from (
    select source, at_us from signal where at_us < :now_us group by source, at_us
    union all
    select source, :now_us as at_us from expected
  ) moment
) s
inner join expected e on e.source = s.source
where s.before_us is not null and s.at_us > :since_us
"""
"""The silence that still lasts is one of them: it ends now."""

SOURCES = """
select e.source,
  case when e.on_time > 0 then 'on_time' when e.late > 0 then 'late'
    when e.silent > 0 and e.silent_s >= e.silent_after_s then 'silent'
    when e.silent > 0 or e.unknown > 0 then 'unknown' else 'unheard' end as state,
  e.last_seen, e.silent_s, e.interval_s, e.patience_s, e.silent_after_s,
  case when e.patience_s is not null then coalesce(p.gaps, 0) end as gaps,
  case when e.patience_s is not null then coalesce(p.gap_s, 0e0) end as gap_s, p.longest_gap_s
from expected e
left join (
  select source, count(case when at_us - before_us > patience_us then 1 end) as gaps,
    sum(case when at_us - before_us > patience_us then (at_us - greatest(before_us, :since_us)) / 1e6 else 0e0 end)
      as gap_s,
    max(at_us - before_us) / 1e6 as longest_gap_s
  from pause group by source
) p on p.source = e.source
order by e.source
"""


def sources(
    engine: Engine, signals: Relation, devices: Relation, *, since_us: int, now_us: int, rules: Rules | None = None
) -> Relation:
    """Each source with a device that is known.

    Args:
        engine: where it runs.
        signals: what `signals` made.
        devices: what `devices` made of them, and the devices that are known though they were not heard.
        since_us: beginning of the stretch that gaps are counted in.
        now_us: its end.
        rules: how much longer than late silent is.

    Returns:
        source, state (on_time, late, silent, unknown: nothing tells how often its devices report; unheard: listed ones
        alone), last_seen, silent_s, interval_s and patience_s (of its most regular device; null where unknown),
        silent_after_s (null unless a device is silent), gaps, gap_s (time in which not one of its devices was heard,
        of pauses longer than that patience, the one that still lasts included; null where it is unknown),
        longest_gap_s; sorted.
    """
    rules = rules or Rules()
    expected = engine.keep(engine.run(EXPECTED, {"device": devices}, silent_factor=rules.silent_factor))
    relations = {"signal": signals, "expected": expected}
    pause = engine.run(PAUSES, relations, since_us=since_us, now_us=now_us)
    return engine.run(SOURCES, {"expected": expected, "pause": pause}, since_us=since_us)
