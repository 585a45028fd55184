"""Every sign of life of every device, whatever its source: a message that came, an access point's report.

A state dates from when it began, not from when it was told, so states say nothing of a clock. What is stamped ahead of
its receipt was heard when it came: a device's own clock orders what it told, and never says when we heard it.
"""

from telltale.engine import Engine, Relation
from telltale.tables import AHEAD_US

HEARD = """
select source, '' as site, device_id, timestamp_micros(at_us) as observed_at, at_us, max(received_us) as received_us,
  max(offset_us) / 1e6 as clock_offset_s, 0 as in_batches, cast(sum(messages) as bigint) as messages
from (
  select source, device_id, received_us, received_us - own_us as offset_us, messages,
    case when own_us > first_us + :ahead_us then first_us else own_us end as at_us
  from (
    select source, device_id, unix_micros(observed_at) as own_us, max(unix_micros(received_at)) as received_us,
      min(unix_micros(received_at)) as first_us, greatest(count(distinct seq), 1) as messages
    from uplink group by source, device_id, unix_micros(observed_at)
  ) message
) told
group by source, device_id, at_us
union all
select source, '' as site, device_id, timestamp_micros(received_us) as observed_at, received_us as at_us, received_us,
  (received_us - newest_us) / 1e6 as clock_offset_s, 1 as in_batches,
  cast(1 as bigint) as messages
from (
  select r.source, r.device_id, unix_micros(r.received_at) as received_us,
    max(case when r.text is null then unix_micros(r.observed_at) end) as newest_us
  from reading r
  left join (select distinct device_id from uplink) u on u.device_id = r.device_id
  where u.device_id is null
  group by r.source, r.device_id, unix_micros(r.received_at)
) record
union all
select source, site, node_id as device_id, observed_at, unix_micros(observed_at) as at_us,
  unix_micros(received_at) as received_us, clock_offset_s, 0 as in_batches, cast(1 as bigint) as messages
from node_heartbeat
"""

SAMPLED = """
select source, '' as site, device_id, timestamp_micros(at_us) as observed_at, at_us, max(received_us) as received_us,
  (max(received_us) - at_us) / 1e6 as clock_offset_s, 0 as in_batches, cast(1 as bigint) as messages
from (
  select u.source, u.device_id, unix_micros(u.observed_at) as at_us, unix_micros(u.received_at) as received_us
  from uplink u
  left join (select distinct device_id from uplink where data is not null) d on d.device_id = u.device_id
  where u.data is not null or d.device_id is null
  union all
  select source, device_id, unix_micros(observed_at) as at_us, unix_micros(received_at) as received_us from reading
) measured
group by source, device_id, at_us
union all
select source, site, node_id as device_id, observed_at, unix_micros(observed_at) as at_us,
  unix_micros(received_at) as received_us, clock_offset_s, 0 as in_batches, cast(1 as bigint) as messages
from node_heartbeat
"""

OF_PCS = """
select source, '' as site, device_id, timestamp_micros(received_us) as observed_at, received_us as at_us, received_us,
  (received_us - own_us) / 1e6 as clock_offset_s, 0 as in_batches, cast(1 as bigint) as messages
from (
  select source, device_id, raw_id, max(unix_micros(observed_at)) as own_us,
    max(unix_micros(received_at)) as received_us
  from activity
  where source = 'pc_idle' and kind in ('sample', 'locked')
  group by source, device_id, raw_id
) record
"""

OF_CAPTURES = """
select source, '' as site, concat(collector, ' ', interface) as device_id, received_at as observed_at,
  unix_micros(received_at) as at_us, unix_micros(received_at) as received_us,
  (unix_micros(received_at) - unix_micros(observed_at)) / 1e6 as clock_offset_s, 0 as in_batches,
  cast(1 as bigint) as messages
from collector_heartbeat where collector <> :but
"""


def signals(engine: Engine, uplinks: Relation, readings: Relation, heartbeats: Relation) -> Relation:
    """The moments at which each device was heard, each once.

    A message counts at its own time, one stamped ahead of its receipt when it came. A device whose messages are not
    known but its readings are is heard when a record of them came: it may measure each minute and send each hour.

    Args:
        engine: where it runs.
        uplinks: table `uplink`.
        readings: table `reading`.
        heartbeats: table `node_heartbeat`: an access point is a device too.

    Returns:
        source, site (of access points, else empty), device_id, observed_at, at_us, received_us (of the newest copy),
        clock_offset_s (receipt minus the device's own time; positive: slow, or late; null where unknown), in_batches
        (1: several readings may come at once, so that the interval of the readings is not that of the messages),
        messages (of that moment: a device's clock may give two of them one second, their numbers tell them apart); any
        order.
    """
    relations = {"uplink": uplinks, "reading": readings, "node_heartbeat": heartbeats}
    return engine.run(HEARD, relations, ahead_us=AHEAD_US)


def samples(engine: Engine, uplinks: Relation, readings: Relation, heartbeats: Relation) -> Relation:
    """The moments of which each device told, by its own time: what is missing of them, and not when they came.

    A status frame between messages with data tells of none.

    Arguments and columns as for `signals`.
    """
    return engine.run(SAMPLED, {"uplink": uplinks, "reading": readings, "node_heartbeat": heartbeats})


def of_captures(engine: Engine, heartbeats: Relation, *, but: str) -> Relation:
    """The moments at which captures told that they listen: a button that nobody presses is not missing.

    Args:
        engine: where it runs.
        heartbeats: table `collector_heartbeat`.
        but: the collector whose heartbeats tell of files, and not that anything listens.

    Returns:
        columns as of `signals`, a device a capture; any order.
    """
    return engine.run(OF_CAPTURES, {"collector_heartbeat": heartbeats}, but=but)


def of_pcs(engine: Engine, activity: Relation) -> Relation:
    """The moments at which the agent of a PC told of it, one a record.

    What was imported, told by hand or sent through a modem is no sign of life of an agent.

    Args:
        engine: where it runs.
        activity: table `activity`.

    Returns:
        columns as of `signals`; any order. Judge them by `RESTING`.
    """
    return engine.run(OF_PCS, {"activity": activity})
