"""The past of a project: its present and its records as they were at a moment, whatever has come since.

A report is of a moment: the present by its clock, and the last raw record the store had given an id to. Who makes it
again asks as of that moment. Who asks what was known then (`tt.at`) sees the records received by then, under whatever
id, and the days closed by then. Files that also hold rows of later records are read once and written beside the others
without those; nobody lists them, so that whatever is left of them goes with the next gc.
"""

import datetime as dt
import hashlib
import os
import uuid
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from telltale import wording
from telltale.arrow import DAY_US, Decode, arrow_to_raws, day_of, own_time, utc_day
from telltale.contract import ConfigError, Raw
from telltale.lake import ClosedDay, File, Lake, Snapshot
from telltale.lake.catalog import RAW_TABLE, removed_ranges
from telltale.lake.files import encode
from telltale.tables import PRESENCE_DAY, PRESENCE_HOUR, TABLES, VISIT
from telltale.workbench.times import FOREVER, local_time

VARIABLE = "TELLTALE_AS_OF"
"""Tells a notebook's kernel which moment its project is at: see `Moment.text`."""
FOLDER = "as-of"
KNOWN = "known"
FINAL = (VISIT.name, PRESENCE_DAY.name, PRESENCE_HOUR.name)
"""Derived tables whose days are final once they are closed; others are made again, so that they are computed here."""


class Moment(NamedTuple):
    """A moment of a project."""

    now_us: int
    """Its present, microseconds UTC."""
    through_id: int | None = None
    """The last raw record that was there; None is all that are."""
    as_known: bool = False
    """Only what was received by its present is seen, and settings are those of then."""

    @property
    def text(self) -> str:
        """As `VARIABLE` says it: `<microseconds UTC>:<last raw id, or nothing for all>`, and `:known`."""
        known = f":{KNOWN}" if self.as_known else ""
        return f"{self.now_us}:{'' if self.through_id is None else self.through_id}{known}"

    def words(self, zone: str) -> str:
        """`as known on Thu 12 Nov 2026, 09:00`, by the clock of a zone; empty where that is not asked."""
        return f"as known on {wording.full_moment(local_time(self.now_us, zone))}" if self.as_known else ""

    def sees(self, raw_id: int, received_at: int) -> bool:
        """Whether a record was there."""
        is_early = self.through_id is None or raw_id <= self.through_id
        return is_early and (not self.as_known or received_at <= self.now_us)


def told() -> Moment | None:
    """The moment the environment tells; None without one.

    Raises:
        ConfigError: it is not of that form.
    """
    text = os.environ.get(VARIABLE, "")
    if not text:
        return None
    now, _, rest = text.partition(":")
    through, _, known = rest.partition(":")
    try:
        if known in ("", KNOWN):
            return Moment(int(now), int(through) if through else None, bool(known))
    except ValueError:
        pass
    raise ConfigError(f'{VARIABLE} = "{text}": expected microseconds UTC, a colon, a raw id or nothing') from None


def newest_id(snapshot: Snapshot) -> int:
    """The last raw record a snapshot knows of; 0 where there is none."""
    hot = max((raw.id for raw in snapshot.hot), default=0)
    return max([hot, *(file.last_raw_id for file in snapshot.files)])


class Bounds(NamedTuple):
    """Where in the order of ids a moment lies: ids and moments of receipt agree but for a few around it."""

    through: int
    """No record with a larger id was there."""
    beyond: int
    """Each record with a smaller id was."""


