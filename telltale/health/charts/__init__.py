"""Figures of this subject, as plotly draws them."""

from typing import TYPE_CHECKING

from telltale.lazy import lazily

if TYPE_CHECKING:
    from telltale.health.charts.arrivals import arrivals as arrivals
    from telltale.health.charts.arrivals import lateness as lateness
    from telltale.health.charts.missing import missing_by_day as missing_by_day

__all__ = ["arrivals", "lateness", "missing_by_day"]

__getattr__, __dir__ = lazily(__name__, {"arrivals": "arrivals", "lateness": "arrivals", "missing_by_day": "missing"})
