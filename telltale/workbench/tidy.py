"""Arrow tables as tidy pandas: pseudonyms as 16 hex digits, times aware (UTC)."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, cast

import numpy as np
import pyarrow as pa

from telltale.workbench.shown import marked

if TYPE_CHECKING:
    import pandas as pd

DIGITS = 16
_stays_arrow: ContextVar[bool] = ContextVar("stays_arrow", default=False)
_NULLABLE = {pa.int64(): "Int64", pa.int32(): "Int32"}


def tidy(table: pa.Table) -> "pd.DataFrame":
    """The table as pandas, in the same order; `device` is text. Inside `as_arrow` it stays an Arrow table.

    Raises:
        ModuleNotFoundError: pandas is not installed (it comes with `telltale[lab]`).
    """
    table = shown(table)
    if _stays_arrow.get():
        return cast("pd.DataFrame", table)  # whoever asks within `as_arrow` knows
    import pandas as pd

    frame: pd.DataFrame = table.to_pandas()
    # A count that is sometimes unknown stays a whole number: −84 and <NA>, not −84.0 and NaN.
    whole = {field.name: _NULLABLE[field.type] for field in table.schema if field.type in _NULLABLE}
    gaps = [name for name in whole if table[name].null_count]
    return marked(frame.assign(**{name: pd.array(table[name].to_pylist(), dtype=whole[name]) for name in gaps}))


@contextmanager
def as_arrow() -> Iterator[None]:
    """Inside the block `tidy` leaves tables as they are: the command line prints rows, and needs no pandas for them."""
    token = _stays_arrow.set(True)
    try:
        yield
    finally:
        _stays_arrow.reset(token)


def shown(table: pa.Table) -> pa.Table:
    """The table as people see it: the signed 64-bit `device` as 16 hex digits."""
    at = table.schema.get_field_index("device")
    if at < 0 or not pa.types.is_integer(table.schema.field(at).type):
        return table
    column = table.column(at).combine_chunks()
    return table.set_column(at, "device", hex_digits(column))


def hex_digits(devices: pa.Array) -> pa.Array:
    """Pseudonyms as fixed-width lower-case hex; no Python object per row."""
    values = np.asarray(devices.fill_null(0)).astype(">i8")
    text = values.tobytes().hex().encode()
    offsets = np.arange(0, DIGITS * len(values) + 1, DIGITS, dtype=np.int64)
    hexed = pa.LargeStringArray.from_buffers(len(values), pa.py_buffer(offsets), pa.py_buffer(text))
    # A chunk of more than 2 GiB of digits would need the large type; 134 million rows do not come to a notebook.
    return pa.compute.if_else(devices.is_valid(), hexed.cast(pa.string()), None)
