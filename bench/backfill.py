"""`telltale simulate all --backfill`: records a second, and whether memory and time a day stay as they are.

The command runs as its user runs it, days of all sources into an empty project, settled day by day. How long three
years take is a sum: CPU seconds a day times 1,096; memory is compared between the tenth day and the last.
"""

import json
import os
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import psutil  # type: ignore[import-untyped]  # it ships no types

from bench.measured import note, sized
from telltale.simulate.demo import place

DAYS = sized(8, 30, 1_095)
THREE_YEARS_D = 1_096
LOOK_S = 0.5


def main() -> None:
    """Note rates, memory and the time three years take."""
    with tempfile.TemporaryDirectory(prefix="telltale-bench-", dir=os.environ.get("TELLTALE_BENCH_DIR")) as folder:
        root = place(Path(folder) / "project", port=0)
        command = [sys.executable, "-m", "telltale", "--project", str(root), "simulate", "all"]
        with (Path(folder) / "said").open("w+") as said:
            process = subprocess.Popen([*command, "--backfill", f"{DAYS}d", "--json"], stdout=said, stderr=sys.stderr)
            memory, cpu_s = _watched(process)
            said.seek(0)
            told = json.loads(said.read())
        size_mb = sum(file.stat().st_size for file in root.rglob("*") if file.is_file()) / 1e6
    early, late = _median(memory[len(memory) // 3 : len(memory) // 2]), _median(memory[-len(memory) // 6 :])
    of = f"{told['records']:,} records of {told['days']} days of all simulated sources, with settling; CPU"
    note("records filled a CPU second", told["records"] / cpu_s, "/s", of=of)
    note("a day of all sources", cpu_s / told["days"], "CPU s", of=of)
    note("three years of all sources, by that", cpu_s / told["days"] * THREE_YEARS_D / 3600, "CPU h", of=of)
    note("disk a day", size_mb / told["days"], "MB", of=f"{of}; before merging")
    note("peak memory", max(memory), "MB", of=of, at_most=1_000)
    note("memory in the last sixth ÷ in the third sixth", late / early, of=of, at_most=1.2)


def _watched(process: "subprocess.Popen[bytes]") -> tuple[list[float], float]:
    """Its memory over time in MB, and the CPU seconds it took."""
    looked, over, memory = psutil.Process(process.pid), threading.Event(), list[float]()

    def watch() -> None:
        while not over.wait(LOOK_S):
            try:
                memory.append(looked.memory_info().rss / 1e6)
            except psutil.Error:
                return

    thread = threading.Thread(target=watch)
    thread.start()
    _, status, used = os.wait4(process.pid, 0)
    over.set()
    thread.join()
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"the backfill ended with exit code {process.returncode}")
    return memory, used.ru_utime + used.ru_stime


def _median(values: list[float]) -> float:
    return sorted(values)[len(values) // 2]


if __name__ == "__main__":
    main()
