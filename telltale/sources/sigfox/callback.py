"""The variables of callbacks, each read as what it is; those of DATA as a whole.

    variable       type, unit              note
    device         1-8 hex digits          modems print leading zeros, the backend does not: stripped, lower case
    time           unix seconds, UTC       reception at the network; where there is none, ours, and a reject says so
    data           0-24 hex digits         empty for a frame without payload
    seqNumber      integer 0-4095          12 bit; some owners post hex
    deviceTypeId   24 hex digits           chooses the payload config
    rssi, snr      dBm, dB                 with the option "network metadata" only
    station        hex digits              the same
    customData#X   number, bool, text      field X as the backend decoded it

The variables `ack`, `longPolling`, and the retired `avgSnr`, `lat` and `lng` (of the nearest *station*, not of the
device) are known and say nothing about the device. `duplicate` says that this is another station's copy of a frame that
was told before, which may have been heard a second later. Names are the owner's: each variable has its usual spellings,
and `fields` of an endpoint names others.

Source: wire/sigfox.md 1.3.
"""

import re
from collections.abc import Mapping
from typing import NamedTuple

from telltale.contract import DecodeError, Reject
from telltale.sources.sigfox.fields import Fields, is_absent, is_literal
from telltale.tables import CLOCK_SET_US

SECOND_US = 1_000_000
SEQUENCE = 4096
TIME_MAX_S = 4_102_444_800
"""2100-01-01; the milliseconds of the REST API lie beyond it."""

SPELLINGS: Mapping[str, tuple[str, ...]] = {
    "device": ("device", "deviceid", "device_id", "id"),
    "time": ("time", "timestamp"),
    "data": ("data", "payload"),
    "seqNumber": ("seqnumber", "seq_number", "seqnum", "seq"),
    "deviceTypeId": ("devicetypeid", "device_type_id", "devicetype"),
    "rssi": ("rssi",),
    "snr": ("snr", "signal"),
    "station": ("station", "stationid"),
}
"""The names each variable of DATA is looked for under, compared without case; the first that is there counts."""

SERVICE_SPELLINGS: Mapping[str, tuple[str, ...]] = {
    "ack": ("ack",),
    "duplicate": ("duplicate",),
    "batt": ("batt", "battery"),
    "temp": ("temp", "temperature"),
    "infoCode": ("infocode", "info_code"),
    "infoMessage": ("infomessage", "info_message"),
    "downlinkAck": ("downlinkack",),
    "downlinkOverusage": ("downlinkoverusage",),
    "lqi": ("lqi", "linkquality"),
    "lat": ("lat", "latitude"),
    "lng": ("lng", "lon", "longitude"),
    "radius": ("radius",),
    "geolocSource": ("geolocsource",),
    "info": ("info",),
    "severity": ("severity",),
    "sourceId": ("sourceid",),
    "sourceType": ("sourcetype",),
    "deviceInfo": ("deviceinfo",),
}
"""The same of the variables that only other callbacks have."""

VARIABLES = {**SPELLINGS, **SERVICE_SPELLINGS}

NO_TIME = "kept at the moment of arrival; name the field with the time in [sources.sigfox.endpoints]"

SAY_NOTHING = {"duplicate", "ack", "longpolling", "avgsnr", "lat", "lng"}
CUSTOM = "customData#"
_KNOWN = {name for spellings in SPELLINGS.values() for name in spellings} | SAY_NOTHING

