"""What presses of buttons say: pulls, lead times, how many cards are needed; definitions of wire/kanban.md.

`presses` folds frames into presses, `signals` gives them their meaning, `observed` says when anybody listened. The
rest is arithmetic on plain numbers, each part by itself: `rates`, `lead_times`, `sizing`, `risk`, `charts`, `trends`.
"""

from telltale.kanban.analysis.observed import observed
from telltale.kanban.analysis.presses import PRESS_KINDS, RULES, presses
from telltale.kanban.analysis.pulls import signals
from telltale.kanban.analysis.stays import stays

__all__ = ["PRESS_KINDS", "RULES", "observed", "presses", "signals", "stays"]
