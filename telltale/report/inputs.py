"""What a report was made of, as digests: raw records by source and day, the files of its tables, settings and lists.

A record's digest is of its bytes, its id, sender, moment and headers, so that settling, merging and decoding again
change nothing of it. Settings are digests under a key of the project: whoever has a report can say that two settings
differ, and nothing about what they are.
"""

import hashlib
import hmac
from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from telltale.arrow import DAY_US, RAW_SCHEMA, arrow_to_raws, raws_to_arrow, utc_day
from telltale.contract import Raw
from telltale.lake import RAW_TABLE, File, Snapshot
from telltale.privacy.files import key_in
from telltale.report.digest import canonical
from telltale.settings import devices
from telltale.sources import SOURCES
from telltale.workbench.as_of import Moment
from telltale.workbench.project import Project
from telltale.workbench.times import Span

KEY_FILE = "recipes.key"
LATE_DAYS = 8
"""Days after the end of a period in which its late records are looked for: raw records of later days are no input."""
LOOKBACK_US = 35 * DAY_US
"""How far before its period a report looks for what is usual."""
IGNORED = {
    *("root", "paths", "landing", "webhooks", "coap", "arp", "mqtt", "idle", "dashboard", "log", "forward", "publish"),
    *("reports", "alerts"),
}
"""Sections that say how data come and go, and nothing that an answer depends on."""
DIGITS = 16
"""Hex digits of a setting's digest: enough to tell two apart."""


class RawDay(NamedTuple):
    """The raw records of one source that were received on one UTC day, up to the moment of the report.

    Of a source with people it says neither how many nor which: how often a PC reports tells of its person's day.
    """

    source: str
    day: str
    records: int | None
    first_id: int | None
    last_id: int | None
    digest: str
    """SHA-256 of the digests of the columns."""


class Damaged(NamedTuple):
    """A file of the lake that is not what the catalog says."""

    path: str
    reason: str


class Inputs:
    """The inputs of a period, as one moment has them.

    Args:
        project: whose.
        span: the period, microseconds UTC.
        moment: of the report.
    """

    def __init__(self, project: Project, span: Span, moment: Moment) -> None:
        self.project, self.moment = project, moment
        end_us = min(moment.now_us + 1, span.until_us + LATE_DAYS * DAY_US)
        self.received = Span(span.since_us, max(end_us, span.since_us))
        self.damaged: list[Damaged] = []

    @cached_property
    def snapshot(self) -> Snapshot:
        """The files and hot records there are, later ones included."""
        return self.project.lake.snapshot()

    @cached_property
    def raw(self) -> list[RawDay]:
        """The raw records, by source and day of receipt."""
        parts: dict[tuple[str, int], list[pa.Table]] = defaultdict(list)
        for source, rows in self._tables():
            days = pc.divide(rows["received_at"].cast(pa.int64()), DAY_US)
            for day in pc.unique(days).to_pylist():
                parts[source, day].append(rows.filter(pc.equal(days, day)))
        return [_raw_day(source, day, parts[source, day]) for source, day in sorted(parts)]

    @cached_property
    def files(self) -> dict[str, dict[str, Any]]:
        """The decoded files that hold rows of the period, by table: decoders and one digest."""
        tables: dict[str, list[File]] = defaultdict(list)
        for file in self.snapshot.files:
            if file.table_name != RAW_TABLE and _touches(file, self.received) and self._was_there(file):
                tables[file.table_name].append(file)
        return {
            name: {
                "decoders": sorted({f"{file.source} {file.decoder_version}" for file in found if file.source}),
                "sha256": hashlib.sha256("".join(sorted(file.sha256 for file in found)).encode()).hexdigest(),
            }
            for name, found in sorted(tables.items())
        }

    def records(self) -> Iterator[Raw]:
        """The raw records themselves, file by file."""
        for _source, rows in self._tables():
            yield from arrow_to_raws(rows)

    def check(self) -> list[Damaged]:
        """The files of the period and the weeks before it that are gone, or hold other bytes than once were written."""
        lake = self.project.lake
        looked_at = self.received._replace(since_us=self.received.since_us - LOOKBACK_US)
        for file in self.snapshot.files:
            if not _touches(file, looked_at) or file.path in {each.path for each in self.damaged}:
                continue
            try:
                with lake.root.system.open_input_file(file.path) as source:
                    digest = hashlib.sha256(source.read()).hexdigest()
            except OSError:
                self.damaged.append(Damaged(file.path, "is listed and not there"))
                continue
            if digest != file.sha256:
                self.damaged.append(Damaged(file.path, "holds other bytes than it was written with"))
        return self.damaged

    def data(self) -> dict[str, Any]:
        """As a recipe holds it."""
        return {"raw": [list(day) for day in self.raw], "tables": self.files}

    def _tables(self) -> Iterator[tuple[str, pa.Table]]:
        """The records of the stretch up to the moment, file by file."""
        for file in self.snapshot.of(RAW_TABLE):
            if not _touches(file, self.received) or not self._was_there(file):
                continue
            try:
                rows = self.project.lake.root.read(file.path)
            except (OSError, pa.ArrowException):
                self.damaged.append(Damaged(file.path, "is listed and cannot be read"))
                continue
            yield file.source, self._inside(rows)
        hot: dict[str, list[Any]] = defaultdict(list)
        for raw in self.snapshot.hot:
            hot[raw.source].append(raw)
        for source, raws in hot.items():
            yield source, self._inside(raws_to_arrow(raws))

    def _inside(self, rows: pa.Table) -> pa.Table:
        at = rows["received_at"].cast(pa.int64())
        inside = pc.and_(pc.greater_equal(at, self.received.since_us), pc.less(at, self.received.until_us))
        if self.moment.through_id is not None:
            inside = pc.and_(inside, pc.less_equal(rows["id"], self.moment.through_id))
        return rows.filter(inside)

    def _was_there(self, file: File) -> bool:
        return self._is_known(file.first_raw_id)

    def _is_known(self, raw_id: int) -> bool:
        return self.moment.through_id is None or raw_id <= self.moment.through_id


