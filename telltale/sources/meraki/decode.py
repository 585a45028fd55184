"""Bodies into sightings and the heartbeats of the access points that reported.

    version 2   an observation is a sighting at its seenEpoch, or at its seenTime where it has no seenEpoch
    version 3   an entry of rssiRecords is a sighting at its location's time; latestRecord is one where no location of
                that client has its time and access point, or only a weaker level; each of reportingAps has reported,
                also where nobody was heard

First and last are that moment, frames is 1, minimum, mean and maximum are the one level.

refused                                    why
not_an_object                              an observation, location or record is no JSON object
bad_address, group_address, zero_address   clientMac: not six octets; first octet odd; all zero
bad_node                                   the access point's address is none, also of one that only reported
empty:records, empty:observations          a client without a record; a report of nobody that names no access point
bad_stamp                                  no time, epoch 0, or not in 1970 … year 2100

flag         the row is kept, and
bad_signal   the level is missing, "NaN", or outside -120 … 0 dBm: it becomes null
coerced      a number was spelt as text

Source: wire/presence.md 2.2 to 2.4; R5 to R7.
"""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from telltale.address import BAD, GROUP, ZERO, masked_json, spelled, station
from telltale.contract import Chunk, DecodeError, Options, Raw, Reject
from telltale.sources.meraki.accept import network_of
from telltale.sources.meraki.plan import plan
from telltale.sources.meraki.wire import (
    DBM_MAX,
    DBM_MIN,
    FLOOR_DBM,
    RADIOS,
    SECOND_US,
    SITE_TEXT,
    STAMP_MAX_S,
    parse,
)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NO_STATION = {BAD: "bad_address", GROUP: "group_address", ZERO: "zero_address"}
_NUMBER = re.compile(r"-?[0-9]{1,12}(?:\.[0-9]{1,12})?", re.ASCII)


class Sighting(NamedTuple):
    """What a record says, under the names of table `sighting`; times in microseconds UTC."""

    node_id: str
    device: int
    first_seen: int
    last_seen: int
    frames: int
    rssi_min_dbm: int | None
    rssi_max_dbm: int | None
    rssi_avg_dbm: int | None
    associated: bool
    flags: str


class _BadRowError(Exception):
    """Carries the reason a row is set aside, and what was seen."""

    def __init__(self, reason: str, seen: object) -> None:
        super().__init__(reason)
        self.seen = masked_json(json.dumps(seen)[:400])[:200]


def decode(raw: Raw, options: Options) -> Iterator[Chunk | Reject]:
    """Yield the sightings, a heartbeat of each access point that reported, and a reject for each row set aside.

    Raises:
        DecodeError: `bad_json`, `bad_envelope`, `bad_version`, `bad_type`, `bad_network`, or `bad_node` where the
            access point of version 2 has no address.
        ConfigError: an option is wrong.
    """
    envelope = parse(raw.body)
    radio = RADIOS.get((envelope.major, envelope.type))
    if radio is None:
        raise DecodeError("bad_type", f"type {envelope.type[:40]!r} of version {str(envelope.version)[:20]!r}")
    observations = envelope.data.get("observations")
    if not isinstance(observations, list):
        raise DecodeError("bad_envelope", "expected data.observations, a list")
    if envelope.major == 2:
        node_id = _node(envelope.data.get("apMac"))
        if not node_id:
            raise DecodeError("bad_node", "data.apMac: expected six octets in hex")
        site = plan(options).site_of(node_id, network_of(json.loads(raw.meta).get("path", "")))
        found = _by_node(observations, node_id, radio)
        nodes = {node_id: None}
    else:
        site = _network(envelope.data.get("networkId"))
        points = list(_reporting(envelope.data.get("reportingAps")))
        yield from (point for point in points if isinstance(point, Reject))
        found, nodes = _by_client(observations, radio), {point: None for point in points if isinstance(point, str)}
        if not observations and not nodes:
            yield Reject("observations", "empty:observations", "nobody was heard, and no access point is named")
    kept = []
    for item in found:
        if isinstance(item, Reject):
            yield item
        else:
            kept.append(item)
    if kept:
        columns = dict(zip(Sighting._fields, map(list, zip(*kept, strict=True)), strict=True))
        yield Chunk("sighting", {"site": [site] * len(kept), "radio": [radio] * len(kept), **columns})
    yield from _heartbeats(raw, site, nodes, kept)


def _by_node(observations: list[Any], node_id: str, radio: str) -> Iterator[Sighting | Reject]:
    """The observations of version 2."""
    for number, observation in enumerate(observations, 1):
        try:
            told = _object(observation)
            epoch = told.get("seenEpoch")
            at_us = _moment(told.get("seenTime")) if epoch is None else _epoch(epoch)
            yield _sighting(node_id, _station(told), at_us, _level(told.get("rssi"), radio), _is_associated(told))
        except _BadRowError as bad:
            yield Reject(f"observation {number}", str(bad), bad.seen)


