"""Remove what must not be kept longer, in an order that may be stopped anywhere and run again.

1 settle, so that every record has its rows before its body goes; 2 bodies, their rejects, what was refused; 3 close
the days that are due; 4 sightings and passer-by sessions; 5 visits; 6 keys; 7 files on no list, gc and the store's
log. Each step first notes what it is going to remove, and finds by itself what an earlier run left.
"""

import datetime as dt
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from telltale.arrow import own_time
from telltale.lake.gc import gc
from telltale.lake.purge import purge_hot
from telltale.lake.retained import keep_from
from telltale.lake.settle import settle_all
from telltale.lake.superseded import Superseded, remove_superseded
from telltale.landing import purge_refused
from telltale.operate.retention.closing import close_days
from telltale.operate.retention.limits import (
    HARMLESS,
    ONE_DAY,
    keys_kept_from,
    raw_limit,
    sightings_kept_from,
    visits_kept_from,
)
from telltale.operate.retention.removing import Staying, drop, trim
from telltale.operate.retention.unlisted import remove_unlisted
from telltale.tables import REJECT, SIGHTING, VISIT
from telltale.workbench.project import Project
from telltale.workbench.times import local_day, midnight

RAW = "raw"
PASSING = pa.array(["passer_by", "ignored"])

WORDS = {
    "records": "raw records",
    "rejects": "rejects",
    "refused": "refused requests",
    "sightings": "sightings",
    "passers_by": "passer-by sessions",
    "visits": "visits",
    "keys": "pseudonym keys",
    "files": "files no longer needed",
}


class Purged(NamedTuple):
    """What a purge did; all zero when nothing was due."""

    closed: int
    """Local days closed."""
    records: int
    """Raw records whose bodies are gone."""
    rejects: int
    refused: int
    sightings: int
    passers_by: int
    """Sessions of passers-by and ignored devices."""
    visits: int
    keys: int
    """Pseudonym keys destroyed."""
    files: int
    """Files no longer needed, removed by gc."""
    held: bool
    """A reader kept the store's log, and what was deleted in it, from being emptied; the next purge does it."""


def purge(project: Project, *, now_us: int) -> Purged:
    """Close the days that are due and remove what the retention of telltale.toml no longer allows.

    Raises:
        TelltaleError: the store is away or busy; run it again, it goes on where it stopped.
    """
    settle_all(project.lake, now_us=now_us)
    records, rejects, refused = _bodies(project, now_us)
    closed = close_days(project, now_us=now_us)
    sightings = _sightings(project, now_us)
    passing, visits = _sessions(project, now_us)
    keys = _keys(project, now_us)
    files = remove_unlisted(project, now_us=now_us) + gc(project.lake, now_us=now_us).files
    held = not project.lake.store.scrub()
    return Purged(len(closed), records, rejects, refused, sightings, passing, visits, keys, files, held)


def sentence(purged: Purged) -> str:
    """What a purge did, for people."""
    counts = purged._asdict()
    done = [f"{counts[name]:,} {words}" for name, words in WORDS.items() if counts[name]]
    days = f"closed {purged.closed:,} local day{'s' if purged.closed > 1 else ''}; " if purged.closed else ""
    removed = f"removed {', '.join(done)}" if done else "nothing was due to be removed"
    held = "; a reader held the store's log, the next purge empties it" if purged.held else ""
    return f"{days}{removed}{held}"


def _bodies(project: Project, now_us: int) -> tuple[int, int, int]:
    """Remove bodies, rejects and refused requests, but of harmless sources: they may hold addresses, or most of one."""
    sites = [project.site(site) for site in project.view(now_us=now_us).sites()]
    limit = raw_limit(now_us, sites or [project.settings.site])
    if limit is None:
        return 0, 0, 0
    keep_from(project.lake.store, REJECT.name, "", limit, now_us=now_us)
    _superseded(project, REJECT.name, limit, now_us)
    received = pa.scalar(limit, pa.timestamp("us", tz="UTC"))
    records = drop(
        project.lake,
        RAW,
        lambda file: file.source not in HARMLESS and file.max_time < limit,
        now_us=now_us,
        freeze=True,
    )
    for source in sorted(project.lake.withheld.keys() - HARMLESS):  # what a refused key kept from being settled
        records += purge_hot(project.lake, source, limit, now_us=now_us)
    rejects = trim(
        project.lake,
        REJECT.name,
        lambda file: file.source not in HARMLESS and file.min_time < limit,
        lambda rows: pc.greater_equal(rows["received_at"], received),
        now_us=now_us,
        past=lambda file: file.max_time < limit,
    )
    return records, rejects, purge_refused(project.store, limit, kept=HARMLESS)


