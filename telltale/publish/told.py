"""Every count of presence that a publication may show, and the notes of what was published.

What is published stays so, though the records or telltale.toml are others by the next time: what is made later is
compared with what was said, so it is noted, and before it appears: of two that are made at once the second then sees
the first. A note holds no count of fewer than k devices: it is of what was shown.
"""

import datetime as dt
import json
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from telltale.analysis.publish import COUNTS
from telltale.landing import Store
from telltale.landing.schema import TOLD
from telltale.presence import question as questions
from telltale.presence.question import each
from telltale.presence.thresholds import Thresholds
from telltale.publish.readers import Readers
from telltale.workbench.periods import Period
from telltale.workbench.project import Project
from telltale.workbench.times import Span, local_time, seconds

BEING_MADE = "being made: "
"""Before the page of a note, until its publication has appeared."""
MAKING_US = 3_600 * 1_000_000
"""So long it may take at most to appear: what has not by then was ended in between, and its note counts no more."""
PRESENT = "devices present"
"""What an interval of occupancy counts."""


class Cell(NamedTuple):
    """What a count is of."""

    name: str
    site: str
    address_kind: str
    band: str
    """Empty where it is of all visits."""
    since: str
    """A local day, or the local time an interval of occupancy begins, with its offset."""
    until: str


Counts = Mapping[Cell, int]


class Told(NamedTuple):
    """What one publication says, or said."""

    report: str
    readers: str
    period: str
    page: str
    """Of a report made by hand, relative to the folder of reports, or of an export; empty where it is scheduled."""
    span: Span
    rules: Mapping[str, str]
    """The thresholds it counted by, as they are written."""
    counts: Counts
    begun_at: int | None = None
    """When its note was made (µs UTC) of one that has not appeared yet; None of all others."""


def told(project: Project, of: Readers, period: str, span: Span, *, page: str = "") -> Told:
    """What a report of a stretch says now."""
    return Told(of.report, of.key, period, page, span, rules(project, of), counts(project, of, span))


def counts(project: Project, of: Readers, span: Span) -> Counts:
    """Every count a report may show of a stretch, small ones withheld as it does; those of nobody are left out.

    Of a day that still runs there are none, nor bands of a stretch that ends with it.
    """
    zone = project.zone(of.site or None)
    begins_at, ends_at = (local_time(at, zone) for at in span)
    since, until = begins_at.date().isoformat(), ends_at.date().isoformat()
    if since >= until:  # within a day that runs
        return {}
    how: Any = {"site": of.site or None, "published": True, "thresholds": _changed(of), "project": project}
    found: dict[Cell, int] = {}
    for row in each(questions.days, since, until, **how).to_pylist():
        ends = (dt.date.fromisoformat(row["label"]) + dt.timedelta(days=1)).isoformat()
        for name in COUNTS:
            found[Cell(name, row["site"], row["address_kind"], "", row["label"], ends)] = row[name] or 0
    is_whole = ends_at.time() == dt.time()
    for row in each(questions.dwell_bands, since, until, **how).to_pylist() if is_whole else ():
        cell = Cell("visits", row["site"], row["address_kind"], str(row["band"]), since, until)
        found[cell] = row["visits"] or 0
    present = partial(questions.occupancy, width_s=_width_s(of, since, until, project))
    for row in each(present, since, until, **how).to_pylist():
        own = ZoneInfo(project.zone(row["site"] or None))
        begins, ends = (moment.astimezone(own).isoformat(timespec="minutes") for moment in (row["start"], row["end"]))
        found[Cell(PRESENT, row["site"], row["address_kind"], "", begins, ends)] = row["devices"] or 0
    return {cell: int(count) for cell, count in found.items() if count}


def rules(project: Project, of: Readers) -> dict[str, str]:
    """The thresholds a report counts by: its own parameters, else those of telltale.toml."""
    usual = project.settings.presence
    lengths = {"gap": usual.gap_min, "visit": usual.visit_min, "engaged": usual.engaged_min}
    found = {name: f"{minutes:g}min" for name, minutes in lengths.items()}
    found |= {"visit_dbm": str(usual.visit_dbm), "passer_dbm": str(usual.passer_dbm)}
    return found | {name: str(value) for name, value in _changed(of).items()}


