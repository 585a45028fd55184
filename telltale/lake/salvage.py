"""A damaged file of raw records: those of its row groups that are proven to be whole are kept, the others are lost.

A file of before its pages had checksums has none that are: which of its records are whole cannot be told.
"""

from collections.abc import Iterator
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from telltale.lake import lost
from telltale.lake.catalog import File, bump, enlist, unlist
from telltale.lake.lake import Lake, retried, write
from telltale.lake.lock import locked
from telltale.lake.lost import Lost
from telltale.lake.rows import raw_draft
from telltale.lake.whole_groups import whole_groups


class Salvaged(NamedTuple):
    """What became of a damaged raw file."""

    file: File
    kept: int
    """Records that are in a new file."""
    lost: list[Lost]
    """Those that are not."""


class _Stretch(NamedTuple):
    """Row groups that follow one another and are damaged, or one that is whole."""

    rows: int
    whole: pa.Table | None


def salvage(lake: Lake, file: File, *, now_us: int) -> Salvaged:
    """Put the whole records of a damaged raw file into a new one, and note the others as lost.

    Raises:
        Changed: the file is no longer listed as it was read.
        NotRead: reading it was ended from outside; it is listed as it was.
    """
    with locked(lake.store, "rebuild", wait_s=lake.lock_wait_s):
        return retried(lambda: _attempt(lake, file, now_us))


def _attempt(lake: Lake, file: File, now_us: int) -> Salvaged:
    stretches = _joined(_groups(lake, file))
    losses = _losses(file, stretches, now_us)
    whole = [stretch.whole for stretch in stretches if stretch.whole is not None]
    kept = sum(rows.num_rows for rows in whole)
    made = []
    if kept:
        draft = raw_draft(file.source, file.day, pa.concat_tables(whole), version=file.decoder_version)
        made = write(lake, "salvage", [draft._replace(is_frozen=file.is_frozen)], now_us=now_us)
    with lake.store.writer() as connection:
        bump(connection)
        unlist(connection, [file], at=now_us)
        enlist(connection, lake.root, made)
        lost.note(connection, losses)
        lake.step("salvage:4 listed")
    return Salvaged(file, kept, losses)


def _groups(lake: Lake, file: File) -> Iterator[_Stretch]:
    try:
        content = lake.root.content(file.path)
        groups = whole_groups(content, file.path, file.source, (file.first_raw_id, file.last_raw_id))
    except FileNotFoundError:
        groups = []
    if sum(rows for rows, _ in groups) != file.rows:  # without its end nothing says where its records begin
        yield _Stretch(file.rows, None)
        return
    for rows, whole in groups:
        yield _Stretch(rows, whole)


def _joined(stretches: Iterator[_Stretch]) -> list[_Stretch]:
    joined: list[_Stretch] = []
    for stretch in stretches:
        if stretch.whole is None and joined and joined[-1].whole is None:
            joined[-1] = _Stretch(joined[-1].rows + stretch.rows, None)
        else:
            joined.append(stretch)
    return joined


def _losses(file: File, stretches: list[_Stretch], now_us: int) -> list[Lost]:
    """What is lost: records lie in the order of their ids, so the whole ones around them say which."""
    losses = []
    for number, stretch in enumerate(stretches):
        if stretch.whole is not None:
            continue
        found = lost.of_file(file, stretch.rows, now_us=now_us)
        if number:
            before = _ends(stretches[number - 1].whole)
            found = found._replace(first_raw_id=before[1] + 1)
        if number + 1 < len(stretches):
            after = _ends(stretches[number + 1].whole)
            found = found._replace(last_raw_id=after[0] - 1)
        losses.append(found)
    return losses


def _ends(rows: pa.Table | None) -> tuple[int, int]:
    ids = pc.min_max(rows["id"]).as_py()  # type: ignore[index] # neighbours of damaged groups are whole
    return ids["min"], ids["max"]
