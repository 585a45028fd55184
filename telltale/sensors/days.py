"""Days of sensors, kept: their figures, how far apart their readings are, and the readings that limits are judged by.

What a question about a long stretch reads instead of its readings (`telltale.workbench.days` says how days are kept,
`analysis.days` what is in them).
"""

import datetime as dt
import json
from collections.abc import Collection, Mapping
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from telltale.arrow import schema
from telltale.engine import Relation
from telltale.sensors import analysis
from telltale.tables import READING, SENSOR_DAY, UPLINK
from telltale.workbench import messages
from telltale.workbench.days import EVER, DayTable, joined
from telltale.workbench.question import Question
from telltale.workbench.times import Span, day_begins, local_day
from telltale.workbench.view import View

_SERIES = [pa.field(name, pa.string()) for name in ("device_id", "channel", "quantity")]
_START = pa.field("start_us", pa.int64())
_TIME = pa.timestamp("us", tz="UTC")
FIGURES = pa.schema([_START, *(field.with_nullable(True) for field in schema(SENSOR_DAY) if field.name != "day")])
COUNTS = pa.schema([*_SERIES, _START, ("step_us", pa.int64()), ("steps", pa.int64())])
STEPS = pa.schema(
    [*_SERIES, _START, ("value", pa.float64()), ("observed_at", _TIME)]
    + [(name, pa.int64()) for name in ("readings", "at_us", "before_us", "after_us", "calm_us")]
)
READS: Mapping[str, int] = {READING.name: 0, UPLINK.name: messages.MARGIN_US}
"""Readings of copies of messages are left out: the messages around a day say which those are."""

OF_DAY = f"""
select timestamp_micros(start_us) as day, {", ".join(name for name in SENSOR_DAY.names if name != "day")} from figure
"""  # noqa: S608 - names of ours


def figures(question: Question, span: Span) -> Relation:
    """The figures of each series in each day of a stretch: the columns of `FIGURES`."""
    key = ("sensor figures", span, question.zone)
    made: Relation = question.remembered(key, lambda: question.engine.from_arrow(joined(question, DAYS, span)))
    return made


def walk(question: Question, since_us: int) -> analysis.Walk:
    """The readings from a moment on to the end of the question's stretch, in order, of all series.

    The day that the question's stretch begins in is in two parts, so that what is counted from there on can be.
    """
    begin_us, until_us = question.span.since_us, question.span.until_us
    spans = [Span(since_us, until_us)]
    if since_us < begin_us:
        spans = [Span(since_us, begin_us), Span(begin_us, until_us)]

    def read() -> analysis.Walk:
        engine = question.engine
        told = engine.from_arrow(pa.concat_tables([joined(question, DAYS, span) for span in spans]))
        counts = engine.from_arrow(pa.concat_tables([joined(question, STEP_COUNTS, span) for span in spans]))
        intervals = engine.keep(analysis.intervals_of(engine, told, counts, question.device_info))
        parts = _steps(question, spans)
        shaken = analysis.shaken(engine, parts, intervals)
        if shaken:
            parts = _steps(question, spans, {local_day(at_us, question.zone) for at_us in shaken})
        walked = analysis.walk_of(engine, parts, intervals)
        return analysis.Walk(engine.keep(walked.steps), intervals)

    key = ("sensor walk", tuple(spans), question.zone, _listed(question))
    made: analysis.Walk = question.remembered(key, read)
    return made


def measured(question: Question) -> Relation:
    """The series that ever had a value: `analysis.measured`."""
    whose, engine, now_us = of_site(question.view), question.engine, question.view.now_us
    today_us = day_begins(local_day(now_us, whose.zone), whose.zone)

    def figures_of(span: Span) -> pa.Table:
        return _spanned(joined(whose, DAYS, span))

    def read() -> Relation:
        # Years of ended days are read once, until a row of one of them comes or goes; today anew.
        ended = Span(EVER.since_us, today_us)
        key = ("sensor figures", whose.zone, ended)
        read_span = ended._replace(until_us=today_us + messages.MARGIN_US)
        before = question.view.kept(key, lambda: figures_of(ended), tables=tuple(READS), span=read_span)
        both = pa.concat_tables([before, figures_of(Span(today_us, EVER.until_us))])
        return engine.keep(analysis.measured_of(engine, engine.from_arrow(both)))

    made: Relation = question.remembered("measured", read)
    return made


