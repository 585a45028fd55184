"""Tables of millions of rows in little memory: texts as numbers, and sorted a column at a time."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Ints = npt.NDArray[np.integer[Any]]

_SORTED_AT_ONCE = 1 << 18
_SAMPLED = 64


def dense(rows: pa.Table) -> pa.Table:
    """The same rows with each text told once and named by number: a few texts stand in millions of rows.

    An engine reads them as texts again. Every column is copied into one piece: those an engine handed over together
    keep each other alive, and so would the texts.
    """
    every = pa.array(np.arange(rows.num_rows))
    columns = [
        column.dictionary_encode() if pa.types.is_string(column.type) else column.take(every) for column in rows.columns
    ]
    return pa.table(columns, names=rows.column_names).combine_chunks()


def in_order(parts: list[pa.Table], *, by: Sequence[str]) -> pa.Table:
    """The rows of all parts, sorted; the list is emptied, and memory stays near that of the rows.

    Args:
        parts: tables of the same columns, at least one, best each in that order.
        by: the columns to sort by, without nulls: whole numbers, times, or texts made `dense`.
    """
    rows = pa.concat_tables(parts).unify_dictionaries()
    parts.clear()
    if not rows.num_rows:
        return rows
    keys = [_keys(rows[name]) for name in by]
    if len({tuple(map(len, key)) for key in keys}) > 1:
        keys = [[np.concatenate(key)] for key in keys]
    order = pa.array(_order(keys))
    del keys
    columns: dict[str, pa.ChunkedArray] = {}
    for name in rows.column_names:
        columns[name] = rows[name].take(order)
        rows = rows.drop_columns(name)  # one column at a time is there twice
        pa.default_memory_pool().release_unused()  # else what was freed piece by piece is kept for the next
    return pa.table(columns)


def _order(keys: Sequence[list[Ints]]) -> npt.NDArray[np.uint32]:
    """Where each row in order lies, by the first key and then by the others, each in the pieces of its column.

    One stretch of the first key after the other: what is sorted at once, and the numbers made for it, stay few.
    """
    leading = keys[0]
    offsets = np.cumsum([0, *map(len, leading)])
    pieces = [place for place, piece in enumerate(leading) if len(piece)]
    ends = {place: (leading[place].min(), leading[place].max()) for place in pieces}
    order = np.empty(offsets[-1], np.uint32)
    done, after = 0, None
    for upto in _edges([leading[place] for place in pieces]):
        parts = [
            (place, _between(leading[place], after, upto))
            for place in pieces
            if ends[place][0] <= upto and (after is None or ends[place][1] > after)
        ]
        found = np.concatenate([at + offsets[place] for place, at in parts])
        values = tuple(np.concatenate([key[place][at] for place, at in parts]) for key in reversed(keys))
        order[done : done + len(found)] = found[np.lexsort(values)]
        done, after = done + len(found), upto
    return order


def _between(values: Ints, after: int | None, upto: int) -> npt.NDArray[np.intp]:
    held = values <= upto
    return np.flatnonzero(held if after is None else held & (values > after))


def _edges(pieces: Sequence[Ints]) -> list[int]:
    """The last value of each stretch, so that they hold about `_SORTED_AT_ONCE` rows where values differ."""
    sample = np.sort(np.concatenate([piece[::_SAMPLED] for piece in pieces]))
    inner = sample[_SORTED_AT_ONCE // _SAMPLED :: _SORTED_AT_ONCE // _SAMPLED].tolist()
    return sorted({*inner, max(int(piece.max()) for piece in pieces)})


def _keys(column: pa.ChunkedArray) -> list[Ints]:
    """Numbers that sort as the values do, piece by piece."""
    if not pa.types.is_dictionary(column.type):
        return [chunk.cast(pa.int64()).to_numpy() for chunk in column.chunks]
    # Their dictionaries are one: `unify_dictionaries` has seen to that.
    return [_ranks(chunk) for chunk in column.chunks]


def _ranks(texts: pa.DictionaryArray) -> Ints:
    rank = pc.rank(texts.dictionary, tiebreaker="dense").to_numpy()
    narrowest = np.min_scalar_type(len(rank))  # a site or two among millions of rows
    ranks: Ints = rank.astype(narrowest)[texts.indices.to_numpy()]
    return ranks
