"""A store of which not all that was listed could be saved: until the lake is listed again, no file of it may go."""

import sqlalchemy as sa

from telltale.landing.schema import META
from telltale.landing.store import Store

_KEY = "relist"


def begin(store: Store) -> None:
    """Note that rows of the catalog are missing."""
    with store.writer() as connection:
        finish(connection)
        connection.execute(META.insert().values(key=_KEY, value=1))


def is_unfinished(store: Store) -> bool:
    """Whether rows of the catalog are missing that the lake's files can give again."""
    with store.reader() as connection:
        return connection.scalar(sa.select(META.c.value).where(META.c.key == _KEY)) is not None


def finish(connection: sa.Connection) -> None:
    """Note, in the transaction that lists the files, that they are listed."""
    connection.execute(META.delete().where(META.c.key == _KEY))
