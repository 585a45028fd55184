"""The store as a SQLite file: how a connection is opened, how a transaction begins, and that it writes where one looks.

SQLite goes on writing into a file that was deleted or replaced, and says so nowhere. So each connection remembers which
files it has open; they are compared when it is taken from the pool, and again after each commit.
"""

import logging
import random
import re
import sqlite3
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from telltale import private
from telltale.contract import Raw, StoreError
from telltale.landing.database import USE, Use, cause_of
from telltale.landing.place import Identity, Place
from telltale.landing.pool import Pool, made_ready

_BEGINS = {Use.READ: "BEGIN", Use.BARE: ""}
_IMMEDIATE = "BEGIN IMMEDIATE"
_OPENED = "telltale_opened"  # of a connection: the files it has open
_VACUUM_PAGES = 1_000
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
_log = logging.getLogger(__name__)


class Sqlite:
    """A store in a file.

    Args:
        url: SQLAlchemy URL.
        busy_timeout_s: how long a writer waits for another's lock, and anybody for a connection.

    Raises:
        StoreError: the URL names no file, or its folder cannot be made.
    """

    is_bounded = False
    is_shared = False

    def __init__(self, url: str, busy_timeout_s: float) -> None:
        self.place = _place(url)
        self._url = url
        self._is_made = False  # whether the file is there for certain: from then on a lost one is not made anew
        self._last: tuple[Identity | None, ...] = ()  # what was opened last
        self._busy_timeout_s = busy_timeout_s

    def engine(self) -> sa.Engine:
        """An engine that opens, checks and begins as this file needs."""
        # Parameters are what senders sent: no error may show them.
        engine = sa.create_engine(self._url, hide_parameters=True, poolclass=Pool, pool_timeout=self._busy_timeout_s)
        for name, what in (
            ("do_connect", self._open),
            ("connect", self._prepare),
            ("checkout", self._check),
            ("begin", self._begin),
        ):
            sa.event.listen(engine, name, what)
        return engine

    def options(self, _use: Use) -> Mapping[str, Any]:
        """None of its own."""
        return {}

    def bound(self, connection: sa.Connection, until_s: float) -> None:
        """A file answers; the wait for its lock has an end of its own."""

    def made(self) -> None:
        """The file has to be there from now on."""
        self._is_made = True

    def insert(self, connection: sa.Connection, raws: Sequence[Raw]) -> Sequence[int]:
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

    def last_id(self, connection: sa.Connection) -> int:
        """The largest id a raw record was given so far: who writes is alone."""
        return connection.exec_driver_sql("SELECT seq FROM sqlite_sequence WHERE name = 'raw'").scalar() or 0

    def check_written(self, connection: sa.Connection) -> None:
        """Whether what was just committed lies where the next one looks for it.

        Raises:
            StoreError: the file or its log was deleted or replaced meanwhile.
        """
        if connection.connection.info.get(_OPENED) == self.place.files():
            return
        connection.invalidate()
        raise StoreError(
            f"store: {self.place.path} or its -wal file was deleted or replaced while a record was written; "
            "send it again"
        )

    def scrub(self, connection: sa.Connection) -> bool:
        """Give freed pages back and empty the write-ahead log; False when a writer or reader was in the way."""
        return scrub(connection.connection.driver_connection)

    def trouble(self) -> str:
        """Why no record can be stored, as far as the file and its disk show; empty where all is well."""
        return self.place.trouble()

    def trouble_within(self, _connection: sa.Connection) -> str:
        """Reading a few pages is all there is to ask."""
        return ""

    def damage(self, connection: sa.Connection) -> str:
        """What is wrong within the file, in SQLite's words; all of it is read. Empty where nothing is."""
        reply = str(connection.exec_driver_sql("PRAGMA quick_check(1)").scalar())
        return "" if reply == "ok" else reply.replace("\n", ", ")

    def weaknesses(self, _connection: sa.Connection) -> list[tuple[str, str]]:
        """None: each connection sets what durability needs."""
        return []

    def is_mistake(self, error: sa.exc.DBAPIError) -> bool:
        """Whether an error is one of what was asked."""
        return isinstance(error, sa.exc.IntegrityError | sa.exc.ProgrammingError | sa.exc.DataError)

    def advice(self, error: BaseException) -> str:
        """What to do about an error."""
        return next(advice for words, advice in _ADVICE if re.search(words, cause_of(error)))

    def _open(self, _dialect: Any, _record: Any, arguments: list[Any], options: dict[str, Any]) -> None:
        """A lost file is not made anew by a running program: its records would begin at 1 again, unseen.

        Raises:
            StoreError: the file is gone, its log is while others have it open, or the log of another file lies beside
                it, which SQLite would write into it.
        """
        if not self._is_made:
            return
        there = self.place.files()
        if there[0] is None:
            raise StoreError(self.place.lost())
        if there[1] is None and there[2] is not None:  # who opens it now writes a log that nobody can read again
            raise StoreError(
                f"store: the -wal file of {self.place.path} was deleted while it was open; what it held is saved once "
                "all programs let go of the store: wait some seconds, or stop telltale"
            )
        if self._last and there[0] != self._last[0] and there[1] is not None and there[1] == self._last[1]:
            raise StoreError(
                f"store: {self.place.path} was replaced, but the -wal file of the former one lies beside it; stop "
                "telltale, delete the -wal and -shm files, and start it again"
            )
        arguments[0], options["uri"] = self.place.uri(), True

    def _prepare(self, connection: sqlite3.Connection, record: Any) -> None:
        with made_ready(connection):
            prepare(connection)
        self._last = record.info[_OPENED] = self.place.files()

    def _check(self, _connection: Any, record: Any, _proxy: Any) -> None:
        there = self.place.files()
        if record.info.get(_OPENED) == there:
            return
        if there[0] is None:
            raise StoreError(self.place.lost())
        _log.warning("store: %s or its -wal file was replaced while it was open; opening it anew", self.place.path)
        raise sa.exc.InvalidatePoolError

    def _begin(self, connection: sa.Connection) -> None:
        statement = _BEGINS.get(connection.get_execution_options().get(USE, Use.READ), _IMMEDIATE)
        if statement == _IMMEDIATE:
            _begin_immediate(connection, time.monotonic() + self._busy_timeout_s)
        elif statement:
            connection.exec_driver_sql(statement)


