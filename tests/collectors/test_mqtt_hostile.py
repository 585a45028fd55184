"""The MQTT collector beside a broker that hangs, floods, leaves or sends what is no MQTT: it comes back, and stores."""

import json
import logging
import os
import sqlite3
import threading
from contextlib import closing
from io import StringIO
from pathlib import Path
from typing import Any

import psutil  # type: ignore[import-untyped] # its stubs are not installed
import pytest

from collectors import mqtt_subscriber
from tests import served
from tests.collectors.test_mqtt_subscriber import numbers, report, subscribed, wait_for
from tests.hostile_broker import CONNACK, HOST, Peer, hostile_broker, length_of, publish

TOPIC = "plant/cloudtrax/hall"


def project(tmp_path: Path, port: int, *, more: str = "") -> Path:
    told = f'[mqtt]\nhost = "{HOST}"\nport = {port}\ntls = false\ntopics = {{ "plant/cloudtrax/#" = "cloudtrax" }}\n'
    return served.make_project(tmp_path / "project", told + more, secrets="")


def good(peer: Peer) -> None:
    peer.accept()
    peer.packet()
    peer.send(publish(TOPIC, report(7), mid=7))
    peer.stay()


def silent(peer: Peer) -> None:
    peer.hang()


def half_a_packet(peer: Peer) -> None:
    peer.accept()
    peer.packet()
    peer.send(publish(TOPIC, report(1), mid=1)[:20])
    peer.hang()


def closes(peer: Peer) -> None:
    peer.connection.close()


def lets_in_and_closes(peer: Peer) -> None:
    peer.accept()


def sends(*packets: bytes) -> Any:
    def talk(peer: Peer) -> None:
        peer.accept()
        peer.packet()
        for each in packets:
            peer.send(each)
        peer.hang()

    return talk


MALFORMED = {
    "nothing but noise": bytes(range(255, 0, -1)) * 4,
    "a length of five digits": b"\x30\xff\xff\xff\xff\xff\x01",
    "a PUBLISH without a topic": b"\x32\x01\x00",
    "a topic longer than the packet": b"\x32\x04\xff\xffab",
    "a topic that is no UTF-8": b"\x32\x08\x00\x04\xff\xfe\xfd\xfc\x00\x01",
    "a topic with a zero": publish("plant/\0", b"x", mid=1),
    "a PUBLISH of QoS 3": publish(TOPIC, b"x", mid=1, qos=3),
    "a PUBLISH of identifier 0": publish(TOPIC, b"x", mid=0),
    "an empty SUBACK": b"\x90\x00",
    "a SUBACK of what was never asked": b"\x90\x03\x7f\x7f\x09",
    "a CONNACK in between": CONNACK,
    "a short CONNACK": b"\x20\x01\x00",
    "a PUBACK of one byte": b"\x40\x01\x00",
    "a PUBREL of nothing": b"\x62\x02\x00\x09",
    "an empty PUBREL": b"\x62\x00",
    "a PINGRESP with something in it": b"\xd0\x02ab",
    "packets only clients send": b"\x10\x00\x82\x02\x00\x01\xc0\x00\xe0\x00",
    "reserved kinds": b"\x00\x00\xf0\x00",
}  # fmt: skip


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """A second where the collector has thirty."""
    monkeypatch.setattr(mqtt_subscriber, "KEEPALIVE_S", 1)
    monkeypatch.setattr(mqtt_subscriber, "FIRST_WAIT_S", 0.05)


@pytest.mark.parametrize("talk", [silent, half_a_packet, closes, lets_in_and_closes], ids=lambda talk: talk.__name__)
def test_a_broker_that_hangs_or_leaves_is_left_and_tried_again(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, talk: Any
) -> None:
    caplog.set_level(logging.INFO)
    with hostile_broker(talk, talk, talk, good) as broker:
        root = project(tmp_path, broker.port)
        with subscribed(root, most=10):
            wait_for(lambda: numbers(root) == {7}, lambda: caplog.text)
            wait_for(lambda: 7 in broker.peers[-1].acknowledged, lambda: caplog.text)
    lost = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    assert len(lost) == len(set(lost)), "each is said once"
    assert 1 <= len(lost) <= 2


@pytest.mark.parametrize("what", MALFORMED)
def test_what_is_no_mqtt_ends_the_connection_and_no_more(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, what: str
) -> None:
    """Before: a topic that is no UTF-8 ended the collector with a traceback."""
    with hostile_broker(sends(MALFORMED[what]), good) as broker:
        root = project(tmp_path, broker.port)
        with subscribed(root, most=10):
            wait_for(lambda: numbers(root) == {7}, lambda: caplog.text)
    assert "Traceback" not in caplog.text