def _spanned(rows: pa.Table) -> pa.Table:
    """Of figures of days what `analysis.measured_of` reads, added up: a row a series that had a value."""
    told = {"unit": "max", "readings": "sum", "value_first_at": "min", "value_last_at": "max"}
    names = [field.name for field in _SERIES]
    made = rows.filter(pc.greater(rows["readings"], 0)).group_by(names, use_threads=False).aggregate(list(told.items()))
    return made.rename_columns([*names, *told])


def limits(question: Question) -> Relation:
    """The limits of each series, by all that its device ever measured: no choice of a page or call changes them."""
    engine = question.engine

    def read() -> Relation:
        told = engine.from_arrow(question.project.limit_info())
        return engine.keep(analysis.limits(engine, measured(question), question.device_info, told))

    made: Relation = question.remembered(("sensor limits", _listed(question)), read)
    return made


def of_site(view: View) -> Question:
    """The question by whose days they are kept."""
    return Question(view, Span(0, view.now_us), view.project.zone())


def derived(view: View, name: str, span: Span | None) -> Relation:  # noqa: ARG001 - there is one
    """Table `sensor_day`: of the day that a stretch ends in, what there is so far."""
    zone = view.project.zone()
    stretch = Span(EVER.since_us, view.now_us) if span is None else span
    if span is not None:
        first = day_begins(local_day(span.since_us, zone), zone)
        stretch = Span(first, span.until_us)
    question = Question(view, stretch, zone)
    engine = question.engine
    made = engine.run(OF_DAY, {"figure": engine.from_arrow(joined(question, DAYS, stretch))})
    if span is None:
        return made
    text = "select * from row_in where day >= timestamp_micros(:since_us) and day < timestamp_micros(:until_us)"
    return engine.run(text, {"row_in": made}, **span._asdict())


def _readings(question: Question) -> Relation:
    return question.view.table(READING.name, question.span)


def _figures(question: Question, parts: pa.Table) -> pa.Table:
    return analysis.figures(question.engine, _readings(question), parts).arrow().select(FIGURES.names).cast(FIGURES)


def _counts(question: Question, parts: pa.Table) -> pa.Table:
    return analysis.step_counts(question.engine, _readings(question), parts).arrow().select(COUNTS.names).cast(COUNTS)


def _thinned(question: Question, parts: pa.Table) -> pa.Table:
    made = analysis.thinned(question.engine, _readings(question), parts, question.device_info, limits(question))
    return made.arrow().select(STEPS.names).cast(STEPS)


def _each(question: Question, parts: pa.Table) -> pa.Table:
    return analysis.each(question.engine, _readings(question), parts).arrow().select(STEPS.names).cast(STEPS)


def _limits_text(question: Question) -> str:
    """The limits of the series that measured around a stretch: those of others change nothing of it."""

    def read() -> list[tuple[str, int, int]]:
        lives = {tuple(row[:3]): row[-2:] for row in _rows(measured(question))}
        return [(json.dumps(row), *lives[tuple(row[:3])]) for row in _rows(limits(question))]

    since_us, until_us = question.span
    limited = question.view.shared("sensor limits by life", read)
    return "".join(text for text, first_us, last_us in limited if first_us < until_us and last_us >= since_us)


def _rows(relation: Relation) -> list[list[Any]]:
    return [list(row.values()) for row in relation.arrow().to_pylist()]


def _steps(question: Question, spans: Collection[Span], leave: Collection[dt.date] = ()) -> Relation:
    rows = [joined(question, LIMIT_STEPS, span, unkept=_each, leave=leave) for span in spans]
    return question.engine.keep(question.engine.from_arrow(pa.concat_tables(rows)))


def _listed(question: Question) -> tuple[object, ...]:
    """devices.csv, which may change while the store does not."""
    tables = (question.project.device_info(), question.project.limit_info())
    return tuple(tuple(column.to_pylist()) for table in tables for column in table.columns)


DAYS = DayTable(SENSOR_DAY.name, 1, FIGURES, READS, _figures)
STEP_COUNTS = DayTable("sensor_step_count", 1, COUNTS, READS, _counts)
LIMIT_STEPS = DayTable("sensor_limit_step", 1, STEPS, READS, _thinned, _limits_text)
TABLES_OF_DAYS = (DAYS, STEP_COUNTS, LIMIT_STEPS)
"""What upkeep keeps, in this order: limits hold by what was ever measured."""
