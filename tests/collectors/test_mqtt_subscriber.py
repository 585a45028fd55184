"""The MQTT collector against a real Mosquitto: acknowledged once stored, nothing lost to kills of either side."""

import json
import logging
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TextIO

import pytest
from paho.mqtt.client import Client, MQTTv311
from paho.mqtt.enums import CallbackAPIVersion

from collectors.common.packetlog import PacketLog
from collectors.mqtt_subscriber import Subscriber, takes
from telltale.contract import ConfigError
from telltale.door import Door, open_door
from telltale.settings import load
from telltale.settings.brokers import MqttSettings
from telltale.transports import topics
from tests import served
from tests.mosquitto import HOST, PASSWORD, PERSISTENT, USER, Broker, mosquitto

TOPICS = {"plant/cloudtrax/#": "cloudtrax", "plant/efento/+": "efento/m"}


def options(broker: Broker, **more: object) -> str:
    told = {"host": "localhost", "port": broker.port, "tls": False, "client_id": "collector-1", **more}
    lines = [f"{key} = {json.dumps(value)}" for key, value in told.items()]
    named = ", ".join(f'"{pattern}" = "{name}"' for pattern, name in TOPICS.items())
    return "\n".join(["[mqtt]", *lines, f"topics = {{ {named} }}"]) + "\n"


def report(number: int) -> bytes:
    """A report without a signature: the broker's login stands for it."""
    return json.dumps(
        {"network_id": 71234, "node_mac": "ac:86:74:11:22:33", "version": 1, "probe_requests": [], "n": number}
    ).encode()


@contextmanager
def collecting(root: Path) -> Iterator["subprocess.Popen[bytes]"]:
    process = start(root)
    try:
        yield process
    finally:
        if process.poll() is None:
            process.terminate()
            assert process.wait(30) == 0, log(root)


def start(root: Path) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-m", "telltale", "--project", str(root), "collect", "mqtt"]
    with (root / "mqtt.log").open("ab") as file:
        return subprocess.Popen(command, stdout=file, stderr=file, start_new_session=True)


def log(root: Path) -> str:
    return (root / "mqtt.log").read_text(encoding="utf-8")


def wait_for(is_so: Callable[[], bool], what: Callable[[], str], *, within_s: float = 30) -> None:
    deadline = time.monotonic() + within_s
    while not is_so():
        assert time.monotonic() < deadline, what()
        time.sleep(0.02)


def rows(root: Path, text: str) -> list[tuple[Any, ...]]:
    path = root / "data" / "landing" / "telltale.db"
    if not path.exists():
        return []
    connection = sqlite3.connect(path, timeout=10)
    try:
        made = connection.execute("select count(*) from sqlite_master where name = 'refused'").fetchone()[0]
        return connection.execute(text).fetchall() if made else []
    finally:
        connection.close()


@contextmanager
def publisher(broker: Broker, *, login: tuple[str, str] | None = None) -> Iterator[Client]:
    """Connects anew by itself and sends again what the broker has not acknowledged."""
    client = Client(CallbackAPIVersion.VERSION2, "publisher", clean_session=False, protocol=MQTTv311)
    client.reconnect_delay_set(1, 1)
    client.max_inflight_messages_set(100)
    if login:
        client.username_pw_set(*login)
    client.connect(HOST, broker.port)
    client.loop_start()
    try:
        wait_for(client.is_connected, lambda: broker.log)
        yield client
    finally:
        client.disconnect()
        client.loop_stop()


BAD = [
    (MqttSettings(), r"\[mqtt\] host: nothing there"),
    (MqttSettings(host="b"), r"\[mqtt\] topics: nothing there"),
    (MqttSettings(host="b", topics={"a/#": "clodtrax"}), 'no source "clodtrax".*did you mean "cloudtrax"'),
    (MqttSettings(host="b", topics={"a/#": "efento/x"}), '"a/#" = "efento/x": no such address; known: .*efento/m'),
    (MqttSettings(host="b", topics={"a/#": "sigfox/graph/x/y"}), "no such address; known: .*sigfox/uplink"),
    (MqttSettings(host="b", topics={"a/#": "button"}), "known: nothing of it comes over MQTT"),
    *(
        (MqttSettings(host="b", topics={pattern: "cloudtrax"}), r"topics \".*\": no filter, \+ stands for whole levels")
        for pattern in ("", "a/#/b", "#/b", "a/b#", "a+/b", "a/##", "a/\0")
    ),
]


