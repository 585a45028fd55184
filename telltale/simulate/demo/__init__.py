"""The whole main path on invented devices, in one go: what `telltale demo` does.

A project of its own is written (`place`), its collector is started as a real process (`collector`), days of records
are handed in, a capture file is replayed and the newest reports are posted over HTTP (`run`), everything is settled and
analysed, and the figures are laid beside what the simulators know (`compare`, `sensed`, `pressed`, `worked`). A PC
sends through its modem meanwhile (`desk`).
"""

from telltale.simulate.demo import desk
from telltale.simulate.demo.collector import collecting
from telltale.simulate.demo.compare import Compared, compared
from telltale.simulate.demo.figure import Figure
from telltale.simulate.demo.place import place
from telltale.simulate.demo.pressed import pressed
from telltale.simulate.demo.run import LOCAL, SOURCES, TAIL_S, Filled, fill, plan_of, scenario, truths
from telltale.simulate.demo.sensed import sensed
from telltale.simulate.demo.worked import days_off, worked

__all__ = [
    "LOCAL",
    "SOURCES",
    "TAIL_S",
    "Compared",
    "Figure",
    "Filled",
    "collecting",
    "compared",
    "days_off",
    "desk",
    "fill",
    "place",
    "plan_of",
    "pressed",
    "scenario",
    "sensed",
    "truths",
    "worked",
]
