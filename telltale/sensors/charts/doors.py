"""Doors below temperatures: strips of when each stood open, on the time axis of the chart above."""

import datetime as dt
from typing import Any

import plotly.graph_objects as go

from telltale import wording
from telltale.charts.base import label, on_axis
from telltale.frames import local, rows
from telltale.look.tokens import LIGHT

_ROW_PX, _APART_PX = 17, 14
_LETTER_PX = 6.7
_LONGEST_NAME = 10
_MOST = 5
"""More switches than this: those that were active for longest."""
_EPISODES = ("device_id", "name", "state", "started_at", "lasted_s")


def with_doors(chart: go.Figure, episodes: Any, *, timezone: str) -> go.Figure:
    """The chart with a strip below for each switch, a thick line where it was active.

    Args:
        chart: what `readings` made, with one time axis.
        episodes: device_id, name, state, started_at, lasted_s (`tt.sensors.episodes`).
        timezone: the site's zone.

    Returns:
        the same figure, higher by the strips; without an episode, or a time axis, as it was.
    """
    doors = _doors(rows(episodes, *_EPISODES))
    if not doors or chart.layout.xaxis.range is None:
        return chart
    margin = chart.layout.margin
    plot = chart.layout.height - (10 if margin.t is None else margin.t) - margin.b
    strip = _ROW_PX * len(doors)
    whole = plot + _APART_PX + strip
    axes = [axis for axis in chart.layout if axis.startswith("yaxis") and chart.layout[axis].domain]
    for name in axes:
        low, high = chart.layout[name].domain
        chart.layout[name].domain = [min(1, (at * plot + _APART_PX + strip) / whole) for at in (low, high)]
    number = len(axes) + 1
    chart.layout[f"yaxis{number}"] = _axis(len(doors), strip / whole)
    chart.layout.xaxis.anchor = f"y{number}"
    chart.layout.height += _APART_PX + strip
    _make_room(chart, doors)
    for place, door in enumerate(doors):
        chart.add_trace(_strip(door, place, f"y{number}", timezone))
        chart.add_annotation(_name(door, place, f"y{number}"))
    return chart


def _make_room(chart: go.Figure, doors: list[list[dict[str, Any]]]) -> None:
    """The right margin for their names, on a narrow page too; the lines above may have shorter ones."""
    needed = 12 + round(_LETTER_PX * max(len(_short(door)) for door in doors))
    chart.layout.margin.r = max(chart.layout.margin.r or 0, needed)
    meta = chart.layout.meta or {}
    narrow = meta.get("narrow", {})
    room = {"margin.r": max(narrow.get("margin.r", 0), needed)}
    chart.update_layout(meta={**meta, "narrow": {**narrow, **room}})


def _doors(table: list[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    """The episodes of each switch, by name."""
    by_device: dict[str, list[dict[str, Any]]] = {}
    for row in table:
        by_device.setdefault(row["device_id"], []).append(row)
    longest = sorted(by_device.values(), key=lambda door: -sum(row["lasted_s"] for row in door))[:_MOST]
    return sorted(longest, key=lambda door: str(door[0]["name"]))


def _axis(doors: int, share: float) -> dict[str, Any]:
    return {
        "domain": [0, share], "range": [doors - 0.5, -0.5], "anchor": "x", "showgrid": False, "showticklabels": False,
        "ticks": "", "rangemode": "normal",
    }  # fmt: skip


def _strip(door: list[dict[str, Any]], place: int, axis: str, zone: str) -> go.Scatter:
    spans = [(row["started_at"], row["started_at"] + _lasting(row), row) for row in door]
    words = [
        f"<b>{row['name']}: {row['state']}</b><br>{wording.short_moment(local(start, zone))}, "
        f"{wording.duration(row['lasted_s'])}"
        for start, _, row in spans
    ]
    return go.Scatter(
        x=[at for start, end, _ in spans for at in (on_axis(start), on_axis(end), None)],
        y=[at for _ in spans for at in (place, place, None)],
        yaxis=axis,
        mode="lines",
        line={"color": LIGHT.ink2, "width": 7},
        hovertext=[text for text in words for _ in range(3)],
        hovertemplate="%{hovertext}<extra></extra>",
    )


def _lasting(row: dict[str, Any]) -> dt.timedelta:
    return dt.timedelta(seconds=row["lasted_s"])


def _name(door: list[dict[str, Any]], place: int, axis: str) -> dict[str, Any]:
    return label(_short(door), x=1, xref="x domain", xanchor="left", xshift=6, y=place, yref=axis)


def _short(door: list[dict[str, Any]]) -> str:
    name = str(door[0]["name"])
    return name if len(name) <= _LONGEST_NAME else name[: _LONGEST_NAME - 1] + "…"
