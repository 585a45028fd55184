"""Station addresses: 48-bit integers inside, lower-case colon text for people, masked in excerpts.

Standard library only; decoders, privacy and the workbench read an address the same way.

Source: IEEE 802-2014 section 8 (universal/local and individual/group bits); wire/presence.md R6, R11 and section 7.
"""

import re
from collections.abc import Iterable

BAD, GROUP, ZERO = -1, -2, -3
"""What `station` gives for a text that is not six octets, a multicast address, and all zeros."""

GROUP_BIT = 1 << 40
LOCAL_BIT = 1 << 41
"""Set where the address is locally administered: mostly randomised, yet not always."""

_TWO = "[0-9A-Fa-f][0-9A-Fa-f]"
_PAIRS = f"{_TWO}(?P<pair>[:.-]?){_TWO}" + f"(?P=pair){_TWO}" * 4
_FOURS = f"{_TWO}{_TWO}(?P<four>[:.-]){_TWO}{_TWO}(?P=four){_TWO}{_TWO}"
_ADDRESS = re.compile(f"(?:{_PAIRS})|(?:{_FOURS})")
_MANY = 1 << 14
# Six hex digits and more, single separators between them: whole addresses, cut ones, and their device half.
_LIKE_ADDRESS = re.compile(r"[0-9A-Fa-f](?:[:.\-_\s]?[0-9A-Fa-f]){5,}")
_TEXT_IN_JSON = re.compile(r'"(?:[^"\\]|\\.)*"?')
_HEX_DIGIT = re.compile(r"[0-9A-Fa-f]")


def _station(text: str) -> int:
    if _ADDRESS.fullmatch(text) is None:
        return BAD
    address = int(text.replace(":", "").replace("-", "").replace(".", ""), 16)  # a third of what `translate` takes
    if address & GROUP_BIT:
        return GROUP
    return address or ZERO


class _Known(dict[str, int]):
    """Addresses read before: a station is heard again and again, and this is twice as fast as an `lru_cache`."""

    def __missing__(self, text: str) -> int:
        if len(self) >= _MANY:
            self.clear()
        self[text] = address = _station(text)
        return address


_known = _Known()


def station(text: str) -> int:
    """The 48-bit integer of a station's address in any usual spelling; `BAD`, `GROUP` or `ZERO` where it is none.

    `3c:06:30:aa:bb:01`, `3C-06-30-AA-BB-01`, `3c06.30aa.bb01` and `3c0630aabb01` are one address.
    """
    return _known[text]


def stations(texts: Iterable[str]) -> list[int]:
    """The same of many; codes instead of exceptions, because one smallest value tells whether all is well."""
    return list(map(_known.__getitem__, texts))


def spelled(address: int) -> str:
    """The lower-case colon form of a 48-bit address."""
    return address.to_bytes(6).hex(":")


def device_id(text: str) -> str | None:
    """The id of a device that is called by its address, of any usual spelling; None of what is no address of one."""
    address = station(text.strip())
    return spelled(address) if address > 0 else None


def masked(text: str) -> str:
    """The text with every hex digit of what looks like an address, or a piece of one, written as `x`."""
    return _LIKE_ADDRESS.sub(lambda found: _HEX_DIGIT.sub("x", found[0]), text)


def masked_json(text: str) -> str:
    """JSON with the texts in it masked; numbers stay, so that a stamp in milliseconds can still be seen."""
    return _TEXT_IN_JSON.sub(lambda found: masked(found[0]), text)
