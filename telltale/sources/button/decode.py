"""Frames into rows of `frame`, heartbeats into rows of `collector_heartbeat`.

One frame is one row; what is a press is analysis, so that another dead time can be tried on all of history. The moment
of a frame is that of its capture, which is when it was received; an entry by hand carries its own.
"""

import json
from collections.abc import Iterator, Sequence
from functools import lru_cache

from telltale.contract import Bulk, Chunk, DecodeError, Options, Raw, Reject
from telltale.sources.button.layout import Parsed, Unread, parse
from telltale.sources.button.records import FRAME, HEARTBEAT, MANUAL, Place, place, read_heartbeat, read_manual

_COLUMNS = (*Parsed._fields, "observed_at", "interface")


def decode(raw: Raw, _options: Options) -> Iterator[Chunk | Reject]:
    """Yield the one row of a record.

    Raises:
        DecodeError: the frame breaks its layout or is none of a device that joins, or the JSON is not as expected.
    """
    where = _place(raw.meta)
    if where.kind == FRAME:
        yield _frame(raw, where)
    elif where.kind == HEARTBEAT:
        yield _heartbeat(raw, where)
    elif where.kind == MANUAL:
        yield _manual(raw)
    else:
        raise DecodeError("bad_path", "expected /frame/<interface>, /heartbeat/<interface> or /manual")


def decode_many(raws: Sequence[Raw], _options: Options) -> Sequence[Bulk] | None:
    """The rows of many frames; None where one of the records is something else."""
    rows = []
    for raw in raws:
        where = _place(raw.meta)
        told = parse(raw.body, where.linktype) if where.kind == FRAME else None
        if not isinstance(told, Parsed):
            return None
        rows.append((*told, raw.received_at, where.interface))
    columns = {name: list(values) for name, values in zip(_COLUMNS, zip(*rows, strict=True), strict=True)}
    return [Bulk(Chunk("frame", columns), [1] * len(rows))]


@lru_cache(maxsize=256)  # a capture says the same of every frame
def _place(meta: str) -> Place:
    return place(json.loads(meta).get("path", ""))


def _frame(raw: Raw, where: Place) -> Chunk:
    told = parse(raw.body, where.linktype)
    if isinstance(told, Unread):
        raise DecodeError(told.reason, told.detail)
    columns = zip(_COLUMNS, (*told, raw.received_at, where.interface), strict=True)
    return Chunk("frame", {name: [value] for name, value in columns})


def _heartbeat(raw: Raw, where: Place) -> Chunk:
    told = read_heartbeat(raw.body)._asdict() | {"interface": where.interface, "observed_at": raw.received_at}
    return Chunk("collector_heartbeat", {name: [value] for name, value in told.items()})


def _manual(raw: Raw) -> Chunk:
    told = read_manual(raw.body)
    row = dict.fromkeys(("eth_source", "ip_sender", "ip_target", "vlan", "exchange", "exchange_s")) | {
        "device_id": f"item:{told.item}",
        "observed_at": told.at_us,
        "kind": f"manual_{told.kind}",
        "interface": "",
        "flags": "",
    }
    return Chunk("frame", {name: [value] for name, value in row.items()})
