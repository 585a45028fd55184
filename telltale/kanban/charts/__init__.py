"""Figures of this subject, as plotly draws them."""

from typing import TYPE_CHECKING

from telltale.lazy import lazily

if TYPE_CHECKING:
    from telltale.kanban.charts.control import control_charts as control_charts
    from telltale.kanban.charts.items import button_silence as button_silence
    from telltale.kanban.charts.items import cards_needed as cards_needed
    from telltale.kanban.charts.leads import lead_times as lead_times
    from telltale.kanban.charts.rates import pull_rates as pull_rates
    from telltale.kanban.charts.risk import risk_curves as risk_curves
    from telltale.kanban.charts.risk import stock_out_risk as stock_out_risk

_WHERE = {
    "button_silence": "items",
    "cards_needed": "items",
    "control_charts": "control",
    "lead_times": "leads",
    "pull_rates": "rates",
    "risk_curves": "risk",
    "stock_out_risk": "risk",
}
__all__ = [
    "button_silence",
    "cards_needed",
    "control_charts",
    "lead_times",
    "pull_rates",
    "risk_curves",
    "stock_out_risk",
]

__getattr__, __dir__ = lazily(__name__, _WHERE)
