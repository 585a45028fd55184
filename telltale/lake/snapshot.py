"""A snapshot: what a reader works with, one moment of the catalog and the hot rows."""

from collections import defaultdict
from collections.abc import Collection
from datetime import date
from typing import NamedTuple

import sqlalchemy as sa

from telltale.contract import Raw
from telltale.lake.catalog import File, listed
from telltale.landing.schema import META, RAW
from telltale.landing.store import Store


class Snapshot(NamedTuple):
    """The listed files and the hot records of one moment; the files stay readable for the grace of gc."""

    files: tuple[File, ...]
    """In the order of their path."""
    hot: tuple[Raw, ...]
    """In the order of their id."""
    change: int
    """Equal for equal snapshots of a store; it rises with every commit a reader could see."""

    def of(self, table_name: str, since: date | None = None, until: date | None = None) -> tuple[File, ...]:
        """The files of a table with since <= day < until; None leaves an end open."""
        return tuple(
            file
            for file in self.files
            if file.table_name == table_name
            and (since is None or file.day >= since)
            and (until is None or file.day < until)
        )


class Parts(NamedTuple):
    """Files apart by whether their days have to be de-duplicated on read."""

    unique: tuple[File, ...]
    mixed: tuple[File, ...]


def parts(files: Collection[File], hot_days: Collection[date]) -> Parts:
    """Files of one table: those of days with one file of a source and no hot rows are unique as they are."""
    days: dict[tuple[str, str, date], list[File]] = defaultdict(list)
    for file in files:
        days[file.source, file.site, file.day].append(file)
    unique: list[File] = []
    mixed: list[File] = []
    for (_source, _site, day), group in days.items():
        alone = len(group) == 1 and group[0].is_unique and day not in hot_days
        (unique if alone else mixed).extend(group)
    return Parts(tuple(unique), tuple(mixed))


def snapshot(store: Store) -> Snapshot:
    """The present moment, taken in one read transaction that ends before anything is scanned."""
    with store.reader() as connection:
        files = tuple(listed(connection))
        query = sa.select(*(RAW.c[name] for name in Raw._fields)).order_by(RAW.c.id)
        hot = tuple(Raw(*row) for row in connection.execute(query))
        counter = connection.scalar(sa.select(META.c.value).where(META.c.key == "change"))
    return Snapshot(files, hot, (counter or 0) + len(hot))


def change(store: Store) -> int:
    """The `change` a snapshot taken now would have, without reading it.

    Landing a record adds a hot row, everything else raises the counter by the rows it takes away and one more; so the
    sum rises with every commit, and landing needs no counter that all its writers would wait for.
    """
    counter = sa.select(META.c.value).where(META.c.key == "change").scalar_subquery()
    with store.reader() as connection:
        return (
            connection.scalar(sa.select(counter + sa.select(sa.func.count()).select_from(RAW).scalar_subquery())) or 0
        )
