"""The newest levels, 0 to 100, as they come in; and what a team did by day or hour."""

import datetime as dt
from collections.abc import Sequence
from itertools import groupby
from typing import Any, Literal

import plotly.graph_objects as go

from telltale import wording
from telltale.activity.charts.panels import MOST_PCS, Cell, axis, grid, how_many, layout_axis
from telltale.charts.base import figure, label, nothing, on_axis, shortened, time_ticks
from telltale.frames import local, rows
from telltale.look.tokens import LIGHT
from telltale.page.table import Table

_BREAK = dt.timedelta(minutes=20)
"""A level this much later than the one before is not joined to it."""
_HEAD_PX, _PLOT_PX = 22, 54
_NARROW_NAME = 14


def level_course(levels: Any, *, start: dt.datetime, end: dt.datetime, timezone: str) -> go.Figure:
    """The level of each PC, 0 to 100, up to the newest; open where none came for 20 minutes.

    Args:
        levels: device_id, name, observed_at, score_pct (`tt.activity.levels`).
        start: where the axis begins.
        end: where it ends: now.
        timezone: the site's zone.

    Returns:
        the figure, a panel a PC, of the six heard last; no level gives one sentence.
    """
    table = rows(levels, "device_id", "name", "observed_at", "score_pct")
    table.sort(key=lambda row: (row["name"], row["device_id"], row["observed_at"]))
    series = [list(own) for _, own in groupby(table, key=lambda row: (row["name"], row["device_id"]))]
    if not series:
        return nothing("No level has arrived in this period. The agent or the modem's callback is silent.", height=200)
    newest = sorted(series, key=lambda own: own[-1]["observed_at"])[-MOST_PCS:]
    shown = [own for own in series if own in newest]
    names = wording.apart({own[-1]["device_id"]: own[-1]["name"] for own in series})
    ticks = time_ticks(start, end, timezone)
    bottom = 40 if any("<br>" in text for text in ticks.text) else 28
    height, cells = grid(len(shown), 1, head=_HEAD_PX, plot=_PLOT_PX, foot=0, apart=0)
    scales: dict[str, Any] = {layout_axis("y", number): _scale(cell) for number, cell in enumerate(cells)}
    chart = figure(
        height=round(height) + bottom + 4,
        numbers=_numbers(series, timezone),
        key=how_many(len(shown), len(series), "those heard last"),
        margin={"l": 44, "r": 10, "t": 4, "b": bottom},
        xaxis={
            "range": [on_axis(start), on_axis(end)], "anchor": axis("y", len(shown) - 1), **ticks.axis(),
        },
        narrow=ticks.narrow() | {"margin.b": 40},
        **scales,
    )  # fmt: skip
    for number, (own, cell) in enumerate(zip(shown, cells, strict=True)):
        chart.add_traces(_steps(own, end, axis("y", number), timezone))
        place = {"xref": "paper", "x": 0, "xanchor": "left", "yref": "paper", "y": cell.y[1], "yanchor": "bottom"}
        called = names[own[-1]["device_id"]]
        name = {"text": f"<b>{shortened(called)}</b>", "font": {"color": LIGHT.ink, "size": 12}}
        level = f"{wording.quantity(own[-1]['score_pct'], '%')} at {wording.clock(_at(own[-1], timezone))}"
        at = f"annotations.{len(chart.layout.annotations)}.text"
        chart.layout.meta["narrow"] |= {at: f"<b>{shortened(called, _NARROW_NAME)}</b>"}
        chart.layout.annotations += (
            label("", **place) | name,
            label(level, **place | {"x": 1, "xanchor": "right"}),
        )
    return chart


def _scale(cell: Cell) -> dict[str, Any]:
    return {
        "domain": list(cell.y), "range": [0, 104], "tickvals": [0, 50, 100],
        "ticktext": ["0", "50", f"100{wording.NBSP}%"], "rangemode": "normal", "anchor": "x",
    }  # fmt: skip


def _at(row: dict[str, Any], zone: str) -> dt.datetime:
    return local(row["observed_at"], zone)


