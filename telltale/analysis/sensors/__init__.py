"""Sensors: what they measured, what they did not, and when they left their limits."""

from telltale.analysis.sensors.completeness import completeness
from telltale.analysis.sensors.consumption import consumption
from telltale.analysis.sensors.episodes import episodes
from telltale.analysis.sensors.excursions import excursions, outside
from telltale.analysis.sensors.kinetic import kinetic
from telltale.analysis.sensors.overdue import overdue
from telltale.analysis.sensors.rules import Rules
from telltale.analysis.sensors.series import gaps, series, stats
from telltale.analysis.sensors.steps import intervals, limits
from telltale.analysis.sensors.trends import TrendRules, trends

__all__ = [
    "Rules",
    "TrendRules",
    "completeness",
    "consumption",
    "episodes",
    "excursions",
    "gaps",
    "intervals",
    "kinetic",
    "limits",
    "outside",
    "overdue",
    "series",
    "stats",
    "trends",
]
