"""What storing costs an MQTT subscriber: the collector against paho that keeps nothing, behind one Mosquitto.

A burst of reports of QoS 1 is published, and the time counts until the last of them is acknowledged by its receiver:
the collector as it runs, a row each in its store, committed with synchronous=FULL; and paho's own client with an empty
callback. Bursts are interleaved. Needs Mosquitto.
"""

import json
import os
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from paho.mqtt.client import Client, MQTTv311
from paho.mqtt.enums import CallbackAPIVersion

from bench.measured import note, sized
from tests.mosquitto import HOST, PERSISTENT, Broker, mosquitto

BURST = sized(1_000, 5_000)
REPEATS = sized(2, 5)
STORED, BARE = "stored", "paho alone"
TOPICS = {STORED: "plant/cloudtrax", BARE: "bare"}


def main() -> None:
    """Note the ratio of both rates."""
    if not (shutil.which("mosquitto") or Path("/usr/sbin/mosquitto").exists()):
        print("no mosquitto on the PATH: nothing measured")
        return
    with tempfile.TemporaryDirectory(prefix="telltale-bench-", dir=os.environ.get("TELLTALE_BENCH_DIR")) as folder:
        rates = _measure(Path(folder))
    of = f"{BURST:,} messages of QoS 1 at once, none lost, medians of {REPEATS} interleaved bursts"
    stored, bare = statistics.median(rates[STORED]), statistics.median(rates[BARE])
    note("MQTT messages stored", stored, "/s", of=of)
    note("MQTT messages stored ÷ paho keeping nothing", stored / bare, of=of)


def _measure(root: Path) -> dict[str, list[float]]:
    rates: dict[str, list[float]] = {STORED: [], BARE: []}
    with mosquitto(root / "broker", options=PERSISTENT) as broker, _collecting(root, broker), _bare(broker) as heard:
        counts: dict[str, Callable[[], int]] = {STORED: lambda: _rows(root), BARE: lambda: heard[0]}
        for repeat in range(REPEATS + 1):
            for name, count in counts.items():
                rate = _burst(broker, TOPICS[name], count)
                if repeat:  # the first is a warm-up
                    rates[name].append(rate)
    return rates


def _burst(broker: Broker, topic: str, count: Callable[[], int]) -> float:
    """Messages a second until all have arrived."""
    aimed = count() + BURST
    with _client(broker, "publisher") as publisher:
        began = time.perf_counter()
        for number in range(BURST):
            publisher.publish(topic, _report(number), qos=1)
        while count() < aimed:
            if time.perf_counter() - began > 120:
                raise TimeoutError(f"{topic}: {count() - aimed + BURST} of {BURST} messages arrived in 120 s")
            time.sleep(0.005)
        took = time.perf_counter() - began
    if count() != aimed:
        raise AssertionError(f"{topic}: {count() - aimed + BURST} records of {BURST} messages")
    return BURST / took


@contextmanager
def _collecting(root: Path, broker: Broker) -> Iterator[None]:
    told = {"host": HOST, "port": broker.port, "tls": False, "client_id": "collector"}
    lines = ["[mqtt]", *(f"{key} = {json.dumps(value)}" for key, value in told.items())]
    (root / "telltale.toml").write_text("\n".join([*lines, f'topics = {{ "{TOPICS[STORED]}" = "cloudtrax" }}', ""]))
    command = [sys.executable, "-m", "telltale", "--project", str(root), "collect", "mqtt"]
    with (root / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        with _client(broker, "waiting") as waiting:
            deadline = time.monotonic() + 60
            while not _rows(root):  # retained by nobody: sent again until somebody hears it
                if time.monotonic() > deadline:
                    raise TimeoutError((root / "log").read_text()[-2000:])
                waiting.publish(TOPICS[STORED], _report(0), qos=1)
                time.sleep(0.5)
        time.sleep(1)  # what was sent meanwhile
        yield
    finally:
        process.terminate()
        process.wait(30)


@contextmanager
def _bare(broker: Broker) -> Iterator[list[int]]:
    """How many messages paho heard so far."""
    heard, is_in = [0], threading.Event()

    def on_message(_client: Client, _data: object, _message: object) -> None:
        heard[0] += 1

    with _client(broker, "bare") as client:
        client.on_message = on_message
        client.on_subscribe = lambda *_: is_in.set()
        client.subscribe(TOPICS[BARE], qos=1)
        if not is_in.wait(30):
            raise TimeoutError("the broker did not answer a subscription")
        yield heard


@contextmanager
def _client(broker: Broker, name: str) -> Iterator[Client]:
    client = Client(CallbackAPIVersion.VERSION2, name, clean_session=True, protocol=MQTTv311)
    client.max_inflight_messages_set(100)
    client.connect(HOST, broker.port)
    client.loop_start()
    try:
        yield client
    finally:
        client.disconnect()
        client.loop_stop()


def _report(number: int) -> bytes:
    """A report without a signature: the broker's login stands for it."""
    body = {"network_id": 71234, "node_mac": "ac:86:74:11:22:33", "version": 1, "probe_requests": [], "n": number}
    return json.dumps(body).encode()


def _rows(root: Path) -> int:
    path = root / "data" / "landing" / "telltale.db"
    if not path.exists():
        return 0
    with closing(sqlite3.connect(path, timeout=10)) as store:
        try:
            (rows,) = store.execute("select count(*) from raw").fetchone()
        except sqlite3.OperationalError:  # the table is not made yet
            return 0
    return int(rows)


if __name__ == "__main__":
    main()
