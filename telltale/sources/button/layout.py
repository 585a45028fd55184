"""ARP and DHCP frames of buttons: which device sent it, and what it says.

A button sleeps until it is pressed; then it joins the network, which takes a few frames that every station hears.

    Ethernet  destination 6, source 6, [0x8100 | 0x88a8 | 0x9100, priority and id 2]*, ethertype 2

    ARP (ethertype 0x0806)   offset  bytes  field
                                  0      2  hardware type, 1; 6 (IEEE 802) reads alike
                                  2      2  protocol type, 0x0800
                                  4      1  hardware length, 6
                                  5      1  protocol length, 4
                                  6      2  operation: 1 request, 2 reply; others are ignored
                                  8      6  sender hardware address: the device
                                 14      4  sender IP
                                 18      6  target hardware address, not looked at
                                 24      4  target IP

    kind        operation  sender IP          meaning
    probe       1          0.0.0.0            may I use the target IP?
    announce    1          the target IP      I use it now
    request     1          another            who has the target IP?
    reply       2          another            an answer to somebody
    garp_reply  2          the target IP      an announcement in the old style

    DHCP (ethertype 0x0800, UDP from 68 to 67): BOOTP operation 1; xid 4 at 4, the number of the try; secs 2 at 8, for
    how long it has tried; chaddr at 28 is the device, options from 240: 53 = 1 dhcp_discover, 53 = 3 dhcp_request;
    50 the address it asks for, 54 the server it asks. Without an answer it says the same again after 4, 8, 16, 32 and
    64 s, with the same xid.

In place of the ethertype may stand a length of at most 1,500, and behind it 802.2 with SNAP: aa aa 03 00 00 00,
ethertype 2.

A frame may be 42 bytes long or padded to 60. Linux cooked captures hold a header of their own in place of Ethernet's:
link type 113 (16 bytes: kind 2, ARP hardware 2, address length 2, address 8, ethertype 2) and 276 (20 bytes: ethertype
2, reserved 2, interface 4, ARP hardware 2, kind 1, address length 1, address 8). Of raw IP (101) only DHCP can be read,
of Wi-Fi (105, 127 behind a radiotap header) what is not encrypted (wifi.py). Nothing is asked of other link types.

The device is the sender hardware address, never the Ethernet source: a repeater puts its own address there.

Source: RFC 826, RFC 1042 (SNAP), RFC 5227 (probe, announce), RFC 2131 and 2132 (DHCP), IEEE 802.1Q; wire/kanban.md
section 2 and 6.3.
"""

from struct import Struct
from typing import NamedTuple

from telltale.sources.button.wifi import SNAP, Data, data

ETHERNET, COOKED, COOKED_2 = 1, 113, 276
"""Link types on which every join is heard."""
RAW_IP, WIFI, WIFI_RADIO = 101, 105, 127
"""Link types on which some are: no ARP is in raw IP, and most of Wi-Fi is encrypted."""
HEARS_ALL = (ETHERNET, COOKED, COOKED_2)
LINK_TYPES = (*HEARS_ALL, RAW_IP, WIFI, WIFI_RADIO)
"""Link types whose frames are understood."""
PRESS_KINDS = ("probe", "announce", "request")
"""What a device sends because it was pressed."""
DHCP_KINDS = ("dhcp_discover", "dhcp_request")
KINDS = (*PRESS_KINDS, "reply", "garp_reply", *DHCP_KINDS)
OTHER = "other"
"""The reason of a frame that is sound and none of ours."""
ENCRYPTED = "encrypted"
_ODD = ("short", ENCRYPTED)

ARP_TYPE, IP_TYPE = 0x0806, 0x0800
VLAN_TYPES = frozenset((0x8100, 0x88A8, 0x9100))
ARP = Struct(">HHBBH6s4s6s4s")
ARP_HEAD = (1, IP_TYPE, 6, 4)
ARP_HEADS = (ARP_HEAD, (6, *ARP_HEAD[1:]))
"""What the first four fields may be: Ethernet, IEEE 802."""
DHCP_COOKIE = b"\x63\x82\x53\x63"

_LONGEST_802 = 1500
"""Up to here the ethertype is a length."""
_WORD = Struct(">H")
_TAG = Struct(">HH")
_UDP_PORTS = (68, 67)
_UDP = 17
_BOOTP_LENGTH, _XID, _SECS, _CHADDR = 240, slice(4, 8), slice(8, 10), slice(28, 34)
_NOWHERE = b"\0\0\0\0"
_TYPE_OF_OPTION_53 = {1: "dhcp_discover", 3: "dhcp_request"}
_OPTION_PAD, _OPTION_END = 0, 255


