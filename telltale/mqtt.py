"""paho's MQTT client beside a broker that may send anything, in bounded memory.

MQTT lets one packet have 256 MB, and paho keeps all of it; what it cannot read may end in an exception, in a thread of
paho's own where nobody sees it. Here an overlong packet is cut behind its head, so that its message can still be told
and acknowledged, and what is no MQTT ends the connection like any other loss of it.

Source: MQTT 3.1.1, 2.2.3 (Remaining Length), 3.3.2 (a PUBLISH has topic and identifier in front), 4.3.3 (QoS 2), 4.8
(a connection is closed on a protocol violation).
"""

import socket
import struct
import traceback
from typing import Any

from paho.mqtt.client import Client, MQTTv311
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode

MOST_UNRELEASED = 100
"""Messages of QoS 2 the broker has sent and not released; nobody here subscribes with QoS 2."""
_HEAD_BYTES = 1 << 17
"""Room for the longest topic and identifier."""
_AT_ONCE_BYTES = 1 << 16
"""Read at once; paho asks for all that is missing of a packet, a hundred times before it looks up."""
_NO_MQTT = (struct.error, ValueError, IndexError, KeyError, TypeError)
"""What reading a packet may end in; ValueError also of a topic that is no UTF-8."""


class BoundedClient(Client):
    """A client of MQTT 3.1.1.

    Args:
        client_id: who.
        most_bytes: of one message's payload; of a longer one so much is kept.
        options: paho's own.
    """

    def __init__(self, client_id: str, *, most_bytes: int, **options: Any) -> None:
        super().__init__(CallbackAPIVersion.VERSION2, client_id, protocol=MQTTv311, **options)
        self._most_packet = most_bytes + _HEAD_BYTES

    def connect(self, host: str, port: int, keepalive: int) -> MQTTErrorCode:  # type: ignore[override] # of ours only
        """Connect and say who we are.

        Raises:
            OSError: nobody answers, or TLS failed.
            ValueError: that is no host.
        """
        try:
            return super().connect(host, port, keepalive)
        except (OSError, ValueError) as error:
            _close_sockets(error)
            raise

    def close(self) -> None:
        """Close what is open; paho leaves two sockets of its own to the garbage."""
        self._reset_sockets()

    def _sock_recv(self, bufsize: int) -> bytes:
        del self._in_packet["packet"][self._most_packet :]
        return super()._sock_recv(min(bufsize, _AT_ONCE_BYTES))

    def _packet_read(self) -> MQTTErrorCode:
        """Read what has come; a code other than success and "again" ends the connection."""
        try:
            code = super()._packet_read()
        except _NO_MQTT:
            return MQTTErrorCode.MQTT_ERR_PROTOCOL
        if len(self._in_messages) > MOST_UNRELEASED:
            self._in_messages.clear()
            return MQTTErrorCode.MQTT_ERR_PROTOCOL
        return code


def _close_sockets(error: BaseException) -> None:
    """Close what paho opened for a connection that failed: it forgets the socket of a handshake that was refused."""
    for frame, _line in traceback.walk_tb(error.__traceback__):
        for value in frame.f_locals.values():
            if isinstance(value, socket.socket):
                value.close()
