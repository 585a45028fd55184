"""Files that are damaged in every way, and clocks that are set: what is there before is there afterwards."""

import shutil
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from telltale.workbench import Project
from tests.lake_fixture import write_settings
from tests.operate import damaging as damaged
from tests.operate.test_clock_steps import DAY, MINUTE, Machine
from tests.torture.counting import own_mb
from tests.torture.row import Row

SHORT = ("sightings flipped", "readings missing", "a raw file listed by nobody", "store cut")
STEPS_US = (10 * DAY, -10 * DAY, 400 * DAY, -3 * 60 * MINUTE)


def damaged_files(folder: Path, rounds: int) -> Iterator[Row]:
    """Each of the ways in which raw bytes allow to repair, so many times; the short form has a few of them."""
    folder.mkdir(parents=True)
    whole_root = damaged.prepare(folder)
    with closing(Project(whole_root, now=lambda: damaged.NOW)) as project:
        whole, records = damaged.digests(project), _records(project)
    lost, doubled, slowest, memory = 0, 0, 0.0, 0.0
    ways = {name: damaged.WAYS[name] for name in SHORT} if rounds == 1 else damaged.WAYS
    for number in range(rounds):
        for at, harm in enumerate(ways.values()):
            root = shutil.copytree(whole_root, folder / f"{number}-{at}")
            with closing(Project(root, now=lambda: damaged.NOW)) as project:
                harm(project)
                began = time.monotonic()
                damaged.repaired(project)
                slowest = max(slowest, time.monotonic() - began)
                after = _records(project)
                lost += max(records - after, 0) + (damaged.digests(project) != whole)
                doubled += max(after - records, 0)
            memory = max(memory, own_mb())
            shutil.rmtree(root)
    count = rounds * len(ways)
    note = f"{len(ways)} kinds of damage; a digest that differs counts as lost"
    yield Row(
        "damaged files", count, records * count, lost, doubled, slowest, memory, "telltale check --repair", note=note
    )


def _records(project: Project) -> int:
    snapshot = project.lake.snapshot()
    return sum(file.rows for file in snapshot.of("raw")) + len(snapshot.hot)


def clock_steps(folder: Path, rounds: int) -> Iterator[Row]:
    """The wall clock is set, ahead and back, while records come; retention waits until it is believed again.

    What is stamped so early that its retention is over goes by rule: where the clock is set back all is kept.
    """
    acknowledged, there = 0, 0
    steps_us = STEPS_US[:2] if rounds == 1 else STEPS_US
    for number in range(rounds):
        for at, step_us in enumerate(steps_us):
            machine = Machine(write_settings(folder / f"{number}-{at}", keep=step_us < 0))
            sent = 0
            for each_us in (0, step_us, 0, -step_us, 0):
                machine.runs(MINUTE, steps_us=each_us)
                machine.hears()
                sent += 1
                machine.retains()
            acknowledged += sent
            there += _records(machine.project)
            machine.project.close()
    lost, doubled = max(acknowledged - there, 0), max(there - acknowledged, 0)
    note = "10 and 400 days ahead, 10 days and 3 hours back, and back again; an injected clock"
    yield Row("clock steps", rounds * len(steps_us), acknowledged, lost, doubled, None, own_mb(), note=note)
