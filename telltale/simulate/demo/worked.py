"""What `tt.activity` says of the office's PCs, beside what the simulator knows."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from telltale.activity import calls as activity
from telltale.contract import Scenario
from telltale.simulate.demo.figure import Figure
from telltale.workbench.project import Project

ENDS = 2
"""A stretch of activity is sure to one sample at each of its ends."""


def worked(project: Project, plan: Scenario, truth: Mapping[str, Any]) -> list[Figure]:
    """Active and away time of each PC on each whole local day, and when it was first and last used."""
    today = datetime.fromtimestamp(plan.end_s, ZoneInfo(plan.timezone)).date().isoformat()
    since, until = (datetime.fromtimestamp(at_s, UTC) for at_s in (plan.start_s, plan.end_s))
    rows = activity.daily(since, until, by="day", project=project).to_dict("records")
    found = {(row["device_id"], row["label"]): row for row in rows}
    return [
        figure
        for device_id, told in truth["devices"].items()
        for day, true in told["days"].items()
        if day < today
        for figure in _day(told, day, true, found.get((device_id, day), {}))
    ]


def _day(told: Mapping[str, Any], day: str, true: Mapping[str, Any], row: Mapping[Any, Any]) -> Iterator[Figure]:
    sure_s = float(told["every_s"] * ENDS * max(1, len(true["active"])))
    for name in ("active_s", "away_s"):
        yield Figure(told["name"], f"{name} {day}", row.get(name), true[name], sure_s)
    if true["active"]:
        for column, name in (("first_active_at", "first_active_s"), ("last_active_at", "last_active_s")):
            at = row.get(column)
            yield Figure(told["name"], f"{name} {day}", None if at is None else at.timestamp(), true[name], sure_s)
