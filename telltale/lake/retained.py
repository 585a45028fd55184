"""What retention must remember: since when rows are kept at all, and how many late rows have been counted.

Both are written before rows are removed, so that a purge that was stopped can be run again, and a stretch whose rows
are gone is never taken for a quiet one.
"""

from collections.abc import Mapping
from datetime import date

import sqlalchemy as sa

from telltale.lake.catalog import bump
from telltale.landing.schema import CLOSED_DAY, META
from telltale.landing.store import Store

_KEPT = "kept_from:"
_COUNTED = "late_counted_through"


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
