"""Senders of reports that stand alone, and what became of each: as bytes and as rows."""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

import psutil  # type: ignore[import-untyped] # its stubs are not installed

from telltale.lake.settle import settle_all
from telltale.settings import load
from telltale.tables import TABLES
from telltale.workbench.project import Project
from tests.lake.test_crash import Sender


class Count(NamedTuple):
    """What the senders were told, against what is there."""

    acknowledged: int
    lost: int
    doubled: int


class Kept(NamedTuple):
    """What is there of a project, by the bodies that came."""

    bodies: Counter[bytes]
    rows: Counter[bytes]
    """Sightings of each."""
    doubled_readings: int

    def lost(self, reports: Iterable[bytes], others: Iterable[bytes] = ()) -> int:
        """How many reports have no bytes or no row, and how many others no bytes."""
        return sum(body not in self.bodies or not self.rows[body] for body in reports) + sum(
            body not in self.bodies for body in others
        )

    def doubled(self, reports: Iterable[bytes] | None = None) -> int:
        """How many rows too many the reports have, all of them by default."""
        named = self.rows if reports is None else reports
        return sum(max(self.rows[body] - 1, 0) for body in named)


def kept(root: Path, *, settles: bool = True) -> Kept:
    """What is there, settled before unless told otherwise.

    A sender that got no answer sends its report again: its bytes may be there twice, its row may not.
    """
    project = Project(settings=load(root))
    try:
        if settles:
            settle_all(project.lake, now_us=project.now_us())
        view = project.view()
        files = [project.lake.root.read(file.path, ["id", "body"]) for file in view.snapshot.of("raw")]
        by_id = {raw.id: raw.body for raw in view.snapshot.hot}
        for each in files:
            by_id |= dict(zip(each.column("id").to_pylist(), each.column("body").to_pylist(), strict=True))
        raw_ids = view.table("sighting").arrow().column("raw_id").to_pylist()
        readings = view.table("reading").arrow().select(list(TABLES["reading"].key)).to_pylist()
        doubled = len(readings) - len({tuple(key.values()) for key in readings})
        return Kept(Counter(by_id.values()), Counter(by_id[raw_id] for raw_id in raw_ids), doubled)
    finally:
        project.close()


def counted(root: Path, acknowledged: Iterable[bytes]) -> Count:
    """Settle a project, and look for each report that was acknowledged and for the row that only it has."""
    reports, found = list(acknowledged), kept(root)
    return Count(len(reports), found.lost(reports), found.doubled() + found.doubled_readings)


class Senders:
    """Some that send reports of their own, each until it is acknowledged."""

    def __init__(self, port: int, count: int = 6, *, first: int = 0) -> None:
        self._all = [Sender(number, port) for number in range(first, first + count)]

    @property
    def acknowledged(self) -> list[bytes]:
        """The bodies, so far."""
        return [body for sender in self._all for body in [*sender.acknowledged]]

    @property
    def count(self) -> int:
        """How many were acknowledged so far."""
        return sum(len(sender.acknowledged) for sender in self._all)

    def wait_for(self, more: int, *, within_s: float = 60.0) -> float:
        """Seconds until so many more were acknowledged."""
        goal = self.count + more
        return waited(lambda: self.count >= goal, f"{more} more acknowledgements", within_s=within_s)

    def stop(self) -> None:
        """Let each end what it is at."""
        for sender in self._all:
            sender.stop()


@contextmanager
def sending(port: int, count: int = 6) -> Iterator[Senders]:
    """Senders that send during the block."""
    senders = Senders(port, count)
    for sender in senders._all:
        sender.start()
    try:
        yield senders
    finally:
        senders.stop()


def waited(is_so: Callable[[], bool], what: str, *, within_s: float = 60.0) -> float:
    """Seconds until it is so; fails when it does not come about."""
    began = time.monotonic()
    while not is_so():
        assert time.monotonic() - began < within_s, f"waited {within_s:g} s for {what}"
        time.sleep(0.02)
    return time.monotonic() - began


def resident_mb(pids: Iterable[int]) -> float:
    """What the processes and their children take together."""
    total = 0.0
    seen: set[int] = set()
    for pid in pids:
        with suppress(psutil.NoSuchProcess):
            process = psutil.Process(pid)
            for each in (process, *process.children(recursive=True)):
                if each.pid not in seen:
                    seen.add(each.pid)
                    with suppress(psutil.NoSuchProcess):
                        total += each.memory_info().rss / 1e6
    return total


def own_mb() -> float:
    """What this process takes, where the part in question runs in it."""
    return float(psutil.Process().memory_info().rss) / 1e6
