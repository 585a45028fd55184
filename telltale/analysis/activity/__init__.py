"""Activity: when was a PC in use, when not, and when does nobody know."""

from telltale.analysis.activity.days import begin_us, day_of, days, weeks
from telltale.analysis.activity.given import Told, flooded
from telltale.analysis.activity.rules import Rules
from telltale.analysis.activity.spans import HEARD, LEVEL, LISTED, SPAN, seed_levels
from telltale.analysis.activity.team import team
from telltale.analysis.activity.totals import found_spans, heard, intervals, strips, totals, web_totals

__all__ = [
    "HEARD",
    "LEVEL",
    "LISTED",
    "SPAN",
    "Rules",
    "Told",
    "begin_us",
    "day_of",
    "days",
    "flooded",
    "found_spans",
    "heard",
    "intervals",
    "seed_levels",
    "strips",
    "team",
    "totals",
    "web_totals",
    "weeks",
]
