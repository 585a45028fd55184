"""A large ActivityWatch export in pieces, each far below what one record may become (`max_rows_per_record`)."""

import json
from collections.abc import Iterator
from typing import Any

EVENTS = 10_000
"""Events in a piece: a tenth of the rows a record keeps unless told otherwise."""


def pieces(body: bytes, most: int = EVENTS) -> list[bytes]:
    """The export as it is where it has so few events, else as several exports that together say the same.

    Every piece has all buckets, with the events of one stretch of one of them: what is said of hosts holds in each.
    Events that begin together stay together, because one of them counts.

    Args:
        body: an export that can be read.
        most: events of a piece; a few more where they begin together.
    """
    buckets = json.loads(body)["buckets"]
    named = buckets if isinstance(buckets, dict) else dict(enumerate(buckets))
    lists = {name: each["events"] for name, each in named.items() if _has_events(each)}
    if sum(map(len, lists.values())) <= most:
        return [body]
    return [
        _export(buckets, named, name, events) for name, whole in lists.items() for events in _stretches(whole, most)
    ]


def _has_events(bucket: Any) -> bool:
    return isinstance(bucket, dict) and isinstance(bucket.get("events"), list) and bool(bucket["events"])


def _stretches(events: list[Any], most: int) -> Iterator[list[Any]]:
    begin = 0
    while begin < len(events):
        end = begin + most
        while end < len(events) and _begins(events[end]) == _begins(events[end - 1]):
            end += 1
        yield events[begin:end]
        begin = end


def _begins(event: Any) -> Any:
    return event.get("timestamp") if isinstance(event, dict) else event


def _export(buckets: Any, named: dict[Any, Any], name: Any, events: list[Any]) -> bytes:
    made = {
        each: {**bucket, "events": events if each == name else []} if _has_events(bucket) else bucket
        for each, bucket in named.items()
    }
    told = made if isinstance(buckets, dict) else list(made.values())
    return json.dumps({"buckets": told}, ensure_ascii=False, separators=(",", ":")).encode()
