"""Each message once, however many stations heard it and however many callbacks told of it.

What is the same message is each source's own (`Source.numbering`): the same number and payload again within `copy_s`,
the same payload without a number within `bare_copy_s`. A row without a number, or without a payload, is of the one
message of its device and second that has them.
"""

from telltale.engine import Engine, Relation
from telltale.tables import UPLINK

_SAID = tuple(name for name in UPLINK.names if name not in {"source", *UPLINK.key})
"""What copies may differ in."""
_MESSAGE = "source, device_id, seq, data, message_no"
_BEST = f"partition by {_MESSAGE} order by rssi_dbm desc nulls last, observed_at, received_at desc, raw_id desc"

NUMBERED = f"""
select {", ".join(_SAID)}, source, device_id, seq, observed_at,
  coalesce(data, max(data) over (partition by source, device_id, observed_at, seq)) as data
from (
  select {", ".join(_SAID)}, source, device_id, observed_at, data,
    coalesce(seq, seq_of_data, case when data is null and least_seq = most_seq then most_seq end) as seq
  from (
    select *, max(seq) over (partition by source, device_id, observed_at, data) as seq_of_data,
      min(seq) over (partition by source, device_id, observed_at) as least_seq,
      max(seq) over (partition by source, device_id, observed_at) as most_seq
    from uplink
  ) beside
) numbered
"""  # noqa: S608 - names of ours

STEPS = f"""
select {", ".join(_SAID)}, source, device_id, seq, observed_at, data,
  case when at_us - before_us <= 1000000 * case when seq is not null then copy_s when data is not null then bare_copy_s
    else 0 end then 0 else 1 end as is_first
from (
  select u.*, n.copy_s, n.bare_copy_s, unix_micros(u.observed_at) as at_us,
    lag(unix_micros(u.observed_at)) over (partition by u.source, u.device_id, u.seq, u.data
      order by u.observed_at, u.raw_id) as before_us
  from uplink u
  left join numbering n on n.source = u.source
) ordered
"""  # noqa: S608 - names of ours

MESSAGES = f"""
select {
    ", ".join(
        name if name in {"source", *UPLINK.key} else f"max(case when n_{name} = 1 then {name} end) as {name}"
        for name in UPLINK.names
        if name != "observed_at"
    )
},
  min(observed_at) as observed_at
from (
  select *, {
    ", ".join(
        f"count({name}) over ({_BEST} rows between unbounded preceding and current row) as n_{name}" for name in _SAID
    )
}
  from (
    select *, sum(is_first) over (partition by source, device_id, seq, data order by observed_at, raw_id
      rows between unbounded preceding and current row) as message_no
    from step
  ) told
) ranked
group by {_MESSAGE}
"""  # noqa: S608 - names of ours

COPIES = """
select device_id, unix_micros(observed_at) as at_us from step group by device_id, observed_at having max(is_first) = 0
"""

OF_MESSAGES = """
select r.* from reading r
left join copy c on c.device_id = r.device_id and c.at_us = unix_micros(r.observed_at)
where c.device_id is null
"""


def messages(engine: Engine, uplinks: Relation, numbering: Relation) -> Relation:
    """Each message once.

    Args:
        engine: where the texts run.
        uplinks: table `uplink`, each natural key once; any order.
        numbering: by source: copy_s, bare_copy_s (`Source.numbering`); of a source without a rule each row is one.

    Returns:
        the columns of `uplink`: observed_at of the first copy, the signal of the strongest, of all else what any says.
        Empty in, empty out.
    """
    found = engine.run(MESSAGES, {"step": _steps(engine, uplinks, numbering)})
    return engine.run(f"select {', '.join(UPLINK.names)} from message", {"message": found})  # noqa: S608 - names of ours


def copies(engine: Engine, uplinks: Relation, numbering: Relation) -> Relation:
    """The moments of copies: device_id, at_us; not those at which a message of the device began."""
    return engine.run(COPIES, {"step": _steps(engine, uplinks, numbering)})


def of_messages(engine: Engine, readings: Relation, copies: Relation) -> Relation:
    """The readings that are of messages, and not of another copy of one."""
    return engine.run(OF_MESSAGES, {"reading": readings, "copy": copies})


def _steps(engine: Engine, uplinks: Relation, numbering: Relation) -> Relation:
    """The rows with what is known of their message filled in, and whether each is the first of it."""
    numbered = engine.run(NUMBERED, {"uplink": uplinks})
    return engine.run(STEPS, {"uplink": numbered, "numbering": numbering})
