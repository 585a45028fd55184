"""What presses of buttons say: pulls, lead times, how many cards are needed; definitions of wire/kanban.md."""

from telltale.analysis.kanban.presses import PRESS_KINDS, RULES, presses

__all__ = ["PRESS_KINDS", "RULES", "presses"]
