"""The store's database: one engine, and transactions that begin when they say so.

What is SQLite's own dialect stands here and in `sqlite`; the rest of the store and the lake is SQLAlchemy Core.
"""

import re
import sqlite3
import time
import weakref
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import sqlalchemy as sa

from telltale.contract import Raw, StoreError
from telltale.landing.schema import META, RAW, SCHEMA_VERSION, metadata
from telltale.landing.sqlite import BEGIN, SqliteFile, scrub

_PIECE = 512  # rows of one INSERT: 512 × 5 values stay far below SQLite's 32,766
_ADVICE = (
    ("disk is full", "free some space on its disk"),
    ("malformed|not a database", "its file is damaged: stop telltale, keep a copy, and put a backup in its place"),
    ("readonly|read-only", "let this user write its file and its folder"),
    ("locked|busy", "another program holds its lock: end that program"),
    ("no such table", "its file is no store of telltale: put the right one, or a backup, in its place"),
    ("", "is its disk full, or another program in it?"),
)
"""What to do, by what the database says."""


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
        self._file = SqliteFile(url, busy_timeout_s) if self.is_sqlite else None
        # Parameters are what senders sent: no error may show them.
        self.engine = sa.create_engine(url, hide_parameters=True, pool_timeout=busy_timeout_s)
        if self._file is not None:
            self._file.listen(self.engine)
        weakref.finalize(self, self.engine.dispose)  # of a store let go without close(), and at the program's end
        self.is_new = False
        """Whether it was made just now, and is empty."""
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
            StoreError: the lock was held for longer than `busy_timeout_s`, the disk is full, the store is away, or its
                file was deleted or replaced meanwhile.
        """
        with self._errors(), self._connect("BEGIN IMMEDIATE") as connection:
            with connection.begin():
                yield connection
            if self._file is not None:
                self._file.check_written(connection)

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

    def trouble(self) -> str:
        """Why no record can be stored, as far as one sees without writing, in one sentence; empty where all is well.

        It reads a few pages and looks at the file: a damaged page elsewhere shows when it is needed.
        """
        if self._file is not None and (trouble := self._file.place.trouble()):
            self.close()  # a file that comes back is opened anew, and one that was deleted frees its space
            return trouble
        try:
            with self.reader() as connection:
                connection.execute(sa.select(META.c.value).where(META.c.key == "schema_version")).all()
                connection.execute(sa.select(sa.func.max(RAW.c.id))).all()
        except StoreError as error:
            self.close()
            return str(error)
        except sa.exc.SQLAlchemyError as error:
            return self._said(error)
        return ""

    def try_write(self) -> None:
        """Write something durable, a record that is taken back among it; a full disk shows nowhere else.

        Raises:
            StoreError: it could not be written.
        """
        probe = META.update().where(META.c.key == "probe").values(value=META.c.value + sa.literal(1))
        try:
            with self.writer() as connection:
                trial = connection.begin_nested()
                connection.execute(RAW.insert().values(source="", received_at=0, sender="", meta="{}", body=b""))
                trial.rollback()
                connection.execute(probe)
        except sa.exc.SQLAlchemyError as error:
            raise StoreError(self._said(error)) from None

    def damage(self) -> str:
        """What is wrong within a SQLite file, in its words; all of it is read. Empty where nothing is."""
        if not self.is_sqlite:
            return ""
        with self.reader() as connection:
            said = str(connection.exec_driver_sql("PRAGMA quick_check(1)").scalar())
        return "" if said == "ok" else said.replace("\n", ", ")

    def close(self) -> None:
        """Close every idle connection."""
        self.engine.dispose()

    def _connect(self, begin: str) -> sa.Connection:
        return self.engine.connect().execution_options(**{BEGIN: begin})

    def _create(self) -> None:
        """Make what is not there yet; from then on the file has to be there."""
        with self.writer() as connection:
            metadata.create_all(connection)
            found = connection.scalar(sa.select(META.c.value).where(META.c.key == "schema_version"))
            if found is None:
                self.is_new = True
                start = [("schema_version", SCHEMA_VERSION), ("change", 0), ("probe", 0)]
                connection.execute(META.insert(), [{"key": key, "value": value} for key, value in start])
            elif found != SCHEMA_VERSION:
                raise StoreError(
                    f"store {self._shown()}: schema version {found}, expected {SCHEMA_VERSION}; "
                    "use the telltale that wrote it, or start with an empty store"
                )
        if self._file is not None:
            self._file.is_made = True

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except (sa.exc.IntegrityError, sa.exc.ProgrammingError, sa.exc.DataError):
            raise  # a mistake in what was asked, not in the store
        except (sa.exc.DBAPIError, sqlite3.Error) as error:
            raise StoreError(self._said(error)) from None  # the driver's text may quote a record
        except sa.exc.TimeoutError:
            raise StoreError(
                f"store {self._shown()}: all connections were in use for {self.busy_timeout_s:g} s; try again later"
            ) from None

    def _scrub_once(self, connection: sa.Connection) -> bool:
        if not self.is_sqlite:
            connection.execution_options(isolation_level="AUTOCOMMIT").exec_driver_sql("VACUUM")
            return True
        return scrub(connection.connection.driver_connection)

    def _said(self, error: BaseException) -> str:
        cause = cause_of(error)
        advice = next(advice for words, advice in _ADVICE if re.search(words, cause))
        return f"store {self._shown()}: {cause}; {advice}"

    def _shown(self) -> str:
        return sa.make_url(self.url).render_as_string(hide_password=True)


def cause_of(error: BaseException) -> str:
    """What a database says of an error, in one line and without the values it was given."""
    cause = (error.orig if isinstance(error, sa.exc.DBAPIError) else None) or error
    lines = str(cause).splitlines()  # PostgreSQL quotes the row in the lines below the first
    return lines[0] if lines else type(cause).__name__


def _insert_text(rows: int) -> str:
    rows_text = ",".join(["(?,?,?,?,?)"] * rows)
    return f"INSERT INTO raw (source, received_at, sender, meta, body) VALUES {rows_text}"  # noqa: S608 only marks
