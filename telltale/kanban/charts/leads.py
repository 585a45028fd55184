"""How long refills take: a dot a refill, rings for those still open, an item a row."""

from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go

from telltale import wording
from telltale.charts.base import figure, nothing, room_for, shortened
from telltale.frames import local
from telltale.kanban.charts.items import MOST_ROWS
from telltale.kanban.words.claims import ABOUT, Items, age, refills_counted, refills_words
from telltale.kanban.words.refills import Refill, closed, lasting, refills, still_open
from telltale.kanban.words.working_time import longest, median, scale
from telltale.look.tokens import LIGHT
from telltale.page import said
from telltale.page.claims import How
from telltale.page.table import Table

_ROW_PX = 34
FIGURES: tuple[How, ...] = ("min", "mean", "median", "max")


def lead_times(leads: Any, *, timezone: str = "UTC", about: Items = ABOUT) -> go.Figure:
    """How long each refill took, one dot a refill, and how long the open ones have waited, as rings.

    Args:
        leads: item, pulled_at, acknowledged_at, lead_time_s, is_open, is_orphan, age_s, calendar_s, working_day_s
            (`tt.kanban.lead_times`).
        timezone: the site's zone.
        about: what the claims of its table share.

    Returns:
        the figure, in working days or hours where a calendar is kept; no rows give one sentence.
    """
    table = refills(leads)
    items = sorted({refill.item for refill in table})[:MOST_ROWS]
    if not items:
        return nothing(
            "No lead time is known. Give a delivery a button of its own: role ack and ack_for in buttons.csv, "
            "or lead_time_days there."
        )
    most = longest(lasting(table))
    unit, unit_s = scale(most)
    names = [shortened(item) for item in items]
    chart = figure(
        height=_ROW_PX * len(items) + 38,
        key=(("dot", "refilled"), ("ring", "still open"), ("limit", "median")),
        numbers=_leads_table(table, items, timezone, about),
        margin={"l": room_for(names), "r": 12, "t": 6, "b": 28},
        xaxis={"range": [0, 1.08 * most.seconds / unit_s], "nticks": 8, "ticksuffix": f"{wording.NBSP}{unit}",
               "showticksuffix": "last"},
        yaxis={"range": [len(items) - 0.4, -0.6], "tickvals": list(range(len(items))), "ticktext": names,
               "rangemode": "normal", "tickfont": {"color": LIGHT.ink2}},
    )  # fmt: skip
    for at, item in enumerate(items):
        _leads_of(chart, at, [refill for refill in table if refill.item == item], unit_s, timezone)
    return chart


def _leads_of(chart: go.Figure, at: int, found: Sequence[Refill], unit_s: float, zone: str) -> None:
    for is_open in (False, True):
        chosen = [refill for refill in found if refill.is_open is is_open]
        if not chosen:
            continue
        ring = {"size": 9, "color": LIGHT.surface, "line": {"color": LIGHT.ink2, "width": 1.6}}
        chart.add_scatter(
            x=[refill.lasted.seconds / unit_s for refill in chosen],
            y=[at + (0.0 if is_open else _aside(number)) for number in range(len(chosen))],
            mode="markers",
            marker=ring if is_open else {"size": 7, "color": LIGHT.accent, "opacity": 0.55},
            hovertext=[_lead_told(refill, zone) for refill in chosen],
            hovertemplate="%{hovertext}<extra></extra>",
        )
        if not is_open and len(chosen) >= 2:
            middle = median(lasting(chosen)).seconds / unit_s
            stroke = {"symbol": "line-ns", "size": 22, "color": LIGHT.ink, "line": {"width": 2, "color": LIGHT.ink}}
            chart.add_scatter(x=[middle], y=[at], mode="markers", marker=stroke, hoverinfo="skip")


def _aside(number: int) -> float:
    """A little above or below the row's line, so that equal ones are told apart."""
    return 0.1 * (number % 5 - 2)


def _lead_told(refill: Refill, zone: str) -> str:
    pulled = wording.short_moment(local(refill.pulled_at, zone))
    state = "open for" if refill.is_open else "refilled after"
    return f"<b>{refill.item}, pulled {pulled}</b><br>{state} {refill.lasted.text}"


def _leads_table(table: Sequence[Refill], items: Sequence[str], zone: str, about: Items) -> Table:
    body = []
    for item in items:
        own = [refill for refill in table if refill.item == item]
        done, waiting = closed(own), still_open(own)
        figures = [refills_words(done, how, about) if done else "–" for how in FIGURES]
        counts = [said.number(refills_counted(about, found, is_open=found is waiting)) for found in (done, waiting)]
        since = wording.short_moment(local(waiting[0].pulled_at, zone)) if waiting else "–"
        oldest = said.claimed(age(about, waiting[0], "calendar_s"), since) if waiting else since
        body.append([item, counts[0], *figures, counts[1], oldest])
    heads = ("Item", "Refilled", "Shortest", "Mean", "Median", "Longest", "Open", "Oldest open")
    return Table(heads, body, right=(1, 2, 3, 4, 5, 6))
