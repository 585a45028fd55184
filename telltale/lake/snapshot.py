"""A snapshot: what a reader works with, one moment of the catalog and the hot rows."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

import sqlalchemy as sa

from telltale.contract import Raw
from telltale.lake.catalog import File
from telltale.lake.listing import Listing
from telltale.lake.retained import ClosedDay
from telltale.landing.schema import META, RAW
from telltale.landing.store import Store


@dataclass(frozen=True)
class Snapshot:
    """The listed files and the hot records of one moment; the files stay readable for the grace of gc."""

    listing: Listing
    """Its files; those nobody has asked for yet may be out of reach once the catalog has changed."""
    hot: tuple[Raw, ...]
    """In the order of their id."""
    change: int
    """Equal for equal snapshots of a store; it rises with every commit a reader could see."""

    @property
    def files(self) -> tuple[File, ...]:
        """Every file, raw ones included, in the order of their path; a question about rows asks `of` a table."""
        return self.listing.all()

    def of(self, table_name: str, since: date | None = None, until: date | None = None) -> tuple[File, ...]:
        """The files of a table with since <= day < until; None leaves an end open."""
        return self.listing.of(table_name, since, until)

    def with_only(
        self, files: Iterable[File], hot: Iterable[Raw], closed: Mapping[tuple[str, date], ClosedDay]
    ) -> "Snapshot":
        """The same moment with other files, records and closed days: those of one that has passed."""
        listing = Listing.of_files(self.listing, sorted(files, key=lambda file: file.path), closed)
        return Snapshot(listing, tuple(hot), self.change)


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


class Snapshots:
    """Takes snapshots of a store; what has not changed since the last one is not read again.

    Args:
        store: the database.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._last: Snapshot | None = None

    def take(self, *, pinned: bool) -> Snapshot:
        """The present moment, taken in one read transaction that ends before anything is scanned.

        Args:
            pinned: read all that is listed at once: the moment lasts, whatever changes meanwhile. Else what is not
                asked for before the catalog changes raises `Changed`, and is asked anew.
        """
        last = self._last
        with self._store.reader() as connection:
            counter = connection.scalar(sa.select(META.c.value).where(META.c.key == "change")) or 0
            number = connection.scalar(sa.select(sa.func.count()).select_from(RAW)) or 0
            if last is None or last.change != counter + number or last.listing.counter != counter:
                hot = _hot(connection, last.hot if last is not None and last.listing.counter == counter else (), number)
                listing = last.listing if last is not None and last.listing.counter == counter else None
                last = Snapshot(listing or Listing(self._store, counter), hot, counter + number)
            if pinned:
                last.listing.pin(connection)
        self._last = last
        return last


def _hot(connection: sa.Connection, known: tuple[Raw, ...], number: int) -> tuple[Raw, ...]:
    """All hot records, of which some are known that cannot have left since."""
    query = sa.select(*(RAW.c[name] for name in Raw._fields)).order_by(RAW.c.id)
    if known:
        hot = (*known, *(Raw(*row) for row in connection.execute(query.where(RAW.c.id > known[-1].id))))
        if len(hot) == number:  # else a smaller id has become visible later, as PostgreSQL allows
            return hot
    return tuple(Raw(*row) for row in connection.execute(query))


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
