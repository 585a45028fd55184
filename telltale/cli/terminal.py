"""Terminals and pipes that cannot show every character: what they lack is written in others, and nothing ends for it.

A terminal of Windows or of an old locale knows no dash, arrow or box line. JSON for programs is written in ASCII there,
so that no value is altered.
"""

import codecs
import sys
import unicodedata
from io import TextIOWrapper

ERRORS = "telltale-plain"
_PLAIN = str.maketrans(
    {
        "–": "-", "—": "-", "−": "-", "‑": "-", "…": "...", "→": "->", "←": "<-", "▶": ">", "│": "|", "─": "-",
        "×": "x", "÷": "/", "≤": "<=", "≥": ">=", "≈": "~", "µ": "u", "μ": "u", "•": "*", "“": '"', "”": '"',
        "„": '"', "‘": "'", "’": "'", "✓": "ok", "\N{NO-BREAK SPACE}": " ", "\N{NARROW NO-BREAK SPACE}": " ",
        "€": "EUR", "°": "deg ", "₂": "2",
    }
)  # fmt: skip


def prepare() -> None:
    """Let standard output and errors write any text."""
    codecs.register_error(ERRORS, _replaced)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):  # under pythonw there is none
            stream.reconfigure(errors=ERRORS)


def plain(text: str) -> str:
    """The text in ASCII: the nearest spelling of each character, ? where there is none."""
    simple = text.translate(_PLAIN)
    return "".join(_ascii(char) for char in simple)


def shows_all() -> bool:
    """Whether standard output takes every character."""
    return codecs.lookup(getattr(sys.stdout, "encoding", None) or "utf-8").name == "utf-8"


def _ascii(char: str) -> str:
    if char.isascii():
        return char
    base = unicodedata.normalize("NFKD", char).encode("ascii", "ignore").decode()
    return base or "?"


def _replaced(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return plain(error.object[error.start : error.end]), error.end
