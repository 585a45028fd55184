"""The numbers behind the lines: lowest, mean and highest of what is drawn, day by day."""

from collections.abc import Sequence
from itertools import groupby

from telltale import wording
from telltale.frames import local
from telltale.page import said
from telltale.page.claims import About
from telltale.page.said import Said
from telltale.page.table import Table
from telltale.sensors import claims
from telltale.sensors.charts.panels import Line, Panel
from telltale.sensors.words.kept import quantity_name


def numbers(panels: Sequence[Panel], zone: str, about: About) -> Table:
    """Day by day, so that a fortnight stays a table one can read.

    Args:
        panels: as they are drawn.
        zone: the site's.
        about: what the numbers are claims of (`tt.sensors.series`).
    """
    body = []
    for panel in panels:
        for line in panel.lines:
            known = [(local(point.start, zone).date(), point.value) for point in line.points]
            for day, points in groupby(known, key=lambda told: told[0]):
                values = [value for _, value in points if value is not None]
                if values:
                    shown = _shown(panel, line, day.isoformat(), values, about)
                    body.append([line.full_name, quantity_name(panel.quantity), wording.short_date(day), *shown])
    return Table(("Sensor", "Quantity", "Day", "Lowest shown", "Mean shown", "Highest shown"), body, right=(3, 4, 5))


def _shown(panel: Panel, line: Line, day: str, values: Sequence[float], about: About) -> list[Said]:
    row = {"device_id": line.device_id, "channel": line.channel, "quantity": panel.quantity, "day": day}
    row |= {"name": line.name}
    figures = claims.of_day(about, row, values, panel.unit)
    return [said.quantity(claim, 1) if panel.unit else said.number(claim, 1) for claim in figures]
