"""The AFK buckets of an ActivityWatch export into intervals; what windows were open is not read.

    export   buckets                     object id -> bucket (as the server writes it), or an array of buckets
    bucket   type                        afkstatus for those read here
             hostname                    of the PC: pc:<hostname>, with a dash for what an id cannot hold
             events                      newest or oldest first; may overlap, may last 0 s
    event    timestamp                   ISO 8601 with its zone
             duration                    seconds
             data.status                 not-afk is active, afk is away

Two events of a PC that begin at the same moment share their natural key: the active one, then the longer one, is kept
and the other becomes the reject `same_start`, unless it says nothing further. Nothing after the record was received is
measured: an event that reaches further ends there, one that begins later is the reject `future`. Of two hosts whose
names give one id the second is the reject `same_host`.

Source: wire/sigfox.md 8.3.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from telltale.contract import Chunk, DecodeError, Reject
from telltale.sources.pc_idle.rows import TIME_MAX_US, pc_id, rows
from telltale.tables import CLOCK_SET_US

AFK_STATUS = {"not-afk": True, "afk": False}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LONGEST_S = 366 * 86_400


class Interval(NamedTuple):
    """An event of an AFK bucket."""

    device_id: str
    start_us: int
    is_active: bool
    lasts_s: float


def intervals(export: dict[str, Any], *, received_at: int) -> Iterator[Chunk | Reject]:
    """Yield the AFK events as one chunk, and a reject for each that cannot be read.

    Args:
        export: the file.
        received_at: µs UTC; what it tells of a later time is not measured.

    Raises:
        DecodeError: `bad_envelope` where there are no buckets.
    """
    kept: dict[tuple[str, int], Interval] = {}
    rejects: list[Reject] = []
    found = [(name, bucket) for name, bucket in _buckets(export) if bucket.get("type") == "afkstatus"]
    if not found:
        rejects.append(Reject("buckets", "no_afk_bucket", "expected one of type afkstatus"))
    hosts: dict[str, str] = {}
    for name, bucket in found:
        for part, item in _events(name, bucket, hosts):
            if isinstance(item, Reject):
                rejects.append(item)
                continue
            told = _measured(item, received_at)
            if told is None:
                rejects.append(Reject(part, "future", "begins after it was received"))
                continue
            key = told.device_id, told.start_us
            chosen, other = _chosen(kept.get(key, told), told)
            kept[key] = chosen
            if other.is_active != chosen.is_active and other.lasts_s > chosen.lasts_s:
                rejects.append(Reject(part, "same_start", f"{_word(other)} beside {_word(chosen)}"))
    if not kept and not rejects:
        rejects.append(Reject("buckets", "empty:events", "no AFK event"))
    if kept:
        yield _chunk(sorted(kept.values()))
    yield from rejects


def _buckets(export: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    buckets = export.get("buckets")
    if isinstance(buckets, dict):
        named = list(buckets.items())
    elif isinstance(buckets, list):
        named = [
            (str(one.get("id", number)) if isinstance(one, dict) else "", one) for number, one in enumerate(buckets)
        ]
    else:
        raise DecodeError("bad_envelope", "expected an ActivityWatch export, an object with buckets")
    return [(str(name)[:80], bucket) for name, bucket in named if isinstance(bucket, dict)]


def _events(name: str, bucket: dict[str, Any], hosts: dict[str, str]) -> Iterator[tuple[str, Interval | Reject]]:
    """The events of a bucket with the part each is; `hosts` has the name behind each id met before."""
    host, events = bucket.get("hostname"), bucket.get("events")
    device = pc_id(host) if isinstance(host, str) else None
    if device is None:
        yield name, Reject(name, "bad_host", str(host)[:80])
    elif hosts.setdefault(device, str(host)) != host:
        yield name, Reject(name, "same_host", f"{str(host)[:80]} and {hosts[device][:80]} are both {device}")
    elif not isinstance(events, list):
        yield name, Reject(name, "bad_events", "expected an array")
    else:
        for number, event in enumerate(events):
            part = f"{name} event {number}"
            read = _interval(device, event)
            yield part, Reject(part, "bad_event", str(event)[:200]) if read is None else read


def _interval(device: str, event: Any) -> Interval | None:
    if not isinstance(event, dict) or not isinstance(event.get("data"), dict):
        return None
    start_us, lasts_s = _moment(event.get("timestamp")), event.get("duration")
    status = event["data"].get("status")
    if start_us is None or not isinstance(lasts_s, int | float) or not isinstance(status, str):
        return None
    is_known = status in AFK_STATUS and not isinstance(lasts_s, bool) and 0 <= lasts_s <= _LONGEST_S
    return Interval(device, start_us, AFK_STATUS[status], float(lasts_s)) if is_known else None


def _measured(told: Interval, received_at: int) -> Interval | None:
    """What of it had passed when it was received; None where it had not begun."""
    passed_s = (received_at - told.start_us) / 1e6
    return told._replace(lasts_s=min(told.lasts_s, passed_s)) if passed_s >= 0 else None


def _moment(text: Any) -> int | None:
    """µs UTC of a time with its zone."""
    try:
        read = datetime.fromisoformat(text)
        if read.tzinfo is None:
            return None
        at_us = (read - _EPOCH) // timedelta(microseconds=1)
    except (TypeError, ValueError, OverflowError):
        return None
    return at_us if CLOCK_SET_US <= at_us < TIME_MAX_US else None


def _chosen(one: Interval, other: Interval) -> tuple[Interval, Interval]:
    """Which of two that begin together is kept, and the other."""
    first, second = sorted((one, other), key=lambda each: (each.is_active, each.lasts_s), reverse=True)
    return first, second


def _word(one: Interval) -> str:
    return f"{'not-afk' if one.is_active else 'afk'} for {one.lasts_s:g} s"


def _chunk(told: list[Interval]) -> Chunk:
    return rows(
        "interval",
        [one.device_id for one in told],
        [one.start_us for one in told],
        [one.lasts_s for one in told],
        active=[one.is_active for one in told],
    )
