"""Files the catalog has never listed: what a crashed job left, or all there is of a store that was lost.

A record is known where it is hot, in a listed file, or in what was purged; its number alone says nothing, for a store
that was made anew gives them again. So numbers go with the moment of receipt.
"""

from collections.abc import Iterable, Iterator
from datetime import date
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import sqlalchemy as sa

from telltale.contract import StoreError
from telltale.lake.catalog import RAW_TABLE, listed
from telltale.lake.damage import is_of_its_name, seen_by_reading
from telltale.lake.lake import Lake
from telltale.landing.schema import FILES, PURGED, RAW, UNLISTED

BY_UNKNOWN = 0
"""The decoder that made the rows of a file nobody remembers: older than any, so that decoding again is worth it."""
_ENDING = ".parquet"


class Unknown(NamedTuple):
    """A file with records that the store does not know."""

    path: str
    ids: np.ndarray
    """Their numbers."""


def raw_orphans(paths: Iterable[str]) -> list[str]:
    """Those of some paths that are files of raw records."""
    return sorted(path for path in paths if path.startswith(f"{RAW_TABLE}/source=") and path.endswith(_ENDING))


def source_of(path: str) -> str:
    """Whose records a file of raw records holds, by its name."""
    return path.split("/")[1].removeprefix("source=")


def day_of(path: str) -> date:
    """The day that a file of the lake is filed under, by its name.

    Raises:
        StoreError: somebody laid it elsewhere.
    """
    folder = path.split("/")[-2]
    try:
        return date.fromisoformat(folder.removeprefix("day="))
    except ValueError as error:
        raise StoreError(
            f'lake: {path} lies in "{folder}", expected a folder as day=2026-11-29; move it to its place, or out of '
            "the lake, and run it again"
        ) from error


def unknown_records(lake: Lake, paths: Iterable[str]) -> Iterator[Unknown]:
    """Files of raw records among these with records which the store does not know; damaged ones are `strays`.

    Args:
        lake: whose.
        paths: of files that were never listed.

    Raises:
        StoreError: one cannot be read.
    """
    for path in raw_orphans(paths):
        try:
            if not is_of_its_name(lake.root, path):  # its reader may die of a damaged one
                continue
            rows = lake.root.read(path, ["id", "received_at"])
        except FileNotFoundError:  # removed since
            continue
        ids, received = rows["id"].to_numpy(), rows["received_at"].cast(pa.int64()).to_numpy()
        unknown = ~_is_known(lake, source_of(path), ids, received)
        if unknown.any():
            yield Unknown(path, ids[unknown])


def is_of_a_lost_store(lake: Lake) -> bool:
    """Whether there are files of raw records and the store has never listed a file."""
    with lake.store.reader() as connection:
        tables = (FILES, UNLISTED, PURGED)
        if any(connection.execute(sa.select(sa.literal(1)).select_from(table).limit(1)).first() for table in tables):
            return False
    return any(True for _ in unknown_records(lake, (file.path for file in lake.root.walk())))


def _is_known(lake: Lake, source: str, ids: np.ndarray, received: np.ndarray) -> np.ndarray:
    """Of each record whether it is hot, in a listed file, or purged."""
    known = np.zeros(len(ids), np.bool_)
    if not len(ids):
        return known
    low, high = int(ids.min()), int(ids.max())
    overlap = (FILES.c.first_raw_id <= high) & (FILES.c.last_raw_id >= low)
    with lake.store.reader() as connection:
        hot = connection.execute(sa.select(RAW.c.id, RAW.c.received_at).where(RAW.c.id.between(low, high))).all()
        files = listed(connection, FILES.c.table_name == RAW_TABLE, FILES.c.source == source, overlap)
        gone = sa.select(PURGED.c.first_raw_id, PURGED.c.last_raw_id)
        ranges = connection.execute(gone.where(PURGED.c.table_name == RAW_TABLE, PURGED.c.source == source)).all()
    pairs = [np.array([tuple(row) for row in hot], np.int64).reshape(-1, 2)]
    for file in files:
        if seen_by_reading(lake.root, file):  # it may hold them: nothing is known of what cannot be read
            known |= (ids >= file.first_raw_id) & (ids <= file.last_raw_id)
            continue
        rows = lake.root.read(file.path, ["id", "received_at"])
        pairs.append(np.column_stack([rows["id"].to_numpy(), rows["received_at"].cast(pa.int64()).to_numpy()]))
    for first, last in ranges:
        known |= (ids >= first) & (ids <= last)
    there = {tuple(pair) for pair in np.concatenate(pairs).tolist()}
    mine = zip(ids.tolist(), received.tolist(), strict=True)
    return known | np.array([pair in there for pair in mine], np.bool_)