@pytest.mark.parametrize(("told", "sentence"), BAD)
def test_topics_that_lead_nowhere_are_said(told: MqttSettings, sentence: str) -> None:
    with pytest.raises(ConfigError, match=sentence):
        topics(told)


def test_a_topic_stands_for_an_address_of_its_source() -> None:
    told = {
        "cloudtrax": "/cloudtrax",
        "cloudtrax/receive": "/receive",
        "efento/c": "/c",
        "sigfox": "/sigfox/uplink",
        "sigfox/uplink": "/sigfox/uplink",
        "sigfox/sigfox/uplink/hall": "/sigfox/uplink/hall",
        "sigfox/data/temp": "/data/temp",
        "meraki/branch": "/meraki/branch",
    }
    found = topics(MqttSettings(host="b", topics={str(number): name for number, name in enumerate(told)}))
    assert [each.route.path for each in found] == list(told.values())
    assert {each.route.method for each in found} == {"POST"}


@pytest.mark.parametrize(
    ("pattern", "topic", "is_taken"),
    [
        ("a/#", "a", True),
        ("a/+/c", "a/b/c", True),
        ("+/b", "a/c", False),
        ("$share/group/a/#", "a/b", True),
        ("$share/group/a/#", "b/a", False),
    ],
)
def test_a_filter_takes_what_the_broker_sends_for_it(pattern: str, topic: str, is_taken: bool) -> None:
    (found,) = topics(MqttSettings(host="b", topics={pattern: "cloudtrax"}))
    assert takes(found.pattern, topic) is is_taken


def test_an_authority_lies_in_the_project_and_is_missed_by_name(tmp_path: Path) -> None:
    told = '[mqtt]\nhost = "localhost"\nca_file = "nope.crt"\ntopics = { "a/#" = "cloudtrax" }\n'
    root = served.make_project(tmp_path / "project", told, secrets="")
    ended = served.telltale(root, "collect", "mqtt")
    assert ended.returncode == 1
    assert f'[mqtt] ca_file = "{root / "nope.crt"}": cannot be read (No such file or directory); ' in ended.stderr


@contextmanager
def subscribed(root: Path, *, most: int, lines: TextIO = sys.stderr) -> Iterator[Door]:
    """The collector in this process, so that it can be given little room."""
    settings = load(root)
    found = topics(settings.mqtt)
    door = open_door(settings, {topic.source.name: topic.source for topic in found}.values())
    packets = PacketLog(lines)
    subscriber = Subscriber(door, packets, settings.mqtt, found, most=most)
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(subscriber.run)
        try:
            yield door
        finally:
            subscriber.stop()
            running.result(30)
            door.close()
            packets.close()


