"""Which node a visitor is nearest to, how long it stays in a zone, and how visitors move between zones.

Source: wire/presence.md 6.5.
"""

from typing import NamedTuple

from telltale.engine import Engine, Relation
from telltale.presence.analysis.rules import Rules
from telltale.presence.analysis.visits import usable

HEARD = """
select v.site, v.device, v.address_kind, v.entered_at, s.node_id, s.slot, max(s.rssi_max_dbm) as dbm
from (
  select site, device, node_id, rssi_max_dbm, unix_micros(last_seen) as last_us,
    cast(floor(unix_micros(last_seen) / :slot_us) as bigint) as slot
  from sighting where rssi_max_dbm is not null
) s
inner join visit v on v.site = s.site and v.device = s.device
  and s.last_us >= unix_micros(v.entered_at) and s.last_us <= unix_micros(v.left_at)
where v.class in ('visitor', 'engaged')
group by v.site, v.device, v.address_kind, v.entered_at, s.node_id, s.slot
"""

DECIDED = """
select site, device, address_kind, entered_at, slot,
  case when next_dbm is null or (dbm > next_dbm and dbm - next_dbm >= :hysteresis_db) then node_id end as node_id
from (
  select *, lead(dbm) over (partition by site, device, entered_at, slot order by dbm desc, node_id) as next_dbm,
    row_number() over (partition by site, device, entered_at, slot order by dbm desc, node_id) as place
  from heard
) ranked
where place = 1
"""
"""The loudest node where it leads by enough, else null: the slot leaves the owner as it is."""

OWNERS = """
select site, device, address_kind, entered_at, slot,
  max(node_id) over (partition by site, device, entered_at, decision_no) as node_id
from (
  select *, count(node_id) over (partition by site, device, entered_at order by slot
    rows between unbounded preceding and current row) as decision_no
  from decided
) numbered
"""

MOVES = """
select m.site, m.device, m.address_kind, timestamp_micros(m.slot * :slot_us) as moved_at, m.from_node, m.to_node,
  coalesce(f.zone, m.from_node) as from_zone, coalesce(t.zone, m.to_node) as to_zone
from (
  select site, device, address_kind, slot, node_id as to_node,
    lag(node_id) over (partition by site, device, entered_at order by slot) as from_node
  from owner
) m
left join zone f on f.node_id = m.from_node
left join zone t on t.node_id = m.to_node
where m.from_node <> m.to_node
order by moved_at, m.site, m.device
"""

TRANSITIONS = """
select site, from_zone, to_zone, count(*) as moves, count(distinct device) as devices
from move where from_zone <> to_zone group by site, from_zone, to_zone order by site, from_zone, to_zone
"""

ZONE_DWELL = """
select o.site, coalesce(z.zone, o.node_id) as zone, o.address_kind, count(*) * :slot_us / 1e6 as device_s,
  count(distinct o.device) as devices
from owner o left join zone z on z.node_id = o.node_id
group by o.site, coalesce(z.zone, o.node_id), o.address_kind
order by o.site, zone, o.address_kind
"""


class Moves(NamedTuple):
    """What the slots of the visitors say about zones."""

    each: Relation
    """One row per change of owner: site, device, address_kind, moved_at (start of the slot), from_node, to_node,
    from_zone, to_zone; sorted by moved_at, site, device."""
    transitions: Relation
    """site, from_zone, to_zone, moves, devices; between different zones only; sorted."""
    zones: Relation
    """site, zone, address_kind, device_s, devices; zone null: slots before any node led clearly; sorted."""


def moves(
    engine: Engine,
    sightings: Relation,
    visits: Relation,
    zones: Relation,
    *,
    rules: Rules | None = None,
    hysteresis_db: int = 6,
    slot_s: int = 30,
) -> Moves:
    """Follow the visitors from node to node.

    In each slot the node with the largest signal owns the device; a tie or a lead smaller than `hysteresis_db` leaves
    the owner as it is.

    Args:
        engine: where it runs.
        sightings: rows of `tables.SIGHTING`.
        visits: the visits made of them.
        zones: node_id, zone; a node without a zone is its own.
        rules: which sightings are usable; None takes the defaults of the sheet.
        hysteresis_db: the lead that decides, in dB; 0 lets any lead decide.
        slot_s: length of a slot: the nodes' report interval.
    """
    slot_us = slot_s * 1_000_000
    usable_rows = usable(engine, sightings, rules or Rules())
    heard = engine.run(HEARD, {"sighting": usable_rows, "visit": visits}, slot_us=slot_us)
    decided = engine.run(DECIDED, {"heard": heard}, hysteresis_db=hysteresis_db)
    owner = engine.keep(engine.run(OWNERS, {"decided": decided}))
    each = engine.keep(engine.run(MOVES, {"owner": owner, "zone": zones}, slot_us=slot_us))
    return Moves(
        each,
        engine.run(TRANSITIONS, {"move": each}),
        engine.run(ZONE_DWELL, {"owner": owner, "zone": zones}, slot_us=slot_us),
    )
