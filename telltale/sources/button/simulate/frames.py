"""Frames as devices make them, for the simulator; the layout is that of `layout.py`."""

from struct import Struct

from telltale.sources.button.layout import ARP, ARP_HEAD, ARP_TYPE, DHCP_COOKIE, IP_TYPE

BROADCAST = b"\xff" * 6
SHORTEST = 60
_ETHERNET = Struct(">6s6s")
_WORD = Struct(">H")
_IP = Struct(">BBHHHBBH4s4s")
_UDP = Struct(">HHHH")


def arp(
    device: bytes,
    operation: int,
    ip_sender: bytes,
    ip_target: bytes,
    *,
    destination: bytes = BROADCAST,
    eth_source: bytes | None = None,
    tags: tuple[tuple[int, int], ...] = (),
    is_padded: bool = False,
) -> bytes:
    """An ARP frame.

    Args:
        device: the sender hardware address.
        operation: 1 request, 2 reply.
        ip_sender: four bytes.
        ip_target: four bytes.
        destination: of the frame.
        eth_source: where a repeater stands in between, its address.
        tags: VLAN tags from the outermost on: ethertype and the 16 bits after it.
        is_padded: to the 60 bytes of a wire.
    """
    body = ARP.pack(*ARP_HEAD, operation, device, ip_sender, b"\0" * 6, ip_target)
    frame = _framed(destination, eth_source or device, tags, ARP_TYPE, body)
    return frame.ljust(SHORTEST, b"\0") if is_padded else frame


def dhcp(
    device: bytes, message_type: int, asked: bytes, *, transaction: int = 1, tags: tuple[tuple[int, int], ...] = ()
) -> bytes:
    """A DHCP discover (1) or request (3) of a device that asks for an address."""
    bootp = bytes((1, 1, 6, 0)) + transaction.to_bytes(4) + b"\0" * 20 + device.ljust(208, b"\0") + DHCP_COOKIE
    options = bytes((53, 1, message_type, 50, 4)) + asked + bytes((55, 2, 1, 3, 255))
    message = (bootp + options).ljust(300, b"\0")
    length = _IP.size + _UDP.size + len(message)
    udp = _UDP.pack(68, 67, _UDP.size + len(message), 0)
    fields = (0x45, 0, length, 0, 0, 64, 17, 0, b"\0" * 4, b"\xff" * 4)
    head = bytearray(_IP.pack(*fields))
    _WORD.pack_into(head, 10, _checksum(bytes(head)))
    return _framed(BROADCAST, device, tags, IP_TYPE, bytes(head) + udp + message)


def _framed(destination: bytes, source: bytes, tags: tuple[tuple[int, int], ...], ethertype: int, body: bytes) -> bytes:
    tagged = b"".join(_WORD.pack(kind) + _WORD.pack(tag) for kind, tag in tags)
    return _ETHERNET.pack(destination, source) + tagged + _WORD.pack(ethertype) + body


def _checksum(header: bytes) -> int:
    """The ones' complement sum of RFC 791."""
    total: int = sum(word for (word,) in _WORD.iter_unpack(header))
    while total > 0xFFFF:
        total = (total & 0xFFFF) + (total >> 16)
    return total ^ 0xFFFF
