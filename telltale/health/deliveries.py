"""What each source delivered in a stretch: moments of receipt, devices heard, rejects; for pages that oversee all."""

# ruff: noqa: S608 - texts are composed of names of ours
from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from telltale.contract import Source
from telltale.sources import SOURCES
from telltale.tables import COLLECTOR_HEARTBEAT, REJECT, TABLES, Table
from telltale.workbench.project import Project
from telltale.workbench.times import DAY, SECOND, Span
from telltale.workbench.view import View

HOUR = 3_600 * SECOND
GAP_S = 600.0
"""A shorter pause is no gap, whatever the source …"""
GAP_INTERVALS = 10
"""… and neither is one of fewer usual intervals."""
OF_FILES = "replay"
"""The collector whose heartbeats tell what a capture file covers, not that anything listens now."""


class Delivered(NamedTuple):
    """One source over the last 24 hours."""

    source: Source
    newest_us: int | None
    """Also when it is older than 24 hours."""
    interval_s: float
    """The median pause between two records; 0 with fewer than three."""
    hours: tuple[int, ...]
    """Records of each of the 24 hours, the last one running."""
    gap_s: float
    """Time without a record where one was to be expected."""
    devices: int
    known: int
    """Devices heard in 24 hours, and in a week."""
    rejects: int
    is_live: bool = True
    """False where nothing listens: what there is came from capture files or by hand."""
    file_end_us: int | None = None
    """Where nothing listens: the end of the newest capture file."""

    @property
    def title(self) -> str:
        """The source's short title."""
        return self.source.short_title or self.source.title

    @property
    def rests(self) -> bool:
        """Whether its silence is no fault: a PC that is off tells nothing, and neither does a file that was read."""
        return self.source.rests or not self.is_live


NOT_WRONG = ("empty:", "no_payload_config", "not_a_number")
"""How reasons begin that say of a sound record why it gave no rows: listed, and no cause for concern."""


def delivered(project: Project) -> list[Delivered]:
    """The sources that have ever delivered, in the order of the list of sources."""
    view = project.view()
    made: list[Delivered] = view.remembered(("delivered", view.now_us), lambda: _delivered(view))
    return made


def _delivered(view: View) -> list[Delivered]:
    span = Span(view.now_us - DAY, view.now_us + 1)
    told = view.table(REJECT.name, span).arrow()
    pairs = zip(told["source"].to_pylist(), told["reason"].to_pylist(), strict=True)
    rejects = [source for source, reason in pairs if not reason.startswith(NOT_WRONG)]
    judged = (_of(view, source, span, rejects.count(source.name)) for source in SOURCES)
    return [source for source in judged if source.newest_us is not None]


def _of(view: View, source: Source, span: Span, rejects: int) -> Delivered:
    moments = _moments(view, source.name, span)
    newest = _newest(view, source.name)
    steps = sorted(later - former for former, later in pairwise(moments))
    usual_us = steps[len(steps) // 2] if len(steps) > 1 else 0
    least_us = max(GAP_S * SECOND, GAP_INTERVALS * usual_us)
    last_us = span.until_us - moments[-1] if moments else 0
    gaps = sum(step for step in [*steps, last_us] if step > least_us)
    hours = [0] * 24
    for moment in moments:
        hours[min(23, (moment - span.since_us) // HOUR)] += 1
    heard, known = (_devices(view, source, Span(span.until_us - back, span.until_us)) for back in (DAY, 7 * DAY))
    # A capture tells by its heartbeat that it is alive: a button that nobody pressed for a day is not missing.
    known = heard if COLLECTOR_HEARTBEAT.name in source.tables else max(known, heard)
    live, file_end_us = _capture(view, span) if COLLECTOR_HEARTBEAT.name in source.tables else (True, None)
    return Delivered(
        source, newest, usual_us / SECOND, tuple(hours), gaps / SECOND, heard, known, rejects, live, file_end_us
    )


def _capture(view: View, day: Span) -> tuple[bool, int | None]:
    """Whether a capture has ever listened, and, if none has, when the newest file of one ends."""
    ends: dict[str, int] = {}
    for span in (day, None):  # as a rule today's heartbeats are enough
        heard = {"heartbeat": view.table(COLLECTOR_HEARTBEAT.name, span)}
        text = "select collector, max(unix_micros(observed_at)) as end_us from heartbeat group by collector"
        ends = {row["collector"]: row["end_us"] for row in view.project.engine.run(text, heard).arrow().to_pylist()}
        if ends.keys() - {OF_FILES}:
            return True, None
    return False, ends.get(OF_FILES)


def _moments(view: View, source: str, span: Span) -> list[int]:
    """When its records came, in order."""
    parts = [pa.array([raw.received_at for raw in view.snapshot.hot if raw.source == source], pa.int64())]
    for file in view.snapshot.of("raw"):
        if file.source == source and file.max_time >= span.since_us and file.min_time < span.until_us:
            table = pq.read_table(view.project.lake.path(file), columns=["received_at"], partitioning=None)
            parts += [chunk.cast(pa.int64()) for chunk in table["received_at"].chunks]
    moments = pa.chunked_array(parts, pa.int64())
    inside = pc.and_(pc.greater_equal(moments, span.since_us), pc.less(moments, span.until_us))
    return sorted(moments.filter(inside).to_pylist())


def _newest(view: View, source: str) -> int | None:
    hot = [raw.received_at for raw in view.snapshot.hot if raw.source == source]
    settled = [file.max_time for file in view.snapshot.of("raw") if file.source == source]
    return max(hot + settled, default=None)


def _devices(view: View, source: Source, span: Span) -> int:
    """How many devices were heard: nodes of a presence source, devices of any other."""
    names = set()
    for table, column in _naming(source):
        text = f"select distinct {column} as name from heard where source = :source"
        heard = {"heard": view.table(table.name, span)}
        names |= set(view.project.engine.run(text, heard, source=source.name).arrow()["name"].to_pylist())
    return len(names)


def _naming(source: Source) -> Iterator[tuple[Table, str]]:
    """The tables of a source that say which device sent, and the column; the smallest of a presence source."""
    tables = [TABLES[name] for name in source.tables if name in TABLES]
    if any(table.name == "node_heartbeat" for table in tables):
        yield TABLES["node_heartbeat"], "node_id"
        return
    yield from ((table, "device_id") for table in tables if "device_id" in table.names)
