"""Those who mean no good, or are broken: slow and silent clients, floods, odd datagrams, a broker that is killed."""

import random
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import psutil  # type: ignore[import-untyped] # its stubs are not installed

from tests.collectors.hostile_coap import ODD, REAL, Collector, coap_collector, random_datagram
from tests.collectors.test_coap_hostile import received, sensors
from tests.collectors.test_mqtt_subscriber import options, publisher
from tests.collectors.test_mqtt_subscriber import start as subscriber
from tests.lake.test_crash import report
from tests.mosquitto import PERSISTENT, mosquitto
from tests.operate import test_hostile_hour as hour
from tests.served import collecting, make_project
from tests.torture.counting import counted, kept, resident_mb, sending, waited
from tests.torture.row import Row

SECONDS, SHORT_S = 15.0, 4.0
"""Of each round among hostile senders; of the only one."""
SOCKETS = 300
REPEATED_S = 2.5
"""An answer that nobody acknowledges may be sent again."""
Attack = Callable[[hour.Project, random.Random], None]
SILENT: Sequence[Attack] = hour.HOSTILE[:4]
"""Connections that say nothing, stop in the header or in the body, or drip."""
NOISY: Sequence[Attack] = hour.HOSTILE[4:]
"""Wrong secrets, bodies that are too large, datagrams that are none, uploads without an end."""


def silent_clients(folder: Path, rounds: int) -> Iterator[Row]:
    """Hundreds of connections that lead nowhere."""
    yield _among("slow and silent clients", folder, rounds, SILENT)


def noisy_clients(folder: Path, rounds: int) -> Iterator[Row]:
    """Whatever else somebody may send."""
    yield _among("hostile requests and datagrams", folder, rounds, NOISY)


def _among(fault: str, folder: Path, rounds: int, attacks: Sequence[Attack]) -> Row:
    root = make_project(folder)
    slowest, memory = 0.0, 0.0
    with collecting(root) as collector, coap_collector(root) as coap, sending(collector.port) as them:
        for _ in range(rounds):
            project = hour.Project(
                root, collector.port, coap.port, psutil.Process(collector.process.pid), threading.Event()
            )
            with attacked(project, attacks):
                until = time.monotonic() + (SECONDS if rounds > 1 else SHORT_S)
                while time.monotonic() < until:
                    slowest = max(slowest, them.wait_for(1, within_s=20), coap.time_asked())
                    memory = max(memory, resident_mb([collector.process.pid, coap.process.pid]))
        them.stop()
    return Row(fault, rounds, *counted(root, them.acknowledged), slowest, memory, note="the slowest answer meanwhile")


@contextmanager
def attacked(project: hour.Project, attacks: Sequence[Attack]) -> Iterator[None]:
    """Each of them in a thread of its own during the block."""
    threads = [
        threading.Thread(target=attack, args=(project, random.Random(seed)), daemon=True)
        for seed, attack in enumerate(attacks)
    ]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        project.over.set()
        for thread in threads:
            thread.join(60)


def amplification(folder: Path, rounds: int) -> Iterator[Row]:
    """What we send to an address that anybody may have invented: bytes out ÷ bytes in, each from its own socket."""
    dice = random.Random(2)
    requests = [*ODD, *REAL, *(random_datagram(dice) for _ in range(200 * rounds))]
    got: list[int] = []
    with coap_collector(make_project(folder, secrets="")) as collector:
        for first in range(0, len(requests), SOCKETS):
            got += _got(collector, requests[first : first + SOCKETS])
        memory = collector.resident_mb
    worst = max(back / max(len(each), 4) for back, each in zip(got, requests, strict=True))
    note = f"{sum(got) / sum(map(len, requests)):.2f} times the bytes in all, at most {worst:.2f} times"
    assert worst <= 3, note
    yield Row("amplification over CoAP", len(requests), 0, 0, 0, None, memory, note=note)


def _got(collector: Collector, requests: Sequence[bytes]) -> list[int]:
    """How many bytes come back for each, sent from a socket of its own."""
    senders = sensors(collector.port, len(requests))
    for one, each in zip(senders, requests, strict=True):
        one.send(each)
        collector.time_asked()
    time.sleep(REPEATED_S)
    back = []
    for one in senders:
        with one:
            back.append(sum(map(len, received(one))))
    return back


def broker_restarts(folder: Path, rounds: int) -> Iterator[Row]:
    """The broker is killed while messages of QoS 1 come in, and started again."""
    with mosquitto(folder / "broker", options=PERSISTENT) as broker, publisher(broker) as client:
        root = make_project(folder / "project", options(broker), secrets="")
        process = subscriber(root)
        try:
            waited(lambda: "a new session" in (root / "mqtt.log").read_text(), "the collector")
            bodies: list[bytes] = []
            slowest, memory = 0.0, 0.0
            for round_ in range(rounds):
                waited(client.is_connected, "the publisher to be back")
                new = [report(round_, number) for number in range(200)]
                sent = [client.publish("plant/cloudtrax/hall", body, qos=1) for body in new]
                bodies += new
                waited(lambda: all(each.is_published() for each in sent), "the broker to take them")  # noqa: B023
                broker.save()  # Mosquitto saves a message just after it has acknowledged it
                broker.kill()
                broker.start()
                expected = {*bodies}
                have = lambda: expected <= kept(root, settles=False).bodies.keys()  # noqa: B023, E731
                slowest = max(slowest, waited(have, "all that the broker took", within_s=90))
                memory = max(memory, resident_mb([process.pid]))
        finally:
            process.terminate()
            process.wait(30)
        yield Row("MQTT broker killed", rounds, *counted(root, bodies), slowest, memory)
