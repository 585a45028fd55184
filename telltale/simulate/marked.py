"""Simulated records among real ones: told apart by a mark, and taken out again.

What is handed in bears the transport `simulate`. What is sent over HTTP or CoAP bears a header or an option, which the
door keeps with the record. Frames on a network bear none, nor do presses replayed from a capture file.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa

from telltale.arrow import empty
from telltale.lake.derived import replace_derived
from telltale.lake.retained import forget_closed
from telltale.lake.takeout import all_marked, sources, take_out
from telltale.landing.schema import PURGED, REFUSED
from telltale.operate.retention.closing import close_again
from telltale.simulate.backfilling import forget
from telltale.simulate.play import MARK, TRANSPORT
from telltale.tables import SIGHTING, TABLES
from telltale.workbench.project import Project
from telltale.workbench.times import local_day, midnight

_BEGINS = f'{{"transport":"{TRANSPORT}"'
_NAMES = tuple(f'"{name}":' for name in MARK)
"""As they stand in a record's `meta`; within a value the quotes would have a backslash before them."""

_QUARTER_US = 900_000_000
"""No zone's day begins within a quarter of an hour."""
_SiteDay = tuple[str, dt.date]


class Removed(NamedTuple):
    """What was taken out, and what could not be."""

    raws: dict[str, int]
    """Records by source."""
    rows: dict[str, int]
    """Decoded rows by table."""
    refused: int
    closed: int
    """Closed days of a site whose figures were made again without them."""
    left: int
    """Closed days whose figures still count them, since the sightings of those days were removed before."""


def marked(metas: Sequence[str]) -> "np.ndarray":
    """For each `meta` of a record whether it was simulated."""
    return np.array([_is_marked(meta) for meta in metas], dtype=bool)


def holds_real(project: Project) -> bool:
    """Whether the project holds a record that is not marked, or held some that retention removed."""
    with project.store.reader() as connection:
        was_purged = connection.execute(sa.select(PURGED.c.id).limit(1)).first() is not None
    return was_purged or not all_marked(project.lake, marked)


def take_out_simulated(project: Project, source: str | None = None) -> Removed:
    """Take out every marked record, of one source or of all: raw, decoded, refused, and out of the figures of days.

    Raises:
        Busy: a settle or a rebuilding is running and does not end.
        StoreError: the store or the lake is away.
    """
    now_us, raws, rows = project.now_us(), dict[str, int](), dict[str, int]()
    touched: set[_SiteDay] = set()

    def tell(table: str, gone: pa.Table) -> None:
        if table == SIGHTING.name:
            touched.update(_days(project, gone))

    for name in [source] if source else sources(project.lake):
        taken = take_out(project.lake, name, marked, now_us=now_us, tell=tell)
        if taken.raws:
            raws[name] = taken.raws
        for table, count in taken.rows.items():
            rows[table] = rows.get(table, 0) + count
    forget(project.store, source)
    refused = _forget_refused(project, source)
    closed, left = _close_again(project, touched, now_us)
    return Removed(raws, rows, refused, closed, left)


def _is_marked(meta: str) -> bool:
    return meta.startswith(_BEGINS) or any(name in meta for name in _NAMES)


def _days(project: Project, gone: pa.Table) -> set[_SiteDay]:
    """The local days of the sites that rows were of."""
    quarters = pc.divide(gone[SIGHTING.time].cast(pa.int64()), _QUARTER_US)
    found = pa.table({"site": gone["site"], "quarter": quarters}).group_by(["site", "quarter"]).aggregate([])
    return {
        (row["site"], local_day(row["quarter"] * _QUARTER_US, project.site(row["site"]).timezone))
        for row in found.to_pylist()
    }


def _forget_refused(project: Project, source: str | None) -> int:
    like = [REFUSED.c.meta.contains(name, autoescape=True) for name in _NAMES]
    of_source = [REFUSED.c.source == source] if source else []
    with project.store.writer() as connection:
        return int(connection.execute(REFUSED.delete().where(sa.or_(*like), *of_source)).rowcount)


def _close_again(project: Project, touched: set[_SiteDay], now_us: int) -> tuple[int, int]:
    """Make the figures of days that were closed anew; how many, and of how many nothing can be made any more."""
    done = project.lake.closed_days()
    kept: Mapping[tuple[str, str], int] = project.lake.kept_from()
    heard = set(project.view(now_us=now_us).sites())
    gone = {site for site, _ in touched} - heard
    days = sorted(touched & done.keys() | {(site, day) for site, day in done if site in gone})
    left = 0
    for site, day in days:
        if midnight(day, project.site(site).timezone) < kept.get((SIGHTING.name, site), 0):
            left += 1
        elif site in heard:
            close_again(project, site, day, now_us=now_us)
        else:
            for table in (table for table in TABLES.values() if table.derived):
                replace_derived(project.lake, table.name, site, day, empty(table), now_us=now_us)
            forget_closed(project.store, site, day)
    return len(days) - left, left
