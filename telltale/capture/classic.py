"""Classic capture files (pcap).

    file    magic 4 (a1b2c3d4 microseconds, a1b23c4d nanoseconds; either byte order), version 2 2, unused 8,
            longest packet 4, link type 4 (in its lower 16 bits)
    record  seconds 4, fraction 4, captured length 4, length on the wire 4, the packet

Source: draft-ietf-opsawg-pcap; wire/kanban.md section 6.3.
"""

from collections.abc import Iterator
from struct import Struct
from typing import BinaryIO

from telltale.capture.packets import LARGEST, Damaged, Packet

MAGICS = {
    b"\xd4\xc3\xb2\xa1": ("<", 1),
    b"\xa1\xb2\xc3\xd4": (">", 1),
    b"\x4d\x3c\xb2\xa1": ("<", 1000),
    b"\xa1\xb2\x3c\x4d": (">", 1000),
}
"""The byte order of a file that begins so, and parts of a microsecond in its fractions."""
HEADER = 24


def read(file: BinaryIO, magic: bytes) -> Iterator[Packet]:
    """The packets of a file whose magic was read already.

    Raises:
        Damaged: the file ends inside its header or a record, or a length is impossible.
    """
    order, parts = MAGICS[magic]
    header = file.read(HEADER - len(magic))
    if len(header) < HEADER - len(magic):
        raise Damaged("it ends inside its header")
    linktype = Struct(f"{order}I").unpack_from(header, 16)[0] & 0xFFFF
    record, read_on, count = Struct(f"{order}IIII"), file.read, 0
    while head := read_on(record.size):
        if len(head) < record.size:
            raise Damaged(f"it ends inside packet {count + 1:,}")
        seconds, fraction, captured, length = record.unpack(head)
        if fraction >= 1_000_000 * parts:
            raise Damaged(f"packet {count + 1:,} claims a second of {fraction:,} parts")
        if captured > LARGEST:
            raise Damaged(f"packet {count + 1:,} claims {captured:,} bytes")
        data = read_on(captured)
        if len(data) < captured:
            raise Damaged(f"it ends inside packet {count + 1:,}")
        count += 1
        yield Packet(seconds * 1_000_000 + fraction // parts, linktype, "", data, length)
