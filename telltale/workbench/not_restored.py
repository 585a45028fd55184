"""What of a moment that has passed cannot be had any more, in words."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator

from telltale import wording
from telltale.lake.catalog import RAW_TABLE, removed_ranges
from telltale.lake.redecoded import redecoded_since
from telltale.lake.retained import risen_since
from telltale.tables import TABLES
from telltale.workbench.project import Project
from telltale.workbench.times import local_time

LATENESS_H = 24
"""Keys live so long beyond the retention of raw bodies (DESIGN section 11)."""
HOUR_US = 3_600 * 10**6


def not_restored(project: Project) -> tuple[str, ...]:
    """A sentence for each thing that is lost of the moment a project is of; none where all of it is there.

    Args:
        project: of a moment (`telltale.workbench.as_of`).
    """
    moment = project.as_of
    if moment is None or not moment.as_known:
        return ()
    return (*project.settings_unknown, *_removed(project, moment.now_us), *_decoded(project, moment.now_us))


def _removed(project: Project, at_us: int) -> Iterator[str]:
    """What retention, or somebody who was to be forgotten, has taken away since."""
    on: dict[str, set[dt.date]] = defaultdict(set)
    zone = project.zone()
    for name in (RAW_TABLE, *TABLES):
        for gone in removed_ranges(project.store, name, since_us=at_us):
            if gone.day <= local_time(at_us, "UTC").date():
                on[name].add(local_time(gone.at, zone).date())
    for (name, site), (rose_us, kept_us) in risen_since(project.store, at_us).items():
        if not site or kept_us > project.view().first_us(site):
            on[name].add(local_time(rose_us, zone).date())
    for name, days in sorted(on.items()):
        what = "raw records" if name == RAW_TABLE else f"rows of {name}"
        yield f"{what} that were removed {_when(days)}"
    for name in sorted(project.unrestored_tables - on.keys()):
        yield f"rows of {name} that a later record took the place of, where the earlier record was removed"
    for site in project.keys.sites():
        limit = at_us - (LATENESS_H + project.site(site).raw_retention_h) * HOUR_US
        if (destroyed_us := project.keys.destroyed_before(site)) > limit:
            day = wording.full_date(local_time(destroyed_us, project.zone(site)).date())
            yield f"pseudonym keys of {project.site(site).name} of before {day}, which are destroyed"


def _decoded(project: Project, at_us: int) -> Iterator[str]:
    """What the decoders of then said, where they were others."""
    for source, days in sorted(redecoded_since(project.store, at_us).items()):
        when = _when({local_time(each, project.zone()).date() for each in days})
        yield f"what {source} was decoded to before it was decoded again {when}"


def _when(days: set[dt.date]) -> str:
    first, last = (wording.full_date(day) for day in (min(days), max(days)))
    return f"on {first}" if first == last else f"from {first} to {last}"
