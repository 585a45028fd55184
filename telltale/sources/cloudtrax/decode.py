"""Reports into sightings and the heartbeats of their nodes (wire/presence.md R5 to R11).

Nearly every report is exactly as documented: such reports are parsed into typed rows, many at once, and checked by
whole columns. Any other goes row by row through `tolerant`, which keeps, flags or sets aside each row. Both give the
same rows where both apply. What depends on the moment of receipt (`late`, a wrong clock) is the pipeline's to flag.
"""

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import accumulate, chain, pairwise, repeat
from operator import attrgetter, le
from typing import Any, TypeVar

import msgspec
from msgspec.structs import astuple

from telltale.address import spelled, station, stations
from telltale.contract import Bulk, Chunk, DecodeError, Many, Options, Raw, Reject
from telltale.sources.cloudtrax.tolerant import LooseReport, sightings
from telltale.sources.cloudtrax.wire import SECOND_US, Report, parse

RADIO = "wifi"
"""The feed does not tell bands apart."""

_report = msgspec.json.Decoder(Report)
_loose_report = msgspec.json.Decoder(LooseReport)
_Value = TypeVar("_Value")


def decode(raw: Raw, options: Options) -> Iterator[Chunk | Reject]:
    """Yield a chunk of sightings (none when nobody was heard), one heartbeat, and a reject for each row set aside.

    Raises:
        DecodeError: `bad_json`, `bad_envelope`, or `bad_node` where the node's address is none.
    """
    many = decode_many((raw,), options)
    if many.odd:
        yield from row_by_row(raw)
    else:
        yield from (bulk.chunk for bulk in many.bulks)


def decode_many(raws: Sequence[Raw], _options: Options) -> Many:
    """The same of many reports at once; those that are not as documented, and of which a row is odd, are named."""
    reports = _parsed(raws)
    bulks = _bulks(raws, reports)
    if bulks is None:  # which ones, is asked of each alone only now
        reports = [
            report if report is not None and _bulks((raw,), [report]) is not None else None
            for raw, report in zip(raws, reports, strict=True)
        ]
        bulks = _bulks(raws, reports) or []
    return Many(bulks, [at for at, report in enumerate(reports) if report is None])


def _parsed(raws: Sequence[Raw]) -> list[Report | None]:
    """Each report as typed rows; None where it is not as documented."""
    decode_report = _report.decode
    try:
        return [decode_report(raw.body) for raw in raws]
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return [_parsed_alone(raw) for raw in raws]


def _parsed_alone(raw: Raw) -> Report | None:
    try:
        return _report.decode(raw.body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None


def _bulks(raws: Sequence[Raw], parsed: Sequence[Report | None]) -> list[Bulk] | None:
    """The rows of the reports that are there, none of the others; None where a row of one is odd."""
    reports = [report for report in parsed if report is not None]
    sites = [str(report.network_id) for report in reports]
    nodes = [_node_id(report.node_mac) for report in reports]
    if not all(nodes):
        return None
    is_there = [int(report is not None) for report in parsed]
    received_at = [raw.received_at for raw, report in zip(raws, parsed, strict=True) if report is not None]
    rows = list(chain.from_iterable(map(attrgetter("probe_requests"), reports)))
    if not rows:
        return [_heartbeats(received_at, sites, nodes, [None] * len(reports), is_there)] if reports else []
    macs, frames, lows, highs, means, lasts, first_seen, last_seen, associated = _columns(rows)
    devices = stations(macs)
    if (
        min(devices) < 0
        or not all(map(le, first_seen, last_seen))
        or not all(map(le, lows, means))
        or not all(map(le, means, highs))
    ):
        return None
    counts = [0 if report is None else len(report.probe_requests) for report in parsed]
    of_reports = [len(report.probe_requests) for report in reports]
    last_seen_us = [stamp * SECOND_US for stamp in last_seen]
    columns: dict[str, list[Any]] = {
        "site": _spread(sites, of_reports),
        "node_id": _spread(nodes, of_reports),
        "device": devices,
        "radio": [RADIO] * len(rows),
        "first_seen": [stamp * SECOND_US for stamp in first_seen],
        "last_seen": last_seen_us,
        "frames": frames,
        "rssi_min_dbm": lows,
        "rssi_max_dbm": highs,
        "rssi_avg_dbm": means,
        "rssi_last_dbm": lasts,
        "associated": associated,
        "flags": [""] * len(rows),
    }
    bounds = pairwise(accumulate(of_reports, initial=0))
    newest = [max(last_seen_us[start:end]) if start < end else None for start, end in bounds]
    return [
        Bulk(Chunk("sighting", columns), counts),
        _heartbeats(received_at, sites, nodes, newest, is_there),
    ]


def row_by_row(raw: Raw) -> Iterator[Chunk | Reject]:
    """The same for any report: good rows are kept, odd ones flagged, bad ones set aside."""
    report = parse(_loose_report, raw.body)
    site, node_id = str(report.network_id), _node_id(report.node_mac)
    if not node_id:
        raise DecodeError("bad_node", f"node_mac of {len(report.node_mac)} characters, expected six octets in hex")
    kept = []
    for item in sightings(report):
        if isinstance(item, Reject):
            yield item
        else:
            kept.append(item)
    if kept:
        n = len(kept)
        columns = dict(zip(kept[0]._fields, _transposed(kept), strict=True))
        yield Chunk("sighting", {"site": [site] * n, "node_id": [node_id] * n, "radio": [RADIO] * n, **columns})
    newest = max((row.last_seen for row in kept), default=None)
    yield _heartbeats([raw.received_at], [site], [node_id], [newest], [1]).chunk


@lru_cache(maxsize=4096)
def _node_id(node_mac: str) -> str:
    """The node's address in lower-case colon form; empty where it is none."""
    address = station(node_mac)
    return spelled(address) if address > 0 else ""


def _columns(rows: Iterable[Any]) -> Iterator[list[Any]]:
    return _transposed(map(astuple, rows))


def _transposed(rows: Iterable[Any]) -> Iterator[list[Any]]:
    return map(list, zip(*rows, strict=True))


def _spread(values: Iterable[_Value], counts: Iterable[int]) -> list[_Value]:
    """Each value as often as its record has rows."""
    return list(chain.from_iterable(map(repeat, values, counts)))


def _heartbeats(
    received_at: list[int], sites: list[str], nodes: list[str], newest_us: Sequence[int | None], counts: Sequence[int]
) -> Bulk:
    """That each node lives, heard or not, and by how much its clock is off (R8)."""
    offset_s = [
        None if newest is None else (received - newest) / SECOND_US
        for received, newest in zip(received_at, newest_us, strict=True)
    ]
    columns: dict[str, list[Any]] = {
        "site": sites,
        "node_id": nodes,
        "observed_at": received_at,
        "clock_offset_s": offset_s,
    }
    return Bulk(Chunk("node_heartbeat", columns), counts)
