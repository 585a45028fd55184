"""The line pattern of a batch: which variables stand in a line, and what stands between them.

    pattern   {device};{time};{data}
    line      2D24E6;1795165200;2a

The owner writes the pattern in the backend and, the same, as `pattern` of the endpoint. A value ends where the text
that follows it in the pattern comes next, the last one with the line.

Source: wire/sigfox.md 1.1 (BATCH_URL).
"""

import re
from typing import NamedTuple
from urllib.parse import parse_qsl, unquote_to_bytes

from telltale.contract import ConfigError, DecodeError, Shortened
from telltale.sources.sigfox.fields import MOST_FIELDS, Fields, fields

DEFAULT = "{device};{time};{data}"
_VARIABLE = re.compile(r"\{([^{}]+)\}")
_LINE = re.compile(r"[^\n\v\f\r\x1c-\x1e\x85\u2028\u2029]+")
"""What `splitlines` takes for one."""
_PIECE = 4096
QUERY_NAME = "batch"


class Pattern(NamedTuple):
    """A line: the text before the first variable, then each variable and the text behind it."""

    head: str
    parts: tuple[tuple[str, str], ...]


def pattern(text: str) -> Pattern:
    """The pattern of a text.

    Raises:
        ConfigError: it names no variable, one twice, or two without anything between them.
    """
    pieces = _VARIABLE.split(text)
    names, between = pieces[1::2], pieces[2::2]
    if not names or not all(between[:-1]) or len(set(names)) < len(names):
        raise ConfigError(
            f'pattern = "{text}": expected variables in braces, each once, with a text between two, such as "{DEFAULT}"'
        )
    return Pattern(pieces[0], tuple(zip(names, between, strict=True)))


def lines(body: bytes, query: str) -> list[str]:
    """The lines of a batch: `batch` of the query where it stands there, else of the body.

    Raises:
        DecodeError: the bytes are no text, or the query is no query.
    """
    return [line for line in _text(body, query).splitlines() if line.strip()]


def shortened(body: bytes, query: str, most: int) -> Shortened:
    """The body with so many lines at most, in plain text, and how many it lacks.

    Raises:
        DecodeError: as of `lines`.
    """
    text = _text(body, query)
    kept, left_out, end = 0, 0, 0
    for found in _LINE.finditer(text):
        if kept < most:
            kept, end = kept + (not found[0].isspace()), found.end()
        else:
            left_out += not found[0].isspace()
    return Shortened(text[:end].encode() if left_out else body, left_out)


def _text(body: bytes, query: str) -> str:
    try:
        asked = dict(parse_qsl(query, keep_blank_values=True, errors="strict", max_num_fields=MOST_FIELDS))
        text = asked.get(QUERY_NAME) or body.decode("utf-8-sig")
        if text.startswith(f"{QUERY_NAME}="):  # as a form, which is the backend's default for a body
            return _of_form(text)
    except UnicodeDecodeError as error:
        raise DecodeError("bad_text", f"byte {error.start} is not UTF-8") from None
    except ValueError as error:
        raise DecodeError("bad_form", str(error)) from None
    return text


def _of_form(text: str) -> str:
    """The last field of that name, decoded piece by piece: at once it takes forty times its size."""
    if text.count("&") >= MOST_FIELDS:
        raise DecodeError("bad_form", f"{text.count('&') + 1} fields, expected at most {MOST_FIELDS}")
    values = [value for name, _, value in (field.partition("=") for field in text.split("&")) if name == QUERY_NAME]
    return _unquoted(values[-1].replace("+", " ")).decode("utf-8", "replace")


def _unquoted(text: str) -> bytes:
    parts, at = [], 0
    while at < len(text):
        end = at + _PIECE
        torn = text.rfind("%", end - 2, end) if end < len(text) else -1
        end = torn if torn > at else end
        parts.append(unquote_to_bytes(text[at:end]))
        at = end
    return b"".join(parts)


def common(query: str) -> Fields:
    """What else stands in the query: it holds for every line.

    Raises:
        DecodeError: the query is no query.
    """
    return {name: text for name, text in fields(b"", query).items() if name != QUERY_NAME}


def read(pattern: Pattern, line: str) -> Fields:
    """The variables of a line by name.

    Raises:
        DecodeError: the line is not of the pattern.
    """
    rest = line.strip()
    if not rest.startswith(pattern.head):
        raise DecodeError("bad_line", f"expected {pattern.head!r} at its beginning")
    rest, found = rest[len(pattern.head) :], {}
    for number, (name, behind) in enumerate(pattern.parts, 1):
        is_last = number == len(pattern.parts)
        at = len(rest) - len(behind) if is_last else rest.find(behind)
        if at < 0 or not rest.startswith(behind, at):
            raise DecodeError("bad_line", f"expected {behind!r} behind {{{name}}}")
        found[name], rest = rest[:at], rest[at + len(behind) :]
    return found
