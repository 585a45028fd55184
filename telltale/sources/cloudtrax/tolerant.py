"""The rows of any report, one by one: kept, flagged, or set aside with a reason (wire/presence.md R5 to R7).

refused                                    why
not_an_object                              the row is no JSON object
bad_value                                  not UTF-8, or a number no machine holds (1e999)
bad_address, group_address, zero_address   not six octets; first octet odd; all zero
bad_count                                  below 1, not whole, beyond 64 bits
bad_stamp, stamp_order                     not whole or not in 0 ... year 2100; first after last
bad_associated                             neither true nor false

flag              the row is kept, and
bad_signal        a level is missing, not whole or outside -120 ... 0: all levels of the row become null
signal_order      not min <= avg <= max
coerced           a number or truth value was spelt otherwise: "3", 3.0, "true"
version_unknown   the report's `version` is not 1; its rows fit all the same
"""

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import msgspec
from msgspec import Struct

from telltale.address import BAD, GROUP, ZERO, masked_json, station
from telltale.contract import Reject
from telltale.sources.cloudtrax.wire import (
    COUNT_MAX,
    DBM_MAX,
    DBM_MIN,
    SECOND_US,
    STAMP_MAX,
    VERSION,
    NetworkId,
)

EXCERPT_LENGTH = 200

_NO_STATION = {BAD: "bad_address", GROUP: "group_address", ZERO: "zero_address"}
_WHOLE = re.compile(r"-?[0-9]{1,19}")
_TRUTH = {"0": False, "false": False, "1": True, "true": True}


class LooseReport(Struct, gc=False):
    """The envelope alone (R4); its rows are left as bytes, so that one of them cannot spoil the others."""

    network_id: NetworkId
    node_mac: str
    probe_requests: list[msgspec.Raw]
    version: Any = None


class LooseRow(Struct, gc=False):
    """A row whose values may be anything; other fields are passed over, as the typed rows do."""

    mac: Any = None
    count: Any = None
    min_signal: Any = None
    max_signal: Any = None
    avg_signal: Any = None
    last_seen_signal: Any = None
    first_seen: Any = None
    last_seen: Any = None
    associated: Any = None


class Sighting(NamedTuple):
    """What a row says, under the names of table `sighting`; times in microseconds UTC."""

    device: int
    first_seen: int
    last_seen: int
    frames: int
    rssi_min_dbm: int | None
    rssi_max_dbm: int | None
    rssi_avg_dbm: int | None
    rssi_last_dbm: int | None
    associated: bool
    flags: str


class _Levels(NamedTuple):
    low: int | None = None
    high: int | None = None
    mean: int | None = None
    last: int | None = None


class _BadRowError(Exception):
    """Carries the reason a row is set aside."""


_row = msgspec.json.Decoder(LooseRow)


def sightings(report: LooseReport) -> Iterator[Sighting | Reject]:
    """Each row of the report as a sighting, or as the reject it becomes; `row 1` is the first."""
    known = type(report.version) is int and report.version == VERSION
    for number, row in enumerate(report.probe_requests, 1):
        flags = set() if known else {"version_unknown"}
        try:
            yield _sighting(_parsed(bytes(row)), flags)
        except _BadRowError as bad:
            yield Reject(f"row {number}", str(bad), _excerpt(bytes(row)))


def _parsed(row: bytes) -> LooseRow:
    if not row.startswith(b"{"):
        raise _BadRowError("not_an_object")
    try:
        return _row.decode(row)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise _BadRowError("bad_value") from None


def _sighting(row: LooseRow, flags: set[str]) -> Sighting:
    device = _station(row.mac)
    frames = _within(row.count, 1, COUNT_MAX, "bad_count", flags)
    first_seen = _within(row.first_seen, 0, STAMP_MAX, "bad_stamp", flags) * SECOND_US
    last_seen = _within(row.last_seen, 0, STAMP_MAX, "bad_stamp", flags) * SECOND_US
    if first_seen > last_seen:
        raise _BadRowError("stamp_order")
    associated = _truth(row.associated, flags)
    levels = _levels(row, flags)
    return Sighting(device, first_seen, last_seen, frames, *levels, associated, ",".join(sorted(flags)))


def _station(value: object) -> int:
    address = station(value) if isinstance(value, str) else BAD
    if address < 0:
        raise _BadRowError(_NO_STATION[address])
    return address


def _within(value: object, low: int, high: int, reason: str, flags: set[str]) -> int:
    number = _whole(value, flags)
    if number is None or not low <= number <= high:
        raise _BadRowError(reason)
    return number


def _whole(value: object, flags: set[str]) -> int | None:
    """A whole number, also where it is spelt "3" or 3.0 (flagged); None for anything else."""
    if type(value) is int:
        return value
    spelt = (isinstance(value, float) and value.is_integer()) or (isinstance(value, str) and _WHOLE.fullmatch(value))
    if not spelt:
        return None
    flags.add("coerced")
    return int(value)  # type: ignore[call-overload, no-any-return]  # a float or str, by the line above


def _truth(value: object, flags: set[str]) -> bool:
    if isinstance(value, bool):
        return value
    truth = _TRUTH.get(str(value).lower()) if isinstance(value, int | str) else None
    if truth is None:
        raise _BadRowError("bad_associated")
    flags.add("coerced")
    return truth


def _levels(row: LooseRow, flags: set[str]) -> _Levels:
    """The four levels in dBm, all null where one of them is not to be believed."""
    told = [row.min_signal, row.max_signal, row.avg_signal]
    if row.last_seen_signal is not None:  # absent from the older firmware's eight fields
        told.append(row.last_seen_signal)
    wholes = [_whole(value, flags) for value in told]
    levels = [level for level in wholes if level is not None and DBM_MIN <= level <= DBM_MAX]
    if len(levels) < len(told):
        flags.add("bad_signal")
        return _Levels()
    low, high, mean, *_last = levels
    if not low <= mean <= high:
        flags.add("signal_order")
    return _Levels(*levels)


def _excerpt(row: bytes) -> str:
    """The row as it was spelt, addresses masked, cut to a length that still fits a line of a terminal or two."""
    # Cut before masking as well: a row may be megabytes. What the first cut tears is masked by its length of six.
    return masked_json(row[: 2 * EXCERPT_LENGTH].decode("utf-8", "backslashreplace"))[:EXCERPT_LENGTH]
