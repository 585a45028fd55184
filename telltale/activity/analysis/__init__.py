"""Activity: when was a PC in use, when not, and when does nobody know."""

from telltale.activity.analysis.given import Stretch, flooded
from telltale.activity.analysis.rules import Rules
from telltale.activity.analysis.spans import LEVEL, LISTED, SIGNAL, SPAN, seed_levels
from telltale.activity.analysis.team import team
from telltale.activity.analysis.totals import (
    figures,
    intervals,
    signals,
    spans_of,
    strips,
    totals,
    totals_of,
    web_totals,
)

__all__ = [
    "LEVEL",
    "LISTED",
    "SIGNAL",
    "SPAN",
    "Rules",
    "Stretch",
    "figures",
    "flooded",
    "intervals",
    "seed_levels",
    "signals",
    "spans_of",
    "strips",
    "team",
    "totals",
    "totals_of",
    "web_totals",
]
