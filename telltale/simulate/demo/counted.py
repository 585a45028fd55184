"""What is in the lake, counted, beside what the simulators sent; and every figure of the demo together."""

from collections.abc import Mapping
from typing import Any

from telltale.contract import Scenario
from telltale.simulate.demo.compare import compared
from telltale.simulate.demo.figure import Figure
from telltale.simulate.demo.pressed import pressed
from telltale.simulate.demo.run import EFENTO, Filled, plan_of
from telltale.simulate.demo.sensed import sensed
from telltale.simulate.demo.worked import worked
from telltale.workbench.project import Project
from telltale.workbench.reading import load, sql


def counted(project: Project, filled: Mapping[str, Filled], truth: Mapping[str, Mapping[str, Any]]) -> list[Figure]:
    """Records and rows of the lake; `name` is of what, `figure` is count."""
    wifi, sensors, frames = (truth[name]["totals"] for name in ("cloudtrax", "sigfox", EFENTO))
    counts = {
        "reports": (filled["cloudtrax"].records, wifi["reports"]),
        "sightings": (_rows(project, "sighting"), wifi["sightings"]),
        "rejected rows": (_rows(project, "reject"), wifi["rejected"]),
        "callbacks": (filled["sigfox"].records, sensors["callbacks"]),
        "messages": (_rows(project, "uplink"), sensors["uplinks"]),
        "Efento frames": (_frames(project), frames["frames"] - frames["copies"]),
    }
    return [Figure(name, "count", found, true) for name, (found, true) in counts.items()]


def figures(project: Project, plan: Scenario, truth: Mapping[str, Mapping[str, Any]]) -> dict[str, list[Figure]]:
    """Every figure the demo compares, by kind: day, sensor, button, PC."""
    return {
        "day": compared(project, plan, truth["cloudtrax"]),
        "sensor": [figure for name in ("sigfox", EFENTO) for figure in sensed(project, plan, truth[name])],
        "button": pressed(project, plan_of("button", plan), truth["button"]),
        "PC": worked(project, plan, truth["pc_idle"]),
    }


def _rows(project: Project, table: str) -> int:
    return int(load(table, engine="arrow", since=None, project=project).num_rows)


def _frames(project: Project) -> int:
    """Measurement frames of Efento sensors, each once: what was sent twice is one row."""
    text = "select count(*) as n from device_status where kind = 'measurements' and source = 'efento'"
    return int(sql(text, project=project)["n"].iloc[0])
