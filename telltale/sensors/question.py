"""What is read through a question about sensors, and the tables made of it; `calls.py` says their columns.

A question's `of` is a device, by its id in any case or its name of devices.csv.
"""

# ruff: noqa: S608 - texts are composed of names of ours; values are given to the engine
from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from telltale import identity
from telltale.analysis import periods
from telltale.contract import ConfigError, did_you_mean
from telltale.engine import Relation
from telltale.health import trends as batteries
from telltale.sensors import analysis, days
from telltale.sensors.days import limits, measured
from telltale.sources import SOURCES
from telltale.tables import READING
from telltale.workbench.history import pieces
from telltale.workbench.question import By, Question
from telltale.workbench.times import DAY, Span

MEASURED = ("device_id", "channel", "quantity", "unit", "observed_at", "value", "text", "error_code", "meta")

NAMED = """
select r.device_id, coalesce(nullif(i.name, ''), r.device_id) as name, coalesce(i.place, '') as place, {columns}
from row_in r left join device_info i on i.device_id = r.device_id
order by name, r.device_id, {order}
"""

LIMITED = """
select r.*, l.low, l.high
from row_in r
left join limit_of l on l.device_id = r.device_id and l.channel = r.channel and l.quantity = r.quantity
"""

WITH_UNIT = """
select r.*, u.unit
from row_in r left join (
  select device_id, channel, quantity, max(unit) as unit from figure where readings > 0
  group by device_id, channel, quantity
) u on u.device_id = r.device_id and u.channel = r.channel and u.quantity = r.quantity
"""

WITH_UNKNOWN = """
select r.*, coalesce(u.unknown_s, 0e0) as unknown_s
from row_in r left join unknown_of u on u.device_id = r.device_id and u.channel = r.channel
  and u.quantity = r.quantity and u.start_us = unix_micros(r.start)
"""

TOGETHER = """
select o.label, o.start, o.end, o.so_far, cast(sum(o.readings) as bigint) as readings, sum(o.outside_s) as outside_s,
  sum(o.unknown_s) as unknown_s, sum(o.outside_s) > :tolerated_s as is_over
from outside o group by o.label, o.start, o.end, o.so_far order by o.start
"""

DAYED = """
select r.*, d.label as day
from row_in r left join day_of d on unix_micros(r.start) >= d.start_us and unix_micros(r.start) < d.end_us
"""

MARKED = "select r.*, p.so_far from row_in r inner join period p on p.start_us = unix_micros(r.start)"

SINGLY = """
select device_id, channel, quantity, unit, observed_at as start, observed_at as end, false as so_far,
  cast(1 as bigint) as readings, value as value_min, value as value_mean, value as value_max
from reading where value is not null
"""

NUMBERS = """
select * from reading
where not (value is not null and value in (0, 1) and regexp_like(coalesce(text, ''), '^[^0-9]'))
  and not regexp_like(quantity, '_(total|major|minor)$')
"""

SEEN = """
select distinct s.device_id, coalesce(nullif(i.name, ''), s.device_id) as name, s.quantity
from figure s left join device_info i on i.device_id = s.device_id
order by name, s.device_id, s.quantity
"""

STATES = f"select {', '.join(MEASURED)} from row_in where regexp_like(text, '^[^0-9]') and value in (0, 1)"

EPISODE_END = """case when is_open then timestamp_micros(:until_us)
  else timestamp_micros(cast(floor(unix_micros(started_at) + lasted_s * 1e6) as bigint)) end"""
SILENCE_END = "coalesce(next_heard_at, timestamp_micros(:until_us))"
AFTER = {"unit": "quantity", "so_far": "end"}
"""Columns that are added to a table, and after which one they stand."""


class Sensors(NamedTuple):
    """The sensors that said anything in a stretch, and what they measured."""

    names: dict[str, str]
    """By device id, in the order of the names."""
    quantities: list[str]
    of_device: Mapping[str, list[str]] = MappingProxyType({})
    """What each of them measured, by name."""

    def measured(self, device_id: str) -> list[str]:
        """What one of them measured; of an id that is not here, nothing."""
        return self.of_device.get(device_id, [])


