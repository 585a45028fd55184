"""Figures of this subject, as plotly draws them."""

from typing import TYPE_CHECKING

from telltale.lazy import lazily

if TYPE_CHECKING:
    from telltale.sensors.charts.days import outside_by_day as outside_by_day
    from telltale.sensors.charts.doors import with_doors as with_doors
    from telltale.sensors.charts.readings import readings as readings

__all__ = ["outside_by_day", "readings", "with_doors"]

__getattr__, __dir__ = lazily(__name__, {"outside_by_day": "days", "readings": "readings", "with_doors": "doors"})
