"""Rows on their way into files: sorted by natural key, one row a key, one file a day.

All of it is Arrow over whole columns. The order is total, so the same rows give the same bytes whatever order they
came in.
"""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from telltale.arrow import DAY_US, Tables, by_day, own_time, utc_day
from telltale.tables import KEY_REFUSED, REJECT, Table

HOUR_US = 3_600_000_000
_RAW = "raw"
_NAMED = 32
"""Digits of its hash that a file is named by."""


class Draft(NamedTuple):
    """The content of a file to be written, and what the catalog will say of it."""

    table_name: str
    source: str
    site: str
    day: date
    rows: pa.Table
    first_raw_id: int
    last_raw_id: int
    min_time: int
    max_time: int
    decoder_version: int
    is_unique: bool
    is_frozen: bool = False


def path_of(draft: Draft, digest: str) -> str:
    """The name of its file below the root: the hash of its content (hex), in the folder of its table and day."""
    of_source = f"/source={draft.source}" if draft.table_name == _RAW else ""
    return f"{draft.table_name}{of_source}/day={draft.day}/{digest[:_NAMED]}.parquet"


def key_refused(tables: Tables) -> frozenset[int]:
    """The raw_id of each record that has to wait, because the key of its pseudonyms is refused."""
    rejects = tables.get(REJECT.name)
    if rejects is None:
        return frozenset()
    return frozenset(rejects.filter(pc.equal(rejects["reason"], KEY_REFUSED))["raw_id"].to_pylist())


def tidy(table: Table, rows: pa.Table) -> tuple[pa.Table, bool]:
    """Rows sorted by natural key, of equal keys the winner only, and whether keys are then unique.

    The winner has the larger `prefer` columns, then the larger received_at, then the larger raw_id; should one record
    give several such rows, the last in the order of all other columns. It takes over the `largest` and `smallest` of
    all. Tables that decide column by column keep all their rows: a row that lost in one column may win in another when
    more arrive.
    """
    if rows.num_rows < 2:
        return rows, True
    ranking = _ranking(table)
    rows = _sorted(rows, ranking)
    repeated = _equals_previous(rows, table.key)
    if not repeated.any():
        return rows, True
    if (repeated & _equals_previous(rows, [name for name, _ in ranking])).any():
        rest = [(name, "descending") for name in rows.column_names if name not in dict(ranking)]
        rows = _sorted(rows, [*ranking, *rest])
    if table.by_column:
        return rows, False
    return _winners(table, rows, ~repeated), True


def drafts(table: Table, source: str, rows: pa.Table, *, version: int) -> list[Draft]:
    """The decoded rows of a source as one draft a day; a day's rows are tidied.

    Raises:
        ValueError: a time lies outside the years 1 to 9999.
    """
    return [day_draft(table, source, day, part, version=version) for day, part in by_day(table, rows)]


def day_draft(table: Table, source: str, day: date, rows: pa.Table, *, version: int) -> Draft:
    """The draft of rows that all belong to one day; never of none."""
    first, last = _extremes(rows["raw_id"])
    rows, unique = tidy(table, rows)
    low, high = _extremes(own_time(table, rows).cast(pa.int64()))
    return Draft(table.name, source, "", day, rows, first, last, low, high, version, unique)


def raw_drafts(source: str, raws: pa.Table, *, by_hour: bool, version: int) -> list[Draft]:
    """Raw records as one draft a day, or where they hold people's addresses one an hour: purge drops whole files."""
    received = _numbers(raws["received_at"].cast(pa.int64()))
    slots = received // (HOUR_US if by_hour else DAY_US)
    parts = [(int(slot), raws.filter(pa.array(slots == slot))) for slot in np.unique(slots)]
    per_day = 24 if by_hour else 1
    return [raw_draft(source, utc_day(slot // per_day), part, version=version) for slot, part in parts]


def raw_draft(source: str, day: date, raws: pa.Table, *, version: int) -> Draft:
    """The draft of raw records that all belong to one file, in the order of their ids."""
    if not _is_sorted(raws["id"]):
        raws = raws.sort_by("id")
    first, last = _extremes(raws["id"])
    low, high = _extremes(raws["received_at"].cast(pa.int64()))
    return Draft(_RAW, source, "", day, raws, first, last, low, high, version, is_unique=True)


def _ranking(table: Table) -> list[tuple[str, str]]:
    ranking = [(name, "ascending") for name in table.key]
    if not table.derived:
        ties = (*table.prefer, "received_at", "raw_id")
        ranking += [(name, "descending") for name in ties if name not in table.key]
    return ranking


def _winners(table: Table, rows: pa.Table, is_first: np.ndarray) -> pa.Table:
    """The first row of each key, with the extremes of all rows of its key."""
    winners = rows.filter(pa.array(is_first))
    group = pa.array(np.cumsum(is_first))
    extremes = [(name, "max") for name in table.largest] + [(name, "min") for name in table.smallest]
    if not extremes:
        return winners
    # Groups are numbered in the order of the rows, so that sorting by number restores it.
    found = rows.append_column("group", group).group_by("group").aggregate(extremes).sort_by("group")
    for name, which in extremes:
        at = winners.column_names.index(name)
        winners = winners.set_column(at, winners.field(at), found[f"{name}_{which}"])
    return winners


def _sorted(rows: pa.Table, ranking: Sequence[tuple[str, str]]) -> pa.Table:
    return rows.take(pc.sort_indices(rows, sort_keys=list(ranking)))


def _equals_previous(rows: pa.Table, names: Sequence[str]) -> np.ndarray:
    """For each row whether the row before it has the same values in these columns; NULLs are equal."""
    same = np.ones(rows.num_rows, dtype=bool)
    same[0] = False
    for name in names:
        column = rows[name].combine_chunks()
        later, earlier = column.slice(1), column.slice(0, len(column) - 1)
        equal = pc.fill_null(pc.equal(later, earlier), fill_value=False)
        if column.null_count:
            equal = pc.or_(equal, pc.and_(pc.is_null(later), pc.is_null(earlier)))
        same[1:] &= equal.to_numpy(zero_copy_only=False)
    return same


def _extremes(column: pa.ChunkedArray) -> tuple[int, int]:
    found = pc.min_max(column).as_py()
    return found["min"], found["max"]


def _is_sorted(column: pa.ChunkedArray) -> bool:
    values = _numbers(column)
    return bool((values[1:] >= values[:-1]).all())


def _numbers(column: pa.ChunkedArray) -> np.ndarray:
    return np.asarray(column.to_numpy())
