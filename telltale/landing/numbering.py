"""The ids a database gives by itself: how far it came, and from where it goes on.

An id is never given twice, even after its row is gone: files of the lake name records by theirs.
"""

import sqlalchemy as sa

_SEQUENCE = "pg_get_serial_sequence(:name, 'id')::regclass"


def last_given(connection: sa.Connection, table: sa.Table) -> int:
    """The highest id a table was given so far, as far as its database remembers; 0 before the first."""
    name = {"name": table.name}
    if connection.dialect.name == "sqlite":
        return connection.scalar(sa.text("select seq from sqlite_sequence where name = :name"), name) or 0
    return connection.scalar(sa.text(f"select pg_sequence_last_value({_SEQUENCE})"), name) or 0


def give_above(connection: sa.Connection, table: sa.Table, last: int) -> None:
    """Let the next id of a table be above one, and above each it was given so far.

    A server does it at once, and whether or not the transaction is committed. A table of SQLite that does not remember
    what it gave is left as it is.
    """
    if last <= last_given(connection, table):
        return
    values = {"name": table.name, "last": last}
    if connection.dialect.name != "sqlite":
        connection.execute(sa.text(f"select setval({_SEQUENCE}, :last, true)"), values)
    elif table.dialect_options["sqlite"]["autoincrement"]:
        connection.execute(sa.text("delete from sqlite_sequence where name = :name"), {"name": table.name})
        connection.execute(sa.text("insert into sqlite_sequence (name, seq) values (:name, :last)"), values)
