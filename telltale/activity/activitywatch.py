"""ActivityWatch's files and figures: AFK buckets out and in, and its own way from looks to hours.

    export      {"buckets": {id: bucket}}         (the published schema says array; its server writes an object)
    bucket      id, type "afkstatus", client, hostname, created (ISO 8601), events
    event       timestamp (ISO 8601 with zone, to the millisecond), duration (s), data {"status": "afk" | "not-afk"}

An exported bucket has an id of its own, because importing into one that exists is not guarded there.

Source: wire/sigfox.md 8.1 (heartbeats and how they merge), 8.2 (flood, active time), 8.3 (format).
"""

import datetime as dt
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from telltale.activity.analysis import Stretch, flooded
from telltale.contract import Chunk, ConfigError, DecodeError, Raw, Reject
from telltale.sources import source

SECOND_US = 1_000_000
MS_US = 1_000
FLOOD_US = 5 * SECOND_US
AFK, NOT_AFK = "afk", "not-afk"
CLIENT = "telltale"
SOURCE, PATH = "pc_idle", "/activitywatch"
TIME_MAX_US = 4_102_444_800_000_000
"""2100-01-01: no record is received later."""
TYPE = "afkstatus"
EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


def export(intervals: Iterable[Mapping[str, Any]], *, created: dt.datetime) -> dict[str, Any]:
    """The stretches as an ActivityWatch export: one AFK bucket a PC; unknown time has no event.

    Args:
        intervals: device_id, state, start, end (`tt.activity.intervals`), in order.
        created: when it was made.
    """
    buckets: dict[str, Any] = {}
    for row in intervals:
        host = row["device_id"].partition(":")[2] or row["device_id"]
        name = f"aw-watcher-afk_{host}_{CLIENT}"
        bucket = buckets.setdefault(name, _bucket(name, host, created))
        if row["state"] != "unknown":
            bucket["events"].append(_event(row))
    return {"buckets": buckets}


class Afk(NamedTuple):
    """What an export says, as it is decoded."""

    hosts: dict[str, list[Stretch]]
    """The events of each PC by its id without `pc:`, in order of time."""
    set_aside: list[Reject]
    """What could not be read."""


def decoded(body: bytes, *, received_at: int) -> Afk:
    """What becomes of an export that is received at this moment (µs UTC): the events that count, and the others.

    Raises:
        ConfigError: the bytes are no export, or it has no AFK bucket.
    """
    raw = Raw(0, SOURCE, received_at, "", json.dumps({"path": PATH}), body)
    hosts: dict[str, list[Stretch]] = {}
    rejects: list[Reject] = []
    try:
        for part in source(SOURCE).decode(raw, {}):
            if isinstance(part, Chunk):
                _add(part, hosts)
            elif part.reason == "no_afk_bucket":
                raise ConfigError(f'ActivityWatch export: no bucket of type "{TYPE}"; expected that of aw-watcher-afk')
            else:
                rejects.append(part)
    except DecodeError as error:
        raise ConfigError(
            f'ActivityWatch export: not understood ({error}); expected {{"buckets": …}} as its page “Raw data” '
            "writes it"
        ) from error
    return Afk({host: sorted(events) for host, events in hosts.items()}, rejects)


def afk_buckets(body: bytes, *, received_at: int = TIME_MAX_US) -> dict[str, list[Stretch]]:
    """The events of an export's AFK buckets by PC (its id without `pc:`), each in order of time.

    Args:
        body: the file.
        received_at: µs UTC; what it tells of a later time does not count.

    Raises:
        ConfigError: the bytes are no export, or it has no AFK bucket.
    """
    return decoded(body, received_at=received_at).hosts


def active_s(events: Iterable[Stretch]) -> float:
    """ActivityWatch's active time of some events: flooded, then the sum of `not-afk`, in seconds."""
    flat = flooded(events, flood_us=FLOOD_US)
    return sum(event.end_us - event.start_us for event in flat if event.is_active) / SECOND_US


def watched(looks: Sequence[tuple[float, float]], *, away_after_s: float = 180.0, poll_s: float = 5.0) -> list[Stretch]:
    """The events its AFK watcher makes of looks (moment, seconds without input), both in seconds."""
    events: list[Stretch] = []
    for status, start_s, duration_s in _heartbeats(looks, away_after_s):
        start_us = round(start_s * SECOND_US)
        new = Stretch(start_us, start_us + round(duration_s * SECOND_US), status == NOT_AFK)
        last = events[-1] if events else None
        reach_us = round((away_after_s + poll_s) * SECOND_US)
        if last and last.is_active == new.is_active and last.start_us <= start_us <= last.end_us + reach_us:
            events[-1] = last._replace(end_us=max(last.end_us, new.end_us))
        else:
            events.append(new)
    return events


def _heartbeats(looks: Sequence[tuple[float, float]], away_after_s: float) -> Iterator[tuple[str, float, float]]:
    is_afk = False
    for now_s, idle_s in looks:
        last_s = now_s - idle_s
        if idle_s < away_after_s:
            yield (AFK if is_afk else NOT_AFK), last_s, 0.0
            if is_afk:
                yield NOT_AFK, last_s + 0.001, 0.0
            is_afk = False
        else:
            if not is_afk:
                yield NOT_AFK, last_s, 0.0
            yield AFK, last_s + 0.001, idle_s
            is_afk = True


def _bucket(name: str, host: str, created: dt.datetime) -> dict[str, Any]:
    return {
        "id": name, "type": TYPE, "client": CLIENT, "hostname": host, "created": created.isoformat(), "events": [],
    }  # fmt: skip


def _event(row: Mapping[str, Any]) -> dict[str, Any]:
    # Both ends are cut to the millisecond, so that neighbours still touch.
    start_us, end_us = (_micros(row[name]) // MS_US * MS_US for name in ("start", "end"))
    at = EPOCH + dt.timedelta(microseconds=start_us)
    return {
        "timestamp": at.isoformat(timespec="milliseconds"),
        "duration": (end_us - start_us) / SECOND_US,
        "data": {"status": NOT_AFK if row["state"] == "active" else AFK},
    }


def _add(chunk: Chunk, hosts: dict[str, list[Stretch]]) -> None:
    names = ("device_id", "observed_at", "period_s", "active")
    for device, start_us, lasts_s, is_active in zip(*(chunk.columns[name] for name in names), strict=True):
        event = Stretch(start_us, start_us + round(lasts_s * SECOND_US), is_active)
        hosts.setdefault(device.removeprefix("pc:"), []).append(event)


def _micros(at: dt.datetime) -> int:
    return (at - EPOCH) // dt.timedelta(microseconds=1)
