"""How long a session counts as a stay: as long as it lasts, or with hysteresis from strong to still strong enough.

Source: wire/presence.md 6.2 (Cisco's samples start a visit at one level and sustain it at a lower one).
"""

from telltale.engine import Engine, Relation
from telltale.presence.analysis.rules import Rules
from telltale.presence.analysis.sessionise import Hysteresis

WHOLE = "select *, last_us - first_us as stay_us from session"

HELD = "select *, greatest(held_to_us - held_from_us, 0) as stay_us from session"
"""A session that was never strong enough begins at the end of time: it lasts no time at all."""


def hysteresis(rules: Rules) -> Hysteresis | None:
    """The levels the sessions must be told; None where a stay is the whole session."""
    return None if rules.sustain_dbm is None else Hysteresis(rules.visitor_dbm, rules.sustain_dbm)


def judged_stays(engine: Engine, session: Relation, rules: Rules) -> Relation:
    """The sessions with `stay_us`, the time the class is judged by.

    With `rules.sustain_dbm` it runs from the first sighting at `visitor_dbm` or more to the end of the last at
    `sustain_dbm` or more; one that is associated counts as both.
    """
    return engine.run(WHOLE if rules.sustain_dbm is None else HELD, {"session": session})
