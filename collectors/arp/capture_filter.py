"""The kernel's filter of a capture, as a classic BPF program: ARP, tagged or not, and on request DHCP requests.

Written out here instead of compiled by libpcap, which would be a library more in the process that holds the right to
capture, and whose "arp or (vlan and arp)" knows only one tag. When the kernel hands over a frame it has taken off its
outermost tag; up to three more may stand in the frame. What this machine sends itself is left out. The kernel gives the
first 1,514 bytes of a frame.

Source: wire/kanban.md 2.1, 6.2; Linux Documentation/networking/filter.rst; RFC 2131 4.1 (ports 67 and 68).
"""

import ctypes
import socket
import struct
from typing import NamedTuple

LONGEST = 1514
"""Bytes kept of a frame."""
MOST_TAGS = 3
"""VLAN tags looked through behind the one that the kernel has taken off."""

_ATTACH_FILTER = 26
_LOAD_TYPE = (0x28, 0xFFFFF004)  # ldh [SKF_AD_OFF + SKF_AD_PKTTYPE]: an extension of Linux
_OUTGOING = 4
_LDH, _LDB, _LDH_X, _LDX_HEADER, _JEQ, _JSET, _RET = 0x28, 0x30, 0x48, 0xB1, 0x15, 0x45, 0x06
_ARP, _IPV4, _TAGS = 0x0806, 0x0800, (0x8100, 0x88A8, 0x9100)
_UDP, _FRAGMENT, _CLIENT, _SERVER = 17, 0x1FFF, 68, 67


class _Line(NamedTuple):
    """One instruction; jumps name a label, and "" means the next instruction."""

    code: int
    k: int
    then: str = ""
    otherwise: str = ""
    label: str = ""


def program(*, dhcp: bool) -> bytes:
    """The instructions, eight bytes each (code, jump if true, jump if false, operand) in this machine's byte order."""
    lines = [_Line(*_LOAD_TYPE), _Line(_JEQ, _OUTGOING, then="drop")]
    for depth in range(MOST_TAGS + 1):
        lines += _type_at(depth, dhcp=dhcp)
    lines += [_Line(_RET, 0, label="drop"), _Line(_RET, LONGEST, label="keep")]
    if dhcp:
        for depth in reversed(range(MOST_TAGS + 1)):
            lines[-2:-2] = _dhcp_at(depth)
    return _assembled(lines)


def attach(sock: socket.socket, instructions: bytes) -> None:
    """Attach the program to a socket, best before it is bound, so that nothing else ever gets in."""
    held = ctypes.create_string_buffer(instructions, len(instructions))
    sock.setsockopt(
        socket.SOL_SOCKET, _ATTACH_FILTER, struct.pack("@HP", len(instructions) // 8, ctypes.addressof(held))
    )


def _type_at(depth: int, *, dhcp: bool) -> list[_Line]:
    """Judge the type that follows `depth` tags."""
    lines = [_Line(_LDH, 12 + 4 * depth, label=f"type{depth}"), _Line(_JEQ, _ARP, then="keep")]
    if dhcp:
        lines.append(_Line(_JEQ, _IPV4, then=f"ip{depth}"))
    if depth < MOST_TAGS:
        lines += [_Line(_JEQ, tag, then=f"type{depth + 1}") for tag in _TAGS]
    return [*lines[:-1], lines[-1]._replace(otherwise="drop")]


def _dhcp_at(depth: int) -> list[_Line]:
    """Judge the IPv4 packet that follows `depth` tags: UDP, not a later fragment, from port 68 to 67."""
    start = 14 + 4 * depth
    return [
        _Line(_LDB, start + 9, label=f"ip{depth}"),
        _Line(_JEQ, _UDP, otherwise="drop"),
        _Line(_LDH, start + 6),
        _Line(_JSET, _FRAGMENT, then="drop"),
        _Line(_LDX_HEADER, start),
        _Line(_LDH_X, start),
        _Line(_JEQ, _CLIENT, otherwise="drop"),
        _Line(_LDH_X, start + 2),
        _Line(_JEQ, _SERVER, then="keep", otherwise="drop"),
    ]


def _assembled(lines: list[_Line]) -> bytes:
    places = {line.label: place for place, line in enumerate(lines) if line.label}

    def jump(label: str, place: int) -> int:
        return places[label] - place - 1 if label else 0

    return b"".join(
        struct.pack("=HBBI", line.code, jump(line.then, place), jump(line.otherwise, place), line.k)
        for place, line in enumerate(lines)
    )
