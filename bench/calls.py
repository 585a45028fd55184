"""Calls about recent facts with a week, a year and three years of records behind them, and the catalog they go through.

Each call asks for the last week, so it should cost the same however much lies before. It is asked in a process of its
own: once, then after each of some changes; the figure is the median after a change, CPU of all threads.
"""

import json
import statistics
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench.grown import changing, in_child, lakes, timed
from bench.measured import note, sized
from telltale.workbench.project import Project

REPEATS = sized(1, 3)
CHANGES = 3
WEEK = {"since": "7d"}
CALLS: dict[str, dict[str, Any]] = {
    "load": {"name": "sighting", **WEEK},
    "presence.visits": WEEK,
    "presence.sightings": {},
    "presence.figures": WEEK,
    "activity.totals": WEEK,
    "activity.kept": {},
    "activity.messages": {"newest": 20},
    "kanban.items": {"since": "30d"},
    "kanban.presses": WEEK,
    "sensors.series": WEEK,
    "sensors.excursions": WEEK,
    "health.devices": {},
    "health.attention": {},
    "dashboard.last": {},
    "sources": {},
}
VIEW, FRESH = "View(), nothing changed", "View(), a fresh process"
"""As a call takes it: nothing is read before it is needed. A moment that lasts (`tt.hold`) reads all that is listed."""
LASTING = "a moment that lasts, a fresh process"
SHORTEST = "7 d"
GROWTH = 1.5


def main() -> None:
    """Note each call by how much lies before."""
    with lakes() as folders:
        seen = {
            (size, repeat): in_child("bench.calls", str(folder))
            for repeat in range(REPEATS)
            for size, folder in folders.items()
        }
    of = f"the last 7 days asked, CPU of all threads after a change, medians of {REPEATS} interleaved processes"
    for name in (*CALLS, VIEW, FRESH, LASTING):
        shortest = 0.0
        for size in folders:
            value = 1e3 * statistics.median(seen[size, repeat][name] for repeat in range(REPEATS))
            shortest = value if size == SHORTEST else shortest
            bound = {VIEW: 5.0, FRESH: 40.0}.get(name, GROWTH * shortest)
            is_longest = size == list(folders)[-1] and name != LASTING
            note(f"tt.{name}" if name in CALLS else name, value, "ms", of=of, at=size,
                 at_most=round(bound, 1) if is_longest else None)  # fmt: skip


def measure(folder: Path) -> dict[str, float]:
    """CPU seconds of all of them in this process."""
    with changing(folder) as (project, change):
        took = {name: timed(lambda: project.view(pinned=False)) for name in (FRESH, VIEW)}
        took[LASTING] = timed(project.view)
        for name, given in CALLS.items():
            call = _call(name, project)
            call(**given)
            after = []
            for _ in range(CHANGES):
                change()
                after.append(timed(lambda call=call, given=given: call(**given)))
            took[name] = statistics.median(after)
        return took


def _call(name: str, project: Project) -> Callable[..., Any]:
    import telltale as tt

    found: Any = tt
    for part in name.split("."):
        found = getattr(found, part)
    return lambda **given: found(**given, project=project)


if __name__ == "__main__":
    print(json.dumps(measure(Path(sys.argv[1]))))
