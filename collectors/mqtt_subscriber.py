"""The MQTT collector: paho on one connection, a source for each topic filter of `[mqtt]`.

Start it with `telltale collect mqtt`. A message of QoS 1 is acknowledged to the broker only after its record is
durable, over a session the broker keeps: what was not acknowledged comes again, after a crash of either side too. A
message the source cannot take is acknowledged, and stands in the `refused` list; while the store is away nothing is
acknowledged, at last nothing read, and the broker holds the rest back.

The broker's login and access list say who may publish, in place of a webhook's signature; `meta.transport` is `mqtt`,
and the topic stands in `meta.headers`. By default Mosquitto loses messages it has acknowledged when it is killed: it
needs `persistence true`, `max_queued_messages 0`, `autosave_on_changes true` and `autosave_interval 1`.

Source: wire/forwarding.md 2.9 (what paho does when); MQTT 3.1.1, 4.3.2 (QoS 1) and 4.4 (what is delivered again).
"""

import logging
import signal
import socket
import ssl
import time
from typing import Any, NamedTuple

from paho.mqtt.client import Client, ConnectFlags, DisconnectFlags, MQTTMessage, topic_matches_sub
from paho.mqtt.enums import MQTTErrorCode
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from collectors.common.keeping import MOST_RECORDS, Keeper
from collectors.common.packetlog import Packet, PacketLog
from telltale import logs
from telltale.backoff import back_off
from telltale.contract import ConfigError, Request
from telltale.door import Door, open_door
from telltale.mqtt import BoundedClient
from telltale.settings import Settings
from telltale.settings.brokers import MqttSettings
from telltale.transports import Topic, topics

log = logging.getLogger("telltale.mqtt")

KEEPALIVE_S = 30
DRAIN_S = 5.0
IDLE_S, BUSY_S = 0.2, 0.002
"""How long to wait for the network: shortly while records are on their way to the store."""
FIRST_WAIT_S, LONGEST_WAIT_S = 1.0, 30.0
LASTING_S = 30.0
"""A session that brought no record and ended sooner counts as a failed try."""
MOST_UNSENT = 10_000
"""Acknowledgements the broker does not read; beyond it, nothing of it is read."""
MOST_SAID = 20
MOST_BYTES = 4 << 20
_SHARED = "$share"
_HUNG_UP = (ssl.SSLEOFError, ssl.SSLZeroReturnError, ssl.SSLSyscallError)
"""The broker went away in the middle of a handshake."""
_UNAUTHORISED = {"Not authorized", "Bad user name or password"}


class _Taken(NamedTuple):
    """A message on its way to the store, and where to acknowledge it."""

    session: int
    mid: int
    qos: int
    began_s: float


def run(settings: Settings) -> None:
    """Subscribe until SIGTERM or Ctrl-C.

    Raises:
        ConfigError: `[mqtt]` names no broker or no topics, or one of no source; the broker does not let us in.
        StoreError: the store cannot be opened.
    """
    logs.configure(settings)
    found = topics(settings.mqtt)
    password = settings.source("mqtt").secrets.get("password", "")
    door, packets = open_door(settings, {topic.source.name: topic.source for topic in found}.values()), PacketLog()
    mqtt = settings.mqtt
    if mqtt.ca_file:
        mqtt = mqtt.model_copy(update={"ca_file": str(settings.root / mqtt.ca_file)})
    subscriber = Subscriber(door, packets, mqtt, found, password=password)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: subscriber.stop())
    try:
        subscriber.run()
    finally:
        door.close()
        packets.close()


