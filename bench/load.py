"""Closed-loop HTTP load: some connections, each sending its next request when the reply to the last is there."""

import re
import selectors
import socket
import time
from typing import NamedTuple


class Load(NamedTuple):
    """What one run saw."""

    per_second: float
    p99_ms: float
    statuses: dict[int, int]
    cpu_s: float = 0.0
    """What the server took, where somebody measured it."""


def post(host: str, port: int, message: bytes, *, connections: int = 64, seconds: float = 2.0) -> Load:
    """Send `message` over and over and count the replies."""
    selector = selectors.DefaultSelector()
    sent: dict[socket.socket, float] = {}
    for _ in range(connections):
        connection = socket.create_connection((host, port))
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        selector.register(connection, selectors.EVENT_READ)
    start = time.perf_counter()
    for key in selector.get_map().values():
        _send(key.fileobj, message, sent)
    took: list[float] = []
    statuses: dict[int, int] = {}
    while (now := time.perf_counter()) < start + seconds:
        for key, _ in selector.select(timeout=1.0):
            status = _status(key.fileobj)
            statuses[status] = statuses.get(status, 0) + 1
            took.append(time.perf_counter() - sent[_socket(key.fileobj)])
            _send(key.fileobj, message, sent)
    for key in list(selector.get_map().values()):
        _socket(key.fileobj).close()
    return Load(len(took) / (now - start), sorted(took)[int(len(took) * 0.99)] * 1e3, statuses)


def request(path: str, body: bytes, headers: dict[str, str]) -> bytes:
    """A POST as it goes over the wire."""
    lines = [f"POST {path} HTTP/1.1", "Host: localhost", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def _send(connection: object, message: bytes, sent: dict[socket.socket, float]) -> None:
    found = _socket(connection)
    sent[found] = time.perf_counter()
    found.sendall(message)


def _status(connection: object) -> int:
    """The status of one reply, read to its end."""
    reply = b""
    while (end := _end(reply)) is None or len(reply) < end:
        piece = _socket(connection).recv(65536)
        if not piece:
            raise ConnectionError(f"the server closed the connection after {reply!r}")
        reply += piece
    return int(reply[9:12])


def _end(reply: bytes) -> int | None:
    """Where the reply ends; None while its headers are not complete."""
    head, found, _ = reply.partition(b"\r\n\r\n")
    if not found:
        return None
    length = re.search(rb"content-length: (\d+)", head, re.IGNORECASE)
    return len(head) + 4 + (int(length[1]) if length else 0)


def _socket(connection: object) -> socket.socket:
    assert isinstance(connection, socket.socket)
    return connection
