"""Activity: when was a PC in use, when not, and when does nobody know."""

from telltale.activity.analysis.days import begin_us, day_of, days, weeks
from telltale.activity.analysis.given import Told, flooded
from telltale.activity.analysis.rules import Rules
from telltale.activity.analysis.spans import HEARD, LEVEL, LISTED, SPAN, seed_levels
from telltale.activity.analysis.team import team
from telltale.activity.analysis.totals import found_spans, heard, intervals, strips, totals, web_totals

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
