"""Are pulls normal: a control chart an item, on one scale, limits and mean as the ticks.

A bucket that the capture saw only in part, or that is still running, is hollow and not tested.
"""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from itertools import dropwhile, groupby
from math import isfinite
from typing import Any, NamedTuple

import plotly.graph_objects as go

from telltale import wording
from telltale.charts.base import figure, hatch, nothing
from telltale.frames import local, rows
from telltale.kanban.charts.grid import Grid, axis
from telltale.kanban.words.claims import ABOUT, Items, of_bucket
from telltale.kanban.words.phrases import FEWEST_WHOLE, RECENT, TOO_FEW, bucket_name, day_name, silence
from telltale.kanban.words.working_time import DAY_S, WorkingTime
from telltale.look.tokens import LIGHT
from telltale.page import said
from telltale.page.claims import Claim
from telltale.page.table import Table
from telltale.wording import is_known

MOST_PANELS = 12
"""More items than a page can show; the tables have them all."""
MOST_POINTS = 60
"""Pauses before more pulls than these are older than one cares to see."""
MOST_MARKED = 30
"""A course of more points is a line; only signals are marked."""
_TICK_PX = 13


class Kind(NamedTuple):
    """How values of one kind of chart are told."""

    unit: str
    digits: int = 0
    factor: float = 1.0
    """What a value of the frame is multiplied with."""
    is_common: bool = True
    """Whether all items share the scale."""
    by_pull: bool = False
    """Whether a point is a gap between two pulls, not a bucket."""
    day_s: float | None = None
    """Of gaps: how long a working day is where a calendar is kept; then they are told in such days."""


KINDS: Mapping[str, Kind] = {
    "c": Kind(""),
    "u": Kind("a day", 1),
    "t": Kind("d", 1, is_common=False, by_pull=True),
    "ewma": Kind("", 1),
    "cusum": Kind("", 1, is_common=False),
}


class Point(NamedTuple):
    """One bucket, or one gap between pulls."""

    label: str
    start: dt.datetime
    end: dt.datetime
    value: float | None
    center: float | None
    lower: float | None
    upper: float | None
    signal: bool
    is_tested: bool
    is_baseline: bool = False
    """Whether it set the limits; it is whole, then."""

    @property
    def is_hollow(self) -> bool:
        """Whether it was seen only in part, or is still going on."""
        return not (self.is_tested or self.is_baseline) and self.center is not None

    @property
    def is_low(self) -> bool:
        """Whether it lies below the centre."""
        return self.value is not None and self.value < (self.center or 0.0)


def control_charts(
    control: Any,
    items: Any = None,
    *,
    kind: str = "c",
    by: str = "week",
    timezone: str = "UTC",
    most: int = MOST_PANELS,
    about: Items = ABOUT,
) -> go.Figure:
    """A control chart for each item: points, limits as a band, the mean as a line, signals as triangles.

    Args:
        control: item, label, start, end, value, center, lower, upper, signal, is_tested, is_baseline
            (`tt.kanban.control`); of gaps `working_day_s` too.
        items: item, may_be_dead, silent_s, silent_calendar_s, working_day_s, trend (`tt.kanban.items`), for the words
            beside each name; may be left out.
        kind: of the chart: c, u, t, ewma or cusum.
        by: its buckets, day or week.
        timezone: the site's zone.
        most: so many items are drawn, in order of their names.
        about: what the claims of its table share.

    Returns:
        the figure; no rows give one sentence.
    """
    table = rows(control, "item", *Point._fields[:-1], optional=("is_baseline", "is_cut", "working_day_s"))
    style = _style(kind, table)
    panels = {item: _points(list(run), style) for item, run in groupby(_ordered(table), key=lambda row: row["item"])}
    panels = {item: points for item, points in list(panels.items())[:most] if points}
    if not panels:
        return nothing("No pull in this period. Press a button; telltale discover finds its line for buttons.csv.")
    grid = Grid(len(panels))
    starts = sorted({point.start for points in panels.values() for point in points})
    places = [_places(points, starts, style) for points in panels.values()]
    tops = [_top(points) for points in panels.values()]
    lows = [_low(points) for points in panels.values()]
    if style.is_common:
        tops, lows = [max(tops)] * len(tops), [min(lows)] * len(lows)
    ticks = [_ticks(points, at, style, timezone) for points, at in zip(panels.values(), places, strict=True)]
    ys = [_scale(points, low, top, style, grid) for points, low, top in zip(panels.values(), lows, tops, strict=True)]
    grid = grid.with_room_for([text for y in ys for text in y["ticktext"]])
    drawn = figure(
        height=grid.height,
        numbers=_numbers(panels, style, timezone, _Asked(about, kind, by)),
        margin={"l": 0, "r": 0, "t": 0, "b": 0},
        narrow=grid.narrow(),
        **grid.axes({}, ys, ticks),
    )
    for at, (item, points) in enumerate(panels.items()):
        hovers = _hovers(item, points, style, timezone)
        _draw(drawn, at, places=places[at], points=points, top=ys[at]["range"][1], hovers=hovers)
    states = {} if items is None else {row["item"]: row for row in rows(items, "item", *_STATE)}
    grid.heads(drawn, [(item, *_state(points, states.get(item), style, timezone)) for item, points in panels.items()])
    return drawn


