"""What can be read of a damaged SQLite file: the store's own, or a spool's."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from telltale.landing import Store
from telltale.privacy.files import sync_folder


def readable_rows(old: Path, table: sa.Table) -> tuple[list[tuple[Any, ...]], bool]:
    """The rows of a table that can be read: from the first on, then from the last back to where it is damaged."""
    found: dict[int, tuple[Any, ...]] = {}
    names = ", ".join(f'"{column.name}"' for column in table.columns)
    for order, is_before in (("", ">"), ("desc", "<")):
        text = f'select rowid, {names} from "{table.name}" order by rowid {order}'  # noqa: S608 - names of ours
        try:
            with closing(sqlite3.connect(f"file:{old}?mode=rw", uri=True)) as connection:
                for row in connection.execute(text):  # one by one: of several at once none is given where one is torn
                    found[row[0]] = tuple(row[1:])
        except sqlite3.OperationalError as error:
            if "no such table" in str(error) or "no such column" in str(error):
                return [], False
            continue
        except sqlite3.DatabaseError:
            continue
        return [found[number] for number in sorted(found)], is_before == ">"
    return [found[number] for number in sorted(found)], False


LOGS = ("-wal", "-shm")
"""What SQLite keeps beside a file."""


@contextmanager
def filled_anew(file: Path) -> Iterator[Path]:
    """Where to fill a new file, which takes the place of a damaged one in one step once the block has ended well.

    Until then the damaged one stays as it is, so that a stop anywhere leaves nothing half done. What the block keeps of
    the old one's logs is removed just before, since they belong to no other file.
    """
    new = file.with_name(f".{file.name}.saving")
    _remove(new)  # of a repair that was stopped
    try:
        yield new
        with new.open("r+b") as whole:
            os.fsync(whole.fileno())
        for ending in LOGS:
            file.with_name(file.name + ending).unlink(missing_ok=True)
        new.replace(file)
        sync_folder(file.parent)
    finally:
        _remove(new)


def _remove(file: Path) -> None:
    for ending in ("", *LOGS):
        file.with_name(file.name + ending).unlink(missing_ok=True)


def last_given(old: Path, table_name: str) -> int:
    """The highest number that was ever given in a table; 0 where that cannot be read."""
    try:
        with closing(sqlite3.connect(f"file:{old}?mode=rw", uri=True)) as connection:
            row = connection.execute("select seq from sqlite_sequence where name = ?", (table_name,)).fetchone()
    except sqlite3.DatabaseError:
        return 0
    return int(row[0]) if row else 0


def give_on(old: Path, store: Store) -> None:
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
