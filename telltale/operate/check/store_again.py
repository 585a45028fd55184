"""A SQLite store that is damaged: what of it can be read goes into a new one, the old one is set aside.

A store that is missing is made anew by whoever opens it. In both cases the catalog is then made of the lake's files
(`telltale.lake.relist`), and what only the store held and cannot be read is said.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from telltale.contract import StoreError
from telltale.landing import Store
from telltale.landing.schema import LEASE, LOCK, META, metadata
from telltale.operate.check.aside import Aside
from telltale.operate.finding import Finding
from telltale.operate.moving.held import processes_with
from telltale.operate.project_lock import only_one
from telltale.settings import Settings
from telltale.wording import count
from telltale.workbench.project import Project

ONLY_THERE = (
    "what only the store held of that time is lost: records not settled yet, refused requests, what devices were last "
    "told, the outbox of forwarding, the ledgers of reports, messages, alerts and exports, and since when rows are kept"
)
_TABLES = [table for table in metadata.sorted_tables if table not in {LOCK, LEASE}]
_FETCHED = 200


def store_again(project: Project, aside: Aside) -> Iterator[Finding]:
    """Make the store anew where it is damaged or gone, and yield what was saved of it and what was not.

    Raises:
        ConfigError: "up" or "upkeep" runs.
        StoreError: another program has the store open.
    """
    file = _file(project.settings)
    if file is None or not file.exists() or not (said := _damage(file)):
        return
    with ExitStack() as stack:
        stack.enter_context(only_one(project.settings, "up"))
        stack.enter_context(only_one(project.settings, "upkeep"))
        if who := processes_with(file):
            raise StoreError(f"store {file}: it is damaged, and open in {', '.join(who)}; stop that and run it again")
        project.close()
        moved = aside.move(file)
        for ending in ("-wal", "-shm"):
            aside.move(file.with_name(file.name + ending))
        saved = _saved(moved, file) if moved is not None else {}
    total = sum(rows for rows, _ in saved.values())
    yield Finding("store", "ok", f"{file} was damaged ({said}): {count(total, 'row')} of it are in a new one")
    torn = sorted(name for name, (_, is_whole) in saved.items() if not is_whole)
    if len(torn) == len(_TABLES):
        yield Finding("store", "wrong", ONLY_THERE, f"the damaged one is kept: {moved}")
    elif torn:
        said = f"not all rows of these tables could be read: {', '.join(torn)}"
        yield Finding("store", "wrong", said, f"the damaged one is kept: {moved}")


def _file(settings: Settings) -> Path | None:
    url = sa.make_url(settings.store_url)
    return Path(url.database or "") if url.get_backend_name() == "sqlite" else None


def _damage(file: Path) -> str:
    """What SQLite says of a file, all of which it reads; empty where it is whole."""
    try:
        with closing(sqlite3.connect(file, timeout=5.0)) as connection:
            said = str(connection.execute("PRAGMA quick_check(1)").fetchone()[0])
            connection.execute("select value from meta where key = 'schema_version'").fetchone()
    except sqlite3.OperationalError as error:
        if "no such table" in str(error):
            return "it has no tables" if file.stat().st_size else "it is empty"
        raise StoreError(f"store {file}: {error}; see to it and run it again") from error
    except sqlite3.DatabaseError as error:
        return str(error)
    return "" if said == "ok" else said.replace("\n", ", ")


def _saved(old: Path, new: Path) -> dict[str, tuple[int, bool]]:
    """By table, how many rows could be read of the old file, and whether those are all; they are in the new one."""
    store = Store(f"sqlite:///{new}")
    saved = {}
    try:
        for table in _TABLES:
            rows, is_whole = _read(old, table)
            with store.writer() as connection:
                names = ", ".join(f'"{column.name}"' for column in table.columns)
                marks = ", ".join("?" for _ in table.columns)
                kind = "replace" if table is META else "ignore"
                if rows:
                    # Names of ours; values go through marks.
                    text = f'insert or {kind} into "{table.name}" ({names}) values ({marks})'  # noqa: S608
                    connection.exec_driver_sql(text, rows)
            saved[table.name] = len(rows), is_whole
        _give_on(old, store)
    finally:
        store.close()
    return saved


def _read(old: Path, table: sa.Table) -> tuple[list[tuple[Any, ...]], bool]:
    """The rows of a table that can be read: from the first on, then from the last back to where it is damaged."""
    found: dict[int, tuple[Any, ...]] = {}
    names = ", ".join(f'"{column.name}"' for column in table.columns)
    for order, is_before in (("", ">"), ("desc", "<")):
        text = f'select rowid, {names} from "{table.name}" order by rowid {order}'  # noqa: S608 - names of ours
        try:
            with closing(sqlite3.connect(f"file:{old}?mode=rw", uri=True)) as connection:
                rows = connection.execute(text)
                while batch := rows.fetchmany(_FETCHED):
                    found.update({row[0]: tuple(row[1:]) for row in batch})
        except sqlite3.OperationalError as error:
            if "no such table" in str(error) or "no such column" in str(error):
                return [], False
            continue
        except sqlite3.DatabaseError:
            continue
        return [found[number] for number in sorted(found)], is_before == ">"
    return [found[number] for number in sorted(found)], False


def _give_on(old: Path, store: Store) -> None:
    """No number is given twice: the highest of each table goes along, where it can be read."""
    try:
        with closing(sqlite3.connect(f"file:{old}?mode=rw", uri=True)) as connection:
            given = connection.execute("select name, seq from sqlite_sequence").fetchall()
    except sqlite3.DatabaseError:
        return
    with store.writer() as connection:
        for name, last in given:
            there = connection.exec_driver_sql("select seq from sqlite_sequence where name = ?", (name,)).scalar() or 0
            connection.exec_driver_sql("delete from sqlite_sequence where name = ?", (name,))
            both = (name, max(int(last), int(there)))
            connection.exec_driver_sql("insert into sqlite_sequence (name, seq) values (?, ?)", both)
