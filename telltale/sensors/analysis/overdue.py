"""Silence after the moment at which a device said it would be heard of again.

Source: wire/efento.md 1.1, field 5 (silence past next_transmission_at: the device is lost).
"""

from telltale.engine import Engine, Relation

OVERDUE = """
select device_id, timestamp_micros(heard_us) as heard_at, timestamp_micros(expected_us) as expected_at,
  timestamp_micros(next_us) as next_heard_at, (coalesce(next_us, :now_us) - expected_us) / 1e6 as overdue_s,
  next_us is null as is_open
from (
  select device_id, heard_us, next_us,
    max(named_us) over (partition by device_id, names_before) as expected_us
  from (
    select device_id, unix_micros(received_at) as heard_us, unix_micros(next_expected_at) as named_us,
      lead(unix_micros(received_at)) over (partition by device_id order by received_at, observed_at, kind) as next_us,
      count(next_expected_at) over (partition by device_id order by received_at, observed_at, kind
        rows between unbounded preceding and current row) as names_before
    from device_status
  ) told
) carried
where heard_us <= expected_us and coalesce(next_us, :now_us) > expected_us + :grace_us
order by device_id, heard_us, expected_us
"""


def overdue(engine: Engine, status: Relation, *, now_us: int, grace_s: float = 60) -> Relation:
    """Where a device was not heard when it had said it would be.

    Args:
        engine: where it runs.
        status: table `device_status`, each natural key once; any order.
        now_us: until when silence is counted.
        grace_s: so much later is not late: messages travel, clocks differ.

    Returns:
        device_id, heard_at (its newest message before), expected_at, next_heard_at (null while it lasts),
        overdue_s, is_open; sorted by device_id, heard_at. A message that names no moment leaves the one named before.
    """
    return engine.run(OVERDUE, {"device_status": status}, now_us=now_us, grace_us=round(grace_s * 1_000_000))
