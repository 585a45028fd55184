"""Presence: who was there, how long, how many at once, and how they moved (wire/presence.md sections 5 to 7)."""

from telltale.analysis.strips import node_clocks, node_strips
from telltale.presence.analysis.engagement import connection, engagement
from telltale.presence.analysis.figures import figures
from telltale.presence.analysis.modes import MODES, Rate, fit_rate, of_mode
from telltale.presence.analysis.moves import Moves, moves
from telltale.presence.analysis.noise import noise, removed, without
from telltale.presence.analysis.occupancy import occupancy
from telltale.presence.analysis.returning import loyalty, new_returning
from telltale.presence.analysis.rules import Rules
from telltale.presence.analysis.visits import visits

__all__ = [
    "MODES",
    "Moves",
    "Rate",
    "Rules",
    "connection",
    "engagement",
    "figures",
    "fit_rate",
    "loyalty",
    "moves",
    "new_returning",
    "node_clocks",
    "node_strips",
    "noise",
    "occupancy",
    "of_mode",
    "removed",
    "visits",
    "without",
]
