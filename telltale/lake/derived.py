"""Derived days: what is written once when a site's day closes, and the ledger of closed days.

A derived file belongs to a table, a site and the site's *local* day; closing a day again replaces its files.
"""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa

from telltale.arrow import conform, own_time
from telltale.lake.catalog import bump, enlist, listed, unlist
from telltale.lake.context import Context, retried, write
from telltale.lake.rows import Draft, tidy
from telltale.landing.schema import CLOSED_DAY, FILES
from telltale.landing.store import Store
from telltale.tables import TABLES


class ClosedDay(NamedTuple):
    """A local day of a site whose figures are final."""

    site: str
    day: date
    closed_at: int
    """Microseconds UTC."""
    late: int
    """Late rows that were counted and left out."""


def replace_derived(context: Context, table_name: str, site: str, day: date, rows: pa.Table, *, now_us: int) -> None:
    """List these rows as the table's only rows of a site's local day; none is a valid outcome.

    Raises:
        ValueError: the table is not derived, or the rows are not of its columns.
    """
    table = TABLES[table_name]
    if not table.derived:
        raise ValueError(f"table {table_name} comes from a decoder; only derived tables are replaced by day")
    rows, unique = tidy(table, conform(table, rows))
    made = []
    if rows.num_rows:
        times = pc.min_max(own_time(table, rows).cast(pa.int64())).as_py()
        made = [Draft(table_name, "", site, day, rows, 0, 0, times["min"], times["max"], 0, unique)]
    former = (FILES.c.table_name == table_name, FILES.c.site == site, FILES.c.day == day)
    retried(lambda: _replace(context, former, made, now_us))


def closed_days(store: Store) -> dict[tuple[str, date], ClosedDay]:
    """Every closed day by site and local day."""
    query = sa.select(*(CLOSED_DAY.c[name] for name in ClosedDay._fields))
    with store.reader() as connection:
        rows = [ClosedDay(*row) for row in connection.execute(query)]
    return {(row.site, row.day): row for row in rows}


def mark_closed(store: Store, site: str, day: date, *, now_us: int, late: int) -> None:
    """Note that a day is closed, or how many late rows a closed day has by now."""
    with store.writer() as connection:
        bump(connection)
        of_day = (CLOSED_DAY.c.site == site, CLOSED_DAY.c.day == day)
        if connection.execute(CLOSED_DAY.update().where(*of_day).values(late=late)).rowcount == 0:
            connection.execute(CLOSED_DAY.insert().values(site=site, day=day, closed_at=now_us, late=late))


def _replace(context: Context, former: Sequence[sa.ColumnElement[bool]], made: Sequence[Draft], now_us: int) -> None:
    files = write(context, "derive", made, now_us=now_us)
    with context.store.writer() as connection:
        bump(connection)
        unlist(connection, listed(connection, *former), at=now_us)
        context.step("derive:4 unlisted")
        enlist(connection, context.root, files)
        context.step("derive:4 listed")
    context.step("derive:4 committed")
