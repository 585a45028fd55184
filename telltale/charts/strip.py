"""Which nodes reported: one line per node, zone by zone, on the time axis of the chart above."""

import datetime as dt
from itertools import groupby
from typing import Any, NamedTuple

import plotly.graph_objects as go

from telltale import wording
from telltale.charts.base import on_axis, shortened
from telltale.frames import rows
from telltale.look.tokens import LIGHT

_ROW_PX = 8
_ZONE_PX = 17
"""A zone of one node is as high as its name."""
_LONGEST_ZONE = 16
_SILENT = dt.timedelta(hours=1)
"""A node unheard for this long at the end of the strip is marked."""


class Node(NamedTuple):
    """A node and the stretches in which it reported; its row lies `at` px below the strip's upper edge."""

    zone: str
    name: str
    at: float
    stretches: list[tuple[dt.datetime, dt.datetime]]


def node_strip(nodes: Any) -> list[Node]:
    """The nodes in order of zone and name.

    Args:
        nodes: node_id, start, end, optionally name and zone.
    """
    table = rows(nodes, "node_id", "start", "end", optional=("name", "zone"))
    table = [row | {"zone": row["zone"] or "", "name": row["name"] or row["node_id"]} for row in table]
    table.sort(key=lambda row: (row["zone"], row["name"], row["node_id"], row["start"]))
    strip: list[Node] = []
    for _, zone in groupby(table, key=lambda row: row["zone"]):
        runs = [list(run) for _, run in groupby(zone, key=lambda row: row["node_id"])]
        upper = strip_px(strip)
        step = max(_ZONE_PX / len(runs), _ROW_PX)
        for index, run in enumerate(runs):
            stretches = [(row["start"], row["end"]) for row in run]
            strip.append(Node(run[0]["zone"], run[0]["name"], upper + (index + 0.5) * step, stretches))
    return strip


def strip_px(strip: list[Node]) -> float:
    """The height of the strip."""
    zones = [len(list(nodes)) for _, nodes in groupby(strip, key=lambda node: node.zone)]
    return float(sum(max(_ZONE_PX, _ROW_PX * count) for count in zones))


def strip_axis(strip: list[Node]) -> dict[str, Any]:
    """The vertical axis of the strip: zones by name, or how many nodes there are when none has a zone."""
    zones = {zone: [node.at for node in nodes] for zone, nodes in groupby(strip, key=lambda node: node.zone)}
    return {
        "range": [strip_px(strip), 0],
        "showgrid": False,
        "tickvals": [sum(rows) / len(rows) for rows in zones.values()],
        "ticktext": strip_names(strip),
        "rangemode": "normal",
    }


def strip_names(strip: list[Node]) -> list[str]:
    """What stands left of each zone; a chart keeps room for it."""
    zones = [zone for zone, _ in groupby(strip, key=lambda node: node.zone)]
    without = "no zone" if len(zones) > 1 else wording.count(len(strip), "node")
    return [shortened(zone, _LONGEST_ZONE) if zone else without for zone in zones]


def add_strip(chart: go.Figure, strip: list[Node], end: dt.datetime) -> None:
    """Draw the rows on the chart's second vertical axis; a node silent at the end carries a triangle."""
    for node in strip:
        x = [moment for a, b in node.stretches for moment in (on_axis(a), on_axis(b), None)]
        chart.add_scatter(
            x=x,
            y=[None if moment is None else node.at for moment in x],
            yaxis="y2",
            mode="lines",
            line={"color": LIGHT.ghost, "width": 3},
            hovertemplate=f"{node.name}<extra></extra>",
        )
    silent = [node for node in strip if end - node.stretches[-1][1] > _SILENT]
    if silent:
        chart.add_scatter(
            x=[on_axis(node.stretches[-1][1]) for node in silent],
            y=[node.at for node in silent],
            yaxis="y2",
            mode="markers",
            marker={"symbol": "triangle-up", "size": 8, "color": LIGHT.alarm},
            hovertext=[f"{node.name} silent since then" for node in silent],
            hovertemplate="%{hovertext}<extra></extra>",
        )