@dataclass
class Past:
    """Snapshots without what came after a moment.

    Args:
        lake: whose.
        decode: makes rows of records again that a later record of the same key took the place of.
        moment: what is seen: records through an id, or received by its present, or both.
        at_us: by the machine's clock, when its files are written: from then on gc counts its grace.
    """

    lake: Lake
    decode: Decode
    moment: Moment
    at_us: int

    def __post_init__(self) -> None:
        self._folder = f"{FOLDER}/{uuid.uuid4().hex}"
        self._made: dict[str, File | None] = {}
        self._last: tuple[int, Snapshot] | None = None
        self.unrestored: set[str] = set()
        """Tables of which a row that a later record replaced is lost: the earlier record was removed."""

    def of(self, snapshot: Snapshot) -> Snapshot:
        """The snapshot as it was.

        Derived tables say nothing of single records. They stay as they are; of what was known then, only the final days
        of those that were closed by then.
        """
        if self._last is not None and self._last[0] == snapshot.change and self._are_there():
            return self._last[1]
        hot = tuple(raw for raw in snapshot.hot if self.moment.sees(raw.id, raw.received_at))
        closed = self._closed(snapshot)
        self._last = snapshot.change, snapshot.with_only(self._files(snapshot, closed), hot, closed)
        return self._last[1]

    def _closed(self, snapshot: Snapshot) -> dict[tuple[str, dt.date], ClosedDay]:
        """The days that were closed."""
        days = snapshot.listing.closed_days()
        until_us = self.moment.now_us if self.moment.as_known else FOREVER
        return {key: day for key, day in days.items() if day.closed_at <= until_us}

    def close(self) -> None:
        """Remove the files it made."""
        for path, made in self._made.items():
            if made is not None and made.path != path:
                self.lake.root.delete(made.path)
        self._made.clear()
        self._last = None

    def _are_there(self) -> bool:
        """Whether no gc has taken the files it made: nobody lists them."""
        return not self.lake.root.missing([made.path for made in self._made.values() if made is not None])

    def _files(self, snapshot: Snapshot, closed: Collection[tuple[str, dt.date]]) -> Iterator[File]:
        bounds = self._bounds(snapshot)
        for file in snapshot.files:
            if _is_derived(file):
                if not self.moment.as_known or (file.table_name in FINAL and (file.site, file.day) in closed):
                    yield file
            elif file.last_raw_id < bounds.beyond:
                yield file
            elif file.first_raw_id <= bounds.through:
                made = self._made.get(file.path)
                # What nobody lists goes with a gc while this moment is still asked about: it is made once more.
                if file.path not in self._made or (made is not None and not self.lake.root.exists(made.path)):
                    made = self._made[file.path] = self._cut(file, snapshot)
                if made is not None:
                    yield made

    def _bounds(self, snapshot: Snapshot) -> Bounds:
        through = self.moment.through_id
        if not self.moment.as_known:
            return Bounds(through or 0, (through or 0) + 1) if through is not None else Bounds(FOREVER, FOREVER)
        at, before, after = self.moment.now_us, [0], [FOREVER if through is None else through + 1]
        for raw in snapshot.hot:
            (before if raw.received_at <= at else after).append(raw.id)
        for file in snapshot.of(RAW_TABLE):
            if file.max_time <= at:
                before.append(file.last_raw_id)
            elif file.min_time > at:
                after.append(file.first_raw_id)
            else:
                rows = self.lake.root.read(file.path, ["id", "received_at"])
                is_early = pc.less_equal(rows["received_at"].cast(pa.int64()), at)
                before.append(pc.max(rows["id"].filter(is_early)).as_py())
                after.append(pc.min(rows["id"].filter(pc.invert(is_early))).as_py())
        # Of records that were removed only the day is known; rows of those around the moment are looked at one by one.
        for gone in removed_ranges(self.lake.store):
            if gone.day <= utc_day(at // DAY_US):
                before.append(gone.last_raw_id)
            if gone.day >= utc_day(at // DAY_US):
                after.append(gone.first_raw_id)
        last = max(before)
        return Bounds(last if through is None else min(last, through), min(after))

    def _seen(self, rows: pa.Table, id_column: str) -> pa.Table:
        """The rows of records that were there."""
        if self.moment.through_id is not None:
            rows = rows.filter(pc.less_equal(rows[id_column], self.moment.through_id))
        if self.moment.as_known:
            rows = rows.filter(pc.less_equal(rows["received_at"].cast(pa.int64()), self.moment.now_us))
        return rows

    def _cut(self, file: File, snapshot: Snapshot) -> File | None:
        everything = self.lake.root.read(file.path)
        if file.table_name == RAW_TABLE:
            rows = self._seen(everything, "id")
            return file if rows.num_rows == everything.num_rows else self._written(file, rows, rows["received_at"])
        table = TABLES[file.table_name]
        rows = self._seen(everything, "raw_id")
        if rows.num_rows == everything.num_rows and not (table.largest or table.smallest):
            return file
        again = self._decoded(file, snapshot)
        if again is not None:
            # Also of records whose row is there: it may hold an extreme of one that came later.
            rows = rows.filter(pc.invert(pc.is_in(rows["raw_id"], pc.unique(again["raw_id"]))))
            rows = pa.concat_tables([rows.cast(again.schema), again] if rows.num_rows else [again])
        if file.is_frozen:
            self.unrestored.add(file.table_name)
        return self._written(file._replace(is_unique=False), rows, own_time(table, rows))

    def _decoded(self, file: File, snapshot: Snapshot) -> pa.Table | None:
        """The rows of a day as its records give them now: one that a later record replaced is not in its file."""
        first, last = file.first_raw_id, file.last_raw_id

        def is_read(raw: Raw) -> bool:
            return first <= raw.id <= last and self.moment.sees(raw.id, raw.received_at)

        raws = [raw for raw in snapshot.hot if raw.source == file.source and is_read(raw)]
        for listed in snapshot.of(RAW_TABLE):
            if listed.source == file.source and listed.first_raw_id <= last and listed.last_raw_id >= first:
                raws += filter(is_read, arrow_to_raws(self.lake.root.read(listed.path)))
        table = TABLES[file.table_name]
        rows = self.decode(file.source, raws).get(table.name) if raws else None
        if rows is None or not rows.num_rows:
            return None
        return rows.filter(pc.equal(day_of(table, rows), pa.scalar(file.day, pa.date32())))

    def _written(self, file: File, rows: pa.Table, times: pa.ChunkedArray) -> File | None:
        if not rows.num_rows:
            return None
        path = f"{self._folder}/{uuid.uuid4().hex}.parquet"
        content = encode(rows, raw=file.table_name == RAW_TABLE)
        self.lake.root.write({path: content}, lambda _step: None, at_us=self.at_us)
        ends: Mapping[str, int] = pc.min_max(times.cast(pa.int64())).as_py()
        ids: Mapping[str, int] = pc.min_max(rows["id" if file.table_name == RAW_TABLE else "raw_id"]).as_py()
        return file._replace(
            path=path, rows=rows.num_rows, bytes=content.size, sha256=hashlib.sha256(content).hexdigest(),
            first_raw_id=min(file.first_raw_id, ids["min"]), last_raw_id=ids["max"],
            min_time=ends["min"], max_time=ends["max"],
        )  # fmt: skip


def _is_derived(file: File) -> bool:
    return file.table_name != RAW_TABLE and TABLES[file.table_name].derived
