"""Derived days: what is written once when a site's day closes.

A derived file belongs to a table, a site and the site's *local* day; closing a day again replaces its files.
"""

from collections.abc import Sequence
from datetime import date

import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa

from telltale.arrow import conform, own_time
from telltale.lake.catalog import bump, enlist, listed, unlist
from telltale.lake.lake import Lake, retried, write
from telltale.lake.rows import Draft, tidy
from telltale.landing.schema import FILES
from telltale.tables import TABLES


def replace_derived(lake: Lake, table_name: str, site: str, day: date, rows: pa.Table, *, now_us: int) -> None:
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
    retried(lambda: _replace(lake, former, made, now_us))


def _replace(lake: Lake, former: Sequence[sa.ColumnElement[bool]], made: Sequence[Draft], now_us: int) -> None:
    files = write(lake, "derive", made, now_us=now_us)
    with lake.store.writer() as connection:
        bump(connection)
        unlist(connection, listed(connection, *former), at=now_us)
        lake.step("derive:4 unlisted")
        enlist(connection, lake.root, files)
        lake.step("derive:4 listed")
    lake.step("derive:4 committed")
