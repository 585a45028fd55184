"""Bodies that came while a clock was ahead: by what they bear they would be kept for as long as it was, or for ever.

When they came nobody knows, but it was before a clock that is believed saw them lie in the future. They go when the
retention of bodies has passed since then.
"""

import pyarrow as pa
import pyarrow.compute as pc

from telltale.lake.retained import Ahead, ahead, note_ahead
from telltale.landing import purge_refused_ahead, refused_ahead
from telltale.operate.retention.limits import HARMLESS, HOUR, raw_limit
from telltale.operate.retention.purging import RAW
from telltale.operate.retention.removing import drop, trim
from telltale.tables import REJECT
from telltale.workbench.project import Project


def remove_stamped_ahead(project: Project, *, now_us: int) -> int:
    """Remove such bodies, their rejects and refused requests once their time has passed; how many bodies there were.

    Args:
        project: whose.
        now_us: the present, by a clock that is believed.
    """
    view = project.view(now_us=now_us)
    limit = raw_limit(now_us, [project.site(site) for site in view.sites()] or [project.settings.site])
    mark, beyond = ahead(project.store), now_us + HOUR
    files = [file for file in view.snapshot.of(RAW) if file.source not in HARMLESS and file.min_time > beyond]
    if limit is None or not (files or refused_ahead(project.store, beyond, kept=HARMLESS)):
        if mark is not None:
            note_ahead(project.store, None)
        return 0
    if mark is None:
        note_ahead(project.store, Ahead(now_us, max((file.last_raw_id for file in files), default=0)))
        return 0
    if mark.since_us > limit:
        return 0
    return _remove(project, mark, beyond, now_us)


def _remove(project: Project, mark: Ahead, beyond: int, now_us: int) -> int:
    future = pa.scalar(beyond, pa.timestamp("us", tz="UTC"))
    records = drop(
        project.lake,
        RAW,
        lambda file: file.source not in HARMLESS and file.min_time > beyond and file.last_raw_id <= mark.through_id,
        now_us=now_us,
        freeze=True,
    )
    trim(
        project.lake,
        REJECT.name,
        lambda file: file.source not in HARMLESS and file.max_time > beyond,
        lambda rows: pc.or_(pc.less_equal(rows["received_at"], future), pc.greater(rows["raw_id"], mark.through_id)),
        now_us=now_us,
    )
    purge_refused_ahead(project.store, beyond, kept=HARMLESS)
    note_ahead(project.store, None)
    return records
