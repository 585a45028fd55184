"""When captures were listening: heartbeats joined into stretches; what lies between them is a hole, not silence.

Source: wire/kanban.md 7 (observed time T).
"""

from telltale.engine import Engine, Relation

SLACK_US = 1_000_000
"""Heartbeats this close belong together: a timer is a little late, and covered_s has been rounded."""

STRETCHES = """
select collector, interface, timestamp_micros(min(start_us)) as start, timestamp_micros(max(end_us)) as end,
  cast(sum(frames) as bigint) as frames, cast(sum(unlisted) as bigint) as unlisted, cast(sum(drops) as bigint) as drops
from (
  select n.*, sum(n.begins) over (partition by n.collector, n.interface order by n.start_us, n.end_us
    rows between unbounded preceding and current row) as stretch_no
  from (
    select b.*, case when b.start_us > :slack_us + max(b.end_us) over (partition by b.collector, b.interface
      order by b.start_us, b.end_us rows between unbounded preceding and 1 preceding) then 1 else 0 end as begins
    from (
      select collector, interface, unix_micros(observed_at) as end_us, frames, unlisted, drops,
        unix_micros(observed_at) - cast(floor(covered_s * 1e6) as bigint) as start_us
      from collector_heartbeat
    ) b
  ) n
) numbered
group by collector, interface, stretch_no
order by collector, interface, start
"""


def observed(engine: Engine, heartbeats: Relation) -> Relation:
    """Join the heartbeats of each capture into the stretches it listened without a break.

    Args:
        engine: where it runs.
        heartbeats: rows of `tables.COLLECTOR_HEARTBEAT`, each natural key once; any order.

    Returns:
        collector, interface, start, end, frames, unlisted, drops (sums over the heartbeats); sorted by collector,
        interface, start. Two captures may have listened at the same time: the time observed is their union.
    """
    return engine.run(STRETCHES, {"collector_heartbeat": heartbeats}, slack_us=SLACK_US)
