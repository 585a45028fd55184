"""An hour of `telltale up` among those who mean no good: who is honest is served all the time, nothing grows.

Honest senders of every source that has an address; beside them connections that say nothing or stop half-way, wrong
secrets, bodies too large or too slow, datagrams that are none, uploads that never end. `MINUTES` may be set lower by
hand, to see whether it runs at all.
"""

import http.client
import json
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import cycle, islice
from pathlib import Path

import psutil  # type: ignore[import-untyped] # its stubs are not installed
import pytest

from telltale.contract import Emission, Scenario, Source, Transport
from telltale.net import free_port
from telltale.settings import Settings, load
from telltale.simulate.coap import CoapConnection
from telltale.sources import SOURCES
from tests.collectors.hostile_coap import POST, Peers, datagram, random_datagram
from tests.served import make_project, telltale

MINUTES = 60.0
WARM_UP = 0.2
"""The part of the time after which memory is compared."""
HOST = "127.0.0.1"
SECRET = "f3Vq9-kd72LmZ0aw"
PAUSE_S = 0.2
"""Between two requests of one honest sender."""
BUSY = (500, 503)
"""Not stored in time, and said so: a sender sends it again. On a machine that is overbooked a few are."""
MOST_BUSY = 0.001
SOCKETS = 100
"""Of each kind of connection that leads nowhere."""
MOST_GROWTH = 1.2
SLACK_MB = 10.0
LOG_BYTES_AN_ANSWER, LOG_BYTES_A_MINUTE = 200, 1 << 20

pytestmark = pytest.mark.long


@dataclass
class Honest:
    """What one source's sender was answered."""

    source: str
    codes: Counter[int] = field(default_factory=Counter)
    slowest_s: float = 0.0

    @property
    def busy(self) -> int:
        return sum(self.codes[code] for code in BUSY)

    def add(self, code: int, took_s: float) -> None:
        self.codes[code] += 1
        self.slowest_s = max(self.slowest_s, took_s)


@dataclass
class Project:
    """A running project, and when its hour is over."""

    root: Path
    http_port: int
    coap_port: int
    up: psutil.Process
    over: threading.Event

    def processes(self) -> list[psutil.Process]:
        return [self.up, *self.up.children(recursive=True)]

    def log_bytes(self) -> int:
        return sum(path.stat().st_size for path in self.logs())

    def logs(self) -> list[Path]:
        return [self.root / "up.log", *(self.root / "data" / "logs").glob("**/*.log*")]


@contextmanager
def running_project(root: Path) -> Iterator[Project]:
    """`telltale up` with both collectors, until the end of the block; then a drain."""
    ports = free_port(HOST, 0), free_port(HOST, 0, socket.SOCK_DGRAM)
    settings = f"[site]\nkeep = true\n[webhooks]\nport = {ports[0]}\n[coap]\nport = {ports[1]}\n"
    secrets = "".join(f'[{name}]\n71234 = "{SECRET}"\n' for name in ("cloudtrax", "meraki", "sigfox"))
    make_project(root, settings, secrets=secrets)
    command = [sys.executable, "-m", "telltale", "--project", str(root), "up", "--no-dashboards"]
    with (root / "up.log").open("wb") as log, subprocess.Popen(command, stdout=log, stderr=log) as process:
        try:
            project = Project(root, *ports, psutil.Process(process.pid), threading.Event())
            deadline = time.monotonic() + 120
            while (root / "up.log").read_text(errors="replace").count("listens on") < 2:
                assert process.poll() is None, (root / "up.log").read_text(errors="replace")
                assert time.monotonic() < deadline
                time.sleep(0.1)
            yield project
        finally:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(60)
            finally:
                process.kill()


def emissions(source: Source, settings: Settings) -> Iterator[Emission]:
    """What a sender of the source sends, without end."""
    scenario = Scenario(seed=5, start_s=1_795_161_600, end_s=1_795_161_600 + 6 * 3600, timezone="UTC")
    return cycle(list(islice(source.simulate(scenario, settings.source(source.name)), 300)))


def honest_over_http(project: Project, source: Source, seen: Honest) -> None:
    for emission in emissions(source, load(project.root)):
        if project.over.wait(PAUSE_S):
            return
        began = time.monotonic()
        connection = http.client.HTTPConnection(HOST, project.http_port, timeout=30)
        try:
            connection.request(emission.method, emission.path, emission.body, dict(emission.headers))
            code = connection.getresponse().status
        except OSError:
            code = 0
        finally:
            connection.close()
        seen.add(code, time.monotonic() - began)


def honest_over_coap(project: Project, source: Source, seen: Honest) -> None:
    connection = CoapConnection(HOST, project.coap_port)
    for emission in emissions(source, load(project.root)):
        if project.over.wait(PAUSE_S):
            break
        began = time.monotonic()
        code, _ = connection.send(emission)
        seen.add(code, time.monotonic() - began)
    connection.close()


def opened(project: Project, said: bytes) -> list[socket.socket]:
    sockets = []
    for _ in range(SOCKETS):
        with suppress(OSError):
            one = socket.create_connection((HOST, project.http_port), timeout=5)
            sockets.append(one)
            one.sendall(said)
    return sockets


