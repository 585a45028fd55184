"""Did it keep its limits: what sensors measured, on the band of their limits, what went beyond marked with its peak.

Sensors of one quantity and the same limits share a panel; panels stand one below the other on one time axis.
"""

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import Any

import plotly.graph_objects as go

from telltale import wording
from telltale.charts.base import HATCH, figure, label, nothing, on_axis, shortened, time_ticks, widened
from telltale.frames import local, rows
from telltale.look.tokens import LIGHT
from telltale.page.claims import About
from telltale.sensors.charts.course import course
from telltale.sensors.charts.numbers import numbers
from telltale.sensors.charts.panels import ENVELOPE, SERIES, Line, Panel, Point, panels_of
from telltale.sensors.charts.scale import Scale, scale
from telltale.sensors.words.beyond import lasting
from telltale.sensors.words.titles import NOBODY

ANNOTATED = 3
_FIRST_PX, _NEXT_PX, _APART_PX, _LINE_PX = 190, 116, 22, 15
_LONGEST_NAME, _LONGEST_LINE = 20, 10
"""Characters of a name at a line's end, on a wide page and in each of its rows on a narrow one."""
_LETTER_PX = 6.7
_WIDE_SHARE, _NAMED_SHARE, _NAMED_NARROW = 0.01, 0.16, 0.5
"""A gap of less of the axis is an open line, a longer one a hatch; from where words have room in it, it is named."""


def readings(
    series: Any, excursions: Any = None, gaps: Any = None, *, timezone: str, about: About = NOBODY
) -> go.Figure:
    """Lines of what each sensor measured; limits as a band, time outside them thick, what is missing open or hatched.

    Args:
        series: device_id, name, channel, quantity, unit, start, end, value_mean, low, high (`tt.sensors.series`),
            single readings or means of bins.
        excursions: device_id, name, channel, quantity, side, outside_s, started_at, ended_at, peak, peak_at,
            is_begin_known, is_end_known, is_open (`tt.sensors.excursions`); None draws none.
        gaps: device_id, channel, quantity, after_at, before_at (`tt.sensors.gaps`); None breaks lines only where a bin
            has no reading.
        timezone: the site's zone.
        about: what the numbers behind the lines are claims of (`tt.sensors.series`).

    Returns:
        the figure; no rows give one sentence.
    """
    table = rows(series, *SERIES, optional=ENVELOPE)
    heard = [row["start"] for row in table if row["value_mean"] is not None]
    if not heard:
        return nothing("No reading in this period. Check that the sensors send: telltale sources.", height=300)
    panels = panels_of(table)
    beyond = [] if excursions is None else rows(excursions, *_EXCURSIONS)
    missing = [] if gaps is None else rows(gaps, *_GAPS)
    start = min(heard)  # what lies before the first reading is not missing
    end = max([*(row["end"] for row in table), *(gap["before_at"] for gap in missing)])
    start, end = widened(start, end)
    ticks = time_ticks(start, end, timezone)
    scales = [_scale(panel, beyond) for panel in panels]
    heights = [_FIRST_PX, *[_NEXT_PX] * (len(panels) - 1)]
    plot = sum(heights) + _APART_PX * (len(panels) - 1)
    bottom = 40 if any("<br>" in text for text in ticks.text) else 28
    chart = figure(
        height=plot + 10 + bottom,
        key=_key(panels, is_open=bool(missing)),
        numbers=numbers(panels, timezone, about),
        margin={"l": _left(scales), "r": _room(panels), "b": bottom},
        xaxis={"range": [on_axis(start), on_axis(end)], "anchor": f"y{len(panels)}".replace("y1", "y"), **ticks.axis()},
        narrow=ticks.narrow() | {"margin.b": 40, "margin.r": _room_in_rows(panels)},
        **dict(_axes(scales, heights, plot)),
    )
    width_s = (end - start).total_seconds()
    for number, (panel, drawn) in enumerate(zip(panels, scales, strict=True), 1):
        axis = f"y{number}" if number > 1 else "y"
        _draw(chart, panel, drawn, missing, axis=axis, width_s=width_s)
        _name(chart, panel, drawn, axis, heights[number - 1])
        chart.add_traces([_hover(line, panel, axis, timezone) for line in panel.lines])
    for peak, narrow in _peaks(panels, beyond, start, end):
        number = len(chart.layout.annotations)
        chart.layout.meta["narrow"] |= {f"annotations.{number}.{name}": value for name, value in narrow.items()}
        chart.add_annotation(peak)
    for number, panel in enumerate(panels, 1):
        chart.add_traces(list(_outside(panel, beyond, f"y{number}" if number > 1 else "y")))
    return chart


