"""`tt.kanban`: what presses of buttons say of demand, lead times and cards, as tidy pandas."""

from telltale.workbench.press_rules import rules

__all__ = ["rules"]
