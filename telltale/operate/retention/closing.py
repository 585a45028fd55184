"""Close local days: write their visits and figures once, and count what comes too late.

Whatever is read counts only if it was received before the day's closing time, so it does not matter when closing
runs, or how often: stopped anywhere, it writes the same rows again.
"""

import datetime as dt
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

import pyarrow as pa

from telltale.engine import Relation
from telltale.lake.damage import Damaged
from telltale.lake.derived import replace_derived
from telltale.lake.retained import add_late, late_counted_through, mark_closed
from telltale.landing.spooling import waited_over
from telltale.operate.retention.limits import ONE_DAY, newest_closable
from telltale.presence import stays
from telltale.presence.thresholds import rules
from telltale.tables import PRESENCE_DAY, PRESENCE_HOUR, SIGHTING, VISIT
from telltale.workbench.project import Project
from telltale.workbench.times import Span, closes_at, local_day, midnight
from telltale.workbench.view import View, naming_damage

LATE = """
select sighting.site, unix_micros(sighting.last_seen) as seen_us, unix_micros(sighting.received_at) as received_us,
    drained.stored_us
from sighting left join drained on drained.received_us = unix_micros(sighting.received_at)
where sighting.raw_id > :counted_through and sighting.raw_id <= :newest
    and (drained.stored_us is not null or regexp_like(concat(',', sighting.flags, ','), ',late,'))
"""

CLOSINGS = 8
"""So many of the last closings are looked at: what was drained since the last count waited over one of them or none."""
WAITED = pa.schema([("received_us", pa.int64()), ("stored_us", pa.int64())])

STARTED = f"""
select {", ".join(VISIT.names)} from visit
where entered_at >= timestamp_micros(:since_us) and entered_at < timestamp_micros(:until_us)
"""  # noqa: S608 - names of ours


class Closed(NamedTuple):
    """A local day of a site that was closed."""

    site: str
    day: dt.date
    visits: int
    """Sessions that began on it, of all classes."""


def close_days(project: Project, *, now_us: int) -> list[Closed]:
    """Close every local day whose time has come, oldest first, and count the late rows of closed ones.

    Days without any record are closed too, up to the last day a site was heard of: an outage shows as one.
    """
    view = project.view(now_us=now_us)
    closed = [done for site in view.sites() for done in _due_closed(view, site)]
    with left_out(project):
        count_late(project, now_us=now_us)
    return closed


def _due_closed(view: View, site: str) -> Iterator[Closed]:
    """Close the days of a site in order; one of which a file is damaged waits for it, and so do those after it."""
    with left_out(view.project):
        for day in due_days(view, site):
            with naming_damage(view):
                closed = _close(view, site, day)
            yield closed


@contextmanager
def left_out(project: Project) -> Iterator[None]:
    """Go on behind the block where it met a damaged file."""
    try:
        yield
    except Damaged as damaged:
        project.lake.leave_out(damaged)


def close_again(project: Project, site: str, day: dt.date, *, now_us: int) -> Closed:
    """Write the figures of a closed day anew, of the sightings there are now; what was late stays counted."""
    late = project.lake.closed_days()[site, day].late
    closed = _close(project.view(now_us=now_us), site, day)
    mark_closed(project.lake.store, site, day, now_us=now_us, late=late)
    return closed


def due_days(view: View, site: str) -> list[dt.date]:
    """The days of a site that can be closed and are not, oldest first."""
    zone = view.project.site(site).timezone
    done = view.closed_days.get(site, {})
    first = max(done) + ONE_DAY if done else local_day(view.first_us(site), zone)
    last = min(newest_closable(view.now_us, zone), local_day(view.last_us(site), zone))
    return [first + number * ONE_DAY for number in range((last - first).days + 1)]


def count_late(project: Project, *, now_us: int) -> None:
    """Add the late rows that have arrived since the last count to the closed days they belong to.

    Late are those received after their day was closed, and those that waited in a collector's spool while it was.
    """
    store = project.lake.store
    through, newest = late_counted_through(store), store.last_id()
    if newest <= through:
        return
    view = project.view(now_us=now_us)  # after the id: each record up to it is seen
    rows = {"sighting": view.after(SIGHTING.name, through), "drained": _waited(view)}
    with naming_damage(view):
        found = project.engine.run(LATE, rows, counted_through=through, newest=newest).arrow()
    counts: Counter[tuple[str, dt.date]] = Counter()
    for row in found.to_pylist():
        zone = project.site(row["site"]).timezone
        day = local_day(row["seen_us"], zone)
        closed = view.closed_days.get(row["site"], {}).get(day)
        if closed is None:
            continue
        if row["received_us"] >= closes_at(day, zone) or (row["stored_us"] or 0) > closed.closed_at:
            counts[row["site"], day] += 1
    add_late(store, counts, through_id=newest)


def _waited(view: View) -> Relation:
    """received_us, stored_us: the records that waited in a spool while days were closed."""
    closings = {day.closed_at for days in view.closed_days.values() for day in days.values()}
    waited = waited_over(view.project.lake.store, sorted(closings)[-CLOSINGS:])
    columns = [list(column) for column in zip(*sorted(waited.items()), strict=True)] or [[], []]
    return view.project.engine.from_arrow(pa.table(columns, schema=WAITED))


def _close(view: View, site: str, day: dt.date) -> Closed:
    project, zone = view.project, view.project.site(site).timezone
    span = Span(midnight(day, zone), midnight(day + ONE_DAY, zone))
    chosen = rules(project.settings.presence)
    found = stays.computed(view, site, span, rules=chosen)
    found = found._replace(sessions=project.engine.keep(found.sessions))
    sessions = project.engine.run(STARTED, {"visit": found.sessions}, **span._asdict()).arrow()
    results: dict[str, Relation] = {
        table.name: stays.counted(view, site, span, table, found, rules=chosen)
        for table in (PRESENCE_DAY, PRESENCE_HOUR)
    }
    replace_derived(project.lake, VISIT.name, site, day, sessions, now_us=view.now_us)
    for name, figures in results.items():
        replace_derived(project.lake, name, site, day, figures.arrow(), now_us=view.now_us)
    # Last: a day is closed when all of it is written, or not at all.
    mark_closed(project.lake.store, site, day, now_us=view.now_us)
    return Closed(site, day, sessions.num_rows)