def sensors(question: Question) -> Sensors:
    """The sensors of the stretch, errors included."""
    rows = question.engine.run(SEEN, {"figure": figures(question), "device_info": question.device_info}).arrow()
    names = dict(zip(rows["device_id"].to_pylist(), rows["name"].to_pylist(), strict=True))
    of_device: dict[str, list[str]] = {}
    for row in rows.to_pylist():
        of_device.setdefault(row["device_id"], []).append(row["quantity"])
    return Sensors(names, sorted(set(rows["quantity"].to_pylist())), of_device)


def series(question: Question, *, quantity: str | None = None, bin_s: int | None = None) -> pa.Table:
    """What each sensor measured, singly or in bins of so many seconds."""
    bins = None if bin_s is None else _bins(question, bin_s)
    since_us = question.span.since_us if bins is None else bins["start_us"][0].as_py()
    rows = readings(question, since_us=since_us, quantity=quantity)
    if question.of is None and quantity is None:
        rows = question.engine.run(NUMBERS, {"reading": rows})
    if bins is None:
        made = question.engine.run(SINGLY, {"reading": rows})
    else:
        made = _marked(question, analysis.series(question.engine, rows, bins), bins)
    days = {"row_in": _limited(question, made), "day_of": question.engine.from_arrow(question.periods("day"))}
    return _named(question, question.engine.run(DAYED, days), time="start")


def stats(question: Question, *, by: By = "stretch", quantity: str | None = None) -> pa.Table:
    """Figures of each sensor, by period."""
    since_us, by_period, engine = question.over(by).since_us, question.periods(by), question.engine
    if by == "hour":  # of which a day has many
        rows = analysis.stats(engine, readings(question, since_us=since_us, quantity=quantity), by_period)
    else:
        rows = analysis.stats_of(engine, figures(question, since_us=since_us, quantity=quantity), by_period)
    made = _marked(question, rows, by_period)
    return _named(question, _limited(question, made), time="start")


def gaps(question: Question, *, quantity: str | None = None, lasting: bool = False) -> pa.Table:
    """Where readings are missing.

    Args:
        question: about which stretch.
        quantity: such as temperature; None is all.
        lasting: those too that began before the stretch and last into it.
    """
    made = analysis.gaps(question.engine, walk(question, quantity=quantity), until_us=question.span.until_us)
    return _named(question, _begun(question, made, "after_at", "before_at" if lasting else ""), time="after_at")


def excursions(question: Question, *, quantity: str | None = None, lasting: bool = False) -> pa.Table:
    """When sensors were beyond a limit, time outside and unknown from the beginning of the stretch on.

    Arguments as for `gaps`.
    """
    walked, since_us = walk(question, quantity=quantity), question.span.since_us
    made = analysis.excursions(question.engine, walked, limits(question), since_us=since_us)
    begun = _begun(question, made, "crossed_at", "returned_at" if lasting else "")
    units = {"row_in": begun, "figure": figures(question, since_us=since_us - DAY)}
    with_unit = question.engine.run(WITH_UNIT, units)
    return _named(question, with_unit, time="started_at")


def minutes_outside(question: Question, *, quantity: str | None = None) -> pa.Table:
    """How long each sensor that has limits was beyond them, by day."""
    walked = walk(question, since_us=question.over("day").since_us, quantity=quantity)
    by_day = question.periods("day")
    made = analysis.outside(question.engine, walked, limits(question), by_day)
    return _named(question, _marked(question, made, by_day), time="start")


def days_outside(question: Question, *, quantity: str | None = None) -> pa.Table:
    """How long all sensors together were beyond their limits, by day, and whether that is more than is tolerated."""
    rows = question.engine.from_arrow(minutes_outside(question, quantity=quantity))
    tolerated_s = 60 * question.settings.sensors.tolerated_min
    return question.engine.run(TOGETHER, {"outside": rows}, tolerated_s=tolerated_s).arrow()


