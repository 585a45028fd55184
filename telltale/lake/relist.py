"""The catalog again, from the files themselves: after the store was lost, or an older one was put back.

A file says its table, source and day by its path, its rows by its content, and by its name whether it is what was
written. Of several with the same records those that were written last count. What no file says is lost with the store:
since when rows are kept, what was purged or decoded again, how many rows came late.
"""

import hashlib
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa

from telltale.arrow import conform, own_time
from telltale.lake.catalog import RAW_TABLE, File, bump, enlist, listed
from telltale.lake.damage import is_of_its_name, seen_by_reading
from telltale.lake.files import Found
from telltale.lake.lake import Lake, write
from telltale.lake.lock import HOST, locked
from telltale.lake.orphans import BY_UNKNOWN, day_of, raw_orphans, source_of, unknown_records
from telltale.lake.retained import mark_closed
from telltale.lake.returned import returned
from telltale.lake.rows import raw_draft, tidy
from telltale.lake.unfinished import finish, is_unfinished
from telltale.landing.numbering import give_above
from telltale.landing.schema import FILES, LOST, RAW, SUPERSEDED, UNLISTED
from telltale.tables import PRESENCE_DAY, TABLES

Progress = Callable[[int, int], None]
_Ends = tuple[int, int, int, int]
"""First and last raw id, first and last time."""


class Relisted(NamedTuple):
    """What was put on the list again."""

    files: int
    records: int
    rows: dict[str, int]
    """By decoded or derived table."""
    unreadable: tuple[str, ...]
    """Files that are not what was written; they stay off the list."""
    renumbered: int
    """Records that came after the store was lost and bore numbers that the lake's records have."""
    clashing: tuple[str, ...] = ()
    """Files whose records bear numbers that others in listed files have by now; they stay off the list."""
    returned: int = 0
    """Files that had been taken off the list as lost, and lay there again."""


def relist(lake: Lake, *, now_us: int, progress: Progress = lambda _done, _of: None) -> Relisted:
    """List the files of records that the store does not know, and what was made of them.

    Raises:
        StoreError: somebody who is adding records does not end, run it again; or a file cannot be read.
        Busy: another job is running.
    """
    with (
        locked(lake.store, "settle", wait_s=lake.lock_wait_s),
        locked(lake.store, "rebuild", wait_s=lake.lock_wait_s),
    ):
        back = frozenset(returned(lake))
        never = never_listed(lake, back)
        unknown = {found.path: found.ids for found in unknown_records(lake, never)}
        lists_all = _may_be_all(lake) or is_unfinished(lake.store) or bool(unknown.keys() - back)
        if not unknown and not back and not lists_all:
            return Relisted(0, 0, {}, (), 0)
        paths = sorted(path for path in never if _is_a_file_of_rows(path) and (lists_all or path in back))
        whole = []
        for number, path in enumerate(paths):
            progress(number, len(paths))
            if is_of_its_name(lake.root, path):
                whole.append(path)
        taken = clashing(lake, unknown)
        not_ours = np.unique(np.concatenate([np.empty(0, np.int64), *(unknown.pop(path) for path in taken)]))
        renumbered = _renumber(lake, list(unknown.values()))
        files = _chosen_raw(lake, {path: unknown[path] for path in whole if path in unknown}, never, now_us)
        files += _chosen_rows(lake, [path for path in whole if not raw_orphans([path])], never, not_ours, now_us)
        with lake.store.writer() as connection:
            bump(connection)
            enlist(connection, lake.root, files)
            _never_again(connection, max((file.last_raw_id for file in files), default=0))
            connection.execute(LOST.delete().where(LOST.c.path.in_(back.difference(taken))))
            finish(connection)
    _close(lake, files)
    rows: dict[str, int] = defaultdict(int)
    for file in files:
        rows[file.table_name] += file.rows
    unreadable = tuple(sorted({*paths} - {*whole}))
    records = rows.pop(RAW_TABLE, 0)
    return Relisted(len(files), records, dict(rows), unreadable, renumbered, tuple(taken), len(back))


