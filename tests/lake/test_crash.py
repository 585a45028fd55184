"""`kill -9` of the real collector under load: what was acknowledged is there, and nothing is there twice.

A sender that got no answer sends the same report again to the next collector, so that records stored without an
acknowledgement arrive twice and only the natural key can keep their sighting single.
"""

import http.client
import itertools
import json
import random
import threading
import time
from contextlib import closing
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from telltale.lake import Snapshot
from telltale.lake.merge import merge
from telltale.lake.settle import settle_all
from telltale.net import free_port
from telltale.settings import load
from telltale.sources.cloudtrax.wire import signature
from telltale.workbench.project import Project
from tests.served import NETWORK, SECRET, make_project, start

SENDERS = 32
UNDER_LOAD_S = (0.2, 0.8)
SETTLE_EVERY = 4


class Sender(threading.Thread):
    """Sends reports of its own, each until it is acknowledged, to whatever collector runs."""

    def __init__(self, number: int, port: int) -> None:
        super().__init__(daemon=True)
        self.acknowledged: list[bytes] = []
        self.unanswered = 0
        self._reports = (report(number, count) for count in itertools.count())
        self._port = port
        self._stop_sending = threading.Event()

    def run(self) -> None:
        with closing(http.client.HTTPConnection("127.0.0.1", self._port, timeout=15)) as connection:
            for body in self._reports:
                self._send(connection, body)
                if self._stop_sending.is_set():
                    return

    def _send(self, connection: http.client.HTTPConnection, body: bytes) -> None:
        """One report, until it is acknowledged."""
        while not self._stop_sending.is_set():
            try:
                connection.request("POST", "/cloudtrax", body, {"Signature": signature(SECRET, body).hex()})
                if _answer(connection) == 200:
                    self.acknowledged.append(body)
                    return
            except (OSError, http.client.HTTPException):
                self.unanswered += 1
                connection.close()
                time.sleep(0.02)

    def stop(self) -> None:
        self._stop_sending.set()
        self.join(30)


def report(sender: int, count: int) -> bytes:
    """A report with one station that no other report has."""
    seen = int(time.time())
    row = {"mac": f"3c:06:{sender:02x}:{count >> 16 & 255:02x}:{count >> 8 & 255:02x}:{count & 255:02x}", "count": 1}
    row |= {"min_signal": -70, "max_signal": -60, "avg_signal": -65, "first_seen": seen, "last_seen": seen}
    row |= {"associated": False}
    node = f"ac:86:74:00:00:{sender:02x}"
    told = {"network_id": int(NETWORK), "node_mac": node, "version": 1, "probe_requests": [row]}
    return json.dumps(told).encode()


@pytest.mark.slow
@pytest.mark.parametrize("rounds", [8, pytest.param(20, marks=pytest.mark.long)])
def test_kills_under_load_lose_nothing_and_double_nothing(tmp_path: Path, rounds: int) -> None:
    port = free_port("127.0.0.1", 0)
    root = make_project(tmp_path)
    project = Project(settings=load(root))
    senders = [Sender(number, port) for number in range(SENDERS)]
    chance = random.Random(20)
    for number in range(rounds):
        collector = start(root, port=port)
        if number == 0:
            for sender in senders:
                sender.start()
        time.sleep(chance.uniform(*UNDER_LOAD_S))
        if number % SETTLE_EVERY == 0:
            settle_all(project.lake, now_us=project.now_us())
        collector.kill()
    for sender in senders:
        sender.stop()

    acknowledged = [body for sender in senders for body in sender.acknowledged]
    assert len(acknowledged) > rounds * SENDERS, "nothing was acknowledged, so nothing was tested"
    assert sum(sender.unanswered for sender in senders) >= rounds, "no kill met a request under way"
    view = project.view()
    bodies = stored(project, view.snapshot)
    assert set(acknowledged) - set(bodies) == set(), "an acknowledged record is lost"
    sightings = view.table("sighting").arrow()
    assert sightings.num_rows == len(set(bodies)), "a sighting is there twice, or not at all"
    assert len(set(sightings.column("device").to_pylist())) == len(set(bodies))

    settle_all(project.lake, now_us=project.now_us())
    merge(project.lake, now_us=project.now_us())
    assert project.view().table("sighting").arrow().num_rows == len(set(bodies))
    project.close()


def stored(project: Project, snapshot: Snapshot) -> list[bytes]:
    """The body of every raw record, settled or hot."""
    files = [project.lake.path(file) for file in snapshot.files if file.table_name == "raw"]
    settled = [body for path in files for body in pq.read_table(path, columns=["body"]).column("body").to_pylist()]
    return [*settled, *(raw.body for raw in snapshot.hot)]


def _answer(connection: http.client.HTTPConnection) -> int:
    reply = connection.getresponse()
    reply.read()
    return reply.status
