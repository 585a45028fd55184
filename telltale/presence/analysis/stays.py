"""How long a session counts as a stay: as long as it lasts, or with hysteresis from strong to still strong enough.

Source: wire/presence.md 6.2 (Cisco's samples start a visit at one level and sustain it at a lower one).
"""

from telltale.engine import Engine, Relation
from telltale.presence.analysis.node_sets import Numbering
from telltale.presence.analysis.rules import Rules

WHOLE = "select *, last_us - first_us as stay_us from session"

HELD = """
select h.site_no, h.device, h.first_us,
  greatest(coalesce(max(case when h.sustains then h.seen_us end) - min(case when h.starts then h.heard_us end), 0), 0)
    as held_us
from (
  select e.site_no, s.device, e.first_us, unix_micros(s.first_seen) as heard_us, unix_micros(s.last_seen) as seen_us,
    s.associated or coalesce(s.rssi_max_dbm >= :start_dbm, false) as starts,
    s.associated or coalesce(s.rssi_max_dbm >= :sustain_dbm, false) as sustains
  from sighting s
  inner join node d on d.site = s.site and d.node_id = s.node_id
  inner join session e on e.site_no = d.site_no and e.device = s.device
    and unix_micros(s.first_seen) >= e.first_us and unix_micros(s.first_seen) <= e.last_us
) h
group by h.site_no, h.device, h.first_us
"""

SUSTAINED = """
select s.*, h.held_us as stay_us
from session s inner join held h on h.site_no = s.site_no and h.device = s.device and h.first_us = s.first_us
"""


def judged_stays(engine: Engine, session: Relation, sightings: Relation, numbered: Numbering, rules: Rules) -> Relation:
    """The sessions with `stay_us`, the time the class is judged by.

    With `rules.sustain_dbm` it runs from the first sighting at `visitor_dbm` or more to the end of the last at
    `sustain_dbm` or more; one that is associated counts as both.
    """
    if rules.sustain_dbm is None:
        return engine.run(WHOLE, {"session": session})
    relations = {"sighting": sightings, "node": engine.from_arrow(numbered.rows), "session": session}
    held = engine.run(HELD, relations, start_dbm=rules.visitor_dbm, sustain_dbm=rules.sustain_dbm)
    return engine.run(SUSTAINED, {"session": session, "held": held})
