"""Table `kanban_day`: what presses and captures of a long stretch are computed of, kept by day instead of read by row.

    kanban_day      each frame of a button, acknowledging button or entry by hand of a day: what presses are folded of
    capture_day     the stretches in which each capture listened that day, and in which order its heartbeats came
    capture_step    where within that day the clock of a capture was set back, by its heartbeats

A day is kept frame by frame, not press by press: some dozens of rows in place of a file and of a capture's thousand
heartbeats. So no dead time, mode or kind enters, other ones hold for all history at once, and what crosses midnight
(the last accepted press, a burst, a request that is repeated) is folded over it as over any other moment. Who is listed
as a phone or laptop does enter: its frames are no presses, many, and personal.

Days are those of UTC, as the lake files its rows: the site's clock enters where pulls are counted, not where they are
found. Of two days of a capture the heartbeats of the later one came later and cover later time, as a rule; where a
clock was set back over midnight, or one heartbeat tells of days, `captures` reads all of them.
"""

import json
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from telltale.arrow import DAY_US
from telltale.engine import Engine, Relation, filed
from telltale.kanban import analysis
from telltale.settings import buttons
from telltale.tables import COLLECTOR_HEARTBEAT, FRAME
from telltale.workbench.days import DayTable, joined
from telltale.workbench.history import pieces
from telltale.workbench.question import Question
from telltale.workbench.times import EVER, Span
from telltale.workbench.view import View

SOURCE = "button"
REPLAYED = "replay"
"""The collector of files: the order of its records says nothing of a clock."""
_DAY_OF = f"cast(floor(unix_micros({filed(FRAME)}) / {DAY_US}e0) as bigint) * {DAY_US}"
OF_FRAMES = f"""
select {_DAY_OF} as start_us, raw_id, device_id, observed_at, kind, interface, exchange, exchange_s from frame
order by start_us, observed_at, device_id, kind, raw_id
"""  # noqa: S608 - texts of ours
OF_HEARTBEATS = """
select collector, interface, raw_id, observed_at, covered_s, frames, unlisted, drops
from collector_heartbeat where source = :source
"""
OF_STRETCHES = """
select s.day_us as start_us, s.collector, s.interface, timestamp_micros(s.start_us) as start,
  timestamp_micros(s.end_us) as end, s.frames, s.unlisted, s.drops, s.heartbeats, b.first_id, b.last_id,
  b.last_start_us, b.first_end_us
from stretch s
inner join (
  select day_us, collector, interface, min(raw_id) as first_id, max(raw_id) as last_id,
    max(start_us) as last_start_us, min(end_us) as first_end_us
  from beat group by day_us, collector, interface
) b on b.day_us = s.day_us and b.collector = s.collector and b.interface = s.interface
order by s.day_us, s.collector, s.interface, s.start_us
"""
_START = ("start_us", pa.int64())
_IN_ORDER = [("start_us", "ascending"), ("raw_id", "ascending")]
FRAMES = pa.schema(
    [
        *(_START, ("raw_id", pa.int64()), ("device_id", pa.string()), ("observed_at", pa.timestamp("us", tz="UTC"))),
        *((name, pa.string()) for name in ("kind", "interface", "exchange")),
        ("exchange_s", pa.int64()),
    ]
)
STEPS = pa.schema([_START, ("interface", pa.string()), ("raw_id", pa.int64()), ("before_us", pa.int64())])
STRETCHED = pa.schema([*analysis.STRETCHES, ("day_us", pa.int64())])
CAPTURES = pa.schema(
    [
        *(_START, *((name, pa.string()) for name in ("collector", "interface"))),
        *((name, pa.timestamp("us", tz="UTC")) for name in ("start", "end")),
        *((name, pa.int64()) for name in ("frames", "unlisted", "drops", "heartbeats")),
        *((name, pa.int64()) for name in ("first_id", "last_id", "last_start_us", "first_end_us")),
    ]
)


