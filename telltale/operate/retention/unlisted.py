"""Files on no list, for `telltale check --repair`: they stay no longer than those on the list.

They are of a store that was lost, damaged, or were missing for a while. A file of visits may hold passers-by beyond
their time, until that of its visits is over: none is taken apart unlisted.
"""

from telltale.contract import StoreError
from telltale.lake import RAW_TABLE
from telltale.lake.gc import remove
from telltale.lake.orphans import day_of, source_of
from telltale.lake.relist import never_listed
from telltale.lake.returned import returned
from telltale.operate.retention.limits import HARMLESS, ONE_DAY, raw_limit, sightings_kept_from, visits_kept_from
from telltale.tables import REJECT, SIGHTING, VISIT
from telltale.workbench.project import Project
from telltale.workbench.times import local_day


def remove_unlisted(project: Project, *, now_us: int) -> int:
    """Remove the files on no list all of whose rows are past their time, and return how many there were.

    Raises:
        StoreError: the lake or the store is away; run it again.
    """
    lake = project.lake
    sites = [project.site(site) for site in project.view(now_us=now_us).sites()] or [project.settings.site]
    raws = raw_limit(now_us, sites)
    if raws is None:
        return 0
    until = {RAW_TABLE: local_day(raws, "UTC"), REJECT.name: local_day(raws, "UTC")}
    if not any(site.keep for site in sites):  # one file holds the rows of all
        until[SIGHTING.name] = min(sightings_kept_from(now_us, site) for site in sites) - ONE_DAY
        until[VISIT.name] = min(visits_kept_from(now_us, site) for site in sites)
    due = []
    for path in never_listed(lake, frozenset(returned(lake, reads_all=False))):
        table = path.split("/")[0]
        if table not in until:
            continue
        try:
            is_due = day_of(path) < until[table] and not (table == RAW_TABLE and source_of(path) in HARMLESS)
        except (StoreError, IndexError):  # somebody laid it there: `telltale check --repair` names it
            continue
        if is_due:
            due.append(path)
    return len(remove(lake, due, unlisted_before=now_us))
