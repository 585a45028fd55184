"""The whole main path on invented devices, in one go: what `telltale demo` does.

A project of its own is written (`place`), its collector is started as a real process (`collector`), days of reports
are handed in and the newest are posted to it over HTTP (`run`), everything is settled and analysed, and the figures are
laid beside what the simulators know (`compare`, `sensed`).
"""

from telltale.demo.collector import collecting
from telltale.demo.compare import Compared, compared
from telltale.demo.place import place
from telltale.demo.run import SOURCES, Filled, fill, scenario, truths
from telltale.demo.sensed import Sensed, sensed

__all__ = [
    "SOURCES",
    "Compared",
    "Filled",
    "Sensed",
    "collecting",
    "compared",
    "fill",
    "place",
    "scenario",
    "sensed",
    "truths",
]
