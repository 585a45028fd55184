"""The records a capture and a hand leave: where each stands, and the JSON of those that are no frame.

    path                     body
    /frame/<interface>       an Ethernet frame as captured, VLAN tags put back
    /frame113/<interface>    a frame of a Linux cooked capture, as captured; 276 likewise; 101 raw IP; 105, 127 Wi-Fi
    /heartbeat/<interface>   {"collector", "covered_s", "last_frame_at" (µs or null), "frames", "unlisted", "drops"}
    /manual                  {"kind": "pull" or "ack", "item", "at_us", "note"}

A heartbeat says that until it was received the capture listened for covered_s seconds without a break. A pull or
acknowledgement by hand stands for a press that was lost.
"""

import json
import math
from typing import Any, NamedTuple

from telltale.contract import DecodeError
from telltale.sources.button.layout import ETHERNET, LINK_TYPES

FRAME, HEARTBEAT, MANUAL = "frame", "heartbeat", "manual"
METHOD = "CAPTURE"
MANUAL_KINDS = ("pull", "ack")
MANUAL_PATH = f"/{MANUAL}"
LONGEST_ITEM = 200
LONGEST_JSON = 64 << 10

_LINK_TYPES = {FRAME if linktype == ETHERNET else f"{FRAME}{linktype}": linktype for linktype in LINK_TYPES}
_FIRST = {linktype: first for first, linktype in _LINK_TYPES.items()}
_LAST_US = 253_402_300_800_000_000
"""The year 10000, which no date of Python reaches."""
_LARGEST = 2**53
_COUNTS = ("frames", "unlisted", "drops")


class Place(NamedTuple):
    """What a path says; `kind` is empty where it is none of ours."""

    kind: str
    interface: str = ""
    linktype: int = ETHERNET


class Heartbeat(NamedTuple):
    """A heartbeat's body."""

    collector: str
    covered_s: float
    last_frame_at: int | None
    frames: int
    unlisted: int
    drops: int


class Manual(NamedTuple):
    """A pull or acknowledgement entered by hand."""

    kind: str
    item: str
    at_us: int
    note: str


def frame_path(interface: str, linktype: int = ETHERNET) -> str:
    """Where a frame of an interface goes."""
    return f"/{_FIRST[linktype]}/{interface}"


def heartbeat_path(interface: str) -> str:
    """Where a heartbeat of an interface goes."""
    return f"/{HEARTBEAT}/{interface}"


def place(path: str) -> Place:
    """What a path says; an interface may hold any text."""
    first, _, interface = path.removeprefix("/").partition("/")
    if first in _LINK_TYPES:
        return Place(FRAME, interface, _LINK_TYPES[first])
    if first == HEARTBEAT or path == MANUAL_PATH:
        return Place(first, interface)
    return Place("")


def heartbeat_body(heartbeat: Heartbeat) -> bytes:
    """The bytes of a heartbeat."""
    return json.dumps(heartbeat._asdict(), separators=(",", ":")).encode()


def manual_body(kind: str, item: str, at_us: int, note: str = "") -> bytes:
    """The bytes of a pull or acknowledgement by hand.

    Raises:
        DecodeError: they would not decode: another kind, no item, a moment out of range.
    """
    body = json.dumps(Manual(kind, item, at_us, note)._asdict(), ensure_ascii=False, separators=(",", ":")).encode()
    read_manual(body)
    return body


def read_heartbeat(body: bytes) -> Heartbeat:
    """What a heartbeat says.

    Raises:
        DecodeError: it is no JSON object, or a field is missing or of another type.
    """
    told = _object(body)
    covered, last = told.get("covered_s"), told.get("last_frame_at")
    if isinstance(covered, bool) or not isinstance(covered, int | float) or not 0 <= covered < _LARGEST:
        raise DecodeError("bad_covered_s", f"{_kind(covered)}; expected seconds of at least 0")
    if last is not None and not _is_moment(last):
        raise DecodeError("bad_last_frame_at", f"{_kind(last)}; expected microseconds since 1970, or null")
    for name in _COUNTS:
        count = told.get(name)
        if isinstance(count, bool) or not isinstance(count, int) or not 0 <= count <= _LARGEST:
            raise DecodeError(f"bad_{name}", f"{_kind(count)}; expected a whole number of at least 0")
    return Heartbeat(_text(told, "collector"), float(covered), last, told["frames"], told["unlisted"], told["drops"])


def read_manual(body: bytes) -> Manual:
    """What was entered by hand.

    Raises:
        DecodeError: it is no JSON object, or a field is missing or of another type.
    """
    told = _object(body)
    if told.get("kind") not in MANUAL_KINDS:
        raise DecodeError("bad_kind", f"{_kind(told.get('kind'))}; expected {' or '.join(MANUAL_KINDS)}")
    item, note, at_us = _text(told, "item").strip(), told.get("note", ""), told.get("at_us")
    if not item or len(item) > LONGEST_ITEM:
        raise DecodeError("bad_item", f"{len(item)} characters; expected 1 to {LONGEST_ITEM}")
    if at_us is None or not _is_moment(at_us):
        raise DecodeError("bad_at_us", f"{_kind(at_us)}; expected microseconds since 1970")
    if not isinstance(note, str):
        raise DecodeError("bad_note", f"{_kind(note)}; expected a text")
    return Manual(told["kind"], item, int(at_us), note)


def _object(body: bytes) -> dict[str, Any]:
    if len(body) > LONGEST_JSON:
        raise DecodeError("too_large", f"{len(body)} bytes; expected a JSON object of at most {LONGEST_JSON}")
    try:
        told = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise DecodeError("bad_json", f"{len(body)} bytes; expected a JSON object") from error
    if not isinstance(told, dict):
        raise DecodeError("bad_json", f"{_kind(told)}; expected a JSON object")
    return told


def _text(told: dict[str, Any], name: str) -> str:
    value = told.get(name)
    if not isinstance(value, str) or not value.isprintable():
        raise DecodeError(f"bad_{name}", f"{_kind(value)}; expected a text")
    return value


def _is_moment(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < _LAST_US


def _kind(value: object) -> str:
    """What kind of value was seen; the value itself may hold an address."""
    if isinstance(value, float) and not math.isfinite(value):
        return "no number"
    return "nothing" if value is None else type(value).__name__
