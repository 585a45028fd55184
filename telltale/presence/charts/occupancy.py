"""How many are here: devices present over time by address kind, above a strip of which nodes reported."""

import datetime as dt
from collections.abc import Sequence
from itertools import groupby
from typing import Any, NamedTuple

import plotly.graph_objects as go

from telltale import wording
from telltale.charts.base import figure, hatch, lone, nothing, on_axis, room_for, time_ticks
from telltale.charts.strip import Node, add_strip, node_strip, strip_axis, strip_names, strip_px
from telltale.frames import local, rows
from telltale.look.tokens import LIGHT
from telltale.page import said
from telltale.page.table import Table
from telltale.presence.claims import NO_CLAIMS, Claims

KINDS = {
    "local": ("randomised", "accent"),
    "global": ("global", "gold"),
    "all": ("randomised and global together", "accent"),
}
"""Address kinds in the order they are drawn: their words and colour role."""

_PLOT_PX = 190
MOST_TRACED = 200
"""The numbers of a longer table, of more than eight days by hour, are no claims: they would outweigh the page."""
_APART_PX = 16
"""Between the counts and the strip."""


class _Bin(NamedTuple):
    start: dt.datetime
    end: dt.datetime
    mean: float | None
    peak: int | None
    nodes: int
    expected: int


def occupancy(
    bins: Any, nodes: Any = None, *, timezone: str = "UTC", k: int, now: Any = None, claims: Claims = NO_CLAIMS
) -> go.Figure:
    """Lines of the devices present, and below them the stretches in which each node reported.

    One line per address kind, or one of both together where too little of the two may be shown.

    A span in which no node reported is hatched. The line is dotted while nodes are silent: a lower bound. Where fewer
    than k devices were present the line is open, and a box says between which levels it passes; so it is where a count
    of one address kind would tell of fewer of the other, but then nobody says how high.

    Args:
        bins: address_kind, start, end, mean, peak, devices, nodes, expected of one site (`tt.presence.occupancy`).
        nodes: node_id, start, end, optionally name and zone (`tt.presence.node_uptime`); None leaves the strip out.
        timezone: the site's zone.
        k: smallest count that may be published.
        now: aware datetime of the present, drawn as a dotted line when the period runs beyond it.
        claims: make the numbers of the table claims.

    Returns:
        the figure; no rows give one sentence.
    """
    names = ("address_kind", "start", "end", "mean", "peak", "devices", "nodes", "expected")
    series = _series(rows(bins, *names, optional=("removed",)), k)
    if not series:
        return nothing("Nothing was heard in this period. Check that the collector runs: telltale doctor.", height=300)
    longest = max(series.values(), key=len)
    start, end = longest[0].start, longest[-1].end
    strip = node_strip(nodes) if nodes is not None else []
    ticks = time_ticks(start, end, timezone)
    height = _PLOT_PX + 34 + round(strip_px(strip) + _APART_PX if strip else 0)
    top = 1.1 * max([cell.mean or 0 for cells in series.values() for cell in cells] + [1.4 * k])
    chart = figure(
        height=height,
        key=_key(series, k),
        numbers=_numbers(series, timezone, claims),
        margin={
            "l": room_for(strip_names(strip)),
            "b": 40 if any("<br>" in text for text in ticks.text) else 28,
        },
        xaxis={"range": [on_axis(start), on_axis(end)], "anchor": "y2" if strip else "y", **ticks.axis()},
        narrow=ticks.narrow() | {"margin.b": 40},
        **_y_axes(strip, height, top),
    )
    chart.add_traces(hatch([(on_axis(a), on_axis(b)) for a, b in _gaps(longest)], top))
    chart.add_trace(_withheld(series, k if "all" in series else top))
    for kind, cells in series.items():
        chart.add_traces(_lines(cells, getattr(LIGHT, KINDS[kind][1])))
    chart.add_trace(_hover(series, timezone))
    add_strip(chart, strip, end)
    if now is not None and start < now < end:
        chart.add_vline(x=on_axis(now), line={"width": 1, "dash": "dot", "color": LIGHT.ink3})
    return chart


