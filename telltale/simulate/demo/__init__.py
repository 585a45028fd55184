"""The whole main path on invented devices, in one go: what `telltale demo` does.

A project of its own is written (`place`), its collector is started as a real process (`collector`), days of records
are handed in, a capture file is replayed and the newest reports are posted over HTTP (`run`), everything is settled and
analysed, and the figures are laid beside what the simulators know (`counted`: `compare`, `sensed`, `pressed`,
`worked`). A PC sends through its modem meanwhile (`desk`).
"""

from telltale.simulate.demo import desk
from telltale.simulate.demo.collector import Addresses, collecting
from telltale.simulate.demo.counted import counted, figures
from telltale.simulate.demo.figure import Figure
from telltale.simulate.demo.place import TIMEZONE, place
from telltale.simulate.demo.run import LOCAL, SOURCES, TAIL_S, Filled, fill, plan_of, scenario, truths
from telltale.simulate.demo.worked import days_off

__all__ = [
    "LOCAL",
    "SOURCES",
    "TAIL_S",
    "TIMEZONE",
    "Addresses",
    "Figure",
    "Filled",
    "collecting",
    "counted",
    "days_off",
    "desk",
    "figures",
    "fill",
    "place",
    "plan_of",
    "scenario",
    "truths",
]
