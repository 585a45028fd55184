"""What SQLite says of a file that may be damaged: a store's, or a spool's."""

import sqlite3
from contextlib import closing
from pathlib import Path

from telltale.contract import StoreError


def damage(file: Path) -> str:
    """What SQLite says of a file, all of which it reads; empty where it is whole.

    Raises:
        StoreError: it cannot be looked at, such as one that is locked.
    """
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
