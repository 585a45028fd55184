"""Arrow schemas of the tables, raw records to and from Arrow, and the day a row belongs to.

What a decode yields is `Tables`: one Arrow table by table name, each exactly of `schema(...)`. The lake is handed a
`Decode` and knows no source.
"""

from collections.abc import Callable, Sequence
from datetime import date
from functools import cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from telltale.contract import Raw
from telltale.tables import CLOCK_WRONG, Table

Tables = dict[str, pa.Table]
"""Decoded rows by table name, conforming to `schema()`; rejects are the table `reject`."""

Decode = Callable[[str, Sequence[Raw]], Tables]
"""(source name, raw records of that source) -> their rows. Pure for the lake: the same input gives the same rows."""

TIMESTAMP = pa.timestamp("us", tz="UTC")

RAW_SCHEMA = pa.schema(
    [
        pa.field("id", pa.int64(), nullable=False),
        pa.field("source", pa.string(), nullable=False),
        pa.field("received_at", TIMESTAMP, nullable=False),
        pa.field("sender", pa.string(), nullable=False),
        pa.field("meta", pa.string(), nullable=False),
        pa.field("body", pa.binary(), nullable=False),
    ]
)

DAY_US = 24 * 3_600_000_000

_TYPES = {
    "int32": pa.int32(),
    "int64": pa.int64(),
    "float64": pa.float64(),
    "string": pa.string(),
    "bool": pa.bool_(),
    "timestamp": TIMESTAMP,
}
_CLOCK_WRONG = rf"(^|,)({'|'.join(CLOCK_WRONG)})(,|$)"


@cache
def schema(table: Table) -> pa.Schema:
    """The Arrow schema of a table: its columns in order, times as UTC microseconds."""
    return pa.schema([pa.field(column.name, _TYPES[column.type], column.nullable) for column in table.columns])


def empty(table: Table) -> pa.Table:
    """No rows, but the right columns."""
    return schema(table).empty_table()


def conform(table: Table, rows: pa.Table) -> pa.Table:
    """The same rows with exactly the columns of `schema(table)`, cast where needed.

    Raises:
        ValueError: a column is missing or does not belong to the table, or a column that is not nullable holds a null.
    """
    wanted = schema(table)
    if set(rows.column_names) != set(wanted.names):
        odd = sorted(set(rows.column_names) ^ set(wanted.names))
        raise ValueError(f"rows of table {table.name} have or lack the columns {', '.join(odd)}")
    if not rows.schema.equals(wanted):
        rows = rows.select(wanted.names).cast(wanted)
    for field in wanted:
        if not field.nullable and rows[field.name].null_count:
            raise ValueError(f"table {table.name}: column {field.name} holds a null, expected a value in every row")
    return rows


def raws_to_arrow(raws: Sequence[Raw]) -> pa.Table:
    """Raw records as a table of `RAW_SCHEMA`, in the order given."""
    if not raws:
        return RAW_SCHEMA.empty_table()
    arrays = [pa.array(values, field.type) for field, values in zip(RAW_SCHEMA, zip(*raws, strict=True), strict=True)]
    return pa.Table.from_arrays(arrays, schema=RAW_SCHEMA)


def arrow_to_raws(table: pa.Table) -> list[Raw]:
    """The raw records of a table of `RAW_SCHEMA`, in its order."""
    at = RAW_SCHEMA.get_field_index("received_at")
    table = table.set_column(at, "received_at", table["received_at"].cast(pa.int64()))
    return list(map(Raw._make, zip(*(column.to_pylist() for column in table.columns), strict=True)))


def own_time(table: Table, rows: pa.Table) -> pa.ChunkedArray:
    """The time each row is filed under: its own, or `received_at` where its flags say that the clock is wrong."""
    own = rows[table.time]
    if "flags" not in rows.column_names:
        return own
    wrong = pc.match_substring_regex(rows["flags"], _CLOCK_WRONG)
    return pc.if_else(wrong, rows["received_at"], own) if pc.any(wrong).as_py() else own


def day_of(table: Table, rows: pa.Table) -> pa.ChunkedArray:
    """The UTC day (date32) each row is filed under; equal natural keys share it."""
    return own_time(table, rows).cast(pa.date32())


def by_day(table: Table, rows: pa.Table) -> list[tuple[date, pa.Table]]:
    """The rows apart by the UTC day they are filed under, oldest day first.

    Raises:
        ValueError, OverflowError: a time lies outside the years 1 to 9999.
    """
    if rows.num_rows == 0:
        return []
    days = np.asarray(own_time(table, rows).cast(pa.int64()).to_numpy()) // DAY_US
    distinct = np.unique(days)
    if len(distinct) == 1:
        return [(utc_day(int(distinct[0])), rows)]
    return [(utc_day(int(day)), rows.filter(pa.array(days == day))) for day in distinct]


def utc_day(number: int) -> date:
    """The date of the n-th day since 1970-01-01."""
    return date.fromordinal(date(1970, 1, 1).toordinal() + number)
