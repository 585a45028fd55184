"""Until when what belongs to a local day, and the bodies it came from, may be kept; pure.

Source: DESIGN section 11; wire/presence.md section 8.
"""

import datetime as dt
from collections.abc import Iterable

from telltale.settings import SiteSettings
from telltale.sources import SOURCES
from telltale.workbench.times import DAY, closes_at, local_day

HOUR = DAY // 24
ONE_DAY = dt.timedelta(days=1)
LATENESS_H = 24
HARMLESS = frozenset(source.name for source in SOURCES if not source.personal)
"""Sources whose bodies hold nobody's address; what those of a source hold that is not listed any more is not known."""


def newest_closable(now_us: int, zone: str) -> dt.date:
    """The newest local day whose closing time has come."""
    today = local_day(now_us, zone)
    return today - (2 if closes_at(today - 2 * ONE_DAY, zone) <= now_us else 3) * ONE_DAY


def raw_limit(now_us: int, sites: Iterable[SiteSettings]) -> int | None:
    """Bodies received before this moment go; None keeps all.

    A file of bodies holds those of every site, so the shortest retention of any of them counts for all.
    """
    hours = [site.raw_retention_h for site in sites if not site.keep]
    return now_us - min(hours) * HOUR if hours else None


def sightings_kept_from(now_us: int, site: SiteSettings) -> dt.date:
    """The oldest local day whose sightings and passer-by sessions may still be kept."""
    day = newest_closable(now_us, site.timezone)
    while closes_at(day, site.timezone) + site.sighting_retention_h * HOUR > now_us:
        day -= ONE_DAY
    return day + ONE_DAY


def visits_kept_from(now_us: int, site: SiteSettings) -> dt.date:
    """The oldest local day whose visits may still be kept; a day that has not closed is kept whatever is set."""
    limit = local_day(now_us, site.timezone) - site.visit_retention_d * ONE_DAY
    return min(limit, newest_closable(now_us, site.timezone) + ONE_DAY)


def keys_kept_from(now_us: int, site: SiteSettings) -> int:
    """Keys of periods that ended by this moment go."""
    return now_us - keys_kept_for(site)


def keys_kept_for(site: SiteSettings) -> int:
    """So long keys stay after their period, µs: 24 hours for late records, then the retention of raw bodies."""
    return (LATENESS_H + site.raw_retention_h) * HOUR
