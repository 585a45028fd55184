"""The kernel that turns all records about a PC into stretches: active, away or unknown, each moment once.

Of several ways in which a PC is heard the best one of each moment counts: a correction over what is known of a sleep
or a locked screen, over samples over imported stretches over bitmap minutes over levels. Locked is away whatever was
typed at the lock; suspended is unknown with its reason.
"""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from telltale.activity.analysis import given, samples, seed, sparse
from telltale.activity.analysis.layers import BASES, STATES, Layer, Painted, painted
from telltale.activity.analysis.rules import SECOND_US, Rules

SIGNAL = ("device_id", "kind", "at_us", "idle_us", "score_pct", "active", "period_us", "raw_id", "received_us")
"""What the kernels are given: rows of table `activity`, device_id already that of the PC."""
LISTED = "listed"
"""Kind of a row that only says that there is such a PC."""

SPAN = pa.schema(
    [
        ("device_id", pa.string()),
        ("state", pa.string()),
        ("start_us", pa.int64()),
        ("end_us", pa.int64()),
        ("basis", pa.string()),
        ("is_sure", pa.bool_()),
        ("may_be", pa.bool_()),
        ("is_input", pa.bool_()),
    ]
)
"""A stretch: `basis` is empty where nothing is known, and suspended where that is why; `is_sure` and `may_be` say
whether it is certainly, and whether it is possibly, active; `is_input` whether it begins with a single input, which
makes no stretch of its own."""

LEVEL = pa.schema([("device_id", pa.string()), ("at_us", pa.int64()), ("score_pct", pa.float64())])
PAIR = pa.schema([("device_id", pa.string()), ("start_us", pa.int64()), ("end_us", pa.int64())])

Columns = dict[str, Any]


def spans(rows: pa.Table, *, since_us: int, until_us: int, rules: Rules) -> pa.Table:
    """The stretches of every PC between two moments: they touch, and together are exactly that long.

    Args:
        rows: columns `SIGNAL`, any order.
        since_us: µs UTC.
        until_us: exclusive.
        rules: thresholds.

    Returns:
        of `SPAN`, sorted by device_id, start_us; a PC of which nothing is known is one unknown stretch.
    """
    made = [_rows(device_id, painted(_layers(own, rules), since_us, until_us)) for device_id, own in _by_device(rows)]
    return pa.concat_tables(made) if made else SPAN.empty_table()


def seed_spans(rows: pa.Table, *, since_us: int, until_us: int, rules: Rules) -> pa.Table:
    """The same by the seed's rule: from level to level, active where both are above 0. Corrections do not count."""
    made = [
        _rows(device_id, painted([seed.seeded(*_levels(own), rules)], since_us, until_us))
        for device_id, own in _by_device(rows)
    ]
    return pa.concat_tables(made) if made else SPAN.empty_table()


def seed_pairs(rows: pa.Table) -> pa.Table:
    """From each level above 0 to the next, if that is above 0 too, whatever lies between: what the web app adds up."""
    made = []
    for device_id, own in _by_device(rows):
        starts, ends = seed.web_sum(*_levels(own))
        made.append(pa.table([pa.array([device_id] * len(starts), pa.string()), starts, ends], schema=PAIR))
    return pa.concat_tables(made) if made else PAIR.empty_table()


def seed_levels(rows: pa.Table) -> pa.Table:
    """The levels the seed's rule goes by: those that were sent; of a PC that sent none, as its samples give them."""
    made = []
    for device_id, own in _by_device(rows):
        at_us, score = _levels(own)
        made.append(pa.table([pa.array([device_id] * len(at_us), pa.string()), at_us, score], schema=LEVEL))
    return pa.concat_tables(made) if made else LEVEL.empty_table()


def _by_device(rows: pa.Table) -> Iterator[tuple[str, Columns]]:
    """The rows of each PC by kind, as arrays; in order of device_id."""
    for device_id in sorted(pc.unique(rows["device_id"]).to_pylist()):
        own = rows.filter(pc.equal(rows["device_id"], device_id))
        kinds = pc.unique(own["kind"]).to_pylist()
        yield device_id, {kind: own.filter(pc.equal(own["kind"], kind)) for kind in kinds if kind != LISTED}


def _layers(signals: Columns, rules: Rules) -> list[Layer]:
    """The layers of a PC, the best last."""
    make: dict[str, Callable[[pa.Table], list[Layer]]] = {
        "level": lambda rows: [sparse.levelled(_array(rows, "at_us"), _array(rows, "score_pct"), rules)],
        "bitmap": lambda rows: [sparse.mapped(_array(rows, "at_us"), _array(rows, "active"), rules)],
        "interval": lambda rows: [given.imported(*_given(rows), flood_us=round(rules.flood_s * SECOND_US))],
        "sample": lambda rows: _sampled(rows, rules),
        "locked": lambda rows: [given.locked(_array(rows, "at_us"), _array(rows, "period_us"), rules)],
        "suspended": lambda rows: [given.suspended(_array(rows, "at_us"), _array(rows, "period_us"))],
        "correction": lambda rows: given.corrected(*_given(rows), _array(rows, "received_us")),
    }
    return [layer for kind in make if kind in signals for layer in make[kind](signals[kind])]


def _sampled(rows: pa.Table, rules: Rules) -> list[Layer]:
    known = rows.filter(pc.is_valid(rows["idle_us"]))
    if not known.num_rows:
        return []
    at_us, idle_us, period_us, record = (_array(known, name) for name in ("at_us", "idle_us", "period_us", "raw_id"))
    return [samples.sampled(at_us, idle_us, period_us, record, rules)]


def _given(rows: pa.Table) -> tuple[Any, Any, Any]:
    return _array(rows, "at_us"), _array(rows, "period_us"), _array(rows, "active")


def _levels(signals: Columns) -> tuple[Any, Any]:
    if "level" in signals:
        return _array(signals["level"], "at_us"), _array(signals["level"], "score_pct")
    if "sample" in signals:
        known = signals["sample"].filter(pc.is_valid(signals["sample"]["idle_us"]))
        return seed.levels_of(_array(known, "at_us"), _array(known, "idle_us"))
    return np.array([], np.int64), np.array([], np.float64)


def _array(rows: pa.Table, name: str) -> Any:
    nothing = pa.scalar(0).cast(rows.schema.field(name).type)
    return pc.fill_null(rows[name], nothing).to_numpy()


def _rows(device_id: str, made: Painted) -> pa.Table:
    columns = [
        pa.array([device_id] * len(made.state), pa.string()),
        pa.array(STATES, pa.string()).take(pa.array(made.state)),
        made.bounds[:-1],
        made.bounds[1:],
        pa.array(BASES, pa.string()).take(pa.array(made.basis)),
        made.is_sure,
        made.may_be,
        made.is_input,
    ]
    return pa.table(columns, schema=SPAN)