def mean_kinetic_temperature(question: Question, *, by: By = "stretch") -> pa.Table:
    """The mean kinetic temperature of each sensor, by period, and how long nothing was known of it."""
    rows = context(question, since_us=question.over(by).since_us)
    by_period, engine = question.periods(by), question.engine
    walked = walk(question, since_us=question.over(by).since_us)
    spans = analysis.unknown(engine, walked, until_us=question.span.until_us)
    relations = {
        "row_in": analysis.kinetic(engine, rows, by_period),
        "unknown_of": analysis.by_period(engine, spans, by_period),
    }
    made = _marked(question, engine.run(WITH_UNKNOWN, relations), by_period)
    return _named(question, _limited(question, made), time="start")


def episodes(question: Question, *, quantity: str | None = None, lasting: bool = False) -> pa.Table:
    """When doors stood open and alarms were on; arguments as for `gaps`."""
    # Of states only: they are few, and all that a stretch holds need not be kept for them.
    rows = question.engine.run(STATES, {"row_in": _context(question, question.span.since_us, quantity)})
    made = analysis.episodes(question.engine, rows, question.device_info)
    return _named(question, _begun(question, made, "started_at", EPISODE_END if lasting else ""), time="started_at")


def consumption(question: Question, *, by: By = "day", quantity: str | None = None) -> pa.Table:
    """What counters counted, by period."""
    rows = context(question, since_us=question.over(by).since_us, quantity=quantity)
    by_period = question.periods(by)
    amounts = [(source.name, quantity) for source in SOURCES for quantity in source.amounts]
    amount = pa.table(list(map(list, zip(*amounts, strict=True))), schema=analysis.AMOUNTS)
    made = analysis.consumption(question.engine, rows, by_period, amount)
    return _named(question, _marked(question, made, by_period), time="start")


def completeness(question: Question, *, by: By = "stretch") -> pa.Table:
    """Readings received of those due, by device and period."""
    rows = context(question, since_us=question.over(by).since_us)
    by_period, until_us = question.periods(by), question.span.until_us
    made = analysis.completeness(question.engine, rows, question.device_info, by_period, until_us=until_us)
    return _named(question, _marked(question, made, by_period), time="start")


def overdue(question: Question, *, lasting: bool = False) -> pa.Table:
    """Where devices were not heard at the moment they had named; `lasting` as for `gaps`."""
    said = batteries.status(question, device_ids(question))
    made = analysis.overdue(question.engine, said, now_us=question.span.until_us)
    return _named(question, _begun(question, made, "expected_at", SILENCE_END if lasting else ""), time="heard_at")


def trends(question: Question) -> pa.Table:
    """Where battery and signal of each device go."""
    return batteries.trends(question, device_ids(question))


def readings(question: Question, *, since_us: int | None = None, quantity: str | None = None) -> Relation:
    """The readings of the stretch, or from another moment on."""
    rows = context(question, since_us=since_us, quantity=quantity)
    text = "select * from row_in where observed_at >= timestamp_micros(:since_us)"
    return question.engine.run(text, {"row_in": rows}, since_us=_since(question, since_us))


def context(question: Question, *, since_us: int | None = None, quantity: str | None = None) -> Relation:
    """Those and the readings of the day before: what lasts into the stretch began there.

    A page asks several questions about one stretch: they share the rows for as long as nothing changes.
    """
    span = Span(_since(question, since_us) - DAY, question.span.until_us)
    ids = device_ids(question)

    def read() -> Relation:
        rows = _context(question, span.since_us + DAY, quantity)
        return question.engine.keep(question.engine.run(f"select {', '.join(MEASURED)} from row_in", {"row_in": rows}))

    kept: Relation = question.remembered(("readings", span, ids, quantity), read)
    return kept


def _context(question: Question, since_us: int, quantity: str | None) -> Relation:
    span = Span(since_us - DAY, question.span.until_us)
    return _chosen(question, question.view.table(READING.name, span), quantity)


def figures(question: Question, *, since_us: int | None = None, quantity: str | None = None) -> Relation:
    """The figures of each day of the stretch, or from another moment on; of a day that is cut those of its part."""
    return _chosen(question, days.figures(question, Span(_since(question, since_us), question.span.until_us)), quantity)


