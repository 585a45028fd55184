"""Will it run empty: the stock-out risk of each item with its interval, and what one card more would change."""

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

import plotly.graph_objects as go

from telltale import wording
from telltale.charts.base import figure, label, nothing
from telltale.frames import rows
from telltale.kanban.charts.control import MOST_PANELS
from telltale.kanban.charts.grid import Grid, axis
from telltale.kanban.charts.items import MOST_ROWS, NO_ITEM, NOT_YET, by_item
from telltale.kanban.words.claims import ABOUT, Items, of_curve, spread
from telltale.kanban.words.phrases import is_above, risk_words
from telltale.look.tokens import LIGHT
from telltale.page import said
from telltale.page.table import Table
from telltale.wording import is_known

MOST_LABELS = 3
_PERCENT_STEPS = (0.0, 0.5, 1.0)


def stock_out_risk(items: Any, *, target: float, about: Items = ABOUT) -> go.Figure:
    """The chance that no full container is left at a pull, as a dot with its interval, against the target band.

    Args:
        items: item, risk, risk_lo, risk_hi, note (`tt.kanban.items`), shares from 0 to 1.
        target: the largest chance one accepts, 1 minus the service level.
        about: what the claims of its table share.

    Returns:
        the figure; no rows give one sentence.
    """
    table = rows(items, "item", "risk", "risk_lo", "risk_hi", "note")[:MOST_ROWS]
    if not table:
        return nothing(NO_ITEM)
    largest = max([row["risk_hi"] for row in table if is_known(row["risk_hi"])], default=target)
    top = min(1.0, max(1.12 * largest, 2.4 * target))
    step = next(size for size in (0.01, 0.02, 0.05, 0.1, 0.2, 0.25) if top / size <= 6)
    ticks = [number * step for number in range(int(top / step + 1e-9) + 1)]
    chart = by_item(
        table,
        numbers=_risk_table(table, about),
        xaxis={"range": [-0.02 * top, 1.04 * top], "tickvals": ticks, "ticktext": _percents(ticks)},
    )
    chart.add_shape(
        type="rect", xref="x", x0=0, x1=target, yref="y domain", y0=0, y1=1, fillcolor=LIGHT.faint,
        line={"width": 0}, layer="below",
    )  # fmt: skip
    for at, row in enumerate(table):
        _risk(chart, at, row, target)
    loud = [at for at, row in enumerate(table) if is_known(row["risk"]) and is_above(row, target)]
    loud.sort(key=lambda at: -table[at]["risk_lo"])
    for at in loud[:MOST_LABELS]:
        chart.add_annotation(_risk_label(table[at], at, top))
    return chart


def _risk(chart: go.Figure, at: int, row: Mapping[str, Any], target: float) -> None:
    if not is_known(row["risk"]):
        chart.add_annotation(
            label(row["note"] and NOT_YET, x=target, y=at, xanchor="left", xshift=8, bgcolor=LIGHT.surface, borderpad=1)
        )
        return
    above = is_above(row, target)
    line = {"color": LIGHT.alarm if above else LIGHT.edge, "width": 2.2}
    ends = [row["risk_lo"], row["risk_hi"]]
    if all(is_known(end) for end in ends):
        chart.add_scatter(x=ends, y=[at, at], mode="lines", line=line, hoverinfo="skip")
    chart.add_scatter(
        x=[row["risk"]],
        y=[at],
        mode="markers",
        marker={"size": 9, "color": LIGHT.alarm if above else LIGHT.accent, "symbol": "triangle-up" if above else 0},
        hovertext=[f"<b>{row['item']}</b><br>{risk_words(row)}"],
        hovertemplate="%{hovertext}<extra></extra>",
    )


def _risk_label(row: Mapping[str, Any], at: int, top: float) -> dict[str, Any]:
    late = row["risk"] > 0.6 * top
    place = {"xanchor": "right" if late else "center", "yanchor": "top", "yshift": -4}
    return label(risk_words(row), x=row["risk"], y=at, **place) | {"font": {"color": LIGHT.alarm_text, "size": 12}}


def _risk_table(table: Sequence[Mapping[str, Any]], about: Items) -> Table:
    body = [[row["item"], risk_words(row, about), row["note"] or "–"] for row in table]
    return Table(("Item", "Risk (95 % interval)", "Note"), body, right=(1,))


def _percents(shares: Sequence[float]) -> list[str]:
    text = [wording.number(100 * share) for share in shares]
    return [*text[:-1], f"{text[-1]}{wording.NBSP}%"]


