"""What touches a period: visits, living nodes, and how many were there at once.

Periods are half-open [start, end), sessions closed [entered, left]. Day figures and the occupancy series share this.
What overlaps what is found through keys: the time is cut into stretches as long as the shortest period, so that a join
on equal numbers leaves at most two periods to look at. A join by range alone took ten times as long.

Source: wire/presence.md 6.3 and 6.4; measured in bench/analysis.py.
"""

from typing import NamedTuple

import pyarrow as pa

from telltale.analysis.levels import ADDED, with_levels
from telltale.engine import Engine, Relation

SHOWN = {"address_kind": ["global", "local", "global", "local"], "shown_as": ["global", "local", "all", "all"]}
"""Under which kinds a visit is shown: its own, and `all`."""

PLACES = pa.schema(
    [("key_no", pa.int64()), ("first_key", pa.int64()), ("start_us", pa.int64()), ("end_us", pa.int64())]
)

PRESENT = """
select site, address_kind, device, unix_micros(entered_at) as entered_us, unix_micros(left_at) as left_us, dwell_s,
  cast(associated as int) as associated, case when class = 'passer_by' then 0 else 1 end as is_visitor,
  case when class = 'engaged' then 1 else 0 end as is_engaged
from visit
where (class in ('visitor', 'engaged') or (class = 'passer_by' and not :visitors_only))
  and entered_at < timestamp_micros(:to_us) and left_at >= timestamp_micros(:from_us)
"""

TOUCHING = """
select v.site, v.address_kind, v.device, v.entered_us, v.left_us, v.dwell_s, v.associated, v.is_visitor, v.is_engaged,
  v.level, v.level_all, p.start_us, p.end_us
from (
  select *, cast(floor(greatest(entered_us, :from_us) / :key_us) as bigint) as first_key,
    explode(sequence(cast(floor(greatest(entered_us, :from_us) / :key_us) as bigint),
      cast(floor(least(left_us, :to_us - 1) / :key_us) as bigint))) as key_no
  from visit
) v
inner join place p on p.key_no = v.key_no and v.key_no = greatest(v.first_key, p.first_key)
  and v.entered_us < p.end_us and v.left_us >= p.start_us
"""
"""A visit and a period may have several keys in common: they meet at the first one only."""

LEVELS = """cast(sum(case when entered_us < start_us then is_visitor else 0 end) as bigint) as there_before,
  max(case when entered_us >= start_us then level else 0 end) as level,
  max(case when entered_us >= start_us then level_all else 0 end) as level_all"""
"""The visitors there as a period begins, and the most as one arrives in it: the larger is the peak."""

DEVICE_S = """sum(case when is_visitor = 1 then least(left_us, end_us) - greatest(entered_us, start_us) else 0 end)
  / 1e6 as device_s"""

REPORTING = """
select site, start_us, count(distinct node_id) as nodes, count(distinct slot) as slots
from (
  select distinct h.site, h.node_id, h.slot, p.start_us
  from (
    select site, node_id, unix_micros(observed_at) as at_us,
      cast(floor(unix_micros(observed_at) / :key_us) as bigint) as key_no,
      cast(floor(unix_micros(observed_at) / :slot_us) as bigint) as slot
    from heartbeat
  ) h
  inner join place p on p.key_no = h.key_no and h.at_us >= p.start_us and h.at_us < p.end_us
) alive
group by site, start_us
"""

GRID = """
select s.site, k.shown_as as address_kind, p.label, p.start_us, p.end_us
from (select site from visit union select site from heartbeat) s
  cross join (select distinct shown_as from shown) k cross join period p
"""


PRESENT_SCHEMA = pa.schema(
    [
        ("site", pa.string()),
        ("address_kind", pa.string()),
        ("device", pa.int64()),
        ("entered_us", pa.int64()),
        ("left_us", pa.int64()),
        ("dwell_s", pa.float64()),
        ("associated", pa.int32()),
        ("is_visitor", pa.int32()),
        ("is_engaged", pa.int32()),
        *ADDED,
    ]
)


class Places(NamedTuple):
    """Periods that can be found by key."""

    rows: Relation
    """key_no, first_key, start_us, end_us: a row for each key a period has a part of."""
    key_us: int
    """The key of a moment is the whole part of moment / key_us."""
    from_us: int
    to_us: int


def places(engine: Engine, periods: pa.Table) -> Places:
    """Give periods (label, start_us, end_us; in order, apart) the keys to find them by."""
    both = zip(periods["start_us"].to_pylist(), periods["end_us"].to_pylist(), strict=True)
    spans = [(start, end) for start, end in both if start < end]
    key_us = min((end - start for start, end in spans), default=1)
    rows = [
        {"key_no": key, "first_key": start // key_us, "start_us": start, "end_us": end}
        for start, end in spans
        for key in range(start // key_us, (end - 1) // key_us + 1)
    ]
    from_us, to_us = (spans[0][0], spans[-1][1]) if spans else (0, 0)
    return Places(engine.from_arrow(pa.Table.from_pylist(rows, PLACES)), key_us, from_us, to_us)


def touching(engine: Engine, visits: Relation, found: Places, *, visitors_only: bool = False) -> Relation:
    """Each visit that is not ignored, with each period it touches.

    Returns:
        site, address_kind (global, local), device, entered_us, left_us, dwell_s, associated, is_visitor, is_engaged (0,
        1), level, level_all (of `levels`), start_us, end_us; any order.
    """
    span = {"from_us": found.from_us, "to_us": found.to_us}
    present = engine.run(PRESENT, {"visit": visits}, visitors_only=visitors_only, **span)
    leveled = engine.apply(with_levels, present, by=("site",), schema=PRESENT_SCHEMA)
    return engine.run(TOUCHING, {"visit": leveled, "place": found.rows}, key_us=found.key_us, **span)


def reporting(engine: Engine, heartbeats: Relation, found: Places, *, slot_s: int) -> Relation:
    """Per site and period with a heartbeat: how many nodes reported, in how many slots of `slot_s` any of them did."""
    relations = {"heartbeat": heartbeats, "place": found.rows}
    return engine.run(REPORTING, relations, key_us=found.key_us, slot_us=slot_s * 1_000_000)


def grid(engine: Engine, visits: Relation, heartbeats: Relation, periods: pa.Table) -> Relation:
    """Every site, address_kind and period, so that a quiet period is a row of zeros and not a hole."""
    relations = {"visit": visits, "heartbeat": heartbeats, "period": engine.from_arrow(periods), "shown": shown(engine)}
    return engine.run(GRID, relations)


def shown(engine: Engine) -> Relation:
    """Under which kinds a visit is shown: its own and `all`."""
    return engine.from_arrow(pa.table(SHOWN))
