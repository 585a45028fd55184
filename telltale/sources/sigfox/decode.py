"""Callbacks into uplinks and readings.

Every callback with a device and a time is one row of `uplink`; retries, copies heard by other stations and late ones
say the same again and share its natural key. The payload config of the device type gives the readings; numbers that the
backend or a tutorial's device put beside the payload are readings too, where the payload has none of that name.

    value in the payload            value       text
    number                          scaled      -
    integer beyond 2^53             -           its digits
    bool                            1 or 0      true or false
    char                            if numeric  the characters

Nothing is guessed: a field that is not there is no reading, and a reject says why.

Source: wire/sigfox.md 1.3, 1.6 (what is the same frame), 2.3, 7.2 (text payload of the activity tutorial).
"""

import json
import math
import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, NamedTuple

from telltale.contract import Chunk, Options, Raw, Reject
from telltale.sources.sigfox.accept import MESSAGES, Place, place
from telltale.sources.sigfox.callback import SECOND_US, Callback, callback, number
from telltale.sources.sigfox.fields import fields
from telltale.sources.sigfox.payload import Unread, Value, values
from telltale.sources.sigfox.plan import Kind, Quantity, plan

_EXACT = 2**53
_SCORE = re.compile("[0-9]|[1-9][0-9]|100", re.ASCII)
_PLAIN_NUMBER = re.compile(r"-?[0-9]{1,15}(?:\.[0-9]{1,15})?", re.ASCII)
_AS_IT_IS = Quantity()


class Reading(NamedTuple):
    """What a field says, under the names of table `reading`."""

    quantity: str
    value: float | None
    unit: str
    text: str | None


def decode(raw: Raw, options: Options) -> Iterator[Chunk | Reject]:
    """Yield one uplink, a chunk of readings if there are any, and a reject for each field set aside.

    Raises:
        DecodeError: the body is neither JSON nor a form, or names no device or no time.
        ConfigError: an option is wrong.
    """
    told = plan(options)
    where, query = _address(raw.meta)
    endpoint = told.endpoint(where.endpoint)
    found = callback(fields(raw.body, query), endpoint.fields, seq_is_hex=endpoint.sequence == "hex")
    device_id, observed_at = f"sigfox:{found.device}", found.seconds * SECOND_US
    yield from found.rejects
    yield Chunk("uplink", _uplink(found, device_id, observed_at))
    kind = told.kind(found.device, found.type_id, endpoint)
    readings: dict[str, Reading] = {}
    for item in _readings(found, kind, is_text=where.endpoint == MESSAGES):
        if isinstance(item, Reject):
            yield item
        else:
            readings.setdefault(item.quantity, item)
    if readings:
        yield Chunk("reading", _rows(list(readings.values()), device_id, where.sensor, observed_at))


def _address(meta: str) -> tuple[Place, str]:
    """Where a record arrived, and what of it stood in the query."""
    told = json.loads(meta)
    return place(told.get("path", "")), told.get("query", "")


def _uplink(found: Callback, device_id: str, observed_at: int) -> dict[str, list[Any]]:
    return {
        "device_id": [device_id],
        "seq": [found.seq],
        "observed_at": [observed_at],
        "data": [None if found.data is None else found.data.hex()],
        "rssi_dbm": [found.rssi_dbm],
        "snr_db": [found.snr_db],
        "station": [found.station],
    }


def _rows(readings: list[Reading], device_id: str, channel: str, observed_at: int) -> dict[str, list[Any]]:
    return {
        "device_id": [device_id] * len(readings),
        "channel": [channel] * len(readings),
        "observed_at": [observed_at] * len(readings),
        **{name: list(column) for name, column in zip(Reading._fields, zip(*readings, strict=True), strict=True)},
    }


def _readings(found: Callback, kind: Kind, *, is_text: bool) -> Iterator[Reading | Reject]:
    """What the payload says, then what stands beside it."""
    if found.data:
        if kind.slots:
            yield from _of_payload(found.data, kind)
        elif is_text:
            yield _of_text(found.data)
    for name, text in found.others.items():
        told = number(text)
        if told is not None:
            yield _reading(name, told, kind.quantities)


def _of_payload(payload: bytes, kind: Kind) -> Iterator[Reading | Reject]:
    for item in values(kind.slots, payload):
        if isinstance(item, Unread):
            yield Reject(f"payload {item.name}", item.reason, payload.hex())
        else:
            yield _reading(*item, kind.quantities)


def _of_text(payload: bytes) -> Reading | Reject:
    """The activity tutorial's score: its digits as characters."""
    try:
        text = payload.decode("utf-8")
    except UnicodeDecodeError:
        return Reject("payload", "not_utf8", payload.hex())
    if _SCORE.fullmatch(text):
        return Reading("score", float(text), "%", text)
    return Reading("text", None, "", text)


def _reading(name: str, told: Value, quantities: Mapping[str, Quantity]) -> Reading:
    quantity = quantities.get(name, _AS_IT_IS)
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
