"""Rows of a table on their way from Python lists into Arrow, the quick way and nothing taken that does not fit."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from telltale.arrow import TIMESTAMP, schema
from telltale.contract import SECOND_US, Runs, Scaled
from telltale.tables import ORIGIN, Table

FEW_ROWS = 1000
"""Rows turned into Arrow together."""
POSITION = "position"
"""Stands for the columns of the origin until the pipeline knows them: the place of the row's record in the batch."""

_WHOLE = (pa.int64(), pa.int32(), TIMESTAMP)
_Array: TypeAlias = pa.Array | NDArray[np.int64]


class Rows:
    """Rows of one table as decoders give them.

    They are turned into Arrow many at a time while the values are still in the processor's cache: all at the end takes
    half as long again, and record by record each would pay for a dozen arrays.
    """

    def __init__(self, table: Table) -> None:
        self._table = table
        self._waiting: dict[str, list[Any]] = {name: [] for name in decoded_names(table)}
        self._turned: dict[str, list[_Array]] = {name: [] for name in self._waiting}
        self._positions: list[int] = []
        self._counts: list[int] = []
        self._rows = 0

    def add(
        self,
        columns: Mapping[str, list[Any]],
        positions: Sequence[int],
        counts: Sequence[int],
        runs: Runs | None = None,
    ) -> None:
        """Join rows, `counts[i]` of them of the record at `positions[i]`; a column they do not have is null.

        Columns given in short, as `runs`, become Arrow at once: nothing is repeated in Python.

        Raises:
            ValueError, TypeError, OverflowError: a value is not of its column's kind.
        """
        rows = sum(counts)
        self._positions += positions
        self._counts += counts
        if runs is not None:
            self._add_runs(columns, rows, runs)
            return
        for name, values in self._waiting.items():
            values.extend(columns[name] if name in columns else [None] * rows)
        self._rows += rows
        if self._rows >= FEW_ROWS:
            self._turn()

    def arrow(self) -> pa.Table:
        """The columns of `decoded_names` and `POSITION`, in the order of the records.

        Raises:
            ValueError, TypeError, OverflowError: a value does not fit its column, or one is missing.
        """
        self._turn()
        columns = {name: self._column(name, arrays) for name, arrays in self._turned.items()}
        position = np.repeat(np.array(self._positions, np.int64), np.array(self._counts, np.int64))
        rows = pa.table({**columns, POSITION: pa.array(position)})
        # Records that were decoded apart from those around them go back between them.
        is_in_order = np.all(position[1:] >= position[:-1])
        return rows if is_in_order else rows.take(pa.array(np.argsort(position, kind="stable")))

    def _add_runs(self, columns: Mapping[str, list[Any]], rows: int, runs: Runs) -> None:
        if self._rows:
            self._turn()
        lengths = np.array(runs.lengths, np.int64)
        run_of_row = np.repeat(np.arange(len(lengths)), lengths)
        taken = pa.array(run_of_row)
        for name, turned in self._turned.items():
            kind = _field(self._table, name).type
            if name in runs.columns:
                values = runs.columns[name]
                is_one = bool(values) and values.count(values[0]) == len(values)  # as units mostly are
                turned.append(
                    pa.repeat(pa.scalar(values[0], kind), rows)
                    if is_one
                    else pa.array(_array(values, kind)).take(taken)
                )
            elif name in runs.ramps:
                first, step = (np.array(numbers, np.int64) for numbers in runs.ramps[name])
                place = np.arange(rows) - (np.cumsum(lengths) - lengths)[run_of_row]
                turned.append(first[run_of_row] + step[run_of_row] * place)
            elif name in runs.seconds:
                turned.append(pc.multiply_checked(pa.array(_array(runs.seconds[name], kind)), SECOND_US))
            elif name in runs.scaled:
                turned.append(_scaled(runs.scaled[name], run_of_row, kind))
            else:
                turned.append(_array(columns[name], kind) if name in columns else pa.nulls(rows, kind))

    def _turn(self) -> None:
        for name, values in self._waiting.items():
            self._turned[name].append(_array(values, _field(self._table, name).type))
            values.clear()
        self._rows = 0

    def _column(self, name: str, arrays: list[_Array]) -> pa.Array:
        field = _field(self._table, name)
        column = pa.concat_arrays([pa.array(array) for array in arrays]).cast(field.type)
        if column.null_count and not field.nullable:
            raise ValueError(f"table {self._table.name}: {name} is missing in a row")
        return column


@cache
def decoded_names(table: Table) -> tuple[str, ...]:
    """The columns a decoder gives: neither those of the origin nor the kind of an address."""
    derived = {column.name for column in ORIGIN}
    if any(column.station for column in table.columns):
        derived.add("address_kind")
    return tuple(name for name in table.names if name not in derived)


def _array(values: list[Any], kind: pa.DataType) -> _Array:
    """The values as an array, by the quickest way for their kind; whole numbers stay 64 bits wide for now."""
    if values and values[0] is None and values.count(None) == len(values):
        return pa.nulls(len(values), pa.int64() if kind in _WHOLE else kind)
    if kind in _WHOLE:
        return _whole(values)
    if kind == pa.string() and values and values.count(values[0]) == len(values):
        return pa.repeat(pa.scalar(values[0], kind), len(values))  # as texts mostly are: one site, one radio, no flags
    return pa.array(values, kind)


def _scaled(scaled: Scaled, run_of_row: NDArray[np.int64], kind: pa.DataType) -> pa.Array:
    """The numbers, divided as Python would: both sides are exact as doubles."""
    first, divisor = np.array(scaled.firsts, np.int64), np.array(scaled.divisors, np.int64)
    numbers = np.fromiter(scaled.numbers, np.int64, len(scaled.numbers))
    values = (numbers + first[run_of_row]) / divisor[run_of_row]
    if not scaled.holes:
        return pa.array(values, kind)
    is_hole = np.zeros(len(values), np.bool_)
    is_hole[scaled.holes] = True
    return pa.array(values, kind, mask=is_hole)


def _whole(values: list[Any]) -> _Array:
    try:
        numbers: _Array = np.fromiter(values, np.int64, len(values))  # three times as quick as Arrow, but takes no null
        total = sum(values)
    except TypeError:
        numbers = pa.array(values, pa.int64())
        total = sum(value for value in values if value is not None)
    # Both take 1.5 for 1, and numpy "3" for 3; the sum of whole numbers is one.
    if not isinstance(total, int):
        raise TypeError("a number is not whole")
    return numbers


@cache
def _field(table: Table, name: str) -> pa.Field:
    return schema(table).field(name)