def _key(panels: Sequence[Panel], *, is_open: bool) -> list[tuple[str, str]]:
    points = [point for panel in panels for line in panel.lines for point in line.points]
    envelope = [("", "shade: lowest to highest")] if any(point.low != point.high for point in points) else []
    return [*envelope, *([("hatched", "no readings")] if is_open else [])]


_EXCURSIONS = (
    *("device_id", "channel", "quantity", "side", "limit_value", "outside_s", "started_at", "ended_at"),
    *("name", "peak", "peak_at", "is_begin_known", "is_end_known", "is_open"),
)
_GAPS = ("device_id", "channel", "quantity", "after_at", "before_at")


def _scale(panel: Panel, beyond: list[dict[str, Any]]) -> Scale:
    points = [point for line in panel.lines for point in line.points]
    values = [value for point in points for value in (point.value, point.low, point.high) if value is not None]
    peaks = [one["peak"] for line in panel.lines for one in beyond if panel.has(line, one)]
    limits = [limit for limit in (panel.low, panel.high) if limit is not None]
    return scale([*values, *peaks], limits, unit=panel.unit)


def _axes(scales: Sequence[Scale], heights: Sequence[int], plot: int) -> Iterator[tuple[str, dict[str, Any]]]:
    top = plot
    for number, (drawn, height) in enumerate(zip(scales, heights, strict=True), 1):
        domain = [max(0.0, (top - height) / plot), top / plot]
        yield f"yaxis{number}" if number > 1 else "yaxis", {**drawn.axis(), "domain": domain, "anchor": "x"}
        top -= height + _APART_PX


def _draw(
    chart: go.Figure, panel: Panel, drawn: Scale, missing: list[dict[str, Any]], *, axis: str, width_s: float
) -> None:
    """The band, the hatches below the lines, the lines."""
    if panel.low is not None or panel.high is not None:
        low = drawn.low if panel.low is None else panel.low
        high = drawn.high if panel.high is None else panel.high
        chart.add_shape(
            type="rect", xref="x domain", x0=0, x1=1, yref=axis, y0=low, y1=high,
            fillcolor=LIGHT.faint, line={"width": 0}, layer="below",
        )  # fmt: skip
    for line in panel.lines:
        own = [gap for gap in missing if panel.has(line, gap)]
        wide = [gap for gap in own if _lasting(gap) >= _WIDE_SHARE * width_s]
        chart.add_traces([_hatch(gap, line, drawn, axis) for gap in wide])
        chart.add_traces(list(course(line, {gap["after_at"] for gap in own}, axis)))
        longest = max(wide, key=_lasting, default=None) if len(panel.lines) == 1 else None
        # Between several lines there is no room for words: the key tells what a hatch is, a note beside it whose.
        if longest is not None and _lasting(longest) >= _NAMED_SHARE * width_s:
            if _lasting(longest) < _NAMED_NARROW * width_s:
                chart.layout.meta["narrow"] |= {f"annotations.{len(chart.layout.annotations)}.visible": False}
            chart.add_annotation(_no_readings(longest, line, drawn, axis))


def _hatch(gap: dict[str, Any], line: Line, drawn: Scale, axis: str) -> go.Scatter:
    low, high = _around(gap, line, drawn)
    start, end = on_axis(gap["after_at"]), on_axis(gap["before_at"])
    return go.Scatter(
        x=[start, start, end, end],
        y=[low, high, high, low],
        yaxis=axis,
        fill="toself",
        fillpattern=HATCH,
        line={"width": 0},
        mode="lines",
        hoverinfo="skip",
    )


def _around(gap: dict[str, Any], line: Line, drawn: Scale) -> tuple[float, float]:
    """Between which levels the line breaks off and goes on, with a margin."""
    known = [point for point in line.points if point.value is not None]
    before = [point.value for point in known if point.end <= gap["after_at"]][-1:]
    after = [point.value for point in known if point.start >= gap["before_at"]][:1]
    levels = [value for value in before + after if value is not None] or [drawn.low]
    margin = 0.05 * (drawn.high - drawn.low)
    return min(levels) - margin, max(levels) + margin


