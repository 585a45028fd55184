"""Tables of millions of rows in little memory: texts as numbers, and sorted a column at a time."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc


def dense(rows: pa.Table) -> pa.Table:
    """The same rows with each text told once and named by number: a few texts stand in millions of rows.

    An engine reads them as texts again. Every column is copied: those an engine handed over in one piece keep each
    other alive, and so would the texts.
    """
    every = pa.array(np.arange(rows.num_rows))
    columns = [
        column.dictionary_encode() if pa.types.is_string(column.type) else column.take(every) for column in rows.columns
    ]
    return pa.table(columns, names=rows.column_names)


def in_order(parts: list[pa.Table], *, by: Sequence[str]) -> pa.Table:
    """The rows of all parts, sorted; the list is emptied, and memory stays near that of the rows.

    Args:
        parts: tables of the same columns, at least one, best each in that order.
        by: the columns to sort by, without nulls: whole numbers, times, or texts made `dense`.
    """
    rows = pa.concat_tables(parts).unify_dictionaries()
    parts.clear()
    order = pa.array(np.lexsort([_keys(rows[name]) for name in reversed(by)]))
    columns: dict[str, pa.ChunkedArray] = {}
    for name in rows.column_names:
        columns[name] = rows[name].take(order)
        rows = rows.drop_columns(name)  # one column at a time is there twice
    return pa.table(columns)


def _keys(column: pa.ChunkedArray) -> npt.NDArray[np.int64]:
    """Numbers that sort as the values do."""
    if not pa.types.is_dictionary(column.type):
        numbers: npt.NDArray[np.int64] = column.cast(pa.int64()).to_numpy()
        return numbers
    texts = column.combine_chunks() if column.num_chunks != 1 else column.chunk(0)
    rank = pc.rank(texts.dictionary, tiebreaker="dense").to_numpy()
    ranks: npt.NDArray[np.int64] = rank[texts.indices.to_numpy()]
    return ranks
