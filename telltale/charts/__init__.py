"""Plotly figures of our look, one question a file; each takes the frames of `tt` and returns a figure.

Charts compute nothing that analysis has not: they withhold small counts, choose scales and word labels.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from telltale.activity.charts.hours import activity_hours as activity_hours
    from telltale.activity.charts.hours import activity_ranges as activity_ranges
    from telltale.activity.charts.levels import activity_levels as activity_levels
    from telltale.activity.charts.levels import team_hours as team_hours
    from telltale.activity.charts.strips import activity_strips as activity_strips
    from telltale.charts.base import nothing as nothing
    from telltale.health.charts.arrivals import arrivals as arrivals
    from telltale.health.charts.arrivals import lateness as lateness
    from telltale.kanban.charts.control import control_charts as control_charts
    from telltale.kanban.charts.items import button_silence as button_silence
    from telltale.kanban.charts.items import cards_needed as cards_needed
    from telltale.kanban.charts.leads import lead_times as lead_times
    from telltale.kanban.charts.rates import pull_rates as pull_rates
    from telltale.kanban.charts.risk import risk_curves as risk_curves
    from telltale.kanban.charts.risk import stock_out_risk as stock_out_risk
    from telltale.presence.charts.dwell import dwell_histogram as dwell_histogram
    from telltale.presence.charts.moves import moves_matrix as moves_matrix
    from telltale.presence.charts.occupancy import occupancy as occupancy
    from telltale.presence.charts.usual import usual_band as usual_band
    from telltale.presence.charts.usual import usual_day as usual_day
    from telltale.presence.charts.visitors import visitors_by_day as visitors_by_day
    from telltale.sensors.charts.days import missing_by_day as missing_by_day
    from telltale.sensors.charts.days import outside_by_day as outside_by_day
    from telltale.sensors.charts.doors import with_doors as with_doors
    from telltale.sensors.charts.readings import readings as readings

_WHERE = {
    "activity_hours": "telltale.activity.charts.hours",
    "activity_levels": "telltale.activity.charts.levels",
    "activity_ranges": "telltale.activity.charts.hours",
    "activity_strips": "telltale.activity.charts.strips",
    "arrivals": "telltale.health.charts.arrivals",
    "button_silence": "telltale.kanban.charts.items",
    "cards_needed": "telltale.kanban.charts.items",
    "control_charts": "telltale.kanban.charts.control",
    "dwell_histogram": "telltale.presence.charts.dwell",
    "lateness": "telltale.health.charts.arrivals",
    "lead_times": "telltale.kanban.charts.leads",
    "missing_by_day": "telltale.sensors.charts.days",
    "moves_matrix": "telltale.presence.charts.moves",
    "nothing": "telltale.charts.base",
    "occupancy": "telltale.presence.charts.occupancy",
    "outside_by_day": "telltale.sensors.charts.days",
    "pull_rates": "telltale.kanban.charts.rates",
    "readings": "telltale.sensors.charts.readings",
    "risk_curves": "telltale.kanban.charts.risk",
    "stock_out_risk": "telltale.kanban.charts.risk",
    "team_hours": "telltale.activity.charts.levels",
    "usual_band": "telltale.presence.charts.usual",
    "usual_day": "telltale.presence.charts.usual",
    "visitors_by_day": "telltale.presence.charts.visitors",
    "with_doors": "telltale.sensors.charts.doors",
}
__all__ = [
    "activity_hours",
    "activity_levels",
    "activity_ranges",
    "activity_strips",
    "arrivals",
    "button_silence",
    "cards_needed",
    "control_charts",
    "dwell_histogram",
    "lateness",
    "lead_times",
    "missing_by_day",
    "moves_matrix",
    "nothing",
    "occupancy",
    "outside_by_day",
    "pull_rates",
    "readings",
    "risk_curves",
    "stock_out_risk",
    "team_hours",
    "usual_band",
    "usual_day",
    "visitors_by_day",
    "with_doors",
]


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"telltale.charts has no {name!r}")
    return getattr(import_module(_WHERE[name]), name)
