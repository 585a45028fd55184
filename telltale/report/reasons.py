"""Why a report may come out otherwise than it did: what of its recipe is no longer so."""

from collections.abc import Iterator, Mapping
from typing import Any, Literal, NamedTuple

import sqlalchemy as sa

from telltale import wording
from telltale.arrow import DAY_US, utc_day
from telltale.landing.schema import PURGED
from telltale.report.inputs import LOOKBACK_US, Inputs, settings_digests, settings_names
from telltale.report.raw_days import RawDay
from telltale.report.recipe import Recipe, notebook_digest
from telltale.sources import SOURCES
from telltale.tables import TABLES
from telltale.workbench.as_of import newest_id
from telltale.workbench.project import Project
from telltale.workbench.times import FOREVER, Span, local_time

Kind = Literal["page", "raw", "file", "removed", "late", "setting", "decoder", "notebook", "rows", "store", "engine"]
SHOWN = 8
"""Settings named one by one."""


class Reason(NamedTuple):
    """One thing that is not as the recipe says."""

    kind: Kind
    name: str
    text: str
    decides: bool = False
    """It makes the report unproven even where every figure comes out the same."""


class Removed(NamedTuple):
    """Rows that retention has removed since."""

    table: str
    source: str
    day: str
    at_us: int


def settings(project: Project, made: Recipe) -> Iterator[Reason]:
    """The settings, lists and lines of devices.csv and buttons.csv that are others, each by its name."""
    before, now, names = made.data["settings"], settings_digests(project), settings_names(project)
    for name in sorted(before.keys() | now.keys()):
        if before.get(name) == now.get(name):
            continue
        how = "is new" if name not in before else "is gone" if name not in now else "is another"
        shown = names.get(name, "a setting, a listed device or a column of one")
        yield Reason("setting", shown, f"{shown} {how}")


def decoders(made: Recipe) -> Iterator[Reason]:
    """The sources that are decoded by another version, or not at all any more."""
    before: Mapping[str, int] = made.data["made"]["decoders"]
    now = {source.name: source.decoder_version for source in SOURCES}
    for name in sorted(before.keys() | now.keys()):
        if before.get(name) != now.get(name):
            then, today = before.get(name, "none"), now.get(name, "none")
            yield Reason("decoder", name, f"decoder of {name}: version {then} then, {today} now")


def rows_decoders(inputs: Inputs, made: Recipe) -> Iterator[Reason]:
    """The tables whose rows were decoded again, by another version than the report had."""
    now = inputs.files
    for table, files in made.data["inputs"]["tables"].items():
        if table not in now or files["decoders"] == now[table]["decoders"]:
            continue
        before, after = (", ".join(each) for each in (files["decoders"], now[table]["decoders"]))
        yield Reason("decoder", table, f"rows of {table}: decoded by {before} then, {after} now")


def rows(inputs: Inputs, made: Recipe) -> Iterator[Reason]:
    """The tables whose files are others: merging does that too, so it is told only where a figure moved."""
    for table, files in made.data["inputs"]["tables"].items():
        if inputs.files.get(table, {}).get("sha256") != files["sha256"]:
            text = f"files of {table} are others than then: their rows were changed, removed or decoded again"
            yield Reason("rows", table, text)


def notebook(source: Any, made: Recipe) -> Iterator[Reason]:
    """Whether the notebook says something else."""
    if notebook_digest(source) != made.data["notebook"]["sha256"]:
        yield Reason("notebook", made.notebook, f"the notebook {made.notebook} is another than it was")


def raw(inputs: Inputs, made: Recipe, removed: list[Removed]) -> Iterator[Reason]:
    """The days of a source whose raw records are not those the report was made of."""
    now = {(day.source, day.day): day for day in inputs.raw}
    gone = {(each.source, each.day) for each in removed if each.table == "raw"}
    for then in (RawDay(*day) for day in made.data["inputs"]["received"]):
        day = now.pop((then.source, then.day), None)
        if day == then or (then.source, then.day) in gone:
            continue
        yield Reason("raw", f"{then.source} {then.day}", _raw_text(then, day), decides=True)
    for day in now.values():
        text = f"raw records of {day.source} received on {day.day}: none then, some with ids of before now"
        yield Reason("raw", f"{day.source} {day.day}", text, decides=True)


def damaged(inputs: Inputs) -> Iterator[Reason]:
    """The files of the lake that are gone or hold other bytes."""
    for file in inputs.check():
        yield Reason("file", file.path, f"file {file.path} of the lake {file.reason}", decides=True)


def removed_since(project: Project, inputs: Inputs, made: Recipe) -> list[Removed]:
    """What retention has removed of the period since the report was made."""
    from_day, to_day = (utc_day(at // DAY_US) for at in (inputs.received.since_us, inputs.received.until_us))
    columns = (PURGED.c.table_name, PURGED.c.source, PURGED.c.day, PURGED.c.at)
    query = sa.select(*columns).where(
        PURGED.c.at > made.moment.now_us, PURGED.c.day >= from_day, PURGED.c.day <= to_day
    )
    with project.store.reader() as connection:
        found = [Removed(name, source, str(day), at) for name, source, day, at in connection.execute(query)]
    marks = project.lake.kept_from()
    known = {each.table for each in found}
    found += [
        Removed(table, "", "", at_us)
        for (table, _site), at_us in sorted(marks.items())
        if at_us > made.span.since_us and table not in known
    ]
    return found


def removed_text(project: Project, removed: list[Removed]) -> str:
    """`rows of sighting, raw removed on 2026-11-21`."""
    zone = project.zone()
    days = sorted({local_time(each.at_us, zone).date().isoformat() for each in removed})
    what = ", ".join(sorted({each.table for each in removed}))
    on = days[0] if len(days) == 1 else f"{days[0]} to {days[-1]}"
    return f"rows of {what} removed on {on}"


def late(project: Project, made: Recipe) -> Iterator[Reason]:
    """The rows of the period, and of what it is compared with, that came after the report was made."""
    through = made.moment.through_id
    view = project.view()
    if through is None or newest_id(view.snapshot) <= through:
        return
    text = """select source, count(*) as n, min(unix_micros(received_at)) as first_us from row_in
        where raw_id > :through and unix_micros(received_at) <= :received_us group by source order by source"""
    received_us = made.moment.now_us if made.moment.as_known else FOREVER
    span = Span(max(0, made.span.since_us - LOOKBACK_US), made.span.until_us)
    for table in TABLES.values():
        if table.derived:
            continue
        rows_in = {"row_in": view.rows(table.name, span)}
        found = project.engine.run(text, rows_in, through=through, received_us=received_us).arrow().to_pylist()
        for row in found:
            since = wording.full_moment(local_time(row["first_us"], made.data["period"]["zone"]))
            rows = wording.count(row["n"], "row")
            said = f"late data: {rows} of {table.name} from {row['source']}, received from {since} on"
            yield Reason("late", f"{table.name} {row['source']}", said)


def _raw_text(then: RawDay, now: RawDay | None) -> str:
    over = f"raw records of {then.source} received on {then.day}"
    if now is None:
        return f"{over}: {_many(then.records)} then, none now"
    if now.records != then.records:
        return f"{over}: {_many(then.records)} then, {_many(now.records)} now"
    return f"{over}: other bytes, or another number of them" if then.records is None else f"{over}: other bytes"


def _many(records: int | None) -> str:
    return "some" if records is None else f"{records:,}"