class Captures(NamedTuple):
    """What the heartbeats of captures say."""

    coverage: pa.Table
    """The stretches in which each listened, of `analysis.observed`."""
    steps: pa.Table
    """Where the clock of one was set back, of `analysis.set_back`."""


def of_site(view: View) -> Question:
    """The question by whose days they are kept."""
    return Question(view, Span(0, view.now_us), "UTC")


def frames(view: View) -> pa.Table:
    """The frames of buttons ever heard: raw_id, device_id, observed_at, kind, interface, exchange, exchange_s."""
    found = _ever(view, FRAME_DAYS, (FRAME.name,), _phones(of_site(view)))
    return found.drop_columns(["start_us"])


def captures(view: View) -> Captures:
    """What the heartbeats of captures ever said."""
    tables = (COLLECTOR_HEARTBEAT.name,)
    coverage = coverage_of(view.project.engine.here, _ever(view, CAPTURE_DAYS, tables, ""))
    if coverage is not None:
        return Captures(coverage, _ever(view, STEP_DAYS, tables, "").drop_columns(["start_us"]))

    def read() -> Captures:
        engine = view.project.engine
        of_buttons = engine.keep(_heartbeats(of_site(view), EVER))
        return Captures(analysis.observed(engine, of_buttons).arrow(), analysis.set_back(engine, of_buttons))

    return view.kept(("captures",), read, tables=tables, span=EVER)


def capture_days(engine: Engine, rows: pa.Table) -> pa.Table:
    """What is kept of the captures of some days, of `CAPTURES`.

    Args:
        engine: where it runs.
        rows: their heartbeats, as `OF_HEARTBEATS` gives them, with `day_us`, when the day of each begins.
    """
    covered = engine.run(analysis.COVERED_BY_DAY, {"collector_heartbeat": engine.from_arrow(rows)}).arrow()
    days = covered["day_us"].to_numpy()
    made = [STRETCHED.empty_table()]
    for day_us in np.unique(days):
        stretches = analysis.joined(covered.filter(pa.array(days == day_us)))
        made.append(stretches.append_column("day_us", pa.array([day_us] * stretches.num_rows, pa.int64())))
    told = {"stretch": engine.from_arrow(pa.concat_tables(made)), "beat": engine.from_arrow(covered)}
    return engine.run(OF_STRETCHES, told).arrow().select(CAPTURES.names).cast(CAPTURES)


def coverage_of(engine: Engine, rows: pa.Table) -> pa.Table | None:
    """The stretches of captures over days, of `analysis.observed`; None where days alone do not tell them.

    Args:
        engine: where it runs.
        rows: of `CAPTURES`, of some days; any order.
    """
    captured = _by_capture(rows)
    if not all(map(_is_in_order, captured)):
        return None
    listened = pa.concat_tables([analysis.STRETCHES.empty_table(), *map(_joined, captured)])
    return analysis.named_stretches(engine, engine.from_arrow(listened)).arrow()


def _ever(view: View, table: DayTable, tables: tuple[str, ...], settings: str) -> pa.Table:
    def read(span: Span) -> pa.Table:
        return joined(of_site(view), table, span)

    return pa.concat_tables(pieces(view, (table.name, settings), read, tables=tables)).combine_chunks()


def _is_in_order(rows: pa.Table) -> bool:
    """Whether the heartbeats of each day of a capture came after those of the days before and cover later time."""
    day, first_id, last_id, last_start, first_end = (
        rows[name].to_numpy() for name in ("start_us", "first_id", "last_id", "last_start_us", "first_end_us")
    )
    start, end = (rows[name].cast(pa.int64()).to_numpy() for name in ("start", "end"))
    later = np.flatnonzero(np.diff(day) != 0) + 1
    reach, newest, begun = (np.maximum.accumulate(each)[later - 1] for each in (end, last_id, last_start))
    is_live = rows["collector"][0].as_py() != REPLAYED
    return bool(
        np.all(start[later] > begun)
        and np.all(first_end[later] > reach)
        and (not is_live or np.all(first_id[later] > newest))
    )


