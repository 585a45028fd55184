"""How many visitors were there, bin by bin.

Source: wire/presence.md 6.4.
"""

# ruff: noqa: S608 - texts are composed of expressions of ours; values are given to the engine
import pyarrow as pa

from telltale.analysis.overlaps import DEVICE_S, LEVELS, grid, places, reporting, touching
from telltale.engine import Engine, Relation
from telltale.presence.analysis.rules import Rules

BY_KIND = f"""
select site, address_kind, start_us, count(distinct device) as devices, {DEVICE_S}, {LEVELS}
from touching group by site, address_kind, start_us
"""

WITH_ALL = """
select site, address_kind, start_us, devices, device_s, greatest(there_before, level) as peak from by_kind
union all
select site, 'all' as address_kind, start_us, cast(sum(devices) as bigint) as devices, sum(device_s) as device_s,
  greatest(cast(sum(there_before) as bigint), max(level_all)) as peak
from by_kind group by site, start_us
"""

EXPECTED = "select site, count(distinct node_id) as expected from heartbeat group by site"

OCCUPANCY = """
select g.site, g.address_kind, g.label, g.start_us, g.end_us,
  case when r.nodes > 0 then coalesce(t.devices, 0) end as devices,
  case when r.nodes > 0 then coalesce(t.device_s, 0e0) end as device_s,
  case when r.nodes > 0 then coalesce(t.device_s, 0e0) / nullif((g.end_us - g.start_us) / 1e6, 0) end as mean,
  case when r.nodes > 0 then coalesce(t.peak, 0) end as peak,
  coalesce(r.nodes, 0) as nodes, coalesce(e.expected, 0) as expected
from grid g
left join present t on t.site = g.site and t.address_kind = g.address_kind and t.start_us = g.start_us
left join reporting r on r.site = g.site and r.start_us = g.start_us
left join expected e on e.site = g.site
order by g.site, g.address_kind, g.start_us
"""


def occupancy(
    engine: Engine, visits: Relation, heartbeats: Relation, bins: pa.Table, *, rules: Rules | None = None
) -> Relation:
    """Count the visitors present in each bin.

    Args:
        engine: where it runs.
        visits: rows of `tables.VISIT`; visitors and engaged ones count.
        heartbeats: rows of `tables.NODE_HEARTBEAT` over the same time.
        bins: label, start_us, end_us of `periods.bins`.
        rules: thresholds; None takes the defaults of the sheet.

    Returns:
        site, address_kind (global, local, all), label, start_us, end_us, devices (different ones that touch the bin),
        device_s (their seconds inside it), mean (at a time), peak (most at one instant), nodes (that reported in it),
        expected (nodes that reported in any); sorted by site, address_kind, start_us. Where no node reported,
        devices, device_s, mean and peak are null: nobody knows.
    """
    rules = rules or Rules()
    found = places(engine, bins)
    by_kind = engine.run(BY_KIND, {"touching": touching(engine, visits, found, visitors_only=True)})
    relations = {
        "grid": grid(engine, visits, heartbeats, bins),
        "present": engine.run(WITH_ALL, {"by_kind": engine.keep(by_kind)}),
        "reporting": reporting(engine, heartbeats, found, slot_s=rules.alive_s),
        "expected": engine.run(EXPECTED, {"heartbeat": heartbeats}),
    }
    return engine.keep(engine.run(OCCUPANCY, relations))