def _by_client(observations: list[Any], radio: str) -> Iterator[Sighting | Reject]:
    """The observations of version 3."""
    for number, observation in enumerate(observations, 1):
        part = f"observation {number}"
        try:
            told = _object(observation)
            device, associated = _station(told), _is_associated(told)
        except _BadRowError as bad:
            yield Reject(part, str(bad), bad.seen)
            continue
        heard, is_empty = dict[tuple[str, int], int](), told.get("latestRecord") is None
        for item in _located(told, device, part, radio, associated=associated):
            if isinstance(item, Sighting):
                place = item.node_id, item.first_seen
                heard[place] = max(_level_or_least(item.rssi_max_dbm), heard.get(place, DBM_MIN))
            yield item
            is_empty = False
        latest = told.get("latestRecord")
        if is_empty:
            yield Reject(part, "empty:records", "neither a location with a record of its level nor latestRecord")
        if latest is None:
            continue
        try:
            record = _object(latest)
            node_id, at_us = _known_node(record.get("nearestApMac")), _moment(record.get("time"))
            level = _level(record.get("nearestApRssi"), radio)
            known = heard.get((node_id, at_us))
            if known is None or _level_or_least(level.dbm) > known:
                yield _sighting(node_id, device, at_us, level, associated)
        except _BadRowError as bad:
            yield Reject(f"{part} latestRecord", str(bad), bad.seen)


def _located(
    told: dict[str, Any], device: int, part: str, radio: str, *, associated: bool
) -> Iterator[Sighting | Reject]:
    """The records of the client's locations."""
    for place, location in enumerate(_list(told.get("locations")), 1):
        try:
            known = _object(location)
            at_us = _moment(known.get("time"))
        except _BadRowError as bad:
            yield Reject(f"{part} location {place}", str(bad), bad.seen)
            continue
        for number, record in enumerate(_list(known.get("rssiRecords")), 1):
            try:
                entry = _object(record)
                node_id = _known_node(entry.get("apMac"))
                yield _sighting(node_id, device, at_us, _level(entry.get("rssi"), radio), associated)
            except _BadRowError as bad:
                yield Reject(f"{part} location {place} record {number}", str(bad), bad.seen)


def _level_or_least(dbm: int | None) -> int:
    return DBM_MIN if dbm is None else dbm


class _Level(NamedTuple):
    dbm: int | None
    flag: str = ""


def _level(rssi: object, radio: str) -> _Level:
    number = _number(rssi)
    if number is None:
        return _Level(None, "bad_signal")
    # Wi-Fi counts up from the floor, and 0 is the floor itself: taken as dBm it would be the strongest there is.
    level = round(number + FLOOR_DBM if number > 0 or (number == 0 and radio == "wifi") else number)
    if not DBM_MIN <= level <= DBM_MAX:
        return _Level(None, "bad_signal")
    return _Level(level, "" if isinstance(rssi, int | float) else "coerced")


def _sighting(node_id: str, device: int, at_us: int, level: _Level, associated: bool) -> Sighting:
    return Sighting(node_id, device, at_us, at_us, 1, level.dbm, level.dbm, level.dbm, associated, level.flag)


def _heartbeats(raw: Raw, site: str, nodes: dict[str, None], kept: list[Sighting]) -> Iterator[Chunk]:
    """That each access point reports, and by how much its clock is off (R8)."""
    newest: dict[str, int | None] = dict(nodes)
    for row in kept:
        newest[row.node_id] = max(newest.get(row.node_id) or 0, row.last_seen)
    if newest:
        offsets = [None if at is None else (raw.received_at - at) / SECOND_US for at in newest.values()]
        columns: dict[str, list[Any]] = {
            "site": [site] * len(newest),
            "node_id": list(newest),
            "observed_at": [raw.received_at] * len(newest),
            "clock_offset_s": offsets,
        }
        yield Chunk("node_heartbeat", columns)


def _network(value: object) -> str:
    if not isinstance(value, str) or re.fullmatch(SITE_TEXT, value) is None:
        raise DecodeError("bad_network", "data.networkId: expected 1 to 64 letters, digits and _.:-")
    return value


def _node(value: object) -> str:
    address = station(value) if isinstance(value, str) else BAD
    return spelled(address) if address > 0 else ""


def _reporting(told: object) -> Iterator[str | Reject]:
    """The access points that version 3 names beside its observations."""
    for number, item in enumerate(_list(told), 1):
        try:
            yield _known_node(_object(item).get("mac"))
        except _BadRowError as bad:
            yield Reject(f"access point {number}", str(bad), bad.seen)


def _known_node(value: object) -> str:
    node_id = _node(value)
    if not node_id:
        raise _BadRowError("bad_node", value)
    return node_id


def _station(told: dict[str, Any]) -> int:
    value = told.get("clientMac")
    address = station(value) if isinstance(value, str) else BAD
    if address < 0:
        raise _BadRowError(_NO_STATION[address], value)
    return address


def _is_associated(told: dict[str, Any]) -> bool:
    return bool(told.get("ssid"))


def _epoch(value: object) -> int:
    number = _number(value)
    if number is None or not 0 < number <= STAMP_MAX_S:
        raise _BadRowError("bad_stamp", value)
    return round(number * SECOND_US)


def _moment(value: object) -> int:
    """Microseconds of an ISO 8601 text; of seconds since 1970 too."""
    if _number(value) is not None or not isinstance(value, str):
        return _epoch(value)
    try:
        told = datetime.fromisoformat(value)
        at_us = (told.replace(tzinfo=told.tzinfo or UTC) - _EPOCH) // timedelta(microseconds=1)
    except (ValueError, OverflowError):
        raise _BadRowError("bad_stamp", value) from None
    if not 0 < at_us <= STAMP_MAX_S * SECOND_US:
        raise _BadRowError("bad_stamp", value)
    return at_us


def _number(value: object) -> float | None:
    """A finite number, also where it is spelt as text; None for anything else, "NaN" too."""
    if isinstance(value, bool):
        return None
    if isinstance(value, str):
        return float(value) if _NUMBER.fullmatch(value.strip()) else None
    return float(value) if isinstance(value, int | float) and abs(value) < 1e15 else None


def _object(value: object) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _BadRowError("not_an_object", value)
    return value


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
