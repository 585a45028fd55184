"""What `tt.sensors` and `tt.health` say of the simulated sensors, beside what the simulator knows."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from telltale.contract import Scenario
from telltale.health.calls import health_tables
from telltale.sensors import calls as sensors
from telltale.simulate.demo.figure import Figure
from telltale.workbench.project import Project

BEFORE_S = 3_600
"""A callback just after the beginning may tell of a message just before it."""


def sensed(project: Project, plan: Scenario, truth: Mapping[str, Any]) -> list[Figure]:
    """Messages, losses and resets of each sensor, its figures of every day, and when it left its limits."""
    since, until = _moment(plan.start_s - BEFORE_S), _moment(plan.end_s)
    heard = {row["device_id"]: row for row in health_tables(project, since, until).devices.to_pylist()}
    by_day = sensors.stats(since, until, by="day", project=project).to_dict("records")
    days = {(str(row["device_id"]), str(row["quantity"]), str(row["label"])): row for row in by_day}
    excursions = sensors.excursions(since, until, project=project).to_dict("records")
    return [
        figure
        for device_id, told in truth["devices"].items()
        for part in (
            _messages(told, heard.get(device_id, {})) if "uplinks" in told else (),
            _days(told, {key[1:]: row for key, row in days.items() if key[0] == device_id}),
            _excursions(told, [row for row in excursions if row["device_id"] == device_id]),
        )
        for figure in part
    ]


def _messages(told: Mapping[str, Any], found: Mapping[str, Any]) -> Iterator[Figure]:
    last = found["last_seen"].timestamp() if found else None
    yield Figure(told["name"], "messages", found.get("reports"), told["uplinks"])
    yield Figure(told["name"], "lost", found.get("missing"), told["missing"])
    yield Figure(told["name"], "resets", found.get("resets"), len(told["resets"]))
    yield Figure(told["name"], "newest", last, told["last_s"])


def _days(told: Mapping[str, Any], found: Mapping[tuple[str, str], Mapping[Any, Any]]) -> Iterator[Figure]:
    names = {"count": "readings", "min": "value_min", "mean": "value_mean", "max": "value_max"}
    for quantity, true in told.get("quantities", {}).items():
        for day, figures in true["days"].items():
            row = found.get((quantity, day), {})
            for name, column in names.items():
                yield Figure(told["name"], f"{quantity} {name} {day}", row.get(column), figures[name])


def _excursions(told: Mapping[str, Any], found: list[dict[Any, Any]]) -> Iterator[Figure]:
    if "excursions" not in told:  # a switch or a counter
        return
    yield Figure(told["name"], "excursions", len(found), len(told["excursions"]))
    for row, true in zip(found, told["excursions"], strict=False):
        yield Figure(told["name"], "left its limits", row["started_at"].timestamp(), true["started_s"])
        yield Figure(told["name"], "was back", row["ended_at"].timestamp(), true["ended_s"])
        yield Figure(told["name"], "peak", row["peak"], true["peak"])


def _moment(at_s: int) -> datetime:
    return datetime.fromtimestamp(at_s, UTC)
