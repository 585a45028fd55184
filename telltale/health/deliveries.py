"""What each source delivered in a stretch: moments of receipt, devices heard, rejects; for pages that oversee all."""

# ruff: noqa: S608 - texts are composed of names of ours
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from telltale.contract import Source
from telltale.health import analysis
from telltale.health.calls import health_tables
from telltale.health.known import KNOWN_US, last_heard, resting_ids
from telltale.health.words.rejects import is_sound
from telltale.lake.catalog import RAW_TABLE
from telltale.sources import SOURCES
from telltale.tables import COLLECTOR_HEARTBEAT, REJECT, TABLES, Table
from telltale.workbench.here import here
from telltale.workbench.history import pieces
from telltale.workbench.project import Project
from telltale.workbench.question import Question, question
from telltale.workbench.tidy import tidy
from telltale.workbench.times import DAY, SECOND, Span
from telltale.workbench.view import View, answered

if TYPE_CHECKING:
    import pandas as pd

HOUR = 3_600 * SECOND
GAP_S = 600.0
"""A shorter pause is no gap, whatever the source; nor is one that its most regular device is given."""
OF_FILES = "replay"
"""The collector whose heartbeats tell what a capture file covers, not that anything listens now."""


class Delivered(NamedTuple):
    """One source over the last 24 hours."""

    source: Source
    newest_us: int | None
    """Also when it is older than 24 hours."""
    interval_s: float
    """How often its most regular device reports; 0 where nothing tells."""
    hours: tuple[int, ...]
    """Records of each of the 24 hours, the last one running."""
    gap_s: float | None
    """Time without a record where one was to be expected; None where nothing tells when one is."""
    devices: int
    known: int
    """Devices heard in 24 hours, and those listed or heard in the week before."""
    rejects: int
    is_live: bool = True
    """False where nothing listens: what there is came from capture files or by hand."""
    file_end_us: int | None = None
    """Where nothing listens: the end of the newest capture file."""
    of_pcs: bool = False
    """Whether PCs send through each of its devices that was ever heard."""
    late_after_s: float | None = None
    """The age of its newest record from which on its most regular device is late; None where nothing tells."""
    silent_after_s: float | None = None
    """The same for silent, once all of its devices whose interval is known are silent; None before.

    After a week without any record every source is."""

    @property
    def title(self) -> str:
        """The source's short title."""
        return self.source.short_title or self.source.title

    def age_s(self, now_us: int) -> float:
        """How old its newest record is."""
        return max(0.0, (now_us - (self.newest_us or 0)) / SECOND)

    def is_silent(self, now_us: int) -> bool:
        """Whether it is silent: as its devices' own expectations say, never a median over all of them.

        One that may rest is never; nor one that still sends records of which no device can be told: those are rejects.
        """
        return not self.rests and self.silent_after_s is not None and self.age_s(now_us) >= self.silent_after_s

    @property
    def rests(self) -> bool:
        """Whether its silence is no fault: a PC that is off tells nothing, and neither does a file that was read.

        So it is by whatever network a PC sends.
        """
        return self.source.rests or self.of_pcs or not self.is_live


CAPTURES = """
select concat(collector, ' ', interface) as device_id, max(covered_s) as expected_interval_s
from collector_heartbeat group by collector, interface
"""
"""A heartbeat says itself how long a time it covers: the next is due after as long."""


def delivered(project: Project) -> list[Delivered]:
    """The sources that have ever delivered, in the order of the list of sources."""
    view = project.view()
    made: list[Delivered] = view.remembered(("delivered", view.now_us), lambda: _delivered(view))
    return made


def last_day(*, project: Project | None = None) -> "pd.DataFrame":
    """What each source delivered in the last 24 hours, one row a source that ever did.

    Columns: source, title, newest (also an older one), age_s (of it), interval_s (how often its most regular device
    reports; null where nothing tells), records, gap_s (time without a record where one was to be expected; null where
    nothing tells), devices (heard in 24 hours), known (listed, or heard in the week before), rejects (of what could not
    be decoded), rests (its silence is no fault), is_silent, file_end (of the newest capture file, where nothing
    listens).

    Args:
        project: another project than the one found from here.
    """
    project = project or here()
    sources, now_us = answered(project, lambda view: (delivered(project), view.now_us))
    rows = [
        {
            "source": one.source.name,
            "title": one.title,
            "newest": one.newest_us,
            "age_s": one.age_s(now_us),
            "interval_s": one.interval_s or None,
            "records": sum(one.hours),
            "gap_s": one.gap_s,
            "devices": one.devices,
            "known": one.known,
            "rejects": one.rejects,
            "rests": one.rests,
            "is_silent": one.is_silent(now_us),
            "file_end": one.file_end_us,
        }
        for one in sources
    ]
    return tidy(pa.Table.from_pylist(rows, LAST_DAY))


_MOMENT = pa.timestamp("us", tz="UTC")
LAST_DAY = pa.schema(
    [
        *(("source", pa.string()), ("title", pa.string()), ("newest", _MOMENT), ("age_s", pa.float64())),
        *(("interval_s", pa.float64()), ("records", pa.int64()), ("gap_s", pa.float64()), ("devices", pa.int64())),
        *(("known", pa.int64()), ("rejects", pa.int64()), ("rests", pa.bool_()), ("is_silent", pa.bool_())),
        ("file_end", _MOMENT),
    ]
)


