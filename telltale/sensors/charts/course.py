"""One sensor's course: its line, open where readings are missing, and between which values its means lie."""

import datetime as dt
from collections.abc import Collection, Iterator

import plotly.graph_objects as go

from telltale.charts.base import on_axis
from telltale.sensors.charts.panels import Line, Point

MOST_MARKED = 30
"""Up to so many points each is marked; of more only those that no line reaches."""
_POINT_PX = 5


def course(line: Line, ends: Collection[dt.datetime], axis: str) -> Iterator[go.Scatter]:
    """The traces of a line, from below: envelope, line, points.

    Args:
        line: of single readings or of means.
        ends: after which moments readings are missing.
        axis: the vertical one.
    """
    runs = list(_runs(line.points, ends))
    yield from _envelope(line, runs, axis)
    x = [at for run in runs for at in (*(on_axis(point.at) for point in run), None)]
    y = [value for run in runs for value in (*(point.value for point in run), None)]
    drawn = {"yaxis": axis, "hoverinfo": "skip"}
    yield go.Scatter(x=x, y=y, mode="lines", line={"color": line.colour, "width": 1.8}, **drawn)
    marked = [point for run in runs if len(run) == 1 or len(x) - len(runs) <= MOST_MARKED for point in run]
    if marked:
        yield go.Scatter(
            x=[on_axis(point.at) for point in marked], y=[point.value for point in marked], mode="markers",
            marker={"color": line.colour, "size": _POINT_PX}, **drawn,
        )  # fmt: skip


def _runs(points: list[Point], ends: Collection[dt.datetime]) -> Iterator[list[Point]]:
    """Stretches without a gap."""
    run: list[Point] = []
    for point in points:
        if point.value is not None:
            run.append(point)
        if run and (point.value is None or point.end in ends):
            yield run
            run = []
    if run:
        yield run


def _envelope(line: Line, runs: list[list[Point]], axis: str) -> Iterator[go.Scatter]:
    """From the lowest to the highest reading of each interval: what a mean would hide is seen."""
    for run in runs:
        known = [point for point in run if point.low is not None and point.high is not None]
        if any(point.low != point.high for point in known):
            forth = [(at, point.high) for point in known for at in (point.start, point.end)]
            back = [(at, point.low) for point in reversed(known) for at in (point.end, point.start)]
            yield go.Scatter(
                x=[on_axis(at) for at, _ in forth + back], y=[value for _, value in forth + back], yaxis=axis,
                mode="lines", line={"width": 0}, fill="toself", fillcolor=line.colour, opacity=0.2, hoverinfo="skip",
            )  # fmt: skip
