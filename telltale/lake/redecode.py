"""Decode again: rebuild the rows of raw records that are kept, with the present decoder.

One received day of one source at a time. 1 read the list of its raw files and of the decoded files that may hold
rows of theirs; 2 decode; 3 write, for each table and day touched, the rows of other records as they were plus the new
ones; 4 in one transaction un-list exactly the files replaced (all still listed, and the raw files too, else start
again) and list the new. Settle goes on meanwhile: what it adds was decoded by the present decoder.

A resend that lost to a row of the day comes back only with its own record: when a new decoder changes natural keys,
begin a day earlier.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import date
from itertools import accumulate
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import sqlalchemy as sa

from telltale.arrow import arrow_to_raws, by_day
from telltale.contract import ConfigError, Raw
from telltale.lake import superseded
from telltale.lake.catalog import RAW_TABLE, File, bump, enlist, listed, purged_days, require, unlist
from telltale.lake.damage import Damaged
from telltale.lake.lake import Lake, going_on, read, retried, write
from telltale.lake.lock import locked
from telltale.lake.redecoded import note_redecoded
from telltale.lake.rows import Draft, day_draft, key_refused
from telltale.landing.schema import FILES
from telltale.tables import TABLES

_BATCH_ROWS = 20_000
_BATCH_BYTES = 64 << 20

Progress = Callable[[int, int], None]
_Key = tuple[str, date]


class Redecoded(NamedTuple):
    """What a decode did."""

    days: int
    """Received days of a source that were rebuilt."""
    raws: int
    rows: dict[str, int]
    """Rows the records gave, by table, before equal ones were merged."""
    frozen: tuple[tuple[str, date], ...]
    """Sources and received days left as they are, because raw records of theirs were purged."""
    unknown: tuple[str, ...]
    """Sources that are not listed any more: nothing can make their rows again, so what there is stays."""


class Inputs(NamedTuple):
    """What decoding some received days of a source again begins with, of one moment."""

    raw: list[File]
    decoded: list[File]
    """Files that may hold rows of theirs."""
    purged: dict[str, set[date]]
    """By table, the days whose rows retention removed: they do not come back."""
    frozen: set[date]
    """Received days of which raw records were purged: they stay as they are."""


class _Old(NamedTuple):
    """What a decoded file holds beside the rows that are replaced."""

    file: File
    kept: pa.Table


def redecode(
    lake: Lake,
    *,
    since_day: date | None = None,
    until_day: date | None = None,
    source: str | None = None,
    now_us: int,
    progress: Progress = lambda _done, _of: None,
) -> Redecoded:
    """Rebuild what was received on days (UTC) with since_day <= day <= until_day; None leaves an end open.

    A day of which a file is damaged is left as it is: `lake.left_out` names it.

    Raises:
        Changed: the files of a day kept changing; the days before it are done.
        ConfigError: a key that pseudonyms of a day need is refused; the days before it are done.
    """
    days, unknown = received_days(lake, since_day, until_day, source)
    present = going_on(now_us)
    frozen, raws, rows, damaged_days = [], 0, defaultdict[str, int](int), 0
    for done, (name, day) in enumerate(days):
        progress(done, len(days))
        try:
            counts = _rebuild(lake, name, day, present)
        except Damaged as damaged:
            lake.leave_out(damaged)
            damaged_days += 1
            continue
        if counts is None:
            frozen.append((name, day))
            continue
        raws += counts.pop(RAW_TABLE)
        for table_name, count in counts.items():
            rows[table_name] += count
    progress(len(days), len(days))
    return Redecoded(len(days) - len(frozen) - damaged_days, raws, dict(rows), tuple(frozen), unknown)


def received_days(
    lake: Lake, since: date | None, until: date | None, source: str | None
) -> tuple[list[tuple[str, date]], tuple[str, ...]]:
    """The source and received day of what can be decoded again, and the sources that are not listed any more."""
    where = [FILES.c.table_name == RAW_TABLE]
    where += [FILES.c.day >= since] if since else []
    where += [FILES.c.day <= until] if until else []
    where += [FILES.c.source == source] if source else []
    query = sa.select(FILES.c.source, FILES.c.day).where(*where).distinct().order_by(FILES.c.source, FILES.c.day)
    with lake.store.reader() as connection:
        found = [(name, day) for name, day in connection.execute(query)]
    unknown = sorted({name for name, _ in found} - lake.versions.keys())
    return [(name, day) for name, day in found if name not in unknown], tuple(unknown)


def _rebuild(lake: Lake, source: str, day: date, present: Callable[[], int]) -> dict[str, int] | None:
    """Rebuild one received day and return its counts; None when it is frozen."""

    def attempt() -> dict[str, int] | None:
        inputs = inputs_of(lake, source, [day])
        return None if inputs.frozen else _replace(lake, source, inputs, present)

    with locked(lake.store, "rebuild", wait_s=lake.lock_wait_s):
        return retried(attempt)


def inputs_of(lake: Lake, source: str, days: Collection[date]) -> Inputs:
    """What is listed of some received days; of frozen ones nothing."""
    of_source = FILES.c.source == source
    with lake.store.reader() as connection:
        frozen = purged_days(connection, RAW_TABLE, source) & set(days)
        wanted = [day for day in days if day not in frozen]
        raw = listed(connection, FILES.c.table_name == RAW_TABLE, of_source, FILES.c.day.in_(wanted))
        low = min((file.first_raw_id for file in raw), default=0)
        high = max((file.last_raw_id for file in raw), default=-1)
        overlaps = (FILES.c.first_raw_id <= high) & (FILES.c.last_raw_id >= low)
        rows = listed(connection, FILES.c.table_name != RAW_TABLE, of_source, overlaps)
        purged = {name: purged_days(connection, name, source) for name in TABLES}
    return Inputs(raw, _meeting(rows, raw), purged, frozen)


def _meeting(rows: list[File], raw: list[File]) -> list[File]:
    """Those that may hold rows of these raw files: between two days lie those of others, left out or done already."""
    ranges = sorted((file.first_raw_id, file.last_raw_id) for file in raw)
    firsts = [first for first, _ in ranges]
    reach = list(accumulate((last for _, last in ranges), max))

    def meets(file: File) -> bool:
        before = bisect_right(firsts, file.last_raw_id)
        return before > 0 and reach[before - 1] >= file.first_raw_id

    return [file for file in rows if meets(file)]


def _replace(lake: Lake, source: str, inputs: Inputs, present: Callable[[], int]) -> dict[str, int]:
    lake.step("decode:1 listed")
    new, ids, counts = _decode(lake, source, inputs)
    old = _old(lake, inputs.decoded, ids)
    lake.step("decode:2 decoded")
    version = lake.versions[source]
    made = _drafts(source, new, old, version, others(lake, source, inputs.raw))
    files = write(lake, "decode", made, now_us=present())
    publish(lake, source, inputs.raw, [part.file for part in old], files, at=present())
    return counts


def publish(
    lake: Lake, source: str, raw: Sequence[File], replaced: Sequence[File], files: Sequence[File], *, at: int
) -> None:
    """In one transaction un-list what was replaced, list what was made of these raw files, and note who decoded them.

    Raises:
        Changed: one of them is not listed any more as it was read; nothing was changed.
    """
    version = lake.versions[source]
    with lake.store.writer() as connection:
        bump(connection)
        require(connection, raw)
        unlist(connection, replaced, at=at)
        lake.step("decode:4 unlisted")
        enlist(connection, lake.root, files)
        if lake.keeps_superseded:
            superseded.keep(connection, replaced, files, at=at)
        for file in raw:
            connection.execute(FILES.update().where(FILES.c.path == file.path).values(decoder_version=version))
        for day in sorted({file.day for file in raw}):
            note_redecoded(connection, source, day, version=version, at=at)
        lake.step("decode:4 listed")
    lake.step("decode:4 committed")


def _decode(lake: Lake, source: str, inputs: Inputs) -> tuple[dict[_Key, list[pa.Table]], np.ndarray, dict[str, int]]:
    """New rows by table and day, the ids of the records they come from, and how many of each there are."""
    new: dict[_Key, list[pa.Table]] = defaultdict(list)
    ids: list[int] = []
    counts: dict[str, int] = defaultdict(int)
    for raws in batches(lake, inputs.raw):
        ids += [raw.id for raw in raws]
        tables = lake.decode(source, raws)
        if refused := key_refused(tables):
            raise ConfigError(
                f"decoding {source} of {inputs.raw[0].day} again: the key of {len(refused):,} records is not the one "
                'they were decoded with; "telltale doctor" says what is wrong, nothing of that day was changed'
            )
        for name, rows in tables.items():
            for day, part in by_day(TABLES[name], rows):
                if day not in inputs.purged[name]:  # what retention removed does not come back
                    new[name, day].append(part)
                    counts[name] += part.num_rows
    counts[RAW_TABLE] = len(ids)
    return new, np.array(ids, dtype=np.int64), counts


def batches(lake: Lake, files: Sequence[File]) -> Iterator[list[Raw]]:
    """The records of raw files in pieces that a decoder takes at once, oldest first."""
    for file in sorted(files, key=lambda file: file.first_raw_id):
        table = read(lake, file)
        rows = max(1, min(_BATCH_ROWS, table.num_rows * _BATCH_BYTES // max(1, table.nbytes)))
        for start in range(0, table.num_rows, rows):
            yield arrow_to_raws(table.slice(start, rows))


def _old(lake: Lake, files: Sequence[File], ids: np.ndarray) -> list[_Old]:
    """The files that hold rows of these records, with their other rows."""
    old = []
    for file in files:
        replaced = np.isin(read(lake, file, ["raw_id"])["raw_id"].to_numpy(), ids)
        if replaced.any():
            old.append(_Old(file, read(lake, file).filter(pa.array(~replaced))))
    return old


def others(lake: Lake, source: str, raw: Sequence[File]) -> list[File]:
    """The raw files whose records are not decoded now; they know which decoder made the rows that are kept."""
    paths = {file.path for file in raw}
    with lake.store.reader() as connection:
        files = listed(connection, FILES.c.table_name == RAW_TABLE, FILES.c.source == source)
    return [file for file in files if file.path not in paths]


def _drafts(
    source: str, new: dict[_Key, list[pa.Table]], old: Sequence[_Old], version: int, others: Sequence[File]
) -> list[Draft]:
    kept: dict[_Key, list[_Old]] = defaultdict(list)
    for part in old:
        kept[part.file.table_name, part.file.day].append(part)
    made = []
    for name, day in sorted(new.keys() | kept.keys()):
        parts = kept.get((name, day), [])
        # A file written before a column was added lacks it.
        rows = pa.concat_tables([*(part.kept for part in parts), *new.get((name, day), [])], promote_options="default")
        if rows.num_rows == 0:
            continue
        oldest = min([version, *(_version(part, others) for part in parts if part.kept.num_rows)])
        draft = day_draft(TABLES[name], source, day, rows, version=oldest)
        made.append(_widened(draft, [part.file for part in parts]))
    return made


def _version(part: _Old, others: Sequence[File]) -> int:
    """The oldest decoder among the rows kept."""
    ids = part.kept["raw_id"].to_numpy()
    return oldest_decoder(int(ids.min()), int(ids.max()), others, part.file.decoder_version)


def oldest_decoder(low: int, high: int, raw: Sequence[File], of_file: int) -> int:
    """The oldest decoder among rows of these ids: of their raw files, or where those were purged of the file."""
    versions = [file.decoder_version for file in raw if file.first_raw_id <= high and file.last_raw_id >= low]
    return min(versions, default=of_file)


def _widened(draft: Draft, files: Sequence[File]) -> Draft:
    return draft._replace(
        first_raw_id=min([draft.first_raw_id, *(file.first_raw_id for file in files)]),
        last_raw_id=max([draft.last_raw_id, *(file.last_raw_id for file in files)]),
        is_frozen=any(file.is_frozen for file in files),
    )
