"""Callbacks into uplinks, readings, PC activity and device status.

Every message with a device is one row of `uplink`, without a time at the moment of its arrival; retries, copies heard
by other stations, late ones and DATA_ADVANCED (advanced.py) say the same again and share its natural key. What other
callbacks say is service.py. The payload config of the device type gives the readings; numbers that the backend or a
tutorial's device put beside the payload are readings too, where the payload has none of that name. The levels of the
activity tutorial, and payloads of a type with `activity`, are rows of `activity` (minutes.py). Another station's copy
(`duplicate`) adds no sample: its second may differ (same.py). Nor does DATA_ADVANCED, unless its endpoint names a type:
for owners who have no other callback.

Nothing is guessed: a field that is not there is no reading, and a reject says why.

Source: wire/sigfox.md 1.3, 1.6 (what is the same frame), 2.3, 7.2 (text payload of the activity tutorial).
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from telltale.bounded import SMALL
from telltale.contract import Chunk, DecodeError, Options, Raw, Reject, Shortened
from telltale.sources.sigfox import advanced, lines, service
from telltale.sources.sigfox.callback import Callback, Reader, callback
from telltale.sources.sigfox.fields import Fields, fields, structures
from telltale.sources.sigfox.kinds import ADVANCED, MESSAGES, Place, place
from telltale.sources.sigfox.message import Reading, reading_rows, readings, use
from telltale.sources.sigfox.plan import Plan, plan

_SAME_NAME = "two fields are called so; name one otherwise in [sources.sigfox.quantities]"
_NO_CONFIG = "name its fields with payload in [sources.sigfox], or in a type of [sources.sigfox.types]"


def decode(raw: Raw, options: Options) -> Iterator[Chunk | Reject]:
    """Yield the rows of a callback, or of each line of a batch, and a reject for each field or line set aside.

    Raises:
        DecodeError: the body is neither JSON nor a form, or names no device, or a wrong time.
        ConfigError: an option is wrong.
    """
    told = plan(options)
    where, query = _address(raw.meta)
    pattern = told.pattern(where)
    if pattern is not None:
        yield from _batch(raw, query, pattern, told, where)
    elif where.kind in service.NAMES:
        yield from _service(fields(raw.body, query), told, where, raw.received_at)
    else:
        told_fields = fields(raw.body, query)
        structured = structures(raw.body) if where.kind == ADVANCED else {}
        yield from _message(told_fields, structured, told, where, raw.received_at)


def shorten(raw: Raw, options: Options, most: int) -> Shortened:
    """A batch with so many lines at most; a single callback is never so long.

    Raises:
        DecodeError: `too_large`, or the bytes are no text.
        ConfigError: an option is wrong.
    """
    where, query = _address(raw.meta)
    if plan(options).pattern(where) is None:
        raise DecodeError("too_large", f"{len(raw.body)} bytes, expected at most {SMALL}")
    return lines.shortened(raw.body, query, most)


def _batch(raw: Raw, query: str, pattern: lines.Pattern, told: Plan, where: Place) -> Iterator[Chunk | Reject]:
    """The rows of each line; what else stands in the query holds for all, and a line that is none costs no other."""
    common = lines.common(query)
    told_lines = lines.lines(raw.body, query)
    if not told_lines:
        yield Reject("record", "empty:no_line", "expected a line for each message in the body or as batch in the query")
    for at, line in enumerate(told_lines, 1):
        try:
            read = common | lines.read(pattern, line)
            items = (
                _service(read, told, where, raw.received_at)
                if where.kind in service.NAMES
                else _message(read, {}, told, where, raw.received_at)
            )
            for item in items:
                yield item._replace(part=f"line {at} {item.part}") if isinstance(item, Reject) else item
        except DecodeError as error:
            yield Reject(f"line {at}", error.reason, error.detail[:200])


def _service(read: Fields, told: Plan, where: Place, received_at: int) -> Iterator[Chunk | Reject]:
    endpoint = told.endpoint(where.endpoint)
    is_hex = endpoint.sequence == "hex"
    return service.service(where.kind, read, endpoint.fields, seq_is_hex=is_hex, received_at=received_at)


def _message(
    read: Fields, structured: Mapping[str, Any], told: Plan, where: Place, received_at: int
) -> Iterator[Chunk | Reject]:
    """One uplink, what it says of a PC's use, and its readings."""
    endpoint = told.endpoint(where.endpoint)
    # What is told of a message half a minute later says by its arrival nothing of when that was.
    arrived_at = None if where.kind == ADVANCED and not endpoint.type else received_at
    found = callback(read, endpoint.fields, seq_is_hex=endpoint.sequence == "hex", received_at=arrived_at)
    is_copy = Reader(read, endpoint.fields).truth("duplicate")
    device_id, observed_at = f"sigfox:{found.device}", found.observed_at
    uplink = _uplink(found, device_id, observed_at)
    rejects = list(found.rejects)
    if where.kind == ADVANCED:
        reader = Reader(read, endpoint.fields)
        uplink |= advanced.enriched(reader.take("lqi"), structured, rejects)
        found = found._replace(others={})
    yield from rejects
    yield Chunk("uplink", {name: [value] for name, value in uplink.items()})
    if is_copy or (where.kind == ADVANCED and not endpoint.type):
        return
    kind = told.kind(found.device, found.type_id, endpoint)
    is_text = where.endpoint == MESSAGES and not kind.slots
    used, unread = use(found.data, kind, observed_at, is_text=is_text)
    if unread is not None:
        yield unread
    if used:
        yield Chunk("activity", {"device_id": [device_id] * len(used["kind"]), **used})
    told_readings: dict[str, Reading] = {}
    for item in readings(found, kind, is_text=is_text and used is None):
        if isinstance(item, Reject):
            yield item
        else:
            first = told_readings.setdefault(item.quantity, item)
            if (first.value, first.text) != (item.value, item.text):
                seen = item.text if item.value is None else item.value
                yield Reject(f"quantity {item.quantity}", "same_name", f"{seen}: {_SAME_NAME}"[:200])
    is_read = bool(kind.slots or kind.activity or is_text or used or told_readings)
    if found.data and not is_read:
        yield Reject("payload", "no_payload_config", f"{found.data.hex()}: {_NO_CONFIG}")
    if told_readings:
        yield Chunk("reading", reading_rows(list(told_readings.values()), device_id, where.sensor, observed_at))


def _address(meta: str) -> tuple[Place, str]:
    """Where a record arrived, and what of it stood in the query."""
    told = json.loads(meta)
    return place(told.get("path", "")), told.get("query", "")


def _uplink(found: Callback, device_id: str, observed_at: int) -> dict[str, Any]:
    return {
        "device_id": device_id,
        "seq": found.seq,
        "observed_at": observed_at,
        "data": None if found.data is None else found.data.hex(),
        "rssi_dbm": found.rssi_dbm,
        "snr_db": found.snr_db,
        "station": found.station,
    }
