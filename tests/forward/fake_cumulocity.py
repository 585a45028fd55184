"""A platform behind a broker: takes SmartREST rows as the real one does, as far as the forwarder can tell.

It hears everything below s/us, also what came while it was away from the broker; notes rows of a device it has not been
told of; answers 123 by 124; complains on s/e when a device is made twice.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from telltale.forward.smartrest import rows
from tests.mosquitto import Broker


class Heard(NamedTuple):
    """A row and the topic it came on."""

    topic: str
    row: list[str]
    is_again: bool = False
    """The broker hands it out once more, because it did not hear that it had arrived; nobody sent it twice."""

    @property
    def event(self) -> tuple[str, str]:
        """The text and the time of an event."""
        return self.row[2], self.row[3]


class FakeCumulocity:
    """What the platform was told."""

    def __init__(self) -> None:
        self.heard: list[Heard] = []
        self.payloads: list[bytes] = []
        self.too_early: list[Heard] = []
        """Rows of a device that nobody had made."""
        self._made: set[str] = set()
        self._changed = threading.Condition()
        self._is_subscribed = False

    @property
    def events(self) -> list[tuple[str, str]]:
        """Text and time of each event, in the order they came."""
        with self._changed:
            return [one.event for one in self.heard if one.row[0] == "400"]

    def wait_for(self, events: int, timeout_s: float = 30) -> list[tuple[str, str]]:
        """The events, once there are as many different ones."""
        deadline = time.monotonic() + timeout_s
        while len(set(self.events)) < events and time.monotonic() < deadline:
            with self._changed:
                self._changed.wait(0.2)
        return self.events

    def wait_until_subscribed(self) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: self._is_subscribed, timeout=30)

    def on_connect(self, client: mqtt.Client, *_: object) -> None:
        client.subscribe("s/us/#", qos=1)

    def on_subscribe(self, *_: object) -> None:
        with self._changed:
            self._is_subscribed = True
            self._changed.notify_all()

    def on_message(self, client: mqtt.Client, _data: object, message: Any) -> None:
        with self._changed:
            self.payloads.append(bytes(message.payload))
            for row in rows(message.payload):
                self._take(client, Heard(message.topic, row, message.dup))
            self._changed.notify_all()

    def _take(self, client: mqtt.Client, heard: Heard) -> None:
        self.heard.append(heard)
        template, child = heard.row[0], heard.topic.removeprefix("s/us").removeprefix("/")
        if template in {"100", "101"}:
            device = heard.row[1] if template == "101" else child
            if device in self._made:
                client.publish("s/e", f"41,{template},Device already existing", qos=1)
            self._made.add(device)
        elif child not in self._made:
            self.too_early.append(heard)
        if template == "123":
            client.publish("s/ds", "124,4711", qos=1)


@contextmanager
def fake_cumulocity(broker: Broker, login: tuple[str, str] | None = None) -> Iterator[FakeCumulocity]:
    """The platform, listening; give the broker `PERSISTENT` where it is stopped meanwhile."""
    platform = FakeCumulocity()
    client = mqtt.Client(CallbackAPIVersion.VERSION2, "platform", clean_session=False, protocol=mqtt.MQTTv311)
    if login is not None:
        client.username_pw_set(*login)
    client.reconnect_delay_set(1, 1)
    client.on_connect = platform.on_connect
    client.on_subscribe = platform.on_subscribe
    client.on_message = platform.on_message
    client.connect("127.0.0.1", broker.port)
    client.loop_start()
    try:
        platform.wait_until_subscribed()
        yield platform
    finally:
        client.disconnect()
        client.loop_stop()
