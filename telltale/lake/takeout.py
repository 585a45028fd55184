"""Take records out again that were marked when they came: hot, in raw files, and the rows that were decoded of them.

Of one source at a time, under the locks of settling and rebuilding: 1 find the marked records; 2 write, for each file
that holds one or a row of one, the other rows; 3 in one transaction delete the hot ones, un-list exactly the files
replaced (all still listed, else start again) and list the new. A crash before that leaves all as it was.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import sqlalchemy as sa

from telltale.lake.catalog import RAW_TABLE, File, bump, enlist, listed, pieces, unlist
from telltale.lake.gc import remove
from telltale.lake.lake import Lake, read, retried, write
from telltale.lake.lock import locked
from telltale.lake.purge import rest
from telltale.lake.rows import Draft, raw_draft
from telltale.landing.schema import FILES, RAW

Marked = Callable[[Sequence[str]], "np.ndarray"]
"""For each `meta` of a record whether it is marked."""


class Taken(NamedTuple):
    """What was taken out."""

    raws: int
    rows: dict[str, int]
    """Decoded rows by table."""


class _Part(NamedTuple):
    """A file, the rows of it that go, and those that stay."""

    file: File
    goes: pa.Table
    stays: pa.Table


def sources(lake: Lake) -> list[str]:
    """The sources that have records, hot or in files, or rows of records that were purged."""
    with lake.store.reader() as connection:
        hot = set(connection.scalars(sa.select(RAW.c.source).distinct()))
        filed = set(connection.scalars(sa.select(FILES.c.source).where(FILES.c.source != "").distinct()))
    return sorted(hot | filed)


def all_marked(lake: Lake, marked: Marked) -> bool:
    """Whether every record that is kept is marked; true where none is."""
    with lake.store.reader() as connection:
        hot = list(connection.scalars(sa.select(RAW.c.meta).distinct()))
        files = listed(connection, FILES.c.table_name == RAW_TABLE)
    return bool(marked(hot).all()) and all(marked(_metas(lake, file)).all() for file in files)


def take_out(lake: Lake, source: str, marked: Marked, *, now_us: int, tell: Callable[[str, pa.Table], None]) -> Taken:
    """Take out the marked records of a source; `tell` is given the rows that go, with the name of their table.

    Raises:
        Busy: a settle or a rebuilding is running and does not end.
        StoreError: the store or the lake's root is away or full; nothing changed.
    """
    with (
        locked(lake.store, "settle", wait_s=lake.lock_wait_s),
        locked(lake.store, "rebuild", wait_s=lake.lock_wait_s),
    ):
        hot, parts = retried(lambda: _attempt(lake, source, marked, now_us))
    rows: dict[str, int] = {}
    for part in parts:
        if part.file.table_name != RAW_TABLE:
            rows[part.file.table_name] = rows.get(part.file.table_name, 0) + part.goes.num_rows
            tell(part.file.table_name, part.goes)
    return Taken(hot + sum(part.goes.num_rows for part in parts if part.file.table_name == RAW_TABLE), rows)


def _attempt(lake: Lake, source: str, marked: Marked, now_us: int) -> tuple[int, list[_Part]]:
    with lake.store.reader() as connection:
        waiting = connection.execute(sa.select(RAW.c.id, RAW.c.meta).where(RAW.c.source == source)).all()
        files = listed(connection, FILES.c.source == source)
    hot = [row.id for row, goes in zip(waiting, marked([row.meta for row in waiting]), strict=True) if goes]
    raw = [file for file in files if file.table_name == RAW_TABLE]
    parts = [part for file in raw if (part := _split_raw(lake, file, marked)) is not None]
    ids = np.array(sorted(one for part in parts for one in part.goes["id"].to_pylist()), dtype=np.int64)
    if ids.size:
        decoded = [
            file
            for file in files
            if file.table_name != RAW_TABLE and file.first_raw_id <= ids[-1] and ids[0] <= file.last_raw_id
        ]
        parts += [part for file in decoded if (part := _split(lake, file, ids)) is not None]
    if not hot and not parts:
        return 0, []
    made = write(lake, "take", [_draft(part) for part in parts if part.stays.num_rows], now_us=now_us)
    with lake.store.writer() as connection:
        bump(connection, len(hot) + 1)
        for piece in pieces(hot):
            connection.execute(RAW.delete().where(RAW.c.id.in_(piece)))
        unlist(connection, [part.file for part in parts], at=now_us)
        enlist(connection, lake.root, made)
        lake.step("take:3 listed")
    lake.step("take:3 committed")
    for paths in pieces(part.file.path for part in parts):
        remove(lake, paths, unlisted_before=now_us)
    return len(hot), parts


def _split_raw(lake: Lake, file: File, marked: Marked) -> _Part | None:
    goes = marked(_metas(lake, file))
    return _parted(file, read(lake, file), goes) if goes.any() else None


def _split(lake: Lake, file: File, ids: np.ndarray) -> _Part | None:
    goes = np.isin(read(lake, file, ["raw_id"])["raw_id"].to_numpy(), ids)
    return _parted(file, read(lake, file), goes) if goes.any() else None


def _parted(file: File, rows: pa.Table, goes: np.ndarray) -> _Part:
    return _Part(file, rows.filter(pa.array(goes)), rows.filter(pa.array(~goes)))


def _metas(lake: Lake, file: File) -> list[str]:
    return [str(meta) for meta in read(lake, file, ["meta"])["meta"].to_pylist()]


def _draft(part: _Part) -> Draft:
    file = part.file
    if file.table_name != RAW_TABLE:
        return rest(file, part.stays)
    draft = raw_draft(file.source, file.day, part.stays, version=file.decoder_version)
    return draft._replace(is_frozen=file.is_frozen)