def _steps(own: Sequence[dict[str, Any]], end: dt.datetime, on: str, zone: str) -> list[go.Scatter]:
    """A filled step line for each run without a break; a level holds until the next, the last one until now."""
    runs: list[list[dict[str, Any]]] = []
    before = None
    for row in own:
        if before is None or row["observed_at"] - before["observed_at"] > _BREAK:
            runs.append([row])
        elif row["score_pct"] != before["score_pct"] or row is own[-1]:
            runs[-1].append(row)  # a step holds: of equal levels the first draws them all
        before = row
    ends = [
        max(row["observed_at"] for row in own if row["observed_at"] < after[0]["observed_at"]) for after in runs[1:]
    ]
    return [
        _run(run, min(end, last + _BREAK / 2), on, zone)
        for run, last in zip(runs, [*ends, own[-1]["observed_at"]], strict=True)
    ]


def _run(run: Sequence[dict[str, Any]], end: dt.datetime, on: str, zone: str) -> go.Scatter:
    words = [
        f"<b>{row['name']}: {wording.quantity(row['score_pct'], '%')}</b><br>{wording.short_moment(_at(row, zone))}"
        for row in run
    ]
    return go.Scatter(
        x=[*(on_axis(row["observed_at"]) for row in run), on_axis(end)],
        y=[*(row["score_pct"] for row in run), run[-1]["score_pct"]],
        yaxis=on, mode="lines", line={"color": LIGHT.accent, "shape": "hv", "width": 1.7}, fill="tozeroy",
        fillcolor=LIGHT.soft, hovertext=[*words, words[-1]], hovertemplate="%{hovertext}<extra></extra>",
    )  # fmt: skip


def _numbers(shown: Sequence[Sequence[dict[str, Any]]], zone: str) -> Table:
    newest = [row for own in shown for row in own[-12:]]
    body = [
        [row["name"], wording.short_moment(local(row["observed_at"], zone)), wording.number(row["score_pct"])]
        for row in sorted(newest, key=lambda row: row["observed_at"], reverse=True)
    ]
    return Table(("PC", "When", "Level, %"), body, right=(2,))


def team_hours(team: Any, *, timezone: str, by: Literal["day", "hour"]) -> go.Figure:
    """Bars of the mean active time of a team by day, or of its share by hour; periods with too few people are open.

    Args:
        team: start, end, people, active_s, active_share (`tt.activity.team`).
        timezone: the site's zone.
        by: day gives hours per person, hour the active share.
    """
    table = rows(team, "start", "end", "people", "active_s", "active_share")
    if not table:
        return nothing("Too few people are known in this period to say anything about the team.")
    in_hours = by == "day"
    values = [row["active_s"] / 3600 if in_hours else 100 * (row["active_share"] or 0) for row in table]
    when = [(local(row["start"], timezone), local(row["end"], timezone)) for row in table]
    unit = "h" if in_hours else "%"
    ticks = time_ticks(when[0][0], when[-1][1], timezone)
    chart = figure(
        height=240,
        numbers=Table(
            ("From", "People", "Active"),
            [
                [wording.short_moment(start), str(row["people"]), wording.quantity(value, unit, int(in_hours))]
                for (start, _), row, value in zip(when, table, values, strict=True)
            ],
            right=(1, 2),
        ),
        xaxis={"range": [on_axis(when[0][0]), on_axis(when[-1][1])], **ticks.axis()},
        yaxis={"ticksuffix": f"{wording.NBSP}{unit}", "showticksuffix": "last", "nticks": 5},
        margin={"l": 44, "b": 40},
        narrow=ticks.narrow(),
    )
    return chart.add_bar(
        x=[on_axis(start + (end - start) / 2) for start, end in when],
        y=values,
        width=[0.7 * (end - start).total_seconds() * 1000 for start, end in when],
        marker={"color": LIGHT.accent},
        hovertext=[
            f"<b>{wording.quantity(value, unit, int(in_hours))} active</b><br>{wording.short_moment(start)}, "
            f"{row['people']} people"
            for (start, _), row, value in zip(when, table, values, strict=True)
        ],
        hovertemplate="%{hovertext}<extra></extra>",
    )