def _sightings(project: Project, now_us: int) -> int:
    """Remove the sightings of local days that closed long enough ago."""
    limits = {site: midnight(day, project.site(site).timezone) for site, day in _oldest_days(project, now_us).items()}
    if not limits:
        return 0
    others = project.view(now_us=now_us).sites() != sorted(limits)  # whose sightings are kept, in the same files
    for site, limit in limits.items():
        keep_from(project.lake.store, SIGHTING.name, site, limit, now_us=now_us)
    _superseded(project, SIGHTING.name, max(limits.values()), now_us)
    return trim(
        project.lake,
        SIGHTING.name,
        lambda file: file.min_time < max(limits.values()),
        _filed_since(limits),
        now_us=now_us,
        freeze_before=local_day(min(limits.values()), "UTC"),
        past=lambda file: not others and file.max_time < min(limits.values()),
    )


def _superseded(project: Project, table_name: str, limit_us: int, now_us: int) -> None:
    """Remove what decoding again left of rows as old: whole files, whichever site they are of."""

    def is_due(file: Superseded) -> bool:
        return file.table_name == table_name and file.source not in HARMLESS and file.min_time < limit_us

    remove_superseded(project.lake, is_due, now_us=now_us)


def _sessions(project: Project, now_us: int) -> tuple[int, int]:
    """Remove sessions of passers-by as sightings are, and visits after their own retention."""
    passing_from = _oldest_days(project, now_us)
    visits_from = {site: visits_kept_from(now_us, project.site(site)) for site in passing_from}
    for site, day in visits_from.items():
        since_us = midnight(day, project.site(site).timezone)
        keep_from(project.lake.store, VISIT.name, site, since_us, now_us=now_us)
    visits = drop(
        project.lake,
        VISIT.name,
        lambda file: file.site in visits_from and file.day < visits_from[file.site],
        now_us=now_us,
    )
    passing = trim(
        project.lake,
        VISIT.name,
        lambda file: file.site in passing_from and file.day < passing_from[file.site],
        lambda rows: pc.invert(pc.is_in(rows["class"], PASSING)),
        now_us=now_us,
    )
    return passing, visits


def _keys(project: Project, now_us: int) -> int:
    """Destroy the keys under which no record can come or be decoded again."""
    sites = {*project.keys.sites(), *project.view(now_us=now_us).sites()}
    told = {site: project.site(site) for site in sorted(sites)}
    return sum(project.keys.destroy(site, keys_kept_from(now_us, one)) for site, one in told.items() if not one.keep)


def _oldest_days(project: Project, now_us: int) -> dict[str, dt.date]:
    """Of each site that removes anything, the oldest local day whose sightings stay.

    The day before the first open one always stays: a stay across its midnight belongs to both.
    """
    view = project.view(now_us=now_us)
    days = {}
    for site in view.sites():
        told = project.site(site)
        if told.keep:
            continue
        days[site] = sightings_kept_from(now_us, told)
        closed = view.closed_days.get(site, {})
        newest = max(closed) if closed else local_day(view.first_us(site), told.timezone) - ONE_DAY
        if local_day(view.last_us(site), told.timezone) > newest:
            days[site] = min(days[site], newest)
    return days


def _filed_since(limits: Mapping[str, int]) -> Staying:
    """Rows filed under a moment at or after their site's limit; those of other sites stay."""

    def staying(rows: pa.Table) -> pa.Array:
        sites = rows["site"].combine_chunks().dictionary_encode()
        since = np.array([limits.get(site, 0) for site in sites.dictionary.to_pylist()], np.int64)
        times = own_time(SIGHTING, rows).cast(pa.int64()).to_numpy()
        return pa.array(times >= since[sites.indices.to_numpy()])

    return staying
