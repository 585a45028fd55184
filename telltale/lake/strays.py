"""Damaged files of raw records that nobody lists: all there may be of records of a store that was lost.

A file gets its name when all of it is on the disk, and the name is its hash: one that holds other bytes was whole once.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import pyarrow as pa

from telltale.lake.damage import is_of_its_name
from telltale.lake.lake import Lake, write
from telltale.lake.lock import locked
from telltale.lake.orphans import BY_UNKNOWN, day_of, raw_orphans, source_of
from telltale.lake.rows import raw_draft
from telltale.lake.whole_groups import whole_groups

_ANY_ID = (0, 2**63 - 1)


class Stray(NamedTuple):
    """What there is of a damaged file that nobody lists."""

    kept: int
    """Records of row groups that are proven to be whole, in a file that `relist` finds."""
    lost: int
    """The others, as far as the end of the file tells."""


def strays(lake: Lake, paths: Iterable[str]) -> Iterator[str]:
    """Those of some paths that are damaged files of raw records.

    Args:
        lake: whose.
        paths: of files that were never listed.

    Raises:
        StoreError: one cannot be read.
    """
    for path in raw_orphans(paths):
        try:
            if not is_of_its_name(lake.root, path):
                yield path
        except FileNotFoundError:  # removed since
            continue


def kept_of(lake: Lake, path: str, *, now_us: int) -> Stray:
    """Put the whole row groups of a damaged file that nobody lists into a file of its own, which nobody lists yet.

    Args:
        lake: whose.
        path: of the damaged file, which stays where it is.
        now_us: the present.

    Raises:
        NotRead: reading it was ended from outside.
    """
    with locked(lake.store, "rebuild", wait_s=lake.lock_wait_s):
        groups = whole_groups(lake.root.content(path), path, source_of(path), _ANY_ID)
        whole = [rows for _, rows in groups if rows is not None]
        if whole:
            draft = raw_draft(source_of(path), day_of(path), pa.concat_tables(whole), version=BY_UNKNOWN)
            write(lake, "salvage", [draft], now_us=now_us)
    kept = sum(rows.num_rows for rows in whole)
    return Stray(kept, sum(rows for rows, _ in groups) - kept)