_DEVICE = re.compile(r"[0-9a-f]{1,8}", re.ASCII)
_STATION = re.compile(r"[0-9a-f]{1,8}", re.ASCII)
_HEX = re.compile(r"(?:[0-9a-f]{2}){0,12}", re.ASCII)
_WHOLE = re.compile(r"-?[0-9]{1,18}(?:\.0*)?", re.ASCII)
_SEQUENCE_HEX = re.compile(r"(?:0x)?[0-9a-f]{1,4}", re.ASCII)
_NUMBER = re.compile(r"[+-]?(?:[0-9]{1,40}|[0-9]{0,20}\.[0-9]{1,40}(?:e[+-]?[0-9]{1,3})?|[0-9]{1,20}\.)", re.ASCII)
"""A decimal number; with an exponent only behind a point, as the backend writes it: `12E5` is hex."""
_TOO_LARGE = 1e300
_LEADING_ZERO = re.compile(r"-?0[0-9]")
_TRUTH = {"true": True, "false": False}
_QUANTITY = re.compile(r"[\w#. -]{1,64}")


class Callback(NamedTuple):
    """One callback, read; `others` are the fields that are no variables, by name."""

    device: str
    type_id: str
    observed_at: int
    """Microseconds UTC."""
    data: bytes | None
    seq: int | None
    rssi_dbm: float | None
    snr_db: float | None
    station: str | None
    others: Fields
    texts: frozenset[str]
    """Those of `others` that the backend decoded: a text among them is the value."""
    rejects: tuple[Reject, ...]


def callback(told: Fields, names: Mapping[str, str], *, seq_is_hex: bool, received_at: int | None) -> Callback:
    """The variables among the fields; of those that may be missing a wrong one is set aside.

    Args:
        told: the fields of the callback.
        names: for each variable the name it has here, where that is none of the usual ones.
        seq_is_hex: the sequence number is posted in hex.
        received_at: when a callback without a time arrived; None where that says nothing of its message.

    Raises:
        DecodeError: without a device and a time there is no record; the detail says what was seen.
    """
    reader = Reader(told, names)
    device, observed_at = device_of(reader.take("device")), reader.moment(received_at)
    data = reader.read("data", _HEX)
    return Callback(
        device,
        (reader.take("deviceTypeId") or "").lower(),
        observed_at,
        None if data is None else bytes.fromhex(data),
        reader.sequence(is_hex=seq_is_hex),
        reader.number("rssi"),
        reader.number("snr"),
        reader.station(),
        reader.others(),
        frozenset(name.removeprefix(CUSTOM) for name in told if name.startswith(CUSTOM)),
        tuple(reader.rejects),
    )


def number(text: str) -> int | float | bool | None:
    """The number or truth value a text is, None where it is neither: nothing is guessed."""
    lower = text.strip().lower()
    if lower in _TRUTH:
        return _TRUTH[lower]
    if not _NUMBER.fullmatch(lower):
        return None
    value = float(lower) if "." in lower else int(lower)
    return value if abs(value) < _TOO_LARGE else None


def _whole(text: str) -> int:
    return int(text.partition(".")[0])


