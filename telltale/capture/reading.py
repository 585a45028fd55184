"""Read a capture file, classic or of the next generation.

Whole packets before a cut or damaged place are given; what comes after it is not, and a warning says so.

Source: wire/kanban.md section 6.3.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from telltale.capture import blocks, classic
from telltale.capture.packets import Damaged, Packet
from telltale.contract import ConfigError

MAGIC = 4


class Capture:
    """An open capture file: iterate over its packets, then look at `warnings`."""

    def __init__(self, file: BinaryIO, name: str) -> None:
        self.name = name
        self.warnings: list[str] = []
        self._file = file
        self._magic = file.read(MAGIC)
        if self._magic not in classic.MAGICS and self._magic != blocks.MAGIC:
            seen = f"begins with {self._magic.hex()}" if self._magic else "is empty"
            raise ConfigError(f"{name}: {seen}, expected a capture file (pcap or pcapng); write one with tcpdump -w")

    def __iter__(self) -> Iterator[Packet]:
        """The packets in the order of the file, as far as it can be read."""
        try:
            if self._magic == blocks.MAGIC:
                yield from blocks.read(self._file, self._warn)
            else:
                yield from classic.read(self._file, self._magic)
        except Damaged as damaged:
            self._warn(f"{damaged}; what comes before it was read")

    def position(self) -> int:
        """Bytes read so far."""
        return self._file.tell()

    def _warn(self, text: str) -> None:
        self.warnings.append(f"{self.name}: {text}")


@contextmanager
def open_capture(path: Path) -> Iterator[Capture]:
    """Open a capture file.

    Raises:
        ConfigError: it is empty or no capture file.
        OSError: it cannot be opened.
    """
    with path.open("rb", buffering=1 << 20) as file:
        yield Capture(file, path.name)
