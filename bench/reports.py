"""Every report of the last seven days with a week, a year and three years of records behind it.

`telltale report NAME --period 7d` without a PDF, each in a process of its own: CPU seconds with the kernel that runs
the notebook, and the size of the HTML file. The sheet of one person's work hours is not among them.
"""

import json
import statistics
import sys
from pathlib import Path

from bench.grown import cpu_s, in_child, lakes
from bench.measured import note, sized
from bench.years import opened

REPEATS = sized(1, 3)
NAMES = ("activity_time", "data_health", "kanban_trends", "presence_dwell", "sensor_report")
PERIOD = "7d"


def main() -> None:
    """Note CPU seconds and size of each report."""
    with lakes() as folders:
        seen = {
            (name, size, repeat): in_child("bench.reports", name, str(folder))
            for name in NAMES
            for repeat in range(REPEATS)
            for size, folder in folders.items()
        }
    of = f"the last 7 days, without a PDF, with its kernel, medians of {REPEATS} interleaved processes"
    for what, unit, most in (("CPU", "CPU s", 5.0), ("HTML", "MB", 2.5)):
        for name in NAMES:
            for size in folders:
                value = statistics.median(seen[name, size, repeat][what] for repeat in range(REPEATS))
                note(f"report {name}, {what}", value, unit, of=of, at=size, at_most=most)


def measure(name: str, folder: Path) -> dict[str, float]:
    """One report in this process and its kernel's."""
    from telltale.report import execute

    project = opened(folder)
    began = cpu_s()
    report = execute.run(name, PERIOD, project=project, with_pdf=False)
    took = cpu_s() - began
    project.close()
    return {"CPU": took, "HTML": report.html.stat().st_size / 1e6}


if __name__ == "__main__":
    print(json.dumps(measure(sys.argv[1], Path(sys.argv[2]))))
