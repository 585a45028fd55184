"""One MQTT session that publishes only while it is connected and waits for each confirmation.

paho keeps a queue of its own for what is published offline, and connects again by itself: with an outbox on top both
would make doubles, so both are off here, and a lost session is thrown away.

Source: wire/forwarding.md 2.2, 2.9.
"""

import ssl
import threading
from collections.abc import Callable
from typing import Any

import paho.mqtt.client as mqtt

from telltale.forward.smartrest import Message
from telltale.forward.target import Unreachable
from telltale.mqtt import BoundedClient

CONNECT_S = 15.0
CONFIRM_S = 30.0
KEEPALIVE_S = 60
MOST_BYTES = 1 << 20
"""Of a message the platform sends: its reports are lines."""
_LOGIN_REFUSED = {"Bad user name or password", "Not authorized"}


class Lost(Exception):
    """The session ended before a message was confirmed."""


class Session:
    """A session with a broker.

    Args:
        host: where.
        port: where.
        client_id: who; a second session of the same name ends the first.
        user: the login.
        password: the login.
        tls: with TLS.
        ca_file: who signed the broker's certificate; empty is the system's list.
        on_message: told the topic and payload of what arrives, in another thread.
    """

    def __init__(
        self,
        host: str,
        port: int,
        client_id: str,
        *,
        user: str,
        password: str,
        tls: bool,
        ca_file: str = "",
        on_message: Callable[[str, bytes], None] | None = None,
    ) -> None:
        self._place = f"{host}:{port}"
        self._tls = tls
        self._user = user
        self._changed = threading.Condition()
        self._connack: str | None = None
        self._ended: str | None = None
        self._confirmed: set[int] = set()
        self._client = BoundedClient(client_id, most_bytes=MOST_BYTES, clean_session=True, reconnect_on_failure=False)
        self._client.username_pw_set(user, password)
        self._client.connect_timeout = CONNECT_S
        if on_message is not None:
            self._client.on_message = lambda _client, _data, message: on_message(message.topic, bytes(message.payload))
        self._client.on_connect = self._on_connect
        self._client.on_disconnect = self._on_disconnect
        self._client.on_publish = self._on_publish
        self._open(host, port, ca_file)

    @property
    def is_connected(self) -> bool:
        """Whether it can still be used."""
        return self._ended is None

    def publish(self, message: Message) -> None:
        """Publish with QoS 1 and return when it is confirmed.

        Raises:
            Lost: the session ended before.
        """
        if self._ended is not None:
            raise Lost(self._ended)
        info = self._client.publish(message.topic, message.line.encode(), qos=1)
        if info.rc != mqtt.MQTT_ERR_SUCCESS:
            raise Lost(mqtt.error_string(info.rc))
        with self._changed:
            done = self._changed.wait_for(
                lambda: info.mid in self._confirmed or self._ended is not None, timeout=CONFIRM_S
            )
            if info.mid in self._confirmed:
                self._confirmed.discard(info.mid)
                return
        raise Lost(self._ended or "it ended" if done else f"not confirmed within {CONFIRM_S:g} s")

    def subscribe(self, topic: str) -> None:
        """Hear what is sent to a topic from now on."""
        self._client.subscribe(topic, qos=1)

    def close(self) -> None:
        """End the session."""
        self._client.disconnect()
        self._client.loop_stop()
        self._client.close()

    def _open(self, host: str, port: int, ca_file: str) -> None:
        try:
            if self._tls:
                self._client.tls_set(ca_certs=ca_file or None)
            self._client.connect(host, port, keepalive=KEEPALIVE_S)
        except (OSError, ValueError) as error:
            raise Unreachable(f"{self._place}: {self._why(error)}") from error
        self._client.loop_start()
        with self._changed:
            self._changed.wait_for(lambda: self._connack is not None or self._ended is not None, timeout=CONNECT_S)
        if self._connack != "Success":
            self.close()
            raise Unreachable(f"{self._place}: {self._refusal()}")

    def _on_connect(self, _client: object, _data: object, _flags: object, code: Any, _properties: object) -> None:
        with self._changed:
            self._connack = str(code)
            self._changed.notify_all()

    def _on_disconnect(self, _client: object, _data: object, _flags: object, code: Any, _properties: object) -> None:
        with self._changed:
            self._ended = str(code)
            self._changed.notify_all()

    def _on_publish(self, _client: object, _data: object, mid: int, _code: object, _properties: object) -> None:
        with self._changed:
            self._confirmed.add(mid)
            self._changed.notify_all()

    def _why(self, error: Exception) -> str:
        """Why no connection came about."""
        if isinstance(error, ssl.SSLCertVerificationError):
            return f"its certificate is not trusted ({error.verify_message}); name its authority as ca_file"
        if isinstance(error, TimeoutError):
            return f"no answer within {CONNECT_S:g} s; check host and port"
        if self._tls and isinstance(error, ssl.SSLError | ConnectionResetError):
            return f"no TLS there ({error}); it may be the port in clear: expected 8883"
        return f"{error}; is it up, and host and port right?"

    def _refusal(self) -> str:
        """Why the broker took the connection but no session."""
        if self._connack in _LOGIN_REFUSED:
            return f"the login of {self._user!r} was refused ({self._connack}); check tenant_id, user, and password"
        if self._connack is not None:
            return f"the session was refused ({self._connack})"
        if self._ended is not None and not self._tls:
            return "ended the connection before it answered; it may be the port for TLS: set tls = true"
        return f"no session ({self._ended or 'no answer'})"
