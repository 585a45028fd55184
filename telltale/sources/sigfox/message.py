"""What a message says, by its payload and by the fields beside it: readings, and a PC's use.

    value in the payload            value       text
    number                          scaled      -
    integer beyond 2^53             -           its digits
    bool                            1 or 0      true or false
    char                            if numeric  the characters

Source: wire/sigfox.md 2.3, 7.2 (text payload of the activity tutorial).
"""

import math
import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, NamedTuple

from telltale.contract import Reject
from telltale.sources.sigfox.callback import Callback, number
from telltale.sources.sigfox.minutes import LEVELS, activity_rows
from telltale.sources.sigfox.payload import Unread, Value, values
from telltale.sources.sigfox.plan import Kind, Quantity

AS_IT_IS = Quantity()
_EXACT = 2**53
_SCORE = re.compile("[0-9]|[1-9][0-9]|100", re.ASCII)
_PLAIN_NUMBER = re.compile(r"-?[0-9]{1,15}(?:\.[0-9]{1,15})?", re.ASCII)


class Reading(NamedTuple):
    """What a field says, under the names of table `reading`."""

    quantity: str
    value: float | None
    unit: str
    text: str | None


def use(
    payload: bytes | None, kind: Kind, observed_at: int, *, is_text: bool
) -> tuple[dict[str, list[Any]] | None, Reject | None]:
    """The columns of `activity` where the payload tells of a PC's use, and why not where it should."""
    form = kind.activity or (LEVELS if is_text else "")
    if not form or not payload:
        return None, None
    rows = activity_rows(payload, observed_at, form)
    if rows is None and kind.activity:
        return None, Reject("payload", f"not_{form}", payload.hex())
    return rows if rows and rows["kind"] else None, None


def reading_rows(readings: list[Reading], device_id: str, channel: str, observed_at: int) -> dict[str, list[Any]]:
    """The readings of one message as columns of table `reading`."""
    return {
        "device_id": [device_id] * len(readings),
        "channel": [channel] * len(readings),
        "observed_at": [observed_at] * len(readings),
        **{name: list(column) for name, column in zip(Reading._fields, zip(*readings, strict=True), strict=True)},
    }


def readings(found: Callback, kind: Kind, *, is_text: bool) -> Iterator[Reading | Reject]:
    """What the payload says, then what stands beside it."""
    if found.data:
        yield from of_payload(found.data, kind, is_text=is_text)
    for name, text in found.others.items():
        told = number(text)
        if told is None and name in found.texts:
            yield reading(name, text, kind.quantities)
        elif told is None:
            yield Reject(f"field {name}", "not_a_number", text[:200])
        else:
            yield reading(name, told, kind.quantities)


def of_payload(payload: bytes, kind: Kind, *, is_text: bool) -> Iterator[Reading | Reject]:
    """What the payload says by its config, else as a text where it is one."""
    if not kind.slots:
        if is_text:
            yield _of_text(payload)
        return
    for item in values(kind.slots, payload):
        if isinstance(item, Unread):
            yield Reject(f"payload {item.name}", item.reason, payload.hex())
        else:
            yield reading(*item, kind.quantities)


def _of_text(payload: bytes) -> Reading | Reject:
    """The activity tutorial's score: its digits as characters."""
    try:
        text = payload.decode("utf-8")
    except UnicodeDecodeError:
        return Reject("payload", "not_utf8", payload.hex())
    if _SCORE.fullmatch(text):
        return Reading("score", float(text), "%", text)
    return Reading("text", None, "", text)


def reading(name: str, told: Value, quantities: Mapping[str, Quantity]) -> Reading:
    """A value under the name, unit and scale its owner gave it."""
    quantity = quantities.get(name, AS_IT_IS)
    value, text = _value_and_text(told, quantity)
    return Reading(quantity.name or name, value, quantity.unit, text)


def _value_and_text(told: Value, quantity: Quantity) -> tuple[float | None, str | None]:
    if isinstance(told, bool):
        return float(told), str(told).lower()
    if isinstance(told, str) and not _PLAIN_NUMBER.fullmatch(told):
        return None, told
    if isinstance(told, int) and abs(told) > _EXACT:
        return None, str(told)
    value = _scaled(told, quantity)
    if not math.isfinite(value):
        return None, str(told)
    return value, told if isinstance(told, str) else None


def _scaled(told: float | str, quantity: Quantity) -> float:
    """In decimal, as its owner would on paper: 229 × 0.1 is 22.9."""
    if (quantity.scale, quantity.offset) == (1, 0):
        return float(told)
    scale, offset = Decimal(repr(quantity.scale)), Decimal(repr(quantity.offset))
    return float(Decimal(str(told)) * scale + offset)
