"""`kill -9` of each process of a whole `telltale up`, while senders over HTTP, CoAP and MQTT go on."""

import itertools
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from paho.mqtt.client import Client

from telltale.contract import Emission, Scenario
from telltale.net import free_port
from telltale.settings import load
from telltale.simulate.coap import CoapConnection
from telltale.sources.efento import SOURCE as EFENTO
from tests.collectors.test_mqtt_subscriber import options, publisher
from tests.lake.test_crash import report
from tests.mosquitto import PERSISTENT, Broker, mosquitto
from tests.operate.waiting import with_word
from tests.served import make_project
from tests.torture.counting import Senders, kept, resident_mb, sending, waited
from tests.torture.row import ALONE, Row

TOML = """
[site]
keep = true
[webhooks]
port = {http}
[coap]
port = {coap}
[dashboard]
port = 0
[arp]
interfaces = ["lo"]
heartbeat_s = 10
[settle]
rows = 200
[alerts.quiet]
on = "silent"
[reports.health]
notebook = "data_health"
period = "month"
{mqtt}
"""
MARKS = {
    "webhooks": "collect webhooks",
    "CoAP": "collect coap",
    "ARP": "collect arp",
    "MQTT": "collect mqtt",
    "upkeep": " upkeep",
    "schedule": " schedule",
    "alerts": "alerts --follow",
    "dashboards": "telltale dashboard",
    "warden": "operate/warden.py",
}
"""What the command lines of the processes hold."""
SENDER_S = 0.01


class Coap(threading.Thread):
    """A sensor that sends each message until it is acknowledged, and what was."""

    def __init__(self, port: int, messages: Iterator[Emission]) -> None:
        super().__init__(daemon=True)
        self.acknowledged: list[bytes] = []
        self._messages, self._port = messages, port
        self._over = threading.Event()

    def run(self) -> None:
        connection = CoapConnection("127.0.0.1", self._port)
        for each in self._messages:
            while not self._over.wait(SENDER_S):
                with suppress(OSError):
                    if connection.send(each)[0] == 201:
                        self.acknowledged.append(each.body)
                        break
            if self._over.is_set():
                break
        connection.close()

    def stop(self) -> None:
        self._over.set()
        self.join(60)


class Published(threading.Thread):
    """Publishes reports of its own; those that the broker took must all arrive."""

    SENDER = 200

    def __init__(self, client: Client) -> None:
        super().__init__(daemon=True)
        self.sent: list[tuple[bytes, object]] = []
        self._client = client
        self._over = threading.Event()

    def run(self) -> None:
        for number in itertools.count():
            if self._over.wait(SENDER_S):
                return
            body = report(self.SENDER, number)
            self.sent.append((body, self._client.publish("plant/cloudtrax/hall", body, qos=1)))

    def stop(self) -> list[bytes]:
        self._over.set()
        self.join(30)
        for _, message in self.sent:
            message.wait_for_publish(30)  # type: ignore[attr-defined]
        return [body for body, _ in self.sent]


