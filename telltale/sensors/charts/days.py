"""Sensors by day: how long were limits left."""

import datetime as dt
from typing import Any

import plotly.graph_objects as go

from telltale import wording
from telltale.charts.base import figure, hatch, label, nothing
from telltale.charts.days import day_heads
from telltale.frames import local, rows
from telltale.look.tokens import LIGHT
from telltale.page.table import Table


def outside_by_day(outside: Any, *, tolerated_min: float, timezone: str) -> go.Figure:
    """Bars of the minutes outside limits per day, all sensors together; days over what is tolerated in alarm.

    Args:
        outside: start, end, outside_s, readings (`tt.sensors.minutes_outside`). A day without any reading is hatched.
        tolerated_min: minutes a day that nobody needs to hear about, drawn as a dashed line; 0 draws none.
        timezone: the site's zone.

    Returns:
        the figure; no sensor with limits gives one sentence.
    """
    table = rows(outside, "start", "end", "outside_s", "readings")
    heard = [row["start"] for row in table if row["readings"]]
    days = sorted({row["start"] for row in table if heard and row["start"] >= min(heard)})
    if not days:
        return nothing("No sensor has limits. Write low and high into devices.csv, then this chart fills.")
    minutes = {day: _minutes([row for row in table if row["start"] == day]) for day in days}
    top = 1.18 * max([1.5 * tolerated_min, 6.0, *(value or 0 for value in minutes.values())])
    heads = day_heads([local(day, timezone).date() for day in days])
    unknown = [index for index, day in enumerate(days) if minutes[day] is None]
    chart = figure(
        height=240,
        key=[("hatched", "no readings")] if unknown else [],
        numbers=_minutes_table(minutes, timezone),
        xaxis={"tickvals": list(range(len(days))), "ticktext": heads, "range": [-0.6, len(days) - 0.4]},
        yaxis={"range": [0, top]},
        bargap=0.3,
        narrow={"xaxis.tickvals": list(range(len(days) - 1, -1, -2))[::-1], "xaxis.ticktext": heads[::-2][::-1]},
    )
    chart.add_traces(hatch([(index - 0.4, index + 0.4) for index in unknown], top))
    values = [minutes[day] or 0 for day in days]
    chart.add_bar(
        x=list(range(len(days))),
        y=values,
        marker={"color": [LIGHT.alarm if value > tolerated_min else LIGHT.accent for value in values]},
        hovertext=[f"<b>{wording.short_date(local(d, timezone))}</b><br>{_lasting(minutes[d])}" for d in days],
        hovertemplate="%{hovertext}<extra></extra>",
    )
    for index, value in enumerate(values):
        if value >= 0.5:
            chart.add_annotation(label(wording.number(value), x=index, y=value, yanchor="bottom"))
    if tolerated_min:
        chart.add_hline(y=tolerated_min, line={"width": 1, "dash": "dash", "color": LIGHT.ink3})
        text = f"tolerated: {wording.number(tolerated_min)}{wording.NBSP}min a day"
        at = _room(values, tolerated_min) - 0.45
        chart.add_annotation(
            label(text, x=at, xanchor="left", y=tolerated_min, yanchor="bottom", bgcolor=LIGHT.surface, borderpad=0)
        )
    return chart


def _room(values: list[float], above: float) -> int:
    """The first day from which on three bars stay below a level, so that words over it cover none."""
    runs = (day for day in range(len(values) - 2) if max(values[day : day + 3]) <= above)
    return next(runs, 0)


def _minutes(table: list[dict[str, Any]]) -> float | None:
    known = [row["outside_s"] for row in table if row["outside_s"] is not None]
    return sum(known) / 60 if known else None


def _lasting(minutes: float | None) -> str:
    return "no readings" if minutes is None else f"{wording.duration(60 * minutes)} outside"


def _minutes_table(minutes: dict[dt.datetime, float | None], zone: str) -> Table:
    body = [[wording.short_date(local(day, zone)), _lasting(value)] for day, value in minutes.items()]
    return Table(("Day", "Outside limits"), body, right=(1,))
