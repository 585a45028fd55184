"""What presses of buttons say: pulls, lead times, how many cards are needed; definitions of wire/kanban.md.

`presses` folds frames into presses, `signals` gives them their meaning, `observed` says when anybody listened. The
rest is arithmetic on plain numbers, each part by itself: `rates`, `lead_times`, `sizing`, `risk`, `charts`, `trends`.
"""

from telltale.analysis.kanban.observed import observed
from telltale.analysis.kanban.presses import PRESS_KINDS, RULES, presses
from telltale.analysis.kanban.pulls import signals
from telltale.analysis.kanban.stays import stays

__all__ = ["PRESS_KINDS", "RULES", "observed", "presses", "signals", "stays"]
