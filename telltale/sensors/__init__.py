"""`tt.sensors`: readings, their limits, excursions, gaps and trends."""

from typing import TYPE_CHECKING

from telltale.lazy import lazily

if TYPE_CHECKING:
    from telltale.sensors import cards as cards
    from telltale.sensors import charts as charts
    from telltale.sensors.answers import answers as answers
    from telltale.sensors.calls import completeness as completeness
    from telltale.sensors.calls import consumption as consumption
    from telltale.sensors.calls import coverage as coverage
    from telltale.sensors.calls import days_outside as days_outside
    from telltale.sensors.calls import episodes as episodes
    from telltale.sensors.calls import excursions as excursions
    from telltale.sensors.calls import gaps as gaps
    from telltale.sensors.calls import mean_kinetic_temperature as mean_kinetic_temperature
    from telltale.sensors.calls import minutes_outside as minutes_outside
    from telltale.sensors.calls import overdue as overdue
    from telltale.sensors.calls import series as series
    from telltale.sensors.calls import stats as stats
    from telltale.sensors.calls import trends as trends

__all__ = [
    "answers",
    "cards",
    "charts",
    "completeness",
    "consumption",
    "coverage",
    "days_outside",
    "episodes",
    "excursions",
    "gaps",
    "mean_kinetic_temperature",
    "minutes_outside",
    "overdue",
    "series",
    "stats",
    "trends",
]

__getattr__, __dir__ = lazily(
    __name__,
    {
        "answers": "answers",
        "cards": "",
        "charts": "",
        "completeness": "calls",
        "consumption": "calls",
        "coverage": "calls",
        "days_outside": "calls",
        "episodes": "calls",
        "excursions": "calls",
        "gaps": "calls",
        "mean_kinetic_temperature": "calls",
        "minutes_outside": "calls",
        "overdue": "calls",
        "series": "calls",
        "stats": "calls",
        "trends": "calls",
    },
    asked_by="telltale.workbench.on_engine",
)
