"""Work in a process of its own: the CPU seconds of all its threads and of all processes it started, and their memory.

A machine that runs Java has most of its work in a child. CPU is counted by the child itself from when it is ready to
when it is done, so that starting Python or Java is not in it; memory is the most that all its processes held together,
looked at four times a second, pages they share counted once. One that takes most of what the machine has left is ended.
"""

import json
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import psutil  # type: ignore[import-untyped]  # it ships no types
import pyarrow as pa

LOOK_S = 0.25
MOST = 0.75
"""Of the memory that is free when it begins: more, and the machine would end something else."""


class Seen(NamedTuple):
    """What a process took, and what it said of its work."""

    cpu_s: float
    peak_mb: float
    said: dict[str, Any]


def apart(module: str, *arguments: str, python: str = sys.executable, more: Sequence[int] = ()) -> Seen | str:
    """Run `python -m module arguments…`, which ends with `done`; a sentence where it could not do it.

    Args:
        module: of this folder.
        arguments: what it is given.
        python: whose environment.
        more: processes whose memory counts too, such as a server's.
    """
    root = Path(__file__).parent.parent
    with subprocess.Popen(
        [python, "-m", module, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=root
    ) as process:
        peak, over = [0.0], threading.Event()
        most_mb = MOST * psutil.virtual_memory().available / 1e6
        looking = threading.Thread(target=_look, args=((process.pid, *more), peak, over, most_mb))
        looking.start()
        out, err = process.communicate()
        over.set()
        looking.join()
    if peak[0] > most_mb:
        return f"cannot hold it: it was ended at {peak[0]:,.0f} MB of {most_mb:,.0f} MB it might take here"
    if process.returncode:
        return f"ended with {process.returncode}: {(err.strip().splitlines() or ['nothing said'])[-1][:200]}"
    said = json.loads(out.splitlines()[-1])
    return Seen(said.pop("cpu_s"), peak[0], said)


def done(work: Callable[[], pa.Table], say: Callable[[pa.Table], dict[str, Any]], *, more: Sequence[int] = ()) -> None:
    """Do the work and print what it took and what is said of its rows: the end of a process that `apart` started.

    Args:
        work: what is measured.
        say: what is told of the rows; not measured.
        more: processes whose CPU counts too.
    """
    roots = (psutil.Process().pid, *more)
    before_s = cpu_s(roots)
    rows = work()
    took_s = cpu_s(roots) - before_s
    print(json.dumps({**say(rows), "cpu_s": took_s}))


def cpu_s(roots: Sequence[int]) -> float:
    """CPU seconds of these processes, of those they started, and of children that ended (as their parents know)."""
    total = 0.0
    for process in _tree(roots):
        try:
            total += sum(process.cpu_times()[:4])
        except psutil.Error:
            continue
    return total


def _tree(roots: Sequence[int]) -> list[psutil.Process]:
    found: dict[int, psutil.Process] = {}
    for pid in roots:
        try:
            process = psutil.Process(pid)
            found |= {each.pid: each for each in (process, *process.children(recursive=True))}
        except psutil.Error:
            continue
    return list(found.values())


def _look(roots: Sequence[int], peak: list[float], over: threading.Event, most_mb: float) -> None:
    while not over.wait(LOOK_S):
        held = 0
        for process in _tree(roots):
            try:
                held += process.memory_full_info().pss
            except psutil.Error:
                continue
        peak[0] = max(peak[0], held / 1e6)
        if peak[0] > most_mb:
            for process in reversed(_tree(roots[:1])):  # what it started, then itself: no server of others
                with suppress(psutil.Error):
                    process.kill()
            return
