"""Rows of table `activity` in one line each; times are seconds after a midnight UTC (`presence_rows.T0`)."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import pyarrow as pa

from telltale.arrow import schema
from telltale.engine import DuckEngine, Relation
from telltale.tables import ACTIVITY
from tests.presence.rows import us

PC = "pc:desk-3"


def row(at_s: float, kind: str, period_s: float, device_id: str = PC, **other: Any) -> dict[str, Any]:
    told = {"raw_id": 1, "source": "pc_idle", "received_at": us(at_s + period_s + 1), "device_id": device_id}
    told |= {"kind": kind, "observed_at": us(at_s), "period_s": period_s}
    return dict.fromkeys(ACTIVITY.names) | told | other


def sample(at_s: float, idle_s: float, device_id: str = PC, *, every_s: float = 5, **other: Any) -> dict[str, Any]:
    return row(at_s, "sample", every_s, device_id, idle_s=idle_s, **other)


def level(at_s: float, score: float, device_id: str = PC, **other: Any) -> dict[str, Any]:
    return row(at_s, "level", 600, device_id, score_pct=score, **other)


def minutes(first_s: float, bits: str, device_id: str = PC, **other: Any) -> list[dict[str, Any]]:
    """Bitmap minutes from one on: `1` with input, `0` without, anything else is not known."""
    told = [(first_s + 60 * at, bit) for at, bit in enumerate(bits) if bit in "01"]
    return [row(at_s, "bitmap", 60, device_id, active=bit == "1", **other) for at_s, bit in told]


def stretch(kind: str, start_s: float, end_s: float, active: bool, device_id: str = PC, **other: Any) -> dict[str, Any]:
    """An imported stretch (`interval`) or a `correction`."""
    return row(start_s, kind, end_s - start_s, device_id, active=active, **other)


def polled(
    inputs: Iterable[float], start_s: float, end_s: float, device_id: str = PC, *, every_s: float = 5, **other: Any
) -> list[dict[str, Any]]:
    """What an agent that looks at regular moments sees of inputs at these moments; the first input is before it."""
    moments = sorted(inputs)
    looks = [start_s + n * every_s for n in range(int((end_s - start_s) // every_s) + 1)]
    return [
        sample(at, at - max(one for one in moments if one <= at), device_id, every_s=every_s, **other) for at in looks
    ]


def anchor() -> list[float]:
    """The inputs of the anchor case (wire/sigfox.md 8.2)."""
    return [*range(0, 601, 20), 900, 905, *range(1500, 1801, 20)]


def activity_of(engine: DuckEngine, rows: Iterable[Mapping[str, Any]]) -> Relation:
    return engine.from_arrow(pa.Table.from_pylist(list(rows), schema(ACTIVITY)))


def info_of(engine: DuckEngine, *listed: tuple[str, str, str]) -> Relation:
    """devices.csv: device_id, same_as, person."""
    names = ("device_id", "same_as", "person")
    columns = {name: pa.array([one[at] for one in listed], pa.string()) for at, name in enumerate(names)}
    return engine.from_arrow(pa.table(columns))


def shown(spans: pa.Table) -> list[tuple[str, float, float, str]]:
    """state, start, end (seconds), basis."""
    origin, us_a_second = us(0), 1e6
    second: Callable[[int], float] = lambda at: (at - origin) / us_a_second  # noqa: E731
    return [(one["state"], second(one["start_us"]), second(one["end_us"]), one["basis"]) for one in spans.to_pylist()]
