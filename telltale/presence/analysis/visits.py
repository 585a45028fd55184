"""Visits: the sessions of the devices at a site, and what each was: engaged, visitor, passer-by or ignored.

Source: wire/presence.md 6.1 and 6.2.
"""

# ruff: noqa: S608 - texts are composed of names of ours; values are given to the engine
import datetime as dt
from collections.abc import Callable, Collection, Sequence

import pyarrow as pa

from telltale.analysis.dense import dense, in_order
from telltale.analysis.periods import SECOND_US
from telltale.arrow import empty
from telltale.engine import Engine, Relation, filed
from telltale.presence.analysis.node_sets import Numbering, names_of_sets, numbering
from telltale.presence.analysis.rules import Rules
from telltale.presence.analysis.sessionise import node_words
from telltale.presence.analysis.sessions import Stretch, sessions, stretches
from telltale.presence.analysis.stays import hysteresis, judged_stays
from telltale.tables import CLOCK_WRONG, SIGHTING, VISIT

USABLE = """
select site, node_id, device, {first_seen} as first_seen, last_seen, frames, rssi_max_dbm, associated, address_kind,
  {filed_at} as filed_at
from sighting
where radio = :radio and case when flags = '' then true else not regexp_like(concat(',', flags, ','), :excluded) end
"""
"""The case spares nearly every row the expression; with `or` the engine looks at all of them."""

TOUCHED = """
select distinct s.site_no, s.device, s.first_us
from session s inner join cut c on c.cut_us >= s.first_us - :gap_us and c.cut_us <= s.last_us + :gap_us
"""


ORDER = ("entered_at", "site", "device")


def visits(
    engine: Engine,
    sightings: Relation,
    *,
    rules: Rules | None = None,
    cuts: Sequence[int] = (),
    key_starts: Sequence[int] = (),
    of_days: Callable[[Collection[dt.date]], Relation] | None = None,
) -> Relation:
    """Join the sightings of each device into visits.

    Args:
        engine: where it runs.
        sightings: rows of `tables.SIGHTING`, each natural key once; any order. Sessions that began before the period
            of interest are whole only if the sightings reach back that far.
        rules: thresholds; None takes the defaults of the sheet.
        cuts: moments (µs UTC) where the data or a key period begins or ends; a session within a gap of one says `cut`.
        key_starts: moments (µs UTC) at which a key period begins. A sighting begins no earlier than the period of its
            `last_seen`, whose key its pseudonym is of: what was heard before is told by the rows of the key before.
        of_days: those of the sightings that are filed under some days (UTC), so that each stretch of a long time reads
            its own days only; None reads all of them for each.

    Returns:
        one row per session, whatever its class, with the columns of `tables.VISIT`, sorted by entered_at, site, device.
        Empty in, empty out.
    """
    rules = rules or Rules()
    numbered = numbering(engine, sightings)
    if not numbered.rows.num_rows:
        return engine.from_arrow(empty(VISIT))
    usable_rows = usable(engine, sightings, rules, key_starts)
    cut = stretches(engine, usable_rows, numbered.sightings)
    levels = hysteresis(rules)

    def of_stretch(stretch: Stretch) -> Relation:
        if of_days is None or len(cut) == 1:
            return usable_rows
        return usable(engine, of_days(stretch.days), rules, key_starts)

    ended = sessions(engine, of_stretch, cut=cut, numbered=numbered, gap_us=rules.gap_us, levels=levels)
    judged = (_judged(engine, session, numbered, rules, cuts) for session in ended)
    if len(cut) == 1:
        return engine.keep(next(judged))
    return engine.from_arrow(in_order([dense(part.arrow()) for part in judged], by=ORDER))


def _judged(engine: Engine, session: Relation, numbered: Numbering, rules: Rules, cuts: Sequence[int]) -> Relation:
    """The visits that some sessions are, in their order."""
    relations = {
        "session": judged_stays(engine, session, rules),
        "touched": engine.run(
            TOUCHED, {"session": session, "cut": engine.from_arrow(_cuts(cuts))}, gap_us=rules.gap_us
        ),
        "node_set": _node_sets(engine, session, numbered),
    }
    return engine.run(
        visit_text(numbered.words),
        relations,
        visitor_us=rules.visitor_s * SECOND_US,
        engaged_us=rules.engaged_s * SECOND_US,
        visitor_dbm=rules.visitor_dbm,
        passer_dbm=rules.passer_dbm,
    )


def usable(engine: Engine, sightings: Relation, rules: Rules, key_starts: Sequence[int] = ()) -> Relation:
    """The sightings that may enter sessions: of the rules' radio, unflagged, and cut where the key of each begins.

    A sender that keeps `first_seen` for hours sends it under the next key too. Without the cut one stay would be two
    that overlap, of two devices there at once. `filed_at` is the moment whose day a row is filed under.
    """
    excluded = f",({'|'.join(rules.excluded_flags)}),"
    filed_at = SIGHTING.time if set(CLOCK_WRONG) <= {*rules.excluded_flags} else filed(SIGHTING)
    text = USABLE.format(first_seen=_clipped(key_starts), filed_at=filed_at)
    return engine.run(text, {"sighting": sightings}, radio=rules.radio, excluded=excluded)


def _clipped(key_starts: Sequence[int]) -> str:
    """The expression of a sighting's beginning: written out, since keys change a few times and rows are millions."""
    newest_first = sorted((int(start) for start in key_starts if start > 0), reverse=True)
    if not newest_first:
        return "first_seen"
    begins = " ".join(
        f"when last_seen >= timestamp_micros({start}) then timestamp_micros({start})" for start in newest_first
    )
    return f"greatest(first_seen, case {begins} else first_seen end)"


def _cuts(cuts: Sequence[int]) -> pa.Table:
    return pa.table({"cut_us": pa.array(sorted(set(cuts)), pa.int64())})


def _node_sets(engine: Engine, session: Relation, numbered: Numbering) -> Relation:
    keys = ", ".join(["site_no", *node_words(numbered.words)])
    different = engine.run(f"select distinct {keys} from session order by {keys}", {"session": session})
    return engine.from_arrow(names_of_sets(different.arrow(), numbered))


def visit_text(words: int) -> str:
    """The text that names the nodes, judges each session and gives it the columns of `tables.VISIT`."""
    same_set = " and ".join(f"n.{name} = s.{name}" for name in ("site_no", *node_words(words)))
    return f"""
select site, device, case when is_local = 1 then 'local' else 'global' end as address_kind,
  timestamp_micros(first_us) as entered_at, timestamp_micros(last_us) as left_at, (last_us - first_us) / 1e6 as dwell_s,
  case when visitor and stay_us >= :engaged_us then 'engaged' when visitor then 'visitor'
    when rssi_max_dbm is null or rssi_max_dbm >= :passer_dbm then 'passer_by' else 'ignored' end as class,
  frames, sightings, rssi_max_dbm, nodes, associated = 1 as associated, flips as associated_flips,
  silence_us / 1e6 / nullif(sightings - 1, 0) as silence_mean_s,
  case when sightings > 1 then silence_max_us / 1e6 end as silence_max_s, cut
from (
  select n.site, n.nodes, s.*, t.first_us is not null as cut,
    s.associated = 1 or (s.stay_us >= :visitor_us
      and coalesce(s.rssi_max_dbm >= :visitor_dbm, false)) as visitor
  from session s
  inner join node_set n on {same_set}
  left join touched t on t.site_no = s.site_no and t.device = s.device and t.first_us = s.first_us
) judged
order by {", ".join(ORDER)}
"""
