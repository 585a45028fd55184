"""Two hosts on one PostgreSQL, under load, whatever happens to it: what was acknowledged is there, and nothing twice.

Each has a collector and a settler; they share the store, the lake and the keys. One collector is killed, the server is
restarted, crashes, and hangs for longer than a sender waits. A sender that got no answer sends again.
"""

import http.client
import itertools
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path

import pytest

from telltale.contract import TelltaleError
from telltale.lake.merge import merge
from telltale.lake.settle import settle
from telltale.net import free_port
from telltale.settings import load
from telltale.sources.cloudtrax.wire import signature
from telltale.workbench.project import Project
from tests.lake.test_crash import report, stored
from tests.postgres import Server, own_server
from tests.served import SECRET, make_project, start

SENDERS = 8
"""Of each host."""
TICKET_S = 4.0
HANGS_S = 10.0
WAKING_S = 4.0
"""What a machine with too much to do needs to answer after the ticket's end; still far from what the server hangs."""
TOML = """
[paths]
store_url = "{url}"
lake_root = "{shared}/lake"
keys = "{shared}/keys"
[landing]
busy_timeout_s = 2.0
ticket_timeout_s = {ticket_s}
"""


class Sender(threading.Thread):
    """Sends reports of its own, each until it is acknowledged, and notes the longest wait for an answer."""

    def __init__(self, number: int, port: int) -> None:
        super().__init__(daemon=True)
        self.acknowledged: list[bytes] = []
        self.unanswered, self.turned_away, self.longest_s = 0, 0, 0.0
        self.over = threading.Event()
        self._reports = (report(number, count) for count in itertools.count())
        self._port = port

    def run(self) -> None:
        with closing(http.client.HTTPConnection("127.0.0.1", self._port, timeout=60)) as connection:
            for body in self._reports:
                while not self._sent(connection, body):
                    if self.over.wait(0.1):
                        return

    def _sent(self, connection: http.client.HTTPConnection, body: bytes) -> bool:
        began = time.monotonic()
        try:
            connection.request("POST", "/cloudtrax", body, {"Signature": signature(SECRET, body).hex()})
            with connection.getresponse() as reply:
                reply.read()
        except (OSError, http.client.HTTPException):  # its collector is away
            self.unanswered += 1
            connection.close()
            return False
        self.longest_s = max(self.longest_s, time.monotonic() - began)
        if reply.status != 200:
            self.turned_away += 1
            return False
        self.acknowledged.append(body)
        return not self.over.is_set()


class Hosts:
    """Two hosts, their senders, and the server both use."""

    def __init__(self, folder: Path, server: Server) -> None:
        toml = TOML.format(url=server.url, shared=folder / "shared", ticket_s=TICKET_S)
        self.server = server
        self.roots = [make_project(folder / name, toml) for name in ("one", "two")]
        self.ports = [free_port("127.0.0.1", 0) for _ in self.roots]
        self.collectors = [start(root, port=port) for root, port in zip(self.roots, self.ports, strict=True)]
        self.senders = [Sender(number, self.ports[number % 2]) for number in range(2 * SENDERS)]
        self.settled = [0, 0]
        self.over = threading.Event()
        self._settlers = [threading.Thread(target=self._settle, args=(number,)) for number in range(2)]

    @contextmanager
    def busy(self) -> Iterator[None]:
        for thread in (*self.senders, *self._settlers):
            thread.start()
        try:
            yield
        finally:
            self.over.set()
            for sender in self.senders:
                sender.over.set()
            for thread in (*self.senders, *self._settlers):
                thread.join(90)

    def close(self) -> None:
        for collector in self.collectors:
            with suppress(ProcessLookupError):
                collector.kill()

    def restart(self) -> None:
        self.server.stop()
        self.server.start()

    def crash(self) -> None:
        self.server.stop(signal.SIGQUIT)
        self.server.start()

    def hang(self) -> None:
        with self.server.hanging():
            time.sleep(HANGS_S)

    def kill(self) -> None:
        self.collectors[0].kill()
        self.collectors[0] = start(self.roots[0], port=self.ports[0])

    def _settle(self, number: int) -> None:
        project = Project(settings=load(self.roots[number]))
        while not self.over.wait(0.2):
            with suppress(TelltaleError):  # the server is away; it goes on with the next turn
                self.settled[number] += settle(project.lake, now_us=project.now_us(), max_rows=500).raws
        project.close()


def run(folder: Path, *, rounds: int, pause_s: float) -> None:
    with own_server() as server, ExitStack() as stack:
        hosts = Hosts(folder, server)
        stack.callback(hosts.close)
        happenings: list[Callable[[], None]] = [hosts.restart, hosts.kill, hosts.hang, hosts.crash]
        with hosts.busy():
            for _ in range(rounds):
                for happening in happenings:
                    _some_more(hosts)
                    time.sleep(pause_s)
                    happening()
            _some_more(hosts)
        check(hosts)


def _some_more(hosts: Hosts) -> None:
    """Wait until each host has acknowledged something more."""
    before = [len(sender.acknowledged) for sender in hosts.senders[:2]]
    deadline = time.monotonic() + 60
    while any(len(each.acknowledged) < had + 5 for each, had in zip(hosts.senders[:2], before, strict=True)):
        assert time.monotonic() < deadline, "nothing is stored any more"
        time.sleep(0.05)


def check(hosts: Hosts) -> None:
    acknowledged = [body for sender in hosts.senders for body in sender.acknowledged]
    project = Project(settings=load(hosts.roots[0]))
    view = project.view()
    bodies = stored(project, view.snapshot)
    assert set(acknowledged) - set(bodies) == set(), "an acknowledged record is lost"
    assert view.table("sighting").arrow().num_rows == len(set(bodies)), "a sighting is there twice, or not at all"
    while settle(project.lake, now_us=project.now_us()).raws:
        pass
    merge(project.lake, now_us=project.now_us())
    assert project.view().table("sighting").arrow().num_rows == len(set(bodies))
    project.close()
    longest_s = max(sender.longest_s for sender in hosts.senders)
    assert longest_s < TICKET_S + WAKING_S, "a sender waited for longer than his ticket"
    assert sum(sender.turned_away for sender in hosts.senders), "nobody met a server that was away"
    assert sum(sender.unanswered for sender in hosts.senders), "nobody met the collector that was killed"
    assert all(hosts.settled), "one settler never had its turn"
    print(
        f"{len(acknowledged):,} acknowledged, {len(bodies):,} stored, {len(bodies) - len(set(bodies))} of them twice, "
        f"settled {hosts.settled}, longest wait {longest_s:.1f} s of a ticket of {TICKET_S:g} s, "
        f"{sum(sender.turned_away for sender in hosts.senders):,} answered 503"
    )


@pytest.mark.slow
def test_two_hosts_lose_nothing_and_double_nothing(tmp_path: Path) -> None:
    run(tmp_path, rounds=1, pause_s=0.5)


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_ten_minutes_of_two_hosts_lose_nothing_and_double_nothing(tmp_path: Path) -> None:
    run(tmp_path, rounds=12, pause_s=6.0)
