"""Readings and uplinks in one line each; times are seconds after a midnight UTC."""

from collections.abc import Iterable, Mapping
from typing import Any

import pyarrow as pa

from telltale.arrow import schema
from telltale.engine import DuckEngine, Relation
from telltale.tables import NODE_HEARTBEAT, READING, UPLINK, Table
from tests.presence.rows import us, when

FRIDGE = "sigfox:2d24e6"


def reading(at_s: float, value: float | None, device_id: str = FRIDGE, **other: Any) -> dict[str, Any]:
    row = {"raw_id": 1, "source": "sigfox", "received_at": us(at_s + 2), "device_id": device_id, "channel": ""}
    row |= {"quantity": "temperature", "observed_at": us(at_s), "value": value, "unit": "°C"}
    return row | {"text": None, "error_code": None, "meta": None} | other


def every(step_s: float, values: Iterable[float | None], **other: Any) -> list[dict[str, Any]]:
    """Readings one step apart from 0 on; None is one that did not come."""
    return [reading(n * step_s, value, **other) for n, value in enumerate(values) if value is not None]


def uplink(at_s: float, seq: int | None, device_id: str = FRIDGE, **other: Any) -> dict[str, Any]:
    row = {"raw_id": 1, "source": "sigfox", "received_at": us(at_s + 2), "device_id": device_id, "seq": seq}
    row |= {"observed_at": us(at_s), "data": "00"}
    return dict.fromkeys(column.name for column in UPLINK.columns) | row | other


def info(engine: DuckEngine, **devices: tuple[float | None, float | None, float | None]) -> Relation:
    """devices.csv: interval, low, high by device; `fridge` is the usual one."""
    names = {"fridge": FRIDGE}
    columns = {
        "device_id": pa.array([names.get(name, name) for name in devices], pa.string()),
        **{
            column: pa.array([told[at] for told in devices.values()], pa.float64())
            for at, column in enumerate(("expected_interval_s", "low", "high"))
        },
    }
    return engine.from_arrow(pa.table(columns))


def named_limits(
    engine: DuckEngine, *told: tuple[str, str, float | None, float | None], device_id: str = FRIDGE
) -> Relation:
    """Limits of devices.csv that name a quantity: quantity, channel, low, high."""
    names = {"quantity": pa.string(), "channel": pa.string(), "low": pa.float64(), "high": pa.float64()}
    columns = {name: pa.array([one[at] for one in told], type_) for at, (name, type_) in enumerate(names.items())}
    return engine.from_arrow(pa.table({"device_id": pa.array([device_id] * len(told), pa.string()), **columns}))


def readings_of(engine: DuckEngine, rows: Iterable[Mapping[str, Any]]) -> Relation:
    return _of(engine, READING, rows)


def uplinks_of(engine: DuckEngine, rows: Iterable[Mapping[str, Any]]) -> Relation:
    return _of(engine, UPLINK, rows)


def heartbeats_of(engine: DuckEngine, rows: Iterable[Mapping[str, Any]]) -> Relation:
    return _of(engine, NODE_HEARTBEAT, rows)


def _of(engine: DuckEngine, table: Table, rows: Iterable[Mapping[str, Any]]) -> Relation:
    return engine.from_arrow(pa.Table.from_pylist(list(rows), schema(table)))


__all__ = [
    "FRIDGE", "every", "heartbeats_of", "info", "named_limits", "reading", "readings_of", "uplink", "uplinks_of",
    "us", "when",
]  # fmt: skip
