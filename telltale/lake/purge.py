"""What retention needs of the lake: files and hot records that must really go, and what is said of them after.

A purged source-day is frozen: its rows can no longer be made from its records, so decode leaves them as they are.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa

from telltale.arrow import DAY_US, own_time, utc_day
from telltale.lake.catalog import RAW_TABLE, File, bump, enlist, pieces, unlist
from telltale.lake.gc import remove
from telltale.lake.lake import Lake, write
from telltale.lake.rows import Draft
from telltale.landing.schema import FILES, PURGED, RAW
from telltale.tables import TABLES

_PIECE = 2_000  # hot records deleted in one transaction


class _Range(NamedTuple):
    table_name: str
    source: str
    day: date
    first_raw_id: int
    last_raw_id: int


def drop(lake: Lake, files: Sequence[File], *, now_us: int, freeze: bool) -> None:
    """Un-list files and remove them at once; with `freeze` note that retention did it.

    There is no grace: a reader of an older snapshot finds a file missing and takes a new one. Merged predecessors of
    the files, un-listed before, go with the next gc.

    Raises:
        Changed: one of the files is no longer listed as it was read; nothing is removed, look again.
    """
    with lake.store.writer() as connection:
        bump(connection)
        unlist(connection, files, at=now_us)
        if freeze:
            _freeze(connection, [_range(file) for file in files], now_us)
        lake.step("drop:1 unlisted")
    lake.step("drop:1 committed")
    for paths in pieces(file.path for file in files):
        remove(lake, paths, unlisted_before=now_us)
    lake.step("drop:2 removed")


def trim(lake: Lake, file: File, rows: pa.Table, *, now_us: int) -> None:
    """List the rows that are left of a decoded or derived file in its place, and remove it at once.

    Not frozen: decoding records that are still kept may bring rows back, and the next purge trims them again.

    Raises:
        Changed: the file is no longer listed as it was read; nothing is removed, look again.
    """
    made = write(lake, "trim", [rest(file, rows)] if rows.num_rows else [], now_us=now_us)
    with lake.store.writer() as connection:
        bump(connection)
        unlist(connection, [file], at=now_us)
        lake.step("trim:4 unlisted")
        enlist(connection, lake.root, made)
        lake.step("trim:4 listed")
    lake.step("trim:4 committed")
    remove(lake, [file.path], unlisted_before=now_us)
    lake.step("trim:5 removed")


def purge_hot(lake: Lake, source: str, before_us: int, *, now_us: int) -> int:
    """Delete the hot records of a source received before a moment and return how many there were."""
    count = 0
    old = sa.select(RAW.c.id, RAW.c.received_at).where(RAW.c.source == source, RAW.c.received_at < before_us)
    while True:
        with lake.store.writer() as connection:
            found = connection.execute(old.order_by(RAW.c.id).limit(_PIECE)).all()
            if not found:
                return count
            bump(connection, len(found) + 1)
            for ids in pieces(row.id for row in found):
                connection.execute(RAW.delete().where(RAW.c.id.in_(ids)))
            _freeze(connection, _ranges(source, [(row.id, row.received_at) for row in found]), now_us)
        count += len(found)


def rest(file: File, rows: pa.Table) -> Draft:
    """The draft of what is left of a decoded or derived file, which is some rows."""
    table = TABLES[file.table_name]
    times = pc.min_max(own_time(table, rows).cast(pa.int64())).as_py()
    same = {name: getattr(file, name) for name in Draft._fields if name not in {"rows", "min_time", "max_time"}}
    return Draft(rows=rows, min_time=times["min"], max_time=times["max"], **same)


def _freeze(connection: sa.Connection, ranges: Sequence[_Range], at: int) -> None:
    if ranges:
        connection.execute(PURGED.insert(), [{**gone._asdict(), "at": at} for gone in ranges])
    for gone in ranges:
        same_day = (FILES.c.table_name == gone.table_name) & (FILES.c.day == gone.day)
        made_of_it = (FILES.c.first_raw_id <= gone.last_raw_id) & (FILES.c.last_raw_id >= gone.first_raw_id)
        touched = same_day | made_of_it if gone.table_name == RAW_TABLE else same_day
        query = FILES.update().where(FILES.c.source == gone.source, touched, ~FILES.c.is_frozen)
        connection.execute(query.values(is_frozen=True))


def _range(file: File) -> _Range:
    return _Range(file.table_name, file.source, file.day, file.first_raw_id, file.last_raw_id)


def _ranges(source: str, records: Sequence[tuple[int, int]]) -> list[_Range]:
    """One range of ids for each received day."""
    days: dict[int, list[int]] = defaultdict(list)
    for raw_id, received_at in records:
        days[received_at // DAY_US].append(raw_id)
    return [_Range(RAW_TABLE, source, utc_day(day), min(ids), max(ids)) for day, ids in sorted(days.items())]
