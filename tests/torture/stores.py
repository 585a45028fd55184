"""What happens to the store under a running collector: a lock, a full queue, a full disk, a PostgreSQL that crashes."""

import json
import signal
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from telltale.landing.place import LEAST_FREE_BYTES
from telltale.settings import load
from tests.landing.test_store_health import MOUNTS, small_disk
from tests.postgres import own_server
from tests.served import Collector, collecting, make_project
from tests.torture.counting import counted, resident_mb, sending, waited
from tests.torture.row import Row

LOCKED_S = 1.5


@contextmanager
def locked(root: Path) -> Iterator[None]:
    """Somebody else writes in the store during the block, without an end."""
    path = load(root).data / "landing" / "telltale.db"
    with closing(sqlite3.connect(path, isolation_level=None, timeout=30)) as other:
        other.execute("begin immediate")
        try:
            yield
        finally:
            other.execute("rollback")


def locked_store(folder: Path, rounds: int) -> Iterator[Row]:
    """The store is locked for longer than anybody waits for it."""
    yield _locked("store locked", folder, rounds, "[landing]\nbusy_timeout_s = 0.3\n", senders=6)


def full_queue(folder: Path, rounds: int) -> Iterator[Row]:
    """The same while more senders come than the queue has room for."""
    toml = "[landing]\nbusy_timeout_s = 0.3\nmax_records = 4\n"
    yield _locked("queue full, its store locked", folder, rounds, toml, senders=24)


def _locked(fault: str, folder: Path, rounds: int, toml: str, *, senders: int) -> Row:
    root = make_project(folder, toml)
    slowest, memory = 0.0, 0.0
    with collecting(root) as collector, sending(collector.port, senders) as them:
        for _ in range(rounds):
            them.wait_for(20)
            with locked(root):
                waited(lambda: _status(collector) == 503, "503")
                time.sleep(LOCKED_S)
                memory = max(memory, resident_mb([collector.process.pid]))
            slowest = max(slowest, them.wait_for(1))
        them.stop()
        refused = _answered(collector, 503)
    return Row(fault, rounds, *counted(root, them.acknowledged), slowest, memory, note=f"{refused:,} answered 503")


def _answered(collector: Collector, status: int) -> int:
    """How many requests were answered so, by the collector's own figures: its log leaves lines out in a flood."""
    lines = collector.send("GET", "/metrics").body.decode().splitlines()
    counts = [line for line in lines if line.startswith("telltale_requests_total") and f'status="{status}"' in line]
    return int(sum(float(line.rpartition(" ")[2]) for line in counts))


def _status(collector: Collector) -> int:
    return collector.post_vector().status


def full_disk(folder: Path, rounds: int) -> Iterator[Row]:
    """A small disk fills up to its last byte under the collector, and is freed again."""
    if not MOUNTS:
        return
    with small_disk(folder, LEAST_FREE_BYTES + (48 << 20)) as disk:
        root = make_project(disk / "project")
        slowest, memory = 0.0, 0.0
        with collecting(root) as collector, sending(collector.port) as them:
            for _ in range(rounds):
                them.wait_for(20)
                _fill(disk / "filler")
                waited(lambda: _status(collector) == 503, "503")
                _fill(disk / "filler")  # what the end of a log gave back
                memory = max(memory, resident_mb([collector.process.pid]))
                (disk / "filler").unlink()
                slowest = max(slowest, them.wait_for(1))
            them.stop()
        yield Row("disk full", rounds, *counted(root, them.acknowledged), slowest, memory)


def _fill(path: Path) -> None:
    for size in (1 << 20, 4096, 1):
        with suppress(OSError), path.open("ab", buffering=0) as file:
            while True:
                file.write(bytes(size))


def postgresql_restarts(folder: Path, rounds: int) -> Iterator[Row]:
    """Its server crashes under load and comes back; the collector has a spool."""
    with own_server() as server:
        toml = f'[paths]\nstore_url = "{server.url}"\n[landing]\nspool = true\nbusy_timeout_s = 1.0\n'
        root = make_project(folder, toml)
        slowest, memory = 0.0, 0.0
        with collecting(root) as collector, sending(collector.port) as them:
            for number in range(rounds):
                them.wait_for(20)
                server.stop(signal.SIGQUIT if number % 2 == 0 else signal.SIGINT)
                slowest = max(slowest, them.wait_for(20))
                memory = max(memory, resident_mb([collector.process.pid]))
                server.start()
                waited(lambda: _health(collector) == "ok", "the spool to be drained")
            them.stop()
            waited(lambda: _health(collector) == "ok", "the spool to be drained")
        yield Row(
            "PostgreSQL crashes and restarts",
            rounds,
            *counted(root, them.acknowledged),
            slowest,
            memory,
            note="with a spool: records are taken all the time",
        )


def _health(collector: Collector) -> str:
    return str(json.loads(collector.send("GET", "/healthz").body)["status"])
