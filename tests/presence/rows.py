"""Rows of the presence tables in one line each; times are seconds after T0, a midnight UTC."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa

from telltale.arrow import schema
from telltale.engine import DuckEngine, Relation
from telltale.tables import NODE_HEARTBEAT, SIGHTING, VISIT, Table

T0 = 1_795_132_800
S = 1_000_000
MIN = 60
H = 3_600
DAY = 86_400


def us(at_s: float) -> int:
    return round((T0 + at_s) * S)


def when(at_s: float) -> datetime:
    return datetime.fromtimestamp(T0 + at_s, UTC)


def sighting(device: int, first: float, last: float | None = None, **other: Any) -> dict[str, Any]:
    last = first if last is None else last
    level = other.pop("dbm", -60)
    return {
        "raw_id": 1,
        "source": "cloudtrax",
        "received_at": us(last + 5),
        "site": "71234",
        "node_id": "a",
        "device": device,
        "radio": "wifi",
        "first_seen": us(first),
        "last_seen": us(last),
        "frames": 1,
        "rssi_min_dbm": level,
        "rssi_max_dbm": level,
        "rssi_avg_dbm": level,
        "rssi_last_dbm": None,
        "associated": False,
        "address_kind": "global",
        "flags": "",
    } | other


def heartbeat(at: float, node_id: str = "a", **other: Any) -> dict[str, Any]:
    row = {"raw_id": 1, "source": "cloudtrax", "received_at": us(at), "site": "71234", "node_id": node_id}
    return row | {"observed_at": us(at), "clock_offset_s": None} | other


def visit(device: int, entered: float, left: float, class_: str = "visitor", **other: Any) -> dict[str, Any]:
    return {
        "site": "71234",
        "device": device,
        "address_kind": "global",
        "entered_at": us(entered),
        "left_at": us(left),
        "dwell_s": float(left - entered),
        "class": class_,
        "frames": 10,
        "sightings": 2,
        "rssi_max_dbm": -50,
        "nodes": "a",
        "associated": False,
        "associated_flips": 0,
        "silence_mean_s": None,
        "silence_max_s": None,
        "cut": False,
    } | other


def sightings(engine: DuckEngine, rows: Iterable[Mapping[str, Any]]) -> Relation:
    return _relation(engine, rows, SIGHTING)


def heartbeats(engine: DuckEngine, rows: Iterable[Mapping[str, Any]]) -> Relation:
    return _relation(engine, rows, NODE_HEARTBEAT)


def visits_of(engine: DuckEngine, rows: Iterable[Mapping[str, Any]]) -> Relation:
    return _relation(engine, rows, VISIT)


def _relation(engine: DuckEngine, rows: Iterable[Mapping[str, Any]], table: Table) -> Relation:
    return engine.from_arrow(pa.Table.from_pylist([dict(row) for row in rows], schema(table)))


def pick(relation: Relation, *names: str) -> list[tuple[Any, ...]]:
    """The rows of some columns, in order."""
    rows = relation.arrow()
    return list(zip(*(rows[name].to_pylist() for name in names), strict=True))
