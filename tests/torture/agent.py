"""`kill -9` of the agent of a PC, which is its own receiver: what it had stored is there."""

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from telltale.settings import load
from tests.served import make_project
from tests.torture.counting import resident_mb, waited
from tests.torture.row import Row

STARTED = "the idle time comes from"
MINUTE_S = 150.0
"""It stores a record a minute."""


def kill_idle(folder: Path, rounds: int) -> Iterator[Row]:
    """After each record of a minute."""
    touched = folder / "touched"
    root = make_project(folder, f'[idle]\nevery_s = 5\nbackend = "file"\nfile = "{touched}"\n', secrets="")
    touched.touch()
    slowest, memory, there = 0.0, 0.0, set[int]()
    for _ in range(rounds):
        runs, began = _log(root).count(STARTED), time.monotonic()
        process = _start(root)
        try:
            waited(lambda: _log(root).count(STARTED) > runs, "the agent")  # noqa: B023
            slowest = max(slowest, time.monotonic() - began)
            before = len(there)
            waited(lambda: len(_stored(root)) > before, "a record", within_s=MINUTE_S)  # noqa: B023
            assert there <= _stored(root)
            there = _stored(root)
            memory = max(memory, resident_mb([process.pid]))
        finally:
            os.kill(process.pid, signal.SIGKILL)
            process.wait()
    after = _stored(root)
    yield Row(
        "kill -9: idle sender",
        rounds,
        len(there),
        len(there - after),
        len(after) - len({*after}),
        slowest,
        memory,
        "telltale collect idle; as a service by itself",
        note="its records are its own acknowledgements",
    )


def _start(root: Path) -> "subprocess.Popen[bytes]":
    with (root / "idle.log").open("ab") as log:
        command = [sys.executable, "-m", "telltale", "--project", str(root), "collect", "idle"]
        return subprocess.Popen(command, stdout=log, stderr=log)


def _log(root: Path) -> str:
    path = root / "idle.log"
    return path.read_text(errors="replace") if path.exists() else ""


def _stored(root: Path) -> set[int]:
    path = load(root).data / "landing" / "telltale.db"
    if not path.exists():
        return set()
    with closing(sqlite3.connect(path, timeout=10)) as store:
        if not store.execute("select 1 from sqlite_master where name = 'raw'").fetchall():
            return set()
        return {row[0] for row in store.execute("select id from raw where source = 'pc_idle'")}
