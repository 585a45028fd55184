"""Whether a datagram is a CoAP message at all, seen before anything is made of it.

aiocoap reads options without their bounds: a text that is no UTF-8 ends in a traceback, a Content-Format of 60,000
bytes is kept for ever as the number of a format. What is no message is thrown away without an answer, which RFC 7252
4.2 and 4.3 allow: its address may be invented, and whoever has it did not ask.

Source: RFC 7252 3 (header), 3.1 (options), 4.2 (which types and codes fit), 5.4.3 (lengths), 5.10 and 12.2 (numbers);
RFC 7641 2 (Observe); RFC 7959 2.1 (Block1, Block2), 4 (Size1, Size2); RFC 7967 2 (No-Response); RFC 9175 (Echo,
Request-Tag).
"""

MOST_OPTIONS = 64
_MOST_TOKEN = 8
_LAST_NUMBER = 65_535
_MARKER = 0xFF
_CON, _NON, _ACK, _RST = range(4)
_RESERVED_CLASSES = frozenset((1, 6, 7))
_TEXTS = frozenset((3, 8, 11, 15, 20, 35, 39))
"""Uri-Host, Location-Path, Uri-Path, Uri-Query, Location-Query, Proxy-Uri, Proxy-Scheme."""
_LONGEST = {
    1: 8, 3: 255, 4: 8, 5: 0, 6: 3, 7: 2, 8: 255, 11: 255, 12: 2, 14: 4, 15: 255, 16: 1, 17: 2, 20: 255,
    23: 3, 27: 3, 28: 4, 35: 1034, 39: 255, 60: 4, 252: 40, 258: 1, 292: 8,
}  # fmt: skip
"""Bytes an option may have, by its number."""


def fault(datagram: bytes) -> str:
    """Why it is no CoAP message, as a short name; empty when it is one."""
    if len(datagram) < 4:
        return "too_short"
    version_type_length, code = datagram[0], datagram[1]
    if version_type_length >> 6 != 1:
        return "other_version"
    token_end = 4 + (version_type_length & 0x0F)
    if token_end > 4 + _MOST_TOKEN or token_end > len(datagram):
        return "bad_token_length"
    misfit = _misfit(version_type_length >> 4 & 3, code)
    if misfit:
        return misfit
    if code == 0:
        return "" if len(datagram) == 4 else "empty_with_content"
    return _options_fault(datagram, token_end)


def _misfit(kind: int, code: int) -> str:
    """Why a code cannot come as this type."""
    if code >> 5 in _RESERVED_CLASSES:
        return "reserved_code"
    is_request = 0 < code < 32
    if code == 0:
        return "empty_non" if kind == _NON else ""
    return "bad_type" if kind == _RST or (kind == _ACK and is_request) else ""


def _options_fault(datagram: bytes, place: int) -> str:
    """What is wrong with the options from `place` on."""
    number, end = 0, len(datagram)
    for _ in range(MOST_OPTIONS + 1):
        if place == end:
            return ""
        head = datagram[place]
        if head == _MARKER:
            return "" if place + 1 < end else "empty_payload"
        delta, length, place = head >> 4, head & 0x0F, place + 1
        if delta > 12:
            delta, place = _extended(datagram, place, delta)
        if length > 12:
            length, place = _extended(datagram, place, length)
        number += delta
        if delta < 0 or length < 0 or place + length > end or number > _LAST_NUMBER:
            return "bad_option"
        if length > _LONGEST.get(number, length):
            return "option_too_long"
        if number in _TEXTS:
            try:
                datagram[place : place + length].decode()
            except UnicodeDecodeError:
                return "no_text"
        place += length
    return "too_many_options"


def _extended(datagram: bytes, place: int, nibble: int) -> tuple[int, int]:
    """A delta or length and where it ends; -1 where it is cut off or reserved."""
    if nibble == 13 and place < len(datagram):
        return datagram[place] + 13, place + 1
    if nibble == 14 and place + 1 < len(datagram):
        return (datagram[place] << 8 | datagram[place + 1]) + 269, place + 2
    return -1, place