_STATE = ("may_be_dead", "silent_s", "silent_calendar_s", "working_day_s", "trend")


def _style(kind: str, table: Sequence[Mapping[str, Any]]) -> Kind:
    """How values are told; gaps, which count working seconds, in days of the calendar's length where one is kept."""
    style = KINDS[kind]
    if not style.by_pull:
        return style
    day_s = next((row["working_day_s"] for row in table if is_known(row["working_day_s"])), None)
    if day_s is None:
        return style._replace(factor=1 / DAY_S)
    return style._replace(unit="working days", factor=1 / day_s, day_s=day_s)


def _ordered(table: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(table, key=lambda row: (row["item"], row["start"], row["end"]))


def _points(table: Sequence[dict[str, Any]], style: Kind) -> list[Point]:
    def scaled(value: float | None) -> float | None:
        return style.factor * value if value is not None and isfinite(value) else None

    points = [
        Point(
            row["label"], row["start"], row["end"], scaled(row["value"]), scaled(row["center"]), scaled(row["lower"]),
            scaled(row["upper"]), bool(row["signal"]), bool(row["is_tested"]), bool(row["is_baseline"]),
        )
        for row in table
        # Neither pulled nor cut: nobody works on such a day.
        if row["value"] is not None or row["is_cut"] is not False
    ]  # fmt: skip
    # What lies before the first capture is not missing.
    known = list(dropwhile(lambda one: one.value is None, points))
    return known[-MOST_POINTS:] if style.by_pull else known


def _places(points: list[Point], starts: list[dt.datetime], style: Kind) -> list[int]:
    """Where each point stands: buckets of all items below each other, gaps one after the other."""
    if style.by_pull:
        return list(range(len(points)))
    known = {start: at for at, start in enumerate(starts)}
    return [known[point.start] for point in points]


def _top(points: list[Point]) -> float:
    found = [value for point in points for value in (point.value, point.upper, point.center) if value is not None]
    return max([*found, 0.0]) or 1.0


def _low(points: list[Point]) -> float:
    found = [value for point in points for value in (point.value, point.lower) if value is not None]
    return min([*found, 0.0])


def _scale(points: list[Point], low: float, top: float, style: Kind, grid: Grid) -> dict[str, Any]:
    """The vertical axis: the newest limits and the mean as ticks, as far as they leave each other room."""
    margin = 0.09 * (top - low)
    span = top - low + 2 * margin
    last = next((point for point in reversed(points) if point.upper is not None), None)
    wanted = [0.0, top] if last is None else [last.upper, last.lower, 0.0, last.center]
    ticks: list[float] = []
    for value in wanted:
        room = _TICK_PX * span / grid.panel_px
        if value is not None and all(abs(value - other) >= room for other in ticks):
            ticks.append(value)
    ticks.sort()
    digits = style.digits if top < 10 else 0
    text = [wording.number(value, digits) for value in ticks]
    if text and style.by_pull:
        text[-1] += f"{wording.NBSP}d"
    return {"range": [low - margin, top + margin], "tickvals": ticks, "ticktext": text}


def _ticks(points: list[Point], places: list[int], style: Kind, zone: str) -> dict[str, Any]:
    """First and last bucket, and some between them."""
    chosen = spread(len(points))
    text = [_name(points[at], style, zone) for at in chosen]
    first, final = min(places), max(places)
    return {
        "tickvals": [places[at] for at in chosen],
        "ticktext": text,
        "range": [first - 0.6, max(final, first + 3) + 0.6],
    }


def spread(count: int, most: int = 4) -> list[int]:
    """The places of at most `most` labels among so many points, first and last among them."""
    parts = min(count, most) - 1
    return sorted({round(number * (count - 1) / parts) for number in range(parts + 1)}) if parts > 0 else [0]


def _name(point: Point, style: Kind, zone: str) -> str:
    """`W47` of a week, `20 Nov` of a day or of the pull that ended a gap."""
    return day_name(point.end, zone) if style.by_pull else bucket_name(point.label, point.start, zone)


def _draw(chart: go.Figure, at: int, *, places: list[int], points: list[Point], top: float, hovers: list[str]) -> None:
    """Band, mean, course, points."""
    on = {"xaxis": axis("x", at), "yaxis": axis("y", at)}
    pairs = list(zip(places, points, strict=True))
    limited = [(x, one) for x, one in pairs if one.lower is not None and one.upper is not None]
    if limited:
        chart.add_trace(go.Scatter(**_band(limited), **on))
        chart.add_trace(go.Scatter(**_mean(limited), **on))
    unknown = [(x - 0.5, x + 0.5) for x, one in pairs if one.value is None]
    chart.add_traces([box.update(xaxis=on["xaxis"]) for box in hatch(unknown, top, yaxis=on["yaxis"])])
    chart.add_scatter(
        x=places, y=[one.value for one in points], mode="lines", line={"color": LIGHT.accent, "width": 1.7},
        hoverinfo="skip", **on,
    )  # fmt: skip
    for choose, drawn in _MARKERS:
        marker = drawn
        chosen = [index for index, one in enumerate(points) if one.value is not None and choose(one)]
        if chosen:
            if len(points) > MOST_MARKED and "symbol" not in marker:
                marker = {"size": 8, "opacity": 0, "color": LIGHT.accent}  # still there to be asked
            chart.add_scatter(
                x=[places[index] for index in chosen], y=[points[index].value for index in chosen], mode="markers",
                marker=marker, hovertext=[hovers[index] for index in chosen],
                hovertemplate="%{hovertext}<extra></extra>", **on,
            )  # fmt: skip


_MARKERS: tuple[tuple[Callable[[Point], bool], dict[str, Any]], ...] = (
    (lambda one: not one.is_hollow and not one.signal, {"size": 6, "color": LIGHT.accent}),
    (
        lambda one: one.is_hollow,
        {"size": 6.5, "color": LIGHT.surface, "line": {"color": LIGHT.accent, "width": 1.6}},
    ),
    (
        lambda one: not one.is_hollow and one.signal and not one.is_low,
        {"size": 10, "color": LIGHT.alarm, "symbol": "triangle-up"},
    ),
    (
        lambda one: not one.is_hollow and one.signal and one.is_low,
        {"size": 10, "color": LIGHT.alarm, "symbol": "triangle-down"},
    ),
)


def _band(limited: list[tuple[int, Point]]) -> dict[str, Any]:
    """The limits as steps, once forth along the upper and back along the lower."""
    forth = [(x + side, one.upper) for x, one in limited for side in (-0.5, 0.5)]
    back = [(x + side, one.lower) for x, one in reversed(limited) for side in (0.5, -0.5)]
    return {
        "x": [x for x, _ in forth + back],
        "y": [y for _, y in forth + back],
        "mode": "lines",
        "line": {"width": 0},
        "fill": "toself",
        "fillcolor": LIGHT.faint,
        "hoverinfo": "skip",
    }


def _mean(limited: list[tuple[int, Point]]) -> dict[str, Any]:
    steps = [(x + side, one.center) for x, one in limited for side in (-0.5, 0.5)]
    return {
        "x": [x for x, _ in steps],
        "y": [y for _, y in steps],
        "mode": "lines",
        "line": {"color": LIGHT.edge, "width": 1.2},
        "hoverinfo": "skip",
    }


def _hovers(item: str, points: list[Point], style: Kind, zone: str) -> list[str]:
    return [f"<b>{item}, {_span(one, style, zone)}</b><br>{_value(one, style)}{_against(one, style)}" for one in points]


def _span(point: Point, style: Kind, zone: str) -> str:
    if style.by_pull:
        return f"until {wording.short_moment(local(point.end, zone))}"
    name = _name(point, style, zone)
    return f"{name} from {wording.short_date(local(point.start, zone))}" if name.startswith("W") else name


def _value(point: Point, style: Kind) -> str:
    if point.value is None:
        return "not captured"
    if style.by_pull:
        passed_s = (point.end - point.start).total_seconds()
        lasted = WorkingTime(point.value / style.factor, style.day_s, passed_s)
        return f"{lasted.text} without a pull"
    digits = style.digits if point.value != round(point.value) else 0
    return f"{wording.number(point.value, digits)} {style.unit}".rstrip()


def _against(point: Point, style: Kind) -> str:
    if point.lower is None or point.upper is None:
        return ", not tested: too few"
    limits = wording.number_range(point.lower, point.upper, 1 if point.upper < 100 else 0)
    if point.is_hollow:
        return f", not tested: still open or cut; limits {limits}"
    unit = f"{wording.NBSP}{style.unit}" if style.by_pull else ""
    return f", limits {limits}{unit}"


def _state(points: list[Point], state: Mapping[str, Any] | None, style: Kind, zone: str) -> tuple[str, bool]:
    """What there is to say of an item, and whether it needs a look."""
    if state and state["may_be_dead"]:
        silent = silence(state)
        return f"no press for {wording.UNKNOWN if silent is None else silent.text}", True
    whole = [one for one in points if not one.is_hollow]
    signals = [one for one in whole if one.signal]
    if len(whole) < FEWEST_WHOLE or all(one.center is None for one in points):
        return TOO_FEW, False
    if signals:
        last = signals[-1]
        side = "below" if last.is_low else "above"
        when = _name(last, style, zone)
        return f"{side} its limit, {when}", last in whole[-RECENT:]
    trend = state["trend"] if state else ""
    return {"rising": "within, rising", "falling": "within, falling"}.get(trend, "steady"), False


class _Asked(NamedTuple):
    """What the chart was asked, for its claims."""

    about: Items
    kind: str
    by: str


def _numbers(panels: Mapping[str, list[Point]], style: Kind, zone: str, asked: _Asked) -> Table:
    body = []
    for item, points in panels.items():
        for one in points:
            limits = "–"
            if one.lower is not None and one.upper is not None:
                limits = wording.number_range(one.lower, one.upper, 1)
            within = "sets the limits" if one.is_baseline else "within" if one.is_tested else "not tested"
            remark = "outside" if one.signal and one.is_tested else within
            value = said.claimed(_claim(item, one, style, asked), _value(one, style))
            body.append([item, _span(one, style, zone), value, limits, remark])
    return Table(("Item", "Until" if style.by_pull else "Bucket", "Value", "Limits", "Result"), body, right=(2, 3))


def _claim(item: str, point: Point, style: Kind, asked: _Asked) -> Claim:
    """The value as the call gives it: of gaps in seconds."""
    value = None if point.value is None else point.value / style.factor
    row = {"item": item, "start": point.start, "value": value}
    return of_bucket(asked.about, row, "value", kind=asked.kind, by=asked.by)
