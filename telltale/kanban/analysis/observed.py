"""When captures were listening: heartbeats joined into stretches; what lies between them is a hole, not silence.

Source: wire/kanban.md 7 (observed time T).
"""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from telltale.engine import Engine, Relation

SLACK_US = 1_000_000
"""Heartbeats this close belong together: a timer is a little late, and covered_s has been rounded."""

COVERED = """
select collector, interface, unix_micros(observed_at) - cast(floor(covered_s * 1e6) as bigint) as start_us,
  unix_micros(observed_at) as end_us, frames, unlisted, drops
from collector_heartbeat
"""
COVERED_BY_DAY = COVERED.replace("select ", "select day_us, raw_id, ")
"""The same of heartbeats that say when their day begins."""

NAMED = """
select collector, interface, timestamp_micros(start_us) as start, timestamp_micros(end_us) as end, frames, unlisted,
  drops, heartbeats
from stretch
order by collector, interface, start
"""

_CAPTURE, _COUNTS = ("collector", "interface"), ("frames", "unlisted", "drops")
STRETCHES = pa.schema(
    [(name, pa.string()) for name in _CAPTURE]
    + [(name, pa.int64()) for name in ("start_us", "end_us", *_COUNTS, "heartbeats")]
)


def observed(engine: Engine, heartbeats: Relation) -> Relation:
    """Join the heartbeats of each capture into the stretches it listened without a break.

    Args:
        engine: where it runs.
        heartbeats: rows of `tables.COLLECTOR_HEARTBEAT`, each natural key once; any order.

    Returns:
        collector, interface, start, end, frames, unlisted, drops (sums over the heartbeats; one that lies inside
        another counted the same frames), heartbeats (how many); sorted by collector, interface, start. Two captures may
        have listened at the same time: the time observed is their union.
    """
    covered = engine.run(COVERED, {"collector_heartbeat": heartbeats})
    return named_stretches(engine, engine.apply(joined, covered, by=_CAPTURE, schema=STRETCHES))


def named_stretches(engine: Engine, stretches: Relation) -> Relation:
    """Stretches of `STRETCHES` with the columns and in the order of `observed`."""
    return engine.run(NAMED, {"stretch": stretches})


def touching(stretches: pa.Table) -> pa.Table:
    """Those of one capture that follow without a break as one; each begins and ends after the one before it."""
    if not stretches.num_rows:
        return stretches
    start, end = stretches["start_us"].to_numpy(), stretches["end_us"].to_numpy()
    reach = np.maximum.accumulate(end)
    first = np.append(0, 1 + np.flatnonzero(start[1:] > reach[:-1] + SLACK_US))
    made = {name: pa.repeat(stretches[name][0], len(first)) for name in _CAPTURE}
    made |= {"start_us": start[first], "end_us": reach[np.append(first[1:] - 1, len(reach) - 1)]}
    made |= {name: np.add.reduceat(stretches[name].to_numpy(), first) for name in (*_COUNTS, "heartbeats")}
    return pa.table(made, schema=STRETCHES)


def joined(rows: pa.Table) -> pa.Table:
    """The stretches of what heartbeats cover, in numpy: a window over a year of minutes costs DuckDB twice as much.

    Args:
        rows: collector, interface, start_us, end_us, frames, unlisted, drops; all of a capture, in any order.
    """
    captures = [pc.dictionary_encode(rows[name].combine_chunks()) for name in _CAPTURE]
    number = captures[0].indices.to_numpy() * np.int64(len(captures[1].dictionary)) + captures[1].indices.to_numpy()
    parts = [_of_capture(rows.filter(pa.array(number == one))) for one in np.unique(number)]
    return pa.concat_tables([STRETCHES.empty_table(), *parts])


def _of_capture(rows: pa.Table) -> pa.Table:
    start, end = rows["start_us"].to_numpy(), rows["end_us"].to_numpy()
    order = np.lexsort((-end, start))
    start, end = start[order], end[order]
    reach = np.maximum.accumulate(end)
    # What lies inside another counted the same frames again: a part of a capture was replayed.
    inside = np.append(False, (end[1:] <= reach[:-1]) & (start[1:] < reach[:-1]))
    first = np.append(0, 1 + np.flatnonzero(start[1:] > reach[:-1] + SLACK_US))
    told = {name: pa.repeat(rows[name][0], len(first)) for name in _CAPTURE}
    told |= {"start_us": start[first], "end_us": reach[np.append(first[1:] - 1, len(reach) - 1)]}
    told |= {name: np.add.reduceat(np.where(inside, 0, rows[name].to_numpy()[order]), first) for name in _COUNTS}
    told["heartbeats"] = np.add.reduceat(np.where(inside, 0, 1), first)
    return pa.table(told, schema=STRETCHES)
