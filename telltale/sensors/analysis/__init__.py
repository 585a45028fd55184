"""Sensors: what they measured, what they did not, and when they left their limits."""

from telltale.sensors.analysis.completeness import completeness
from telltale.sensors.analysis.consumption import AMOUNTS, consumption
from telltale.sensors.analysis.days import (
    each,
    intervals_of,
    measured_of,
    shaken,
    stats_of,
    step_counts,
    thinned,
    walk_of,
)
from telltale.sensors.analysis.episodes import episodes
from telltale.sensors.analysis.excursions import excursions, outside
from telltale.sensors.analysis.kinetic import kinetic
from telltale.sensors.analysis.overdue import overdue
from telltale.sensors.analysis.rules import Rules
from telltale.sensors.analysis.series import figures, gaps, series, stats
from telltale.sensors.analysis.steps import Walk, intervals, limits, measured, walk
from telltale.sensors.analysis.unknown import by_period, unknown

__all__ = [
    "AMOUNTS",
    "Rules",
    "Walk",
    "by_period",
    "completeness",
    "consumption",
    "each",
    "episodes",
    "excursions",
    "figures",
    "gaps",
    "intervals",
    "intervals_of",
    "kinetic",
    "limits",
    "measured",
    "measured_of",
    "outside",
    "overdue",
    "series",
    "shaken",
    "stats",
    "stats_of",
    "step_counts",
    "thinned",
    "unknown",
    "walk",
    "walk_of",
]
