"""What the store asks of a database: the few things in which SQLite and PostgreSQL differ.

`sqlite` and `postgresql` each answer all of it; everything else of the store and the lake is SQLAlchemy Core.
"""

import enum
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from telltale.contract import Raw

USE = "telltale_use"
"""Execution option: what a connection is used for."""
PATIENCE_S = "telltale_patience_s"
"""Execution option: how long its transaction may take in all, where the database may leave one without an answer."""


class Use(enum.Enum):
    """What a transaction is for."""

    READ = "read"
    """Every SELECT sees the same moment."""
    WRITE = "write"
    """One at a time, whichever process or host: what was read in it holds until it ends."""
    APPEND = "append"
    """Adds raw records and what their devices said; it looks at nothing, and waits for no other where it need not."""
    BARE = "bare"
    """No transaction."""


class Database(Protocol):
    """A kind of database."""

    is_bounded: bool
    """Whether a transaction can be given up that gets no answer; a file on a disk of this machine always answers."""

    is_shared: bool
    """Whether several hosts may use it at once."""

    def engine(self) -> sa.Engine:
        """A new engine whose connections begin as their use asks."""

    def options(self, use: Use) -> Mapping[str, Any]:
        """Execution options of a connection, beside `USE` and `PATIENCE_S`."""

    def bound(self, connection: sa.Connection, until_s: float) -> None:
        """Give the transaction up at a moment of `time.monotonic`, if the database has not answered by then."""

    def made(self) -> None:
        """The tables are there: from now on they are expected to be."""

    def insert(self, connection: sa.Connection, raws: Sequence[Raw]) -> Sequence[int]:
        """Insert raw records in the order given and return the id of each."""

    def last_id(self, connection: sa.Connection) -> int:
        """The largest id a raw record was given so far; each up to it is visible from now on, or never will be.

        In a transaction for `Use.APPEND`; 0 before the first.
        """

    def check_written(self, connection: sa.Connection) -> None:
        """Whether what was just committed lies where the next one looks for it.

        Raises:
            StoreError: it does not.
        """

    def scrub(self, connection: sa.Connection) -> bool:
        """Give the space of what was deleted back; False when somebody was in the way."""

    def trouble(self) -> str:
        """Why no record can be stored, as far as one sees without asking the database; empty where all is well."""

    def trouble_within(self, connection: sa.Connection) -> str:
        """The same, as far as it says itself."""

    def damage(self, connection: sa.Connection) -> str:
        """What is wrong within it, in its words, in one line; empty where nothing is found."""

    def weaknesses(self, connection: sa.Connection) -> list[tuple[str, str]]:
        """Settings of it by which what was acknowledged could be lost, each with what to do."""

    def is_mistake(self, error: sa.exc.DBAPIError) -> bool:
        """Whether an error is one of what was asked; otherwise the store is at fault."""

    def advice(self, error: BaseException) -> str:
        """What to do about an error."""


def cause_of(error: BaseException) -> str:
    """What a database says of an error, in one line and without the values it was given."""
    cause = (error.orig if isinstance(error, sa.exc.DBAPIError) else None) or error
    lines = str(cause).splitlines()  # PostgreSQL quotes the row in the lines below the first
    return lines[0] if lines else type(cause).__name__


def insert_new(connection: sa.Connection, table: sa.Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows; one whose keys are there already leaves what is there."""
    if rows:
        connection.execute(_insert(connection, table).on_conflict_do_nothing(), rows)


def put(connection: sa.Connection, table: sa.Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows; one whose primary key is there already takes the place of what is there."""
    if rows:
        query = _insert(connection, table)
        values = {column.name: query.excluded[column.name] for column in table.columns if not column.primary_key}
        key = [column.name for column in table.primary_key.columns]
        connection.execute(query.on_conflict_do_update(index_elements=key, set_=values), rows)


def _insert(connection: sa.Connection, table: sa.Table) -> Any:
    """Both dialects have the same words for what is there already, SQLAlchemy has no common ones."""
    return (sqlite if connection.dialect.name == "sqlite" else postgresql).insert(table)
