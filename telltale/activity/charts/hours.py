"""How many hours: stacked bars of active, away and unknown per day, and ranges where a source is sparse."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go

from telltale import wording
from telltale.activity.charts.panels import KEY, MOST_PCS, axis, grid, how_many, layout_axis
from telltale.activity.claims.days import PC, known_days, pcs_of
from telltale.activity.words.ranges import ranges_of
from telltale.charts.base import HATCH, figure, label, nothing, room_for, shortened
from telltale.look.tokens import LIGHT
from telltale.page.table import Table

_HEAD_PX, _PLOT_PX, _FOOT_PX = 24, 170, 24
_ROW_PX = 40
_NUMBERED_DAYS = 8
_ROOMY_DAYS = 5
"""So many bars of one of four panels are wider than the numbers in them."""
_NARROW_NAME = 14
_WALL_FROM = 5
"""Fewer days than this are narrow bars: one is not a wall."""


def daily_hours(strips: Any, *, timezone: str) -> go.Figure:
    """A stacked bar per day and PC, between its first and last record; the number is the active part.

    Args:
        strips: device_id, name, label, state, start, end, lasted_s (`tt.activity.strips`).
        timezone: the site's zone.

    Returns:
        the figure, of six PCs at most; nothing known gives one sentence.
    """
    every = pcs_of(strips, timezone)
    pcs = every[:MOST_PCS]
    days = known_days(pcs)
    if not days:
        return nothing("Nothing is known of any PC in this period, so there are no hours.")
    top = 1.1 * max(sum(_hours(pc, day)) for pc in pcs for day in days) or 1.0
    abreast = _abreast(len(pcs), len(days))
    height, wide = grid(len(pcs), abreast, head=_HEAD_PX, plot=_PLOT_PX, foot=_FOOT_PX, apart=0.03)
    tall, narrow = grid(len(pcs), 1, head=_HEAD_PX, plot=_PLOT_PX - 30, foot=_FOOT_PX, apart=0)
    chart = figure(
        height=round(height) + 4,
        key=[*KEY, *how_many(len(pcs), len(every))],
        numbers=_numbers(every, days),
        margin={"l": 34, "r": 4, "t": 0, "b": 4},
        bargap=0.22,
        narrow={"height": round(tall) + 4, **_narrow(narrow)},
        **_axes(wide, days, top),
    )
    for number, pc in enumerate(pcs):
        chart.add_traces(_bars(pc, days, number))
        chart.add_annotation(_name(pc, wide[number]))
    return chart


def possible_hours(totals: Any) -> go.Figure:
    """What the active time of a day may be for each PC: a point where it is known, a bar where it is bounded.

    Args:
        totals: device_id, name, active_s, active_lo_s, active_hi_s, away_s (`tt.activity.totals`), a row per day; the
            mean of the days of which something is known is drawn.
    """
    ranges = ranges_of(totals)
    if not ranges:
        return nothing("No day is known yet, so there is no range.")
    names = [shortened(pc.name) for pc in ranges]
    narrow = [shortened(pc.name, _NARROW_NAME) for pc in ranges]
    most = max(pc.high_h for pc in ranges)
    chart = figure(
        height=_ROW_PX * len(ranges) + 42,
        numbers=Table(
            ("PC", "At least", "At most", "Days"),
            [[pc.name, _h(pc.low_h), _h(pc.high_h), str(pc.days)] for pc in ranges],
            right=(1, 2, 3),
        ),
        margin={"l": room_for(names), "r": 62},
        xaxis={"range": [0, max(1.0, 1.1 * most)], "showline": False, "nticks": 6},
        yaxis={
            "range": [len(ranges) - 0.5, -0.5], "tickvals": list(range(len(ranges))), "ticktext": names,
            "rangemode": "normal",
        },
        narrow={"margin.l": room_for(narrow), "yaxis.ticktext": narrow},
    )  # fmt: skip
    for place, pc in enumerate(ranges):
        chart.add_scatter(
            x=[pc.high_h] if pc.is_point else [pc.low_h, pc.high_h],
            y=[place] if pc.is_point else [place, place],
            mode="markers" if pc.is_point else "lines",
            marker={"color": LIGHT.accent, "size": 9},
            line={"color": LIGHT.accent, "width": 7},
            hovertext=f"<b>{pc.name}</b><br>{pc.text} a day",
            hovertemplate="%{hovertext}<extra></extra>",
        )
        at = {"x": pc.high_h, "y": place, "xanchor": "left", "xshift": 10}
        chart.add_annotation(label(pc.text, **at, bgcolor=LIGHT.surface, borderpad=1))
    return chart


def _abreast(pcs: int, days: int) -> int:
    """How many panels stand side by side: a bar is to be wider than the number in it."""
    if not _ROOMY_DAYS < days <= _NUMBERED_DAYS:
        return min(pcs, 4)
    return 2 if pcs == 4 else min(pcs, 3)


def _h(hours: float) -> str:
    return wording.quantity(hours, "h", 1)


def _hours(pc: PC, date: dt.date) -> tuple[float, float, float]:
    day = next((day for day in pc.days if day.date == date), None)
    active, away, unknown = (day.sum_s(state) / 3600 if day else 0.0 for state in ("active", "away", "unknown"))
    return active, away, unknown


def _bars(pc: PC, days: Sequence[dt.date], number: int) -> list[go.Bar]:
    hours = [_hours(pc, day) for day in days]
    words = [
        f"<b>{pc.name}, {wording.short_date(day)}</b><br>{_h(active)} active, {_h(away)} away, {_h(unknown)} unknown"
        for day, (active, away, unknown) in zip(days, hours, strict=True)
    ]
    common = {
        "x": list(range(len(days))), "xaxis": axis("x", number), "yaxis": axis("y", number), "hovertext": words,
        "hovertemplate": "%{hovertext}<extra></extra>", "width": 0.78 * min(1, len(days) / _WALL_FROM),
    }  # fmt: skip
    shown = len(days) <= _NUMBERED_DAYS
    text = [wording.number(active, 1) if shown and active >= 1 else "" for active, *_ in hours]
    inside = {"text": text, "textposition": "inside", "textangle": 0, "insidetextanchor": "middle"}
    numbers = {"textfont": {"color": LIGHT.surface, "size": 12}, "constraintext": "none"}
    hatched = {"color": "rgba(0,0,0,0)", "pattern": {**HATCH, "fillmode": "overlay"}}
    return [
        go.Bar(y=[active for active, *_ in hours], marker={"color": LIGHT.accent}, **common, **inside, **numbers),
        go.Bar(y=[away for _, away, _ in hours], marker={"color": LIGHT.away}, **common),
        go.Bar(y=[unknown for *_, unknown in hours], marker=hatched, **common),
    ]


def _axes(cells: Sequence[Any], days: Sequence[dt.date], top: float) -> dict[str, Any]:
    step = next(step for step in (0.5, 1, 2, 4, 6, 12, 24) if top / step <= 5)
    levels = [step * n for n in range(int(top / step) + 1)]
    ticks = list(range(0, len(days), max(1, -(-len(days) // 7))))
    made: dict[str, Any] = {}
    for number, cell in enumerate(cells):
        made[layout_axis("x", number)] = {
            "domain": list(cell.x), "anchor": axis("y", number), "tickvals": ticks, "ticks": "",
            "ticktext": [_short(days[at], len(days)) for at in ticks], "range": [-0.6, len(days) - 0.4],
        }  # fmt: skip
        made[layout_axis("y", number)] = {
            "domain": list(cell.y), "anchor": axis("x", number), "range": [0, top], "tickvals": levels,
            "ticktext": [f"{level:g}{f'{wording.NBSP}h' if level == levels[-1] else ''}" for level in levels],
            "showticklabels": cell.x[0] == 0,
        }  # fmt: skip
    return made


def _short(day: dt.date, count: int) -> str:
    return wording.weekday(day)[:2] if count <= _NUMBERED_DAYS else str(day.day)


def _name(pc: PC, cell: Any) -> dict[str, Any]:
    return label(
        shortened(pc.name), x=cell.x[0], xanchor="left", xref="paper", y=cell.y[1], yref="paper", yanchor="bottom"
    )


def _narrow(cells: Sequence[Any]) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for number, cell in enumerate(cells):
        made |= {f"{layout_axis('x', number)}.domain": list(cell.x), f"{layout_axis('y', number)}.domain": list(cell.y)}
        made |= {f"{layout_axis('y', number)}.showticklabels": True}
        made |= {f"annotations.{number}.x": cell.x[0], f"annotations.{number}.y": cell.y[1]}
    return made


def _numbers(pcs: Sequence[PC], days: Sequence[dt.date]) -> Table:
    body = [[pc.name, wording.short_date(day), *(_h(hours) for hours in _hours(pc, day))] for pc in pcs for day in days]
    return Table(("PC", "Day", "Active", "Away", "Unknown"), body, right=(2, 3, 4))