class Parsed(NamedTuple):
    """A frame of a device, under the names of table `frame`."""

    device_id: str
    """Its address, lower-case with colons."""
    kind: str
    eth_source: str | None
    ip_sender: str | None
    ip_target: str | None
    vlan: int | None
    """The innermost id, 0 of a priority tag, None without a tag."""
    flags: str
    """Comma-joined, sorted: random_address, sender_differs, truncated (the capture kept less than was sent)."""
    exchange: str | None = None
    """Of DHCP, the number of the try in hex."""
    exchange_s: int | None = None
    """Of DHCP, for how many seconds it has tried."""


class Unread(NamedTuple):
    """Why a frame says nothing; `reason` is `OTHER` where it is sound but neither ARP nor a joining device's DHCP."""

    reason: str
    detail: str = ""
    """Lengths and numbers seen, never an address."""


class _Envelope(NamedTuple):
    """What stands around a packet: where it starts, its ethertype, who sent the frame, the innermost VLAN id."""

    at: int
    ethertype: int
    source: bytes
    vlan: int | None
    destination: slice | None = None
    """Where the address of whoever it is sent to stands."""


class _Link(NamedTuple):
    """Where the packet and its ethertype stand, who sent the frame and where it says to whom."""

    at: int
    type_at: int
    source: bytes
    destination: slice | None = None


def parse(frame: bytes, linktype: int = ETHERNET) -> Parsed | Unread:
    """What a frame says, or why it says nothing; whatever the bytes, nothing is raised.

    Args:
        frame: from the first byte of the link layer on, as captured, perhaps cut.
        linktype: of the capture, one of `LINK_TYPES`.
    """
    envelope = _envelope(frame, linktype)
    if isinstance(envelope, Unread):
        return envelope
    if envelope.ethertype == ARP_TYPE:
        return _arp(frame, envelope)
    if envelope.ethertype == IP_TYPE:
        return _ip(frame, envelope)
    return Unread(OTHER, f"ethertype {envelope.ethertype:#06x}")


def without_targets(frame: bytes, linktype: int = ETHERNET) -> bytes:
    """The frame with the address of whoever it is sent to overwritten by `*`, of the same length.

    That may be anybody's device, and nothing is decoded from it. Groups and zeros, as in all frames of a press, stay.
    """
    envelope = _envelope(frame, linktype)
    if isinstance(envelope, Unread):
        return frame
    places = [] if envelope.destination is None else [envelope.destination]
    if envelope.ethertype == ARP_TYPE:
        places.append(slice(envelope.at + 18, envelope.at + 24))
    for at in places:
        address = frame[at]
        if any(address) and not address[0] & 1:
            frame = frame[: at.start] + b"*" * len(address) + frame[at.stop :]
    return frame


def _envelope(frame: bytes, linktype: int) -> _Envelope | Unread:
    if linktype == RAW_IP:
        is_4 = frame[:1] and frame[0] >> 4 == 4
        return _Envelope(0, IP_TYPE, b"", None) if is_4 else Unread(OTHER, "raw IP, not of version 4")
    link = _link(frame, linktype)
    return link if isinstance(link, Unread) else _inside(frame, link)


def _link(frame: bytes, linktype: int) -> _Link | Unread:
    """What the link layer says."""
    if linktype == ETHERNET:
        link = _Link(14, 12, frame[6:12], slice(0, 6))
    elif linktype == COOKED:
        link = _Link(16, 14, _cooked_source(frame[4:6], frame[6:12]))
    elif linktype == COOKED_2:
        link = _Link(20, 0, _cooked_source(b"\0" + frame[11:12], frame[12:18]))
    elif linktype in (WIFI, WIFI_RADIO):
        told = data(frame, has_radio=linktype == WIFI_RADIO)
        if not isinstance(told, Data):
            return Unread(told, f"{len(frame)} bytes of Wi-Fi") if told in _ODD else Unread(OTHER, told)
        link = _Link(told.type_at + 2, told.type_at, frame[told.source], told.destination)
    else:
        return Unread(OTHER, f"link type {linktype}")
    return link if len(frame) >= link.at else Unread("short", f"{len(frame)} bytes, expected at least {link.at}")


def _inside(frame: bytes, link: _Link) -> _Envelope | Unread:
    """What stands behind VLAN tags and SNAP."""
    at, vlan = link.at, None
    (ethertype,) = _WORD.unpack_from(frame, link.type_at)
    while ethertype in VLAN_TYPES:
        if len(frame) < at + _TAG.size:
            return Unread("short", f"{len(frame)} bytes end inside a VLAN tag")
        tag, ethertype = _TAG.unpack_from(frame, at)
        vlan, at = tag & 0x0FFF, at + _TAG.size
    if ethertype <= _LONGEST_802 and frame[at : at + len(SNAP)] == SNAP:
        at += len(SNAP) + _WORD.size
        if len(frame) < at:
            return Unread("short", f"{len(frame)} bytes end inside SNAP")
        (ethertype,) = _WORD.unpack_from(frame, at - _WORD.size)
    return _Envelope(at, ethertype, link.source, vlan, link.destination)


