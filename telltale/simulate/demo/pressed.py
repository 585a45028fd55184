"""The workshop's buttons: a capture file of some weeks, replayed, and what `tt.kanban` says beside the simulator."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from telltale.capture.replay import replay
from telltale.contract import Request, Scenario
from telltale.door import record
from telltale.kanban import calls as kanban
from telltale.settings import buttons
from telltale.simulate.demo.figure import Figure
from telltale.simulate.frames import write_capture
from telltale.simulate.play import SENDER, TRANSPORT
from telltale.sources import source
from telltale.sources.button.listed import Filter
from telltale.sources.button.simulate.truth import buttons_csv
from telltale.workbench.project import Project

NAME = "button"
WEEKS = 8
"""A capture of so many weeks, however few days the rest of the demo has: cards are no matter of a week."""
CAPTURES = "captures"
_MANUAL = "/manual"


def of_weeks(plan: Scenario) -> Scenario:
    """The scenario of the buttons: from some weeks before, if the demo's own is shorter."""
    return plan._replace(start_s=min(plan.start_s, plan.end_s - WEEKS * 7 * 86_400))


def list_buttons(project: Project) -> None:
    """Write the simulated buttons into the project's allow list."""
    (project.settings.root / project.settings.arp.allow_list).write_text(buttons_csv(), encoding="utf-8")


def capture_and_replay(project: Project, plan: Scenario, name: str, tell: Callable[[int], None]) -> int:
    """Write what is on the workshop's network as a capture file, replay it, and return how many frames were kept.

    What was entered by hand is on no network: it is handed in beside it.
    """
    folder = project.settings.data / CAPTURES
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.pcap"
    write_capture(path, plan)
    return replayed(project, path, tell) + _by_hand(project, plan)


def replayed(project: Project, path: Path, tell: Callable[[int], None] = lambda _: None) -> int:
    """Replay a capture file as `telltale replay` does; how many frames were kept."""
    told = project.settings
    roles = {button.device_id: button.role for button in buttons(told).buttons}
    landing = project.landing()
    try:
        keep = Filter(roles, dhcp=True, presence=told.kanban.presence)
        done = replay(path, keep, landing, interface="workshop", tell=tell)
    finally:
        landing.close()
    return done.kept


def pressed(project: Project, plan: Scenario, truth: Mapping[str, Any]) -> list[Figure]:
    """Presses of each button, pulls of each item and day, deliveries and what is still open."""
    since, until = _moment(plan.start_s), _moment(plan.end_s)
    return [
        *_presses(kanban.presses(since, until, project=project).to_dict("records"), truth),
        *_pulls(kanban.pulls(since, until, project=project).to_dict("records"), truth, plan.timezone),
        *_lead_times(kanban.lead_times(since, until, project=project).to_dict("records"), truth),
    ]


def _presses(rows: list[dict[Any, Any]], truth: Mapping[str, Any]) -> Iterator[Figure]:
    found = Counter(row["device_id"] for row in rows if not row["is_manual"])
    frames = Counter[str]()
    for row in rows:
        frames[row["device_id"]] += row["frames"]
    true = Counter(press["device_id"] for press in truth["presses"])
    true_frames = Counter[str]()
    for press in truth["presses"]:
        true_frames[press["device_id"]] += press["frames"]
    for device_id, told in truth["buttons"].items():
        if told["role"] in {"button", "ack"}:
            yield Figure(told["name"], "presses", found[device_id], true[device_id])
            yield Figure(told["name"], "frames", frames[device_id], true_frames[device_id])


def _pulls(rows: list[dict[Any, Any]], truth: Mapping[str, Any], timezone: str) -> Iterator[Figure]:
    zone = ZoneInfo(timezone)
    days = Counter((row["item"], row["pulled_at"].tz_convert(zone).date().isoformat()) for row in rows)
    totals = Counter(row["item"] for row in rows)
    for item, told in truth["items"].items():
        yield Figure(item, "pulls", totals[item], told["pulls"])
        for day in sorted({day for of, day in days if of == item} | set(told["days"])):
            yield Figure(item, f"pulls {day}", days[item, day], told["days"].get(day, 0))


def _lead_times(rows: list[dict[Any, Any]], truth: Mapping[str, Any]) -> Iterator[Figure]:
    for item, told in truth["items"].items():
        own = [row for row in rows if row["item"] == item]
        # By the clock on the wall: lead_time_s counts working hours.
        ended = [row for row in own if not row["is_open"] and not row["is_orphan"]]
        closed = [(row["acknowledged_at"] - row["pulled_at"]).total_seconds() for row in ended]
        true = [(pair["acknowledged_at_us"] - pair["pulled_at_us"]) / 1e6 for pair in told["lead_times"]]
        if true:
            yield Figure(item, "deliveries", len(closed), len(true))
            yield Figure(item, "open", sum(bool(row["is_open"]) for row in own), told["open"])
            yield Figure(item, "mean lead time", sum(closed) / len(closed) if closed else None, sum(true) / len(true))


def _by_hand(project: Project, plan: Scenario) -> int:
    """Pulls entered by hand, with the moments they were entered at."""
    known = source(NAME)
    settings = project.settings.source(NAME)
    emissions = [one for one in known.simulate(plan, settings) if one.path == _MANUAL]
    requests = (Request(NAME, one.at, SENDER, TRANSPORT, "POST", _MANUAL, {}, "", one.body) for one in emissions)
    landing = project.landing()
    try:
        return landing.put_many(record(known, request, settings) for request in requests)
    finally:
        landing.close()


def _moment(at_s: int) -> datetime:
    return datetime.fromtimestamp(at_s, UTC)
