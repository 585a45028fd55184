"""`tt.kanban`: presses of buttons, the pulls they mean, lead times, and how many cards each item needs."""

from typing import TYPE_CHECKING

from telltale.lazy import lazily

if TYPE_CHECKING:
    from telltale.kanban import charts as charts
    from telltale.kanban.calls import ack as ack
    from telltale.kanban.calls import chart as chart
    from telltale.kanban.calls import days_covered as days_covered
    from telltale.kanban.calls import items as items
    from telltale.kanban.calls import lead_times as lead_times
    from telltale.kanban.calls import line_flow as line_flow
    from telltale.kanban.calls import observed as observed
    from telltale.kanban.calls import presses as presses
    from telltale.kanban.calls import pull as pull
    from telltale.kanban.calls import pulls as pulls
    from telltale.kanban.calls import rates as rates
    from telltale.kanban.calls import reorder_point as reorder_point
    from telltale.kanban.calls import risks as risks
    from telltale.kanban.calls import size as size
    from telltale.kanban.calls import stays as stays
    from telltale.kanban.calls import stock_out as stock_out
    from telltale.kanban.calls import takt_s as takt_s
    from telltale.kanban.calls import trends as trends

__all__ = [
    "ack",
    "chart",
    "charts",
    "days_covered",
    "items",
    "lead_times",
    "line_flow",
    "observed",
    "presses",
    "pull",
    "pulls",
    "rates",
    "reorder_point",
    "risks",
    "size",
    "stays",
    "stock_out",
    "takt_s",
    "trends",
]

__getattr__, __dir__ = lazily(
    __name__,
    {
        "ack": "calls",
        "chart": "calls",
        "charts": "",
        "days_covered": "calls",
        "items": "calls",
        "lead_times": "calls",
        "line_flow": "calls",
        "observed": "calls",
        "presses": "calls",
        "pull": "calls",
        "pulls": "calls",
        "rates": "calls",
        "reorder_point": "calls",
        "risks": "calls",
        "size": "calls",
        "stays": "calls",
        "stock_out": "calls",
        "takt_s": "calls",
        "trends": "calls",
    },
)
