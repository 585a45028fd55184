"""How long refills take: a dot a refill, rings for those still open, an item a row."""

from collections.abc import Mapping, Sequence
from statistics import mean, median
from typing import Any

import plotly.graph_objects as go

from telltale import wording
from telltale.charts.base import figure, nothing, room_for
from telltale.frames import local, rows
from telltale.kanban.charts.grid import shortened
from telltale.kanban.charts.items import MOST_ROWS
from telltale.kanban.words.phrases import DAY_S
from telltale.look.tokens import LIGHT
from telltale.page.table import Table

_ROW_PX = 34
_LEADS = ("item", "pulled_at", "acknowledged_at", "lead_time_s", "is_open", "is_orphan", "age_s")


def lead_times(refills: Any, *, timezone: str = "UTC") -> go.Figure:
    """How long each refill took, one dot a refill, and how long the open ones have waited, as rings.

    Args:
        refills: item, pulled_at, acknowledged_at, lead_time_s, is_open, is_orphan, age_s (`tt.kanban.lead_times`).
        timezone: the site's zone.

    Returns:
        the figure; no rows give one sentence.
    """
    table = [row for row in rows(refills, *_LEADS) if not row["is_orphan"]]
    items = sorted({row["item"] for row in table})[:MOST_ROWS]
    if not items:
        return nothing(
            "No lead time is known. Give a delivery a button of its own: role ack and ack_for in buttons.csv, "
            "or lead_time_days there."
        )
    longest = max(_lasting(row) for row in table)
    unit, unit_s = ("d", DAY_S) if longest >= 2 * DAY_S else ("h", 3600.0)
    names = [shortened(item) for item in items]
    chart = figure(
        height=_ROW_PX * len(items) + 38,
        key=(("dot", "refilled"), ("ring", "still open"), ("limit", "median")),
        numbers=_leads_table(table, items, timezone),
        margin={"l": room_for(names), "r": 12, "t": 6, "b": 28},
        xaxis={"range": [0, 1.08 * longest / unit_s], "nticks": 8, "ticksuffix": f"{wording.NBSP}{unit}",
               "showticksuffix": "last"},
        yaxis={"range": [len(items) - 0.4, -0.6], "tickvals": list(range(len(items))), "ticktext": names,
               "rangemode": "normal", "tickfont": {"color": LIGHT.ink2}},
    )  # fmt: skip
    for at, item in enumerate(items):
        _leads_of(chart, at, [row for row in table if row["item"] == item], unit_s, timezone)
    return chart


def _lasting(row: Mapping[str, Any]) -> float:
    return float((row["age_s"] if row["is_open"] else row["lead_time_s"]) or 0.0)


def _leads_of(chart: go.Figure, at: int, found: Sequence[Mapping[str, Any]], unit_s: float, zone: str) -> None:
    for is_open in (False, True):
        chosen = [row for row in found if bool(row["is_open"]) is is_open]
        if not chosen:
            continue
        ring = {"size": 9, "color": LIGHT.surface, "line": {"color": LIGHT.ink2, "width": 1.6}}
        chart.add_scatter(
            x=[_lasting(row) / unit_s for row in chosen],
            y=[at + (0.0 if is_open else _aside(number)) for number in range(len(chosen))],
            mode="markers",
            marker=ring if is_open else {"size": 7, "color": LIGHT.accent, "opacity": 0.55},
            hovertext=[_lead_told(row, zone) for row in chosen],
            hovertemplate="%{hovertext}<extra></extra>",
        )
        if not is_open and len(chosen) >= 2:
            middle = median([_lasting(row) for row in chosen]) / unit_s
            stroke = {"symbol": "line-ns", "size": 22, "color": LIGHT.ink, "line": {"width": 2, "color": LIGHT.ink}}
            chart.add_scatter(x=[middle], y=[at], mode="markers", marker=stroke, hoverinfo="skip")


def _aside(number: int) -> float:
    """A little above or below the row's line, so that equal ones are told apart."""
    return 0.1 * (number % 5 - 2)


def _lead_told(row: Mapping[str, Any], zone: str) -> str:
    pulled = wording.short_moment(local(row["pulled_at"], zone))
    state = "open for" if row["is_open"] else "refilled after"
    return f"<b>{row['item']}, pulled {pulled}</b><br>{state} {wording.duration(_lasting(row))}"


def _leads_table(table: Sequence[Mapping[str, Any]], items: Sequence[str], zone: str) -> Table:
    body = []
    for item in items:
        closed = [_lasting(row) for row in table if row["item"] == item and not row["is_open"]]
        waiting = [row for row in table if row["item"] == item and row["is_open"]]
        oldest = min(waiting, key=lambda row: row["pulled_at"], default=None)
        figures = [wording.duration(f(closed)) if closed else "–" for f in (min, mean, median, max)]
        since = wording.short_moment(local(oldest["pulled_at"], zone)) if oldest else "–"
        body.append([item, str(len(closed)), *figures, str(len(waiting)), since])
    heads = ("Item", "Refilled", "Shortest", "Mean", "Median", "Longest", "Open", "Oldest open")
    return Table(heads, body, right=(1, 2, 3, 4, 5, 6))
