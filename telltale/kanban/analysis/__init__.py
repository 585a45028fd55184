"""What presses of buttons say: pulls, lead times, how many cards are needed; definitions of wire/kanban.md.

`presses` folds frames into presses, `signals` gives them their meaning, `observed` says when anybody listened. The
rest is arithmetic on plain numbers, each part by itself: `rates`, `lead_times`, `sizing`, `risk`, `charts`, `trends`.
"""

from telltale.kanban.analysis.observed import COVERED_BY_DAY, STRETCHES, joined, named_stretches, observed, touching
from telltale.kanban.analysis.presses import PRESS_KINDS, RULES, presses, set_back
from telltale.kanban.analysis.pulls import signals
from telltale.kanban.analysis.stays import stays

__all__ = [
    "COVERED_BY_DAY",
    "PRESS_KINDS",
    "RULES",
    "STRETCHES",
    "joined",
    "named_stretches",
    "observed",
    "presses",
    "set_back",
    "signals",
    "stays",
    "touching",
]
