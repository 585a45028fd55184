"""Figures of this subject, as plotly draws them."""

from typing import TYPE_CHECKING

from telltale.lazy import lazily

if TYPE_CHECKING:
    from telltale.presence.charts.dwell import dwell_histogram as dwell_histogram
    from telltale.presence.charts.moves import moves_matrix as moves_matrix
    from telltale.presence.charts.occupancy import occupancy as occupancy
    from telltale.presence.charts.usual import usual_band as usual_band
    from telltale.presence.charts.usual import usual_day as usual_day
    from telltale.presence.charts.visitors import visitors_by_day as visitors_by_day

__all__ = ["dwell_histogram", "moves_matrix", "occupancy", "usual_band", "usual_day", "visitors_by_day"]

__getattr__, __dir__ = lazily(
    __name__,
    {
        "dwell_histogram": "dwell",
        "moves_matrix": "moves",
        "occupancy": "occupancy",
        "usual_band": "usual",
        "usual_day": "usual",
        "visitors_by_day": "visitors",
    },
)
