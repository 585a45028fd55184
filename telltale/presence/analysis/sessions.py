"""Sightings joined into sessions: the longest stretches of presence of a device without a silence over the gap.

The work is a fold over stretches of time, so that memory stays bounded: each stretch is handed the sessions of the one
before that may go on. Sightings enter the stretch their `first_seen` lies in, hence in the very order the definition
asks for, and the result is exact wherever the stretches meet. An engine without a bound takes one stretch.

A stretch knows the days (UTC) its sightings are filed under, so that it reads the files of those and no others: over a
year, every stretch opening every file costs more than the sessions. They are counted, not guessed from the times of
the files: a row is filed under the end of a sighting, which may have begun hours or days before.

Source: wire/presence.md 6.1; DESIGN section 7 (sessions are associative); measured in bench/analysis.py.
"""

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import groupby
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from telltale.arrow import DAY_US, utc_day
from telltale.engine import Engine, Relation
from telltale.presence.analysis.node_sets import Numbering
from telltale.presence.analysis.sessionise import Hysteresis, session_schema, sessionise

HOUR_US = 3_600_000_000
HOURS_A_DAY = 24
SIGHTINGS_A_SESSION = 5
"""At least so many on average: what a step holds in sessions is then no more than what it holds in sightings."""

HOURS = """
select cast(floor(unix_micros(first_seen) / :hour_us) as bigint) as hour, count(*) as sightings,
  min(unix_micros(filed_at)) as filed_from_us, max(unix_micros(filed_at)) as filed_to_us
from sighting group by cast(floor(unix_micros(first_seen) / :hour_us) as bigint) order by hour
"""
"""The two ends cost a fifth less than the very days, and those between them are few."""

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
    days: frozenset[dt.date]
    """The days (UTC) its sightings are filed under, maybe others; none are named where it is the only stretch."""


def sessions(
    engine: Engine,
    sightings: Callable[[Stretch], Relation],
    *,
    cut: Sequence[Stretch],
    numbered: Numbering,
    gap_us: int,
    levels: Hysteresis | None = None,
) -> Iterator[Relation]:
    """Join the sightings of each device into sessions.

    Args:
        engine: where it runs.
        sightings: usable rows of `tables.SIGHTING`, each natural key once; any order. All those of a stretch, and maybe
            others.
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
    rows = (
        engine.run(
            STRETCH, {"sighting": sightings(stretch), "node": nodes}, from_us=stretch.from_us, to_us=stretch.to_us
        )
        for stretch in cut
    )
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
        sightings: with `first_seen`, and `filed_at`, whose day they are filed under.
        rows: how many there are; few enough make one stretch without looking.
    """
    if rows <= engine.batch_rows:
        return [ALWAYS]
    found: list[_Part] = []
    for unit in _units(engine, sightings):
        if found and found[-1].sightings + unit.sightings <= engine.batch_rows:
            found[-1] = _joined([found[-1], unit])
        else:
            found.append(unit)
    return [Stretch(part.first_hour * HOUR_US, (part.last_hour + 1) * HOUR_US, part.days()) for part in found]


ALWAYS = Stretch(0, 2**52, frozenset())
"""From 1970 to 2112: more than rule R6 lets in."""


class _Part(NamedTuple):
    """Some hours since 1970: the first and last of them, how many sightings began in them, and when those are filed."""

    first_hour: int
    last_hour: int
    sightings: int
    filed_from_us: int
    filed_to_us: int

    def days(self) -> frozenset[dt.date]:
        """The days (UTC) they are filed under, and those between."""
        return frozenset(map(utc_day, range(self.filed_from_us // DAY_US, self.filed_to_us // DAY_US + 1)))


def _units(engine: Engine, sightings: Relation) -> Iterator[_Part]:
    """The days in which sightings began, in order; of one with more than `batch_rows` its hours."""
    counted = engine.run(HOURS, {"sighting": sightings}, hour_us=HOUR_US).arrow()
    names = ("hour", "hour", "sightings", "filed_from_us", "filed_to_us")
    hours = map(_Part._make, zip(*(counted[name].to_pylist() for name in names), strict=True))
    for _, same_day in groupby(hours, key=lambda part: part.first_hour // HOURS_A_DAY):
        parts = list(same_day)
        whole = _joined(parts)
        yield from [whole] if whole.sightings <= engine.batch_rows else parts


def _joined(parts: Sequence[_Part]) -> _Part:
    """Parts in their order, as one."""
    return _Part(
        parts[0].first_hour,
        parts[-1].last_hour,
        sum(part.sightings for part in parts),
        min(part.filed_from_us for part in parts),
        max(part.filed_to_us for part in parts),
    )
