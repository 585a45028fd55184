"""The letters of an id or a name as other programs write them: what is beyond ASCII has many spellings.

Source: RFC 8259 7 (escapes), RFC 3986 2.1 (percent-encoding), HTML 13.1.4 (character references); Unicode 15, NFC, NFD.
"""

import re
import unicodedata
from collections.abc import Iterable

_BETWEEN = rb"(?:%[0-9A-Fa-f]{2}|\\u00[0-9A-Fa-f]{2}|&#?[0-9A-Za-z]{2,6};|\xc2\xa0|[^0-9A-Za-z\x80-\xff]){1,3}"
"""What may stand between the parts: a colon, which a file name has as a hyphen and a query as %3A; a quote, escaped."""
_ASCII = 0x80
_RUN = re.compile(rb"[0-9a-z]+")


def word_pattern(word: str, *, any_case: bool = False) -> bytes:
    """A pattern of a word's letters and digits, whatever stands between its parts; of signs alone, of these.

    Args:
        word: an id or a name.
        any_case: of its letters; else as they are, in a pattern of either case too.
    """
    forms = dict.fromkeys(unicodedata.normalize(form, word) for form in ("NFC", "NFD"))
    flag = b"(?i:" if any_case else b"(?-i:"
    return flag + b"|".join(_of_form(form, any_case=any_case) for form in forms) + b")"


def pieces_of(words: Iterable[str]) -> list[bytes]:
    """A piece of each word that each of its spellings has, in small letters; empty where there is none."""
    lowered = (unicodedata.normalize("NFC", word).lower() for word in words)
    runs = (_RUN.findall("".join(each if ord(each) < _ASCII else " " for each in word).encode()) for word in lowered)
    return sorted({max(found, key=len, default=b"") for found in runs})


def _of_form(word: str, *, any_case: bool) -> bytes:
    made: list[bytes] = []
    was_letter = False
    for each in word:
        is_letter = each.isalnum() or unicodedata.combining(each) > 0
        if is_letter:
            made.append(_letter(each, any_case=any_case))
        elif was_letter:
            made.append(_BETWEEN)
        was_letter = is_letter
    if not any(each.isalnum() for each in word):
        return re.escape(word.encode())
    return b"".join(made[:-1] if made[-1] == _BETWEEN else made)


def _letter(letter: str, *, any_case: bool) -> bytes:
    if ord(letter) < _ASCII:
        return re.escape(letter.encode())
    forms = sorted({letter, *((letter.lower(), letter.upper()) if any_case else ())})
    return b"(?:" + b"|".join(spelt for form in forms for spelt in _spelt(form)) + b")"


def _spelt(text: str) -> list[bytes]:
    utf8, utf16 = text.encode(), text.encode("utf-16-be")
    escaped = b"".join(rb"\\u" + utf16[at : at + 2].hex().encode() for at in range(0, len(utf16), 2))
    percent = b"".join(b"%%%02x" % each for each in utf8)
    found = [re.escape(utf8), b"(?i:" + escaped + b"|" + percent + b"|" + _reference(text) + b")"]
    latin = text.encode("latin-1", errors="ignore")
    return [*found, re.escape(latin)] if latin else found


def _reference(text: str) -> bytes:
    return b"".join(rb"&#(?:x0*%x|0*%d);" % (ord(each), ord(each)) for each in text)
