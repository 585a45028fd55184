"""Merge: many small files of a day become one, without a reader or a settle noticing.

1 read a fixed list of files; 2 sort and de-duplicate; 3 write the replacement; 4 in one transaction un-list exactly
those files (all still listed, else leave it for the next pass) and list the new one. Files added meanwhile stay.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import NamedTuple

import pyarrow as pa

from telltale.arrow import DAY_US
from telltale.lake.catalog import RAW_TABLE, Changed, File, bump, enlist, listed, unlist
from telltale.lake.damage import Damaged
from telltale.lake.lake import Lake, going_on, read, write
from telltale.lake.lock import locked
from telltale.lake.rows import HOUR_US, Draft, day_draft, raw_draft
from telltale.landing.schema import FILES
from telltale.tables import TABLES

_PASSES = 3
_BY_HOUR_US = 7 * DAY_US
"""So old are personal raw records that are kept for ever before their hours become days: should they be kept for a
shorter time after all, those that are due at once go whole, and the others hour by hour."""
_LARGE = 64 << 20  # raw files this large stay as they are: bodies unpack tenfold, and Arrow's offsets end at 2 GiB


class Merged(NamedTuple):
    """What a merge did."""

    before: int
    """Files that were replaced."""
    after: int
    """Files in their place."""


def merge(lake: Lake, *, now_us: int, many: int = 16) -> Merged:
    """Merge what is over: the files of closed days (closed hours of personal raw records); and days of `many` files.

    Where personal raw records are kept for ever, their hours become days a week later: a year of hours is a long list.

    Called hourly or after a backfill. Rows of two sources are never merged: their natural keys differ, and decode
    replaces one source's rows.
    """
    before, after, present = 0, 0, going_on(now_us)
    for _ in range(_PASSES):
        counts = [_merged(lake, group, present) for group in _due(lake, now_us, many)]
        before, after = before + sum(counts), after + sum(count > 0 for count in counts)
        if not any(counts):
            break
    return Merged(before, after)


def _due(lake: Lake, now_us: int, many: int) -> list[list[File]]:
    with lake.store.reader() as connection:
        files = listed(connection, FILES.c.site == "")
    groups: dict[tuple[str, str, int], list[File]] = defaultdict(list)
    for file in files:
        groups[file.table_name, file.source, _ends_at(lake, file, now_us)].append(file)
    return [
        members
        for (table_name, _source, ends_at), group in sorted(groups.items())
        if len(members := _small(group) if table_name == RAW_TABLE else group) > 1
        and (len(group) >= many or ends_at <= now_us)
    ]


def _ends_at(lake: Lake, file: File, now_us: int) -> int:
    """The end of the day a file belongs to; of the received hour for raw records that hold people's addresses."""
    of_day = (file.min_time // DAY_US + 1) * DAY_US
    is_by_hour = file.table_name == RAW_TABLE and lake.is_personal(file.source)
    if not is_by_hour or (lake.keeps_bodies and of_day + _BY_HOUR_US <= now_us):
        return of_day
    # A raw file longer than its hour (its source was not personal then, or kept for ever) stays with its first hour.
    return (file.min_time // HOUR_US + 1) * HOUR_US


def _small(group: Sequence[File]) -> list[File]:
    members: list[File] = []
    for file in sorted(group, key=lambda file: file.first_raw_id):
        if file.bytes < _LARGE and sum(member.bytes for member in members) + file.bytes < 2 * _LARGE:
            members.append(file)
    return members


def _merged(lake: Lake, group: Sequence[File], present: Callable[[], int]) -> int:
    """Replace the files of a group by one, and return how many; 0 when one of them was replaced or purged meanwhile.

    Damaged ones stay as they are.
    """
    with locked(lake.store, "rebuild", wait_s=lake.lock_wait_s):
        try:
            parts = _whole(lake, group)
            if len(parts) < 2:
                return 0
            group = [file for file, _ in parts]
            # A file written before a column was added lacks it.
            rows = pa.concat_tables([rows for _, rows in parts], promote_options="default")
            lake.step("merge:1 read")
            draft = _draft(group, rows)
            lake.step("merge:2 sorted")
            files = write(lake, "merge", [draft], now_us=present())
            with lake.store.writer() as connection:
                bump(connection)
                unlist(connection, group, at=present())
                lake.step("merge:4 unlisted")
                enlist(connection, lake.root, files)
                lake.step("merge:4 listed")
        except Changed:
            return 0
        lake.step("merge:4 committed")
        return len(group)


def _whole(lake: Lake, group: Sequence[File]) -> list[tuple[File, pa.Table]]:
    """The files that are what was written, with their rows."""

    def rows_of(file: File) -> pa.Table | None:
        try:
            return read(lake, file)
        except Damaged as damaged:
            lake.leave_out(damaged)
            return None

    parts = zip(group, lake.root.each(rows_of, group), strict=True)
    return [(file, rows) for file, rows in parts if rows is not None]


def _draft(group: Sequence[File], rows: pa.Table) -> Draft:
    first, version = group[0], min(file.decoder_version for file in group)
    if first.table_name == RAW_TABLE:
        draft = raw_draft(first.source, first.day, rows, version=version)
    else:
        draft = day_draft(TABLES[first.table_name], first.source, first.day, rows, version=version)
    return draft._replace(
        first_raw_id=min(file.first_raw_id for file in group),
        last_raw_id=max(file.last_raw_id for file in group),
        is_frozen=any(file.is_frozen for file in group),
    )
