"""Is it as busy as usual: today's line on the band of what earlier days were at that hour."""

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import plotly.graph_objects as go

from telltale import wording
from telltale.charts.base import figure, hatch, label, lone, nothing, on_axis, time_ticks
from telltale.frames import local, rows
from telltale.look.tokens import LIGHT
from telltale.page.table import Table
from telltale.presence.words.usual import FEWEST_DAYS
from telltale.wording import is_known

LAST_HOUR = 20
_LATE_HOUR, _EVENING = 12, 17
"""A name begun later does not fit before midnight."""


class Band(NamedTuple):
    """The middle half of earlier days at one clock time."""

    low: float
    high: float


def usual_band(earlier: Any, *, timezone: str, days: Sequence[dt.date], k: int) -> dict[dt.time, Band]:
    """The middle half of some days, by the clock time an interval begins; empty with too few days.

    An interval of fewer than k devices was withheld: it counts as none for the lower end and as k for the upper one.

    Args:
        earlier: address_kind, start, mean, nodes of one site (`tt.presence.occupancy`).
        timezone: the site's zone.
        days: which local days count.
        k: smallest count that is published.
    """
    if len(days) < FEWEST_DAYS:
        return {}
    lows: dict[dt.time, list[float]] = defaultdict(list)
    highs: dict[dt.time, list[float]] = defaultdict(list)
    for row in rows(earlier, "address_kind", "start", "mean", "nodes"):
        start = local(row["start"], timezone)
        if row["address_kind"] == "all" and row["nodes"] and start.date() in days:
            lows[start.time()].append(row["mean"] if is_known(row["mean"]) else 0)
            highs[start.time()].append(row["mean"] if is_known(row["mean"]) else k)
    return {
        at: Band(_quartile(lows[at], 0.25), _quartile(highs[at], 0.75))
        for at in sorted(lows)
        if len(lows[at]) >= FEWEST_DAYS
    }


def usual_day(bins: Any, band: Mapping[dt.time, Band], *, name: str, now: dt.datetime, k: int) -> go.Figure:
    """The line of today over the band, from midnight to midnight.

    Args:
        bins: address_kind, start, end, mean, nodes of today.
        band: of `usual_band`; empty draws the line alone.
        name: what the band is, such as `usual Friday`.
        now: the present on the site's clock, drawn as a dotted line.
        k: smallest count that is published.

    Returns:
        the figure; no rows give one sentence.
    """
    zone = str(now.tzinfo)
    cells = sorted(
        (row for row in rows(bins, "address_kind", "start", "end", "mean", "nodes") if row["address_kind"] == "all"),
        key=lambda row: row["start"],
    )
    if not cells:
        return nothing("Nothing was heard today yet. Check that the collector runs: telltale doctor.", height=260)
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
    end = midnight + dt.timedelta(days=1)
    levels = [cell["mean"] for cell in cells if is_known(cell["mean"])]
    top = 1.15 * max([*levels, *(at.high for at in band.values()), k])
    ticks = time_ticks(midnight, end, zone)
    chart = figure(
        height=260,
        numbers=_numbers(cells, band, zone, k),
        key=[("hatched", "no records")] if any(not cell["nodes"] for cell in cells) else (),
        xaxis={"range": [on_axis(midnight), on_axis(end)], **ticks.axis()},
        yaxis={"range": [0, top]},
        narrow=ticks.narrow(),
    )
    chart.add_traces(_band(band, midnight))
    chart.add_traces(hatch([(on_axis(a), on_axis(b)) for a, b in _silent(cells)], top))
    chart.add_traces(_line(cells, zone, k))
    chart.add_vline(x=on_axis(now), line={"width": 1, "dash": "dot", "color": LIGHT.ink3})
    _name(chart, cells, band, now, name)
    return chart


def _quartile(values: list[float], share: float) -> float:
    ordered = sorted(values)
    at = share * (len(ordered) - 1)
    low = int(at)
    return ordered[low] + (at - low) * (ordered[min(low + 1, len(ordered) - 1)] - ordered[low])


