"""A project with simulated buttons, a phone and ack buttons, and what the simulator knows of them."""

import datetime as dt
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from zoneinfo import ZoneInfo

from telltale.lake.settle import settle_all
from tests.lake_fixture import ZONE, write_settings

if TYPE_CHECKING:
    from telltale.workbench import Project

FIRST = dt.datetime(2026, 9, 7, tzinfo=ZoneInfo(ZONE))
"""A Monday's midnight; the clocks go back on 25 October."""


class Pressed(NamedTuple):
    """The project, its clock at the end of the simulation, and what the simulator knows."""

    project: "Project"
    truth: Mapping[str, Any]


def pressed(root: Path, *, days: float = 70, seed: int = 5, settle: bool = True, more: str = "") -> Pressed:
    """Some days of buttons from `FIRST` on."""
    from telltale.contract import Scenario
    from telltale.settings import load
    from telltale.sources.button import SOURCE
    from telltale.sources.button.simulate.truth import buttons_csv
    from telltale.workbench import Project
    from tests.sensors.sensed import hand_in

    start_s = int(FIRST.timestamp())
    plan = Scenario(seed, start_s, start_s + round(days * 86_400), ZONE)
    project = Project(settings=load(write_settings(root, more=more)), now=lambda: plan.end_s * 10**6)
    (root / "buttons.csv").write_text(buttons_csv())
    hand_in(project, "button", plan)
    if settle:
        settle_all(project.lake, now_us=project.now_us())
    return Pressed(project, SOURCE.truth(plan, project.settings.source("button")))
