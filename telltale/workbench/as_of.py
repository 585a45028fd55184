"""The past of a project: its present and its records as they were at a moment, whatever has come since.

A report is of a moment: the present by its clock, and the last raw record the store had given an id to. Who makes it
again asks as of that moment. Files that also hold rows of later records are read once and written beside the others
without those; nobody lists them, so that whatever is left of them goes with the next gc.
"""

import os
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from telltale.arrow import Decode, arrow_to_raws, day_of, own_time
from telltale.contract import ConfigError
from telltale.lake import File, Lake, Snapshot
from telltale.lake.catalog import RAW_TABLE
from telltale.lake.files import encode
from telltale.tables import TABLES

VARIABLE = "TELLTALE_AS_OF"
"""Tells a notebook's kernel which moment its project is at: `<microseconds UTC>:<last raw id, or nothing for all>`."""
FOLDER = "as-of"


class Moment(NamedTuple):
    """A moment of a project."""

    now_us: int
    """Its present, microseconds UTC."""
    through_id: int | None = None
    """The last raw record that was there; None is all that are."""

    @property
    def text(self) -> str:
        """As `VARIABLE` says it."""
        return f"{self.now_us}:{'' if self.through_id is None else self.through_id}"


def told() -> Moment | None:
    """The moment the environment tells; None without one.

    Raises:
        ConfigError: it is not of that form.
    """
    text = os.environ.get(VARIABLE, "")
    if not text:
        return None
    now, _, through = text.partition(":")
    try:
        return Moment(int(now), int(through) if through else None)
    except ValueError:
        raise ConfigError(f'{VARIABLE} = "{text}": expected microseconds UTC, a colon, a raw id or nothing') from None


def newest_id(snapshot: Snapshot) -> int:
    """The last raw record a snapshot knows of; 0 where there is none."""
    hot = max((raw.id for raw in snapshot.hot), default=0)
    return max([hot, *(file.last_raw_id for file in snapshot.files)])


@dataclass
class Past:
    """Snapshots without what came after a raw record.

    Args:
        lake: whose.
        decode: makes rows of records again that a later record of the same key took the place of.
        through_id: the last record that is seen.
        at_us: by the machine's clock, when its files are written: from then on gc counts its grace.
    """

    lake: Lake
    decode: Decode
    through_id: int
    at_us: int

    def __post_init__(self) -> None:
        self._folder = f"{FOLDER}/{uuid.uuid4().hex}"
        self._made: dict[str, File | None] = {}

    def of(self, snapshot: Snapshot) -> Snapshot:
        """The snapshot as it was; derived tables, which say nothing of single records, stay as they are."""
        hot = tuple(raw for raw in snapshot.hot if raw.id <= self.through_id)
        return snapshot.with_only(self._files(snapshot), hot)

    def close(self) -> None:
        """Remove the files it made."""
        for path, made in self._made.items():
            if made is not None and made.path != path:
                self.lake.root.delete(made.path)
        self._made.clear()

    def _files(self, snapshot: Snapshot) -> Iterator[File]:
        for file in snapshot.files:
            if file.last_raw_id <= self.through_id or _is_derived(file):
                yield file
            elif file.first_raw_id <= self.through_id:
                if file.path not in self._made:
                    self._made[file.path] = self._cut(file, snapshot)
                if (made := self._made[file.path]) is not None:
                    yield made

    def _cut(self, file: File, snapshot: Snapshot) -> File | None:
        rows = self.lake.root.read(file.path)
        if file.table_name == RAW_TABLE:
            rows = rows.filter(pc.less_equal(rows["id"], self.through_id))
            return self._written(file, rows, rows["received_at"])
        rows = rows.filter(pc.less_equal(rows["raw_id"], self.through_id))
        lost = self._decoded(file, snapshot)
        if lost is not None:
            rows = pa.concat_tables([rows.cast(lost.schema), lost] if rows.num_rows else [lost])
        return self._written(file._replace(is_unique=False), rows, own_time(TABLES[file.table_name], rows))

    def _decoded(self, file: File, snapshot: Snapshot) -> pa.Table | None:
        """The rows of a day as its records give them now: one that a later record replaced is not in its file."""
        first, last = file.first_raw_id, self.through_id
        raws = [raw for raw in snapshot.hot if raw.source == file.source and first <= raw.id <= last]
        for listed in snapshot.of(RAW_TABLE):
            if listed.source == file.source and listed.first_raw_id <= last and listed.last_raw_id >= first:
                read = arrow_to_raws(self.lake.root.read(listed.path))
                raws += [raw for raw in read if first <= raw.id <= last]
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
        return file._replace(
            path=path, rows=rows.num_rows, bytes=content.size, last_raw_id=self.through_id,
            min_time=ends["min"], max_time=ends["max"],
        )  # fmt: skip


def _is_derived(file: File) -> bool:
    return file.table_name != RAW_TABLE and TABLES[file.table_name].derived
