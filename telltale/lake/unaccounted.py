"""Raw records whose rows or rejects are missing: counted by decoding those of which no row is there.

A record without rows may be right: another one's equal row won, its device has opted out, it says nothing, retention
has removed them. So what is counted is the rows that would be there if its day were decoded again.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import date
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa

from telltale.arrow import by_day, own_time
from telltale.lake.catalog import RAW_TABLE, File, listed, purged_days
from telltale.lake.damage import Damaged
from telltale.lake.lake import Lake, read
from telltale.lake.redecode import batches
from telltale.lake.rows import key_refused, tidy
from telltale.landing.schema import FILES
from telltale.tables import TABLES

Progress = Callable[[int, int], None]


class Unaccounted(NamedTuple):
    """What is missing of the records a source received on a day (UTC)."""

    source: str
    day: date
    records: int
    rows: int


def unaccounted(lake: Lake, *, progress: Progress = lambda _done, _of: None) -> Iterator[Unaccounted]:
    """The sources and days of which rows are missing.

    Days whose records were purged are not looked at, nor those of a source that is not listed any more, nor those of
    which a file is damaged: `lake.left_out` names it. Records whose key is refused wait, and miss nothing.

    Raises:
        Changed: a file was purged meanwhile; start again.
    """
    query = sa.select(FILES.c.source, FILES.c.day).where(FILES.c.table_name == RAW_TABLE).distinct()
    with lake.store.reader() as connection:
        days = [(row.source, row.day) for row in connection.execute(query.order_by(FILES.c.source, FILES.c.day))]
    kept_from = lake.kept_from()
    for number, (source, day) in enumerate(days):
        progress(number, len(days))
        if source not in lake.versions:
            continue
        try:
            found = _of_day(lake, source, day, kept_from)
        except Damaged as damaged:
            lake.leave_out(damaged)
            continue
        if found is not None:
            yield found
    progress(len(days), len(days))


def _of_day(lake: Lake, source: str, day: date, kept_from: dict[tuple[str, str], int]) -> Unaccounted | None:
    with lake.store.reader() as connection:
        if day in purged_days(connection, RAW_TABLE, source):
            return None
        raw = listed(connection, FILES.c.table_name == RAW_TABLE, FILES.c.source == source, FILES.c.day == day)
        low, high = min(file.first_raw_id for file in raw), max(file.last_raw_id for file in raw)
        overlaps = (FILES.c.first_raw_id <= high) & (FILES.c.last_raw_id >= low)
        decoded = listed(connection, FILES.c.table_name != RAW_TABLE, FILES.c.source == source, overlaps)
        purged = {name: purged_days(connection, name, source) for name in TABLES}
    bare = np.setdiff1d(_ids(lake, raw, "id"), _ids(lake, decoded, "raw_id"))
    if not bare.size:
        return None
    new = _decoded(lake, source, raw, bare)
    missing, records = 0, set[int]()
    for (name, of_day), part in new.items():
        if of_day in purged[name]:
            continue
        there = _there(lake, source, name, of_day)
        rows = pa.concat_tables([_kept(name, part, kept_from), *there], promote_options="default")
        ids = tidy(TABLES[name], rows)[0]["raw_id"].to_numpy()
        winners = ids[np.isin(ids, bare)].tolist()
        missing += len(winners)
        records.update(winners)
    return Unaccounted(source, day, len(records), missing) if missing else None


def _ids(lake: Lake, files: list[File], column: str) -> np.ndarray:
    parts = [read(lake, file, [column])[column].to_numpy() for file in files]
    return np.unique(np.concatenate([np.empty(0, np.int64), *parts]))


def _decoded(lake: Lake, source: str, raw: list[File], bare: np.ndarray) -> dict[tuple[str, date], pa.Table]:
    """The rows of the records without any, by table and day."""
    wanted, parts = set(bare.tolist()), defaultdict[tuple[str, date], list[pa.Table]](list)
    for raws in batches(lake, raw):
        if some := [record for record in raws if record.id in wanted]:
            tables = lake.decode(source, some)
            refused = pa.array(sorted(key_refused(tables)), pa.int64())  # they wait for their key
            for name, decoded in tables.items():
                decided = decoded.filter(pc.invert(pc.is_in(decoded["raw_id"], refused)))
                for day, rows in by_day(TABLES[name], decided):
                    parts[name, day].append(rows)
    return {key: pa.concat_tables(tables) for key, tables in parts.items()}


def _kept(name: str, rows: pa.Table, kept_from: dict[tuple[str, str], int]) -> pa.Table:
    """Without those of before a moment since when retention may have removed them."""
    times = own_time(TABLES[name], rows).cast(pa.int64())
    sites = rows["site"].to_pylist() if "site" in rows.column_names else [""] * rows.num_rows
    since = pa.array([max(kept_from.get((name, site), 0), kept_from.get((name, ""), 0)) for site in sites], pa.int64())
    return rows.filter(pc.greater_equal(times, since))


def _there(lake: Lake, source: str, name: str, day: date) -> list[pa.Table]:
    of_day = (FILES.c.table_name == name, FILES.c.source == source, FILES.c.day == day)
    with lake.store.reader() as connection:
        files = listed(connection, *of_day)
    return [read(lake, file) for file in files]
