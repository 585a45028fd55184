"""Projects with a week, a year and three years of records behind them, and what is measured on them in fresh processes.

The lakes are made by `bench.years`. `TELLTALE_BENCH_YEARS` names a folder where they are kept for the next time;
otherwise they are made in a temporary folder, which takes some minutes and 2.2 GB, and removed.
"""

import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench.measured import sized
from bench.years import opened, years
from telltale.contract import Scenario
from telltale.landing.schema import RAW
from telltale.simulate.play import backfill
from telltale.sources import source
from telltale.workbench.project import Project

WEEKS: Mapping[str, int] = sized({"7 d": 1, "1 y": 52}, {"7 d": 1, "1 y": 52, "3 y": 156})
FOLDER_VARIABLE = "TELLTALE_BENCH_YEARS"
CHANGE_S = {"cloudtrax": 40, "sigfox": 900}
"""Some simulated records have come by then."""


@contextmanager
def lakes() -> Iterator[dict[str, Path]]:
    """The folders of the projects by how long they go back; each grows out of a copy of the one before."""
    kept = os.environ.get(FOLDER_VARIABLE)
    with tempfile.TemporaryDirectory(prefix="telltale-bench-") as folder:
        root = Path(kept or folder)
        made: dict[str, Path] = {}
        for name, weeks in WEEKS.items():
            folder_of = root / name.replace(" ", "")
            if made and not folder_of.exists():
                shutil.copytree(list(made.values())[-1], folder_of)
            years(folder_of, weeks)
            made[name] = folder_of
        yield made


def in_child(module: str, *arguments: str) -> dict[str, Any]:
    """What a fresh process of a bench prints as JSON: `python -m MODULE ARGUMENTS`.

    Raises:
        RuntimeError: it failed; with the end of what it said.
    """
    done = subprocess.run([sys.executable, "-m", module, *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{module} {' '.join(arguments)}: {done.stderr[-2000:]}")
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer


def cpu_s() -> float:
    """CPU seconds of this process and of its children that have ended."""
    used = [resource.getrusage(whose) for whose in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


def peak_mb() -> float:
    """The most memory this process had in use so far; Linux only."""
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return int(status["VmHWM"].split()[0]) / 1024


@contextmanager
def changing(folder: Path, threads: int | None = None) -> Iterator[tuple[Project, "Change"]]:
    """The project of a folder, at its present, and what lets new records come; at the end they are gone again."""
    project = opened(folder, threads)
    change = Change(project)
    try:
        yield project, change
    finally:
        change.undo()
        project.close()


class Change:
    """New records of a source, as its devices send them."""

    def __init__(self, project: Project, name: str = "cloudtrax") -> None:
        self._project = project
        self._number = 0
        self._source = source(name)
        with project.store.reader() as connection:
            self._there = set(connection.scalars(RAW.select().with_only_columns(RAW.c.id)))

    def __call__(self) -> None:
        """Let the devices send for some seconds, until the present."""
        self._number += 1
        now_s = self._project.now_us() // 1_000_000
        scenario = Scenario(100 + self._number, now_s - CHANGE_S[self._source.name], now_s, "UTC")
        landing = self._project.landing()
        try:
            filled = sum(day.records for day in backfill(self._source, scenario, self._settings(), landing))
        finally:
            landing.close()
        assert filled, "no record came"

    def undo(self) -> None:
        """Take them out again."""
        with self._project.store.writer() as connection:
            ids = set(connection.scalars(RAW.select().with_only_columns(RAW.c.id))) - self._there
            for one in ids:
                connection.execute(RAW.delete().where(RAW.c.id == one))

    def _settings(self) -> Any:
        return self._project.settings.source(self._source.name)


def timed(work: Any) -> float:
    """CPU seconds of some work, in all threads of this process."""
    began = time.process_time()
    work()
    return time.process_time() - began
