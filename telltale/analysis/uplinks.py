"""What a device's messages say of their way: which are missing, where its count began again, how well it is heard.

How many numbers there are, and how many messages a device can send, is each source's own (`Source.numbering`).
"""

from telltale.engine import Engine, Relation

STEPS = """
select d.device_id, d.seq, d.from_seq, d.at_us, d.from_us, (d.seq - d.from_seq + n.wrap - 1) % n.wrap as missing,
  n.per_day, n.burst
from (
  select source, device_id, seq, unix_micros(observed_at) as at_us,
    lag(seq) over (partition by device_id order by observed_at, seq, raw_id) as from_seq,
    lag(unix_micros(observed_at)) over (partition by device_id order by observed_at, seq, raw_id) as from_us
  from uplink
  where seq is not null
) d
join numbering n on n.source = d.source
where d.from_seq is null or d.seq <> d.from_seq or d.at_us - d.from_us > 1000000 * n.copy_s
"""

GAPS = """
select device_id, timestamp_micros(from_us) as after_at, timestamp_micros(at_us) as before_at, from_seq as after_seq,
  seq as before_seq, case when is_reset then null else missing end as missing, is_reset
from (
  select device_id, at_us, from_us, from_seq, seq, missing,
    missing > burst + (at_us - from_us) / 86400e6 * per_day as is_reset
  from step
  where from_seq is not null and missing > 0
) judged
order by device_id, after_at, before_at, after_seq
"""

LOSSES = """
select u.device_id, u.uplinks, u.first_at, u.last_at, coalesce(g.missing, 0) as missing, coalesce(g.gaps, 0) as gaps,
  coalesce(g.resets, 0) as resets,
  coalesce(g.missing, 0) / cast(nullif(u.numbered + coalesce(g.missing, 0), 0) as double) as missing_share,
  u.rssi_dbm, u.snr_db, u.weak_share
from (
  select device_id, count(*) as uplinks, count(seq) as numbered, min(observed_at) as first_at,
    max(observed_at) as last_at, percentile(rssi_dbm, 0.5e0) as rssi_dbm, percentile(snr_db, 0.5e0) as snr_db,
    count(case when link_quality = 'limit' then 1 end) / cast(nullif(count(link_quality), 0) as double) as weak_share
  from uplink
  group by device_id
) u
left join (
  select device_id, cast(sum(missing) as bigint) as missing, count(missing) as gaps,
    cast(sum(case when is_reset then 1 else 0 end) as bigint) as resets
  from gap
  group by device_id
) g on g.device_id = u.device_id
order by u.device_id
"""


def gaps(engine: Engine, uplinks: Relation, numbering: Relation) -> Relation:
    """Where numbers are missing between two messages that came, and where the count began again.

    From the last number to 0 nothing is missing. A device whose number went further than it can have sent in that time
    was reset or replaced: what it lost is unknown. Messages without a number say nothing here. Frames without data take
    numbers too: one that is not recorded, because nothing passes it on, looks like a missing message. Of a source
    without a rule nothing is said.

    Args:
        engine: where the texts run.
        uplinks: table `uplink`, each message once (`analysis.messages`); any order.
        numbering: by source: wrap (how many numbers there are before they start again), per_day (the most messages a
            device sends a day), burst (how many it may send on top), copy_s (the same number so soon is the same).

    Returns:
        device_id, after_at, before_at (the messages on both sides, UTC), after_seq, before_seq, missing (null for a
        reset), is_reset; sorted by device_id, after_at. Empty in, empty out.
    """
    steps = engine.run(STEPS, {"uplink": uplinks, "numbering": numbering})
    return engine.run(GAPS, {"step": steps})


def losses(engine: Engine, uplinks: Relation, gaps: Relation) -> Relation:
    """How much of what each device sent did not come, and how well it was heard.

    Args:
        engine: where the text runs.
        uplinks: table `uplink`, each message once.
        gaps: what `gaps` made of them.

    Returns:
        device_id, uplinks, first_at, last_at, missing, gaps, resets, missing_share (of all numbered
        messages known to have been sent; null where none is numbered), rssi_dbm, snr_db (medians), weak_share (of the
        messages whose link the network judged, those at its limit); sorted by device_id.
    """
    return engine.run(LOSSES, {"uplink": uplinks, "gap": gaps})
