"""A broker of a few bytes on loopback that does what no broker should, and a good one after it."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

HOST = "127.0.0.1"
CONNACK = b"\x20\x02\x00\x00"
Talk = Callable[["Peer"], None]


def length_of(size: int) -> bytes:
    """MQTT's Remaining Length."""
    text = b""
    while True:
        size, digit = divmod(size, 128)
        text += bytes([digit | (0x80 if size else 0)])
        if not size:
            return text


def publish(topic: str, body: bytes, *, mid: int, qos: int = 1) -> bytes:
    """A PUBLISH as a broker sends it."""
    name = topic.encode()
    rest = len(name).to_bytes(2, "big") + name + (mid.to_bytes(2, "big") if qos else b"") + body
    return bytes([0x30 | qos << 1]) + length_of(len(rest)) + rest


@dataclass
class Peer:
    """One connection, seen from the broker."""

    connection: socket.socket
    ending: threading.Event
    acknowledged: set[int] = field(default_factory=set)
    _rest: bytes = b""

    def accept(self) -> None:
        """Let the client in and grant its first subscription, where it makes one."""
        self.packet()
        self.send(CONNACK)

    def packet(self) -> tuple[int, bytes]:
        """The next packet's first byte and rest; acknowledgements are noted, subscriptions granted, pings answered."""
        while True:
            kind, rest = self._next()
            match kind >> 4:
                case 4:
                    self.acknowledged.add(int.from_bytes(rest[:2], "big"))
                case 8:
                    self.send(b"\x90\x03" + rest[:2] + b"\x01")
                case 12:
                    self.send(b"\xd0\x00")
                case 3:
                    topic_end = 2 + int.from_bytes(rest[:2], "big")
                    self.send(b"\x40\x02" + rest[topic_end : topic_end + 2])
            return kind, rest

    def send(self, data: bytes) -> None:
        self.connection.sendall(data)

    def stay(self) -> None:
        """Read whatever comes, until the client leaves or the test ends."""
        while not self.ending.is_set():
            try:
                self.packet()
            except TimeoutError:
                continue

    def hang(self) -> None:
        """Do nothing at all until the client leaves."""
        while not self.ending.is_set():
            try:
                if not self.connection.recv(65_536):
                    return
            except TimeoutError:
                continue

    def _next(self) -> tuple[int, bytes]:
        kind = self._take(1)[0]
        size, shift = 0, 0
        while True:
            digit = self._take(1)[0]
            size |= (digit & 127) << shift
            shift += 7
            if digit < 128:
                return kind, self._take(size)

    def _take(self, size: int) -> bytes:
        while len(self._rest) < size:
            if self.ending.is_set():
                raise ConnectionError("the test is over")
            with suppress(TimeoutError):
                data = self.connection.recv(65_536)
                if not data:
                    raise ConnectionError("the client left")
                self._rest += data
        taken, self._rest = self._rest[:size], self._rest[size:]
        return taken


@dataclass
class HostileBroker:
    """What happened so far."""

    port: int
    connected_at: list[float] = field(default_factory=list)
    """Moments of connections, by the monotonic clock."""
    peers: list[Peer] = field(default_factory=list)


@contextmanager
def hostile_broker(*talks: Talk) -> Iterator[HostileBroker]:
    """A broker whose first connections are talked to so, one way each, and all further ones the last way."""
    ending = threading.Event()

    def serve(listener: socket.socket, pool: ThreadPoolExecutor) -> None:
        while not ending.is_set():
            with suppress(TimeoutError):
                connection, _ = listener.accept()
                connection.settimeout(0.1)
                talk = talks[min(len(broker.connected_at), len(talks) - 1)]
                peer = Peer(connection, ending)
                broker.peers.append(peer)
                broker.connected_at.append(time.monotonic())
                pool.submit(run, talk, peer)

    def run(talk: Talk, peer: Peer) -> None:
        with peer.connection, suppress(OSError):
            talk(peer)

    with socket.create_server((HOST, 0)) as listener, ThreadPoolExecutor(8) as pool:
        listener.settimeout(0.1)
        broker = HostileBroker(listener.getsockname()[1])
        serving = pool.submit(serve, listener, pool)
        try:
            yield broker
        finally:
            ending.set()
            serving.result(10)
