"""A project with simulated Sigfox sensors, listed with their limits; access points too where asked for."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from telltale.lake.settle import settle_all
from tests.lake_fixture import FIRST, ZONE, write_settings

if TYPE_CHECKING:
    from telltale.contract import Scenario
    from telltale.workbench import Project

DAYS = 4
OPTIONS = """
[sources.sigfox.quantities]
temperature = { unit = "°C" }
humidity = { unit = "%" }
"""
LISTED = ("name", "place", "zone", "role", "expected_interval_s", "low", "high")
NEVER = "sigfox:abc,Freezer,Kitchen,Canteen,sensor,630,-30,-15"
"""A listed sensor that says nothing."""


class Sensed(NamedTuple):
    """The project, its clock at the end of the simulation, and what the simulator knows."""

    project: "Project"
    truth: Mapping[str, Any]

    @property
    def devices(self) -> Mapping[str, Any]:
        devices: Mapping[str, Any] = self.truth["devices"]
        return devices


def sensed(root: Path, *, seed: int = 3, nodes_h: float = 0, more_devices: tuple[str, ...] = ()) -> Sensed:
    """Four days of sensors from a Thursday's midnight and a part of the fifth; the newest hour is still hot."""
    from telltale.contract import Scenario
    from telltale.settings import load
    from telltale.workbench import Project

    start_s = int(FIRST.timestamp())
    plan = Scenario(seed, start_s, start_s + DAYS * 86_400 + 14 * 3600, ZONE)
    project = Project(settings=load(write_settings(root, more=OPTIONS)), now=lambda: plan.end_s * 10**6)
    if nodes_h:
        hand_in(
            project,
            "cloudtrax",
            plan._replace(start_s=plan.end_s - round((nodes_h + 2) * 3600), end_s=plan.end_s - 7200),
        )
    hand_in(project, "sigfox", plan._replace(end_s=plan.end_s - 3600))
    settle_all(project.lake, now_us=project.now_us())
    hand_in(project, "sigfox", plan._replace(start_s=plan.end_s - 3600))
    truth = truth_of(project, "sigfox", plan)
    list_devices(root, truth, *more_devices)
    return Sensed(project, truth)


def truth_of(project: "Project", name: str, plan: "Scenario") -> Mapping[str, Any]:
    """What the simulator knows of a scenario."""
    from telltale.sources import source

    return source(name).truth(plan, project.settings.source(name))


def hand_in(project: "Project", name: str, plan: "Scenario") -> None:
    """Put the simulated records of a source into the store."""
    from telltale.simulate.play import backfill
    from telltale.sources import source

    landing = project.landing()
    try:
        for _ in backfill(source(name), plan, project.settings.source(name), landing):
            pass
    finally:
        landing.close()


def list_devices(root: Path, truth: Mapping[str, Any], *more: str) -> None:
    """Write devices.csv of the simulated sensors, and further lines."""
    lines = [
        ",".join([device_id, *("" if told[name] is None else str(told[name]) for name in LISTED)])
        for device_id, told in truth["devices"].items()
    ]
    (root / "devices.csv").write_text("\n".join([",".join(["device_id", *LISTED]), *lines, *more, ""]))
