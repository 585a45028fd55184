"""Files that were taken off the list as lost, and lie in the lake again as they were written."""

import sqlalchemy as sa

from telltale.lake.damage import is_of_its_name
from telltale.lake.lake import Lake
from telltale.landing.schema import FILES, GONE, LOST, SUPERSEDED


def returned(lake: Lake, *, reads_all: bool = True) -> list[str]:
    """Their paths; without reading them, some may hold other bytes than were written.

    Raises:
        StoreError: one cannot be read, or the object store of the lake is away.
    """
    with lake.store.reader() as connection:
        paths = set(connection.scalars(sa.select(LOST.c.path).distinct()))
        for table in (FILES, SUPERSEDED, GONE) if paths else ():
            paths -= set(connection.scalars(sa.select(table.c.path).where(table.c.path.in_(paths))))
    there = sorted(paths - set(lake.root.missing(sorted(paths))))
    return [path for path in there if not reads_all or is_of_its_name(lake.root, path)]
