"""Make damaged decoded files again from the raw records, with the present decoder.

A row belongs to a file where its record's id lies in the file's range and no other file of its table, source and day
has a row of that record: so what is made holds what was there, and with the same decoder and opt-outs the same bytes.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa

from telltale.arrow import by_day
from telltale.lake import lost
from telltale.lake.catalog import RAW_TABLE, File, bump, enlist, listed, unlist
from telltale.lake.damage import Damaged
from telltale.lake.lake import Lake, read, retried, write
from telltale.lake.lock import locked
from telltale.lake.redecode import batches
from telltale.lake.rows import day_draft, key_refused
from telltale.landing.schema import FILES, LOST, PURGED
from telltale.tables import TABLES

_Key = tuple[str, date]


class Remade(NamedTuple):
    """What became of a damaged decoded file."""

    file: File
    rows: int
    """In the new file; 0 where there is none."""
    why_lost: str
    """Why rows are gone for good; empty where none is."""
    waits: int = 0
    """Records whose key of pseudonyms is refused: the file stays listed as it is until that is back."""


class _Rows(NamedTuple):
    """What the records of a file decode to now."""

    parts: list[pa.Table]
    refused: set[int]
    """Those of its records that wait for their key."""


def remake(lake: Lake, files: Sequence[File], *, now_us: int, before: Callable[[File], None]) -> list[Remade]:
    """Replace damaged decoded files of any tables and sources by new ones.

    Args:
        lake: where.
        files: the damaged ones; none of raw records, none derived.
        now_us: the present.
        before: called with each file before anything is written in its place.

    Raises:
        Changed: the files kept changing; run it again.
    """
    by_source: dict[str, list[File]] = defaultdict(list)
    for file in files:
        by_source[file.source].append(file)
    done: list[Remade] = []
    for source, members in sorted(by_source.items()):
        with locked(lake.store, "rebuild", wait_s=lake.lock_wait_s):
            rows = _rows(lake, source, members)
            for file, parts in zip(members, rows, strict=True):
                if parts.refused:
                    done.append(Remade(file, 0, "", len(parts.refused)))
                    continue
                before(file)
                done.append(retried(lambda file=file, parts=parts.parts: _replace(lake, file, parts, now_us)))  # type: ignore[misc] # bound at once
    return done


def _rows(lake: Lake, source: str, files: Sequence[File]) -> list[_Rows]:
    """The rows of each file, of its records as they decode now."""
    rows = [_Rows([], set()) for _ in files]
    if source not in lake.versions:  # nothing can decode its records any more
        return rows
    wanted: dict[_Key, list[int]] = defaultdict(list)
    for number, file in enumerate(files):
        wanted[file.table_name, file.day].append(number)
    taken = {key: _elsewhere(lake, source, key, files) for key in wanted}
    for raws in batches(lake, _raw_files(lake, source, files)):
        tables = lake.decode(source, raws)
        refused = np.array(sorted(key_refused(tables)), np.int64)
        for file, found in zip(files, rows, strict=True):
            found.refused.update(refused[_may_hold(file, refused, taken[file.table_name, file.day])].tolist())
        for name, decoded in tables.items():
            for day, part in by_day(TABLES[name], decoded):
                numbers = wanted.get((name, day), ())
                for number, mine in zip(numbers, _apart(part, [files[n] for n in numbers], taken), strict=True):
                    if mine.num_rows:
                        rows[number].parts.append(mine)
    return rows


def _apart(rows: pa.Table, files: Sequence[File], taken: Mapping[_Key, np.ndarray]) -> Iterator[pa.Table]:
    """The rows of each file: of a record, all of them are the first one's that may hold them."""
    for file in files:
        mine = _mine(rows, file, taken[file.table_name, file.day])
        rows = rows.filter(pc.invert(pc.is_in(rows["raw_id"], mine["raw_id"].combine_chunks())))
        yield mine


def _mine(rows: pa.Table, file: File, taken: np.ndarray) -> pa.Table:
    return rows.filter(pa.array(_may_hold(file, rows["raw_id"].to_numpy(), taken)))


def _may_hold(file: File, ids: np.ndarray, taken: np.ndarray) -> np.ndarray:
    """Of each record whether its rows may have been in a file; those of others are in whole ones."""
    return (ids >= file.first_raw_id) & (ids <= file.last_raw_id) & ~np.isin(ids, taken)


def _elsewhere(lake: Lake, source: str, key: _Key, damaged: Iterable[File]) -> np.ndarray:
    """The ids of records that have rows in whole files of a table, source and day."""
    left_out = {file.path for file in damaged}
    of_day = (FILES.c.table_name == key[0], FILES.c.source == source, FILES.c.day == key[1])
    with lake.store.reader() as connection:
        files = [file for file in listed(connection, *of_day) if file.path not in left_out]
    ids = [read(lake, file, ["raw_id"])["raw_id"].to_numpy() for file in files]
    return np.concatenate([np.empty(0, np.int64), *ids])


def _raw_files(lake: Lake, source: str, files: Sequence[File]) -> list[File]:
    """The raw files that may hold records of them and can be read."""
    with lake.store.reader() as connection:
        raw = listed(connection, FILES.c.table_name == RAW_TABLE, FILES.c.source == source)
    wanted = [
        each
        for each in raw
        if any(each.first_raw_id <= file.last_raw_id and file.first_raw_id <= each.last_raw_id for file in files)
    ]
    return [each for each in wanted if _is_whole(lake, each)]


def _is_whole(lake: Lake, file: File) -> bool:
    try:
        read(lake, file, ["id"])
    except Damaged as damaged:
        lake.leave_out(damaged)
        return False
    return True


def _replace(lake: Lake, file: File, parts: Sequence[pa.Table], now_us: int) -> Remade:
    made = []
    if parts:
        draft = day_draft(
            TABLES[file.table_name], file.source, file.day, pa.concat_tables(parts), version=lake.versions[file.source]
        )
        draft = draft._replace(first_raw_id=file.first_raw_id, last_raw_id=file.last_raw_id, is_frozen=file.is_frozen)
        made = write(lake, "remake", [draft], now_us=now_us)
    rows = made[0].rows if made else 0
    why = _why_lost(lake, file) if rows < file.rows else ""
    with lake.store.writer() as connection:
        bump(connection)
        unlist(connection, [file], at=now_us)
        enlist(connection, lake.root, made)
        if why:
            lost.note(connection, [lost.of_file(file, file.rows - rows, now_us=now_us)])
        lake.step("remake:4 listed")
    return Remade(file, rows, why)


def _why_lost(lake: Lake, file: File) -> str:
    """Why rows cannot be made again; empty where all records are there, and decode to fewer rows today."""
    if file.source not in lake.versions:
        return f'no source "{file.source}" is listed any more'
    if _overlaps(lake, PURGED, file):
        return "their raw records were purged"
    return "their raw records are lost" if _overlaps(lake, LOST, file) else ""


def _overlaps(lake: Lake, table: sa.Table, file: File) -> bool:
    """Whether raw records of a file's range are among those a table tells of."""
    columns = table.c
    where = (columns.table_name == RAW_TABLE, columns.source == file.source)
    overlaps = (columns.first_raw_id <= file.last_raw_id) & (columns.last_raw_id >= file.first_raw_id)
    with lake.store.reader() as connection:
        return connection.execute(sa.select(columns.id).where(*where, overlaps).limit(1)).first() is not None
