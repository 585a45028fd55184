"""How often items are pulled: pulls a day by bucket with their intervals, a panel an item."""

from collections.abc import Mapping, Sequence
from itertools import dropwhile, groupby
from typing import Any

import plotly.graph_objects as go

from telltale import wording
from telltale.charts.base import figure, hatch, nothing
from telltale.frames import local, rows
from telltale.kanban.charts.control import MOST_PANELS, spread
from telltale.kanban.charts.grid import Grid, axis
from telltale.kanban.charts.items import NO_ITEM
from telltale.kanban.words.claims import ABOUT, Items, of_rate
from telltale.kanban.words.phrases import bucket_name
from telltale.kanban.words.working_time import working_time
from telltale.look.tokens import LIGHT
from telltale.page import said
from telltale.page.table import Table
from telltale.wording import is_known

_RATES = (
    *("item", "label", "start", "pulls", "observed_s", "working_day_s", "is_cut", "rate_per_day", "rate_lo", "rate_hi"),
)


def pull_rates(
    rates: Any, *, timezone: str = "UTC", most: int = MOST_PANELS, by: str = "week", about: Items = ABOUT
) -> go.Figure:
    """Pulls a day of each item by day or week, with their intervals; buckets cut by the capture are hollow.

    Args:
        rates: item, label, start, pulls, observed_s, working_day_s, is_cut, rate_per_day, rate_lo, rate_hi
            (`tt.kanban.rates`).
        timezone: the site's zone.
        most: so many items are drawn.
        by: the buckets, day or week.
        about: what the claims of its table share.

    Returns:
        the figure; no rows give one sentence.
    """
    table = sorted(rows(rates, *_RATES), key=lambda row: (row["item"], row["start"]))
    panels = {item: _captured(list(run)) for item, run in groupby(table, key=lambda row: row["item"])}
    panels = {item: found for item, found in list(panels.items())[:most] if found}
    if not panels:
        return nothing(NO_ITEM)
    top = 1.06 * max(_reached(table), default=1.0)
    grid = Grid(len(panels))
    step = _step(top)
    ticks = [number * step for number in range(int(top / step) + 1)]
    y = {"range": [-0.05 * top, top], "tickvals": ticks, "ticktext": [f"{tick:g}" for tick in ticks]}
    chart = figure(
        height=grid.height,
        numbers=_rates_table(table, timezone, by, about),
        margin={"l": 0, "r": 0, "t": 0, "b": 0},
        narrow=grid.narrow(),
        **grid.axes({}, [y] * len(panels), [_bucket_ticks(found, timezone) for found in panels.values()]),
    )
    for at, found in enumerate(panels.values()):
        _rate_panel(chart, at, found, top, timezone)
    grid.heads(chart, [(item, wording.count(_pulls(found), "pull"), False) for item, found in panels.items()])
    return chart


def _captured(found: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Without what lies before the first capture: that is not missing."""
    return list(dropwhile(lambda row: not is_known(row["rate_per_day"]), found))


def _reached(table: Sequence[Mapping[str, Any]]) -> list[float]:
    """The rates, and how far their intervals go; a bucket cut short has a wide one, which may leave the panel."""
    rates = [row for row in table if is_known(row["rate_per_day"])]
    return [row["rate_per_day"] if row["is_cut"] else row["rate_hi"] for row in rates]


def _pulls(found: Sequence[Mapping[str, Any]]) -> int:
    return sum(int(row["pulls"]) for row in found)


def _step(top: float) -> float:
    return next((size for size in (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500) if top / size <= 3.5), top)


def _bucket_ticks(found: Sequence[Mapping[str, Any]], zone: str) -> dict[str, Any]:
    last, chosen = len(found) - 1, spread(len(found))
    names = [bucket_name(found[at]["label"], found[at]["start"], zone) for at in chosen]
    return {"tickvals": chosen, "ticktext": names, "range": [-0.6, max(last, 3) + 0.6]}


def _rate_panel(chart: go.Figure, at: int, found: Sequence[Mapping[str, Any]], top: float, zone: str) -> None:
    on = {"xaxis": axis("x", at), "yaxis": axis("y", at)}
    silent = [(x - 0.5, x + 0.5) for x, row in enumerate(found) if not is_known(row["rate_per_day"])]
    chart.add_traces([box.update(xaxis=on["xaxis"]) for box in hatch(silent, top, yaxis=on["yaxis"])])
    for cut in (False, True):
        chosen = [
            (x, row) for x, row in enumerate(found) if is_known(row["rate_per_day"]) and bool(row["is_cut"]) is cut
        ]
        if not chosen:
            continue
        rates = [row["rate_per_day"] for _, row in chosen]
        marker = {"size": 6, "color": LIGHT.surface if cut else LIGHT.accent}
        chart.add_scatter(
            x=[x for x, _ in chosen],
            y=rates,
            error_y={
                "type": "data",
                "array": [row["rate_hi"] - row["rate_per_day"] for _, row in chosen],
                "arrayminus": [row["rate_per_day"] - row["rate_lo"] for _, row in chosen],
                "color": LIGHT.edge,
                "thickness": 1.4,
                "width": 0,
            },
            mode="markers",
            marker=marker | ({"line": {"color": LIGHT.accent, "width": 1.6}} if cut else {}),
            hovertext=[_rate_told(row, zone) for _, row in chosen],
            hovertemplate="%{hovertext}<extra></extra>",
            **on,
        )


def _rate_told(row: Mapping[str, Any], zone: str) -> str:
    name = bucket_name(row["label"], row["start"], zone)
    cut = f", captured {_captured_time(row)} of it" if row["is_cut"] else ""
    day = "working day" if is_known(row["working_day_s"]) else "day"
    return (
        f"<b>{row['item']}, {name}</b><br>{_rate_words(row)} a {day}, {wording.count(int(row['pulls']), 'pull')}{cut}"
    )


def _captured_time(row: Mapping[str, Any]) -> str:
    """How much of it was captured: `6 d`, `5 working days`."""
    captured = working_time(row["observed_s"], row)
    return "–" if captured is None else captured.text


def _rate_words(row: Mapping[str, Any]) -> str:
    spread = wording.number_range(row["rate_lo"], row["rate_hi"], 1)
    return f"{wording.number(row['rate_per_day'], 1)} ({spread})"


def _rates_table(table: Sequence[Mapping[str, Any]], zone: str, by: str, about: Items) -> Table:
    body = [
        [
            row["item"],
            wording.short_date(local(row["start"], zone)),
            said.number(of_rate(about, row, "pulls", by)),
            said.claimed(of_rate(about, row, "rate_per_day", by), _rate_words(row))
            if is_known(row["rate_per_day"])
            else "not captured",
            _captured_time(row),
            "cut" if row["is_cut"] else "–",
        ]
        for row in table
    ]
    day = "A working day (95 %)" if any(is_known(row["working_day_s"]) for row in table) else "A day (95 %)"
    return Table(("Item", "From", "Pulls", day, "Captured", "Note"), body, right=(2, 3, 4))
