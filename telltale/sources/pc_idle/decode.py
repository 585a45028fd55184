"""Records of a PC into rows of `activity`.

    /samples      device_id   text, pc:<name>
                  every_s     seconds between two samples
                  backend     where the idle time comes from, such as x11; becomes `note`
                  samples     array of [t_ms, idle_ms]: the PC's clock, ms since 1970 UTC; ms since the last input;
                              [t_ms, idle_ms, true] where the screen is locked, idle_ms then null where it is unknown
                  suspended   array of [from_ms, to_ms]: when the PC certainly slept; may be missing
    /correction   device_id   text, pc:<name> or another device that says how a PC is used
                  start_us    µs since 1970 UTC
                  end_us      later than start_us
                  active      true or false
                  note        text, may be missing

A moment without a sample is unknown: the agent leaves out what it slept through, and nothing here fills it in. A locked
screen makes a row `locked` beside the sample, a sleep a row `suspended`: states of their own.
"""

import codecs
import math
import re
from collections.abc import Iterator
from typing import Any, TypeGuard

import msgspec

from telltale.bounded import shortened_json
from telltale.contract import Chunk, DecodeError, Options, Raw, Reject, Shortened
from telltale.sources.pc_idle.accept import ACTIVITYWATCH, CORRECTION
from telltale.sources.pc_idle.activitywatch import intervals
from telltale.sources.pc_idle.rows import TIME_MAX_US, rows
from telltale.tables import CLOCK_SET_US

MS_US = 1000
_IDLE_MAX_MS = 10 * 366 * 86_400_000
"""Idle for ten years is no idle time."""
_EVERY_MAX_S = 3600
_NOTE = 500
_BACKEND = 40
_MARKS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
"""How a file begins that was saved by an editor or a shell of Windows."""
DEVICE = re.compile(r"[a-z][a-z_]{0,15}:[\w.-]{1,64}")
"""A device's id; a sample of any other cannot be decoded."""
_DEVICE_BYTES = 200
"""Of a device's id, which stands in every row: 64 characters of any living script."""


def decode(raw: Raw, _options: Options) -> Iterator[Chunk | Reject]:
    """Yield a chunk of `activity`, and a reject for each part that is wrong.

    Raises:
        DecodeError: `bad_json`; `bad_device`, `bad_period`, `bad_samples`; `bad_span`; of an export `bad_envelope`.
    """
    told, path = _object(raw.body), str(msgspec.json.decode(raw.meta).get("path", ""))
    if path == ACTIVITYWATCH:
        yield from intervals(told, received_at=raw.received_at)
    elif path == CORRECTION:
        yield _correction(told)
    else:
        yield from _samples(told)


def shorten(raw: Raw, _options: Options, most: int) -> Shortened:
    """The body with so many samples or events at most.

    Raises:
        DecodeError: `bad_json`.
    """
    return shortened_json(_utf8(raw.body), most)


def _utf8(body: bytes) -> bytes:
    encoding = next((name for mark, name in _MARKS.items() if body.startswith(mark)), None)
    try:
        return body.decode(encoding).encode() if encoding else body
    except UnicodeError as error:
        raise DecodeError("bad_json", str(error)[:120]) from error


def _object(body: bytes) -> dict[str, Any]:
    try:
        told = msgspec.json.decode(_utf8(body))
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise DecodeError("bad_json", str(error)[:120]) from error
    if not isinstance(told, dict):
        raise DecodeError("bad_json", f"expected an object, not {type(told).__name__}")
    return told


def _samples(told: dict[str, Any]) -> Iterator[Chunk | Reject]:
    device, every_s, samples = _device(told), told.get("every_s"), told.get("samples")
    if not _is_number(every_s) or not 0 < every_s <= _EVERY_MAX_S:
        raise DecodeError("bad_period", f"every_s is {str(every_s)[:40]}, expected seconds above 0")
    if not isinstance(samples, list):
        raise DecodeError("bad_samples", "expected an array of [t_ms, idle_ms]")
    good = [one for one in samples if _is_sample(one)]
    known = [one for one in good if one[1] is not None]
    if known:
        yield rows(
            "sample",
            [device] * len(known),
            [int(one[0] * MS_US) for one in known],
            [float(every_s)] * len(known),
            idle_s=[one[1] / 1000 for one in known],
            note=[_backend(told.get("backend"))] * len(known),
        )
    locked = [one[0] for one in good if len(one) == 3]
    if locked:
        times = [int(at_ms * MS_US) for at_ms in locked]
        yield rows("locked", [device] * len(times), times, [float(every_s)] * len(times), active=[False] * len(times))
    for number, one in enumerate(samples):
        if not _is_sample(one):
            yield Reject(f"sample {number}", "bad_sample", str(one)[:200])
    yield from _suspended(device, told.get("suspended"))


def _suspended(device: str, told: Any) -> Iterator[Chunk | Reject]:
    if told is None:
        return
    spans = told if isinstance(told, list) else [told]
    good = [one for one in spans if _is_span(one)]
    if good:
        lasted_s = [(to_ms - from_ms) / 1000 for from_ms, to_ms in good]
        yield rows("suspended", [device] * len(good), [int(from_ms * MS_US) for from_ms, _ in good], lasted_s)
    for number, one in enumerate(spans):
        if not _is_span(one):
            yield Reject(f"suspended {number}", "bad_suspended", str(one)[:200])


def _correction(told: dict[str, Any]) -> Chunk:
    device, start, end, active = _device(told), told.get("start_us"), told.get("end_us"), told.get("active")
    if not isinstance(active, bool):
        raise DecodeError("bad_span", f"active is {str(active)[:40]}, expected true or false")
    if not (_is_time(start) and _is_time(end) and start < end):
        raise DecodeError("bad_span", f"from {str(start)[:40]} to {str(end)[:40]}, expected µs, the end later")
    note = _text(told.get("note"))
    return rows("correction", [device], [start], [(end - start) / 1e6], active=[active], note=[note])


def _device(told: dict[str, Any]) -> str:
    device = told.get("device_id")
    if not isinstance(device, str) or not DEVICE.fullmatch(device) or len(device.encode()) > _DEVICE_BYTES:
        raise DecodeError("bad_device", f"{str(device)[:80]!r}, expected one such as pc:desk-3")
    return device


def _is_sample(one: Any) -> bool:
    return (
        isinstance(one, list)
        and (len(one) == 2 or (len(one) == 3 and one[2] is True))
        and _is_stamp(one[0])
        and ((len(one) == 3 and one[1] is None) or (_is_number(one[1]) and 0 <= one[1] <= _IDLE_MAX_MS))
    )


def _is_span(one: Any) -> bool:
    return isinstance(one, list) and len(one) == 2 and all(map(_is_stamp, one)) and one[0] < one[1]


def _is_stamp(value: Any) -> bool:
    return _is_number(value) and CLOCK_SET_US <= value * MS_US < TIME_MAX_US


def _is_time(value: Any) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and CLOCK_SET_US <= value < TIME_MAX_US


def _is_number(value: Any) -> TypeGuard[float]:
    if isinstance(value, float):
        return math.isfinite(value)
    return isinstance(value, int) and not isinstance(value, bool)


def _text(value: Any) -> str | None:
    return value[:_NOTE] if isinstance(value, str) and value else None


def _backend(value: Any) -> str | None:
    """A short name: it stands in every row."""
    text = _text(value)
    return text[:_BACKEND].encode("ascii", "replace").decode() if text else None