class Subscriber:
    """One session at a broker, and the messages of it that are not durable yet."""

    def __init__(
        self,
        door: Door,
        packets: PacketLog,
        mqtt: MqttSettings,
        found: list[Topic],
        *,
        password: str = "",
        most: int = MOST_RECORDS,
    ) -> None:
        self._door = door
        self._packets = packets
        self._mqtt = mqtt
        self._topics = found
        self._keeper = Keeper(door, self._settled, most=most)
        self._taken: dict[int, _Taken] = {}
        self._session = 0
        self._has_settled = False
        self._unsent = 0
        self._said: set[str] = set()
        self._stopping = False
        self._refusal = ""
        self._client = self._made(password)

    def run(self) -> None:
        """Keep the session up until `stop`, then store and acknowledge what has come.

        Raises:
            ConfigError: the broker refuses the login, or its certificate cannot be trusted.
        """
        try:
            self._keep_up()
            if left := self._keeper.finish(DRAIN_S):
                log.warning("%d messages are not stored; the broker sends them again", left)
            self._client.disconnect()
            self._client.loop(BUSY_S)
        finally:
            self._client.close()

    def stop(self) -> None:
        """End soon; for a signal handler."""
        self._stopping = True

    def _keep_up(self) -> None:
        failures = 0
        while not self._stopping:
            began, self._has_settled = time.monotonic(), False
            if self._connect():
                self._serve()
            if self._has_settled or time.monotonic() - began >= LASTING_S:
                failures = 0
                self._said.clear()
            if not self._stopping:
                failures += 1
                self._pause(back_off(failures, first_s=FIRST_WAIT_S, longest_s=LONGEST_WAIT_S))

    def _made(self, password: str) -> BoundedClient:
        mqtt = self._mqtt
        name = mqtt.client_id or f"telltale-{socket.gethostname()}"
        client = BoundedClient(name, most_bytes=MOST_BYTES, clean_session=False, manual_ack=True)
        if mqtt.username:
            client.username_pw_set(mqtt.username, password)
        if mqtt.tls:
            try:
                client.tls_set(ca_certs=mqtt.ca_file or None)
            except OSError as error:
                raise ConfigError(
                    f'telltale.toml [mqtt] ca_file = "{mqtt.ca_file}": cannot be read ({error.strerror or error}); '
                    "expected PEM certificates"
                ) from error
        client.on_connect, client.on_disconnect, client.on_message = self._on_connect, self._on_disconnect, self._take
        client.on_subscribe = self._on_subscribe
        return client

    def _connect(self) -> bool:
        try:
            self._client.connect(self._mqtt.host, self._mqtt.port, KEEPALIVE_S)
        except _HUNG_UP as error:
            self._say(f"{self._mqtt.host} port {self._mqtt.port} hung up ({error.reason}); trying again")
            return False
        except ssl.SSLError as error:
            self._end_or_say(
                f"[mqtt] {self._mqtt.host} port {self._mqtt.port}: TLS failed ({_reason(error)}); name the "
                "authority of its certificate as ca_file, or set tls = false where the port is in clear",
                error,
            )
            return False
        except ValueError as error:
            raise ConfigError(
                f'telltale.toml [mqtt] host = "{self._mqtt.host}": expected the name of a host'
            ) from error
        except OSError as error:
            self._say(f"no broker at {self._mqtt.host} port {self._mqtt.port} ({error}); trying again")
            return False
        return True

    def _serve(self) -> None:
        """Take messages until the connection ends.

        Raises:
            ConfigError: the broker refuses the login.
        """
        while not self._stopping:
            if self._keeper.is_full:  # nothing is read: the broker keeps it, and hangs up when that takes long
                self._keeper.push()
                time.sleep(BUSY_S)
                continue
            ended = self._exchange()
            self._keeper.push()
            if self._refusal in _UNAUTHORISED:
                self._end_or_say(
                    f'[mqtt] {self._mqtt.host} refuses "{self._mqtt.username}" ({self._refusal}); correct username '
                    "there and password in secrets.toml [mqtt]"
                )
            if ended != MQTTErrorCode.MQTT_ERR_SUCCESS:
                return

    def _exchange(self) -> MQTTErrorCode:
        """Read and write what there is; only write while the broker reads no acknowledgement."""
        if self._unsent < MOST_UNSENT:
            return self._client.loop(BUSY_S if len(self._keeper) else IDLE_S)
        written = self._client.loop_write()
        if not self._client.want_write():
            self._unsent = 0
        time.sleep(BUSY_S)
        return written or self._client.loop_misc()

    def _say(self, text: str, level: int = logging.WARNING) -> None:
        """Log what the connection does, each text once until it works again: a try every half minute says no more."""
        if text not in self._said and len(self._said) < MOST_SAID:
            self._said.add(text)
            log.log(level, "%s", text)

    def _end_or_say(self, sentence: str, error: Exception | None = None) -> None:
        """What needs the owner: it ends the collector that never had a session; later it may pass by itself.

        Raises:
            ConfigError: there was no session yet.
        """
        if self._session == 0:
            raise ConfigError(sentence) from error
        self._say(sentence)

    def _pause(self, wait_s: float) -> None:
        until = time.monotonic() + wait_s
        while not self._stopping and time.monotonic() < until:
            self._keeper.push()
            time.sleep(min(IDLE_S, wait_s))

    def _on_connect(
        self, client: Client, _data: Any, flags: ConnectFlags, reason: ReasonCode, _properties: Properties | None
    ) -> None:
        if reason.is_failure:
            self._refusal = str(reason)
            return
        self._session += 1  # what was taken before comes again: its old number is no longer ours to acknowledge
        self._taken.clear()
        self._refusal, self._unsent = "", 0
        known = "its session goes on" if flags.session_present else "a new session"
        self._say(f"connected to {self._mqtt.host} port {self._mqtt.port}, {known}", logging.INFO)
        client.subscribe([(topic.pattern, 1) for topic in self._topics])

    def _on_disconnect(
        self, _client: Client, _data: Any, _flags: DisconnectFlags, reason: ReasonCode, _properties: Properties | None
    ) -> None:
        if not self._stopping:
            hint = "" if self._session or self._mqtt.tls else " (does that port speak TLS? then set tls = true)"
            self._say(f"connection lost: {reason}{hint}")

    def _on_subscribe(
        self, _client: Client, _data: Any, _mid: int, reasons: list[ReasonCode], _properties: Properties | None
    ) -> None:
        for topic, reason in zip(self._topics, reasons, strict=False):
            if reason.is_failure:
                self._say(
                    f'the broker refuses the topic "{topic.pattern}", so nothing comes by it; let '
                    f'"{self._mqtt.username}" read it in its access list'
                )

    def _take(self, _client: Client, _data: Any, message: MQTTMessage) -> None:
        topic = next((each for each in self._topics if takes(each.pattern, message.topic)), None)
        if topic is None:  # the broker keeps what was once subscribed to in this session
            detail = "in no topic of [mqtt], thrown away; another client_id ends that"
            size = len(message.payload)
            self._packets.add(Packet(time.time(), "mqtt", self._mqtt.host, size, 404, "unknown_topic", 0.0, detail))
            self._acknowledge(message.mid, message.qos)
            return
        request = Request(
            source=topic.source.name,
            received_at=time.time_ns() // 1000,
            sender=self._mqtt.host,
            transport="mqtt",
            method=topic.route.method,
            path=topic.route.path,
            headers={"mqtt-topic": message.topic},
            query="",
            body=bytes(message.payload),
            is_trusted=True,
        )
        self._taken[id(request)] = _Taken(self._session, message.mid, message.qos, time.perf_counter())
        if len(request.body) > min(MOST_BYTES, self._door.landing.max_bytes // 2):
            self._turn_away(request)
        else:
            self._keeper.add(request)

    def _turn_away(self, request: Request) -> None:
        """A message that is too large for the store's queue."""
        reason, detail = "body_too_large", f"{len(request.body):,} bytes"
        self._door.landing.refuse(
            source=request.source,
            received_at=request.received_at,
            sender=request.sender,
            status=413,
            reason=reason,
            detail=detail,
            body=request.body,
            meta="{}",
        )
        self._settled(request, reason, detail)

    def _settled(self, request: Request, reason: str, detail: str) -> None:
        taken = self._taken.pop(id(request), None)
        self._has_settled = True
        if taken is not None and taken.session == self._session:
            self._acknowledge(taken.mid, taken.qos)
        took_s = 0.0 if taken is None else time.perf_counter() - taken.began_s
        status = 200 if reason in {"stored", "answered"} else 400
        at = request.received_at / 1e6
        self._packets.add(Packet(at, request.source, request.sender, len(request.body), status, reason, took_s, detail))

    def _acknowledge(self, mid: int, qos: int) -> None:
        self._client.ack(mid, qos)
        self._unsent = self._unsent + 1 if self._client.want_write() else 0


def _reason(error: ssl.SSLError) -> str:
    """Why TLS failed: of a certificate what is wrong with it."""
    return getattr(error, "verify_message", "") or error.reason or str(error)


def takes(pattern: str, topic: str) -> bool:
    """Whether a message comes by a filter; of one shared in a group, $share/<group>/<filter>, the end counts."""
    shared, _, rest = pattern.partition("/")
    return topic_matches_sub(rest.partition("/")[2] if shared == _SHARED else pattern, topic)