def _by_capture(rows: pa.Table) -> list[pa.Table]:
    """The rows of each capture, in order of day and begin."""
    names = rows.select(["collector", "interface"]).group_by(["collector", "interface"], use_threads=False)
    found = [tuple(row.values()) for row in names.aggregate([]).to_pylist()]
    order = [(name, "ascending") for name in ("start_us", "start")]
    return [
        rows.filter(pc.and_(pc.equal(rows["collector"], one), pc.equal(rows["interface"], other))).sort_by(order)
        for one, other in sorted(found)
    ]


def _joined(rows: pa.Table) -> pa.Table:
    """The stretches of the days of one capture; one that goes on over midnight is one."""
    moments = {f"{name}_us": rows[name].cast(pa.int64()) for name in ("start", "end")}
    names = ("collector", "interface", "frames", "unlisted", "drops", "heartbeats")
    stretches = pa.table({name: rows[name] for name in names} | moments).select(analysis.STRETCHES.names)
    return analysis.touching(stretches.cast(analysis.STRETCHES))


def _heartbeats(question: Question, span: Span) -> Relation:
    told = {COLLECTOR_HEARTBEAT.name: question.view.table(COLLECTOR_HEARTBEAT.name, span)}
    return question.engine.run(OF_HEARTBEATS, told, source=SOURCE)


def _frames(question: Question, _parts: pa.Table) -> pa.Table:
    rows = {FRAME.name: question.view.table(FRAME.name, question.span)}
    made = question.engine.run(OF_FRAMES, rows).arrow().cast(FRAMES)
    phones = pa.array(json.loads(_phones(question)), pa.string())
    return made.filter(pc.invert(pc.is_in(made["device_id"], phones)))


def _phones(question: Question) -> str:
    """The listed phones and laptops, as JSON."""

    def read() -> str:
        listed = buttons(question.project.settings).buttons
        return json.dumps(sorted(each.device_id for each in listed if each.role == "presence"))

    return question.view.shared("listed phones", read)


def _captures(question: Question, parts: pa.Table) -> pa.Table:
    return capture_days(question.engine.here, _by_day(question, parts))


def _steps(question: Question, parts: pa.Table) -> pa.Table:
    engine = question.engine.here
    found = analysis.set_back(engine, engine.from_arrow(_by_day(question, parts)), replayed=REPLAYED, by_day=True)
    return found.rename_columns({"day_us": "start_us"}).select(STEPS.names).cast(STEPS).sort_by(_IN_ORDER)


def _by_day(question: Question, parts: pa.Table) -> pa.Table:
    """The heartbeats of the parts, with when the part of each begins."""
    rows = _heartbeats(question, question.span).arrow()
    at, starts = rows["observed_at"].cast(pa.int64()).to_numpy(), parts["start_us"].to_numpy()
    part = np.searchsorted(starts, at, side="right") - 1
    is_in = (part >= 0) & (at < parts["end_us"].to_numpy()[np.maximum(part, 0)])
    return rows.append_column("day_us", pa.array(starts[np.maximum(part, 0)])).filter(pa.array(is_in))


FRAME_DAYS = DayTable("kanban_day", 1, FRAMES, {FRAME.name: 0}, _frames, _phones)
CAPTURE_DAYS = DayTable("capture_day", 1, CAPTURES, {COLLECTOR_HEARTBEAT.name: 0}, _captures)
STEP_DAYS = DayTable("capture_step", 1, STEPS, {COLLECTOR_HEARTBEAT.name: 0}, _steps)
TABLES_OF_DAYS = (FRAME_DAYS, CAPTURE_DAYS, STEP_DAYS)
"""What upkeep keeps."""
