"""Every page with a week, a year and three years of records behind it: CPU seconds first, after a change, memory.

Each page is computed whole, as for its readers, by a process of its own: `first` in one that has computed the page of
an empty project before, so that imports do not count, `after a change` when some records have come since. The processes
of the sizes take turns. It is CPU time of all threads, so that other work on the machine moves it little.
"""

import json
import statistics
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path

from bench.grown import changing, in_child, lakes, peak_mb, timed
from bench.measured import note, sized
from telltale.simulate.demo import place
from telltale.workbench.project import Project

REPEATS = sized(1, 3)
CHANGES = 3
NAMES = ("operations", "presence", "activity", "kanban", "sensors", "health")
SHORTEST = "7 d"
CHOSEN = {"presence": {"period": "28d"}}
"""Another stretch that a reader chooses: of the presence page 1.2 M sightings from a year of records on."""


def main() -> None:
    """Note the figures of each page."""
    with lakes() as folders:
        seen = {
            (page, size, repeat): in_child("bench.pages", page, str(folder))
            for page in NAMES
            for repeat in range(REPEATS)
            for size, folder in folders.items()
        }
    of = f"CPU of all threads, medians of {REPEATS} interleaved processes, {CHANGES} changes each"
    for what, unit, most, growth in (
        ("first", "CPU s", 3.0, None),
        ("after a change", "CPU s", 0.6, 1.3),
        ("memory", "MB", None, None),
    ):
        for page in NAMES:
            shortest = 0.0
            for size in folders:
                value = statistics.median(seen[page, size, repeat][what] for repeat in range(REPEATS))
                shortest = value if size == SHORTEST else shortest
                is_longest = size == list(folders)[-1]
                bound = min(most or 1e9, growth * shortest if growth else 1e9) if is_longest and most else None
                note(f"page {page}, {what}", value, unit, of=of, at=size, at_most=bound and round(bound, 2))
    for page, choice in CHOSEN.items():
        of = f"{', '.join(choice.values())}, in the page's process; again while nothing has come, medians of {REPEATS}"
        for size in folders:
            for what, unit, most in (("chosen first", "CPU s", None), ("chosen again", "ms", 300.0)):
                value = statistics.median(seen[page, size, repeat][what] for repeat in range(REPEATS))
                note(f"page {page}, another stretch {what}", value, unit, of=of, at=size, at_most=most)


def measure(page: str, folder: Path) -> dict[str, float]:
    """One page in this process."""
    from telltale.dashboard import concerns
    from telltale.dashboard.boards import Boards
    from telltale.dashboard.figures import THREADS
    from telltale.dashboard.pages import PAGES

    with tempfile.TemporaryDirectory() as empty, closing(Project(place(Path(empty) / "empty", port=0))) as project:
        Boards(project, PAGES, concerns.gathered).get(page, {})
    with changing(folder, THREADS) as (project, change):
        boards = Boards(project, PAGES, concerns.gathered)
        first = timed(lambda: boards.get(page, {}))
        after = []
        for _ in range(CHANGES):
            change()
            after.append(timed(lambda: boards.get(page, {}, again=True)))
        told = {"first": first, "after a change": statistics.median(after), "memory": peak_mb()}
        if page in CHOSEN:
            told["chosen first"] = timed(lambda: boards.get(page, CHOSEN[page]))
            boards.get(page, {"period": "1d"})
            began = time.perf_counter()
            boards.get(page, CHOSEN[page])
            told["chosen again"] = 1e3 * (time.perf_counter() - began)
        return told


if __name__ == "__main__":
    print(json.dumps(measure(sys.argv[1], Path(sys.argv[2]))))