def _band(band: Mapping[dt.time, Band], midnight: dt.datetime) -> list[go.Scatter]:
    if not band:
        return []
    x = [on_axis(dt.datetime.combine(midnight.date(), at, tzinfo=midnight.tzinfo)) for at in band]
    edge = {"mode": "lines", "line": {"width": 0}, "hoverinfo": "skip", "x": x}
    return [
        go.Scatter(y=[at.low for at in band.values()], **edge),
        go.Scatter(y=[at.high for at in band.values()], fill="tonexty", fillcolor=LIGHT.sunk, **edge),
    ]


def _line(cells: list[dict[str, Any]], zone: str, k: int) -> list[go.Scatter]:
    middle = [on_axis(cell["start"] + (cell["end"] - cell["start"]) / 2) for cell in cells]
    levels = [cell["mean"] if is_known(cell["mean"]) and cell["nodes"] else None for cell in cells]
    texts = [
        f"<b>{wording.clock_span(local(cell['start'], zone), local(cell['end'], zone))}</b><br>{_level(cell, k)}"
        for cell in cells
    ]
    return [
        go.Scatter(x=middle, y=levels, mode="lines", line={"color": LIGHT.accent}, hoverinfo="skip"),
        go.Scatter(
            x=middle, y=lone(levels), mode="markers", marker={"color": LIGHT.accent, "size": 5}, hoverinfo="skip"
        ),
        go.Scatter(
            x=middle,
            y=[level or 0 for level in levels],
            mode="markers",
            marker={"opacity": 0, "size": 14},
            hovertext=texts,
            hovertemplate="%{hovertext}<extra></extra>",
        ),
    ]


def _name(
    chart: go.Figure, cells: list[dict[str, Any]], band: Mapping[dt.time, Band], now: dt.datetime, name: str
) -> None:
    """The two names: today's where it is highest, the band's where it is highest in what is still to come."""
    shown = [cell for cell in cells if is_known(cell["mean"]) and cell["nodes"] and cell["mean"]]
    if shown:
        most = max(shown, key=lambda cell: cell["mean"])
        at = {"x": on_axis(most["start"]), "y": most["mean"], "xanchor": "right", "xshift": -8, "yanchor": "bottom"}
        chart.add_annotation(label("today", **at) | {"font": {"color": LIGHT.accent, "size": 12}})
    to_come = {at: level for at, level in band.items() if at > now.time() and at.hour < LAST_HOUR}
    if to_come or band:
        at_time, high = max((to_come or band).items(), key=lambda item: (item[1].high, item[0]))
        x = on_axis(dt.datetime.combine(now.date(), at_time, tzinfo=now.tzinfo))
        if at_time.hour >= _LATE_HOUR:
            # On a narrow page the words would leave the plot: they end with the day, where the line of now leaves room.
            moved = {"x": chart.layout.xaxis.range[1], "xanchor": "right", "xshift": 0, "visible": now.hour < _EVENING}
            at_number = f"annotations.{len(chart.layout.annotations)}"
            narrow = chart.layout.meta["narrow"] | {f"{at_number}.{key}": value for key, value in moved.items()}
            chart.update_layout(meta={**chart.layout.meta, "narrow": narrow})
        chart.add_annotation(label(name, x=x, y=high.high, xanchor="left", xshift=10, yanchor="bottom"))


def _silent(cells: list[dict[str, Any]]) -> list[tuple[dt.datetime, dt.datetime]]:
    spans: list[tuple[dt.datetime, dt.datetime]] = []
    for cell in cells:
        if cell["nodes"]:
            continue
        if spans and spans[-1][1] == cell["start"]:
            spans[-1] = (spans[-1][0], cell["end"])
        else:
            spans.append((cell["start"], cell["end"]))
    return spans


def _level(cell: dict[str, Any], k: int) -> str:
    if not cell["nodes"]:
        return "no records"
    return f"{wording.number(cell['mean'], 1)} devices" if is_known(cell["mean"]) else f"<{k} devices"


def _numbers(cells: list[dict[str, Any]], band: Mapping[dt.time, Band], zone: str, k: int) -> Table:
    """Hour by hour, so that the table stays one that can be read."""
    body = []
    for cell in cells:
        start = local(cell["start"], zone)
        if start.minute == 0:
            usual = band.get(start.time())
            words = wording.number_range(usual.low, usual.high, 1) if usual else "–"
            body.append([wording.clock(start), _level(cell, k), words])
    return Table(("From", "Today", "Usual"), body, right=(1, 2))
