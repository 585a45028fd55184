"""What a report was made of, as digests: raw records by source and day, the files of its tables, settings and lists.

A record's digest is of its bytes, its id, sender, moment and headers, so that settling, merging and decoding again
change nothing of it. Settings are digests under a key of the project: whoever has a report can say that two settings
differ, and nothing about what they are.
"""

import datetime as dt
import hashlib
import hmac
from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from telltale.arrow import DAY_US, arrow_to_raws, raws_to_arrow, utc_day
from telltale.contract import Raw
from telltale.lake import RAW_TABLE, File, Snapshot
from telltale.privacy.files import key_in
from telltale.report.digest import canonical
from telltale.report.raw_days import Known, RawDay, key_of, raw_day
from telltale.settings import devices
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
    *("reports", "alerts", "engine"),
}
"""Sections that say how data come and go, or where Spark is, and nothing that an answer depends on."""
DIGITS = 16
"""Hex digits of a setting's digest: enough to tell two apart."""


class Damaged(NamedTuple):
    """A file of the lake that is not what the catalog says."""

    path: str
    reason: str


class _Part(NamedTuple):
    """Where the raw records of a source and day are."""

    files: list[File]
    hot: list[Raw]


class Inputs:
    """The inputs of a period, as one moment has them.

    Args:
        project: whose.
        span: the period, microseconds UTC.
        moment: of the report.
        trusting: take the digest of a day that was made of the same files before; what is proven is read anew.
    """

    def __init__(self, project: Project, span: Span, moment: Moment, *, trusting: bool = False) -> None:
        self.project, self.moment, self._is_trusting = project, moment, trusting
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
        known = Known(self.project.settings.report_folder) if self._is_trusting else None
        found = [self._raw_day(source, day, part, known) for (source, day), part in sorted(self._parts().items())]
        if known is not None:
            known.keep()
        return [day for day in found if day is not None]

    @cached_property
    def files(self) -> dict[str, dict[str, Any]]:
        """The decoded files that hold rows of the period, by table: decoders and one digest."""
        tables: dict[str, list[File]] = defaultdict(list)
        for file in self.snapshot.files:
            if file.table_name != RAW_TABLE and _touches(file, self.received) and self._is_known(file.first_raw_id):
                tables[file.table_name].append(file)
        return {
            name: {
                "decoders": sorted({f"{file.source} {file.decoder_version}" for file in found if file.source}),
                "sha256": hashlib.sha256("".join(sorted(file.sha256 for file in found)).encode()).hexdigest(),
            }
            for name, found in sorted(tables.items())
        }

    def records(self) -> Iterator[Raw]:
        """The raw records themselves, day by day."""
        for part in self._parts().values():
            for rows in self._tables(part):
                yield from arrow_to_raws(rows)

    def check(self) -> list[Damaged]:
        """The files of the period and the weeks before it that are gone, or hold other bytes than once were written."""
        lake = self.project.lake
        looked_at = self.received._replace(since_us=self.received.since_us - LOOKBACK_US)
        for file in self.snapshot.files:
            if not _touches(file, looked_at) or file.path in {each.path for each in self.damaged}:
                continue
            try:
                digest = hashlib.sha256(lake.root.content(file.path)).hexdigest()
            except OSError:
                self.damaged.append(Damaged(file.path, "is listed and not there"))
                continue
            if digest != file.sha256:
                self.damaged.append(Damaged(file.path, "holds other bytes than it was written with"))
        return self.damaged

    def data(self) -> dict[str, Any]:
        """As a recipe holds it."""
        return {"received": [list(day) for day in self.raw], "tables": self.files}

    def _parts(self) -> dict[tuple[str, dt.date], "_Part"]:
        """Where the records of each source and UTC day of receipt are."""
        parts: dict[tuple[str, dt.date], _Part] = defaultdict(lambda: _Part([], []))
        for file in self.snapshot.of(RAW_TABLE):
            if _touches(file, self.received) and self._is_known(file.first_raw_id):
                parts[file.source, file.day].files.append(file)
        for raw in self.snapshot.hot:
            if self.received.since_us <= raw.received_at < self.received.until_us and self._is_known(raw.id):
                parts[raw.source, utc_day(raw.received_at // DAY_US)].hot.append(raw)
        return parts

    def _raw_day(self, source: str, day: dt.date, part: "_Part", known: Known | None) -> RawDay | None:
        key = key_of([file.path for file in part.files]) if self._is_whole(day, part) else ""
        if known is not None and key in known.days:
            return known.days[key]
        tables = [rows for rows in self._tables(part) if rows.num_rows]
        if not tables:
            return None
        made = raw_day(source, day, tables)
        if known is not None and key:
            known.days[key] = made
        return made

    def _is_whole(self, day: dt.date, part: "_Part") -> bool:
        """Whether all that its files hold is of this report: their names say what they hold."""
        since_us = (day - dt.date(1970, 1, 1)).days * DAY_US
        inside = self.received.since_us <= since_us and since_us + DAY_US <= self.received.until_us
        return inside and not part.hot and all(self._is_known(file.last_raw_id) for file in part.files)

    def _tables(self, part: "_Part") -> Iterator[pa.Table]:
        """The records of a day up to the moment, file by file."""
        for file in part.files:
            try:
                yield self._inside(self.project.lake.root.read(file.path))
            except (OSError, pa.ArrowException):
                self.damaged.append(Damaged(file.path, "is listed and cannot be read"))
        if part.hot:
            yield self._inside(raws_to_arrow(part.hot))

    def _inside(self, rows: pa.Table) -> pa.Table:
        at = rows["received_at"].cast(pa.int64())
        inside = pc.and_(pc.greater_equal(at, self.received.since_us), pc.less(at, self.received.until_us))
        if self.moment.through_id is not None:
            inside = pc.and_(inside, pc.less_equal(rows["id"], self.moment.through_id))
        if self.moment.as_known:
            inside = pc.and_(inside, pc.less_equal(at, self.moment.now_us))
        return rows.filter(inside)

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
