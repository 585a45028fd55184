"""One log line per packet, written a few times a second: a write per packet cost a fifth of the throughput.

Of packets that are refused a few of each sender have a line in a minute; the rest is one line with their number.
"""

import threading
import time
from collections import Counter, deque
from collections.abc import Callable
from typing import NamedTuple

from telltale.logs import Stream, says_packets, stderr
from telltale.net import network_of

FLUSH_S = 0.2
MOST_LINES = 100_000
"""Lines kept while nobody reads the log; the oldest go first."""
REFUSED_LINES = 20
"""Of the packets of one sender that stored nothing, refused or only answered, in a minute."""
MOST_SENDERS = 500
"""Told apart in a minute; such packets of more have no line, and one number."""
MINUTE_S = 60.0
DETAIL_CHARACTERS = 300
_OTHERS = "other senders"


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
    """Collects packets' lines and writes them from a thread of its own; `close` writes the rest.

    Args:
        stream: where to, stderr if not said; what it does not take, because its disk is full or nobody reads it, is
            counted and said later.
        clock: seconds that only rise.
    """

    def __init__(self, stream: Stream | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        self._stream = stderr() if stream is None else stream
        self._clock = clock
        self._is_wanted = says_packets()
        self._waiting: deque[Packet] = deque(maxlen=MOST_LINES)
        self._refused: Counter[str] = Counter()
        self._minute_ends = clock() + MINUTE_S
        self._lock = threading.Lock()  # of the two above; what is not refused needs none
        self._unwritten = 0
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._run, name="packetlog", daemon=True)
        self._thread.start()

    def add(self, packet: Packet) -> None:
        """Note a packet; never waits."""
        if self._is_wanted and (packet.verdict == "stored" or self._has_line(packet.sender)):
            self._waiting.append(packet)

    def close(self) -> None:
        """Write what waits and stop."""
        self._closed.set()
        self._thread.join()

    def _has_line(self, sender: str) -> bool:
        """Whether one more packet of a sender that stored nothing has a line of its own."""
        name = network_of(sender)
        with self._lock:
            if name not in self._refused and len(self._refused) >= MOST_SENDERS:
                self._refused[_OTHERS] += 1
                return False
            self._refused[name] += 1
            return self._refused[name] <= REFUSED_LINES

    def _run(self) -> None:
        while not self._closed.wait(FLUSH_S):
            self._write(self._counted())
        self._write(self._counted(at_once=True))

    def _counted(self, *, at_once: bool = False) -> list[str]:
        """A line for each sender whose packets had none in the minute that is over."""
        with self._lock:
            if not at_once and self._clock() < self._minute_ends:
                return []
            refused, self._refused = self._refused, Counter()
            self._minute_ends = self._clock() + MINUTE_S
        clock = time.strftime("%H:%M:%S")
        shown = {name: count - (0 if name == _OTHERS else REFUSED_LINES) for name, count in refused.items()}
        return [
            f"{clock} {name}: {count:,} more packets within a minute had no line\n"
            for name, count in shown.items()
            if count > 0
        ]

    def _write(self, counted: list[str]) -> None:
        try:
            lines = [line(self._waiting.popleft()) for _ in range(len(self._waiting))] + counted
            if not lines or self._stream is None:
                return
            if self._unwritten:
                lines.insert(0, f"{time.strftime('%H:%M:%S')} {self._unwritten:,} lines could not be written\n")
            self._unwritten += len(lines)
            self._stream.write("".join(lines))
            self._stream.flush()
            self._unwritten = 0
        except Exception:  # noqa: BLE001 a full disk or a closed pipe, where there is nobody to tell: the next lines may come
            return


def line(packet: Packet) -> str:
    """The packet's line; a detail may quote what a sender wrote, so it is shown as a literal."""
    clock = time.strftime("%H:%M:%S", time.localtime(packet.at))
    detail = f" {packet.detail[:DETAIL_CHARACTERS]!r}" if packet.detail else ""
    return (
        f"{clock} {packet.source} {packet.sender} {packet.size} bytes {packet.status} {packet.verdict} "
        f"{packet.took_s * 1e3:.1f} ms{detail}\n"
    )
