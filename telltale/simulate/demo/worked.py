"""What `tt.activity` says of the office's PCs, beside what the simulator knows."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from telltale.activity import calls as activity
from telltale.contract import Scenario
from telltale.simulate.demo.figure import Figure
from telltale.workbench.project import Project

ENDS = 2
"""A stretch of activity is sure to one sample at each of its ends."""
_NO_TIME: Mapping[str, Any] = {"active_s": 0, "away_s": 0, "locked_s": 0, "suspended_s": 0}
_OFF: Mapping[str, Any] = {**_NO_TIME, "first_active_s": None, "last_active_s": None, "active": ()}
_NOT_HEARD = _NO_TIME
"""A PC that was off from the beginning has no row."""


def worked(project: Project, plan: Scenario, truth: Mapping[str, Any]) -> list[Figure]:
    """Active, away, locked and suspended time of each PC on each whole local day, and when it was first and last used.

    On a day a PC was off there is neither time nor use, and nothing may be found.
    """
    since, until = (datetime.fromtimestamp(at_s, UTC) for at_s in (plan.start_s, plan.end_s))
    rows = activity.totals(since, until, by="day", project=project).to_dict("records")
    found = {(row["device_id"], row["label"]): row for row in rows}
    return [
        figure
        for device_id, told in truth["devices"].items()
        for day in whole_days(plan)
        for figure in _day(told, day, told["days"].get(day, _OFF), found.get((device_id, day), _NOT_HEARD))
    ]


def days_off(plan: Scenario, truth: Mapping[str, Any]) -> int:
    """On how many of the days compared a PC was off, counted for each PC."""
    days = whole_days(plan)
    return sum(day not in told["days"] for told in truth["devices"].values() for day in days)


def whole_days(plan: Scenario) -> list[str]:
    """The local days that are over; a plan begins at a local midnight."""
    first, today = (datetime.fromtimestamp(at_s, ZoneInfo(plan.timezone)).date() for at_s in (plan.start_s, plan.end_s))
    return [(first + timedelta(days=number)).isoformat() for number in range((today - first).days)]


def _day(told: Mapping[str, Any], day: str, true: Mapping[str, Any], row: Mapping[Any, Any]) -> Iterator[Figure]:
    sure_s = float(told["every_s"] * ENDS * len(true["active"]))
    for name in ("active_s", "away_s", "locked_s", "suspended_s"):
        yield Figure(told["name"], f"{name} {day}", row.get(name), true[name], sure_s)
    for column, name in (("first_active_at", "first_active_s"), ("last_active_at", "last_active_s")):
        at = row.get(column)
        found = None if at is None or at != at else at.timestamp()  # noqa: PLR0124 - NaT is how pandas says null
        yield Figure(told["name"], f"{name} {day}", found, true[name], sure_s)
