"""Every way in which a device may be written in bytes: to find it there, and to write over it.

    an address, a serial number   hex in either case, with or without separators between its octets, escaped or not; its
                                  octets themselves, first or last octet first; base64 at each offset
    another id                    its letters and digits in either case, whatever stands between its parts, as a word;
                                  what goes on, as pc:desk-2 does after pc:desk, is another's
    a name                        the same as it is listed or in capitals; nobody means Max by max
    a short number                after what says that it is a device
    a pseudonym                   16 hex digits, signed and unsigned decimal, its eight octets first or last first

A letter beyond ASCII is found as UTF-8, Latin-1, and escaped as JSON, URLs and HTML do; in one character or two.

A search is two steps: `may_be_in` looks for plain pieces, as fast as bytes can be searched, and rules out nearly
everything; `found_in` is exact. What is found is written over by `*`, so that nothing moves.
"""

import base64
import re
from collections.abc import Iterable, Iterator, Sequence

from telltale.privacy.letters import pieces_of, word_pattern

_SEPARATOR = rb"(?:[:.\-_ ]|%3a|%2d|\\u003a)?"
_ESCAPES = (b"%3a", b"%2d", b"\\u003a")
_BEFORE = rb"(?:(?<![0-9A-Za-z\x80-\xff])|(?<=\\[nrtbf])|(?<=%[0-9A-Fa-f]{2})|(?<=\\u00[0-9A-Fa-f]{2}))"
_AFTER = rb"(?![0-9A-Za-z\x80-\xff])"
_ENDS = (
    rb"(?!_?[0-9A-Za-z\x80-\xff])(?!-(?!(?:19|20)[0-9]{2}-)[0-9A-Za-z\x80-\xff])"
    rb"(?!\.(?!(?:html|pdf|csv|xlsx|parquet|json|ipynb|evidence|before|zip|gz|png|log)\b)[0-9A-Za-z\x80-\xff])"
)
"""What does not follow an id; the period of a report and the ending of a file may."""
_OF_A_DEVICE = (
    rb"(?:sigfox(?::|-|%3a|\\u003a)"
    rb"|(?:device|device_?id|id)(?:\\?\"|%22)?\s{0,4}(?::|=|%3a|%3d)\s{0,4}(?:\\?\"|%22)?)"
)
_SURE_DIGITS = 6
"""Shorter numbers are words of any text."""
_DROPPED = b":.-_ "
_STAR = b"*"
_LONGEST_CUT = 32


class Spellings:
    """The spellings of some devices.

    Args:
        octets: addresses and serial numbers of six bytes or more.
        words: ids of other devices; an empty one is left out.
        names: what people call them.
        not_meant: names of others, in which one of these may stand, as Anna does in Anna Abel.
        numbers: short numbers in hex, which stand as words and may have zeros before them.
        pseudonyms: 64-bit, signed.
    """

    def __init__(
        self,
        *,
        octets: Iterable[bytes] = (),
        words: Iterable[str] = (),
        names: Iterable[str] = (),
        not_meant: Iterable[str] = (),
        numbers: Iterable[str] = (),
        pseudonyms: Iterable[int] = (),
    ) -> None:
        wanted, aliases = sorted(set(octets)), sorted(set(pseudonyms))
        ids, called = ({each for each in given if each.strip()} for given in (words, names))
        short = sorted({text.lower() for text in numbers if text})
        self._compact = [each.hex().encode() for each in wanted]
        self._exact = [
            *_octets(wanted),
            *(each for one in wanted for each in _in_base64(one)),
            *_of_pseudonyms(aliases),
        ]
        self._lower = [*pieces_of(ids | called), *map(str.encode, short)]
        self._lower += [text for each in aliases for text in _texts(each)]
        patterns = [*map(_hex_pattern, wanted)]
        patterns += [_BEFORE + b"(" + word_pattern(each, any_case=True) + b")" + _ENDS for each in sorted(ids)]
        patterns += [
            _BEFORE + b"(" + word_pattern(form) + b")" + _AFTER for each in sorted(called) for form in _forms(each)
        ]
        patterns += [_number_pattern(text) for text in short]
        patterns += [_BEFORE + b"(" + re.escape(text) + b")" + _AFTER for each in aliases for text in _texts(each)]
        if called:  # these match first, and are no find: they hold no group
            patterns[:0] = [
                _BEFORE + word_pattern(each, any_case=True) + _AFTER for each in sorted(not_meant) if each.strip()
            ]
        loose = b"|".join(patterns)
        strict = b"|".join(b"(" + re.escape(each) + b")" for each in self._exact)
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
        return self.found_in(text.encode(errors="surrogatepass"))

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
                yield from (found.span(found.lastindex) for found in pattern.finditer(data) if found.lastindex)


def _hex_pattern(octets: bytes) -> bytes:
    return b"(" + _SEPARATOR.join(b"%02x" % each for each in octets) + b")"


def _forms(name: str) -> list[str]:
    """A name as it is written: in small letters only where it is more than a word."""
    forms = {name, name.upper(), name[:1].upper() + name[1:]}
    return sorted(forms | {name.casefold()} if len(name.split()) > 1 else forms)


def _number_pattern(text: str) -> bytes:
    before = _BEFORE if len(text) >= _SURE_DIGITS else _BEFORE + _OF_A_DEVICE
    return before + b"(0*" + re.escape(text.encode()) + b")" + _AFTER


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