def _y_axes(strip: list[Node], height: int, top: float) -> dict[str, Any]:
    """The counts' axis, and below it the strip's."""
    if not strip:
        return {"yaxis": {"range": [0, top]}}
    # Plotly wants shares of the room between the margins (10 px above, 28 below).
    share = strip_px(strip) / (height - 38)
    return {
        "yaxis": {"range": [0, top], "domain": [share + _APART_PX / (height - 38), 1]},
        "yaxis2": strip_axis(strip) | {"domain": [0, share]},
    }


def _series(table: list[dict[str, Any]], k: int) -> dict[str, list[_Bin]]:
    """Bins by address kind in time order, small counts withheld: the kinds apart, or all together."""
    found = {kind: sorted(_bin(row, k) for row in table if row["address_kind"] == kind) for kind in KINDS}
    series = {kind: cells for kind, cells in found.items() if cells}
    whole = series.pop("all", None)
    if whole is None:
        return series
    apart = min((_busy(cells) for cells in series.values()), default=0)
    return series if apart >= 0.6 * _busy(whole) and series else {"all": whole}


def _busy(cells: Sequence[_Bin]) -> int:
    """How many bins show that somebody was there."""
    return sum(bool(cell.mean) for cell in cells)


def _bin(row: dict[str, Any], k: int) -> _Bin:
    """A bin whose counts below k are null; a peak may be below it where the devices of the bin are not.

    Of one whose visits were removed there are no records, whoever reported.
    """
    if row["removed"]:
        return _Bin(row["start"], row["end"], None, None, 0, 0)
    shown = row["devices"] is not None and (row["devices"] == 0 or row["devices"] >= k) and bool(row["nodes"])
    peak = row["peak"] if shown and row["peak"] is not None and (row["peak"] == 0 or row["peak"] >= k) else None
    return _Bin(row["start"], row["end"], row["mean"] if shown else None, peak, row["nodes"] or 0, row["expected"] or 0)


def _gaps(cells: Sequence[_Bin]) -> list[tuple[dt.datetime, dt.datetime]]:
    """The spans in which no node reported."""
    runs = [list(run) for silent, run in groupby(cells, key=lambda cell: cell.nodes == 0) if silent]
    return [(run[0].start, run[-1].end) for run in runs]


def _lines(cells: Sequence[_Bin], colour: str) -> list[go.Scatter]:
    """A solid line where every known node reported, a dotted one where some were silent."""
    x = [on_axis(cell.start + (cell.end - cell.start) / 2) for cell in cells]
    partial = [0 < cell.nodes < cell.expected for cell in cells]
    solid = [None if part else cell.mean for cell, part in zip(cells, partial, strict=True)]
    # The dotted line begins at the last point of the solid one and ends at the next, so that they meet.
    near = [any(partial[max(0, at - 1) : at + 2]) for at in range(len(cells))]
    dotted = [cell.mean if close else None for cell, close in zip(cells, near, strict=True)]
    lines = [go.Scatter(x=x, y=solid, line={"color": colour}, mode="lines", hoverinfo="skip"), _lone(x, cells, colour)]
    if any(partial):
        line = {"color": colour, "dash": "1.5px,3px"}
        lines.append(go.Scatter(x=x, y=dotted, line=line, mode="lines", hoverinfo="skip"))
    return lines


def _lone(x: list[str], cells: Sequence[_Bin], colour: str) -> go.Scatter:
    """Points whose neighbours are not shown."""
    return go.Scatter(
        x=x,
        y=lone([cell.mean for cell in cells]),
        mode="markers",
        marker={"color": colour, "size": 4},
        hoverinfo="skip",
    )


def _withheld(series: dict[str, list[_Bin]], high: float) -> go.Scatter:
    """Boxes over the spans in which a count is withheld: the line passes somewhere inside."""
    spans = [
        (on_axis(run[0].start), on_axis(run[-1].end))
        for cells in series.values()
        for few, group in groupby(cells, key=lambda cell: cell.mean is None and cell.nodes > 0)
        if few
        for run in (list(group),)
    ]
    return go.Scatter(
        x=[x for a, b in spans for x in (a, a, b, b, None)],
        y=[y for _ in spans for y in (0, high, high, 0, None)],
        fill="toself",
        fillcolor=LIGHT.sunk,
        line={"width": 0},
        mode="lines",
        hoverinfo="skip",
    )


