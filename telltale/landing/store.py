"""The store's database: one engine, transactions that begin when they say so, and what SQLite alone needs.

Everything that is SQLite's own dialect stands in this file; the rest of the store and the lake is SQLAlchemy Core.
"""

import random
import re
import sqlite3
import time
import weakref
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from telltale.contract import Raw, StoreError
from telltale.landing.schema import META, SCHEMA_VERSION, metadata

_VACUUM_PAGES = 1_000
_PIECE = 512  # rows of one INSERT: 512 × 5 values stay far below SQLite's 32,766
_BEGIN = "telltale_begin"  # execution option: the statement a transaction begins with


class Store:
    """The database of hot raw records and of the catalog; created on first use.

    Args:
        url: SQLAlchemy URL, such as `sqlite:////srv/telltale/data/landing/landing.sqlite`.
        busy_timeout_s: how long a writer waits for another's lock; shorter than a landing ticket's time-out.

    Raises:
        StoreError: the database cannot be opened, or was written by another version of telltale.
    """

    def __init__(self, url: str, *, busy_timeout_s: float = 5.0) -> None:
        self.url = url
        self.busy_timeout_s = busy_timeout_s
        self.is_sqlite = sa.make_url(url).get_backend_name() == "sqlite"
        self.engine = _sqlite_engine(url) if self.is_sqlite else sa.create_engine(url)
        sa.event.listen(self.engine, "begin", _beginner(busy_timeout_s if self.is_sqlite else None))
        weakref.finalize(self, self.engine.dispose)  # of a store let go without close(), and at the program's end
        self._create()

    @contextmanager
    def reader(self) -> Iterator[sa.Connection]:
        """A connection in one read transaction: every SELECT sees the same moment."""
        with self._errors(), self._connect("BEGIN") as connection, connection.begin():
            yield connection

    @contextmanager
    def writer(self) -> Iterator[sa.Connection]:
        """A connection in one write transaction, committed at the end or rolled back by an exception.

        Raises:
            StoreError: the lock was held for longer than `busy_timeout_s`, the disk is full, the store is away.
        """
        with self._errors(), self._connect("BEGIN IMMEDIATE") as connection, connection.begin():
            yield connection

    def insert(self, connection: sa.Connection, raws: Sequence[Raw]) -> range:
        """Insert raw records in the order given and return their ids, which follow one another.

        Few large statements instead of one per row: each gives the interpreter lock away once, and with many
        waiting threads getting it back is what costs. Sizes are powers of two, so that ten statements are prepared
        in all.
        """
        last, start = 0, 0
        while start < len(raws):
            size = min(_PIECE, 1 << ((len(raws) - start).bit_length() - 1))
            values = [value for raw in raws[start : start + size] for value in raw[1:]]
            last = connection.exec_driver_sql(_insert_text(size), tuple(values)).lastrowid
            start += size
        return range(last - len(raws) + 1, last + 1)

    def scrub(self) -> bool:
        """Give freed pages back and empty the write-ahead log, where deleted bodies stay readable until then.

        Returns:
            False when a reader kept the log from being emptied for `busy_timeout_s`; try again later.
        """
        deadline = time.monotonic() + self.busy_timeout_s
        while True:
            with self._errors(), self._connect("") as connection:
                if self._scrub_once(connection):
                    return True
            if time.monotonic() > deadline:
                return False
            time.sleep(0.05)

    def close(self) -> None:
        """Close every idle connection."""
        self.engine.dispose()

    def _connect(self, begin: str) -> sa.Connection:
        return self.engine.connect().execution_options(**{_BEGIN: begin})

    def _create(self) -> None:
        with self.writer() as connection:
            metadata.create_all(connection)
            found = connection.scalar(sa.select(META.c.value).where(META.c.key == "schema_version"))
            if found is None:
                start = [("schema_version", SCHEMA_VERSION), ("change", 0), ("probe", 0)]
                connection.execute(META.insert(), [{"key": key, "value": value} for key, value in start])
            elif found != SCHEMA_VERSION:
                raise StoreError(
                    f"store {self._shown()}: schema version {found}, expected {SCHEMA_VERSION}; "
                    "use the telltale that wrote it, or start with an empty store"
                )

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except (sa.exc.IntegrityError, sa.exc.ProgrammingError, sa.exc.DataError):
            raise  # a mistake in what was asked, not in the store
        except (sa.exc.DBAPIError, sqlite3.Error) as error:
            cause = error.orig if isinstance(error, sa.exc.DBAPIError) else error
            raise StoreError(f"store {self._shown()}: {cause}; is its disk full, or another program in it?") from error

    def _scrub_once(self, connection: sa.Connection) -> bool:
        if not self.is_sqlite:
            connection.execution_options(isolation_level="AUTOCOMMIT").exec_driver_sql("VACUUM")
            return True
        # The driver's own cursor: the vacuum moves one page with each row fetched, and its rows have no columns.
        driver: Any = connection.connection.driver_connection
        try:
            while driver.execute("PRAGMA freelist_count").fetchone()[0]:
                driver.execute(f"PRAGMA incremental_vacuum({_VACUUM_PAGES})").fetchall()  # others write in between
            busy, _pages, _moved = driver.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        except sqlite3.OperationalError:  # a writer was faster; the caller tries again
            return False
        return not busy

    def _shown(self) -> str:
        return sa.make_url(self.url).render_as_string(hide_password=True)


