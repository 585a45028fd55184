"""A simulated sensor's CoAP: one request at a time over UDP, said again until it is answered.

    0                1      2       4 to 8   options                        payload
    01 type(2) tkl   code   id      token    delta and length, value …      ff …

A confirmable message is answered on its ACK, or, from a server that needs long, apart. A non-confirmable one is sent
and forgotten, as sensors do.

Source: RFC 7252 3 (format), 3.1 (options), 4.2 (retransmission; what is not expected is rejected).
"""

import itertools
import random
import socket
import struct
import time
from collections.abc import Iterator

from telltale.contract import Emission

PORT = 5683
_HEAD = struct.Struct("!BBHI")
_CODES = {"GET": 1, "POST": 2}
_CON, _NON, _ACK, _RST = 0, 1, 2, 3
_URI_PATH = 11
_MARKER = 0xFF
_EXTENDED = {13: 1, 14: 2}
"""Bytes that go on where four bits are too few; 15 is none of a message."""
_FIRST_WAIT_S = 2.0
_TRIES = 5
_SENT = 202
"""Stands for the answer a non-confirmable message does not get."""


class CoapConnection:
    """A sensor's socket.

    Args:
        host: the collector's address or name.
        port: its UDP port.
        prefix: what stands before every path.
    """

    def __init__(self, host: str, port: int, prefix: str = "") -> None:
        self._address = (host, port)
        self._prefix = prefix
        self._socket: socket.socket | None = None
        self._ids = itertools.count(random.randrange(1 << 16))  # noqa: S311 - fresh, not secret

    def connect(self) -> None:
        """Open the socket and see that a server answers a ping.

        Raises:
            OSError: none does.
        """
        link = self._link()
        for _ in range(_TRIES):
            link.settimeout(_FIRST_WAIT_S)
            link.send(struct.pack("!BBH", 0x40, 0, next(self._ids) & 0xFFFF))
            try:
                link.recv(2048)
            except TimeoutError:
                continue
            return
        raise TimeoutError("no answer to a CoAP ping")

    def close(self) -> None:
        """Close the socket; the next message opens it again."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def send(self, emission: Emission) -> tuple[int, str]:
        """Code (201 is 2.01) and text of the answer; 0 when there is none."""
        number = next(self._ids) & 0xFFFF
        kind = _NON if emission.headers.get("coap-type") == "NON" else _CON
        head = _HEAD.pack(0x44 | kind << 4, _CODES[emission.method], number, number)
        body = b"\xff" + emission.body if emission.body else b""
        packet = head + _options(self._prefix + emission.path, emission) + body
        try:
            link = self._link()
            if kind == _NON:
                link.send(packet)
                return _SENT, ""
            return self._exchange(link, packet, number)
        except OSError as error:
            self.close()
            return 0, str(error)

    def _exchange(self, link: socket.socket, packet: bytes, number: int) -> tuple[int, str]:
        """Say it, and again after 2, 4, 8 … seconds, until its answer is there."""
        for attempt in range(_TRIES):
            link.send(packet)
            answer = self._answer(link, number, time.monotonic() + _FIRST_WAIT_S * 2**attempt)
            if answer is not None:
                code = answer[1]
                return (code >> 5) * 100 + (code & 31), _payload(answer).decode("utf-8", "replace")
        return 0, "no answer"

    def _answer(self, link: socket.socket, number: int, deadline: float) -> bytes | None:
        while (left := deadline - time.monotonic()) > 0:
            link.settimeout(left)
            try:
                answer = link.recv(65_535)
            except TimeoutError:
                return None
            if len(answer) < _HEAD.size:
                continue  # an empty ACK: the answer comes apart
            kind, _code, message_id, token = _HEAD.unpack_from(answer)
            if kind >> 4 & 3 == _CON:
                # An earlier answer that is said again gets its end too, or the server says all further ones after it.
                reply = _ACK if token == number else _RST
                link.send(struct.pack("!BBH", 0x40 | reply << 4, 0, message_id))
            if token == number:
                return answer
        return None

    def _link(self) -> socket.socket:
        if self._socket is None:
            found = socket.getaddrinfo(*self._address, type=socket.SOCK_DGRAM)[0]
            self._socket = socket.socket(found[0], socket.SOCK_DGRAM)
            self._socket.connect(found[4])
        return self._socket


def _payload(message: bytes) -> bytes:
    """What follows the options; a token or an option may hold the byte that marks its beginning."""
    place = 4 + (message[0] & 0x0F)
    while place < len(message) and message[place] != _MARKER:
        delta, length = message[place] >> 4, message[place] & 0x0F
        place += 1 + _EXTENDED.get(delta, 0)
        if length > 12:
            size = _EXTENDED.get(length, 2)
            length = int.from_bytes(message[place : place + size]) + (13 if size == 1 else 269)
            place += size
        place += length
    return message[place + 1 :]


def _options(path: str, emission: Emission) -> bytes:
    """The options of a request: its path, and those its headers give as `coap-<number>`."""
    told = [(_URI_PATH, part.encode()) for part in path.split("/") if part]
    for name, value in emission.headers.items():
        number = name.removeprefix("coap-")
        if number.isdecimal():
            told.append((int(number), bytes.fromhex(value)))
    return b"".join(_encoded(told))


def _encoded(told: list[tuple[int, bytes]]) -> Iterator[bytes]:
    before = 0
    for number, value in sorted(told, key=lambda option: option[0]):
        delta, more_delta = _nibble(number - before)
        length, more_length = _nibble(len(value))
        yield bytes([delta << 4 | length]) + more_delta + more_length + value
        before = number


def _nibble(value: int) -> tuple[int, bytes]:
    """Four bits of an option's head, and the bytes that follow when four are too few."""
    if value < 13:
        return value, b""
    if value < 269:
        return 13, bytes([value - 13])
    return 14, (value - 269).to_bytes(2, "big")
