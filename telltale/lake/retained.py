"""What retention must remember: since when rows are kept, the closed days, and how many late rows were counted.

Marks are written before rows are removed, so that a purge that was stopped can be run again, and a stretch whose rows
are gone is never taken for a quiet one.
"""

from collections.abc import Callable, Mapping
from datetime import date
from typing import NamedTuple

import sqlalchemy as sa

from telltale.arrow import DAY_US
from telltale.lake.catalog import bump
from telltale.landing.schema import CLOSED_DAY, KEPT_MARK, META
from telltale.landing.store import Store

_KEPT = "kept_from:"
_COUNTED = "late_counted_through"
_AHEAD_SINCE, _AHEAD_THROUGH = "ahead_since", "ahead_through"


class ClosedDay(NamedTuple):
    """A local day of a site whose figures are final."""

    site: str
    day: date
    closed_at: int
    """Microseconds UTC."""
    late: int
    """Late rows that were counted and left out."""


def kept_from(store: Store) -> dict[tuple[str, str], int]:
    """By (table, site): rows of before this moment (microseconds UTC) may have been removed."""
    query = sa.select(META.c.key, META.c.value).where(META.c.key.startswith(_KEPT, autoescape=True))
    with store.reader() as connection:
        found = connection.execute(query).all()
    marks = {}
    for key, value in found:
        table_name, _, site = key.removeprefix(_KEPT).partition(":")
        marks[table_name, site] = value
    return marks


def keep_from(store: Store, table_name: str, site: str, at_us: int, *, now_us: int) -> None:
    """Note that a site's rows of before a moment are about to be removed; the moment only ever rises.

    When it rose to another day is kept: whoever asks about a moment that has passed learns what was removed since.
    """
    before = kept_from(store).get((table_name, site), 0)
    if before < at_us:
        with store.writer() as connection:
            bump(connection)
            _set(connection, f"{_KEPT}{table_name}:{site}", at_us)
            if before // DAY_US != at_us // DAY_US:
                row = {"table_name": table_name, "site": site, "at": now_us, "kept_from": at_us}
                connection.execute(KEPT_MARK.insert().values(**row))


def risen_since(store: Store, moment_us: int) -> dict[tuple[str, str], tuple[int, int]]:
    """The marks of `kept_from` that have risen since a moment, by (table, site): when they rose last, and to what."""
    columns = (KEPT_MARK.c.table_name, KEPT_MARK.c.site, KEPT_MARK.c.at, KEPT_MARK.c.kept_from)
    query = sa.select(*columns).where(KEPT_MARK.c.at > moment_us).order_by(KEPT_MARK.c.id)
    with store.reader() as connection:
        return {(row.table_name, row.site): (row.at, row.kept_from) for row in connection.execute(query)}


class Ahead(NamedTuple):
    """Records that bear moments of the future, from when a clock was ahead."""

    since_us: int
    """When they were first seen by a clock that is believed: they came before."""
    through_id: int
    """The last of them."""


def ahead(store: Store) -> Ahead | None:
    """What is noted of records that bear moments of the future; None where nothing is."""
    query = sa.select(META.c.key, META.c.value).where(META.c.key.in_([_AHEAD_SINCE, _AHEAD_THROUGH]))
    with store.reader() as connection:
        noted = {row.key: row.value for row in connection.execute(query)}
    return Ahead(noted[_AHEAD_SINCE], noted[_AHEAD_THROUGH]) if noted else None


def note_ahead(store: Store, mark: Ahead | None) -> None:
    """Note that such records are there, or that there are none any more."""
    with store.writer() as connection:
        if mark is None:
            connection.execute(META.delete().where(META.c.key.in_([_AHEAD_SINCE, _AHEAD_THROUGH])))
        else:
            _set(connection, _AHEAD_SINCE, mark.since_us)
            _set(connection, _AHEAD_THROUGH, mark.through_id)


def take_back(store: Store, now_us: int, is_over: Callable[[str, date], bool]) -> int:
    """Take back what a clock that was ahead has marked of the future, and return how many marks.

    Rows removed by it are gone, so their mark becomes the present; a day that is not over is open again.

    Args:
        store: where the marks are.
        now_us: the present.
        is_over: whether a local day of a site may be closed.
    """
    future = META.c.key.startswith(_KEPT, autoescape=True) & (META.c.value > now_us)
    with store.reader() as connection:
        early = [row for row in closed_days(connection).values() if not is_over(row.site, row.day)]
        ahead = connection.scalar(sa.select(sa.func.count()).select_from(META).where(future)) or 0
    if ahead or early:
        with store.writer() as connection:
            bump(connection)
            connection.execute(META.update().where(future).values(value=now_us))
            for row in early:
                of_day = (CLOSED_DAY.c.site == row.site, CLOSED_DAY.c.day == row.day)
                connection.execute(CLOSED_DAY.delete().where(*of_day))
    return ahead + len(early)


def closed_days(connection: sa.Connection) -> dict[tuple[str, date], ClosedDay]:
    """Every closed day by site and local day."""
    query = sa.select(*(CLOSED_DAY.c[name] for name in ClosedDay._fields))
    rows = [ClosedDay(*row) for row in connection.execute(query)]
    return {(row.site, row.day): row for row in rows}


def mark_closed(store: Store, site: str, day: date, *, now_us: int, late: int = 0) -> None:
    """Note that a day is closed, or how many late rows a closed day has by now."""
    with store.writer() as connection:
        bump(connection)
        of_day = (CLOSED_DAY.c.site == site, CLOSED_DAY.c.day == day)
        if connection.execute(CLOSED_DAY.update().where(*of_day).values(late=late)).rowcount == 0:
            connection.execute(CLOSED_DAY.insert().values(site=site, day=day, closed_at=now_us, late=late))


def forget_closed(store: Store, site: str, day: date) -> None:
    """A day that nothing is left of is not closed any more."""
    with store.writer() as connection:
        bump(connection)
        connection.execute(CLOSED_DAY.delete().where(CLOSED_DAY.c.site == site, CLOSED_DAY.c.day == day))


def late_counted_through(store: Store) -> int:
    """The last raw record whose late rows are counted in `closed_day`."""
    with store.reader() as connection:
        return connection.scalar(sa.select(META.c.value).where(META.c.key == _COUNTED)) or 0


def add_late(store: Store, counts: Mapping[tuple[str, date], int], *, through_id: int) -> None:
    """Add late rows to their closed days, and note in the same transaction how far was counted."""
    with store.writer() as connection:
        bump(connection)
        for (site, day), count in counts.items():
            of_day = (CLOSED_DAY.c.site == site, CLOSED_DAY.c.day == day)
            connection.execute(CLOSED_DAY.update().where(*of_day).values(late=CLOSED_DAY.c.late + count))
        _set(connection, _COUNTED, through_id)


def _set(connection: sa.Connection, key: str, value: int) -> None:
    if connection.execute(META.update().where(META.c.key == key).values(value=value)).rowcount == 0:
        connection.execute(META.insert().values(key=key, value=value))
