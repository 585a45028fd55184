"""When each node reported, and how wrong its clock is.

Source: wire/presence.md 1.4 (an empty report still says the node lives), R8 (offset: median of the last 20 reports).
"""

from telltale.engine import Engine, Relation

STRIPS = """
select site, node_id, min(observed_at) as started_at, max(observed_at) as ended_at, count(*) as reports,
  max(interval_us) / 1e6 as interval_s
from (
  select site, node_id, observed_at, interval_us,
    cast(sum(case when at_us - before_us <= 3 * interval_us then 0 else 1 end) over (partition by site, node_id
      order by at_us rows between unbounded preceding and current row) as bigint) as strip_no
  from (
    select s.site, s.node_id, s.observed_at, s.at_us, s.before_us, m.interval_us
    from step s
    inner join (
      select site, node_id, percentile(at_us - before_us, 0.5e0) as interval_us from step group by site, node_id
    ) m on m.site = s.site and m.node_id = s.node_id
  ) measured
) numbered
group by site, node_id, strip_no
order by site, node_id, started_at
"""

STEPS = """
select site, node_id, observed_at, unix_micros(observed_at) as at_us,
  lag(unix_micros(observed_at)) over (partition by site, node_id order by observed_at) as before_us
from heartbeat
"""

CLOCKS = """
select site, node_id, max(observed_at) as last_reported_at, max(reports) as reports,
  percentile(case when newest <= 20 then clock_offset_s end, 0.5e0) as clock_offset_s
from (
  select site, node_id, observed_at, clock_offset_s, count(*) over (partition by site, node_id) as reports,
    row_number() over (partition by site, node_id
      order by case when clock_offset_s is null then 1 else 0 end, observed_at desc) as newest
  from heartbeat
) ranked
group by site, node_id
order by site, node_id
"""


def node_strips(engine: Engine, heartbeats: Relation) -> Relation:
    """The intervals in which each node reported.

    A node is silent when its next report comes more than three times its median interval later.

    Returns:
        site, node_id, started_at, ended_at (first and last report), reports, interval_s (the node's median; null with a
        single report); sorted by site, node_id, started_at.
    """
    return engine.run(STRIPS, {"step": engine.run(STEPS, {"heartbeat": heartbeats})})


def node_clocks(engine: Engine, heartbeats: Relation) -> Relation:
    """The clock of each node against ours, from its last 20 reports that heard anyone.

    Returns:
        site, node_id, last_reported_at, reports, clock_offset_s (positive: the node is slow, or reports late; null when
        unknown); sorted by site, node_id.
    """
    return engine.run(CLOCKS, {"heartbeat": heartbeats})
