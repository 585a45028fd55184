"""Sensors: what they measured, what they did not, and when they left their limits."""

from telltale.sensors.analysis.completeness import completeness
from telltale.sensors.analysis.consumption import AMOUNTS, consumption
from telltale.sensors.analysis.episodes import episodes
from telltale.sensors.analysis.excursions import excursions, outside
from telltale.sensors.analysis.kinetic import kinetic
from telltale.sensors.analysis.overdue import overdue
from telltale.sensors.analysis.rules import Rules
from telltale.sensors.analysis.series import gaps, series, stats
from telltale.sensors.analysis.steps import intervals, limits, measured
from telltale.sensors.analysis.unknown import by_period, unknown

__all__ = [
    "AMOUNTS",
    "Rules",
    "by_period",
    "completeness",
    "consumption",
    "episodes",
    "excursions",
    "gaps",
    "intervals",
    "kinetic",
    "limits",
    "measured",
    "outside",
    "overdue",
    "series",
    "stats",
    "unknown",
]
