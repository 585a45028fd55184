"""The figures of a local day or hour: seen, visitors, capture rate, visits, dwell, presence.

Source: wire/presence.md 6.3 and 6.4.
"""

# ruff: noqa: S608 - texts are composed of expressions of ours; values are given to the engine
import pyarrow as pa

from telltale.analysis.overlaps import DEVICE_S, LEVELS, grid, places, reporting, shown, touching
from telltale.engine import Engine, Relation
from telltale.presence.analysis.rules import Rules
from telltale.tables import Table

LATE = pa.schema([("site", pa.string()), ("address_kind", pa.string()), ("at_us", pa.int64())])

BY_KIND = f"""
select site, address_kind, start_us, count(distinct device) as seen,
  count(distinct case when is_visitor = 1 then device end) as visitors,
  cast(sum(case when entered_us >= start_us then is_visitor else 0 end) as bigint) as visits,
  cast(sum(case when entered_us >= start_us then is_visitor - is_engaged else 0 end) as bigint) as bounced,
  {DEVICE_S}, {LEVELS}
from touching group by site, address_kind, start_us
"""

WITH_ALL = """
select site, address_kind, start_us, seen, visitors, visits, bounced, device_s, greatest(there_before, level) as peak
from by_kind
union all
select site, 'all' as address_kind, start_us, cast(sum(seen) as bigint) as seen,
  cast(sum(visitors) as bigint) as visitors,
  cast(sum(visits) as bigint) as visits, cast(sum(bounced) as bigint) as bounced, sum(device_s) as device_s,
  greatest(cast(sum(there_before) as bigint), max(level_all)) as peak
from by_kind group by site, start_us
"""

DWELL = """
select t.site, k.shown_as as address_kind, t.start_us, avg(t.dwell_s) as dwell_mean_s,
  percentile(t.dwell_s, 0.5e0) as dwell_median_s, percentile(t.dwell_s, 0.9e0) as dwell_p90_s
from touching t inner join shown k on k.address_kind = t.address_kind
where t.is_visitor = 1 and t.entered_us >= t.start_us and t.left_us + :gap_us < :until_us
group by t.site, k.shown_as, t.start_us
"""
"""Dwell counts where the visit starts, and only when it has ended: nothing is known of an open one's length."""

LATE_ROWS = """
select l.site, k.shown_as as address_kind, p.start_us, count(*) as late
from late l inner join shown k on k.address_kind = l.address_kind
  inner join period p on l.at_us >= p.start_us and l.at_us < p.end_us
group by l.site, k.shown_as, p.start_us
"""

FIGURES = """
select g.site, timestamp_micros(g.start_us) as {time}, g.address_kind,
  coalesce(c.seen, 0) as seen, coalesce(c.visitors, 0) as visitors,
  coalesce(c.seen, 0) - coalesce(c.visitors, 0) as passers_by,
  c.visitors / cast(nullif(c.seen, 0) as double) as capture_rate,
  coalesce(c.visits, 0) as visits, coalesce(c.bounced, 0) as bounced,
  d.dwell_mean_s, d.dwell_median_s, d.dwell_p90_s,
  case when r.slots > 0 then coalesce(c.device_s, 0e0) end as device_s,
  case when r.slots > 0 then coalesce(c.peak, 0) end as peak,
  case when r.slots > 0 then least(1e0, r.slots / nullif(ceil((least(g.end_us, :until_us) - g.start_us) / :slot_us), 0))
    else 0e0 end as node_share,
  coalesce(l.late, 0) as late
from grid g
left join counted c on c.site = g.site and c.address_kind = g.address_kind and c.start_us = g.start_us
left join dwell d on d.site = g.site and d.address_kind = g.address_kind and d.start_us = g.start_us
left join reporting r on r.site = g.site and r.start_us = g.start_us
left join late l on l.site = g.site and l.address_kind = g.address_kind and l.start_us = g.start_us
order by g.site, {time}, g.address_kind
"""


def figures(
    engine: Engine,
    visits: Relation,
    heartbeats: Relation,
    periods: pa.Table,
    *,
    table: Table,
    until_us: int,
    rules: Rules | None = None,
    late: pa.Table | None = None,
) -> Relation:
    """The figures of each local day or hour.

    Args:
        engine: where it runs.
        visits: rows of `tables.VISIT` that touch the periods, of all classes.
        heartbeats: rows of `tables.NODE_HEARTBEAT` over the same time.
        periods: label, start_us, end_us of `periods.days` or `periods.hours`, in the zone of the sites.
        table: PRESENCE_DAY or PRESENCE_HOUR.
        until_us: up to when the data is known; a visit whose last frame is less than a gap older is still open.
        rules: thresholds; None takes the defaults of the sheet.
        late: site, address_kind, at_us of rows that came too late to count; none if absent.

    Returns:
        a row of `table` for each site, period and address_kind (global, local, all), also where nothing was seen;
        sorted by its key. device_s and peak are null where no node reported in the period.
    """
    rules = rules or Rules()
    found = places(engine, periods)
    touched = engine.keep(touching(engine, visits, found))
    by_kind = engine.keep(engine.run(BY_KIND, {"touching": touched}))
    closed = {"gap_us": rules.gap_us, "until_us": until_us}
    late_rows = engine.from_arrow(late if late is not None else LATE.empty_table())
    relations = {
        "grid": grid(engine, visits, heartbeats, periods),
        "counted": engine.run(WITH_ALL, {"by_kind": by_kind}),
        "dwell": engine.run(DWELL, {"touching": touched, "shown": shown(engine)}, **closed),
        "reporting": reporting(engine, heartbeats, found, slot_s=rules.alive_s),
        "late": engine.run(
            LATE_ROWS, {"late": late_rows, "shown": shown(engine), "period": engine.from_arrow(periods)}
        ),
    }
    text = FIGURES.format(time=table.time)
    return engine.keep(engine.run(text, relations, until_us=until_us, slot_us=rules.alive_s * 1_000_000))
