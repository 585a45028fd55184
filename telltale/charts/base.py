"""What the charts share: an empty figure of our look, time axes, the hatch of what is not known.

A figure names colour roles by their light value (`tokens.DARK_OF`). `layout.meta` carries what is shown around the
plot: `key` (role and words), `numbers` (the table behind "Show the numbers"), `empty` (the sentence instead of a plot)
and `narrow` (layout values below 520 px, by dotted path).
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import plotly.graph_objects as go

from telltale import wording
from telltale.look.template import template
from telltale.look.tokens import LIGHT
from telltale.page.table import Table

HATCH = {"shape": "/", "fgcolor": LIGHT.hatch, "bgcolor": "rgba(0,0,0,0)", "size": 6, "solidity": 0.18}
"""The fill of a span without records: missing is visible, never zero."""


def figure(
    *,
    height: int,
    key: Sequence[tuple[str, str]] = (),
    numbers: Table | None = None,
    narrow: Mapping[str, Any] | None = None,
    **layout: Any,
) -> go.Figure:
    """An empty figure of our look.

    Args:
        height: in px; a page keeps it, whatever the width.
        key: colour role and words of each entry; an empty role is words alone.
        numbers: the same data as a table.
        narrow: layout values for narrow pages, such as `{"xaxis.ticktext": […]}`, and of traces `{"data.0.text": […]}`.
        **layout: more of plotly's layout.
    """
    meta = {
        "key": [list(entry) for entry in key],
        "numbers": numbers.data() if numbers else None,
        "narrow": dict(narrow or {}),
    }
    return go.Figure(
        layout={"template": template(), "height": height, "meta": {k: v for k, v in meta.items() if v}, **layout}
    )


def nothing(sentence: str, *, height: int = 240) -> go.Figure:
    """The figure of no rows: one sentence that says why, and the next step."""
    blank = figure(height=height, xaxis={"visible": False}, yaxis={"visible": False})
    blank.update_layout(meta={"empty": sentence})
    return blank.add_annotation(text=sentence, showarrow=False, x=0.5, y=0.5, xref="paper", yref="paper")


def hatch(spans: Sequence[tuple[Any, Any]], top: float, *, yaxis: str = "y") -> list[go.Scatter]:
    """Hatched boxes from 0 to `top` over the spans that lack records."""
    return [
        go.Scatter(
            x=[start, start, end, end],
            y=[0, top, top, 0],
            yaxis=yaxis,
            fill="toself",
            fillpattern=HATCH,
            line={"width": 0},
            mode="lines",
            hoverinfo="skip",
        )
        for start, end in spans
    ]


def lone(values: Sequence[float | None]) -> list[float | None]:
    """Of a course the values whose neighbours are not known: a line alone would not draw them."""
    around = [None, *values, None]
    return [
        value if before is after is None else None
        for before, value, after in zip(around, around[1:], around[2:], strict=False)
    ]


def label(text: str, **place: Any) -> dict[str, Any]:
    """An annotation without an arrow, in second ink."""
    return {"text": text, "showarrow": False, "font": {"color": LIGHT.ink2, "size": 12}, **place}


LONGEST_NAME = 24


def shortened(name: str, most: int = LONGEST_NAME) -> str:
    """A name that fits its place in a chart; the table behind it has it whole.

    What tells it apart from another of the same name, its id in brackets at the end, stays.
    """
    if len(name) <= most:
        return name
    _, opened, own = name.rpartition(" (")
    tail = f" ({own}" if opened and name.endswith(")") and len(own) < most - 6 else ""
    return f"{name[: most - 1 - len(tail)].rstrip()}…{tail}"


def room_for(words: Sequence[str]) -> int:
    """The left margin, px, that word labels need in the widest of the faces; at least that of numbers."""
    return max(40, 16 + round(6.7 * max(map(len, words), default=0)))


class Ticks(NamedTuple):
    """Positions and labels of a time axis, and the labels for a narrow page."""

    at: list[str]
    text: list[str]
    narrow_at: list[str]
    narrow_text: list[str]

    def axis(self) -> dict[str, Any]:
        """The values for `layout.xaxis`."""
        return {"tickvals": self.at, "ticktext": self.text}

    def narrow(self, axis: str = "xaxis") -> dict[str, Any]:
        """The values for `narrow`."""
        return {f"{axis}.tickvals": self.narrow_at, f"{axis}.ticktext": self.narrow_text}


def on_axis(moment: dt.datetime) -> str:
    """A moment as the axis takes it: UTC without an offset, so that a change of clocks neither folds nor tears it."""
    return moment.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")


def time_ticks(start: dt.datetime, end: dt.datetime, zone: str) -> Ticks:
    """Local labels of a span: round minutes up to four hours, hours up to two days, else each day under its middle."""
    site = ZoneInfo(zone)
    if end - start < _FEW_HOURS:
        wide, few = (_minutes(start.astimezone(site), end.astimezone(site), most) for most in (9, 5))
        return Ticks(*_worded(wide, _hour_text), *_worded(few, _hour_text))
    if end - start <= dt.timedelta(days=2):
        hours = _hours(start.astimezone(site), end.astimezone(site))
        wide, few = _round_hours(hours, 9), _round_hours(hours, 5)
        text = _hour_text if end - start <= dt.timedelta(hours=25) else _hour_and_day
        return Ticks(*_worded(wide, text), *_worded(few, text))
    days = _days(start.astimezone(site), end.astimezone(site))
    wide, few = _thinned(days, 14), _thinned(days, 7)
    two_rows = len(days) > 8
    return Ticks(*_worded(wide, _two_row_day if two_rows else _one_row_day), *_worded(few, _two_row_day))


def widened(start: dt.datetime, end: dt.datetime) -> tuple[dt.datetime, dt.datetime]:
    """The span of an axis: ten minutes at least, so that one reading is a point in its middle."""
    lacking = max(dt.timedelta(0), _SHORTEST - (end - start)) / 2
    return start - lacking, end + lacking


_SHORTEST, _FEW_HOURS = dt.timedelta(minutes=10), dt.timedelta(hours=4)


def _minutes(start: dt.datetime, end: dt.datetime, most: int) -> list[dt.datetime]:
    """Round minutes of the local clock, as close as there is room for."""
    first = start.astimezone(dt.UTC).replace(second=0, microsecond=0)
    every = [first + dt.timedelta(minutes=n) for n in range(int((end - first) / dt.timedelta(minutes=1)) + 1)]
    inside = [at.astimezone(start.tzinfo) for at in every if start <= at <= end]
    for step in (1, 2, 5, 10, 15, 30, 60):
        found = [at for at in inside if (60 * at.hour + at.minute) % step == 0]
        if len(found) <= most:
            return found
    return _thinned(inside, most)


def _hours(start: dt.datetime, end: dt.datetime) -> list[dt.datetime]:
    first = start.replace(minute=0, second=0, microsecond=0)
    steps = int((end - first) / dt.timedelta(hours=1)) + 1
    # Steps are real hours: counting in UTC keeps them so over a change of clocks.
    hours = [(first.astimezone(dt.UTC) + dt.timedelta(hours=n)).astimezone(start.tzinfo) for n in range(steps)]
    return [hour for hour in hours if start <= hour <= end]


def _days(start: dt.datetime, end: dt.datetime) -> list[dt.datetime]:
    """The middle of each local day as far as it lies in the span; a sliver of a day has no room for a name."""
    dates = [start.date() + dt.timedelta(days=n) for n in range((end.date() - start.date()).days + 1)]
    midnights = [dt.datetime.combine(date, dt.time(), tzinfo=start.tzinfo) for date in dates]
    next_ones = [dt.datetime.combine(date + dt.timedelta(days=1), dt.time(), tzinfo=start.tzinfo) for date in dates]
    parts = [(max(a, start), min(b, end)) for a, b in zip(midnights, next_ones, strict=True)]
    return [a + (b - a) / 2 for a, b in parts if b - a >= dt.timedelta(hours=6)]


def _round_hours(hours: list[dt.datetime], most: int) -> list[dt.datetime]:
    """Those of a round clock, such as 00:00, 06:00, 12:00; not more than fit."""
    for step in (2, 4, 6, 12):
        found = [hour for hour in hours if hour.hour % step == 0]
        if len(found) <= most:
            return found
    return _thinned(hours, most)


def _thinned(moments: list[dt.datetime], most: int) -> list[dt.datetime]:
    return moments[:: -(-len(moments) // most)] if moments else []


def _worded(moments: list[dt.datetime], text: Any) -> tuple[list[str], list[str]]:
    return [on_axis(moment) for moment in moments], [text(moment) for moment in moments]


def _hour_text(moment: dt.datetime) -> str:
    return wording.clock(moment)


def _hour_and_day(moment: dt.datetime) -> str:
    return f"{wording.clock(moment)}<br>{wording.short_weekday(moment)}"


def _one_row_day(day: dt.date) -> str:
    return f"{wording.short_weekday(day)} {day.day}"


def _two_row_day(day: dt.date) -> str:
    return f"{wording.short_weekday(day)}<br>{day.day}"
