"""Read a capture file, classic or of the next generation, packed by gzip or not; `-` is the standard input.

Whole packets before a cut or damaged place are given; what comes after it is not, and a warning says so. A whole packet
that cannot be used is set aside and counted, and the others are given.

Source: wire/kanban.md section 6.3.
"""

import gzip
import sys
import zlib
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedReader, FileIO
from pathlib import Path
from typing import BinaryIO, cast

from telltale.capture import blocks, classic, pktap
from telltale.capture.packets import Damaged, Packet
from telltale.contract import ConfigError

MAGIC = 4
STANDARD_INPUT = Path("-")
_PLAIN = frozenset((1, 113, 276, 105, 127))
"""Link types with nothing around their packets."""
_GZIP = b"\x1f\x8b"
_BUFFER = 1 << 20


class Capture:
    """An open capture file: iterate over its packets, then look at `warnings` and `set_aside`."""

    def __init__(self, file: "BufferedReader[FileIO]", name: str) -> None:
        self.name = name
        self.warnings: list[str] = []
        self.set_aside = 0
        """Whole packets that cannot be used."""
        self._outer = file
        self._file: BinaryIO = file
        if file.peek(len(_GZIP))[: len(_GZIP)] == _GZIP:
            self._file = cast("BinaryIO", gzip.GzipFile(fileobj=file))
        self._why: Counter[str] = Counter()
        self._magic = self._first()
        if self._magic not in classic.MAGICS and self._magic != blocks.MAGIC:
            seen = f"begins with {self._magic.hex()}" if self._magic else "is empty"
            raise ConfigError(f"{name}: {seen}, expected a capture file (pcap or pcapng); write one with tcpdump -w")

    def __iter__(self) -> Iterator[Packet]:
        """The packets in the order of the file, as far as it can be read."""
        try:
            for packet in self._packets():
                told = packet if packet.linktype in _PLAIN else pktap.unwrapped(packet)
                if isinstance(told, str):
                    self._set_aside(told)
                else:
                    yield told
        except Damaged as damaged:
            self._warn(f"{damaged}; what comes before it was read")
        except (EOFError, gzip.BadGzipFile, zlib.error):
            self._warn("its gzip is cut or damaged; what comes before it was read")
        for why, count in self._why.items():
            self._warn(f"{count:,} {'packet is' if count == 1 else 'packets are'} set aside: {why}")

    def _packets(self) -> Iterator[Packet]:
        if self._magic == blocks.MAGIC:
            return blocks.read(self._file, self._set_aside)
        return classic.read(self._file, self._magic, self._set_aside)

    def position(self) -> int:
        """Bytes of the file read so far; 0 of a pipe."""
        return self._outer.tell() if self._outer.seekable() else 0

    def _first(self) -> bytes:
        try:
            return self._file.read(MAGIC)
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            raise ConfigError(
                f"{self.name}: begins as gzip and is damaged ({error}), expected a capture file (pcap or pcapng)"
            ) from error

    def _set_aside(self, why: str) -> None:
        self.set_aside += 1
        self._why[why] += 1

    def _warn(self, text: str) -> None:
        self.warnings.append(f"{self.name}: {text}")


@contextmanager
def open_capture(path: Path) -> Iterator[Capture]:
    """Open a capture file.

    Args:
        path: the file, a pipe, or `-`.

    Raises:
        ConfigError: it is empty or no capture file.
        OSError: it cannot be opened.
    """
    is_standard = path == STANDARD_INPUT
    with (
        FileIO(sys.stdin.fileno() if is_standard else path, closefd=not is_standard) as raw,
        BufferedReader(raw, _BUFFER) as file,
    ):
        yield Capture(file, "standard input" if is_standard else path.name)
