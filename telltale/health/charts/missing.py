"""Devices by day: is the data complete?"""

from typing import Any

import plotly.graph_objects as go

from telltale import wording
from telltale.charts.base import figure, nothing, room_for, shortened
from telltale.charts.days import day_heads
from telltale.frames import local, rows
from telltale.health import claims
from telltale.look.tokens import LIGHT
from telltale.page import said
from telltale.page.claims import About
from telltale.page.table import Table

_ROW_PX = 30
_NUMBER_FROM = 0.03
"""Cells carry a number from this share on."""
MOST_ROWS = 14
"""More devices than this: those that miss most."""
_NARROW_DAYS, _NARROW_NAME = 7, 14


def missing_by_day(missing: Any, *, timezone: str = "UTC", about: About = claims.ABOUT) -> go.Figure:
    """A heat table of devices and days: which share of what was due is missing; numbers from 3 %.

    Args:
        missing: device_id, name, start, due, received, missing_share (`tt.health.missing`). A null share is left blank.
        timezone: the site's zone.
        about: the stretch.

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
    told = wording.apart(names)
    labels = [shortened(told[device]) for device in shown]
    heads = day_heads([local(day, timezone).date() for day in days])
    chart = figure(
        height=_ROW_PX * len(shown) + 34,
        numbers=_shares_table(table, timezone, about),
        margin={"l": room_for(labels), "t": 4, "b": 26},
        xaxis={"showline": False, "ticks": "", "type": "category", "nticks": 0},
        yaxis={"autorange": "reversed", "showgrid": False, "type": "category", "rangemode": "normal", "nticks": 0},
        narrow=_narrow(labels, len(days)),
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


def _narrow(labels: list[str], days: int) -> dict[str, Any]:
    """The newest days, and names short enough to leave them room."""
    short = [shortened(label, _NARROW_NAME) for label in labels]
    newest = {"xaxis.range": [days - _NARROW_DAYS - 0.5, days - 0.5]} if days > _NARROW_DAYS else {}
    return {"margin.l": room_for(short), "yaxis.tickvals": labels, "yaxis.ticktext": short, **newest}


def _worst(table: list[dict[str, Any]]) -> list[str]:
    lost: dict[str, float] = {}
    for row in table:
        lost[row["device_id"]] = lost.get(row["device_id"], 0.0) + (row["missing_share"] or 0.0)
    ranked = sorted(lost, key=lambda device: -lost[device])[:MOST_ROWS]
    return [device for device in lost if device in ranked]


def _percent(share: float | None) -> str:
    return f"{100 * share:.0f}" if share is not None and share >= _NUMBER_FROM else ""


def _told(share: float | None) -> str:
    return "nothing due" if share is None else f"{wording.percent(share)} missing"


def _shares_table(table: list[dict[str, Any]], zone: str, about: About) -> Table:
    body = [
        [
            row["name"],
            wording.short_date(local(row["start"], zone)),
            said.number(claims.due(about, row, "received")),
            said.number(claims.due(about, row, "due")),
            said.percent(claims.due(about, row, "missing_share")),
        ]
        for row in table
        if row["missing_share"] is not None
    ]
    return Table(("Device", "Day", "Received", "Due", "Missing"), body, right=(2, 3, 4))
