"""Plotly figures of our look, one question a file; each takes the frames of `tt` and returns a figure.

Charts compute nothing that analysis has not: they withhold small counts, choose scales and word labels.
"""

from telltale.charts.activity_hours import activity_hours, activity_ranges
from telltale.charts.activity_levels import activity_levels, team_hours
from telltale.charts.activity_strips import activity_strips
from telltale.charts.arrivals import arrivals, lateness
from telltale.charts.base import nothing
from telltale.charts.doors import with_doors
from telltale.charts.dwell import dwell_histogram
from telltale.charts.kanban_control import control_charts
from telltale.charts.kanban_items import button_silence, cards_needed
from telltale.charts.kanban_leads import lead_times
from telltale.charts.kanban_rates import pull_rates
from telltale.charts.kanban_risk import risk_curves, stock_out_risk
from telltale.charts.moves import moves_matrix
from telltale.charts.occupancy import occupancy
from telltale.charts.readings import readings
from telltale.charts.sensor_days import missing_by_day, outside_by_day
from telltale.charts.usual import usual_band, usual_day
from telltale.charts.visitors import visitors_by_day

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
