"""The rows of records not yet settled: each record is decoded once, not again with every record that joins it."""

from collections import defaultdict
from collections.abc import Callable, Hashable, Sequence
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from telltale.arrow import Decode, Tables
from telltale.contract import Raw

_MOST_CHUNKS = 32
"""Pieces of a column from which it is put together, so that a page does not go through hundreds."""


class _Known(NamedTuple):
    state: Hashable
    ids: frozenset[int]
    tables: Tables


class HotRows:
    """Keeps what hot records came to for as long as they are hot.

    Args:
        decode: the decoder of the project.
        state: what else the rows depend on, such as the opt-outs; another one, and all is decoded anew.
    """

    def __init__(self, decode: Decode, state: Callable[[], Hashable]) -> None:
        self._decode, self._state = decode, state
        self._known = _Known(None, frozenset(), {})

    def of(self, hot: Sequence[Raw]) -> Tables:
        """Their rows by table; the very same object for the same records."""
        state, ids = self._state(), frozenset(raw.id for raw in hot)
        known = self._known if self._known.state == state else _Known(state, frozenset(), {})
        if known.ids != ids:
            known = _Known(state, ids, _joined(_of(known, ids), self._fresh(hot, known.ids)))
        self._known = known
        return known.tables

    def _fresh(self, hot: Sequence[Raw], known: frozenset[int]) -> list[Tables]:
        by_source: dict[str, list[Raw]] = defaultdict(list)
        for raw in hot:
            if raw.id not in known:
                by_source[raw.source].append(raw)
        return [self._decode(source, records) for source, records in by_source.items()]


def _of(known: _Known, ids: frozenset[int]) -> Tables:
    """The rows known of the records that are still hot."""
    if known.ids <= ids:
        return known.tables
    left = pa.array(sorted(known.ids & ids), pa.int64())
    return {name: rows.filter(pc.is_in(rows["raw_id"], left)) for name, rows in known.tables.items()}


def _joined(known: Tables, fresh: Sequence[Tables]) -> Tables:
    parts: dict[str, list[pa.Table]] = defaultdict(list)
    for tables in (known, *fresh):
        for name, rows in tables.items():
            if rows.num_rows:
                parts[name].append(rows)
    joined = {name: pa.concat_tables(tables) for name, tables in parts.items()}
    return {name: rows.combine_chunks() if _is_torn(rows) else rows for name, rows in joined.items()}


def _is_torn(rows: pa.Table) -> bool:
    return bool(rows.column(0).num_chunks > _MOST_CHUNKS)
