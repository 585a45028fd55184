"""Which captured frames may be kept: those of listed devices; all others are counted, and forgotten.

The live capture and the replay of files ask the same object, so that both keep the same.

Source: wire/kanban.md section 3 and 5 (presence is off by default).
"""

from collections.abc import Mapping
from dataclasses import dataclass

from telltale.sources.button.layout import (
    ARP,
    ARP_HEADS,
    ARP_TYPE,
    DHCP_KINDS,
    ENCRYPTED,
    ETHERNET,
    OTHER,
    Parsed,
    Unread,
    parse,
)

PRESENCE = "presence"
_PLAIN_ARP = frozenset(
    ARP_TYPE.to_bytes(2) + ARP.pack(*head, operation, *[b""] * 4)[:8] for head in ARP_HEADS for operation in (1, 2)
)
"""Bytes 12 to 22 of an untagged frame that asks or answers."""
_PLAIN_LENGTH = 14 + ARP.size
_ZEROS = b"\0" * 6


@dataclass(slots=True)
class Counts:
    """What became of frames.

    Args:
        kept: of listed devices.
        unlisted: of devices that are not listed, and of listed phones while presence is off.
        malformed: ARP or DHCP that breaks its layout.
        other: sound, and neither; DHCP while that signal is off; encrypted.
    """

    kept: int = 0
    unlisted: int = 0
    malformed: int = 0
    other: int = 0


class Filter:
    """Decides frame by frame, and counts.

    Args:
        roles: the role of each listed device, by its lower-case address with colons.
        dhcp: whether DHCP of listed devices is kept too.
        presence: whether frames of devices of role presence are kept.
    """

    def __init__(self, roles: Mapping[str, str], *, dhcp: bool = False, presence: bool = False) -> None:
        self.dhcp = dhcp
        self.counts = Counts()
        self._kept = frozenset(device for device, role in roles.items() if presence or role != PRESENCE)
        self._octets = frozenset(bytes.fromhex(device.replace(":", "")) for device in self._kept)

    def __call__(self, frame: bytes, linktype: int = ETHERNET) -> Parsed | None:
        """What the frame says if it may be kept, else None; raises nothing, whatever the bytes."""
        counts = self.counts
        if linktype == ETHERNET and self._is_plainly_unlisted(frame):
            counts.unlisted += 1
            return None
        told = parse(frame, linktype)
        if isinstance(told, Unread):
            if told.reason in (OTHER, ENCRYPTED):
                counts.other += 1
            else:
                counts.malformed += 1
            return None
        if told.kind in DHCP_KINDS and not self.dhcp:
            counts.other += 1
        elif told.device_id in self._kept:
            counts.kept += 1
            return told
        else:
            counts.unlisted += 1
        return None

    def _is_plainly_unlisted(self, frame: bytes) -> bool:
        """Whether it is an ordinary frame of a stranger, as nearly all are: a tenth of what reading it takes."""
        sender = frame[22:28]
        return (
            sender not in self._octets
            and frame[12:22] in _PLAIN_ARP
            and len(frame) >= _PLAIN_LENGTH
            and not sender[0] & 1
            and sender != _ZEROS
        )

    def take(self) -> Counts:
        """What was counted since the last time."""
        taken, self.counts = self.counts, Counts()
        return taken