def _no_readings(gap: dict[str, Any], line: Line, drawn: Scale, axis: str) -> dict[str, Any]:
    middle = gap["after_at"] + (gap["before_at"] - gap["after_at"]) / 2
    low, _ = _around(gap, line, drawn)
    below = low - drawn.low > 0.12 * (drawn.high - drawn.low)
    y = low if below else _around(gap, line, drawn)[1]
    return label("no readings", x=on_axis(middle), y=y, yref=axis, yanchor="top" if below else "bottom", yshift=0)


def _room(panels: list[Panel]) -> int:
    """The right margin, px, that the names need in the widest of the faces."""
    return max(74, 12 + round(_LETTER_PX * max(len(_named(line)) for panel in panels for line in panel.lines)))


def _room_in_rows(panels: list[Panel]) -> int:
    """The same on a narrow page."""
    return 10 + round(_LETTER_PX * max(len(row) for panel in panels for line in panel.lines for row in _in_rows(line)))


def _left(scales: Sequence[Scale]) -> int:
    """The left margin, px, that the ticks need."""
    return max(52, 12 + round(_LETTER_PX * max(len(text) for drawn in scales for text in drawn.text)))


def _name(chart: go.Figure, panel: Panel, drawn: Scale, axis: str, height: int) -> None:
    """Each line's name at its end, in its colour, moved apart where ends are close; in rows on a narrow page."""
    lines = sorted(panel.lines, key=lambda line: (_last(line), line.name))
    wide = [_named(line) for line in lines]
    rows_of = [_in_rows(line) for line in lines]
    if sum(len(found) for found in rows_of) * _LINE_PX > height:
        rows_of = [[shortened(line.of_channel or line.name, _LONGEST_LINE)] for line in lines]
    values = [_last(line) for line in lines]
    places = _apart(values, [1] * len(lines), drawn, height)
    narrow = _apart(values, [len(found) for found in rows_of], drawn, height)
    for line, text, at, found, narrow_at in zip(lines, wide, places, rows_of, narrow, strict=True):
        number = len(chart.layout.annotations)
        colour = LIGHT.gold_text if line.colour == LIGHT.gold else line.colour
        place = {"x": 1, "xref": "x domain", "xanchor": "left", "xshift": 6, "y": at, "yref": axis, "align": "left"}
        chart.add_annotation(text=text, showarrow=False, font={"color": colour, "size": 12}, **place)
        chart.layout.meta["narrow"] |= {
            f"annotations.{number}.text": "<br>".join(found),
            f"annotations.{number}.y": narrow_at,
        }


def _named(line: Line) -> str:
    """The name in one row, cut before its channel."""
    return ", ".join(filter(None, (shortened(line.name, _LONGEST_NAME), line.of_channel)))


def _in_rows(line: Line) -> list[str]:
    """A name in two rows at most, parted between words, as evenly as they allow; its channel is a row."""
    name = line.name
    if line.of_channel:
        return [shortened(name, _LONGEST_LINE), line.of_channel]
    if len(name) <= _LONGEST_LINE:
        return [name]
    words = name.split()
    parted = [[" ".join(words[:number]), " ".join(words[number:])] for number in range(1, len(words))]
    found = min(parted, key=lambda told: max(map(len, told)), default=[name])
    return [shortened(row, _LONGEST_LINE) for row in found]


def _apart(values: Sequence[float], rows_of: Sequence[int], drawn: Scale, height: int) -> list[float]:
    """Where labels of so many rows stand, middle by middle, from the lowest value up: none covers another."""
    per_px = (drawn.high - drawn.low) / height
    placed: list[float] = []
    reached = drawn.low - _LINE_PX / 2 * per_px
    for value, count in zip(values, rows_of, strict=True):
        half = count * _LINE_PX / 2 * per_px
        placed.append(max(value, reached + half))
        reached = placed[-1] + half
    # Where they reach beyond the top, they move down from there, as far as each has to.
    top = drawn.high + _LINE_PX / 2 * per_px
    for number in range(len(placed) - 1, -1, -1):
        half = rows_of[number] * _LINE_PX / 2 * per_px
        placed[number] = min(placed[number], top - half)
        top = placed[number] - half
    return placed


def _last(line: Line) -> float:
    return next((point.value for point in reversed(line.points) if point.value is not None), 0.0)


