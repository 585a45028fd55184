"""The wire of the Scanning API: a POST a minute, by access point (version 2) or by client (version 3).

    version 2.0, 2.1     type                range, notes
    version              text                "2.0", "2.1": matched on the major number
    secret               text                shared; there is no signature
    type                 text                DevicesSeen or BluetoothDevicesSeen
    data.apMac           text                the access point
    data.observations    array               of clientMac, seenEpoch (s) or seenTime (ISO 8601), rssi,
                                             ssid (null or empty: not associated), …

    version 3.0          type                range, notes
    type                 text                WiFi or BLE
    data.networkId       text                the network
    data.reportingAps    array               of mac, serial, name, …: the access points that reported, if only of nobody
    data.observations    array               of clientMac, ssid, userId, locations, latestRecord
    locations[]          object              time (ISO 8601), rssiRecords [ {apMac, rssi} ]
    latestRecord         object              time, nearestApMac, nearestApRssi; repeats the newest location, or is all

    rssi > 0             dB above the floor of -95 dBm (Wi-Fi, where 0 is the floor); else dBm (Bluetooth)

Numbers come as texts in places, and "NaN" is one of them. The secret stands in every body, and so may a user's name
(`userId`): both are overwritten before a body is stored.

Source: Cisco developer pages Scanning API 2.0, 2.1, 3.0; wire/presence.md section 2.
"""

import json
import re
from typing import Any, NamedTuple, TypeVar

import msgspec
from msgspec import Struct

from telltale.bounded import shortened_json
from telltale.contract import DecodeError, Options, Raw, Shortened

SECRET, USER = "secret", "userId"
FLOOR_DBM = -95
DBM_MIN, DBM_MAX = -120, 0
STAMP_MAX_S = 4_102_444_800
"""2100-01-01; milliseconds lie beyond it."""
SECOND_US = 1_000_000
RADIOS = {(2, "DevicesSeen"): "wifi", (2, "BluetoothDevicesSeen"): "ble", (3, "WiFi"): "wifi", (3, "BLE"): "ble"}
"""By major version and type."""
SITE_TEXT = r"[0-9A-Za-z_.:-]{1,64}"

_NAMES = (SECRET, USER)
_STRING = re.compile(r'"((?:[^"\\]|\\.)*)"([ \t\r\n]*:[ \t\r\n]*)?', re.DOTALL)
_PLAIN_KEY = re.compile(rf'"({"|".join(_NAMES)})"([ \t\r\n]*:[ \t\r\n]*)', re.IGNORECASE)
_LOOSE = re.compile("|".join(_NAMES), re.IGNORECASE)
_value = json.JSONDecoder()


class Head(Struct, gc=False):
    """What every body has beside its data."""

    version: str | int | float
    type: str
    secret: str = ""

    @property
    def major(self) -> int:
        """2 of "2.1"; 0 where there is none."""
        head = str(self.version).partition(".")[0]
        return int(head) if head.isdecimal() and len(head) < 5 else 0


class Envelope(Head, kw_only=True, gc=False):
    """A body with its data."""

    data: dict[str, Any]


class _Unread(Head, kw_only=True, gc=False):
    """A body whose data stay as they are: anybody may send them."""

    data: msgspec.Raw


class Redacted(NamedTuple):
    """A body that may be stored, and the names of what was overwritten in it."""

    body: bytes
    names: tuple[str, ...]


_Shape = TypeVar("_Shape", bound=Head)
_envelope = msgspec.json.Decoder(Envelope)
_unread = msgspec.json.Decoder(_Unread)
_checked = msgspec.json.Decoder(msgspec.Raw)


def head(body: bytes) -> Head:
    """What stands in a body beside its data, before its secret is known to be right: nothing is made of the data.

    Raises:
        DecodeError: as of `parse`.
    """
    told = _read(_unread, body)
    if bytes(told.data)[:1] != b"{":
        raise DecodeError("bad_envelope", "Expected `object` - at `$.data`")
    return told


def parse(body: bytes) -> Envelope:
    """The envelope of a body: strict JSON, bounded nesting.

    Raises:
        DecodeError: `bad_json`, or `bad_envelope` where the JSON has another shape; the detail never holds a value.
    """
    return _read(_envelope, body)


def _read(decoder: "msgspec.json.Decoder[_Shape]", body: bytes) -> _Shape:
    try:
        return decoder.decode(body)
    except msgspec.ValidationError as error:
        raise DecodeError("bad_envelope", str(error)) from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise DecodeError("bad_json", str(error)) from None
    except RecursionError:
        raise DecodeError("bad_json", "nested too deeply") from None


def shorten(raw: Raw, _options: Options, most: int) -> Shortened:
    """The body with so many entries a list at most.

    Raises:
        DecodeError: `bad_json`.
    """
    return shortened_json(raw.body, most)


def redacted(body: bytes) -> Redacted:
    """The body with every secret and user's name overwritten by `*`, each byte of it by one.

    Where the body is no JSON, all that follows one of the two names is overwritten: nothing tells where it ends.
    """
    text = body.decode("latin-1")  # one character a byte; JSON's own characters are ASCII
    try:
        body.decode()
        _checked.decode(body)  # goes through all of it, and makes nothing of it
        return _overwritten(text)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        found = _LOOSE.search(text)
        at = len(text) if found is None else found.end()
        return Redacted(body[:at] + b"*" * (len(body) - at), () if found is None else _NAMES)


def _overwritten(text: str) -> Redacted:
    """The same of JSON; ValueError or RecursionError where a value is of a size Python does not read."""
    out, done, names = [], 0, set()
    # Without a backslash no string can hold what looks like a key, and this is ten times as fast.
    for key in (_STRING if "\\" in text else _PLAIN_KEY).finditer(text):
        name = _name(key) if key[2] else None
        if name is None or key.end() < done:
            continue
        start = key.end()
        value, end = _value.raw_decode(text, start)
        if value is None:
            continue
        names.add(name)
        out += [text[done:start], _stars(end - start)]
        done = end
    stored = "".join([*out, text[done:]]).encode("latin-1")
    return Redacted(stored, tuple(name for name in _NAMES if name in names))


def _name(key: "re.Match[str]") -> str | None:
    """Which of the two a key is, also where it is spelt with escapes."""
    spelt = json.loads(f'"{key[1]}"', strict=False) if "\\" in key[1] else key[1]
    return next((name for name in _NAMES if spelt.lower() == name.lower()), None)


def _stars(length: int) -> str:
    """A text of that length, quotes included; of a single digit another one."""
    return f'"{"*" * (length - 2)}"' if length > 1 else "0"
