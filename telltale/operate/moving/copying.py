"""The rows of a store from one database into another, and whether both hold the same.

Every table but `lock` is copied, ids included: what lies in the lake names records by them. The highest id ever given
goes along too, for an id must never be used twice, even after every row was settled.
"""

import hashlib
from collections.abc import Callable, Generator
from contextlib import closing
from typing import Any, NamedTuple

import sqlalchemy as sa

from telltale.contract import StoreError
from telltale.landing.database import cause_of
from telltale.landing.numbering import give_above, last_given
from telltale.landing.schema import LOCK, META, metadata

TABLES = [table for table in metadata.sorted_tables if table is not LOCK]
"""What is copied: who holds a lock is a process of the old store."""
_BATCH_ROWS = 500
_BATCH_BYTES = 16 << 20
_FETCHED = 100
Progress = Callable[[str, int, int], None]
"""Told the table, and how many of how many rows of all tables are copied."""


class Content(NamedTuple):
    """What a table holds."""

    rows: int
    digest: str
    """The sum of the SHA-256 of each row: the same in any order, which databases sort texts by differently."""


def copy(source: sa.Connection, target: sa.Connection, progress: Progress) -> dict[str, Content]:
    """Copy all rows and the highest ids within the transactions of both; what each table holds in both afterwards.

    Raises:
        StoreError: the target cannot hold a row, or holds something else afterwards.
    """
    total = sum(counted(source).values())
    done = 0
    target.execute(META.delete())  # a new store's own
    contents = {}
    for table in TABLES:
        summed = _Sum()
        with closing(_batches(source, table)) as batches:
            for batch in batches:
                summed.add(batch)
                _insert(target, table, batch)
                done += len(batch)
                progress(table.name, done, total)
        contents[table.name] = summed.content
    _give_on(highest_ids(source), target)
    for table in TABLES:
        progress(f"compare {table.name}", done, total)
        _compare(table.name, contents[table.name], content(target, table))
    if (there := highest_ids(target)) != (expected := highest_ids(source)):
        raise StoreError(f"move: the highest ids are {there}, expected {expected}; nothing was moved, please report it")
    return contents


def counted(connection: sa.Connection) -> dict[str, int]:
    """The rows of each table."""
    return {table.name: connection.scalar(sa.select(sa.func.count()).select_from(table)) or 0 for table in TABLES}


def content(connection: sa.Connection, table: sa.Table) -> Content:
    """What a table holds."""
    summed = _Sum()
    for batch in _batches(connection, table):
        summed.add(batch)
    return summed.content


def highest_ids(connection: sa.Connection) -> dict[str, int]:
    """The highest id ever given in each table that gives them; 0 before the first."""
    highest = {}
    for table in _numbered():
        there = connection.scalar(sa.select(sa.func.max(table.c.id))) or 0
        highest[table.name] = max(there, last_given(connection, table))
    return highest


def _give_on(highest: dict[str, int], target: sa.Connection) -> None:
    """Let the next id of each table be above the highest ever given."""
    for table in _numbered():
        give_above(target, table, highest[table.name])


def _numbered() -> list[sa.Table]:
    return [table for table in TABLES if "id" in table.c and table.c.id.identity is not None]


def _batches(connection: sa.Connection, table: sa.Table) -> Generator[list[dict[str, Any]]]:
    """The rows by primary key, a few hundred at once: bodies may be large."""
    query = sa.select(table).order_by(*table.primary_key.columns)
    batch: list[dict[str, Any]] = []
    size = 0
    with connection.execute(query, execution_options={"yield_per": _FETCHED}) as rows:
        for row in rows.mappings():
            batch.append(dict(row))
            size += sum(len(value) for value in row.values() if isinstance(value, bytes | str))
            if len(batch) >= _BATCH_ROWS or size >= _BATCH_BYTES:
                yield batch
                batch, size = [], 0
    if batch:
        yield batch


def _insert(target: sa.Connection, table: sa.Table, batch: list[dict[str, Any]]) -> None:
    try:
        target.execute(table.insert(), batch)
    except (sa.exc.DataError, sa.exc.IntegrityError) as error:
        keys = [column.name for column in table.primary_key.columns]
        first, last = (", ".join(str(row[key]) for key in keys) for row in (batch[0], batch[-1]))
        raise StoreError(
            f"move: the new store cannot hold a row of {table.name} between ({first}) and ({last}): "
            f"{cause_of(error)}; nothing was moved"
        ) from None  # the driver's text may quote a record


def _compare(name: str, expected: Content, there: Content) -> None:
    if there != expected:
        raise StoreError(
            f"move: {name} has {there.rows:,} rows with digest {there.digest[:12]} in the new store, expected "
            f"{expected.rows:,} with {expected.digest[:12]}; nothing was moved, please report it"
        )


class _Sum:
    """The content of rows as they go by."""

    def __init__(self) -> None:
        self._rows = 0
        self._sum = 0

    def add(self, batch: list[dict[str, Any]]) -> None:
        """Add some rows."""
        self._rows += len(batch)
        for row in batch:
            digest = hashlib.sha256(repr(tuple(row.values())).encode()).digest()
            self._sum = (self._sum + int.from_bytes(digest)) % (1 << 256)

    @property
    def content(self) -> Content:
        """Of the rows so far."""
        return Content(self._rows, f"{self._sum:064x}")