def _key(series: dict[str, list[_Bin]], k: int) -> list[tuple[str, str]]:
    cells = [cell for line in series.values() for cell in line]
    entries = [(KINDS[kind][1], KINDS[kind][0]) for kind in series]
    if any(cell.mean is None and cell.nodes for cell in cells):
        entries.append(("sunk", f"withheld: fewer than {k}, or it would tell"))
    if any(0 < cell.nodes < cell.expected for cell in cells):
        entries.append(("dotted", "dotted: some nodes silent, a lower bound"))
    if any(cell.nodes == 0 for cell in cells):
        entries.append(("hatched", "no records"))
    return entries


def _hover(series: dict[str, list[_Bin]], zone: str) -> go.Scatter:
    """One box for all kinds: an unseen line through the middle of the plot that carries the words."""
    longest = max(series.values(), key=len)
    by_start = {kind: {cell.start: cell for cell in cells} for kind, cells in series.items()}
    texts = [
        f"<b>{_when(cell, zone)}</b>"
        + "".join(f"<br>{KINDS[kind][0]} {_level(cells.get(cell.start))}" for kind, cells in by_start.items())
        + (f"<br>{cell.nodes} of {cell.expected} nodes" if cell.expected else "")
        for cell in longest
    ]
    levels = [max((_mean(cells, cell) for cells in by_start.values()), default=0) for cell in longest]
    return go.Scatter(
        x=[on_axis(cell.start + (cell.end - cell.start) / 2) for cell in longest],
        y=levels,
        hovertext=texts,
        hovertemplate="%{hovertext}<extra></extra>",
        mode="markers",
        marker={"opacity": 0, "size": 14},
    )


def _mean(cells: dict[dt.datetime, _Bin], at: _Bin) -> float:
    cell = cells.get(at.start)
    return cell.mean or 0 if cell else 0


def _when(cell: _Bin, zone: str) -> str:
    return wording.clock_span(local(cell.start, zone), local(cell.end, zone))


def _level(cell: _Bin | None) -> str:
    if cell is None or cell.nodes == 0:
        return "no records"
    if cell.mean is None:
        return "withheld"
    peak = "" if cell.peak is None else f", peak {wording.number(cell.peak)}"
    return f"{wording.number(cell.mean, 1)}{peak}"


def _numbers(series: dict[str, list[_Bin]], zone: str, claims: Claims) -> Table:
    """Hour by hour, so that a week stays a table one can read."""
    hours: dict[dt.datetime, dict[str, list[_Bin]]] = {}
    for kind, cells in series.items():
        for cell in cells:
            hour = local(cell.start, zone).replace(minute=0, second=0, microsecond=0)
            hours.setdefault(hour, {}).setdefault(kind, []).append(cell)
    traced = claims if len(hours) <= MOST_TRACED else None
    body = []
    for hour, by_kind in sorted(hours.items()):
        levels = [_busiest(by_kind.get(kind, []), kind, traced) for kind in series]
        body.append([wording.short_moment(hour), *levels, _reporting(by_kind)])
    heads = ["Hour from", *(f"{wording.sentence_case(KINDS[kind][0])}, most" for kind in series), "Nodes"]
    return Table(heads, body, right=range(1, len(heads)))


def _busiest(cells: Sequence[_Bin], kind: str, claims: Claims | None) -> str:
    heard = [cell for cell in cells if cell.nodes]
    if not heard:
        return "no records"
    known = {cell.start: cell.mean for cell in heard if cell.mean is not None}
    if not known:
        return "withheld"
    most = max(known.values())
    return wording.number(most, 1) if claims is None else said.number(claims.present(list(known), most, kind=kind), 1)


def _reporting(by_kind: dict[str, list[_Bin]]) -> str:
    cells = [cell for cells in by_kind.values() for cell in cells]
    return f"{min(cell.nodes for cell in cells)} of {max(cell.expected for cell in cells)}"
