"""What a capture file holds, whichever format it has."""

from typing import NamedTuple

from telltale.contract import TelltaleError

LAST_US = 253_402_300_800_000_000
"""The end of the year 9999, in microseconds since 1970: a later stamp, or one before 1970, is no time."""
LARGEST = 262_144
"""No capture keeps more bytes of a packet: a length beyond it is damage."""


class Packet(NamedTuple):
    """One captured packet."""

    at_us: int
    """Microseconds since 1970; finer stamps are cut, not rounded."""
    linktype: int
    interface: str
    """As the file names it; empty where it does not."""
    data: bytes
    """From the link layer on, as far as it was captured."""
    length: int
    """On the wire."""


class Damaged(TelltaleError):
    """The file cannot be read any further."""
