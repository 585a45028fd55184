"""What callbacks say that are no messages: rows of `device_status`, and no sample.

    kind         of                    columns and details
    status       SERVICE STATUS        battery_v; temp (°C, in the device). A frame with a number of its own:
                                       it is a row of `uplink` too, without data
    acknowledge  SERVICE ACKNOWLEDGE   infoCode, infoMessage, downlinkAck, downlinkOverusage
    geoloc       SERVICE GEOLOC        lat, lng, radius (m), geolocSource, seqNumber: no payload to tell its message by
    repeater     SERVICE REPEATER      battery_v; its counters
    error        ERROR                 info, severity
    event        EVENT                 every field; of a device only, those of types and groups stay raw

Details hold every other field of the callback, under the backend's name.

Source: wire/sigfox.md 1.2, 1.4, 1.5; 3 (status frames are numbered).
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from telltale.contract import Chunk, Reject
from telltale.sources.sigfox.callback import Reader, device_of
from telltale.sources.sigfox.fields import Fields
from telltale.sources.sigfox.kinds import ACK, ERROR, EVENT, GEOLOC, REPEATER, STATUS

NAMES: Mapping[str, str] = {
    STATUS: "status",
    ACK: "acknowledge",
    GEOLOC: "geoloc",
    REPEATER: "repeater",
    ERROR: "error",
    EVENT: "event",
}
_WITHOUT_TIME = (ERROR, EVENT)


def service(
    kind: str, told: Fields, names: Mapping[str, str], *, seq_is_hex: bool, received_at: int
) -> Iterator[Chunk | Reject]:
    """Yield what a callback of this kind says of its device.

    Raises:
        DecodeError: without a device, or with a wrong time, there is no record.
    """
    reader = Reader(told, names)
    device = _device(reader, kind)
    if device is None:
        yield Reject("record", "empty:no_device", "an event of a group or type says nothing of a device; it stays raw")
        return
    device_id, observed_at = f"sigfox:{device}", _observed_at(reader, kind, received_at)
    if kind == STATUS:
        yield Chunk("uplink", _frame(reader, device_id, observed_at, seq_is_hex=seq_is_hex))
    battery_v = reader.number("batt") if kind in {STATUS, REPEATER} else None
    details = reader.rest()
    yield from reader.rejects
    row = {
        "device_id": device_id,
        "kind": NAMES[kind],
        "observed_at": observed_at,
        "battery_v": battery_v,
        "details": json.dumps(details, separators=(",", ":"), ensure_ascii=False) if details else None,
    }
    yield Chunk("device_status", {name: [value] for name, value in row.items()})


def _device(reader: Reader, kind: str) -> str | None:
    """The device; None of an event that is not one of a device."""
    text = reader.take("device")
    if kind == EVENT and text is None:
        text = reader.take("sourceId") if (reader.peek("sourceType") or "").lower() == "device" else None
        if text is None:
            return None
    return device_of(text)


def _observed_at(reader: Reader, kind: str, received_at: int) -> int:
    if kind in _WITHOUT_TIME and reader.take("time") is None:
        return received_at
    return reader.moment(received_at)


def _frame(reader: Reader, device_id: str, observed_at: int, *, seq_is_hex: bool) -> dict[str, list[Any]]:
    row = {
        "device_id": device_id,
        "seq": reader.sequence(is_hex=seq_is_hex),
        "observed_at": observed_at,
        "rssi_dbm": reader.number("rssi"),
        "snr_db": reader.number("snr"),
        "station": reader.station(),
    }
    return {name: [value] for name, value in row.items()}
