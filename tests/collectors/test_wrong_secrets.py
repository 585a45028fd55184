"""Who fails to prove who they are, over and over: counted, cheap, and never in the way of a right secret."""

import asyncio
import http.client
import json
import threading
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from aiocoap import Message
from aiocoap.numbers import codes
from paho.mqtt.client import Client, MQTTv311
from paho.mqtt.enums import CallbackAPIVersion

from collectors.common.packetlog import REFUSED_LINES, PacketLog
from collectors.mqtt_subscriber import Subscriber
from telltale.door import open_door
from telltale.landing import TOO_MANY, Store, refused_rows
from telltale.landing.floods import BURST
from telltale.settings import Settings, load
from telltale.transports import topics
from tests.collectors.coap import coap_server
from tests.mosquitto import HOST, PASSWORD, USER, mosquitto
from tests.served import VECTOR, VECTOR_SIGNATURE, collecting, make_project

MANY = 400


def reasons(store: Store) -> dict[str, int]:
    found = [row.reason for row in refused_rows(store, 10_000)]
    return {reason: found.count(reason) for reason in sorted(set(found))}


def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def lines(log: str, verdict: str) -> int:
    return len([line for line in log.splitlines() if f" {verdict} " in line])


def test_over_http(tmp_path: Path) -> None:
    root = make_project(tmp_path)
    with collecting(root) as running:
        connection = http.client.HTTPConnection(running.host, running.port, timeout=60)
        with closing(connection):
            statuses = []
            for number in range(MANY):
                connection.request("POST", "/cloudtrax", VECTOR, {"Signature": f"{number:064x}"})
                reply = connection.getresponse()
                reply.read()
                statuses.append((reply.status, reply.getheader("Retry-After")))
                if number % 100 == 99:
                    connection.request("POST", "/cloudtrax", VECTOR, {"Signature": VECTOR_SIGNATURE})
                    reply = connection.getresponse()
                    assert (reply.status, reply.read()) == (200, b"ok"), "the same address, the right secret"
        running.terminate()
    refused = statuses.count((403, None))
    assert BURST <= refused < MANY / 2
    assert statuses.count((429, "60")) == MANY - refused
    log = running.log.read_text()
    assert lines(log, "bad_signature") + lines(log, TOO_MANY) == REFUSED_LINES
    assert f"{MANY - REFUSED_LINES} more packets within a minute had no line" in log
    assert log.count(" 200 stored ") == 4
    with closing(Store(load(root).store_url)) as store:
        assert reasons(store) == {"bad_signature": refused, TOO_MANY: 1}


TOKEN = "tok3n"


def measurement(token: str) -> bytes:
    """A sensor's serial number, and its token in field 16."""
    return bytes.fromhex("0a06282c024156af8201") + bytes([len(token)]) + token.encode()


async def over_coap(tmp_path: Path) -> None:
    settings = Settings(root=tmp_path).with_secrets({"efento": {"cloud": TOKEN}})
    async with coap_server(tmp_path, settings=settings) as served:

        async def send(token: str) -> Message:
            return await served.send("m", measurement(token))

        answers = [(await send("wrong")).code for _ in range(BURST + 40)]
        assert (await send(TOKEN)).code == codes.CREATED
        store = served.door.landing.store
    assert answers[:BURST] == [codes.FORBIDDEN] * BURST
    assert answers.count(codes.TOO_MANY_REQUESTS) >= 38, "20 a minute are told by themselves"
    assert lines(served.lines.getvalue(), "bad_token") == REFUSED_LINES
    assert reasons(store)[TOO_MANY] == 1


def test_over_coap(tmp_path: Path) -> None:
    asyncio.run(over_coap(tmp_path))


@pytest.mark.slow
def test_over_mqtt(tmp_path: Path) -> None:
    """The broker knows who publishes; what one device sends wrong hides nothing of the others."""
    root = make_project(tmp_path / "project")
    with mosquitto(tmp_path / "broker", login=(USER, PASSWORD)) as broker:
        toml = {"host": HOST, "port": broker.port, "tls": "false", "username": USER, "client_id": "c"}
        text = "\n".join(f"{key} = {value if value == 'false' else json.dumps(value)}" for key, value in toml.items())
        (root / "telltale.toml").write_text(f'[mqtt]\n{text}\ntopics = {{ "a/#" = "cloudtrax" }}\n')
        settings = load(root)
        found = topics(settings.mqtt)
        door = open_door(settings, [topic.source for topic in found])
        with (tmp_path / "log").open("w") as stream:
            packets = PacketLog(stream)
            subscriber = Subscriber(door, packets, settings.mqtt, found, password=PASSWORD)
            thread = threading.Thread(target=subscriber.run)
            thread.start()
            try:
                client = Client(CallbackAPIVersion.VERSION2, "sender", protocol=MQTTv311)
                client.username_pw_set(USER, PASSWORD)
                client.connect(HOST, broker.port)
                client.loop_start()
                until(lambda: bool(subscriber._session))
                for number in range(MANY):
                    client.publish(f"a/{number}", b"{no json", qos=1).wait_for_publish(30)
                client.publish("a/right", VECTOR, qos=1).wait_for_publish(30)
                until(lambda: door.landing.last_received_at is not None)
                client.disconnect()
                client.loop_stop()
            finally:
                subscriber.stop()
                thread.join(60)
                door.close()
                packets.close()
    log = (tmp_path / "log").read_text()
    assert lines(log, "bad_json") == REFUSED_LINES
    assert lines(log, "stored") == 1
    noted = reasons(door.landing.store)
    assert BURST <= noted["bad_json"] < MANY / 2
    assert noted[TOO_MANY] <= 2
