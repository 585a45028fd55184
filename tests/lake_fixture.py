"""A project filled by the simulator's backfill, for tests that need a lake with a truth.

Keys of one day, Europe/Berlin, everything kept unless told; the simulated staff and fixed devices are on their lists.
`lake` is built once a test run: tests read it and leave it as it is.
"""

import datetime as dt
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from zoneinfo import ZoneInfo

import pytest

from telltale.lake.merge import merge
from telltale.lake.settle import settle_all

if TYPE_CHECKING:
    from telltale.contract import Scenario
    from telltale.workbench import Project

ZONE = "Europe/Berlin"
SITE = "71234"
SECRET = "telltale"
FIRST = dt.datetime(2026, 11, 19, tzinfo=ZoneInfo(ZONE))
"""A Thursday's midnight: at 03:10 all nodes fall silent, on Friday afternoon three of them."""


_ROW = (
    '{"mac":"%s","count":3,"min_signal":-90,"max_signal":%d,"avg_signal":-90,'
    '"first_seen":%d,"last_seen":%d,"associated":false}'
)


class Lake(NamedTuple):
    """A filled project and what the simulator knows of it."""

    project: "Project"
    scenario: "Scenario"
    truth: Mapping[str, Any]


@pytest.fixture(scope="session")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    """Two whole days, Thursday and Friday, and Saturday until 15:00, which is the present."""
    return fill(tmp_path_factory.mktemp("lake"), hours=2 * 24 + 15)


def fill(root: Path, *, hours: float, seed: int = 11, settle: bool = True, keep: bool = True) -> Lake:
    """A project in `root` with some hours of invented signals from `FIRST` on; its clock stands at their end."""
    from telltale.contract import Scenario
    from telltale.settings import load
    from telltale.sources.cloudtrax import SOURCE
    from telltale.workbench import Project

    start_s = int(FIRST.timestamp())
    scenario = Scenario(seed, start_s, start_s + round(hours * 3600), ZONE)
    settings = load(write_settings(root, keep=keep))
    project = Project(settings=settings, now=lambda: scenario.end_s * 1_000_000, threads=1)
    truth = SOURCE.truth(scenario, settings.source(SOURCE.name))
    for name in ("staff", "fixed"):
        for address in truth[name]:
            project.lists.add(name, address)
    nodes = [f"{node['node_id']},{node['name']},{node['zone']},node" for node in truth["nodes"]]
    (root / "devices.csv").write_text("\n".join(["device_id,name,zone,role", *nodes, ""]))
    _backfill(project, scenario)
    if settle:
        settle_all(project.lake, now_us=project.now_us())
        merge(project.lake, now_us=project.now_us())
    return Lake(project, scenario, truth)


def write_settings(root: Path, *, keep: bool = True, zone: str = ZONE, more: str = "") -> Path:
    """The files of a project in a folder; returns it."""
    root.mkdir(parents=True, exist_ok=True)
    told = f'[site]\nname = "Harbour site"\ntimezone = "{zone}"\nkeep = {str(keep).lower()}\n'
    (root / "telltale.toml").write_text(told + more)
    secrets = root / "secrets.toml"
    secrets.touch(mode=0o600)
    secrets.write_text(f'[cloudtrax]\n{SITE} = "{SECRET}"\n')
    return root


def report(node: str, rows: list[tuple[str, int, int, int]], *, site: str = SITE) -> bytes:
    """The body of a report: rows of address, strongest signal, first and last second."""
    listed = ",".join(_ROW % row for row in rows)
    return f'{{"network_id":{site},"node_mac":"{node}","version":1,"probe_requests":[{listed}]}}'.encode()


def hear(
    project: "Project", *stays: tuple[str, str, str], site: str = SITE, received: str = "", level: int = -50
) -> None:
    """Let a node hear stations from one local time to another: (address, from, to), a report each 10 min, hot rows."""
    from telltale.contract import Raw

    landing = project.landing()
    try:
        for address, since, until in stays:
            for second in range(at(since) // 10**6, at(until) // 10**6 + 1, 600):
                body = report("AC:86:74:11:22:33", [(address, level, second, second)], site=site)
                received_us = at(received) if received else (second + 5) * 10**6
                landing.append(Raw(0, "cloudtrax", received_us, "127.0.0.1", "{}", body))
    finally:
        landing.close()


def set_clock(project: "Project", now_us: int) -> None:
    """Let the project live at another moment."""
    project.clock = lambda: now_us


def at(text: str) -> int:
    """A moment of the site's clock in microseconds UTC."""
    moment = dt.datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(ZONE))
    return (moment - dt.datetime(1970, 1, 1, tzinfo=dt.UTC)) // dt.timedelta(microseconds=1)


def _backfill(project: "Project", scenario: "Scenario") -> None:
    from telltale.simulate.play import backfill
    from telltale.sources.cloudtrax import SOURCE

    landing = project.landing()
    try:
        for _ in backfill(SOURCE, scenario, project.settings.source(SOURCE.name), landing):
            pass
    finally:
        landing.close()
