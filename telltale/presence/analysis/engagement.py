"""How deep visits went: bands of dwell, and how many of the visitors joined the network.

Source: wire/presence.md 6.2 (bands: Meraki; the lower edge belongs to the band), 6.3 (connection rate).
"""

import pyarrow as pa

from telltale.analysis.overlaps import grid, places, shown, touching
from telltale.engine import Engine, Relation

BANDS = pa.table(
    {
        "band": ["under 5 min", "5 to 20 min", "20 to 60 min", "1 to 6 h", "6 h and more"],
        "from_s": [0, 300, 1_200, 3_600, 21_600],
        "to_s": [300, 1_200, 3_600, 21_600, None],
    }
)
"""The first band holds those who are visitors only because they associated."""

BY_BAND = """
select v.site, k.shown_as as address_kind, p.start_us, b.from_s, count(*) as visits, count(distinct v.device) as devices
from visit v inner join shown k on k.address_kind = v.address_kind
  inner join period p on unix_micros(v.entered_at) >= p.start_us and unix_micros(v.entered_at) < p.end_us
  inner join band b on v.dwell_s >= b.from_s and v.dwell_s < coalesce(b.to_s, 1e18)
where v.class in ('visitor', 'engaged')
group by v.site, k.shown_as, p.start_us, b.from_s
"""

ALL_BANDS = """
select g.site, g.address_kind, g.label, g.start_us, b.band, b.from_s,
  coalesce(f.visits, 0) as visits, coalesce(f.devices, 0) as devices
from grid g cross join band b
left join found f on f.site = g.site and f.address_kind = g.address_kind and f.start_us = g.start_us
  and f.from_s = b.from_s
order by g.site, g.start_us, g.address_kind, b.from_s
"""

CONNECTED = """
select g.site, g.address_kind, g.label, g.start_us, coalesce(c.visitors, 0) as visitors,
  coalesce(c.connected, 0) as connected,
  c.connected / cast(nullif(c.visitors, 0) as double) as connection_rate
from grid g
left join (
  select t.site, k.shown_as as address_kind, t.start_us, count(distinct t.device) as visitors,
    count(distinct case when t.associated = 1 then t.device end) as connected
  from touching t inner join shown k on k.address_kind = t.address_kind
  group by t.site, k.shown_as, t.start_us
) c on c.site = g.site and c.address_kind = g.address_kind and c.start_us = g.start_us
order by g.site, g.start_us, g.address_kind
"""


def engagement(engine: Engine, visits: Relation, heartbeats: Relation, periods: pa.Table) -> Relation:
    """Count the visits of each period by band of dwell; a visit counts where it starts.

    Returns:
        site, address_kind (global, local, all), label, start_us, band, from_s, visits, devices (different ones); a row
        for every band of every period; sorted by site, start_us, address_kind, from_s.
    """
    band, period = engine.from_arrow(BANDS), engine.from_arrow(periods)
    found = engine.run(BY_BAND, {"visit": visits, "shown": shown(engine), "period": period, "band": band})
    cells = grid(engine, visits, heartbeats, periods)
    return engine.run(ALL_BANDS, {"grid": cells, "band": band, "found": found})


def connection(engine: Engine, visits: Relation, heartbeats: Relation, periods: pa.Table) -> Relation:
    """Count the visitors of each period who were clients of the network in a visit that touches it.

    Returns:
        site, address_kind (global, local, all), label, start_us, visitors, connected, connection_rate (null without
        visitors); sorted by site, start_us, address_kind.
    """
    touched = touching(engine, visits, places(engine, periods), visitors_only=True)
    cells = grid(engine, visits, heartbeats, periods)
    return engine.run(CONNECTED, {"grid": cells, "touching": touched, "shown": shown(engine)})
