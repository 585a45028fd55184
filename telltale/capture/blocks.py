"""Capture files of the next generation (pcapng).

    block      type 4, total length 4, body, total length 4; padded to 4
    section    type 0a0d0d0a; body: byte-order magic 1a2b3c4d, version 2 2, length 8, options
    interface  type 1; link type 2, unused 2, longest packet 4, options: 2 name, 9 resolution, 14 offset (s)
    packet     type 6; interface 4, time 4 4 (upper half first), captured 4, length 4, the packet, options
    packet     type 2 (old); interface 2, drops 2, then as 6
    packet     type 3 (simple); length 4, the packet: it has no time, so it is counted and left out

A whole block whose content cannot be used is set aside and counted, and the others are read: their lengths say where
each begins.

A resolution is a power of ten, or with its upper bit set a power of two; without the option microseconds.

Source: draft-ietf-opsawg-pcapng; wire/kanban.md section 6.3.
"""

from collections.abc import Callable, Iterator
from struct import Struct
from typing import BinaryIO, NamedTuple

from telltale.capture.packets import LARGEST, LAST_US, Damaged, Packet

MAGIC = b"\x0a\x0d\x0d\x0a"
_ORDERS = {b"\x4d\x3c\x2b\x1a": "<", b"\x1a\x2b\x3c\x4d": ">"}
_SECTION, _INTERFACE, _OLD_PACKET, _SIMPLE_PACKET, _PACKET = 0x0A0D0D0A, 1, 2, 3, 6
_NAME, _RESOLUTION, _OFFSET = 2, 9, 14
_LONGEST_BLOCK = 16 << 20
_PACKET_HEAD = 20
_SECOND_US = 1_000_000


class _Interface(NamedTuple):
    linktype: int
    name: str
    per_second: int
    offset_s: int

    def micros(self, stamp: int) -> int:
        return stamp * _SECOND_US // self.per_second + self.offset_s * _SECOND_US


class _Order(NamedTuple):
    """The structures of a section, in its byte order."""

    block: Struct
    short: Struct
    interface: Struct
    packet: Struct
    old_packet: Struct
    offset: Struct

    @classmethod
    def of(cls, order: str) -> "_Order":
        return cls(*(Struct(order + text) for text in ("II", "HH", "HHI", "IIIII", "HHIIII", "q")))


def read(file: BinaryIO, set_aside: Callable[[str], None]) -> Iterator[Packet]:
    """The packets of a file whose first four bytes were read already.

    Args:
        file: behind its first four bytes.
        set_aside: told of each whole packet that cannot be used, and why.

    Raises:
        Damaged: the file ends inside a block, the length of a block is impossible, or a section has no byte order.
    """
    order, interfaces = _section(file), list[_Interface | None]()
    while head := file.read(8):
        if head[:4] == MAGIC:
            order, interfaces = _section(file, head[4:]), []
            continue
        kind, body = _block(file, order, head)
        if kind == _INTERFACE:
            interfaces.append(_interface(order, body))
        elif kind == _SIMPLE_PACKET:
            set_aside("they have no time")
        elif kind in (_PACKET, _OLD_PACKET):
            packet = _packet(order, kind, body, interfaces)
            if isinstance(packet, str):
                set_aside(packet)
            else:
                yield packet


def _packet(order: _Order, kind: int, body: bytes, interfaces: list[_Interface | None]) -> Packet | str:
    """The packet of a block, or why it cannot be used."""
    if len(body) < _PACKET_HEAD:
        return f"their block is shorter than {_PACKET_HEAD} bytes"
    if kind == _PACKET:
        number, upper, lower, captured, length = order.packet.unpack_from(body)
    else:
        number, _drops, upper, lower, captured, length = order.old_packet.unpack_from(body)
    interface = interfaces[number] if number < len(interfaces) else None
    if interface is None:
        return "the file does not tell their interface"
    data = body[_PACKET_HEAD : _PACKET_HEAD + captured]
    if captured > LARGEST or len(data) < captured:
        return "they claim more bytes than their block has"
    at_us = interface.micros(upper << 32 | lower)
    if not 0 <= at_us < LAST_US:
        return "their time is impossible"
    return Packet(at_us, interface.linktype, interface.name, data, length)


def _section(file: BinaryIO, length: bytes = b"") -> _Order:
    head = length + file.read(8 - len(length))
    order = _Order.of(_ORDERS.get(head[4:8], "<"))
    if head[4:8] not in _ORDERS:
        raise Damaged("a section does not say its byte order")
    _rest(file, order.block.unpack(b"\0\0\0\0" + head[:4])[1], already=12)
    return order


def _block(file: BinaryIO, order: _Order, head: bytes) -> tuple[int, bytes]:
    if len(head) < order.block.size:
        raise Damaged("it ends inside a block")
    kind, length = order.block.unpack(head)
    return kind, _rest(file, length, already=8)[:-4]


def _rest(file: BinaryIO, length: int, *, already: int) -> bytes:
    if not already + 4 <= length <= _LONGEST_BLOCK or length % 4:
        raise Damaged(f"a block claims {length:,} bytes")
    body = file.read(length - already)
    if len(body) < length - already:
        raise Damaged("it ends inside a block")
    return body


def _interface(order: _Order, body: bytes) -> _Interface | None:
    """None where the block is too short; it keeps its number."""
    if len(body) < order.interface.size:
        return None
    linktype, _unused, _longest = order.interface.unpack_from(body)
    name, per_second, offset_s = "", _SECOND_US, 0
    for code, value in _options(order, body[8:]):
        if code == _NAME:
            name = value.decode("utf-8", "replace").rstrip("\0")
        elif code == _RESOLUTION and value:
            per_second = 2 ** (value[0] & 0x7F) if value[0] & 0x80 else 10 ** value[0]
        elif code == _OFFSET and len(value) == order.offset.size:
            (offset_s,) = order.offset.unpack(value)
    return _Interface(linktype, name, per_second, offset_s)


def _options(order: _Order, data: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at + order.short.size <= len(data):
        code, length = order.short.unpack_from(data, at)
        if not code:
            return
        at += order.short.size
        yield code, data[at : at + length]
        at += (length + 3) // 4 * 4
