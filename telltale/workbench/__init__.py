"""What notebooks, reports and the command line call: finds the project, opens snapshot and engine, calls analysis.

`project.py` composes the rooms, `rows.py` gives the tables as one snapshot shows them, hot records included.
`reading.py` answers `tt.load`, `tt.sql`, `tt.raw`, `tt.decode`; `state.py` `tt.sources`; `devices.py` `tt.health` and
`tt.missing`; `heard.py` what the earlier receiver offered; `presence.py` is `tt.presence`, with `stays.py` behind it,
`sensors.py` is `tt.sensors`, `activity.py` `tt.activity`, `kanban.py` `tt.kanban`. Every function works on the project
found from the current folder upwards, or on the one given as `project`.
"""

from telltale.workbench import activity, kanban, presence, sensors
from telltale.workbench.devices import health, missing, strips
from telltale.workbench.heard import last_seen, nodes_seen, sample, sightings
from telltale.workbench.project import Project
from telltale.workbench.reading import decode, load, raw, sql
from telltale.workbench.state import sources

__all__ = [
    "Project",
    "activity",
    "decode",
    "health",
    "kanban",
    "last_seen",
    "load",
    "missing",
    "nodes_seen",
    "presence",
    "raw",
    "sample",
    "sensors",
    "sightings",
    "sources",
    "sql",
    "strips",
]