def walk(question: Question, *, since_us: int | None = None, quantity: str | None = None) -> analysis.Walk:
    """What `context` holds, in order, and how far apart the readings of each series are: of ended days what is kept."""
    walked = days.walk(question, _since(question, since_us) - DAY)
    return walked._replace(steps=_chosen(question, walked.steps, quantity))


def device_ids(question: Question) -> tuple[str, ...] | None:
    """The ids that `of` means: an id in any spelling, or the name of one or more devices of devices.csv; None is all.

    Raises:
        ConfigError: no such device has sent a reading.
    """
    if question.of is None:
        return None
    wanted = question.of.strip().casefold()
    meant = identity.device_id(question.of)
    listed = question.project.device_info().to_pylist()
    named = tuple(row["device_id"] for row in listed if row["name"].casefold() == wanted)
    if named:
        return named
    if meant in measured(question).arrow()["device_id"].to_pylist():
        return (meant,)
    text = "select distinct device_id from reading order by device_id"

    def read(span: Span) -> pa.Table:
        return question.engine.run(text, {"reading": question.view.rows(READING.name, span)}).arrow()

    parts = pieces(question.view, text, read, tables=(READING.name,))
    heard = sorted({device_id for part in parts for device_id in part["device_id"].to_pylist()})
    if meant in heard:
        return (meant,)
    candidates = [*heard, *(row["name"] for row in listed if row["name"] and row["device_id"] in heard)]
    hint = did_you_mean(question.of, candidates) or f"; known: {', '.join(candidates) or 'none yet'}"
    raise ConfigError(f'no device "{question.of}" has sent a reading{hint}')


def _chosen(question: Question, rows: Relation, quantity: str | None) -> Relation:
    """The rows of the devices that are meant, and of the quantity."""
    ids = device_ids(question)
    if ids is None and quantity is None:
        return rows
    named = {f"device_{number}": name for number, name in enumerate(ids or ())}
    wanted = "true" if ids is None else f"device_id in ({', '.join(f':{name}' for name in named)})"
    wanted += "" if quantity is None else " and quantity = :quantity"
    return question.engine.run(f"select * from row_in where {wanted}", {"row_in": rows}, quantity=quantity, **named)


def _since(question: Question, since_us: int | None) -> int:
    return question.span.since_us if since_us is None else since_us


def _bins(question: Question, width_s: int) -> pa.Table:
    """The bins that the stretch touches; the last one ends with it."""
    made = periods.bins(width_s, *question.span, timezone=question.zone)
    ends = pc.min_element_wise(made["end_us"], pa.scalar(question.span.until_us, pa.int64()))
    so_far = pc.less(ends, made["end_us"])
    at = made.schema.get_field_index("end_us")
    return made.set_column(at, made.schema.field("end_us"), ends).append_column("so_far", so_far)


def _begun(question: Question, rows: Relation, begin: str, end: str) -> Relation:
    """The rows that begin in the stretch; with the text of their end, those too that reach into it."""
    if not end:
        return question.begins_inside(rows, begin)
    text = f"select * from row_in where unix_micros({end}) >= :since_us"
    return question.engine.run(text, {"row_in": rows}, **question.span._asdict())


def _marked(question: Question, rows: Relation, by_period: pa.Table) -> Relation:
    """The rows with `so_far`: whether their period was cut by the end of the stretch."""
    return question.engine.run(MARKED, {"row_in": rows, "period": question.engine.from_arrow(by_period)})


def _limited(question: Question, rows: Relation) -> Relation:
    """The rows with the limits that hold for their series."""
    return question.engine.run(LIMITED, {"row_in": rows, "limit_of": limits(question)})


def _named(question: Question, rows: Relation, *, time: str) -> pa.Table:
    """The rows with the devices' names, in the order people look for them."""
    names = [name for name in rows.columns if name not in ("device_id", *AFTER)]
    for added, before in AFTER.items():
        if added in rows.columns:
            names.insert(names.index(before) + 1, added)
    order = [name for name in ("channel", "quantity") if name in rows.columns] + [time]
    text = NAMED.format(columns=", ".join(f"r.{name}" for name in names), order=", ".join(f"r.{n}" for n in order))
    return question.engine.run(text, {"row_in": rows, "device_info": question.device_info}).arrow()
