"""What starting costs: the import of a notebook's first line, and commands of the command line.

Each is a new interpreter, its CPU seconds and peak memory those that the system counted for it, less nothing: an
interpreter that does nothing stands beside them. Medians of interleaved repeats.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from bench.measured import note, sized
from telltale.simulate.demo import place

REPEATS = sized(3, 7)
NOTHING = "an interpreter that does nothing"
STARTER = """
import json, os, sys
pid = os.posix_spawn(sys.executable, [sys.executable, *sys.argv[1:]], os.environ,
    file_actions=[(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)])
_, status, used = os.wait4(pid, 0)
print(json.dumps([status, used.ru_utime + used.ru_stime, used.ru_maxrss]))
"""


def main() -> None:
    """Note CPU ms and memory of each."""
    with tempfile.TemporaryDirectory(prefix="telltale-bench-") as folder:
        root = place(Path(folder) / "project", port=0)
        telltale = ["-m", "telltale", "--project", str(root)]
        commands = {
            NOTHING: ["-c", "pass"],
            "import telltale as tt": ["-c", "import telltale as tt"],
            "import telltale as tt; tt.load": ["-c", "import telltale as tt; tt.load"],
            "telltale --help": ["-m", "telltale", "--help"],
            "telltale sources": [*telltale, "sources"],
            "telltale sensors --help": [*telltale, "sensors", "--help"],
        }
        took: dict[str, list[tuple[float, float]]] = {name: [] for name in commands}
        for repeat in range(REPEATS + 1):
            for name, arguments in commands.items():
                seen = started(arguments)
                if repeat:  # the first compiles what was never imported
                    took[name].append(seen)
    of = f"a new interpreter each, CPU, medians of {REPEATS} interleaved repeats"
    for name, seen_all in took.items():
        note(name, 1e3 * statistics.median(cpu for cpu, _ in seen_all), "ms", of=of)
    for name in (NOTHING, "import telltale as tt; tt.load", "telltale sources"):
        note(f"peak memory of: {name}", statistics.median(mb for _, mb in took[name]), "MB", of=of)


def started(arguments: list[str]) -> tuple[float, float]:
    """CPU seconds and peak MB of one interpreter.

    A small process starts it: what a process held when it forked counts as the peak of its child.
    """
    told = subprocess.run([sys.executable, "-S", "-c", STARTER, *arguments], check=True, capture_output=True, text=True)
    status, cpu_s, peak_kb = json.loads(told.stdout)
    if status:
        raise RuntimeError(f"{arguments} ended with {os.waitstatus_to_exitcode(status)}")
    return cpu_s, peak_kb / 1024


if __name__ == "__main__":
    main()