def note(connection: sa.Connection, one: Told, *, now_us: int) -> int | None:
    """Note what is about to be published, in the caller's transaction.

    Returns:
        the note, for `appeared` or `take_back`; None where it shows no count of presence.
    """
    if not one.counts:
        return None
    cells = [[*cell, count] for cell, count in one.counts.items()]
    row = {
        "report": one.report,
        "readers": one.readers,
        "period": one.period,
        "page": f"{BEING_MADE}{one.page}",
        "begins_at": one.span.since_us,
        "ends_at": one.span.until_us,
        "rules": json.dumps(one.rules),
        "counts": json.dumps(cells),
        "at": now_us,
    }
    return int(connection.execute(TOLD.insert().values(row).returning(TOLD.c.id)).scalar_one())


def clear(connection: sa.Connection, of: Told, *, now_us: int) -> None:
    """Remove the notes of scheduled reports that were killed before theirs appeared: of this one, and old ones."""
    is_of = (TOLD.c.report == of.report) & (TOLD.c.readers == of.readers) & (TOLD.c.period == of.period)
    connection.execute(TOLD.delete().where(TOLD.c.page == BEING_MADE, is_of | (TOLD.c.at < now_us - MAKING_US)))


def appeared(connection: sa.Connection, noted: int | None) -> None:
    """What was noted has appeared."""
    page = sa.func.substr(TOLD.c.page, len(BEING_MADE) + 1)
    connection.execute(TOLD.update().where(TOLD.c.id == noted, TOLD.c.page.startswith(BEING_MADE)).values(page=page))


def take_back(connection: sa.Connection, noted: int | None) -> None:
    """What was noted does not appear."""
    connection.execute(TOLD.delete().where(TOLD.c.id == noted, TOLD.c.page.startswith(BEING_MADE)))


def noted(store: Store, span: Span) -> list[Told]:
    """What was published of stretches that overlap, the earliest first."""
    overlaps = (TOLD.c.begins_at < span.until_us) & (TOLD.c.ends_at > span.since_us)
    query = sa.select(TOLD).where(overlaps).order_by(TOLD.c.id)
    with store.reader() as connection:
        return [_read(row) for row in connection.execute(query).mappings()]


def few(own: Counts, theirs: Counts, k: Mapping[str, int]) -> Iterator[Cell]:
    """The cells of `own` that tell of fewer than k devices, less what is said in `theirs`.

    Counts of the same are compared, and bands of a stretch with those of one inside it: the difference is the rest's.

    Args:
        own: what is to be published.
        theirs: what is published.
        k: of each site.
    """
    bands: dict[tuple[str, ...], list[Cell]] = {}
    for cell in theirs:
        if cell.band:
            bands.setdefault(cell[:4], []).append(cell)
    for cell, count in own.items():
        beside: Iterable[Cell] = [cell] if cell in theirs else []
        if cell.band:
            beside = [other for other in bands.get(cell[:4], ()) if _is_inside(cell, other) or _is_inside(other, cell)]
        if any(0 < abs(count - theirs[other]) < k[cell.site] for other in beside):
            yield cell


def _is_inside(cell: Cell, other: Cell) -> bool:
    return other.since <= cell.since and cell.until <= other.until


def _read(row: sa.RowMapping) -> Told:
    found = {Cell(*cell): count for *cell, count in json.loads(row["counts"])}
    span = Span(row["begins_at"], row["ends_at"])
    page = row["page"].removeprefix(BEING_MADE)
    begun_at = row["at"] if row["page"].startswith(BEING_MADE) else None
    return Told(row["report"], row["readers"], row["period"], page, span, json.loads(row["rules"]), found, begun_at)


def _changed(of: Readers) -> Thresholds:
    """The thresholds among the parameters of a report."""
    given: Any = {name: of.parameters[name] for name in Thresholds.__annotations__ if of.parameters.get(name)}
    return {name: int(value) if name.endswith("_dbm") else value for name, value in given.items()}  # type: ignore[return-value]


def _width_s(of: Readers, since: str, until: str, project: Project) -> int:
    """The width of its intervals of occupancy, as `tt.presence.answers` chooses it."""
    first, last = dt.date.fromisoformat(since), dt.date.fromisoformat(until) - dt.timedelta(days=1)
    zone = project.zone(of.site or None)
    usual = Period("", first, max(first, last), "days", local_time(project.now_us(), zone)).bin
    return round(seconds(of.parameters.get("interval") or usual))
