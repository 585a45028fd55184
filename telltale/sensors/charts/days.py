"""Sensors by day: how long were limits left."""

from typing import Any

import plotly.graph_objects as go

from telltale import wording
from telltale.charts.base import figure, hatch, label, nothing
from telltale.charts.days import day_heads
from telltale.frames import local, rows
from telltale.look.tokens import LIGHT
from telltale.page import said
from telltale.page.claims import About
from telltale.page.said import Said, say
from telltale.page.table import Table
from telltale.sensors import claims
from telltale.sensors.words.kept import HARDLY_S
from telltale.sensors.words.titles import NOBODY


def outside_by_day(days: Any, *, tolerated_min: float, timezone: str, about: About = NOBODY) -> go.Figure:
    """Bars of the minutes outside limits per day, all sensors together; days over what is tolerated in alarm.

    Args:
        days: start, so_far, outside_s, unknown_s, readings (`tt.sensors.days_outside`). A day without any reading is
            hatched; what is unknown of the others stands in their numbers.
        tolerated_min: minutes a day that nobody needs to hear about, drawn as a dotted line; 0 draws none.
        timezone: the site's zone.
        about: what the numbers are claims of.

    Returns:
        the figure; no reading of a sensor with limits gives one sentence.
    """
    table = rows(days, "start", "so_far", "outside_s", "unknown_s", "readings")
    heard = [row["start"] for row in table if row["readings"]]
    table = [row for row in table if heard and row["start"] >= min(heard)]
    if not table:
        return nothing(
            "No reading of a sensor with limits. They are low and high in devices.csv; then this chart fills."
        )
    minutes = [None if row["outside_s"] is None else row["outside_s"] / 60 for row in table]
    told = [_told(row, about) for row in table]
    moments = [local(row["start"], timezone) for row in table]
    top = 1.18 * max([1.5 * tolerated_min, 6.0, *(value or 0 for value in minutes)])
    heads = day_heads([at.date() for at in moments])
    unknown = [index for index, value in enumerate(minutes) if value is None]
    values = [value or 0 for value in minutes]
    tolerated = f"tolerated: {wording.number(tolerated_min)}{wording.NBSP}min a day"
    room = _room(values, tolerated_min)
    in_key = [("dotted", tolerated)] if tolerated_min and room is None else []
    chart = figure(
        height=240,
        key=[*([("hatched", "no readings")] if unknown else []), *in_key],
        numbers=Table(
            ("Day", "Outside limits"),
            [[wording.short_date(at), text] for at, text in zip(moments, told, strict=True)],
            right=(1,),
        ),
        xaxis={"tickvals": list(range(len(table))), "ticktext": heads, "range": [-0.6, len(table) - 0.4]},
        yaxis={"range": [0, top]},
        bargap=0.3,
        narrow={"xaxis.tickvals": list(range(len(table) - 1, -1, -2))[::-1], "xaxis.ticktext": heads[::-2][::-1]},
    )
    chart.add_traces(hatch([(index - 0.4, index + 0.4) for index in unknown], top))
    chart.add_bar(
        x=list(range(len(table))),
        y=values,
        marker={"color": [LIGHT.alarm if value > tolerated_min else LIGHT.accent for value in values]},
        hovertext=[f"<b>{wording.short_date(at)}</b><br>{text}" for at, text in zip(moments, told, strict=True)],
        hovertemplate="%{hovertext}<extra></extra>",
    )
    for index, value in enumerate(values):
        if value >= 0.5:
            chart.add_annotation(label(wording.number(value), x=index, y=value, yanchor="bottom"))
    if tolerated_min:
        chart.add_hline(y=tolerated_min, line={"width": 1, "dash": "dot", "color": LIGHT.ink3})
    if tolerated_min and room is not None:
        chart.add_annotation(
            label(
                tolerated,
                x=room - 0.45,
                xanchor="left",
                y=tolerated_min,
                yanchor="bottom",
                yshift=2,
                bgcolor=LIGHT.surface,
                borderpad=0,
            )
        )
    return chart


def _room(values: list[float], above: float) -> int | None:
    """The first day from which on so many bars stay below a level that words over it cover none; None without such."""
    days = max(3, -(-len(values) * 2 // 5))
    runs = (day for day in range(len(values) - days + 1) if max(values[day : day + days]) <= above)
    return next(runs, None)


def _told(row: dict[str, Any], about: About) -> Said:
    """`31 min outside so far, 12 h unknown`: of a day, all sensors together."""
    if row["outside_s"] is None:
        return Said("no readings")
    outside = said.duration(claims.day(about, row, "outside_s", "s"))
    so_far = " so far" if row["so_far"] else ""
    if row["unknown_s"] < HARDLY_S:
        return say("{} outside{}", outside, so_far)
    return say("{} outside{}, {} unknown", outside, so_far, said.duration(claims.day(about, row, "unknown_s", "s")))
