"""One log line per packet, written a few times a second: a write per packet cost a fifth of the throughput."""

import sys
import threading
import time
from collections import deque
from typing import NamedTuple, TextIO

FLUSH_S = 0.2
MOST_LINES = 100_000
"""Lines kept while nobody reads the log; the oldest go first."""


class Packet(NamedTuple):
    """What is said of one packet; never a secret, never an address of a person's device."""

    at: float
    """Epoch seconds of its arrival."""
    source: str
    sender: str
    size: int
    status: int
    verdict: str
    took_s: float
    detail: str


class PacketLog:
    """Collects packets' lines and writes them from a thread of its own; `close` writes the rest."""

    def __init__(self, stream: TextIO = sys.stderr) -> None:
        self._stream = stream
        self._waiting: deque[Packet] = deque(maxlen=MOST_LINES)
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._run, name="packetlog", daemon=True)
        self._thread.start()

    def add(self, packet: Packet) -> None:
        """Note a packet; never waits."""
        self._waiting.append(packet)

    def close(self) -> None:
        """Write what waits and stop."""
        self._closed.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._closed.wait(FLUSH_S):
            self._write()
        self._write()

    def _write(self) -> None:
        lines = [line(self._waiting.popleft()) for _ in range(len(self._waiting))]
        if lines:
            self._stream.write("".join(lines))
            self._stream.flush()


def line(packet: Packet) -> str:
    """The packet's line; a detail may quote what a sender wrote, so it is shown as a literal."""
    clock = time.strftime("%H:%M:%S", time.localtime(packet.at))
    detail = f" {packet.detail!r}" if packet.detail else ""
    return (
        f"{clock} {packet.source} {packet.sender} {packet.size} bytes {packet.status} {packet.verdict} "
        f"{packet.took_s * 1e3:.1f} ms{detail}\n"
    )
