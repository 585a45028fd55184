"""Retention by a clock that is believed, and settings that are whole: else nothing is closed, removed or destroyed.

What is late is kept longer; what is destroyed early is lost. While the clock is believed, all goes by the last moment
that is (`HostClock.trusted_us`), which after a restart lies behind the clock until that is confirmed.
"""

import datetime as dt
from typing import NamedTuple

from telltale.lake.lock import HOST
from telltale.lake.retained import take_back
from telltale.lake.settle import settle_all
from telltale.landing import HostClock, Look
from telltale.operate import trust
from telltale.operate.retention.limits import keys_kept_from
from telltale.operate.retention.purging import Purged, purge
from telltale.operate.retention.stamped_ahead import remove_stamped_ahead
from telltale.workbench.project import Project
from telltale.workbench.settings_then import require_whole
from telltale.workbench.times import closes_at


class Retained(NamedTuple):
    """What retention did."""

    purged: Purged | None
    """None while the clock is not believed."""
    seen: Look
    taken_back: int = 0
    """Marks of the future, set by a clock that was ahead, that are undone."""

    @property
    def clock(self) -> HostClock:
        """What is known of the clock."""
        return self.seen.now


def purge_when_trusted(project: Project, *, now_us: int, host: str = HOST) -> Retained:
    """Settle, then close the days that are due and remove what must not be kept longer, if the clock is believed.

    Raises:
        Emptied: telltale.toml is empty, and was not: how long something is kept is not known.
        TelltaleError: the store is away or busy; run it again, it goes on where it stopped.
    """
    require_whole(project.settings, project.store)
    seen = trust.look(project, now_us=now_us, host=host)  # before records that may confirm it are settled
    settle_all(project.lake, now_us=now_us)
    if seen.now.is_stepped:
        return Retained(None, seen)
    taken_back = _take_back(project, seen.now.wall_us)
    purged = purge(project, now_us=seen.now.trusted_us)
    gone = remove_stamped_ahead(project, now_us=seen.now.trusted_us)
    return Retained(purged._replace(records=purged.records + gone), seen, taken_back)


def _take_back(project: Project, now_us: int) -> int:
    """Undo the marks of the future: only a clock that was ahead can have set them, and one that is believed says so."""

    def is_over(site: str, day: dt.date) -> bool:
        return closes_at(day, project.site(site).timezone) <= now_us

    count = take_back(project.store, now_us, is_over)
    for site in project.keys.sites():
        if project.keys.destroyed_before(site) > now_us:
            project.keys.take_back(site, keys_kept_from(now_us, project.site(site)))
            count += 1
    return count
