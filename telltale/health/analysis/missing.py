"""How much of what was due from each device came, period by period."""

import pyarrow as pa

from telltale.analysis.placing import placed
from telltale.engine import Engine, Relation

MISSING = """
select source, site, device_id, label, timestamp_micros(start_us) as start, timestamp_micros(end_us) as end, due,
  received, case when due >= 1 then greatest(0e0, 1 - received / nullif(due, 0)) end as missing_share
from (
  select d.source, d.site, d.device_id, p.label, p.start_us, p.end_us, coalesce(r.received, 0) as received,
    greatest(0, least(p.end_us, :now_us) - greatest(p.start_us, unix_micros(d.first_seen)))
      / nullif(d.due_s * 1e6, 0) as due
  from device d
  cross join period p
  left join (
    select source, site, device_id, start_us, count(*) as received from placed
    group by source, site, device_id, start_us
  ) r on r.source = d.source and r.site = d.site and r.device_id = d.device_id and r.start_us = p.start_us
) counted
order by source, site, device_id, start_us
"""


def missing(engine: Engine, signals: Relation, devices: Relation, periods: pa.Table, *, now_us: int) -> Relation:
    """Which share of the messages that were due did not come.

    Due is one message each `due_s` from the first one heard on, until now. Messages count when they come, under the
    period of their own time: a share may still fall.

    Args:
        engine: where it runs.
        signals: what `signals` made.
        devices: what `devices` made of them.
        periods: label, start_us, end_us (`analysis.periods`).
        now_us: nothing is due after this moment.

    Returns:
        source, site, device_id, label, start, end, due, received, missing_share (0 to 1; null where less than one was
        due, or nothing tells how often); sorted.
    """
    relations = {"device": devices, "placed": placed(engine, signals, periods), "period": engine.from_arrow(periods)}
    return engine.run(MISSING, relations, now_us=now_us)
