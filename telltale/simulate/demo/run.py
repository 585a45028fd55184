"""Fill the demo's store: each source by its own way in, all settled.

cloudtrax, sigfox   history handed in with its own times, the newest minutes over real HTTP
pc_idle             handed in: an agent stores on its own PC
button              eight weeks of frames as a capture file, replayed
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from telltale.contract import Scenario
from telltale.lake.merge import merge
from telltale.lake.settle import settle_all
from telltale.simulate.demo import desk
from telltale.simulate.demo.collector import Addresses
from telltale.simulate.demo.place import list_devices
from telltale.simulate.demo.pressed import NAME as BUTTON
from telltale.simulate.demo.pressed import capture_and_replay, list_buttons, of_weeks
from telltale.simulate.play import Played, backfill, play
from telltale.sources import source
from telltale.workbench.project import Project

EFENTO = "efento"
TAIL_S = {"sigfox": 900, EFENTO: 900, "cloudtrax": 60}
"""The sources that go over a wire, and how much of the newest past of each: about two reports a node, one message a
sensor. More would arrive long after it was sent, and look like slow clocks and gaps."""
LOCAL = ("pc_idle",)
SOURCES = (*TAIL_S, *LOCAL, BUTTON)


class Filled(NamedTuple):
    """How the records of a source came in."""

    handed_in: int
    played: Played | None = None
    """Over its wire; None for a source that has another way in."""

    @property
    def records(self) -> int:
        """All that is in the lake."""
        return self.handed_in + (self.played.accepted if self.played else 0)


def scenario(settings_timezone: str, *, days: int, seed: int, now_us: int) -> Scenario:
    """The scenario of `days` local days, today's part included: from a local midnight to now."""
    now = datetime.fromtimestamp(now_us // 1_000_000, UTC).astimezone(ZoneInfo(settings_timezone))
    begin = (now - timedelta(days=days)).replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
    return Scenario(seed, int(begin.timestamp()), int(now.timestamp()), settings_timezone)


def plan_of(name: str, plan: Scenario) -> Scenario:
    """The scenario of one source; that of the buttons begins earlier."""
    return of_weeks(plan) if name == BUTTON else plan


def truths(project: Project, plan: Scenario) -> dict[str, dict[str, Any]]:
    """What the simulators of the demo know, by source."""
    settings = project.settings
    return {name: dict(source(name).truth(plan_of(name, plan), settings.source(name))) for name in SOURCES}


def fill(
    project: Project,
    at: Addresses | None,
    plan: Scenario,
    known: Mapping[str, Mapping[str, Any]],
    *,
    tell: Callable[[str, int], None],
) -> dict[str, Filled]:
    """Simulate `plan` into the project, its newest part over HTTP and CoAP to the collectors, and settle it.

    The devices are listed, and staff and fixed ones put on the project's lists first, as their owner would.

    Args:
        project: the demo's; its present is that of the plan's end.
        at: the collectors; None hands in everything with its own times, as of a present that has passed.
        plan: what is simulated.
        known: the simulators' truths, by source.
        tell: hears how far it is: the step and its records.
    """
    _introduce(project, known)
    filled = {name: Filled(_hand_in(project, name, plan, tell)) for name in LOCAL}
    filled[BUTTON] = Filled(
        capture_and_replay(project, of_weeks(plan), "workshop", lambda at: tell(f"{BUTTON}: replaying a capture", at))
    )
    filled |= {name: _by_wire(project, at, name, plan, tell) for name in TAIL_S}
    settle_all(project.lake, now_us=project.now_us())
    merge(project.lake, now_us=project.now_us())
    return {name: filled[name] for name in SOURCES}


def _by_wire(
    project: Project, at: Addresses | None, name: str, plan: Scenario, tell: Callable[[str, int], None]
) -> Filled:
    if at is None:
        return Filled(_hand_in(project, name, plan, tell))
    handed_in = _hand_in(project, name, _until(plan, name), tell)
    return Filled(handed_in, _post(project, name, at.coap if name == EFENTO else at.http, plan, tell))


def _introduce(project: Project, known: Mapping[str, Mapping[str, Any]]) -> None:
    nodes = [{**node, "device_id": node["node_id"], "role": "node"} for node in known["cloudtrax"]["nodes"]]
    others = [
        {**told, "device_id": device_id}
        for name in ("sigfox", EFENTO, *LOCAL)
        for device_id, told in known[name]["devices"].items()
    ]
    list_devices(project.settings.root, [*nodes, *others, *desk.DEVICES])
    list_buttons(project)
    for role in ("staff", "fixed"):
        for address in known["cloudtrax"][role]:
            project.lists.add(role, address)


def _until(plan: Scenario, name: str) -> Scenario:
    """The part that is handed in; what is after it is posted."""
    return plan._replace(end_s=max(plan.start_s, plan.end_s - TAIL_S[name]))


def _hand_in(project: Project, name: str, plan: Scenario, tell: Callable[[str, int], None]) -> int:
    records = 0
    landing = project.landing()
    try:
        for filled in backfill(source(name), plan, project.settings.source(name), landing):
            settle_all(project.lake, now_us=project.now_us())
            records += filled.records
            tell(f"{name}: handing in", records)
    finally:
        landing.close()
    return records


def _post(project: Project, name: str, url: str, plan: Scenario, tell: Callable[[str, int], None]) -> Played:
    tail = plan._replace(start_s=_until(plan, name).end_s)
    return play(
        source(name).simulate(tail, project.settings.source(name)),
        url,
        origin_us=plan.end_s * 1_000_000,
        tell=lambda sofar: tell(f"{name}: sending", sofar.accepted),
    )