def _cooked_source(length: bytes, address: bytes) -> bytes:
    return address if length == b"\0\6" else b""


def _arp(frame: bytes, envelope: _Envelope) -> Parsed | Unread:
    if len(frame) < envelope.at + ARP.size:
        return Unread("short", f"{len(frame) - envelope.at} bytes of ARP, expected {ARP.size}")
    *head, operation, sender, ip_sender, _target, ip_target = ARP.unpack_from(frame, envelope.at)
    if tuple(head) not in ARP_HEADS:
        return Unread("bad_arp", "types and lengths {}, {:#06x}, {}, {}; expected 1 or 6, 0x0800, 6, 4".format(*head))
    if operation not in (1, 2):
        return Unread(OTHER, f"ARP operation {operation}")
    if operation == 1:
        kind = "probe" if ip_sender == _NOWHERE else "announce" if ip_sender == ip_target else "request"
    else:
        kind = "garp_reply" if ip_sender == ip_target else "reply"
    return _parsed(sender, kind, envelope, _ip_text(ip_sender), _ip_text(ip_target))


def _ip(frame: bytes, envelope: _Envelope) -> Parsed | Unread:
    """A DHCP packet of a joining device."""
    packet = frame[envelope.at :]
    header = (packet[0] & 0x0F) * 4 if packet else 0
    if len(packet) < 20 or packet[0] >> 4 != 4 or header < 20 or packet[9] != _UDP:
        return Unread(OTHER, "IP, not UDP")
    is_later_fragment = _WORD.unpack_from(packet, 6)[0] & 0x1FFF
    if is_later_fragment or len(packet) < header + 8 or _TAG.unpack_from(packet, header) != _UDP_PORTS:
        return Unread(OTHER, "UDP, not from port 68 to 67")
    length = _WORD.unpack_from(packet, 2)[0]
    return _dhcp(packet[header + 8 : max(length, header + 8)], envelope, is_cut=len(packet) < length)


def _dhcp(message: bytes, envelope: _Envelope, *, is_cut: bool) -> Parsed | Unread:
    if len(message) < _BOOTP_LENGTH:
        return Unread("short", f"{len(message)} bytes of DHCP, expected at least {_BOOTP_LENGTH}")
    if message[:3] != b"\1\1\6" or message[236:_BOOTP_LENGTH] != DHCP_COOKIE:
        return Unread("bad_dhcp", "not a request of an Ethernet device")
    options = _options(message[_BOOTP_LENGTH:])
    kind = _TYPE_OF_OPTION_53.get(int.from_bytes(options.get(53, b"")))
    if kind is None:
        return Unread(OTHER, "DHCP, neither discover nor request")
    asked, server = options.get(50, b""), options.get(54, b"")
    if message[12:16] != _NOWHERE:
        asked = message[12:16]
    told = _parsed(message[_CHADDR], kind, envelope, _ip_text(asked), _ip_text(server), is_cut=is_cut)
    if isinstance(told, Unread):
        return told
    return told._replace(exchange=message[_XID].hex(), exchange_s=int.from_bytes(message[_SECS]))


def _options(data: bytes) -> dict[int, bytes]:
    """The options by number, as far as they go."""
    found: dict[int, bytes] = {}
    at = 0
    while at < len(data) and data[at] != _OPTION_END:
        if data[at] == _OPTION_PAD:
            at += 1
            continue
        end = at + 2 + (data[at + 1] if at + 1 < len(data) else 0)
        if end <= len(data) and end > at + 2:
            found.setdefault(data[at], data[at + 2 : end])
        at = end
    return found


def _parsed(
    sender: bytes,
    kind: str,
    envelope: _Envelope,
    ip_sender: str | None,
    ip_target: str | None,
    *,
    is_cut: bool = False,
) -> Parsed | Unread:
    if sender[0] & 1:
        return Unread("group_sender", "the sender is a multicast or the broadcast address")
    if not any(sender):
        return Unread("zero_sender", "the sender's address is all zeros")
    flags = []
    if sender[0] & 2:
        flags.append("random_address")
    if envelope.source and envelope.source != sender:
        flags.append("sender_differs")
    if is_cut:
        flags.append("truncated")
    source = envelope.source.hex(":") if envelope.source else None
    return Parsed(sender.hex(":"), kind, source, ip_sender, ip_target, envelope.vlan, ",".join(flags))


def _ip_text(address: bytes) -> str | None:
    return "{}.{}.{}.{}".format(*address) if len(address) == 4 else None
