"""What every subject and every person asks through: finds the project, opens snapshot and engine; knows no subject.

`project.py` composes the rooms, `view.py` gives the tables as one snapshot shows them, hot records included. `times.py`
reads what people write for a moment, `question.py` is what every call asks, `moment.py` lets many calls share one
moment, `then.py` asks of one that has passed, `on_engine.py` another engine, `each_engine.py` all of them. `reading.py`
answers `tt.load`, `tt.sql`, `tt.raw`, `tt.decode`; `source_state.py` `tt.sources`. Every function works on the project
found from the current folder upwards, or on the one given as `project`.
"""

from telltale.workbench.each_engine import engines
from telltale.workbench.moment import at_one_moment, hold
from telltale.workbench.on_engine import on
from telltale.workbench.project import Project
from telltale.workbench.question import period
from telltale.workbench.reading import decode, load, raw, sql, superseded
from telltale.workbench.source_state import sources
from telltale.workbench.then import at

__all__ = [
    "Project",
    "at",
    "at_one_moment",
    "decode",
    "engines",
    "hold",
    "load",
    "on",
    "period",
    "raw",
    "sources",
    "sql",
    "superseded",
]
