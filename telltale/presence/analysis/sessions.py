"""Sightings joined into sessions: the longest stretches of presence of a device without a silence over the gap.

The work is a fold over stretches of time, so that memory stays bounded: each stretch is handed the sessions of the one
before that may go on. Sightings enter the stretch their `first_seen` lies in, hence in the very order the definition
asks for, and the result is exact wherever the stretches meet. An engine without a bound takes one stretch.

Source: wire/presence.md 6.1; DESIGN section 7 (sessions are associative); measured in bench/analysis.py.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from telltale.engine import Engine, Relation
from telltale.presence.analysis.node_sets import Numbering
from telltale.presence.analysis.sessionise import Hysteresis, session_schema, sessionise

HOUR_US = 3_600_000_000
HOURS_A_DAY = 24
SIGHTINGS_A_SESSION = 5
"""At least so many on average: what a step holds in sessions is then no more than what it holds in sightings."""

HOURS = """
select cast(floor(unix_micros(first_seen) / :hour_us) as bigint) as hour, count(*) as sightings
from sighting group by cast(floor(unix_micros(first_seen) / :hour_us) as bigint) order by hour
"""

STRETCH = """
select n.site_no, s.device, unix_micros(s.first_seen) as first_us, unix_micros(s.last_seen) as last_us, n.node_no,
  s.frames, s.rssi_max_dbm, cast(s.associated as int) as associated,
  case when s.address_kind = 'local' then 1 else 0 end as is_local
from sighting s inner join node n on s.site = n.site and s.node_id = n.node_id
where s.first_seen >= timestamp_micros(:from_us) and s.first_seen < timestamp_micros(:to_us)
"""


class Stretch(NamedTuple):
    """A part of the time the sightings cover, half-open, in microseconds."""

    from_us: int
    to_us: int


def sessions(
    engine: Engine,
    sightings: Relation,
    *,
    cut: Sequence[Stretch],
    numbered: Numbering,
    gap_us: int,
    levels: Hysteresis | None = None,
) -> Iterator[Relation]:
    """Join the sightings of each device into sessions.

    Args:
        engine: where it runs.
        sightings: usable rows of `tables.SIGHTING`, each natural key once; any order.
        cut: the stretches that cover them, of `stretches`.
        numbered: the nodes of these sightings.
        gap_us: longest silence inside a session.
        levels: where a stay is not the whole session.

    Yields:
        the sessions that have ended, many at a time, each of them once. One row per session: site_no, device, first_us,
        last_us, sightings, frames, rssi_max_dbm, associated (0, 1), is_local (0, 1), flips, silence_us (all silences
        together), silence_max_us, nodes_0 … (bits), with levels held_from_us and held_to_us; any order.
    """
    nodes = engine.from_arrow(numbered.rows)
    rows = (engine.run(STRETCH, {"sighting": sightings, "node": nodes}, **stretch._asdict()) for stretch in cut)
    kernel = partial(sessionise, gap_us=gap_us, words=numbered.words, levels=levels)
    if len(cut) == 1:
        schema = session_schema(numbered.words, levels)
        yield engine.apply(kernel, next(rows), by=("site_no", "device"), schema=schema)
        return
    ends_us = [stretch.from_us - gap_us for stretch in cut[1:]] + [ALWAYS.to_us]
    for ended in _many(_fold(kernel, rows, ends_us), engine.batch_rows // SIGHTINGS_A_SESSION):
        yield engine.from_arrow(ended)


def _fold(kernel: Callable[..., pa.Table], stretched: Iterator[Relation], ends_us: list[int]) -> Iterator[pa.Table]:
    """The sessions of one stretch after the other, each as soon as nothing can join it any more."""
    before: pa.Table | None = None
    for rows, end_us in zip(stretched, ends_us, strict=True):
        session = kernel(rows.arrow(), before=before)
        ended = pc.less(session["last_us"], end_us)
        before = session.filter(pc.invert(ended))
        yield session.filter(ended)


def _many(parts: Iterator[pa.Table], rows: int) -> Iterator[pa.Table]:
    """The parts, joined until they have so many rows: what is made of them costs the same for a few."""
    waiting: list[pa.Table] = []
    for part in parts:
        waiting.append(part)
        if sum(each.num_rows for each in waiting) >= rows:
            yield pa.concat_tables(waiting)
            waiting.clear()
    if waiting:
        yield pa.concat_tables(waiting)


def stretches(engine: Engine, sightings: Relation, rows: int) -> list[Stretch]:
    """Cut the time into stretches of at most `batch_rows` sightings, at midnight UTC unless a day has more.

    Args:
        engine: where it runs.
        sightings: with `first_seen`.
        rows: how many there are; few enough make one stretch without looking.
    """
    if rows <= engine.batch_rows:
        return [ALWAYS]
    hours = engine.run(HOURS, {"sighting": sightings}, hour_us=HOUR_US).arrow()
    days: dict[int, list[tuple[int, int]]] = {}
    for hour, count in zip(hours["hour"].to_pylist(), hours["sightings"].to_pylist(), strict=True):
        days.setdefault(hour // HOURS_A_DAY, []).append((hour, count))
    found: list[Stretch] = []
    held = 0
    for first, last, count in (unit for day in days.values() for unit in _units(day, engine.batch_rows)):
        if found and held + count <= engine.batch_rows:
            found[-1] = found[-1]._replace(to_us=(last + 1) * HOUR_US)
            held += count
        else:
            found.append(Stretch(first * HOUR_US, (last + 1) * HOUR_US))
            held = count
    return found


ALWAYS = Stretch(0, 2**52)
"""From 1970 to 2112: more than rule R6 lets in."""


def _units(hours: list[tuple[int, int]], most: int) -> list[tuple[int, int, int]]:
    """A day as one unit (first hour, last hour, sightings), or its hours where it has more than `most`."""
    total = sum(count for _, count in hours)
    if total <= most:
        return [(hours[0][0], hours[-1][0], total)]
    return [(hour, hour, count) for hour, count in hours]
