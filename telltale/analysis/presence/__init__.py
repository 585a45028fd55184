"""Presence: who was there, how long, how many at once, and how they moved (wire/presence.md sections 5 to 7)."""

from telltale.analysis.presence.engagement import connection, engagement
from telltale.analysis.presence.figures import figures
from telltale.analysis.presence.modes import MODES, Rate, fit_rate, of_mode
from telltale.analysis.presence.moves import Moves, moves
from telltale.analysis.presence.noise import noise, removed, without
from telltale.analysis.presence.occupancy import occupancy
from telltale.analysis.presence.returning import loyalty, new_returning
from telltale.analysis.presence.rules import Rules
from telltale.analysis.presence.strips import node_clocks, node_strips
from telltale.analysis.presence.visits import visits

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