class Reader:
    """Takes the variables out of the fields and remembers which of them were wrong."""

    def __init__(self, told: Fields, names: Mapping[str, str]) -> None:
        self._told = told
        self._names = names
        self._by_lower = {name.lower(): name for name in reversed(told)}
        self._taken: set[str] = set()
        self.rejects: list[Reject] = []

    def take(self, variable: str) -> str | None:
        """The variable's text; None where the backend had none."""
        name = self.name(variable)
        self._taken.add(name or "")
        text = self._told.get(name, "") if name is not None else ""
        if is_literal(text):
            self._set_aside(variable, "not_substituted", text)
            return None
        is_empty_payload = variable == "data" and name is not None and text == ""
        return text.strip() if is_empty_payload or not is_absent(text) else None

    def peek(self, variable: str) -> str | None:
        """The variable's text, left among the `rest`."""
        name = self.name(variable)
        return None if name is None else self._told.get(name)

    def read(self, variable: str, pattern: "re.Pattern[str]") -> str | None:
        """The variable in lower case, if it is of the pattern."""
        text = self.take(variable)
        if text is None or pattern.fullmatch(text.lower()):
            return None if text is None else text.lower()
        self._set_aside(variable, "bad_value", text)
        return None

    def number(self, variable: str) -> float | None:
        """The variable as a finite number."""
        text = self.take(variable)
        value = None if text is None else number(text)
        if text is not None and (value is None or isinstance(value, bool)):
            self._set_aside(variable, "bad_value", text)
            return None
        return None if value is None else float(value)

    def sequence(self, *, is_hex: bool) -> int | None:
        """The sequence number."""
        text = self.read("seqNumber", _SEQUENCE_HEX if is_hex else _WHOLE)
        value = None if text is None else int(text, 16) if is_hex else _whole(text)
        if value is None or 0 <= value < SEQUENCE:
            return value
        self._set_aside("seqNumber", "bad_value", str(value))
        return None

    def station(self) -> str | None:
        """The station that heard it."""
        return self.read("station", _STATION)

    def moment(self, received_at: int | None) -> int:
        """Its time in microseconds; that of arrival where it has none, which is set aside as such.

        Raises:
            DecodeError: it is no time, or there is none and `received_at` is None.
        """
        text = self.take("time")
        if text is None and received_at is not None:
            self.rejects.append(Reject("field time", "no_time", NO_TIME))
            return received_at
        return seconds_of(text) * SECOND_US

    def truth(self, variable: str) -> bool:
        """Whether the variable says yes; absent or anything else is no."""
        return (self.take(variable) or "").lower() in {"true", "1"}

    def others(self) -> Fields:
        """The fields that are no variables and have a value; unknown variables left in them are set aside."""
        mapped = set(self._names.values())
        found: Fields = {}
        for name, text in self._told.items():
            plain = name.removeprefix(CUSTOM)
            if name in mapped or name.lower() in _KNOWN or is_absent(text):
                continue
            if not _QUANTITY.fullmatch(plain):
                self._set_aside(name[:64], "bad_name", text)
            elif is_literal(text):
                self._set_aside(name, "not_substituted", text)
            else:
                found[plain] = text
        return found

    def rest(self) -> dict[str, int | float | bool | str]:
        """The fields not taken yet, by the backend's name where it has one, as numbers and truths where they are."""
        canonical = {self.name(variable): variable for variable in VARIABLES}
        found: dict[str, int | float | bool | str] = {}
        for name, text in self._told.items():
            if name in self._taken or is_absent(text):
                continue
            if not _QUANTITY.fullmatch(name):
                self._set_aside(name[:64], "bad_name", text)
                continue
            if is_literal(text):
                self._set_aside(name, "not_substituted", text)
                continue
            value = None if _LEADING_ZERO.match(text.strip()) else number(text)
            found[canonical.get(name, name)] = text if value is None else value
        return found

    def name(self, variable: str) -> str | None:
        """What the variable is called here; None where it is not there."""
        if variable in self._names:
            return self._names[variable]
        return next((self._by_lower[name] for name in VARIABLES[variable] if name in self._by_lower), None)

    def _set_aside(self, name: str, reason: str, text: str) -> None:
        self.rejects.append(Reject(f"field {name}", reason, text[:200]))


def device_of(text: str | None) -> str:
    """The id of a device: lower case, no leading zeros; DecodeError where it is none."""
    if text is None:
        raise DecodeError("no_device", "expected a field with the device's id; name it in [sources.sigfox.endpoints]")
    device = text.lower()
    if not _DEVICE.fullmatch(device):
        raise DecodeError("bad_device", f"{text[:40]!r}, expected 1 to 8 hex digits")
    return device.lstrip("0") or "0"


def seconds_of(text: str | None) -> int:
    """Unix seconds of the years 2010 to 2099; DecodeError where they are none."""
    if text is None:
        raise DecodeError("no_time", "expected a field with the time; name it in [sources.sigfox.endpoints]")
    seconds = _whole(text) if _WHOLE.fullmatch(text) else -1
    if not CLOCK_SET_US <= seconds * SECOND_US < TIME_MAX_S * SECOND_US:
        raise DecodeError("bad_time", f"{text[:40]!r}, expected unix seconds of the years 2010 to 2099")
    return seconds
