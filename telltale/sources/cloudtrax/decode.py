"""Reports into sightings and the heartbeats of their nodes (wire/presence.md R5 to R11).

Nearly every report is exactly as documented: such reports are parsed into typed rows, many at once, and checked by
whole columns. Any other goes row by row through `tolerant`, which keeps, flags or sets aside each row. Both give the
same rows where both apply. What depends on the moment of receipt (`late`, a wrong clock) is the pipeline's to flag.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import accumulate, pairwise
from operator import le
from typing import Any, NamedTuple

import msgspec

from telltale.address import spelled, station, stations
from telltale.contract import Bulk, Chunk, DecodeError, Many, Options, Raw, Reject, Runs
from telltale.sources.cloudtrax.tolerant import LooseReport, sightings
from telltale.sources.cloudtrax.wire import SECOND_US, Report, parse

RADIO = "wifi"
"""The feed does not tell bands apart."""

_report = msgspec.json.Decoder(Report)
_loose_report = msgspec.json.Decoder(LooseReport)


def decode(raw: Raw, options: Options) -> Iterator[Chunk | Reject]:
    """Yield a chunk of sightings (none when nobody was heard), one heartbeat, and a reject for each row set aside.

    Raises:
        DecodeError: `bad_json`, `bad_envelope`, or `bad_node` where the node's address is none.
    """
    many = decode_many((raw,), options)
    if many.odd:
        yield from row_by_row(raw)
    else:
        yield from (bulk.spelt_out() for bulk in many.bulks)


def decode_many(raws: Sequence[Raw], _options: Options) -> Many:
    """The same of many reports at once; those that are not as documented, and of which a row is odd, are named."""
    reports = _parsed(raws)
    rows = _Rows.of(reports)
    if odd_rows := rows.odd():
        ends = list(accumulate(0 if report is None else len(report.probe_requests) for report in reports))
        for odd in {bisect_right(ends, row) for row in odd_rows}:
            reports[odd] = None
        rows = _Rows.of(reports)
    return Many(_bulks(raws, reports, rows), [at for at, report in enumerate(reports) if report is None])


def _parsed(raws: Sequence[Raw]) -> list[Report | None]:
    """Each report as typed rows; None where it is not as documented, or its node's address is none."""
    decode_report = _report.decode
    reports: list[Report | None] = []
    for raw in raws:
        try:
            report = decode_report(raw.body)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            reports.append(None)
        else:
            reports.append(report if _node_id(report.node_mac) else None)
    return reports


class _Rows(NamedTuple):
    """The rows of some reports, one list a column, as they are on the wire but for the address."""

    devices: list[int]
    frames: list[int]
    lows: list[int]
    highs: list[int]
    means: list[int]
    lasts: list[int | None]
    first_seen: list[int]
    last_seen: list[int]
    associated: list[bool]

    @classmethod
    def of(cls, reports: Iterable[Report | None]) -> "_Rows":
        """Column by column: a third of what a tuple of each row takes."""
        rows = [row for report in reports if report is not None for row in report.probe_requests]
        return cls(
            stations([row.mac for row in rows]),
            [row.count for row in rows],
            [row.min_signal for row in rows],
            [row.max_signal for row in rows],
            [row.avg_signal for row in rows],
            [row.last_seen_signal for row in rows],
            [row.first_seen for row in rows],
            [row.last_seen for row in rows],
            [row.associated for row in rows],
        )

    def odd(self) -> list[int]:
        """The places of the rows that are not as documented; that there are none is known at once."""
        if (
            min(self.devices, default=0) >= 0
            and all(map(le, self.first_seen, self.last_seen))
            and all(map(le, self.lows, self.means))
            and all(map(le, self.means, self.highs))
        ):
            return []
        each = zip(self.devices, self.first_seen, self.last_seen, self.lows, self.means, self.highs, strict=True)
        return [
            at
            for at, (device, first, last, low, mean, high) in enumerate(each)
            if device < 0 or first > last or not low <= mean <= high
        ]


def _bulks(raws: Sequence[Raw], parsed: Sequence[Report | None], rows: _Rows) -> list[Bulk]:
    """The rows of the reports that are there, none of the others."""
    received_at = [raw.received_at for raw, report in zip(raws, parsed, strict=True) if report is not None]
    reports = [report for report in parsed if report is not None]
    if not reports:
        return []
    sites = [str(report.network_id) for report in reports]
    nodes = [_node_id(report.node_mac) for report in reports]
    is_there = [int(report is not None) for report in parsed]
    if not rows.devices:
        return [_heartbeats(received_at, sites, nodes, [None] * len(reports), is_there)]
    counts = [0 if report is None else len(report.probe_requests) for report in parsed]
    of_reports = [len(report.probe_requests) for report in reports]
    columns: dict[str, list[Any]] = {
        "device": rows.devices,
        "frames": rows.frames,
        "rssi_min_dbm": rows.lows,
        "rssi_max_dbm": rows.highs,
        "rssi_avg_dbm": rows.means,
        "rssi_last_dbm": rows.lasts,
        "associated": rows.associated,
    }
    shared: dict[str, list[Any]] = {
        "site": sites,
        "node_id": nodes,
        "radio": [RADIO] * len(reports),
        "flags": [""] * len(reports),
    }
    seconds = {"first_seen": rows.first_seen, "last_seen": rows.last_seen}
    bounds = pairwise(accumulate(of_reports, initial=0))
    last_seen = rows.last_seen
    newest = [max(last_seen[start:end]) * SECOND_US if start < end else None for start, end in bounds]
    return [
        Bulk(Chunk("sighting", columns), counts, Runs(shared, of_reports, seconds=seconds)),
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


def _transposed(rows: Iterable[Any]) -> Iterator[list[Any]]:
    return map(list, zip(*rows, strict=True))


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
