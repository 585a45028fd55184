"""Ends the processes of a supervisor that was killed, by whatever: `kill -9` leaves nobody time to do it.

A program of its own, run without telltale or any package, so that it is small and starts at once. Its standard input is
a pipe from the supervisor, with a line for each process that was started ("+pid") or has ended ("-pid"); the system
closes that pipe with the supervisor, however it ends. The processes are then asked to end, and killed when the grace is
over: with their groups, and on Linux with all that were started below them, known by a word in their environment.

    python -I -S warden.py WORD GRACE_S
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import suppress

LOOK_S = 0.05


def main(word: str, grace_s: float) -> None:
    """Wait until the supervisor has ended, then end what it has left."""
    for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK"):  # it outlives what ends the supervisor
        if number := getattr(signal, name, None):
            signal.signal(number, signal.SIG_IGN)
    leaders: set[int] = set()
    for line in sys.stdin:
        (leaders.add if line[0] == "+" else leaders.discard)(int(line[1:]))
    if os.name == "nt":
        for pid in leaders:  # with all that it has started
            subprocess.run(["taskkill", "/T", "/F", "/PID", str(pid)], check=False)  # noqa: S603, S607 - a number
        return
    _signal(leaders, signal.SIGTERM, os.kill)  # each lets its own group drain
    _signal((pid for pid in _marked(word) if not _is_in(leaders, pid)), signal.SIGTERM, os.kill)
    deadline = time.monotonic() + grace_s
    while (left := [*_marked(word)]) or any(map(_is_group, leaders)):
        if time.monotonic() > deadline:
            _signal(leaders, signal.SIGKILL, os.killpg)
            _signal(left, signal.SIGKILL, os.kill)
            return
        time.sleep(LOOK_S)


def _signal(pids: Iterable[int], number: int, how: Callable[[int, int], None]) -> None:
    for pid in pids:
        with suppress(ProcessLookupError, PermissionError):
            how(pid, number)


def _is_in(groups: Collection[int], pid: int) -> bool:
    with suppress(ProcessLookupError, PermissionError):
        return os.getpgid(pid) in groups
    return True


def _is_group(pid: int) -> bool:
    try:
        os.killpg(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # macOS says so of zombies
        return False
    return True


def _marked(word: str) -> Iterator[int]:
    """The processes whose environment holds the word; none where the system does not show it."""
    with suppress(OSError):
        for name in os.listdir("/proc"):  # noqa: PTH208 - pathlib would cost half of the start
            if name.isdecimal() and int(name) != os.getpid():
                with suppress(OSError), open(f"/proc/{name}/environ", "rb") as file:  # noqa: PTH123
                    if word.encode() in file.read():
                        yield int(name)


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]))
