"""The store's database: one engine, and transactions that begin when they say so.

What is one database's own is in `sqlite` and `postgresql`; the rest of the store and the lake is SQLAlchemy Core.
"""

import sqlite3
import threading
import time
import weakref
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import sqlalchemy as sa

from telltale.contract import Raw, StoreError
from telltale.landing.database import PATIENCE_S, USE, Database, Use, cause_of
from telltale.landing.schema import META, RAW, SCHEMA_VERSION, metadata
from telltale.landing.sqlite import Sqlite

PATIENT_S = 60.0
"""How long a transaction may take, but where somebody waits for it: settling moves megabytes in one."""


class WrongVersion(StoreError):
    """Another version of telltale wrote the store."""


class Store:
    """The database of hot raw records and of the catalog; created on first use.

    Args:
        url: SQLAlchemy URL, such as `sqlite:////srv/telltale/data/landing/landing.sqlite` or
            `postgresql+psycopg://user@host/name`.
        busy_timeout_s: how long a writer waits for another's lock; shorter than a landing ticket's time-out.
        may_be_away: it is no error if it cannot be opened yet; that is tried again with each use.

    Raises:
        StoreError: the database cannot be opened, or was written by another version of telltale.
    """

    def __init__(self, url: str, *, busy_timeout_s: float = 5.0, may_be_away: bool = False) -> None:
        self.url = url
        self.busy_timeout_s = busy_timeout_s
        self._database = _database(url, busy_timeout_s)
        self.engine = self._database.engine()
        weakref.finalize(self, self.engine.dispose)  # of a store let go without close(), and at the program's end
        self.is_new = False
        """Whether it was made just now, and is empty."""
        self._opening = threading.RLock()
        self._is_opened = self._is_opening = False
        try:
            self._open()
        except WrongVersion:
            raise
        except StoreError:
            if not may_be_away:
                raise

    @property
    def shown(self) -> str:
        """Its address for people, without a password."""
        return _shown(self.url)

    @property
    def is_bounded(self) -> bool:
        """Whether a transaction that gets no answer can be given up, see `bound`."""
        return self._database.is_bounded

    @property
    def is_shared(self) -> bool:
        """Whether collectors of several hosts may write to it."""
        return self._database.is_shared

    @contextmanager
    def reader(self, *, patience_s: float = PATIENT_S) -> Iterator[sa.Connection]:
        """A connection in one read transaction: every SELECT sees the same moment.

        Raises:
            StoreError: the store is away, or gives no answer for `patience_s`.
        """
        with self._errors(), self._connect(Use.READ, patience_s) as connection, connection.begin():
            yield connection

    @contextmanager
    def writer(self, *, patience_s: float = PATIENT_S) -> Iterator[sa.Connection]:
        """A connection in one write transaction, committed at the end or rolled back by an exception.

        There is one at a time, whichever process or host: what it has read holds until it ends.

        Raises:
            StoreError: the lock was held for longer than `busy_timeout_s`, the disk is full, the store is away, or its
                file was deleted or replaced meanwhile.
        """
        with self._written(Use.WRITE, patience_s) as connection:
            yield connection

    @contextmanager
    def appender(self, *, patience_s: float = PATIENT_S) -> Iterator[sa.Connection]:
        """The same for who adds raw records and looks at nothing: it need not wait for others (PostgreSQL)."""
        with self._written(Use.APPEND, patience_s) as connection:
            yield connection

    def bound(self, connection: sa.Connection, until_s: float) -> None:
        """Give a transaction up at a moment of `time.monotonic` if the database has not answered (PostgreSQL)."""
        self._database.bound(connection, until_s)

    def insert(self, connection: sa.Connection, raws: Sequence[Raw]) -> Sequence[int]:
        """Insert raw records in the order given and return the id of each; ids rise, but need not follow one another.

        On PostgreSQL a smaller id may become visible after a larger one.
        """
        return self._database.insert(connection, raws)

    def last_id(self) -> int:
        """The largest id a raw record was given so far; 0 before the first.

        Every record up to it shows in what is read from now on, or never will: ids of records that arrive at the same
        time become visible in any order (PostgreSQL), so the largest that one sees says less.

        Raises:
            StoreError: the store is away, or somebody who is adding records does not end.
        """
        with self.appender(patience_s=self.busy_timeout_s) as connection:
            return self._database.last_id(connection)

    def scrub(self) -> bool:
        """Give the space of what was deleted back, where deleted bodies stay readable until then.

        Returns:
            False when others kept it from ending for `busy_timeout_s`; try again later.
        """
        deadline = time.monotonic() + self.busy_timeout_s
        while True:
            with self._errors(), self._connect(Use.BARE, 10 * PATIENT_S) as connection:
                if self._database.scrub(connection):
                    return True
            if time.monotonic() > deadline:
                return False
            time.sleep(0.05)

    def trouble(self) -> str:
        """Why no record can be stored, as far as one sees without writing, in one sentence; empty where all is well.

        It reads a few pages and looks at the file: a damaged page elsewhere shows when it is needed.
        """
        if trouble := self._database.trouble():
            self.close()  # a file that comes back is opened anew, and one that was deleted frees its space
            return trouble
        try:
            with self.reader(patience_s=self.busy_timeout_s) as connection:
                connection.execute(sa.select(META.c.value).where(META.c.key == "schema_version")).all()
                connection.execute(sa.select(sa.func.max(RAW.c.id))).all()
                return self._database.trouble_within(connection)
        except StoreError as error:
            self.close()
            return str(error)
        except sa.exc.SQLAlchemyError as error:
            return self._said(error)

    def try_write(self) -> None:
        """Write something durable, a record that is taken back among it; a full disk shows nowhere else.

        Raises:
            StoreError: it could not be written.
        """
        probe = META.update().where(META.c.key == "probe").values(value=META.c.value + sa.literal(1))
        try:
            with self.appender(patience_s=self.busy_timeout_s) as connection:
                trial = connection.begin_nested()
                connection.execute(RAW.insert().values(source="", received_at=0, sender="", meta="{}", body=b""))
                trial.rollback()
                connection.execute(probe)
        except sa.exc.SQLAlchemyError as error:
            raise StoreError(self._said(error)) from None

    def damage(self) -> str:
        """What is wrong within the database, in its words; of a SQLite file all is read. Empty where nothing is."""
        with self.reader(patience_s=10 * PATIENT_S) as connection:
            return self._database.damage(connection)

    def weaknesses(self) -> list[tuple[str, str]]:
        """Settings of the database by which what was acknowledged could be lost, each with what to do."""
        with self.reader() as connection:
            return self._database.weaknesses(connection)

    def close(self) -> None:
        """Close every idle connection."""
        self.engine.dispose()

    @property
    def is_opened(self) -> bool:
        """Whether it could be opened once."""
        return self._is_opened

    def _open(self) -> None:
        """See to its tables before anything else is asked of it, once."""
        with self._opening:
            if self._is_opened or self._is_opening:
                return
            self._is_opening = True
            try:
                self._create()
                self._is_opened = True
            finally:
                self._is_opening = False

    def _connect(self, use: Use, patience_s: float) -> sa.Connection:
        if not self._is_opened:
            self._open()
        options = {USE: use, PATIENCE_S: patience_s, **self._database.options(use)}
        return self.engine.connect().execution_options(**options)

    @contextmanager
    def _written(self, use: Use, patience_s: float) -> Iterator[sa.Connection]:
        with self._errors(), self._connect(use, patience_s) as connection:
            with connection.begin():
                yield connection
            self._database.check_written(connection)

    def _create(self) -> None:
        """Make what is not there yet; from then on it has to be there."""
        with self.writer(patience_s=4 * self.busy_timeout_s) as connection:
            there = set(sa.inspect(connection).get_table_names())  # one question; create_all asks one for each table
            lacking = [table for table in metadata.sorted_tables if table.name not in there]
            metadata.create_all(connection, tables=lacking, checkfirst=False)
            version = connection.scalar(sa.select(META.c.value).where(META.c.key == "schema_version"))
            if version is None:
                self.is_new = True
                start = [("schema_version", SCHEMA_VERSION), ("change", 0), ("probe", 0)]
                connection.execute(META.insert(), [{"key": key, "value": value} for key, value in start])
            elif version != SCHEMA_VERSION:
                raise WrongVersion(
                    f"store {self.shown}: schema version {version}, expected {SCHEMA_VERSION}; "
                    "use the telltale that wrote it, or start with an empty store"
                )
        self._database.made()

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except sa.exc.DBAPIError as error:
            if self._database.is_mistake(error):
                raise
            raise StoreError(self._said(error)) from None  # the driver's text may quote a record
        except sqlite3.Error as error:
            raise StoreError(self._said(error)) from None
        except sa.exc.TimeoutError:
            raise StoreError(
                f"store {self.shown}: all connections were in use for {self.busy_timeout_s:g} s; try again later"
            ) from None

    def _said(self, error: BaseException) -> str:
        return f"store {self.shown}: {cause_of(error)}; {self._database.advice(error)}"


def _database(url: str, busy_timeout_s: float) -> Database:
    """The kind of database a URL names.

    Raises:
        StoreError: none that can be a store.
    """
    try:
        name = sa.make_url(url).get_backend_name()
    except sa.exc.ArgumentError:  # not quoted: it may hold a password
        name = ""
    if name == "sqlite":
        return Sqlite(url, busy_timeout_s)
    if name in {"postgresql", "postgres"}:
        from telltale.landing.postgresql import Postgresql  # its driver is not loaded where a file is the store

        return Postgresql(url, busy_timeout_s)
    raise StoreError(
        f"store: [paths] store_url is {f'of {name}' if name else 'no URL'}, expected sqlite:///path or "
        "postgresql+psycopg://user@host/name"
    )


def _shown(url: str) -> str:
    """A URL without its password, which may stand among its parameters, too."""
    parsed = sa.make_url(url)
    return url if parsed.get_backend_name() == "sqlite" else parsed.set(query={}).render_as_string()
