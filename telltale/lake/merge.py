"""Merge: many small files of a day become one, without a reader or a settle noticing.

1 read a fixed list of files; 2 sort and de-duplicate; 3 write the replacement; 4 in one transaction un-list exactly
those files (all still listed, else leave it for the next pass) and list the new one. Files added meanwhile stay.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import NamedTuple

import pyarrow as pa

from telltale.lake.catalog import RAW_TABLE, Changed, File, bump, enlist, listed, unlist
from telltale.lake.context import Context, going_on, read, write
from telltale.lake.lock import locked
from telltale.lake.rows import DAY_US, HOUR_US, Draft, day_draft, raw_draft
from telltale.landing.schema import FILES
from telltale.tables import TABLES

_PASSES = 3
_LARGE = 64 << 20  # raw files this large stay as they are: bodies unpack tenfold, and Arrow's offsets end at 2 GiB


class Merged(NamedTuple):
    """What a merge did."""

    before: int
    """Files that were replaced."""
    after: int
    """Files in their place."""


def merge(context: Context, *, now_us: int, many: int) -> Merged:
    """Merge what is over: the files of closed days (closed hours of personal raw records), and days of `many` files.

    Rows of two sources are never merged: their natural keys differ, and decode replaces one source's rows.
    """
    before, after, present = 0, 0, going_on(now_us)
    for _ in range(_PASSES):
        groups = _due(context, now_us, many)
        for group in groups:
            if _merged(context, group, present):
                before, after = before + len(group), after + 1
        if not groups:
            break
    return Merged(before, after)


def _due(context: Context, now_us: int, many: int) -> list[list[File]]:
    with context.store.reader() as connection:
        files = listed(connection, FILES.c.site == "")
    groups: dict[tuple[str, str, int], list[File]] = defaultdict(list)
    for file in files:
        groups[file.table_name, file.source, _ends_at(context, file)].append(file)
    return [
        members
        for (table_name, _source, ends_at), group in sorted(groups.items())
        if len(members := _small(group) if table_name == RAW_TABLE else group) > 1
        and (len(group) >= many or ends_at <= now_us)
    ]


def _ends_at(context: Context, file: File) -> int:
    """The end of the day a file belongs to; of the received hour for raw records that hold people's addresses."""
    span = HOUR_US if file.table_name == RAW_TABLE and file.source in context.personal else DAY_US
    # A raw file longer than its hour (its source was not personal then) stays with its first hour.
    return (file.min_time // span + 1) * span


def _small(group: Sequence[File]) -> list[File]:
    members: list[File] = []
    for file in sorted(group, key=lambda file: file.first_raw_id):
        if file.bytes < _LARGE and sum(member.bytes for member in members) + file.bytes < 2 * _LARGE:
            members.append(file)
    return members


def _merged(context: Context, group: Sequence[File], present: Callable[[], int]) -> bool:
    """Replace the files of a group by one; False when one of them was replaced or purged meanwhile."""
    with locked(context.store, "rebuild", wait_s=context.lock_wait_s):
        try:
            rows = pa.concat_tables([read(context, file) for file in group])
            context.step("merge:1 read")
            draft = _draft(group, rows)
            context.step("merge:2 sorted")
            files = write(context, "merge", [draft], now_us=present())
            with context.store.writer() as connection:
                bump(connection)
                unlist(connection, group, at=present())
                context.step("merge:4 unlisted")
                enlist(connection, context.root, files)
                context.step("merge:4 listed")
        except Changed:
            return False
        context.step("merge:4 committed")
        return True


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