def _is_a_file_of_rows(path: str) -> bool:
    return path.endswith(".parquet") and not path.rpartition("/")[2].startswith(".")


def never_listed(lake: Lake, back: Collection[str] = ()) -> dict[str, Found]:
    """Files that nobody lists and nobody took off the list; with those that came back after they were."""
    known: set[str] = set()
    with lake.store.reader() as connection:
        for table in (FILES, UNLISTED, SUPERSEDED):
            known.update(connection.scalars(sa.select(table.c.path)))
    return {found.path: found for found in lake.root.walk() if found.path not in known or found.path in back}


def _may_be_all(lake: Lake) -> bool:
    """Whether nothing was ever listed: then files without any raw records are those of a lost store, too."""
    with lake.store.reader() as connection:
        tables = (FILES, UNLISTED)
        return not any(connection.execute(sa.select(table.c.path).limit(1)).first() for table in tables)


def clashing(lake: Lake, unknown: Mapping[str, np.ndarray]) -> list[str]:
    """The files whose records bear numbers of other records in listed files: an older store gave them again."""
    ends = {path: (int(ids.min()), int(ids.max())) for path, ids in unknown.items()}
    with lake.store.reader() as connection:
        raw = listed(connection, FILES.c.table_name == RAW_TABLE) if unknown else []
    found = set[str]()
    for file in raw:
        near = [path for path, (low, high) in ends.items() if file.first_raw_id <= high and low <= file.last_raw_id]
        if not near or seen_by_reading(lake.root, file):
            continue
        there = lake.root.read(file.path, ["id"])["id"].to_numpy()
        found.update(path for path in near if np.isin(there, unknown[path]).any())
    return sorted(found)


def _renumber(lake: Lake, unknown: Sequence[np.ndarray]) -> int:
    """Give hot records that bear numbers of the lake's new ones above all; how many there were."""
    ids = np.unique(np.concatenate([np.empty(0, np.int64), *unknown]))
    if not ids.size:
        return 0
    above = max(int(ids.max()), lake.store.last_id())
    # What arrives before the next line is given one of the first of these numbers, what arrives after it none.
    shift = above + _SPARE
    with lake.store.writer() as connection:
        _never_again(connection, shift + above)
    lake.store.last_id()  # until then who adds records may hold smaller ones that do not show yet
    with lake.store.writer() as connection:
        hot = list(connection.scalars(sa.select(RAW.c.id).where(RAW.c.id <= above)))
        if not np.isin(np.array(hot, np.int64), ids).any():
            return 0
        bump(connection)
        for number in hot:
            connection.execute(RAW.update().where(RAW.c.id == number).values(id=shift + number))
    return len(hot)


def _never_again(connection: sa.Connection, last: int) -> None:
    """Let no record be given a number up to that one; far above, for those that were lost hot had some, too."""
    if last:
        give_above(connection, RAW, last + _SPARE)


_SPARE = 1_000_000
"""More records than a store holds hot, or than arrive while a few lines run."""


def _chosen_raw(lake: Lake, unknown: Mapping[str, np.ndarray], found: dict[str, Found], now_us: int) -> list[File]:
    """Files of raw records, the largest first, each record once: of a file that holds known ones a new one is made."""
    taken = np.empty(0, np.int64)
    files = []
    for path in sorted(unknown, key=lambda path: (-found[path].bytes, path)):
        new = np.setdiff1d(unknown[path], taken)
        if not new.size:  # merged since, or a job that began again
            continue
        taken = np.concatenate([taken, new])
        rows = lake.root.read(path, ["id", "received_at"])
        if new.size < rows.num_rows:
            some = lake.root.read(path)
            some = some.filter(pa.array(np.isin(some["id"].to_numpy(), new)))
            draft = raw_draft(source_of(path), day_of(path), some, version=BY_UNKNOWN)
            files += write(lake, "relist", [draft], now_us=now_us)
            continue
        ids = rows["id"].to_numpy()
        received = pc.min_max(rows["received_at"].cast(pa.int64())).as_py()
        ends = int(ids.min()), int(ids.max()), received["min"], received["max"]
        files.append(_file(lake, found[path], (RAW_TABLE, source_of(path), "", rows.num_rows), ends, now_us=now_us))
    return files