def _outside(panel: Panel, beyond: list[dict[str, Any]], axis: str) -> Iterator[go.Scatter]:
    """What went beyond a limit, thick; a peak that no point of the line shows, as a triangle."""
    for line in panel.lines:
        for one in beyond:
            if not panel.has(line, one):
                continue
            x, y = _beyond(line, one)
            if y:
                yield go.Scatter(
                    x=x, y=y, yaxis=axis, mode="lines", line={"color": LIGHT.alarm, "width": 3.2}, hoverinfo="skip"
                )
            if one["peak"] not in y or len(y) < 3:
                yield go.Scatter(
                    x=[on_axis(one["peak_at"])], y=[one["peak"]], yaxis=axis, mode="markers", hoverinfo="skip",
                    marker={"symbol": f"triangle-{'up' if one['side'] == 'above' else 'down'}", "size": 9,
                            "color": LIGHT.alarm},
                )  # fmt: skip


def _beyond(line: Line, one: dict[str, Any]) -> tuple[list[str], list[float]]:
    """The points of an excursion, from where the line crosses the limit to where it comes back."""
    known = [(point.at, point.value) for point in line.points if point.value is not None]
    inside = [index for index, (at, _) in enumerate(known) if one["started_at"] <= at <= one["ended_at"]]
    limit, sign = one["limit_value"], 1 if one["side"] == "above" else -1
    if not inside or any(sign * (known[index][1] - limit) <= 0 for index in inside):
        return [], []
    first, last = inside[0], inside[-1]
    crossed = [_crossing(known[first - 1], known[first], limit)] if first else []
    returned = [_crossing(known[last], known[last + 1], limit)] if last + 1 < len(known) else []
    points = [*crossed, *known[first : last + 1], *returned]
    return [on_axis(at) for at, _ in points], [value for _, value in points]


def _crossing(
    one: tuple[dt.datetime, float], other: tuple[dt.datetime, float], limit: float
) -> tuple[dt.datetime, float]:
    """Where the line between two points reaches the limit."""
    share = (limit - one[1]) / (other[1] - one[1]) if other[1] != one[1] else 0.0
    return one[0] + (other[0] - one[0]) * min(1.0, max(0.0, share)), limit


def _peaks(
    panels: list[Panel], beyond: list[dict[str, Any]], start: dt.datetime, end: dt.datetime
) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """The farthest excursions, each with its peak and how long it lasted; on a narrow page in two rows."""
    drawn = [
        (one, panel, f"y{number}" if number > 1 else "y")
        for number, panel in enumerate(panels, 1)
        for line in panel.lines
        for one in beyond
        if panel.has(line, one)
    ]
    drawn.sort(key=lambda told: -told[0]["outside_s"])
    for one, panel, axis in drawn[:ANNOTATED]:
        is_late = one["peak_at"] - start > (end - start) * 0.45
        side = {"xanchor": "right", "xshift": -9} if is_late else {"xanchor": "left", "xshift": 9}
        peak, rest = f"<b>{wording.quantity(one['peak'], panel.unit, 1)}</b>", f"{lasting(one)} {one['side']}"
        font = {"color": LIGHT.alarm_text, "size": 12}
        told = label(f"{peak}, {rest}", x=on_axis(one["peak_at"]), y=one["peak"], yref=axis, **side) | {"font": font}
        inwards = {"yanchor": "top", "yshift": 8} if one["side"] == "above" else {"yanchor": "bottom", "yshift": -8}
        yield told, {"text": f"{peak}<br>{rest}", "align": side["xanchor"], **inwards}


def _hover(line: Line, panel: Panel, axis: str, zone: str) -> go.Scatter:
    known = [point for point in line.points if point.value is not None]
    return go.Scatter(
        x=[on_axis(point.at) for point in known],
        y=[point.value for point in known],
        yaxis=axis,
        hovertext=[
            f"<b>{line.full_name} {wording.quantity(point.value, panel.unit, 1)}</b><br>{_when(point, zone)}"
            for point in known
        ],
        hovertemplate="%{hovertext}<extra></extra>",
        mode="markers",
        marker={"opacity": 0, "size": 10, "color": line.colour},
    )


def _when(point: Point, zone: str) -> str:
    start, end = local(point.start, zone), local(point.end, zone)
    return wording.short_moment(start) if start == end else f"mean of {wording.clock_span(start, end)}"


def _lasting(gap: dict[str, Any]) -> float:
    return float((gap["before_at"] - gap["after_at"]).total_seconds())
