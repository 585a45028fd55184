"""Write over, or take out, what raw records say of a device: the one change a raw record ever sees.

One raw file at a time, under the locks of settling and rebuilding: 1 read its records and judge them; 2 write the
others as they were, and what is left of those; 3 in one transaction un-list exactly the file (still listed, else start
again) and the rows of the records that go, and list the new; 4 remove what was replaced, at once. Run again it goes on
where it stopped, for a file that names nobody is left as it is.
"""

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import sqlalchemy as sa

from telltale.arrow import raws_to_arrow
from telltale.contract import Raw
from telltale.lake.catalog import RAW_TABLE, File, bump, enlist, listed, pieces, unlist
from telltale.lake.gc import remove
from telltale.lake.lake import Lake, read, retried, write
from telltale.lake.lock import locked
from telltale.lake.purge import rest
from telltale.lake.rows import Draft, raw_draft
from telltale.landing.schema import FILES, RAW


class Left(NamedTuple):
    """What is left of a record: its bytes without the device, and what says so."""

    meta: str
    body: bytes


Verdicts = Mapping[int, Left | None]
"""By id of a record: what is left of it; None takes it out. What is not in it stays as it is."""
Judge = Callable[[pa.Table], Verdicts]
"""Judges raw records, given as a table."""


class Gone:
    """What became of records, and of the rows made of those that were removed."""

    def __init__(self, removed: int = 0, overwritten: int = 0) -> None:
        self.removed = removed
        self.overwritten = overwritten
        self.rows: Counter[str] = Counter()
        """Decoded rows that were removed, by table."""

    def add(self, other: "Gone") -> None:
        """Add what became of others."""
        self.removed += other.removed
        self.overwritten += other.overwritten
        self.rows.update(other.rows)


def forget_records(lake: Lake, source: str, judge: Judge, *, now_us: int) -> Gone:
    """Do to each record of a source, hot or in a file, what `judge` says.

    Raises:
        Busy: a settle or a rebuilding is running and does not end.
        StoreError: the store or the lake's root is away or full; run it again, it goes on where it stopped.
    """
    with (
        locked(lake.store, "settle", wait_s=lake.lock_wait_s),
        locked(lake.store, "rebuild", wait_s=lake.lock_wait_s),
    ):
        done = _hot(lake, source, judge)
        for file in _raw_files(lake, source):
            done.add(retried(partial(_of_file, lake, file, judge, now_us)))
    return done


def would_forget(lake: Lake, source: str, judge: Judge) -> Gone:
    """What `forget_records` would do; nothing is changed."""
    done = _counted(judge(raws_to_arrow(_waiting(lake, source))))
    for file in _raw_files(lake, source):
        done.add(_counted(judge(read(lake, file))))
    return done


def _raw_files(lake: Lake, source: str) -> list[File]:
    with lake.store.reader() as connection:
        return listed(connection, FILES.c.table_name == RAW_TABLE, FILES.c.source == source)


def _waiting(lake: Lake, source: str) -> list[Raw]:
    query = sa.select(*(RAW.c[name] for name in Raw._fields)).where(RAW.c.source == source).order_by(RAW.c.id)
    with lake.store.reader() as connection:
        return [Raw(*row) for row in connection.execute(query)]


def _hot(lake: Lake, source: str, judge: Judge) -> Gone:
    verdicts = judge(raws_to_arrow(_waiting(lake, source)))
    if not verdicts:
        return Gone()
    with lake.store.writer() as connection:
        bump(connection, len(verdicts) + 1)
        for ids in pieces(raw_id for raw_id, left in verdicts.items() if left is None):
            connection.execute(RAW.delete().where(RAW.c.id.in_(ids)))
        for raw_id, left in verdicts.items():
            if left is not None:
                connection.execute(RAW.update().where(RAW.c.id == raw_id).values(**left._asdict()))
    return _counted(verdicts)


def _of_file(lake: Lake, file: File, judge: Judge, now_us: int) -> Gone:
    records = read(lake, file)
    verdicts = judge(records)
    if not verdicts:
        return Gone()
    gone = [raw_id for raw_id, left in verdicts.items() if left is None]
    stays = _stays(records, verdicts)
    decoded = _decoded(lake, file.source, gone)
    drafts = [rest(other, rows) for other, rows in decoded if rows.num_rows]
    if stays.num_rows:
        drafts.append(_raw_draft(file, stays))
    made = write(lake, "forget", drafts, now_us=now_us)
    replaced = [file, *(other for other, _ in decoded)]
    with lake.store.writer() as connection:
        bump(connection)
        unlist(connection, replaced, at=now_us)
        lake.step("forget:3 unlisted")
        enlist(connection, lake.root, made)
        lake.step("forget:3 listed")
    lake.step("forget:3 committed")
    kept = {each.path for each in made}
    for paths in pieces(each.path for each in replaced if each.path not in kept):
        remove(lake, paths, unlisted_before=now_us)
    lake.step("forget:4 removed")
    done = _counted(verdicts)
    for other, rows in decoded:
        done.rows[other.table_name] += other.rows - rows.num_rows
    return done


def _stays(records: pa.Table, verdicts: Verdicts) -> pa.Table:
    """The records that stay, some of them with what is left."""
    ids = records["id"].to_pylist()
    for name in ("meta", "body"):
        column = [
            getattr(left, name) if (left := verdicts.get(raw_id)) is not None else value
            for raw_id, value in zip(ids, records[name].to_pylist(), strict=True)
        ]
        at = records.schema.get_field_index(name)
        records = records.set_column(at, records.schema.field(at), pa.array(column, records.schema.field(at).type))
    return records.filter(pa.array([raw_id not in verdicts or verdicts[raw_id] is not None for raw_id in ids]))


def _decoded(lake: Lake, source: str, gone: Collection[int]) -> list[tuple[File, pa.Table]]:
    """The decoded files with rows of these records, each with its other rows."""
    if not gone:
        return []
    ids = np.array(sorted(gone), dtype=np.int64)
    overlaps = (FILES.c.first_raw_id <= int(ids[-1])) & (FILES.c.last_raw_id >= int(ids[0]))
    with lake.store.reader() as connection:
        files = listed(connection, FILES.c.table_name != RAW_TABLE, FILES.c.source == source, overlaps)
    found = []
    for file in files:
        of_them = np.isin(read(lake, file, ["raw_id"])["raw_id"].to_numpy(), ids)
        if of_them.any():
            found.append((file, read(lake, file).filter(pa.array(~of_them))))
    return found


def _raw_draft(file: File, stays: pa.Table) -> Draft:
    draft = raw_draft(file.source, file.day, stays, version=file.decoder_version)
    return draft._replace(is_frozen=file.is_frozen)


def _counted(verdicts: Verdicts) -> Gone:
    removed = sum(left is None for left in verdicts.values())
    return Gone(removed, len(verdicts) - removed)


def sources_with_records(lake: Lake) -> Sequence[str]:
    """The sources that have raw records, hot or in files."""
    with lake.store.reader() as connection:
        hot = set(connection.scalars(sa.select(RAW.c.source).distinct()))
        filed = set(connection.scalars(sa.select(FILES.c.source).where(FILES.c.table_name == RAW_TABLE).distinct()))
    return sorted(hot | filed)
