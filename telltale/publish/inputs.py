"""What a report of a period rests on, in three steps from cheap to dear: each only says whether the next is needed.

    seen      files and hot ids with rows of the period: settling, merging and decoding again list other files, too
    rows      a digest of the rows themselves, each natural key once: the same however they lie in files
    answers   what the report's cards say (telltale.report.digest): another one is published

Rows that are derived of others (visits, closed days) are no input: closing a day changes none of it. So settle, merge,
closing, gc and a collector's resends rerun nothing.
"""

import ast
import hashlib
import json
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa

from telltale.arrow import own_time
from telltale.landing.schema import PURGED
from telltale.tables import TABLES, VISIT
from telltale.workbench.project import Project
from telltale.workbench.times import Span, local_day
from telltale.workbench.view import View

Tables = tuple[str, ...]

OF_SUBJECT: Mapping[str, Tables] = {
    "presence": ("sighting", "node_heartbeat"),
    "kanban": ("frame", "collector_heartbeat"),
    "activity": ("activity",),
    "sensors": ("reading",),
}
"""The decoded tables each subject reads; of every other call of `tt` all are taken."""
ALL: Tables = tuple(name for name, table in TABLES.items() if not table.derived)
_KNOWS_NO_ROWS = frozenset(("hold", "at_one_moment", "period", "page", "charts", "why"))
"""Names of `tt` that read no rows of a subject."""
_OF_ARRIVAL = ("raw_id", "received_at")
"""Columns that a resend of the same row changes, and nothing that is said of it."""


class Rows(NamedTuple):
    """The rows of a period."""

    n: int
    digest: str


def tables_of(notebook: Path) -> Tables:
    """The decoded tables a notebook may read, told by the calls of `tt` in its code cells."""
    return _tables_of(notebook, notebook.stat().st_mtime_ns)


@cache
def _tables_of(notebook: Path, _changed: int) -> Tables:
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    code = "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code")
    try:
        tree = ast.parse(code)
    except SyntaxError:  # a line for IPython alone
        return ALL
    called = {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "tt"
    } - _KNOWS_NO_ROWS
    if not called or called - OF_SUBJECT.keys():
        return ALL
    return tuple(name for name in ALL if any(name in OF_SUBJECT[subject] for subject in called))


def first_us(view: View, tables: Tables) -> int | None:
    """The first moment there are rows of, microseconds UTC; None without any."""
    times = [file.min_time for name in tables for file in view.snapshot.of(name)]
    for name in tables:
        hot = view.hot.get(name)
        if hot is not None and hot.num_rows:
            times.append(pc.min(own_time(TABLES[name], hot).cast(pa.int64())).as_py())
    return min(times, default=None)


def seen(view: View, tables: Tables, span: Span) -> str:
    """A digest of the files and hot ids that may hold rows of a stretch; equal ones mean equal rows."""
    files = sorted(path for name in tables for path in _files(view, name, span))
    hot = {name: sorted(set(_hot_ids(view, name, span))) for name in tables}
    return _digest([files, [[name, ids] for name, ids in hot.items() if ids]])


def rows(view: View, tables: Tables, span: Span) -> Rows:
    """How many rows a stretch has, and a digest of them, whatever files they lie in."""
    there = [name for name in tables if _files(view, name, span) or len(_hot_ids(view, name, span))]
    found = [(name, *_of_table(view, name, span)) for name in there]
    return Rows(sum(n for _, n, _ in found), _digest([each for each in found if each[1]]))


def removed(view: View, tables: Tables, span: Span, *, site: str = "") -> str:
    """Why a report of a stretch cannot be made again, in words; empty where all its rows are still there.

    Args:
        view: the present snapshot.
        tables: which rows it rests on.
        span: its stretch.
        site: whose rows alone count, where it is of one.
    """
    kept = [
        mark
        for (name, of), mark in view.project.lake.kept_from().items()
        if name in _with_derived(tables) and (not site or not of or of == site)
    ]
    if max(kept, default=0) <= span.since_us:
        return ""
    at_us = _purged_at(view.project, tables, span)
    when = at_us or min(max(kept), view.now_us)
    how = "on" if at_us else "of before"
    return f"kept: rows removed {how} {local_day(when, view.project.zone(site or None))}"


def _with_derived(tables: Tables) -> set[str]:
    return {*tables, *(VISIT.name for name in tables if name == "sighting")}


def _purged_at(project: Project, tables: Tables, span: Span) -> int:
    """When retention removed files with rows of these days; 0 where that is not noted."""
    days = PURGED.c.day.between(local_day(span.since_us, "UTC"), local_day(span.until_us - 1, "UTC"))
    query = sa.select(sa.func.max(PURGED.c.at)).where(PURGED.c.table_name.in_(tables), days)
    with project.store.reader() as connection:
        return connection.scalar(query) or 0


def _files(view: View, name: str, span: Span) -> list[str]:
    return [file.path for file in view.files(name, span)]


def _hot_ids(view: View, name: str, span: Span) -> Sequence[int]:
    hot = view.hot.get(name)
    if hot is None or not hot.num_rows:
        return ()
    times = [hot[column].cast(pa.int64()) for column in dict.fromkeys((TABLES[name].time, "received_at"))]
    inside = [pc.and_(pc.greater_equal(at, span.since_us), pc.less(at, span.until_us)) for at in times]
    mask = inside[0] if len(inside) == 1 else pc.or_kleene(*inside)
    ids: list[int] = hot.filter(mask)["raw_id"].to_pylist()
    return ids


def _of_table(view: View, name: str, span: Span) -> tuple[int, int]:
    """Count, and the sum of a hash of each row: their order is no part of it, and each key is there once."""
    columns = ", ".join(column for column in TABLES[name].names if column not in _OF_ARRIVAL)
    each = f"cast(abs(hash({columns}) % 2147483647) as bigint)"
    text = f"select count(*) as n, coalesce(sum({each}), 0) as digest from row_in"  # noqa: S608 - names of ours
    made = view.project.engine.run(text, {"row_in": view.table(name, span)}).arrow().to_pylist()[0]
    return int(made["n"]), int(made["digest"])


def _digest(value: object) -> str:
    return hashlib.sha256(json.dumps(value, separators=(",", ":")).encode()).hexdigest()[:32]
