"""Take files, or some of their rows, out of the lake at once, while others may be merging or decoding them."""

import datetime as dt
from collections.abc import Callable

import pyarrow as pa

from telltale.lake import File, Lake, purge
from telltale.lake.damage import Damaged
from telltale.lake.lake import read, retried

Due = Callable[[File], bool]
"""Whether a file may hold something to remove."""

Staying = Callable[[pa.Table], pa.Array | pa.ChunkedArray]
"""Of some rows, a mask of those that stay."""


def drop(lake: Lake, table_name: str, due: Due, *, now_us: int, freeze: bool = False) -> int:
    """Remove the files that are due and return how many rows they had.

    Raises:
        Changed: they kept being merged or decoded again; run it again.
    """

    def attempt() -> int:
        files = [file for file in lake.snapshot().of(table_name) if due(file)]
        if files:
            purge.drop(lake, files, now_us=now_us, freeze=freeze)
        return sum(file.rows for file in files)

    return retried(attempt)


def trim(
    lake: Lake,
    table_name: str,
    due: Due,
    staying: Staying,
    *,
    now_us: int,
    freeze_before: dt.date = dt.date.min,
    past: Due = lambda _file: False,
) -> int:
    """Remove the rows that do not stay from the files that are due, and return how many there were.

    Args:
        lake: where.
        table_name: a decoded or derived table.
        due: which files to look into.
        staying: which rows stay; a file of which none does is removed.
        now_us: the present.
        freeze_before: files removed whole of earlier days are frozen: decode does not bring their rows back.
        past: which files hold nothing that stays: a damaged one of them goes, another is left out.
    """
    removed = 0

    def attempt() -> int:
        nonlocal removed
        for file in lake.snapshot().of(table_name):
            if not due(file):
                continue
            try:
                removed += _trimmed(lake, file, staying, now_us, freeze=file.day < freeze_before)
            except Damaged as damaged:
                if past(file):
                    purge.drop(lake, [file], now_us=now_us, freeze=file.day < freeze_before)
                    removed += file.rows
                else:
                    lake.leave_out(damaged)
        return removed

    return retried(attempt)


def _trimmed(lake: Lake, file: File, staying: Staying, now_us: int, *, freeze: bool) -> int:
    rows = read(lake, file)
    left = rows.filter(staying(rows))
    if left.num_rows == 0:
        purge.drop(lake, [file], now_us=now_us, freeze=freeze)
    elif left.num_rows < rows.num_rows:
        purge.trim(lake, file, left, now_us=now_us)
    return int(rows.num_rows - left.num_rows)
