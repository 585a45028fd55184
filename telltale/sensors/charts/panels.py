"""Which series are drawn together: sensors of one quantity and the same limits share a panel, five at most."""

import datetime as dt
from collections import Counter
from collections.abc import Mapping
from itertools import groupby
from typing import Any, NamedTuple

from telltale import wording
from telltale.look.tokens import CATEGORY_ROLES, LIGHT

SERIES = ("device_id", "name", "channel", "quantity", "unit", "start", "end", "value_mean", "low", "high")
"""Columns of `tt.sensors.series` the panels are made of."""
ENVELOPE = ("value_min", "value_max")
"""Columns of the same, where each row is a bin."""
MOST = len(CATEGORY_ROLES)
"""So many lines tell themselves apart; a panel of more becomes two."""
_NO_LOW, _NO_HIGH = float("-inf"), float("inf")


class Point(NamedTuple):
    """One reading, where start and end are the same, or the mean of a bin."""

    start: dt.datetime
    end: dt.datetime
    value: float | None
    low: float | None = None
    high: float | None = None
    """Of a bin: its lowest and highest reading."""

    @property
    def at(self) -> dt.datetime:
        """Where it is drawn."""
        return self.start + (self.end - self.start) / 2


class Line(NamedTuple):
    """One sensor's series in order of time."""

    device_id: str
    channel: str
    name: str
    colour: str
    points: list[Point]
    of_channel: str = ""
    """`channel 1`, where the device measures the quantity with more than one."""

    @property
    def full_name(self) -> str:
        """`Vaccine fridge, channel 1`."""
        return ", ".join(filter(None, (self.name, self.of_channel)))


class Panel(NamedTuple):
    """Lines on one vertical axis."""

    quantity: str
    unit: str
    low: float | None
    high: float | None
    lines: list[Line]

    def has(self, line: Line, row: dict[str, Any]) -> bool:
        """Whether a row of another frame (device_id, channel, quantity) is about one of the panel's lines."""
        return (row["device_id"], row["channel"], row["quantity"]) == (line.device_id, line.channel, self.quantity)


def panels_of(table: list[dict[str, Any]]) -> list[Panel]:
    """The panels: the quantity of most sensors first, then those of most lines; equal ones by name.

    A sensor's place and colour follow from its name, whatever it measured.

    Args:
        table: rows of `SERIES`, any order.
    """
    ordered = sorted(table, key=lambda row: (_group(row), row["name"], row["device_id"], row["channel"], row["start"]))
    names = wording.apart({row["device_id"]: row["name"] for row in ordered})
    channels: dict[tuple[str, str], set[str]] = {}
    for row in ordered:
        channels.setdefault((row["device_id"], row["quantity"]), set()).add(row["channel"])
    panels = []
    for (quantity, unit, low, high), group in groupby(ordered, key=_group):
        told = [list(points) for _, points in groupby(group, key=lambda row: (row["device_id"], row["channel"]))]
        for first in range(0, len(told), MOST):
            lines = [
                _line(points, getattr(LIGHT, role), names, channels)
                for points, role in zip(told[first : first + MOST], CATEGORY_ROLES, strict=False)
            ]
            limits = (None if low == _NO_LOW else low, None if high == _NO_HIGH else high)
            panels.append(Panel(quantity, unit, *limits, lines))
    lines_of = Counter(panel.quantity for panel in panels for _ in panel.lines)
    return sorted(panels, key=lambda one: (-lines_of[one.quantity], one.quantity, -len(one.lines), one.lines[0].name))


def _line(
    points: list[dict[str, Any]],
    colour: str,
    names: Mapping[str, str],
    channels: Mapping[tuple[str, str], set[str]],
) -> Line:
    first = points[0]
    device_id, channel = first["device_id"], first["channel"]
    of_channel = f"channel {channel}" if len(channels[device_id, first["quantity"]]) > 1 else ""
    made = [
        Point(row["start"], row["end"], row["value_mean"], row.get("value_min"), row.get("value_max")) for row in points
    ]
    return Line(device_id, channel, names[device_id], colour, made, of_channel)


def _group(row: dict[str, Any]) -> tuple[str, str, float, float]:
    low, high = row["low"], row["high"]
    return row["quantity"], row["unit"], _NO_LOW if low is None else low, _NO_HIGH if high is None else high
