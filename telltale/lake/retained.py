"""What retention must remember: since when rows are kept, the closed days, and how many late rows were counted.

Marks are written before rows are removed, so that a purge that was stopped can be run again, and a stretch whose rows
are gone is never taken for a quiet one.
"""

from collections.abc import Callable, Mapping
from datetime import date
from typing import NamedTuple

import sqlalchemy as sa

from telltale.lake.catalog import bump
from telltale.landing.schema import CLOSED_DAY, META
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


def keep_from(store: Store, table_name: str, site: str, at_us: int) -> None:
    """Note that a site's rows of before a moment are about to be removed; the moment only ever rises."""
    if kept_from(store).get((table_name, site), 0) < at_us:
        with store.writer() as connection:
            bump(connection)
            _set(connection, f"{_KEPT}{table_name}:{site}", at_us)


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