def _delivered(view: View) -> list[Delivered]:
    span = Span(view.now_us - DAY, view.now_us + 1)
    told = view.table(REJECT.name, span).arrow()
    pairs = zip(told["source"].to_pylist(), told["reason"].to_pylist(), strict=True)
    rejects = [source for source, reason in pairs if not is_sound(reason)]
    rows = health_tables(view.project, "24h").sources.to_pylist()
    rows += captures(question(view, "24h", None)).to_pylist()
    judged = {row["source"]: row for row in rows}
    there = [source for source in SOURCES if _ever(view, source.name)]
    return [_of(view, source, span, rejects.count(source.name), judged.get(source.name, {})) for source in there]


def captures(asked: Question) -> pa.Table:
    """How the captures of each source report as a whole: columns as of `analysis.sources`."""
    engine, span = asked.engine, asked.span
    wider = Span(span.since_us - KNOWN_US, span.until_us)
    heartbeats = asked.view.table(COLLECTOR_HEARTBEAT.name, wider)
    signals = engine.keep(analysis.of_captures(engine, heartbeats, but=OF_FILES))
    info = engine.run(CAPTURES, {"collector_heartbeat": heartbeats})
    judged = analysis.devices(engine, signals, info, since_us=span.since_us, now_us=span.until_us)
    return analysis.sources(engine, signals, judged, since_us=span.since_us, now_us=span.until_us).arrow()


def _of(view: View, source: Source, span: Span, rejects: int, judged: Mapping[str, Any]) -> Delivered:
    moments = received_moments(view, source.name, span)
    newest = moments[-1] if moments else _newest(view, source.name)
    # Of what was last heard longer ago than devices are known for, no expectation is left; it has stopped all the same.
    silent_after_s = judged.get("silent_after_s") if judged.get("state") == "silent" else None
    if newest is not None and not judged:
        silent_after_s = KNOWN_US / SECOND
    patience_s = judged.get("patience_s")
    hours = [0] * 24
    for moment in moments:
        hours[min(23, (moment - span.since_us) // HOUR)] += 1
    if "devices" in judged:
        heard, known = judged["heard"], judged["devices"]
    else:
        heard, known = (_devices(view, source, Span(span.until_us - back, span.until_us)) for back in (DAY, 7 * DAY))
    # A capture tells by its heartbeat that it is alive: a button that nobody pressed for a day is not missing.
    known = heard if COLLECTOR_HEARTBEAT.name in source.tables else max(known, heard)
    live, file_end_us = _capture(view, span) if COLLECTOR_HEARTBEAT.name in source.tables else (True, None)
    return Delivered(
        source,
        newest,
        judged.get("interval_s") or 0.0,
        tuple(hours),
        None if patience_s is None else _without(moments, span, patience_s),
        heard,
        known,
        rejects,
        live,
        file_end_us,
        _of_pcs(view, source.name),
        late_after_s=patience_s,
        silent_after_s=silent_after_s,
    )


def _of_pcs(view: View, source: str) -> bool:
    """Whether all that a source tells of are PCs: those of the last week, of one silent for longer all there were."""
    resting = set(resting_ids(view))
    for since_us in (view.now_us - KNOWN_US, 0):
        heard = last_heard(view, Span(since_us, view.now_us)).to_pylist()
        if ids := {row["device_id"] for row in heard if row["source"] == source}:
            return ids <= resting
    return False


def _without(moments: Sequence[int], span: Span, patience_s: float) -> float:
    """How long no record came where one was to be expected."""
    ends = [*moments, span.until_us] if moments else []
    steps = [later - former for former, later in pairwise(ends)]
    return sum(step for step in steps if step > max(GAP_S, patience_s) * SECOND) / SECOND


def _capture(view: View, day: Span) -> tuple[bool, int | None]:
    """Whether a capture has ever listened, and, if none has, when the newest file of one ends."""
    text = "select collector, max(unix_micros(observed_at)) as end_us from heartbeat group by collector"

    def read(span: Span) -> pa.Table:
        heard = {"heartbeat": view.table(COLLECTOR_HEARTBEAT.name, span)}
        return view.project.engine.run(text, heard).arrow()

    if set(read(day)["collector"].to_pylist()) - {OF_FILES}:  # as a rule today's heartbeats are enough
        return True, None
    ever = pa.concat_tables(pieces(view, text, read, tables=(COLLECTOR_HEARTBEAT.name,)))
    if set(ever["collector"].to_pylist()) - {OF_FILES}:
        return True, None
    return False, pc.max(ever["end_us"]).as_py()


def received_moments(view: View, source: str, span: Span) -> list[int]:
    """When its records came, in order."""
    parts = [pa.array([raw.received_at for raw in view.snapshot.hot if raw.source == source], pa.int64())]
    for file in view.files(RAW_TABLE, span):
        if file.source == source:
            table = view.project.lake.root.read(file.path, ["received_at"])
            parts += [chunk.cast(pa.int64()) for chunk in table["received_at"].chunks]
    moments = pa.chunked_array(parts, pa.int64())
    inside = pc.and_(pc.greater_equal(moments, span.since_us), pc.less(moments, span.until_us))
    return sorted(moments.filter(inside).to_pylist())


def _ever(view: View, source: str) -> bool:
    """Whether a record of a source is kept."""
    settled = view.snapshot.listing.sources(RAW_TABLE)
    return source in settled or any(raw.source == source for raw in view.snapshot.hot)


def _newest(view: View, source: str) -> int | None:
    """When the newest of its records came of which none is of the last day.

    What bears a moment of the future came while our clock was ahead: it counts where there is nothing else, and never
    hides for days that a source has stopped.
    """
    hot = [raw.received_at for raw in view.snapshot.hot if raw.source == source]
    files = [file for file in view.snapshot.of(RAW_TABLE) if file.source == source]
    moments = hot + [at for file in files for at in (file.min_time, file.max_time)]
    past = [at for at in moments if at <= view.now_us]
    return max(past or moments, default=None)


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
