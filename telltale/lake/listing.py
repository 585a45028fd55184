"""What the catalog lists at one value of its counter, read by table and day when first asked for.

A lake of years lists tens of thousands of files, and a question is about a few days of one table. So nothing is read
before it is needed, and nothing twice for as long as the counter stands still. Once it has moved on, what was not read
by then cannot be read any more: whoever stands at a moment that must last reads all of it at once (`pin`).
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from datetime import date, timedelta
from typing import Any, NamedTuple, TypeVar

import sqlalchemy as sa

from telltale.lake.catalog import Changed, File, listed
from telltale.lake.retained import ClosedDay, closed_days
from telltale.landing.schema import FILES, META
from telltale.landing.store import Store

_MOST_RANGES = 8
"""So many stretches of a table are asked for one by one; then the table is read whole."""
_MOST_ONCE = 1_024
"""So many results of `once` are kept."""
_Range = tuple[date | None, date | None]
_T = TypeVar("_T")


class _Table(NamedTuple):
    """All files of a table, in the order of their path, and those of each day."""

    files: tuple[File, ...]
    days: dict[date, tuple[File, ...]]
    order: list[date]

    def between(self, since: date | None, until: date | None) -> tuple[File, ...]:
        if since is None and until is None:
            return self.files
        first = 0 if since is None else bisect_left(self.order, since)
        last = len(self.order) if until is None else bisect_left(self.order, until)
        found = [file for day in self.order[first:last] for file in self.days[day]]
        return tuple(sorted(found, key=_path))


class Listing:
    """The files and closed days of one moment of the catalog.

    Args:
        store: the database.
        counter: the value of the catalog's counter it is of.
    """

    def __init__(self, store: Store, counter: int) -> None:
        self.counter = counter
        self._store = store
        self._ranges: dict[str, dict[_Range, tuple[File, ...]]] = defaultdict(dict)
        self._tables: dict[str, _Table] = {}
        self._closed: Mapping[tuple[str, date], ClosedDay] | None = None
        self._is_whole = False
        self._once: dict[Hashable, Any] = {}

    @classmethod
    def of_files(
        cls, listing: "Listing", files: Iterable[File], closed: Mapping[tuple[str, date], ClosedDay]
    ) -> "Listing":
        """One of the same moment that has these files and closed days alone; files in the order of their path."""
        made = cls(listing._store, listing.counter)
        made._take(files)
        made._closed = closed
        return made

    def of(self, table_name: str, since: date | None = None, until: date | None = None) -> tuple[File, ...]:
        """The files of a table with since <= day < until, in the order of their path; None leaves an end open.

        Raises:
            Changed: they were not read before the catalog changed.
        """
        table = self._tables.get(table_name)
        if table is None and self._is_whole:
            return ()
        if table is None and since is not None and until is not None:
            if (since, until) in (ranges := self._ranges[table_name]):
                return ranges[since, until]
            if len(ranges) < _MOST_RANGES:
                with self._standing() as connection:
                    in_range = FILES.c.day >= since, FILES.c.day < until
                    ranges[since, until] = tuple(listed(connection, FILES.c.table_name == table_name, *in_range))
                return ranges[since, until]
        if table is None:
            with self._standing() as connection:
                table = self._tables[table_name] = _table(listed(connection, FILES.c.table_name == table_name))
        return table.between(since, until)

    def of_days(self, table_name: str, days: Collection[date]) -> tuple[File, ...]:
        """The files of a table of some days."""
        if not days:
            return ()
        wanted = set(days)
        files = self.of(table_name, min(wanted), max(wanted) + timedelta(days=1))
        return tuple(file for file in files if file.day in wanted)

    def sources(self, table_name: str) -> frozenset[str]:
        """The sources a table has files of: without reading what is listed, where nobody has done so.

        Raises:
            Changed: see `of`.
        """

        def read() -> frozenset[str]:
            if self._is_whole or table_name in self._tables:
                return frozenset(file.source for file in self.of(table_name))
            with self._standing() as connection:
                query = sa.select(FILES.c.source).where(FILES.c.table_name == table_name).distinct()
                return frozenset(connection.scalars(query))

        return self.once(("sources", table_name), read)

    def all(self) -> tuple[File, ...]:
        """Every file, raw ones included, in the order of their path.

        Raises:
            Changed: see `of`.
        """
        self.pin()
        return tuple(sorted((file for table in self._tables.values() for file in table.files), key=_path))

    def closed_days(self) -> Mapping[tuple[str, date], ClosedDay]:
        """Every closed day by site and local day.

        Raises:
            Changed: see `of`.
        """
        if self._closed is None:
            with self._standing() as connection:
                self._closed = closed_days(connection)
        return self._closed

    def pin(self, connection: sa.Connection | None = None) -> None:
        """Read all of it, so that the moment lasts.

        Args:
            connection: a read transaction that is at this moment; None begins one.

        Raises:
            Changed: the catalog has changed already.
        """
        if self._is_whole and self._closed is not None:
            return
        with self._standing() if connection is None else nullcontext(connection) as reading:
            if self._closed is None:
                self._closed = closed_days(reading)
            if not self._is_whole:
                self._take(listed(reading))

    def once(self, key: Hashable, make: Callable[[], _T]) -> _T:
        """What `make` gives of what is listed; made once for as long as that stays the same.

        Args:
            key: all that `make` depends on but the list.
            make: never of hot rows, or the present.
        """
        if key not in self._once:
            if len(self._once) >= _MOST_ONCE:
                self._once.clear()
            self._once[key] = make()
        made: _T = self._once[key]
        return made

    def read(self) -> Iterator[File]:
        """The files that anybody has asked for."""
        for table in list(self._tables.values()):
            yield from table.files
        for ranges in list(self._ranges.values()):
            for files in list(ranges.values()):
                yield from files

    def _take(self, files: Iterable[File]) -> None:
        tables: dict[str, list[File]] = defaultdict(list)
        for file in files:
            tables[file.table_name].append(file)
        self._tables = {name: _table(members) for name, members in tables.items()}
        self._is_whole = True

    @contextmanager
    def _standing(self) -> Iterator[sa.Connection]:
        """A read transaction in which the catalog is still that of this moment."""
        with self._store.reader() as connection:
            if connection.scalar(sa.select(META.c.value).where(META.c.key == "change")) != self.counter:
                raise Changed("catalog: files were listed or taken off the list meanwhile; start again")
            yield connection


def _path(file: File) -> str:
    return file.path


def _table(files: list[File]) -> _Table:
    """Of files in the order of their path."""
    days: dict[date, list[File]] = defaultdict(list)
    for file in files:
        days[file.day].append(file)
    return _Table(tuple(files), {day: tuple(members) for day, members in days.items()}, sorted(days))
