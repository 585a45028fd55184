"""Write a classic capture file: microseconds, Ethernet, little-endian."""

from struct import Struct
from typing import BinaryIO

_MAGIC, _VERSION, _LONGEST, _ETHERNET = 0xA1B2C3D4, (2, 4), 65_535, 1
_HEADER = Struct("<IHHIIII")
_RECORD = Struct("<IIII")


class CaptureWriter:
    """Writes packets into an open file, which its owner closes."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        file.write(_HEADER.pack(_MAGIC, *_VERSION, 0, 0, _LONGEST, _ETHERNET))

    def write(self, at_us: int, frame: bytes) -> None:
        """Append one whole Ethernet frame."""
        seconds, micros = divmod(at_us, 1_000_000)
        self._file.write(_RECORD.pack(seconds, micros, len(frame), len(frame)) + frame)