def _chosen_rows(
    lake: Lake, paths: Sequence[str], found: dict[str, Found], not_ours: np.ndarray, now_us: int
) -> list[File]:
    """Files of decoded and derived rows, the newest first: one whose records all have rows already was replaced.

    None with rows of some records: their numbers are others' by now.
    """
    taken: dict[tuple[str, str, str, date], np.ndarray] = {}
    files = []
    for path in sorted(paths, key=lambda path: (-found[path].written_at, path)):
        name = path.split("/")[0]
        if name not in TABLES:
            continue
        table = TABLES[name]
        rows = conform(table, _with_added(lake.root.read(path), table.added, table.names))
        sources = set(rows["source"].to_pylist()) if not table.derived else {""}
        sites = set(rows["site"].to_pylist()) if table.derived else {""}
        if not rows.num_rows or len(sources) != 1 or len(sites) != 1:
            continue
        source, site = sources.pop(), sites.pop()
        key = name, source, site, day_of(path)
        ids = np.zeros(1, np.int64) if table.derived else np.unique(rows["raw_id"].to_numpy())
        if key not in taken:
            taken[key] = _listed_ids(lake, key)
        there = taken[key]
        if np.isin(ids, there).all() or np.isin(ids, not_ours).any():
            continue
        taken[key] = np.union1d(ids, there)
        times = pc.min_max(own_time(table, rows).cast(pa.int64())).as_py()
        ends = int(ids.min()), int(ids.max()), times["min"], times["max"]
        tidied, unique = tidy(table, rows)
        made = _file(lake, found[path], (name, source, site, rows.num_rows), ends, now_us=now_us)
        files.append(made._replace(is_unique=unique and tidied.num_rows == rows.num_rows))
    return files


def _listed_ids(lake: Lake, key: tuple[str, str, str, date]) -> np.ndarray:
    """The records that have rows in listed files of a table, source, site and day; of a derived one the number 0."""
    of_key = [FILES.c[name] == value for name, value in zip(("table_name", "source", "site", "day"), key, strict=True)]
    with lake.store.reader() as connection:
        files = listed(connection, *of_key)
    if TABLES[key[0]].derived:
        return np.zeros(len(files), np.int64)
    ids = [lake.root.read(file.path, ["raw_id"])["raw_id"].to_numpy() for file in files]
    return np.unique(np.concatenate([np.empty(0, np.int64), *ids]))


def _with_added(rows: pa.Table, added: Sequence[str], names: Sequence[str]) -> pa.Table:
    """With the columns that came after the file was written."""
    for name in added:
        if name not in rows.column_names:
            rows = rows.append_column(name, pa.nulls(rows.num_rows))
    return rows.select(list(names))


def _file(lake: Lake, found: Found, what: tuple[str, str, str, int], ends: _Ends, *, now_us: int) -> File:
    """Of table, source, site and rows, and what these reach from and to."""
    table_name, source, site, rows = what
    digest = hashlib.sha256(lake.root.content(found.path)).hexdigest()
    return File(
        found.path, table_name, source, site, day_of(found.path), rows, found.bytes, digest, *ends, BY_UNKNOWN,
        is_unique=True, is_frozen=False, created_at=now_us, host=HOST,
    )  # fmt: skip


def _close(lake: Lake, files: Sequence[File]) -> None:
    """A day of a site whose figures are there is closed."""
    closed = lake.closed_days()
    for file in files:
        if file.table_name == PRESENCE_DAY.name and (file.site, file.day) not in closed:
            mark_closed(lake.store, file.site, file.day, now_us=file.created_at)