def test_a_broker_that_leaves_at_once_is_asked_less_and_less_often(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Before: once a second for ever, three lines each time, where it had let the collector in."""
    caplog.set_level(logging.INFO)
    with hostile_broker(lets_in_and_closes) as broker, subscribed(project(tmp_path, broker.port), most=10):
        wait_for(lambda: len(broker.connected_at) == 6, lambda: caplog.text)
    waits = [after - before for before, after in zip(broker.connected_at, broker.connected_at[1:], strict=False)]
    assert waits[-1] > 0.05 * 2**3, waits
    assert len([record for record in caplog.records if record.name == "telltale.mqtt"]) <= 4


def resident_mb() -> float:
    return float(psutil.Process(os.getpid()).memory_info().rss) / 1e6


def test_a_message_of_a_hundred_megabytes_is_refused_in_little_memory(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Before: all of it was kept."""
    worst = 0.0

    def talk(peer: Peer) -> None:
        nonlocal worst
        peer.accept()
        peer.packet()
        name = TOPIC.encode()
        head = len(name).to_bytes(2, "big") + name + b"\x00\x05"
        peer.connection.settimeout(30)
        peer.send(b"\x32" + length_of(len(head) + (100 << 20)) + head)
        for _ in range(100):
            peer.send(bytes(1 << 20))
            worst = max(worst, resident_mb())
        peer.connection.settimeout(0.1)
        peer.send(publish(TOPIC, report(7), mid=7))
        peer.stay()

    with hostile_broker(talk) as broker:
        root = project(tmp_path, broker.port)
        before = resident_mb()
        with subscribed(root, most=10):
            wait_for(lambda: numbers(root) == {7}, lambda: caplog.text, within_s=60)
            wait_for(lambda: broker.peers[0].acknowledged == {5, 7}, lambda: f"{broker.peers[0].acknowledged}")
    assert len(broker.connected_at) == 1
    assert worst - before < 60


def test_a_flood_is_read_as_fast_as_it_is_stored(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """While the store is away no more than there is room for is read, and nothing acknowledged."""
    store_is_away = threading.Event()
    count = 2000

    def talk(peer: Peer) -> None:
        peer.accept()
        peer.packet()
        store_is_away.wait(60)
        peer.connection.settimeout(60)
        for mid in range(1, count + 1):
            peer.send(publish(TOPIC, report(mid) + b" " * 4000, mid=mid))
        peer.connection.settimeout(0.1)
        peer.stay()

    with hostile_broker(talk) as broker:
        root = project(tmp_path, broker.port, more="[landing]\nbusy_timeout_s = 0.1\n")
        with subscribed(root, most=50):
            wait_for(lambda: bool(broker.peers), lambda: caplog.text)
            before = resident_mb()
            with closing(sqlite3.connect(root / "data/landing/telltale.db", isolation_level=None)) as other:
                other.execute("begin immediate")
                store_is_away.set()
                wait_for(lambda: "records wait, at most 50" in caplog.text, lambda: caplog.text)
                assert broker.peers[0].acknowledged == set()
                assert resident_mb() - before < 60
            wait_for(lambda: len(broker.peers[0].acknowledged) == count, lambda: caplog.text, within_s=120)
        assert numbers(root) == set(range(1, count + 1))


def test_a_broker_that_reads_no_acknowledgement_gets_no_more_of_them_into_memory(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mqtt_subscriber, "MOST_UNSENT", 100)

    def talk(peer: Peer) -> None:
        peer.accept()
        peer.packet()
        peer.connection.settimeout(2)
        number = 0
        while not peer.ending.is_set():  # never reads; ends when the collector reads no more, or leaves
            number += 1
            peer.send(publish(TOPIC, b"x", mid=number % 60_000 + 1) * 100)

    with hostile_broker(talk, good) as broker:
        root = project(tmp_path, broker.port)
        before = resident_mb()
        with subscribed(root, most=1000):
            wait_for(lambda: numbers(root) == {7}, lambda: caplog.text, within_s=100)
        assert resident_mb() - before < 80


def test_messages_of_qos_2_that_are_never_released_end_the_connection(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    flood = b"".join(publish(TOPIC, b"x" * 1000, mid=mid, qos=2) for mid in range(1, 2000))
    with hostile_broker(sends(flood), good) as broker:
        root = project(tmp_path, broker.port)
        with subscribed(root, most=10):
            wait_for(lambda: numbers(root) == {7}, lambda: caplog.text)


def test_a_topic_nobody_asked_for_is_a_line_without_it(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A topic may hold what it likes, a device's address among it."""
    lines = StringIO()
    with hostile_broker(sends(publish("other\nline", json.dumps({}).encode(), mid=3)), good) as broker:
        root = project(tmp_path, broker.port)
        with subscribed(root, most=10, lines=lines):
            wait_for(lambda: "unknown_topic" in lines.getvalue(), lambda: caplog.text)
    assert "in no topic of [mqtt], thrown away" in lines.getvalue()
    assert "line" not in lines.getvalue() + caplog.text
