"""A database that nobody else reads or writes while it is held, or who keeps it from that."""

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import sqlalchemy as sa

from telltale.contract import StoreError
from telltale.landing.database import cause_of
from telltale.landing.schema import metadata
from telltale.landing.sqlite import prepare

_PATIENCE_S = 3.0
"""A session that was just closed may still be listed."""
_CONNECT_S = 10
_STOP = 'stop "telltale up", and whatever else has it open, and run it again'


@contextmanager
def held(url: str) -> Iterator[sa.Connection]:
    """A connection in one transaction, committed at the end or rolled back by an exception; nobody else is in.

    Raises:
        StoreError: others have the database open, says which; or it cannot be reached.
    """
    name = sa.make_url(url).render_as_string(hide_password=True)
    is_sqlite = sa.make_url(url).get_backend_name() == "sqlite"
    engine = _sqlite(url) if is_sqlite else _server(url)
    try:
        with engine.connect() as connection, connection.begin():
            if is_sqlite:
                _hold_file(connection, url)
            else:
                _hold_tables(connection, name)
            yield connection
    except (sa.exc.OperationalError, sa.exc.InternalError, sqlite3.Error) as error:
        raise StoreError(f"move: {name}: {cause_of(error)}; nothing was moved, run it again") from None
    finally:
        engine.dispose()


def _server(url: str) -> sa.Engine:
    return sa.create_engine(
        url,
        hide_parameters=True,
        poolclass=sa.NullPool,
        isolation_level="READ COMMITTED",  # what is read after the tables are locked is all there is
        connect_args={"connect_timeout": _CONNECT_S},
    )


def _sqlite(url: str) -> sa.Engine:
    engine = sa.create_engine(url, hide_parameters=True, poolclass=sa.NullPool, connect_args={"timeout": 0})

    def alone(connection: sqlite3.Connection, _record: object) -> None:
        # Before the first look at its log: then it is opened for this connection alone, or not at all.
        connection.execute("PRAGMA locking_mode=EXCLUSIVE").fetchall()
        with suppress(sqlite3.OperationalError):  # others have it open: who they are is said when it is held
            prepare(connection)

    sa.event.listen(engine, "connect", alone)
    return engine


def _hold_file(connection: sa.Connection, url: str) -> None:
    database = sa.make_url(url).database or ""
    try:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        connection.execute(sa.text("select count(*) from meta")).all()
    except sa.exc.OperationalError as error:
        if "locked" not in str(error.orig):
            raise
        who = ", ".join(processes_with(Path(database))) or "another program"
        raise StoreError(f"move: {database} is open in {who}; {_STOP}") from None


def _hold_tables(connection: sa.Connection, name: str) -> None:
    deadline = time.monotonic() + _PATIENCE_S
    while others := _sessions(connection):
        if time.monotonic() > deadline:
            raise StoreError(f"move: {name} is open in {', '.join(others)}; {_STOP}")
        time.sleep(0.1)
        connection.exec_driver_sql("select pg_stat_clear_snapshot()")
    # Who comes now waits until it is over, and gives up by its own time-out.
    tables = ", ".join(f'"{table.name}"' for table in metadata.sorted_tables)
    connection.exec_driver_sql(f"LOCK TABLE {tables} IN EXCLUSIVE MODE NOWAIT")


def _sessions(connection: sa.Connection) -> list[str]:
    """Other sessions of this database, by their process at the server, and where they come from."""
    query = """
        select pid, coalesce(host(client_addr), 'the server itself'), application_name from pg_stat_activity
        where datname = current_database() and pid <> pg_backend_pid()
        and (backend_type = 'client backend' or usename = current_user) order by pid
    """
    rows = connection.exec_driver_sql(query).all()
    return [f"session {pid} from {place}{f' ({name})' if name else ''}" for pid, place, name in rows]


def processes_with(path: Path) -> list[str]:
    """The other processes of this machine that have a file open, as far as the system tells (Linux)."""
    try:
        there = path.stat()
        pids = {int(each.name) for each in Path("/proc").iterdir() if each.name.isdecimal()} - {os.getpid()}
    except OSError:
        return []
    return [f"process {pid}{_words(pid)}" for pid in sorted(pids) if _has_open(pid, there)]


def _has_open(pid: int, file: os.stat_result) -> bool:
    with suppress(OSError):  # another user's, or gone
        for descriptor in Path(f"/proc/{pid}/fd").iterdir():
            with suppress(OSError):
                if os.path.samestat(descriptor.stat(), file):
                    return True
    return False


def _words(pid: int) -> str:
    """The command of a telltale process; of another program its name, for its arguments may hold a secret."""
    with suppress(OSError):
        words = Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").split("\0")
        at = next((at for at, word in enumerate(words) if Path(word).name == "telltale"), None)
        if at is not None:
            return f" (telltale {' '.join(words[at + 1 : at + 3]).strip()})"
        return f" ({Path(f'/proc/{pid}/comm').read_text().strip()})"
    return ""
