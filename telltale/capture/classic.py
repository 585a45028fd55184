"""Classic capture files (pcap).

    file    magic 4 (a1b2c3d4 microseconds, a1b23c4d nanoseconds, a1b2cd34 microseconds with longer records; either
            byte order), version 2 2, unused 8, longest packet 4, link type 4 (in its lower 16 bits)
    record  seconds 4, fraction 4, captured length 4, length on the wire 4, the packet
            of a1b2cd34 (a FRITZ!Box writes it), before the packet: interface 4, protocol 2, kind 1, unused 1

A record whose fraction is a second or more says no time: it is set aside and counted, the others are read.

Source: draft-ietf-opsawg-pcap; wire/kanban.md section 6.3.
"""

from collections.abc import Callable, Iterator
from struct import Struct
from typing import BinaryIO, NamedTuple

from telltale.capture.packets import LARGEST, Damaged, Packet


class _Form(NamedTuple):
    """What the magic of a file says of the rest."""

    order: str
    parts: int
    """Of a microsecond, in its fractions."""
    record: str
    """The head of a record: its first four fields are the same everywhere."""


_USUAL, _LONGER = "IIII", "IIII8x"
MAGICS = {
    b"\xd4\xc3\xb2\xa1": _Form("<", 1, _USUAL),
    b"\xa1\xb2\xc3\xd4": _Form(">", 1, _USUAL),
    b"\x4d\x3c\xb2\xa1": _Form("<", 1000, _USUAL),
    b"\xa1\xb2\x3c\x4d": _Form(">", 1000, _USUAL),
    b"\x34\xcd\xb2\xa1": _Form("<", 1, _LONGER),
    b"\xa1\xb2\xcd\x34": _Form(">", 1, _LONGER),
}
HEADER = 24


def read(file: BinaryIO, magic: bytes, set_aside: Callable[[str], None]) -> Iterator[Packet]:
    """The packets of a file whose magic was read already.

    Args:
        file: behind its magic.
        magic: one of `MAGICS`.
        set_aside: told of each whole record that cannot be used, and why.

    Raises:
        Damaged: the file ends inside its header or a record, or a length is impossible.
    """
    order, parts, form = MAGICS[magic]
    header = file.read(HEADER - len(magic))
    if len(header) < HEADER - len(magic):
        raise Damaged("it ends inside its header")
    linktype = Struct(f"{order}I").unpack_from(header, 16)[0] & 0xFFFF
    record, read_on, count = Struct(order + form), file.read, 0
    while head := read_on(record.size):
        if len(head) < record.size:
            raise Damaged(f"it ends inside packet {count + 1:,}")
        seconds, fraction, captured, length = record.unpack(head)
        if captured > LARGEST:
            raise Damaged(f"packet {count + 1:,} claims {captured:,} bytes")
        data = read_on(captured)
        if len(data) < captured:
            raise Damaged(f"it ends inside packet {count + 1:,}")
        count += 1
        if fraction >= 1_000_000 * parts:
            set_aside("their fraction of a second is a second or more")
            continue
        yield Packet(seconds * 1_000_000 + fraction // parts, linktype, "", data, length)
