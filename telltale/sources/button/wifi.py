"""Data frames of Wi-Fi, as a capture in monitor mode has them: where the packet begins, who sent it, to whom.

    radiotap   version 1 (0), pad 1, length 2, present 4 (again while bit 31 is set), fields; of these only flags are
               read (bit 1, behind 8 bytes of bit 0, aligned): 0x20, the packet is padded to 4 behind the header
    802.11     control 1 (version 2 bits, kind 2 bits: 2 is data; subtype 4 bits: 4 no data, 8 with QoS), flags 1 (1 to
               the access point, 2 from it, 0x40 encrypted, 0x80 with QoS: 4 bytes more), duration 2, address 1 6,
               address 2 6, address 3 6, sequence 2 (low 4 bits: the fragment), address 4 6 (to and from), QoS 2
               (0x80: several packets in one)
    packet     802.2 with SNAP: aa aa 03 00 00 00, ethertype 2

    to  from   destination  source
    0   0      address 1    address 2
    1   0      address 3    address 2
    0   1      address 1    address 3
    1   1      address 3    address 4

Numbers are little-endian up to the packet. What is encrypted cannot be read; of later fragments nothing is said.

Source: IEEE 802.11-2020 9.2.4, 9.3.2; radiotap.org (header, Flags).
"""

from struct import Struct
from typing import NamedTuple

SNAP = b"\xaa\xaa\x03\0\0\0"
_WORD = Struct("<H")
_LONG = Struct("<I")
_DATA, _NO_DATA, _QOS = 2, 4, 8
_TO, _FROM, _ENCRYPTED, _ORDER = 1, 2, 0x40, 0x80
_SEVERAL = 0x80
_SHORTEST = 24
_PADDED = 0x20
_ADDRESSES = {0: (4, 10), _TO: (16, 10), _FROM: (4, 16), _TO | _FROM: (16, 24)}
"""Where destination and source stand, by the flags."""


class Data(NamedTuple):
    """A data frame: where its ethertype stands, and its addresses."""

    type_at: int
    source: slice
    destination: slice


def data(frame: bytes, *, has_radio: bool) -> Data | str:
    """Where things stand in a frame, or why it says nothing: `short`, `encrypted`, or what else it is.

    Args:
        frame: as captured, perhaps cut.
        has_radio: whether a radiotap header stands before it.
    """
    begin, is_padded = _radiotap(frame) if has_radio else (0, False)
    head = frame[begin:]
    if begin < 0 or len(head) < _SHORTEST:
        return "short"
    flags = head[1]
    if why := _unread(head):
        return why
    at = _packet_at(head)
    at = (at + 3) // 4 * 4 if is_padded else at
    if len(head) < at + len(SNAP) + 2:
        return "short"
    if head[at : at + len(SNAP)] != SNAP:
        return "Wi-Fi, no SNAP"
    destination, source = (slice(begin + place, begin + place + 6) for place in _ADDRESSES[flags & (_TO | _FROM)])
    return Data(begin + at + len(SNAP), source, destination)


def _unread(head: bytes) -> str:
    """Why nothing can be read behind a header; empty where something can."""
    kind, subtype = head[0] >> 2 & 3, head[0] >> 4
    if head[0] & 3 or kind != _DATA or subtype & _NO_DATA:
        return "Wi-Fi, no data"
    if head[1] & _ENCRYPTED:
        return "encrypted"
    if head[22] & 0x0F:
        return "Wi-Fi, a later fragment"
    at = _addresses_end(head)
    if subtype & _QOS and head[at : at + 1] and head[at] & _SEVERAL:
        return "Wi-Fi, several packets in one"
    return ""


def _packet_at(head: bytes) -> int:
    return _addresses_end(head) + ((2 + (4 if head[1] & _ORDER else 0)) if head[0] >> 4 & _QOS else 0)


def _addresses_end(head: bytes) -> int:
    return _SHORTEST + (6 if head[1] & _TO and head[1] & _FROM else 0)


def _radiotap(frame: bytes) -> tuple[int, bool]:
    """Where the frame begins, -1 where that cannot be, and whether its packet is padded."""
    if len(frame) < 8 or frame[0]:
        return -1, False
    begin, at = _WORD.unpack_from(frame, 2)[0], 8
    present = last = _LONG.unpack_from(frame, 4)[0]
    while last >> 31 and at + 4 <= len(frame):
        last, at = _LONG.unpack_from(frame, at)[0], at + 4
    if present & 1:
        at = (at + 7) // 8 * 8 + 8
    is_padded = bool(present & 2) and at < min(begin, len(frame)) and bool(frame[at] & _PADDED)
    return (begin if begin >= 8 else -1), is_padded
