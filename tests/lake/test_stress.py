"""Settle, merge, decode, gc and readers at once: no snapshot misses or repeats a record."""

import os
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from telltale.lake import Changed, Lake
from telltale.lake.gc import gc
from telltale.lake.merge import merge
from telltale.lake.redecode import redecode
from telltale.lake.settle import settle, settle_all
from telltale.landing import Landing
from tests.sources.toy import open_lake, open_store, raw

SECONDS = float(os.environ.get("STRESS_SECONDS", "30"))
GRACE_S = 3


def now_us() -> int:
    """The clock, because gc compares it with the files' own times."""
    return time.time_ns() // 1000


class Crowd:
    """Threads that repeat their work until the time is over; the first failure ends all."""

    def __init__(self) -> None:
        self.over = threading.Event()
        self.failures: list[str] = []
        self.turns: dict[str, int] = {}

    @contextmanager
    def of(self, works: dict[str, Callable[[], None]]) -> Iterator[None]:
        threads = [threading.Thread(target=self._repeat, args=item) for item in works.items()]
        for thread in threads:
            thread.start()
        yield
        self.over.set()
        for thread in threads:
            thread.join()
        assert not self.failures, self.failures[0]

    def _repeat(self, name: str, work: Callable[[], None]) -> None:
        while not self.over.is_set():
            try:
                work()
                self.turns[name] = self.turns.get(name, 0) + 1
            except Changed:  # others were faster five times in a row: allowed, nothing was changed
                continue
            except Exception:  # noqa: BLE001 shown by the test
                self.failures.append(f"{name}: {traceback.format_exc()}")
                self.over.set()


def complete(lake: Lake, acknowledged_before: int) -> None:
    """Check one snapshot: ids 1 … n, each once, n at least what was acknowledged; rows of exactly the settled ones."""
    snapshot = lake.snapshot()
    settled = ids(lake, [file.path for file in snapshot.of("raw")], "id")
    hot = np.array([record.id for record in snapshot.hot], dtype=np.int64)
    every = np.sort(np.concatenate([settled, hot]))
    assert np.array_equal(every, np.arange(1, len(every) + 1)), "a record is missing or twice"
    assert len(every) >= acknowledged_before, "an acknowledged record is missing"
    rows = np.sort(ids(lake, [file.path for file in snapshot.of("node_heartbeat")], "raw_id"))
    assert np.array_equal(rows, np.sort(settled)), "rows and raw records differ"


def ids(lake: Lake, paths: list[str], column: str) -> np.ndarray:
    parts = [lake.root.read(path, [column])[column].to_numpy() for path in paths]
    return np.concatenate([np.empty(0, dtype=np.int64), *parts])


def run(folder: Path, seconds: float) -> Crowd:
    crowd, newest, collected = Crowd(), [0], [0]
    landing = Landing(open_store(folder))

    def lake_of_its_own() -> Lake:
        return open_lake(folder, open_store(folder), version=2)

    def land() -> None:
        first = crowd.turns.get("land", 0) * 20
        # Records are a quarter of an hour apart: their days are over, so merges of all kinds come up.
        numbers = range(first, first + 20)
        tickets = [landing.put(raw(900 * number, f"n1 {number} 0 3", source="plain")) for number in numbers]
        newest[0] = max(ticket.result(20) for ticket in tickets)
        time.sleep(0.1)

    def read() -> None:
        acknowledged, since = newest[0], time.monotonic()
        try:
            complete(reader, acknowledged)
        except FileNotFoundError:
            assert time.monotonic() - since > GRACE_S, "a file went within the grace"

    def tick(work: Callable[[], object], pause_s: float) -> Callable[[], None]:
        def turn() -> None:
            work()
            time.sleep(pause_s)

        return turn

    reader, settler, second, merger, decoder, collector = (lake_of_its_own() for _ in range(6))
    works = {
        "land": land,
        "settle": tick(lambda: settle(settler, now_us=now_us(), max_rows=60), 0.01),
        "settle too": tick(lambda: settle(second, now_us=now_us(), max_rows=25), 0.05),
        "merge": tick(lambda: merge(merger, now_us=now_us(), many=4), 0.1),
        "decode": tick(lambda: redecode(decoder, now_us=now_us()), 0.1),
        "gc": tick(lambda: collected.append(gc(collector, now_us=now_us(), grace_s=GRACE_S).files), 1.0),
        "read": read,
    }
    with crowd.of(works):
        crowd.over.wait(seconds)
    landing.close()
    settle_all(reader, now_us=now_us())
    complete(reader, newest[0])
    crowd.turns["collected"] = sum(collected)
    return crowd


@pytest.mark.usefixtures("store_url")
def test_a_short_crowd_leaves_every_snapshot_whole(tmp_path: Path) -> None:
    crowd = run(tmp_path, 2.0)

    assert crowd.turns["land"] > 0
    assert crowd.turns["read"] > 0


@pytest.mark.slow
@pytest.mark.usefixtures("store_url")
@pytest.mark.parametrize("store_url", ["sqlite", pytest.param("postgresql", marks=pytest.mark.long)], indirect=True)
def test_half_a_minute_of_everything_at_once_leaves_every_snapshot_whole(tmp_path: Path) -> None:
    crowd = run(tmp_path, SECONDS)

    works = {"land", "settle", "settle too", "merge", "decode", "gc", "read", "collected"}
    assert {name for name, turns in crowd.turns.items() if turns} == works
    assert crowd.turns["read"] >= 5