def settings_digests(project: Project) -> dict[str, str]:
    """What the answers depend on beside the records: digests of values by digests of names, under the project's key."""
    key = _key(project)
    return {_keyed(key, ["name", *name]): _keyed(key, value) for name, value in stated(project).items()}


def settings_names(project: Project) -> dict[str, str]:
    """What those names stand for now: `[sensors] tolerated_min`, `devices.csv efento:282c024156af high`."""
    key = _key(project)
    return {_keyed(key, ["name", *name]): " ".join(filter(None, name)) for name in stated(project)}


def stated(project: Project) -> dict[tuple[str, str, str], Any]:
    """Settings and lists by (section or file, whom they are about, key)."""
    found: dict[tuple[str, str, str], Any] = {}
    for section, value in project.settings.model_dump(mode="json").items():
        if section not in IGNORED:
            found |= {(f"[{section}]", "", name): setting for name, setting in _flat(value)}
    for device in devices(project.settings):
        for name, value in device._asdict().items():
            plain = [each._asdict() for each in value] if name == "limits" else value
            if plain not in ("", None, []) and name != "device_id":
                found["devices.csv", device.device_id, name] = plain
    for row in project.button_info().to_pylist():
        for name, value in row.items():
            if value not in ("", None) and name not in ("device_id", "line"):
                found["buttons.csv", row["device_id"], name] = value
    lists: dict[str, list[str]] = defaultdict(list)
    for name, digest in project.lists.state():
        lists[name].append(str(digest))
    return found | {("list", "", name): sorted(listed) for name, listed in lists.items()}


def _flat(value: Any, before: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping) and value:
        for name, inner in value.items():
            yield from _flat(inner, f"{before}.{name}" if before else str(name))
    else:
        yield before, value


def _keyed(key: bytes, value: Any) -> str:
    return hmac.new(key, canonical(value).encode(), hashlib.sha256).hexdigest()[:DIGITS]


def _key(project: Project) -> bytes:
    return key_in(project.settings.data / KEY_FILE)


def _touches(file: File, span: Span) -> bool:
    return file.max_time >= span.since_us and file.min_time < span.until_us


def _raw_day(source: str, day: int, parts: list[pa.Table]) -> RawDay:
    rows = pa.concat_tables([part.select(RAW_SCHEMA.names) for part in parts]).sort_by("id")
    made = digest_of_columns(column_digests(rows))
    if is_personal(source):
        return RawDay(source, utc_day(day).isoformat(), None, None, None, made)
    ids = rows["id"].to_numpy()
    return RawDay(source, utc_day(day).isoformat(), rows.num_rows, int(ids[0]), int(ids[-1]), made)


def is_personal(source: str) -> bool:
    """Whether a source's bodies tell of people; so may those of a source nobody lists any more."""
    return next((each.personal for each in SOURCES if each.name == source), True)


def digest_of_columns(digests: Mapping[str, str]) -> str:
    """The digest of a day from those of its columns."""
    return hashlib.sha256("".join(digests[name] for name in RAW_SCHEMA.names).encode()).hexdigest()


def column_digests(rows: pa.Table) -> dict[str, str]:
    """SHA-256 of each column of raw records in the order of their ids.

    Numbers and moments (µs UTC) as 8 bytes each; of texts and bytes first all lengths so, then all of them, joined;
    little-endian.
    """
    return {name: hashlib.sha256(b"".join(_bytes(rows[name]))).hexdigest() for name in RAW_SCHEMA.names}


def _bytes(column: pa.ChunkedArray) -> Iterator[bytes]:
    if pa.types.is_string(column.type) or pa.types.is_binary(column.type):
        values = column.cast(pa.binary()).to_pylist()
        yield np.fromiter(map(len, values), "<i8", len(values)).tobytes()
        yield b"".join(values)
    else:
        yield column.cast(pa.int64()).to_numpy().astype("<i8").tobytes()