def risk_curves(risks: Any, items: Any, *, target: float, most: int = MOST_PANELS, about: Items = ABOUT) -> go.Figure:
    """The stock-out risk of each item over the number of cards; a ring marks the cards in use.

    Args:
        risks: item, cards, risk, risk_lo, risk_hi (`tt.kanban.risks`).
        items: item, cards, cards_recommended (`tt.kanban.items`).
        target: the largest risk one accepts, 1 minus the service level.
        most: so many items are drawn.
        about: what the claims of its table share.

    Returns:
        the figure; no rows give one sentence.
    """
    found = [row for row in rows(risks, "item", "cards", "risk", "risk_lo", "risk_hi") if is_known(row["risk"])]
    found.sort(key=lambda row: (row["item"], row["cards"]))
    panels = {item: list(run) for item, run in groupby(found, key=lambda row: row["item"])}
    panels = dict(list(panels.items())[:most])
    if not panels:
        return nothing("No risk can be told: it needs five pulls and a lead time, measured or from buttons.csv.")
    used = {row["item"]: row for row in rows(items, "item", "cards", "cards_recommended")}
    grid = Grid(len(panels), left_px=46)
    y = {"range": [-0.05, 1.05], "tickvals": list(_PERCENT_STEPS), "ticktext": ["0", "50", f"100{wording.NBSP}%"]}
    chart = figure(
        height=grid.height,
        numbers=_risks_table(found, about),
        margin={"l": 0, "r": 0, "t": 0, "b": 0},
        narrow=grid.narrow(),
        key=(("ring", "cards in use"), ("dot", "recommended"), ("dotted", f"target {wording.percent(target)}")),
        **grid.axes({"nticks": 6}, [y] * len(panels), [_card_range(curve) for curve in panels.values()]),
    )
    for at, (item, curve) in enumerate(panels.items()):
        _curve(chart, at, curve, used.get(item, {}), target)
    grid.heads(chart, [(item, _curve_words(curve, used.get(item, {})), False) for item, curve in panels.items()])
    return chart


def _card_range(curve: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    cards = [row["cards"] for row in curve]
    return {"range": [min(cards) - 0.5, max(cards) + 0.5]}


def _curve(
    chart: go.Figure, at: int, curve: Sequence[Mapping[str, Any]], used: Mapping[str, Any], target: float
) -> None:
    on = {"xaxis": axis("x", at), "yaxis": axis("y", at)}
    cards = [row["cards"] for row in curve]
    chart.add_scatter(
        x=cards + cards[::-1],
        y=[row["risk_hi"] for row in curve] + [row["risk_lo"] for row in reversed(curve)],
        mode="lines", line={"width": 0}, fill="toself", fillcolor=LIGHT.soft, hoverinfo="skip", **on,
    )  # fmt: skip
    dotted = {"color": LIGHT.ink3, "width": 1.2, "dash": "dot"}
    chart.add_scatter(x=[cards[0] - 0.5, cards[-1] + 0.5], y=[target] * 2, mode="lines", line=dotted,
                      hoverinfo="skip", **on)  # fmt: skip
    chart.add_scatter(
        x=cards, y=[row["risk"] for row in curve], mode="lines+markers", line={"color": LIGHT.accent, "width": 1.7},
        marker={"size": 4, "color": LIGHT.accent}, hovertext=[_risk_told(row) for row in curve],
        hovertemplate="%{hovertext}<extra></extra>", **on,
    )  # fmt: skip
    by_cards = {row["cards"]: row["risk"] for row in curve}
    ring = {"size": 11, "color": LIGHT.surface, "line": {"color": LIGHT.ink2, "width": 1.8}}
    for name, marker in (("cards", ring), ("cards_recommended", {"size": 8, "color": LIGHT.accent})):
        if used.get(name) in by_cards:
            chart.add_scatter(x=[used[name]], y=[by_cards[used[name]]], mode="markers", marker=marker,
                              hoverinfo="skip", **on)  # fmt: skip


def _risk_told(row: Mapping[str, Any]) -> str:
    spread = wording.number_range(100 * row["risk_lo"], 100 * row["risk_hi"])
    return (
        f"<b>{row['item']}, {wording.count(int(row['cards']), 'card')}</b><br>{wording.percent(row['risk'])} ({spread})"
    )


def _curve_words(curve: Sequence[Mapping[str, Any]], used: Mapping[str, Any]) -> str:
    now = next((row["risk"] for row in curve if row["cards"] == used.get("cards")), None)
    return f"{wording.percent(now)} now" if now is not None else "cards in use not listed"


def _risks_table(found: Sequence[Mapping[str, Any]], about: Items) -> Table:
    body = [
        [
            row["item"],
            wording.number(row["cards"]),
            said.percent(of_curve(about, row, "risk")),
            spread(of_curve(about, row, "risk_lo"), of_curve(about, row, "risk_hi"), factor=100, digits=1),
        ]
        for row in found
    ]
    return Table(("Item", "Cards", "Risk", "95 % interval, %"), body, right=(1, 2, 3))