def test_what_has_no_room_while_the_store_is_away_is_read_afterwards(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The broker hands out 200 at once, room is for 10; all of them come within one session."""
    caplog.set_level(logging.INFO)
    with mosquitto(tmp_path / "broker", options="max_inflight_messages 0\nmax_queued_messages 0") as broker:
        told = options(broker) + "[landing]\nbusy_timeout_s = 0.1\n"
        root = served.make_project(tmp_path / "project", told, secrets="")
        with subscribed(root, most=10) as door, publisher(broker) as client:
            wait_for(lambda: "a new session" in caplog.text, lambda: caplog.text)
            with closing(sqlite3.connect(root / "data/landing/telltale.db", isolation_level=None)) as other:
                other.execute("begin immediate")
                sent = [client.publish("plant/cloudtrax/hall", report(number), qos=1) for number in range(200)]
                wait_for(lambda: all(one.is_published() for one in sent), lambda: broker.log)
                wait_for(lambda: "records wait, at most 10" in caplog.text, lambda: caplog.text)
            wait_for(lambda: numbers(root) == set(range(200)), lambda: f"{sorted(numbers(root))}")
            assert door.landing.depth[0] == 0
    assert caplog.text.count("connected to localhost") == 1


def test_a_message_beyond_the_store_s_queue_is_refused_and_the_next_one_stored(tmp_path: Path) -> None:
    with mosquitto(tmp_path / "broker") as broker:
        told = options(broker) + "[landing]\nmax_bytes = 100000\n"
        root = served.make_project(tmp_path / "project", told, secrets="")
        with collecting(root), publisher(broker) as client:
            wait_for(lambda: "a new session" in log(root), lambda: log(root))
            client.publish("plant/cloudtrax/hall", b" " * 100_000, qos=1).wait_for_publish(10)
            client.publish("plant/cloudtrax/hall", report(1), qos=1).wait_for_publish(10)
            wait_for(lambda: rows(root, "select body from raw") == [(report(1),)], lambda: log(root))
            told_of = "select status, reason, detail from refused"
            wait_for(lambda: rows(root, told_of) == [(413, "body_too_large", "100,000 bytes")], lambda: log(root))


@contextmanager
def peer(talk: Callable[[socket.socket], object]) -> Iterator[int]:
    """A broker of a few bytes, for each connection anew; its port."""
    ending = threading.Event()

    def serve() -> None:
        while not ending.is_set():
            with suppress(TimeoutError, OSError):
                connection, _ = listener.accept()
                with connection:
                    connection.settimeout(30)
                    talk(connection)

    with socket.create_server((HOST, 0)) as listener, ThreadPoolExecutor(1) as pool:
        listener.settimeout(0.1)
        pool.submit(serve)
        try:
            yield listener.getsockname()[1]
        finally:
            ending.set()


def grant_the_first(connection: socket.socket) -> None:
    connection.recv(4096)  # CONNECT
    connection.sendall(b"\x20\x02\x00\x00")  # CONNACK, accepted
    number = connection.recv(4096)[2:4]  # SUBSCRIBE, after its type and length
    connection.sendall(b"\x90\x04" + number + b"\x01\x80")  # SUBACK: QoS 1, failure
    connection.recv(4096)


def test_a_topic_the_broker_refuses_is_named(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with peer(grant_the_first) as port:
        told = f'[mqtt]\nhost = "{HOST}"\nport = {port}\ntls = false\nusername = "hall"\n'
        root = served.make_project(
            tmp_path / "project", f'{told}topics = {{ "a/#" = "cloudtrax", "b" = "efento/m" }}\n'
        )
        with subscribed(root, most=10):
            wait_for(lambda: "refuses the topic" in caplog.text, lambda: caplog.text)
    assert 'refuses the topic "b", so nothing comes by it; let "hall" read it in its access list' in caplog.text
    assert 'refuses the topic "a/#"' not in caplog.text


def test_a_broker_that_goes_away_while_tls_begins_is_tried_again(tmp_path: Path) -> None:
    tries: list[bytes] = []
    with peer(lambda connection: tries.append(connection.recv(4096))) as port:
        told = f'[mqtt]\nhost = "localhost"\nport = {port}\ntopics = {{ "a/#" = "cloudtrax" }}\n'
        root = served.make_project(tmp_path / "project", told)
        with collecting(root):
            wait_for(lambda: len(tries) == 3, lambda: log(root))
    assert log(root).count(f"localhost port {port} hung up") == 1, "said once"


def test_messages_are_stored_with_their_topic_and_what_is_no_report_is_refused(tmp_path: Path) -> None:
    with mosquitto(tmp_path / "broker", tls=True, login=(USER, PASSWORD)) as broker:
        told = options(broker, port=broker.tls_port, tls=True, ca_file=str(broker.ca_file), username=USER)
        secrets = f'[mqtt]\npassword = "{PASSWORD}"\n'
        root = served.make_project(tmp_path / "project", told, secrets=secrets)
        with collecting(root), publisher(broker, login=(USER, PASSWORD)) as client:
            wait_for(lambda: "a new session" in log(root), lambda: log(root))
            client.publish("plant/cloudtrax/hall", report(1), qos=1).wait_for_publish(10)
            client.publish("plant/cloudtrax/hall", b"no report", qos=1).wait_for_publish(10)
            client.publish("plant/cloudtrax/hall", report(2), qos=0)
            wait_for(lambda: len(rows(root, "select id from raw")) == 2, lambda: log(root))
            wait_for(lambda: len(rows(root, "select id from refused")) == 1, lambda: log(root))
        stored = rows(root, "select source, sender, meta, body from raw order by id")
    assert [row[3] for row in stored] == [report(1), report(2)]
    assert {row[:2] for row in stored} == {("cloudtrax", "localhost")}
    expected = {
        "transport": "mqtt",
        "method": "POST",
        "path": "/cloudtrax",
        "headers": {"mqtt-topic": "plant/cloudtrax/hall"},
    }
    assert json.loads(stored[0][2]) == expected
    assert PASSWORD not in log(root)


def test_a_wrong_password_ends_it_with_one_sentence(tmp_path: Path) -> None:
    with mosquitto(tmp_path / "broker", login=(USER, PASSWORD)) as broker:
        root = served.make_project(
            tmp_path / "project", options(broker, username=USER), secrets='[mqtt]\npassword = "wrong"\n'
        )
        ended = served.telltale(root, "collect", "mqtt")
    assert ended.returncode == 1
    assert f'refuses "{USER}" (Not authorized); correct username' in ended.stderr
    assert "wrong" not in ended.stderr


def test_a_port_in_clear_is_told_from_tls(tmp_path: Path) -> None:
    with mosquitto(tmp_path / "broker", tls=True) as broker:
        told = options(broker, port=broker.tls_port, tls=True)
        root = served.make_project(tmp_path / "project", told, secrets="")
        ended = served.telltale(root, "collect", "mqtt")
    assert ended.returncode == 1
    assert "TLS failed" in ended.stderr
    assert "ca_file" in ended.stderr


@contextmanager
def memory_folder(otherwise: Path) -> Iterator[Path]:
    """Where a file is synced at once: this broker saves all it holds some thousand times, slow on a disk in use."""
    memory = Path("/dev/shm")
    with TemporaryDirectory(dir=memory if os.access(memory, os.W_OK) else otherwise) as folder:
        yield Path(folder)


@pytest.mark.slow
def test_nothing_is_lost_when_collector_and_broker_are_killed(tmp_path: Path) -> None:
    """10,000 records of QoS 1; the collector is killed while they come in, the broker while it hands them on.

    Mosquitto saves a message just after it has acknowledged it: it is killed once all of them are saved.
    """
    count = 10_000
    with memory_folder(tmp_path) as folder, mosquitto(folder, options=PERSISTENT) as broker:
        root = served.make_project(tmp_path / "project", options(broker), secrets="")

        def stored() -> int:
            return sum(row[0] for row in rows(root, "select count(*) from raw"))

        process = start(root)
        wait_for(lambda: "a new session" in log(root), lambda: log(root))
        with publisher(broker) as client:
            sent = [client.publish("plant/cloudtrax/hall", report(number), qos=1) for number in range(count)]
            wait_for(lambda: stored() > 1_000, lambda: log(root), within_s=60)
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(30)
            wait_for(lambda: all(each.is_published() for each in sent), lambda: broker.log[-2000:], within_s=400)
        broker.save()
        before = stored()
        assert before < count
        with collecting(root):
            wait_for(lambda: stored() > before + 500, lambda: log(root), within_s=60)
            broker.kill()
            assert stored() < count
            broker.start()
            wait_for(lambda: numbers(root) == set(range(count)), lambda: f"{len(numbers(root))}", within_s=400)


def numbers(root: Path) -> set[int]:
    return {json.loads(row[0])["n"] for row in rows(root, "select body from raw")}
