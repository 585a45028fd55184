"""Every way in which a device may be written in bytes: to find it there, and to write over it.

    an address, a serial number   hex in either case, with or without separators between its octets, escaped or not; its
                                  octets themselves, first or last octet first; base64 at each offset
    another id, a name            its letters and digits in either case, whatever stands between its parts, as a word
    a pseudonym                   16 hex digits, signed and unsigned decimal, its eight octets first or last first

A search is two steps: `may_be_in` looks for plain pieces, as fast as bytes can be searched, and rules out nearly
everything; `found_in` is exact. What is found is written over by `*`, so that nothing moves.
"""

import base64
import re
from collections.abc import Iterable, Iterator, Sequence

_SEPARATOR = rb"(?:[:.\-_ ]|%3a|%2d|\\u003a)?"
_ESCAPES = (b"%3a", b"%2d", b"\\u003a")
_BETWEEN = rb"(?:%[0-9a-f]{2}|\\u00[0-9a-f]{2}|[^0-9a-z\x80-\xff]){1,3}"
"""What may stand between the parts of an id: a colon, which a file name has as a hyphen and a query as %3A."""
_WORD_BEFORE, _WORD_AFTER = rb"(?<![0-9a-z\x80-\xff])", rb"(?![0-9a-z\x80-\xff])"
_DROPPED = b":.-_ "
_STAR = b"*"
_LONGEST_CUT = 32
_PARTS = re.compile(rb"[0-9a-z\x80-\xff]+")


class Spellings:
    """The spellings of some devices.

    Args:
        octets: addresses and serial numbers of six bytes or more.
        words: ids and names of other devices; an empty one is left out.
        numbers: short numbers in hex, which stand as words and may have zeros before them.
        pseudonyms: 64-bit, signed.
    """

    def __init__(
        self,
        *,
        octets: Iterable[bytes] = (),
        words: Iterable[str] = (),
        numbers: Iterable[str] = (),
        pseudonyms: Iterable[int] = (),
    ) -> None:
        wanted = sorted(set(octets))
        said = sorted({form.encode() for word in words if word.strip() for form in (word, word.casefold())})
        short, aliases = [text.lower().encode() for text in sorted(set(numbers)) if text], sorted(set(pseudonyms))
        self._compact = [each.hex().encode() for each in wanted]
        self._exact = [
            *_octets(wanted),
            *(each for one in wanted for each in _in_base64(one)),
            *_of_pseudonyms(aliases),
        ]
        self._lower = [max(_PARTS.findall(word.lower()), key=len, default=word) for word in said] + short
        self._lower += [text for each in aliases for text in _texts(each)]
        patterns = [*map(_hex_pattern, wanted), *map(_word_pattern, said)]
        patterns += [_WORD_BEFORE + b"0*" + re.escape(text) + _WORD_AFTER for text in short]
        patterns += [_WORD_BEFORE + re.escape(text) + _WORD_AFTER for each in aliases for text in _texts(each)]
        loose = b"|".join(b"(?:" + pattern + b")" for pattern in patterns)
        strict = b"|".join(re.escape(each) for each in self._exact)
        self._loose = re.compile(loose, re.IGNORECASE | re.DOTALL) if loose else None
        self._strict = re.compile(strict, re.DOTALL) if strict else None

    def __bool__(self) -> bool:
        return self._loose is not None or self._strict is not None

    def may_be_in(self, data: bytes) -> bool:
        """Whether it is worth a closer look; False is certain."""
        if any(each in data for each in self._exact):
            return True
        lower = data.lower()
        if any(each in lower for each in self._lower):
            return True
        if not self._compact:
            return False
        for escape in _ESCAPES:
            if escape in lower:
                lower = lower.replace(escape, b"")
        plain = lower.translate(None, _DROPPED)
        return any(each in plain for each in self._compact)

    def found_in(self, data: bytes) -> bool:
        """Whether one of them stands in the bytes."""
        return self.may_be_in(data) and next(self._spans(data), None) is not None

    def found_in_text(self, text: str) -> bool:
        """The same of a text."""
        return self.found_in(text.casefold().encode(errors="surrogatepass"))

    def overwritten(self, data: bytes) -> bytes:
        """The bytes with each of them as so many `*`; as long as they were."""
        if not self.may_be_in(data):
            return data
        made = bytearray(data)
        for start, end in self._spans(data):
            made[start:end] = _STAR * (end - start)
        return bytes(made)

    def overwritten_text(self, text: str) -> str:
        """The same of a text; a character beyond ASCII becomes one `*` for each of its bytes."""
        return self.overwritten(text.encode(errors="surrogatepass")).decode(errors="surrogatepass")

    def cut_overwritten(self, data: bytes) -> bytes:
        """The same of bytes that were cut at their end, where more than half of an address in text may be left."""
        made, lower = self.overwritten(data), data[-_LONGEST_CUT:].lower()
        for each in self._compact:
            pairs = [each[at : at + 2] for at in range(0, len(each), 2)]
            for whole in (separator.join(pairs) for separator in (b":", b"-", b"")):
                for length in range(len(whole) - 1, len(whole) // 2, -1):
                    if lower.endswith(whole[:length]):
                        return made[:-length] + _STAR * length
        return made

    def _spans(self, data: bytes) -> Iterator[tuple[int, int]]:
        for pattern in (self._loose, self._strict):
            if pattern is not None:
                yield from (found.span() for found in pattern.finditer(data))


def _hex_pattern(octets: bytes) -> bytes:
    return _SEPARATOR.join(b"%02x" % each for each in octets)


def _word_pattern(word: bytes) -> bytes:
    parts = _PARTS.findall(word.lower())
    if not parts:
        return re.escape(word)
    return _WORD_BEFORE + _BETWEEN.join(map(re.escape, parts)) + _WORD_AFTER


def _octets(wanted: Sequence[bytes]) -> list[bytes]:
    return [each for one in wanted for each in (one, one[::-1])]


def _in_base64(octets: bytes) -> Iterator[bytes]:
    """The digits of base64 that the octets alone decide, wherever in the encoded bytes they begin."""
    for before in range(3):
        encoded = base64.b64encode(bytes(before) + octets + bytes(3))
        first, last = -(-before * 8 // 6), (before + len(octets)) * 8 // 6
        yield encoded[first:last]
        yield encoded[first:last].translate(bytes.maketrans(b"+/", b"-_"))


def _of_pseudonyms(aliases: Sequence[int]) -> list[bytes]:
    return [each.to_bytes(8, order, signed=True) for each in aliases for order in ("big", "little")]


def _texts(alias: int) -> list[bytes]:
    unsigned = alias & ((1 << 64) - 1)
    return [b"%016x" % unsigned, *{str(alias).lstrip("-").encode(), str(unsigned).encode()}]
