"""Whatever holds columns, as plain lists: pandas, Arrow, an engine's relation. Times become aware datetimes."""

import datetime as dt
from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa


def rows(frame: Any, *names: str, optional: Sequence[str] = ()) -> list[dict[str, Any]]:
    """The rows of a frame as dicts of the named columns, in order; null is None, an absent optional column too.

    Args:
        frame: a pandas DataFrame, an Arrow table, or anything with `.arrow()` or the Arrow stream protocol.
        *names: columns that must be there.
        optional: columns that may be.

    Raises:
        ValueError: a column is missing; says which there are.
    """
    table = arrow(frame)
    missing = [name for name in names if name not in table.column_names]
    if missing:
        raise ValueError(
            f"chart needs column {', '.join(missing)}; the frame has {', '.join(table.column_names)}; "
            "hand in what tt.presence gives"
        )
    wanted = [*names, *(name for name in optional if name in table.column_names)]
    absent = dict.fromkeys(set(optional) - set(wanted))
    return [absent | row for row in table.select(wanted).cast(_in_micros(table, wanted)).to_pylist()]


def arrow(frame: Any) -> pa.Table:
    """A frame of any kind as an Arrow table."""
    if isinstance(frame, pa.Table):
        return frame
    if getattr(frame, "attrs", None):
        # pandas would write what stands beside the rows into the schema, as JSON, which moments are not.
        frame = frame.copy(deep=False)
        frame.attrs = {}
    if hasattr(frame, "__arrow_c_stream__"):
        return pa.table(frame)
    return frame.arrow()


def local(moment: dt.datetime, zone: str) -> dt.datetime:
    """A moment on the site's clock; one without an offset is UTC."""
    return (moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)).astimezone(ZoneInfo(zone))


def _in_micros(table: pa.Table, names: Sequence[str]) -> pa.Schema:
    """Nanoseconds, as pandas may have them, do not fit Python's datetime."""
    fields = [table.schema.field(name) for name in names]
    return pa.schema(
        field.with_type(pa.timestamp("us", tz=field.type.tz)) if pa.types.is_timestamp(field.type) else field
        for field in fields
    )