def leads_nowhere(said: bytes) -> Callable[[Project, random.Random], None]:
    """Connections that say so much and no more; all of them anew every half minute."""

    def run(project: Project, _dice: random.Random) -> None:
        while not project.over.is_set():
            sockets = opened(project, said)
            project.over.wait(30)
            for one in sockets:
                one.close()

    return run


def slow_bodies(project: Project, _dice: random.Random) -> None:
    head = b"POST /cloudtrax HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n"
    while not project.over.is_set():
        sockets = opened(project, head)
        for _ in range(30):
            for one in sockets:
                with suppress(OSError):
                    one.send(b"x")
            if project.over.wait(1):
                break
        for one in sockets:
            one.close()


def refused_bodies(project: Project, dice: random.Random) -> None:
    """Wrong secrets, and bodies larger than any may be."""
    while not project.over.wait(0.02):
        size = dice.choice((10, 1000, 100_000, 5 << 20))
        path = dice.choice(("/cloudtrax", "/meraki", "/sigfox/uplink", "/nowhere", "/../secrets.toml"))
        connection = http.client.HTTPConnection(HOST, project.http_port, timeout=10)
        with suppress(OSError, http.client.HTTPException):
            body = dice.choice((bytes(size), b'{"secret":"no","network_id":71234,"x":"' + b"x" * size + b'"}'))
            connection.request("POST", path, body, {"Signature": "00" * 32, "Authorization": "Bearer no"})
            connection.getresponse().read()
        connection.close()


def odd_datagrams(project: Project, dice: random.Random) -> None:
    while not project.over.is_set():
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            sender.connect((HOST, project.coap_port))
            for _ in range(50):
                with suppress(OSError):
                    sender.send(random_datagram(dice))
                if project.over.wait(0.005):
                    return


def endless_uploads(project: Project, dice: random.Random) -> None:
    peers = Peers(project.coap_port)
    while not project.over.wait(0.002):
        upload = datagram(POST, b"\xb1c\xd1\x03\x0a", bytes(64), mid=dice.randrange(1 << 16), token=b"open")
        peers.send(dice.randrange(2000), upload)
    peers.close()


HOSTILE: list[Callable[[Project, random.Random], None]] = [
    leads_nowhere(b""),
    leads_nowhere(b"POST /cloudtrax HTTP/1.1\r\nHost: x\r\nConte"),
    leads_nowhere(b"POST /cloudtrax HTTP/1.1\r\nHost: x\r\nContent-Length: 5000\r\n\r\nhalf of it"),
    slow_bodies,
    refused_bodies,
    odd_datagrams,
    endless_uploads,
]


def resident_mb(project: Project) -> dict[tuple[int, str], float]:
    """Of each process of the project, by its id and command."""
    found = {}
    for process in project.processes():
        with suppress(psutil.NoSuchProcess):
            found[process.pid, " ".join(process.cmdline()[-3:])] = process.memory_info().rss / 1e6
    return found


@pytest.mark.timeout(MINUTES * 60 + 600)
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux lets one socket send from many loopback addresses")
def test_an_hour_of_hostile_load_changes_nothing_for_the_honest(tmp_path: Path) -> None:
    senders = {Transport.HTTP: honest_over_http, Transport.COAP: honest_over_coap}
    root = tmp_path / "project"
    with running_project(root) as project:
        honest = [(Honest(source.name), source) for source in SOURCES if source.routes and source.transport in senders]
        assert len(honest) >= 4
        threads = [
            threading.Thread(target=senders[source.transport], args=(project, source, seen)) for seen, source in honest
        ]
        threads += [
            threading.Thread(target=attack, args=(project, random.Random(seed))) for seed, attack in enumerate(HOSTILE)
        ]
        try:
            for one in threads:
                one.start()
            project.over.wait(MINUTES * 60 * WARM_UP)
            before = resident_mb(project)
            project.over.wait(MINUTES * 60 * (1 - WARM_UP))
            after = resident_mb(project)
        finally:
            project.over.set()
            for one in threads:
                one.join(60)
    for seen, _ in honest:
        print(seen, f"busy: {seen.busy}")
    for seen, _ in honest:
        assert seen.codes, seen
        assert all(200 <= code < 300 for code in seen.codes - Counter(dict.fromkeys(BUSY, seen.busy))), seen
        assert seen.busy <= MOST_BUSY * seen.codes.total(), seen
    assert after.keys() == before.keys(), "no process ended"
    grown = {name: (before[name], mb) for name, mb in after.items() if mb > before[name] * MOST_GROWTH + SLACK_MB}
    assert grown == {}
    answered = sum(seen.codes.total() for seen, _ in honest)
    assert project.log_bytes() < answered * LOG_BYTES_AN_ANSWER + MINUTES * LOG_BYTES_A_MINUTE
    assert not any("Traceback" in path.read_text(errors="replace") for path in project.logs() if path.exists())
    stored = {one["source"]: one["records"] for one in json.loads(telltale(root, "sources", "--json").stdout)}
    for seen, _ in honest:
        assert stored[seen.source] >= sum(count for code, count in seen.codes.items() if code not in (202, *BUSY)), seen
