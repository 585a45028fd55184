"""What a decode replaced, where `[lake] keep_superseded` keeps it: files off the list that gc leaves.

Decoding again is the one job that changes what rows say. Merging, trimming and closing keep nothing: the rows of the
files they replace are in those they make. What retention removes of a table, it removes here in the same step.
"""

from collections.abc import Callable, Sequence
from datetime import date
from typing import NamedTuple

import sqlalchemy as sa

from telltale.lake.catalog import File, bump, pieces
from telltale.lake.gc import remove
from telltale.lake.lake import Lake
from telltale.landing.schema import SUPERSEDED, UNLISTED
from telltale.landing.store import Store


class Superseded(NamedTuple):
    """A file whose rows were decoded again."""

    path: str
    """Relative to the lake root."""
    table_name: str
    source: str
    day: date
    min_time: int
    max_time: int
    decoder_version: int
    """The oldest among its rows."""
    at: int
    """When its rows were decoded again, microseconds UTC."""


def keep(connection: sa.Connection, replaced: Sequence[File], made: Sequence[File], *, at: int) -> None:
    """Note, in the transaction that lists what is made of them, that files which were replaced stay.

    A file that says the same has the same name: it is not replaced, and what is listed again is not superseded.
    """
    same, listed = [name for name in Superseded._fields if name != "at"], {file.path for file in made}
    for paths in pieces(listed):
        connection.execute(SUPERSEDED.delete().where(SUPERSEDED.c.path.in_(paths)))
    for piece in pieces(file for file in replaced if file.path not in listed):
        paths = [file.path for file in piece]
        connection.execute(UNLISTED.delete().where(UNLISTED.c.path.in_(paths)))
        connection.execute(SUPERSEDED.delete().where(SUPERSEDED.c.path.in_(paths)))
        rows = [{**{name: getattr(file, name) for name in same}, "at": at} for file in piece]
        connection.execute(SUPERSEDED.insert(), rows)


def superseded(store: Store, table_name: str = "") -> list[Superseded]:
    """The files that are kept, those decoded again first before others; of all tables without a name."""
    query = sa.select(*(SUPERSEDED.c[name] for name in Superseded._fields)).order_by(SUPERSEDED.c.at, SUPERSEDED.c.path)
    if table_name:
        query = query.where(SUPERSEDED.c.table_name == table_name)
    with store.reader() as connection:
        return [Superseded(*row) for row in connection.execute(query)]


def remove_superseded(lake: Lake, is_due: Callable[[Superseded], bool], *, now_us: int) -> int:
    """Remove those that are due at once, and return how many there were."""
    paths = [file.path for file in superseded(lake.store) if is_due(file)]
    for piece in pieces(paths):
        with lake.store.writer() as connection:
            bump(connection, 0)
            connection.execute(SUPERSEDED.delete().where(SUPERSEDED.c.path.in_(piece)))
            connection.execute(UNLISTED.delete().where(UNLISTED.c.path.in_(piece)))
            connection.execute(UNLISTED.insert(), [{"path": path, "at": now_us} for path in piece])
        remove(lake, piece, unlisted_before=now_us)
    return len(paths)
