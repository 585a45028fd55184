"""Text of a piece as HTML: escaped once, its marks as strong, and where a claim stands a place to ask it at."""

import re
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

_MARKS = re.compile(r"\*\*(.+?)\*\*|!!(.+?)!!")
_BEGIN, _END = "\ue000", "\ue001"
"""Stand for the begin and end of a claim while its text is escaped; data that brings such characters loses them."""
_CLAIM = re.compile(f"{_BEGIN}([0-9a-f]+){_BEGIN}(.*?){_END}")


def inline(text: str, places: Sequence[Sequence[Any]] = ()) -> str:
    """Escaped text with `**…**` as strong and `!!…!!` as strong alarm.

    Args:
        text: as it was written.
        places: begin, end and claim of what in it is claimed (`telltale.page.said.placed`).
    """
    parts, at = [], 0
    for start, end, claim in places:
        parts += [_clean(text[at:start]), f"{_BEGIN}{claim['id']}{_BEGIN}", _clean(text[start:end]), _END]
        at = end
    parts.append(_clean(text[at:]))
    html = _MARKS.sub(_strong, escape("".join(parts), quote=False))
    return _CLAIM.sub(r'<span class="claim" data-claim="\1">\2</span>', html)


def marked(data: Mapping[str, Any], name: str, text: str | None = None) -> str:
    """A text of a piece's data as HTML.

    Args:
        data: of the piece.
        name: of the text.
        text: the text itself, where it does not stand under its name.
    """
    return inline(str(data[name] if text is None else text), data.get("claims", {}).get(name, ()))


def bare(text: str) -> str:
    """The text without its marks, for labels read aloud and plain output."""
    return _MARKS.sub(lambda match: match[1] or match[2], text)


def _clean(text: str) -> str:
    return text.replace(_BEGIN, "").replace(_END, "")


def _strong(match: re.Match[str]) -> str:
    return f"<b>{match[1]}</b>" if match[1] else f'<b class="look">{match[2]}</b>'
