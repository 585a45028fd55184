"""The store as a PostgreSQL database, which several hosts share.

Records are added side by side: ids are taken from the sequence, rows go in by binary COPY. All other writers follow one
another, by a lock that ends with their transaction, so that what one has read holds until it ends, as it does in a
SQLite file. Readers see one moment (REPEATABLE READ).

A server that is away says so; one that hangs says nothing, and its own time-outs hang with it. So each transaction has
an end of its own here: past it the connection is closed, and what was not committed is not stored.
"""

import math
import re
import time
from collections.abc import Mapping, Sequence
from typing import Any

import psycopg
import sqlalchemy as sa

from telltale.contract import Raw, StoreError
from telltale.landing import schema
from telltale.landing.database import PATIENCE_S, USE, Use, cause_of
from telltale.landing.pool import Pool, close_cursor, made_ready

LOCK = 0x7E117A1E
"""The advisory lock of writers: any number that no other program of the same database uses."""
STATEMENT_S = 60.0
"""Longest statement, by the server's watch; and longest pause within a transaction, such as of a program that was
stopped: its locks would keep all others waiting."""
_FENCE = LOCK + 1
_FENCE_MS = 1_000
"""Those who add records hold the fence together, from before they take ids until they are visible."""
_IDS = """
WITH fence AS MATERIALIZED (SELECT pg_advisory_xact_lock_shared(%s))
SELECT nextval(pg_get_serial_sequence('raw', 'id')) FROM fence, generate_series(1, %s)
"""
_DURABLE = "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'"
_LAST_ID = "SELECT pg_sequence_last_value(pg_get_serial_sequence('raw', 'id')::regclass)"
_COPY = "COPY raw (id, source, received_at, sender, meta, body) FROM STDIN (FORMAT BINARY)"
_TYPES = ("int8", "text", "int8", "text", "text", "bytea")
_NOTHING_OF_PEOPLE = {
    *(schema.BACKFILL, schema.CLOSED_DAY, schema.FILE_FACT, schema.FILES, schema.GONE, schema.HOST_CLOCK),
    *(schema.KEPT_MARK, schema.LEASE, schema.LOCK, schema.LOST, schema.META, schema.PURGED, schema.REDECODED),
    *(schema.SPOOLED, schema.SUPERSEDED),
}
REMOVED = tuple(table for table in schema.metadata.sorted_tables if table not in _NOTHING_OF_PEOPLE)
"""The tables rows with something of people are removed from, or written over in: all of which nobody said otherwise."""
_SMALL = 64 << 20
"""Bytes of a table, its indexes and long values that are written anew within about a second; its users wait for it."""
_SCRUB_MS = 1_000
"""How long a table is waited for, as all who come meanwhile wait behind."""
_NOW = "SELECT pg_snapshot_xmax(pg_current_snapshot())::xid::text"
_WHO_SEES_EARLIER = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()
AND age(backend_xmin) > age(%s::xid)
"""
"""Sessions that may see what was removed by a moment; those of another role do not show without pg_read_all_stats."""
_SIZED = "SELECT name FROM unnest(%s::text[]) AS name WHERE pg_total_relation_size(name::regclass) <= %s"
_STORES_FAULT = {"42501", "42P01", "42703", "3F000", "42P07"}
"""What comes as a mistake in what was asked, and is one of the database: rights, tables or columns that lack."""
_ADVICE = (
    (r"28\w+", "authentication|password|pg_hba", "put the right user, and its password into ~/.pgpass or PGPASSWORD"),
    ("3D000", "database .* does not exist", 'make it with "createdb", or name another one in [paths] store_url'),
    ("53300|53400", "too many|connection slots", "raise max_connections of the server, or stop what else uses it"),
    ("53100|58030", "No space left|disk full", "free some space on the disk of its server"),
    ("53200", "out of memory", "give its server more memory, or stop what else uses it"),
    ("25006", "read-only transaction|recovery", "its server takes no changes: let [paths] store_url name the primary"),
    (
        "42501",
        "permission denied",
        "let its user make and write tables: GRANT CREATE ON SCHEMA public TO it",
    ),
    ("42P01|42703|3F000|42P07", "", "its tables are not those of this telltale: put the right database in its place"),
    ("55P03|40P01|40001", "", "another program holds its lock: wait, or end that program"),
    ("57014|25P03|25P04", "", "its server is too slow: look at its load and its disk"),
    (r"57P\w+|08\w+", "", "is its server running? it is tried again"),
    ("", "", "is its server running, and the network to it up?"),
)
"""What to do, by the server's code, or its words where it could not give one."""


