"""Who comes for the first time, who comes back, and how often.

Only addresses that mean the same device the next time can tell: global ones, and local ones that associated (phones
keep one address per network). With a key that changes every day nobody can be followed: use neither function.

Source: wire/presence.md 6.3 (new, returning: Aruba; loyalty: Meraki), 7 (randomised addresses).
"""

import pyarrow as pa

from telltale.engine import Engine, Relation

DAY_US = 86_400_000_000

RETURNING = """
select site, device, address_kind, entered_at,
  case when not lasting then 'unknown' when entered_us - before_us <= :lookback_us then 'returning'
    when entered_us - :lookback_us < :since_us then 'unknown' else 'new' end as status
from (
  select site, device, address_kind, entered_at, unix_micros(entered_at) as entered_us,
    address_kind = 'global' or associated as lasting,
    lag(unix_micros(entered_at)) over (partition by site, device order by entered_at) as before_us
  from visit where class in ('visitor', 'engaged')
) told
order by entered_at, site, device
"""

LOYALTY = """
select site, device, address_kind, days_visited,
  case when days_visited = 1 then 'first_time' when days_visited >= :days - 1 then 'daily'
    when days_visited * 3 >= :days then 'occasional' else 'rare' end as loyalty
from (
  select v.site, v.device, v.address_kind, count(distinct d.start_us) as days_visited
  from visit v inner join day d
    on unix_micros(v.entered_at) >= d.start_us and unix_micros(v.entered_at) < d.end_us
  where v.class in ('visitor', 'engaged') and (v.address_kind = 'global' or v.associated)
  group by v.site, v.device, v.address_kind
) counted
order by site, device
"""


def new_returning(engine: Engine, visits: Relation, *, since_us: int, lookback_d: int = 30) -> Relation:
    """Tell the first visit of a device from a further one.

    Args:
        engine: where it runs.
        visits: rows of `tables.VISIT`, those of the lookback before the period of interest included.
        since_us: where the visits begin; what lies before is not known.
        lookback_d: how far back a visit makes the next one a return, in days of 24 h; the boundary counts.

    Returns:
        one row per visitor session: site, device, address_kind, entered_at, status (new, returning, or unknown: a local
        address that did not associate, or no earlier visit but the lookback begins before `since_us`); sorted by
        entered_at, site, device.
    """
    return engine.run(RETURNING, {"visit": visits}, since_us=since_us, lookback_us=lookback_d * DAY_US)


def loyalty(engine: Engine, visits: Relation, days: pa.Table) -> Relation:
    """Sort the devices by on how many days of a window they visited.

    Args:
        engine: where it runs.
        visits: rows of `tables.VISIT`.
        days: the window, of `periods.days`.

    Returns:
        site, device, address_kind, days_visited (with a visit that starts then), loyalty (first_time: one day; daily:
        all days but one at most; occasional: a third of them; rare); only lasting addresses; sorted by site, device.
    """
    return engine.run(LOYALTY, {"visit": visits, "day": engine.from_arrow(days)}, days=days.num_rows)
