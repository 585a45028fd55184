"""The catalog: which files make up the lake, as rows of the store's database.

Every change is one transaction of `Store.writer()` that starts with `bump`, so that catalog changes also follow one
another where writers do not exclude each other (PostgreSQL).
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from itertools import count, islice
from typing import Any, NamedTuple, TypeVar

import sqlalchemy as sa

from telltale.contract import TelltaleError
from telltale.lake.files import Root
from telltale.landing.schema import FILES, GONE, META, PURGED, UNLISTED
from telltale.landing.store import Store

RAW_TABLE = "raw"

_PIECE = 500  # values of one IN list
_T = TypeVar("_T")


class Changed(TelltaleError):
    """What was read is no longer what is listed; the caller starts again from a new snapshot."""


class File(NamedTuple):
    """A listed Parquet file."""

    path: str
    """Relative to the lake root."""
    table_name: str
    source: str
    """Empty for a derived table."""
    site: str
    """Empty unless derived."""
    day: date
    rows: int
    bytes: int
    sha256: str
    first_raw_id: int
    """Of the records read for it: the range also covers resends that lost against another row."""
    last_raw_id: int
    min_time: int
    """Of the time its rows are filed under, microseconds UTC; the received time of raw records."""
    max_time: int
    decoder_version: int
    """Of a raw file: the decoder that made the rows of its records. Of another: the oldest among its rows."""
    is_unique: bool
    """No two of its rows have the same natural key."""
    is_frozen: bool
    """Raw records of its source and day were purged: decode leaves it as it is."""
    created_at: int
    host: str


_NAMES = File._fields


def bump(connection: sa.Connection, by: int = 1) -> None:
    """Raise the catalog's counter, and keep other catalog changes waiting until this transaction ends."""
    connection.execute(META.update().where(META.c.key == "change").values(value=META.c.value + sa.literal(by)))


def listed(connection: sa.Connection, *where: sa.ColumnElement[bool]) -> list[File]:
    """The listed files for which all conditions hold, in the order of their path."""
    # A lake of years lists tens of thousands: read as they lie and sorted here, they take half the time.
    as_they_lie: list[sa.ColumnElement[Any]] = [sa.type_coerce(FILES.c[name], sa.types.NullType()) for name in _NAMES]
    days: dict[date | str, date] = {}
    files = []
    for row in connection.execute(sa.select(*as_they_lie).where(*where)):
        if (day := row.day) not in days:
            days[day] = date.fromisoformat(day) if isinstance(day, str) else day
        flags = bool(row.is_unique), bool(row.is_frozen)
        files.append(File._make((*row[:4], days[day], *row[5:13], *flags, *row[15:])))
    return sorted(files)


def enlist(connection: sa.Connection, root: Root, files: Sequence[File]) -> None:
    """List files that were written.

    Raises:
        Changed: one was removed, or is being, since it was written: its content had been listed before, then un-listed.
    """
    paths = [file.path for file in files]
    gone = marked(connection, paths)
    if root.folder is not None:  # where it costs nothing, whoever removed it
        gone |= set(root.missing(paths))
    if gone:
        raise Changed(f"lake {root.shown}: {min(gone)} was removed before it was listed; start again")
    if files:
        connection.execute(FILES.insert(), [file._asdict() for file in files])
    for some in pieces(paths):
        connection.execute(UNLISTED.delete().where(UNLISTED.c.path.in_(some)))


def marked(connection: sa.Connection, paths: Iterable[str]) -> set[str]:
    """Those of these files that were removed, or are being."""
    found: set[str] = set()
    for some in pieces(paths):
        found.update(connection.scalars(sa.select(GONE.c.path).where(GONE.c.path.in_(some))))
    return found


def mark(connection: sa.Connection, paths: Iterable[str], *, at: int) -> None:
    """Note that files are about to be removed: from here on nobody lists them."""
    for some in pieces(paths):
        new = set(some) - marked(connection, some)
        if new:
            connection.execute(GONE.insert(), [{"path": path, "at": at} for path in sorted(new)])


def writable(store: Store, paths: Iterable[str]) -> dict[str, str]:
    """By path where to write its content: there, or under another name where a file of that path was removed.

    A removal may still be under way, or have been held up: what it removes must never be what is written now.
    """
    made = {path: path for path in paths}
    with store.reader() as connection:
        for path in marked(connection, made):
            stem = path.removesuffix(".parquet")
            taken = set(connection.scalars(sa.select(GONE.c.path).where(GONE.c.path.startswith(stem, autoescape=True))))
            names = (f"{stem}-{number}.parquet" for number in count(2))
            made[path] = next(name for name in names if name not in taken)
    return made


def unlist(connection: sa.Connection, files: Sequence[File], *, at: int) -> None:
    """Take exactly these files off the list and note since when.

    Raises:
        Changed: one of them is no longer listed, or not as it was read.
    """
    require(connection, files)
    for paths in pieces(file.path for file in files):
        connection.execute(FILES.delete().where(FILES.c.path.in_(paths)))
        connection.execute(UNLISTED.delete().where(UNLISTED.c.path.in_(paths)))
        connection.execute(UNLISTED.insert(), [{"path": path, "at": at} for path in paths])


def require(connection: sa.Connection, files: Sequence[File]) -> None:
    """Check that these files are listed exactly as they were read.

    Raises:
        Changed: one is not.
    """
    present: set[File] = set()
    for paths in pieces(file.path for file in files):
        present.update(listed(connection, FILES.c.path.in_(paths)))
    missing = [file.path for file in files if file not in present]
    if missing:
        raise Changed(f"catalog: {missing[0]} was merged, purged or decoded again meanwhile; start again")


def purged_days(connection: sa.Connection, table_name: str, source: str) -> set[date]:
    """The days of which rows of a table of a source were purged."""
    query = sa.select(PURGED.c.day).where(PURGED.c.table_name == table_name, PURGED.c.source == source).distinct()
    return set(connection.scalars(query))


class Removed(NamedTuple):
    """Rows of a table, source and day that retention removed."""

    table_name: str
    source: str
    day: date
    first_raw_id: int
    last_raw_id: int
    at: int
    """When, microseconds UTC."""


def removed_ranges(store: Store, table_name: str = RAW_TABLE, *, since_us: int = 0) -> list[Removed]:
    """What of a table was removed after a moment, oldest first; raw records by the day they were received on."""
    query = sa.select(*(PURGED.c[name] for name in Removed._fields))
    query = query.where(PURGED.c.table_name == table_name, PURGED.c.at > since_us).order_by(PURGED.c.id)
    with store.reader() as connection:
        return [Removed(*row) for row in connection.execute(query)]


def pieces(values: Iterable[_T], size: int = _PIECE) -> Iterator[list[_T]]:
    """Lists of at most `size` values."""
    stream = iter(values)
    while piece := list(islice(stream, size)):
        yield piece
