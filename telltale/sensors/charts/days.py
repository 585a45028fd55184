"""Sensors by day: is the data complete, and how long were limits left."""

import datetime as dt
from typing import Any

import plotly.graph_objects as go

from telltale import wording
from telltale.charts.base import figure, hatch, label, nothing, room_for
from telltale.frames import local, rows
from telltale.look.tokens import LIGHT
from telltale.page.table import Table

_ROW_PX = 30
_NUMBER_FROM = 0.03
"""Cells carry a number from this share on."""
MOST_ROWS = 14
"""More devices than this: those that miss most."""
_NARROW_DAYS = 7


def missing_by_day(missing: Any, *, timezone: str = "UTC") -> go.Figure:
    """A heat table of devices and days: which share of what was due is missing; numbers from 3 %.

    Args:
        missing: device_id, name, start, due, received, missing_share (`tt.missing`). A null share is left blank.
        timezone: the site's zone.

    Returns:
        the figure; no rows give one sentence. Of more than 14 devices those that miss most, in the same order.
    """
    table = rows(missing, "device_id", "name", "start", "due", "received", "missing_share")
    names = {row["device_id"]: row["name"] for row in table}
    if not any(row["missing_share"] is not None for row in table):
        return nothing("Nothing was due in this period, or nothing tells how often: devices.csv may say so.")
    shown = _worst(table) if len(names) > MOST_ROWS else list(names)
    days = sorted({row["start"] for row in table})
    days = days[days.index(min(row["start"] for row in table if row["missing_share"] is not None)) :]
    shares = {(row["device_id"], row["start"]): row["missing_share"] for row in table}
    cells = [[shares.get((device, day)) for day in days] for device in shown]
    labels = _unique([names[device] for device in shown])
    heads = _day_heads([local(day, timezone).date() for day in days])
    chart = figure(
        height=_ROW_PX * len(shown) + 34,
        numbers=_shares_table(table, timezone),
        margin={"l": room_for(labels), "t": 4, "b": 26},
        xaxis={"showline": False, "ticks": "", "type": "category", "nticks": 0},
        yaxis={"autorange": "reversed", "showgrid": False, "type": "category", "rangemode": "normal", "nticks": 0},
        narrow={"xaxis.range": [len(days) - _NARROW_DAYS - 0.5, len(days) - 0.5]} if len(days) > _NARROW_DAYS else {},
    )
    return chart.add_heatmap(
        x=heads,
        y=labels,
        z=cells,
        text=[[_percent(share) for share in row] for row in cells],
        texttemplate="%{text}",
        textfont={"color": LIGHT.ink, "size": 12},
        customdata=[[_told(shares.get((device, day))) for day in days] for device in shown],
        colorscale=[[0, LIGHT.faint], [0.03, LIGHT.soft], [1, LIGHT.heat]],
        zmin=0,
        zmax=1,
        showscale=False,
        xgap=3,
        ygap=3,
        hoverongaps=False,
        hovertemplate="%{y}, %{x}<br><b>%{customdata}</b><extra></extra>",
    )


def outside_by_day(outside: Any, *, tolerated_min: float = 0, timezone: str = "UTC") -> go.Figure:
    """Bars of the minutes outside limits per day, all sensors together; days over what is tolerated in alarm.

    Args:
        outside: start, end, outside_s, readings (`tt.sensors.outside`). A day without any reading is hatched.
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
    heads = _day_heads([local(day, timezone).date() for day in days])
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


def _worst(table: list[dict[str, Any]]) -> list[str]:
    lost: dict[str, float] = {}
    for row in table:
        lost[row["device_id"]] = lost.get(row["device_id"], 0.0) + (row["missing_share"] or 0.0)
    ranked = sorted(lost, key=lambda device: -lost[device])[:MOST_ROWS]
    return [device for device in lost if device in ranked]


def _unique(names: list[str]) -> list[str]:
    """Names as categories: two devices of one name would share a row."""
    return [
        name if names.count(name) == 1 else f"{name} {names[: at + 1].count(name)}" for at, name in enumerate(names)
    ]


def _day_heads(days: list[dt.date]) -> list[str]:
    """`16`, `17`, …; over more than a month with the month, so that heads stay different."""
    if len(days) <= 28:
        return [f"{day.day}" for day in days]
    return [f"{day.day}.{day.month}." for day in days]


def _percent(share: float | None) -> str:
    return f"{100 * share:.0f}" if share is not None and share >= _NUMBER_FROM else ""


def _told(share: float | None) -> str:
    return "nothing due" if share is None else f"{wording.percent(share)} missing"


def _minutes(table: list[dict[str, Any]]) -> float | None:
    known = [row["outside_s"] for row in table if row["outside_s"] is not None]
    return sum(known) / 60 if known else None


def _lasting(minutes: float | None) -> str:
    return "no readings" if minutes is None else f"{wording.duration(60 * minutes)} outside"


def _shares_table(table: list[dict[str, Any]], zone: str) -> Table:
    body = [
        [
            row["name"],
            wording.short_date(local(row["start"], zone)),
            wording.number(row["received"]),
            wording.number(row["due"]),
            wording.percent(row["missing_share"]),
        ]
        for row in table
        if row["missing_share"] is not None
    ]
    return Table(("Device", "Day", "Received", "Due", "Missing"), body, right=(2, 3, 4))


def _minutes_table(minutes: dict[dt.datetime, float | None], zone: str) -> Table:
    body = [[wording.short_date(local(day, zone)), _lasting(value)] for day, value in minutes.items()]
    return Table(("Day", "Outside limits"), body, right=(1,))
