"""Packets that macOS captures on several interfaces at once (`tcpdump -i pktap`): each in a header that names its own.

    length 4, kind of what follows 4 (1: a packet), its link type 4, interface name 24 (ends with a zero byte), more;
    at `length` the packet. Little-endian, as every Mac of today writes.

Link types are those of the system: 12 there is raw IP, 101 in a file. A file's own link type is 258, or 149 as older
tools wrote it.

Source: bsd/net/pktap.h of Apple's XNU (struct pktap_header); tcpdump.org/linktypes.html.
"""

from struct import Struct

from telltale.capture.packets import Packet

LINK_TYPES = (258, 149)
RAW_IP = 101
SPELT_OTHERWISE = {12: RAW_IP, 14: RAW_IP, 228: RAW_IP}
"""Link types that mean raw IP too: of BSD systems, and of IPv4 alone."""
_HEAD = Struct("<III24s")
_PACKET = 1


def unwrapped(packet: Packet) -> Packet | str:
    """The packet without the header, on the interface and of the link type it names; or why it cannot be used."""
    linktype, data, interface = packet.linktype, packet.data, packet.interface
    if linktype in LINK_TYPES:
        if len(data) < _HEAD.size:
            return "their header is cut"
        size, kind, linktype, name = _HEAD.unpack_from(data)
        if kind != _PACKET or not _HEAD.size <= size <= len(data):
            return "their header holds no packet"
        interface = name.partition(b"\0")[0].decode("utf-8", "replace") or interface
        data = data[size:]
    length = packet.length - (len(packet.data) - len(data))
    return Packet(packet.at_us, SPELT_OTHERWISE.get(linktype, linktype), interface, data, length)
