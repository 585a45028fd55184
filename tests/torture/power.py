"""The power fails: what was acknowledged is on the disk that is left; a control shows that a loss would be seen."""

import random
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from tests.served import make_project
from tests.torture.counting import Count, counted, own_mb
from tests.torture.disk import CALLS, Disk, calls
from tests.torture.row import Row

SHARES = (0.0, 0.5, 1.0)
"""Of what was written and not synced, how much is there; by turns."""


def power_cut(folder: Path, rounds: int) -> Iterator[Row]:
    """At so many moments of a program that stores and settles, and of one whose store is not as telltale sets it."""
    if shutil.which("strace") is None:
        return
    for synchronous, is_control in (("FULL", False), ("NORMAL", True)):
        yield _cut(folder / synchronous, rounds, synchronous, is_control=is_control)


def recorded(folder: Path, synchronous: str, count: int) -> Path:
    """The system calls of a landing that stores so many reports."""
    log = folder / "calls"
    make_project(folder / "project")
    command = ["strace", "-f", "-y", "-xx", "-s", "1000000000", "-e", f"trace={CALLS}", "-o", str(log)]
    command += [sys.executable, "-m", "tests.torture.appending", str(folder / "project"), synchronous, str(count)]
    subprocess.run(command, check=True, stdout=subprocess.PIPE)
    return log


def _cut(folder: Path, rounds: int, synchronous: str, *, is_control: bool) -> Row:
    folder.mkdir(parents=True)
    log = recorded(folder, synchronous, 90 if rounds == 1 else 400)
    made = list(calls(log))
    first = next(number for number, call in enumerate(made) if not call.path.startswith("/"))
    dice = random.Random(9)
    moments = sorted(dice.sample(range(first, len(made)), max(rounds - 1, 1)))
    disk, at = Disk(folder / "project"), 0
    total, slowest = Count(0, 0, 0), 0.0
    for number, moment in enumerate(moments):
        for call in made[at : moment + 1]:
            disk.take(call)
        at = moment + 1
        left = make_project(folder / f"left-{number}")
        disk.left(left, dice, share=0.0 if is_control else SHARES[number % len(SHARES)])
        began = time.monotonic()
        found = counted(left, [line for text in disk.printed for line in text.splitlines()])
        slowest = max(slowest, time.monotonic() - began)
        total = Count(*(sum(pair) for pair in zip(total, found, strict=True)))
        shutil.rmtree(left)
    name = "power cut" if not is_control else "power cut, synchronous = NORMAL"
    note = "what was not synced is lost, in part, or not; the same records are counted at each moment"
    return Row(name, rounds, *total, slowest, own_mb(), note=note, is_control=is_control)