def _sqlite_engine(url: str) -> sa.Engine:
    database = sa.make_url(url).database
    if not database or database == ":memory:":
        raise StoreError(f"store {url}: expected a file, because several connections share it")
    try:
        Path(database).parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(f"store {url}: its folder cannot be made ({error}); expected a folder to write to") from error
    engine = sa.create_engine(url, connect_args={"timeout": 5.0})
    sa.event.listen(engine, "connect", _prepare)
    return engine


def _prepare(connection: sqlite3.Connection, _record: Any) -> None:
    """Set what SQLite keeps per connection; auto_vacuum counts only before the first table."""
    connection.isolation_level = None  # the driver's own BEGIN lets two SELECTs of one transaction see different data
    (pages,) = connection.execute("PRAGMA page_count").fetchone()
    if not pages:  # on a database that has tables it has no effect, but waits for the writer's lock
        connection.execute("PRAGMA auto_vacuum=INCREMENTAL")
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",  # NORMAL loses acknowledged records when the power fails
        "secure_delete=ON",
        "busy_timeout=50",  # a lock is waited for by `_begin_immediate`, whose sleeps are fairer
    ):
        connection.execute(f"PRAGMA {pragma}").fetchall()


def _beginner(busy_timeout_s: float | None) -> Callable[[sa.Connection], None]:
    """What begins a transaction of SQLite; of None, another database, the driver does. It must not hold the store."""

    def begin(connection: sa.Connection) -> None:
        if busy_timeout_s is None:
            return
        statement = connection.get_execution_options().get(_BEGIN, "BEGIN")
        if statement == "BEGIN IMMEDIATE":
            _begin_immediate(connection, time.monotonic() + busy_timeout_s)
        elif statement:
            connection.exec_driver_sql(statement)

    return begin


def _begin_immediate(connection: sa.Connection, deadline: float) -> None:
    """Take the write lock, sleeping a random few milliseconds between tries so that no process starves."""
    while True:
        try:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        except sa.exc.OperationalError as error:
            if not re.search("locked|busy", str(error.orig)) or time.monotonic() > deadline:
                raise
            time.sleep(random.uniform(0.0005, 0.01))  # noqa: S311 a sleep is no secret
        else:
            return


def _insert_text(rows: int) -> str:
    rows_text = ",".join(["(?,?,?,?,?)"] * rows)
    return f"INSERT INTO raw (source, received_at, sender, meta, body) VALUES {rows_text}"  # noqa: S608 only marks
