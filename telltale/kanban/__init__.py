"""`tt.kanban`: presses of buttons, the pulls they mean, lead times, and how many cards each item needs."""

from typing import TYPE_CHECKING

from telltale.lazy import lazily

if TYPE_CHECKING:
    from telltale.kanban import cards as cards
    from telltale.kanban import charts as charts
    from telltale.kanban.answers import answers as answers
    from telltale.kanban.calls import ack as ack
    from telltale.kanban.calls import capture_coverage as capture_coverage
    from telltale.kanban.calls import capture_gaps as capture_gaps
    from telltale.kanban.calls import capture_summary as capture_summary
    from telltale.kanban.calls import control as control
    from telltale.kanban.calls import days_covered as days_covered
    from telltale.kanban.calls import demand_carried as demand_carried
    from telltale.kanban.calls import items as items
    from telltale.kanban.calls import lead_time_summary as lead_time_summary
    from telltale.kanban.calls import lead_times as lead_times
    from telltale.kanban.calls import line_flow as line_flow
    from telltale.kanban.calls import phone_stays as phone_stays
    from telltale.kanban.calls import presses as presses
    from telltale.kanban.calls import pull as pull
    from telltale.kanban.calls import pulls as pulls
    from telltale.kanban.calls import rates as rates
    from telltale.kanban.calls import reorder_point as reorder_point
    from telltale.kanban.calls import risks as risks
    from telltale.kanban.calls import size as size
    from telltale.kanban.calls import stock_out as stock_out
    from telltale.kanban.calls import takt_s as takt_s
    from telltale.kanban.calls import target_stock as target_stock
    from telltale.kanban.calls import trends as trends
    from telltale.kanban.calls import weeks as weeks

__all__ = [
    "ack",
    "answers",
    "capture_coverage",
    "capture_gaps",
    "capture_summary",
    "cards",
    "charts",
    "control",
    "days_covered",
    "demand_carried",
    "items",
    "lead_time_summary",
    "lead_times",
    "line_flow",
    "phone_stays",
    "presses",
    "pull",
    "pulls",
    "rates",
    "reorder_point",
    "risks",
    "size",
    "stock_out",
    "takt_s",
    "target_stock",
    "trends",
    "weeks",
]

_OTHERS = {"answers": "answers", "cards": "", "charts": ""}
__getattr__, __dir__ = lazily(
    __name__, {name: _OTHERS.get(name, "calls") for name in __all__}, asked_by="telltale.workbench.on_engine"
)
