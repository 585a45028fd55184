"""What the texts of plain callbacks mean, read once each: few devices, stations and numbers come again and again.

Whatever is not plain is odd: `decode` alone says what it means.
"""

import re
from collections.abc import Callable
from typing import Any

from telltale.contract import DecodeError
from telltale.sources.sigfox.callback import SEQUENCE, device_of, number, seconds_of
from telltale.sources.sigfox.fields import is_absent, is_literal
from telltale.sources.sigfox.payload import Value

_MANY = 1 << 14
_SEQUENCE_DIGITS = 4

PLAIN_NAME = re.compile(r"[\w#. -]{1,30}", re.ASCII)
_HEX = re.compile(r"(?:[0-9a-f]{2}){0,12}", re.ASCII)
_SEQUENCE_HEX = re.compile(r"(?:0x)?[0-9a-f]{1,4}", re.ASCII | re.IGNORECASE)
_STATION = re.compile(r"[0-9a-f]{1,8}", re.ASCII)


class OddError(Exception):
    """Only `decode` knows what this means."""


class _Read(dict[str, Any]):
    """What texts mean, read once each: few devices, stations and numbers come again and again."""

    def __init__(self, read: Callable[[str], Any]) -> None:
        super().__init__()
        self._of = read

    def __missing__(self, text: str) -> Any:
        if len(self) >= _MANY:
            self.clear()
        self[text] = value = self._of(text)
        return value


def text_of(value: object) -> str:
    """How the value was spelt, which for plain values is known."""
    if type(value) is str:
        return value
    if value is None:
        return "null"
    if isinstance(value, list | dict):
        raise OddError
    return str(value).lower()


def text_or_none(text: str) -> str | None:
    """The text of a variable; None where the backend had none."""
    if "{" in text and is_literal(text):
        raise OddError
    return None if is_absent(text) else text.strip()


def _device(text: str) -> str:
    try:
        return f"sigfox:{device_of(text_or_none(text))}"
    except DecodeError:
        raise OddError from None


def seconds(text: str) -> int:
    """The whole second, as `decode` reads it."""
    try:
        return seconds_of(text_or_none(text))
    except DecodeError:
        raise OddError from None


def data_of(text: str) -> str | None:
    """The payload in lower-case digits."""
    if not text:
        return ""  # a message without payload
    taken = text_or_none(text)
    if taken is None:
        return None
    lower = taken.lower()
    if _HEX.fullmatch(lower) is None:
        raise OddError
    return lower


def _number(text: str) -> int | None:
    taken = text_or_none(text)
    if taken is None:
        return None
    if not (taken.isdecimal() and taken.isascii() and len(taken) <= _SEQUENCE_DIGITS and int(taken) < SEQUENCE):
        raise OddError
    return int(taken)


def _hex_number(text: str) -> int | None:
    taken = text_or_none(text)
    if taken is None:
        return None
    if _SEQUENCE_HEX.fullmatch(taken) is None or int(taken, 16) >= SEQUENCE:
        raise OddError
    return int(taken, 16)


def _level(text: str) -> float | None:
    taken = text_or_none(text)
    value = None if taken is None else number(taken)
    if isinstance(value, bool) or (taken is not None and value is None):
        raise OddError
    return None if value is None else float(value)


def _station(text: str) -> str | None:
    taken = text_or_none(text)
    if taken is not None and _STATION.fullmatch(taken.lower()) is None:
        raise OddError
    return None if taken is None else taken.lower()


def _type_id(text: str) -> str:
    return (text_or_none(text) or "").lower()


def _is_copy(text: str) -> bool:
    return not is_literal(text) and text.strip().lower() in {"true", "1"}


def value_of(text: str, *, is_custom: bool) -> Value | None:
    """What a text beside the payload says; None where the backend had nothing to put there."""
    if is_absent(text):
        return None
    value = None if is_literal(text) else number(text)
    if value is None and (not is_custom or is_literal(text)):
        raise OddError
    return text if value is None else value


plain_names = _Read(lambda name: PLAIN_NAME.fullmatch(name) is not None)
devices, stations, levels, type_ids = _Read(_device), _Read(_station), _Read(_level), _Read(_type_id)
numbers, hex_numbers, duplicate = _Read(_number), _Read(_hex_number), _Read(_is_copy)