def prepare(connection: sqlite3.Connection) -> None:
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
    connection.execute("PRAGMA schema_version").fetchall()  # opens the log, so that one sees which it is


def scrub(driver: Any) -> bool:
    """Give freed pages back and empty the write-ahead log; False when a writer or reader was in the way.

    Args:
        driver: the driver's own connection: the vacuum moves one page with each row fetched, and its rows have no
            columns.
    """
    try:
        while driver.execute("PRAGMA freelist_count").fetchone()[0]:
            driver.execute(f"PRAGMA incremental_vacuum({_VACUUM_PAGES})").fetchall()  # others write in between
        busy, _pages, _moved = driver.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    except sqlite3.OperationalError:  # a writer was faster; the caller tries again
        return False
    return not busy


def _place(url: str) -> Place:
    database = sa.make_url(url).database
    if not database or database == ":memory:":
        raise StoreError(f"store {url}: expected a file, because several connections share it")
    try:
        private.folder(Path(database).parent)
        if not database.startswith("file:"):
            private.new_file(Path(database))  # SQLite gives its -wal and -shm the mode of the database
    except OSError as error:
        raise StoreError(
            f"store {url}: its file or folder cannot be made ({error}); expected a folder to write to"
        ) from error
    return Place(database)


def _begin_immediate(connection: sa.Connection, deadline: float) -> None:
    """Take the write lock, sleeping a random few milliseconds between tries so that no process starves."""
    while True:
        try:
            connection.exec_driver_sql(_IMMEDIATE)
        except sa.exc.OperationalError as error:
            if not re.search("locked|busy", str(error.orig)) or time.monotonic() > deadline:
                raise
            time.sleep(random.uniform(0.0005, 0.01))  # noqa: S311 a sleep is no secret
        else:
            return


def _insert_text(rows: int) -> str:
    rows_text = ",".join(["(?,?,?,?,?)"] * rows)
    return f"INSERT INTO raw (source, received_at, sender, meta, body) VALUES {rows_text}"  # noqa: S608 only marks