class Postgresql:
    """A store on a server.

    Args:
        url: SQLAlchemy URL.
        busy_timeout_s: how long a writer waits for another's lock, and anybody for a connection.

    Raises:
        StoreError: the URL names another driver than psycopg.
    """

    is_bounded = True
    is_shared = True

    def __init__(self, url: str, busy_timeout_s: float) -> None:
        parsed = sa.make_url(url)
        if parsed.drivername not in {"postgresql", "postgres", "postgresql+psycopg"}:
            raise StoreError(f"store: [paths] store_url begins with {parsed.drivername}, expected postgresql+psycopg")
        self._url = parsed.set(drivername="postgresql+psycopg")
        self._busy_timeout_s = busy_timeout_s

    def engine(self) -> sa.Engine:
        """An engine whose transactions have an end."""
        # Parameters are what senders sent: no error may show them.
        engine = sa.create_engine(
            self._url,
            hide_parameters=True,
            poolclass=Pool,
            pool_timeout=self._busy_timeout_s,
            connect_args=self._arguments(),
        )
        for name, what in (
            ("do_connect", self._open),
            ("connect", self._prepare),
            ("checkout", self._check),
            ("begin", self._begin),
            ("handle_error", close_cursor),
        ):
            sa.event.listen(engine, name, what)
        return engine

    def options(self, use: Use) -> Mapping[str, Any]:
        """How a connection is isolated."""
        if use is Use.READ:
            return {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        return {"isolation_level": "AUTOCOMMIT"} if use is Use.BARE else {}

    def bound(self, connection: sa.Connection, until_s: float) -> None:
        """Give the transaction up at a moment of `time.monotonic`."""
        _driver(connection).until_s = until_s

    def made(self) -> None:
        """A table that lacks is said by the server."""

    def insert(self, connection: sa.Connection, raws: Sequence[Raw]) -> Sequence[int]:
        """Insert raw records in the order given and return their ids, which rise."""
        if not raws:
            return []
        ids = list(connection.exec_driver_sql(_IDS, (_FENCE, len(raws))).scalars())
        try:
            with _driver(connection).cursor() as cursor, cursor.copy(_COPY) as copy:
                copy.set_types(_TYPES)
                for raw_id, raw in zip(ids, raws, strict=True):
                    copy.write_row((raw_id, *raw[1:]))
        except psycopg.Error as error:
            raise _as_sqlalchemy(connection, error) from None
        return ids

    def last_id(self, connection: sa.Connection) -> int:
        """The largest id a raw record was given so far, once all who are adding records have ended.

        Who begins meanwhile waits, so a program that was stopped in the midst of it is not waited for long.
        """
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = {_FENCE_MS}")
        connection.exec_driver_sql("SELECT pg_advisory_xact_lock(%s)", (_FENCE,))
        return connection.exec_driver_sql(_LAST_ID).scalar() or 0

    def check_written(self, connection: sa.Connection) -> None:
        """The server has said that it is committed."""

    def scrub(self, connection: sa.Connection) -> bool:
        """Write the tables anew that rows were removed from; False when somebody who uses one, or may see it, stays.

        A vacuum by itself leaves what it frees in the pages, and in those of indexes, until something else is written
        there. So it is only where a table stays large: it would be locked for too long. The server's own log, its
        statistics and its backups keep what they have as long as they are kept.
        """
        names = [table.name for table in REMOVED]
        try:
            if not _is_past(connection):
                return False
            connection.exec_driver_sql("SET statement_timeout = 0")
            connection.exec_driver_sql(f"SET lock_timeout = {_SCRUB_MS}")
            connection.exec_driver_sql(f"VACUUM {', '.join(names)}")  # an end that is empty is cut off
            small = list(connection.exec_driver_sql(_SIZED, (names, _SMALL)).scalars())
            if small:
                connection.exec_driver_sql(f"VACUUM (FULL) {', '.join(small)}")
            connection.exec_driver_sql("RESET lock_timeout")
            connection.exec_driver_sql("RESET statement_timeout")
        except sa.exc.DBAPIError as error:
            connection.invalidate()
            if _code(error) == "55P03":
                return False
            raise
        return True

    def trouble(self) -> str:
        """Nothing shows without asking the server."""
        return ""

    def trouble_within(self, connection: sa.Connection) -> str:
        """Whether it takes changes."""
        query = "SELECT pg_is_in_recovery() OR current_setting('default_transaction_read_only')::bool"
        if not connection.exec_driver_sql(query).scalar():
            return ""
        shown = self._url.set(query={}).render_as_string()
        return f"store {shown}: its server takes no changes; let [paths] store_url name the primary"

    def damage(self, connection: sa.Connection) -> str:
        """How many damaged pages the server has met, where it keeps checksums; nothing is read for it."""
        query = "SELECT checksum_failures FROM pg_stat_database WHERE datname = current_database()"
        count = connection.exec_driver_sql(query).scalar() or 0
        return f"its server has met {count} damaged pages" if count else ""

    def weaknesses(self, connection: sa.Connection) -> list[tuple[str, str]]:
        """A server told not to wait for its disk loses what it has acknowledged when its power fails."""
        return [
            (
                f"its server runs with {name} = off: a power failure loses records that were acknowledged",
                f'set "{name} = on" in its postgresql.conf and restart it',
            )
            for name in ("fsync", "full_page_writes")
            if connection.exec_driver_sql("SELECT current_setting(%s)", (name,)).scalar() == "off"
        ]

    def is_mistake(self, error: sa.exc.DBAPIError) -> bool:
        """Whether an error is one of what was asked; rights and tables that lack are not."""
        kinds = (sa.exc.IntegrityError, sa.exc.ProgrammingError, sa.exc.DataError)
        return isinstance(error, kinds) and _code(error) not in _STORES_FAULT

    def advice(self, error: BaseException) -> str:
        """What to do about an error."""
        code, cause = _code(error), cause_of(error)
        return next(
            advice
            for codes, words, advice in _ADVICE
            if not codes or re.fullmatch(codes, code) or (words and not code and re.search(words, cause))
        )

    def _arguments(self) -> dict[str, Any]:
        """Parameters of a connection; those of the URL come before these."""
        milliseconds = round(self._busy_timeout_s * 1000)
        settings = {
            "lock_timeout": round(milliseconds * 0.8),  # said by the server before we give up ourselves
            "statement_timeout": round(STATEMENT_S * 1000),
            "idle_in_transaction_session_timeout": round(STATEMENT_S * 1000),
            "default_transaction_isolation": r"read\ committed",
        }
        told = {name: str(value) for name, value in self._url.query.items()}
        options = " ".join([*(f"-c {name}={value}" for name, value in settings.items()), told.get("options", "")])
        arguments = {
            "application_name": "telltale",
            "connect_timeout": max(2, math.ceil(self._busy_timeout_s * 0.6)),  # libpq knows none below
            "tcp_user_timeout": max(1000, round(milliseconds * 0.8)),
            "keepalives_idle": 5,
            "keepalives_interval": 2,
            "keepalives_count": 3,
        }
        return {**{name: value for name, value in arguments.items() if name not in told}, "options": options.strip()}

    def _open(self, _dialect: Any, _record: Any, arguments: list[Any], options: dict[str, Any]) -> "_Connection":
        return _Connection.connect(*arguments, **options)

    def _prepare(self, connection: "_Connection", _record: Any) -> None:
        """A commit waits for the server's disk, whatever the server was told for others."""
        connection.until_s = time.monotonic() + self._busy_timeout_s
        with made_ready(connection):
            connection.execute(_DURABLE)
            connection.commit()

    def _check(self, connection: "_Connection", _record: Any, _proxy: Any) -> None:
        """One that was lost, such as by a restart of the server, is opened anew, unseen by who asked for it."""
        connection.until_s = time.monotonic() + self._busy_timeout_s
        try:
            is_automatic, connection.autocommit = connection.autocommit, True
            connection.execute("")
            connection.autocommit = is_automatic
        except psycopg.Error:
            raise sa.exc.InvalidatePoolError from None

    def _begin(self, connection: sa.Connection) -> None:
        options = connection.get_execution_options()
        _driver(connection).until_s = time.monotonic() + options.get(PATIENCE_S, STATEMENT_S)
        if options.get(USE) is Use.WRITE:
            connection.exec_driver_sql("SELECT pg_advisory_xact_lock(%s)", (LOCK,))


def _is_past(connection: sa.Connection) -> bool:
    """Wait until nobody may see what was removed by now, for whom its rows would be kept; False when somebody stays."""
    now = connection.exec_driver_sql(_NOW).scalar()
    until = time.monotonic() + _SCRUB_MS / 1000
    while connection.exec_driver_sql(_WHO_SEES_EARLIER, (now,)).scalar():
        if time.monotonic() > until:
            return False
        time.sleep(0.02)
    return True


class _Connection(psycopg.Connection[Any]):
    """A connection that waits for its server no longer than it is told."""

    until_s = math.inf
    """By `time.monotonic`; past it the connection is closed."""

    def wait(self, gen: Any, interval: float = 0.1, timeout: float | None = None) -> Any:
        """Wait for an answer.

        Raises:
            OperationalError: there was none in time.
        """
        if math.isfinite(self.until_s):
            left_s = max(self.until_s - time.monotonic(), 0.0)
            timeout = left_s if timeout is None else min(left_s, timeout)
        try:
            return super().wait(gen, interval, timeout)
        except psycopg.OperationalError:
            if time.monotonic() < self.until_s:
                raise
            self.pgconn.finish()
            raise psycopg.OperationalError("its server gave no answer in time") from None


def _driver(connection: sa.Connection) -> _Connection:
    driver = connection.connection.driver_connection
    assert isinstance(driver, _Connection)  # noqa: S101 `_open` makes no others
    return driver


def _code(error: BaseException) -> str:
    """The server's code of an error; empty where it could not give one."""
    cause = error.orig if isinstance(error, sa.exc.DBAPIError) else error
    return str(getattr(cause, "sqlstate", None) or "")


def _as_sqlalchemy(connection: sa.Connection, error: psycopg.Error) -> BaseException:
    """An error of the driver as SQLAlchemy would have raised it; a connection that was lost by it is let go."""
    if is_lost := _driver(connection).closed:
        connection.invalidate(error)
    return sa.exc.DBAPIError.instance(
        _COPY,
        None,
        error,
        psycopg.Error,
        hide_parameters=True,
        connection_invalidated=is_lost,
        dialect=connection.dialect,
    )
