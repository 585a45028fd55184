"""Who stayed how long, as far as access points heard."""

import datetime as dt
import statistics
from collections.abc import Iterator

from tests.worlds.oracle import facts
from tests.worlds.oracle.facts import Figure
from tests.worlds.sent import MINUTE, ZONE, Heard
from tests.worlds.world import World

GAP = 15 * MINUTE
VISIT, VISIT_DBM = 5 * MINUTE, -65
CUT_HOUR = 4
"""Then the keys change, and a device is another one."""


def visits(world: World, *, days: int = 1, site: str = "71234") -> Figure:
    """Stays of five minutes or more with a strong signal."""
    return len(_visits(world, days, site))


def newest_day(world: World) -> Figure:
    """The newest day there can be figures of."""
    return _day(world.now).isoformat()


def visitors(world: World, *, days: int = 1, site: str = "71234") -> Figure:
    """Devices with a visit, each once a day; one on both sides of the change of keys is two."""
    return len({(address, _day(start), _key_day(start)) for address, start, _ in _visits(world, days, site)})


def longest_dwell_s(world: World, *, days: int = 1, site: str = "71234") -> Figure:
    """The longest stay."""
    return max((end - start).total_seconds() for _, start, end in _visits(world, days, site))


def median_dwell_s(world: World, *, days: int = 1, site: str = "71234") -> Figure:
    """The median stay of a visit."""
    return statistics.median((end - start).total_seconds() for _, start, end in _visits(world, days, site))


def peak(world: World, *, days: int = 1, site: str = "71234") -> Figure:
    """The most visitor devices at one moment."""
    edges = sorted(
        edge
        for _, start, end in _visits(world, days, site)
        for edge in ((start, 1), (end + dt.timedelta(seconds=1), -1))
    )
    most = now = 0
    for _, step in sorted(edges, key=lambda edge: (edge[0], edge[1])):
        now += step
        most = max(most, now)
    return most


def sightings(world: World, *, hours: float = 24) -> Figure:
    """Rows of access points about stations."""
    since = world.now - dt.timedelta(hours=hours)
    return len({(node, heard) for node, heard, _ in _heard(world) if heard.until >= since})


def strongest_dbm(world: World, *, address: str) -> Figure:
    """The strongest level a station was heard with."""
    return max(heard.level for _, heard, _ in _heard(world) if heard.address == address)


def nodes_known(world: World, *, site: str = "71234") -> Figure:
    """Access points that ever reported, or are listed as such."""
    reported = {facts.node(sent) for sent in facts.scans(world) if facts.site(sent) == site}
    listed = {
        name
        for name, row in facts.listed(world).items()
        if row.get("role") == "node" and facts.site_of(row) in {"", site}
    }
    return len(reported | listed)


def nodes_reporting(world: World, *, site: str = "71234", minutes: float = 60) -> Figure:
    """Access points that reported lately."""
    since = world.now - dt.timedelta(minutes=minutes)
    return len({facts.node(sent) for sent in facts.scans(world) if facts.site(sent) == site and sent.received >= since})


def _day(moment: dt.datetime) -> dt.date:
    return moment.astimezone(ZONE).date()


def _key_day(moment: dt.datetime) -> dt.date:
    return (moment.astimezone(ZONE) - dt.timedelta(hours=CUT_HOUR)).date()


def _heard(world: World) -> Iterator[tuple[str, Heard, str]]:
    for sent in facts.scans(world):
        for heard in sent.heard:
            yield facts.node(sent), heard, facts.site(sent)


def _visits(world: World, days: int, site: str) -> list[tuple[str, dt.datetime, dt.datetime]]:
    """Visits that begin in the stretch: address, from, until. At four in the morning another key begins."""
    by_key: dict[tuple[str, dt.date], list[Heard]] = {}
    for _, heard, where in _heard(world):
        if where == site:
            key = (heard.address, _key_day(heard.until))
            by_key.setdefault(key, []).append(heard)
    found = []
    for (address, day), rows in by_key.items():
        begins = dt.datetime.combine(day, dt.time(CUT_HOUR), ZONE).astimezone(dt.UTC)
        stays: list[tuple[dt.datetime, dt.datetime, int]] = []
        for row in sorted(rows, key=lambda heard: heard.since):
            start = max(row.since, begins)
            if stays and start - stays[-1][1] <= GAP:
                stays[-1] = (stays[-1][0], max(stays[-1][1], row.until), max(stays[-1][2], row.level))
            else:
                stays.append((start, row.until, row.level))
        found += [(address, start, end) for start, end, dbm in stays if end - start >= VISIT and dbm >= VISIT_DBM]
    since = facts.midnight(world, days)
    return [stay for stay in found if since <= stay[1] <= world.now]