class Up:
    """A running `telltale up` and its processes by what they are."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.process = self._start()

    def _start(self) -> "subprocess.Popen[bytes]":
        environment = {**os.environ, "TELLTALE_HOME": str(self.root)}
        with (self.root / "printed").open("ab") as printed:
            return subprocess.Popen(
                [sys.executable, "-m", "telltale", "up"], env=environment, stdout=printed, stderr=printed
            )

    def again(self) -> None:
        """Start it once more, after it was killed."""
        self.process.wait(60)
        self.process = self._start()

    def pids(self, mark: str) -> list[int]:
        """The processes whose command line holds it; of several the one that started the others first."""
        found = with_word(f"TELLTALE_HOME={self.root}\0")
        return sorted(pid for pid, line in found.items() if mark in line)

    def end(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            self.process.wait(90)


@contextmanager
def running(root: Path) -> Iterator[Up]:
    """`telltale up` during the block."""
    up = Up(root)
    try:
        yield up
    finally:
        try:
            up.end()
        finally:
            up.process.kill()  # its warden ends the others


def prepared(root: Path, broker: Broker) -> tuple[int, int]:
    """A project in which every part of `telltale up` runs; its ports."""
    http, coap = free_port("127.0.0.1", 0), free_port("127.0.0.1", 0, socket.SOCK_DGRAM)
    make_project(root, TOML.format(http=http, coap=coap, mqtt=options(broker)))
    (root / "buttons.csv").write_text("Name, MAC-Address\nBolts, 02:7e:11:a0:00:01\n")
    return http, coap


def messages(root: Path) -> Iterator[Emission]:
    """What sensors send, each body once."""
    start_s = int(time.time()) - 400 * 86_400
    scenario = Scenario(5, start_s, start_s + 400 * 86_400, "UTC")
    seen: set[bytes] = set()
    for each in EFENTO.simulate(scenario, load(root).source("efento")):
        if each.path == "/m" and each.body not in seen:
            seen.add(each.body)
            yield each


class Struck(NamedTuple):
    """A part that was killed, and what was acknowledged meanwhile."""

    name: str
    rounds: int
    slowest_s: float
    memory_mb: float
    recovers: str
    reports: set[bytes]
    others: set[bytes]


def kills(folder: Path, rounds: int) -> Iterator[Row]:
    """Each process so many times, the supervisor last."""
    root = folder / "project"
    with ExitStack() as stack:
        broker = stack.enter_context(mosquitto(folder / "broker", options=PERSISTENT))
        http, coap = prepared(root, broker)
        up = stack.enter_context(running(root))
        waited(lambda: all(up.pids(mark) for mark in MARKS.values()), "all parts", within_s=120)
        them = stack.enter_context(sending(http, 4))
        sensor, client = Coap(coap, messages(root)), stack.enter_context(publisher(broker))
        publishing = Published(client)
        waited(lambda: "a new session" in _log(root, "mqtt"), "the MQTT collector")  # before, a broker keeps nothing
        for thread in (sensor, publishing):
            thread.start()
            stack.callback(thread.stop)
        them.wait_for(20)
        struck = list(_each(up, them, sensor, rounds))
        them.stop()
        sensor.stop()
        published = publishing.stop()
        waited(lambda: {*published} <= kept(root, settles=False).bodies.keys(), "what the broker holds", within_s=120)
        up.end()
    found = kept(root)
    for part in struck:
        told = len(part.reports) + len(part.others)
        lost, doubled = found.lost(part.reports, part.others), found.doubled(part.reports)
        yield Row(
            f"kill -9: {part.name}", part.rounds, told, lost, doubled, part.slowest_s, part.memory_mb, part.recovers
        )
    doubled = found.doubled(published) + found.doubled_readings
    note = "published with QoS 1 during all of these"
    yield Row("kill -9: over MQTT", rounds, len(published), found.lost(published), doubled, None, 0.0, note=note)


def _each(up: Up, them: Senders, sensor: Coap, rounds: int) -> Iterator[Struck]:
    dice = random.Random(3)
    for name, mark in {**MARKS, "supervisor": ""}.items():
        slowest, memory = 0.0, 0.0
        before, sensed = {*them.acknowledged}, len(sensor.acknowledged)
        for _ in range(rounds):
            memory = max(memory, resident_mb([up.process.pid]))
            slowest = max(slowest, _killed(up, mark, dice, them, sensor if name == "CoAP" else None))
        recovers = ALONE if mark else "telltale up; as a service by itself"
        reports, others = {*them.acknowledged} - before, {*sensor.acknowledged[sensed:]}
        yield Struck(name, rounds, slowest, memory, recovers, reports, others)


def _killed(up: Up, mark: str, dice: random.Random, them: Senders, sensor: Coap | None) -> float:
    """Seconds from the kill of a part, or of the supervisor, until there is another and senders are answered."""
    pids = up.pids(mark) if mark else [up.process.pid]
    os.kill(dice.choice(pids), signal.SIGKILL)  # of a collector perhaps its worker
    began = time.monotonic()
    if mark:
        waited(lambda: {*up.pids(mark)} - {*pids} != set(), f"another {mark}", within_s=90)
    else:
        up.again()
    them.wait_for(2, within_s=120)
    if sensor is not None:
        count = len(sensor.acknowledged)
        waited(lambda: len(sensor.acknowledged) > count, "an answer over CoAP", within_s=90)
    return time.monotonic() - began


def _log(root: Path, name: str) -> str:
    path = root / "data" / "logs" / f"{name}.log"
    return path.read_text(errors="replace") if path.exists() else ""
