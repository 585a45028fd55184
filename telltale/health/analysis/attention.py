"""Which silences need a look: a line each, and one line where many have one cause.

A collector or a gateway that goes away silences all its devices; thirty alarms would hide the one thing to repair. Late
devices are in no line: most of them are back with the next message.
"""

from telltale.engine import Engine, Relation
from telltale.health.analysis.rules import Rules

ATTENTION = """
select source, site, device_id, kind, devices, of_devices, since, silent_s
from (
  select d.source, d.site, d.device_id, 'device' as kind, cast(1 as bigint) as devices, s.of_devices,
    d.last_seen as since, d.silent_s
  from device d inner join share s on s.source = d.source
  where d.state = 'silent' and s.devices <= :storm and (s.devices < s.of_devices or s.of_devices = 1)
  union all
  select source, '' as site, '' as device_id, case when devices = of_devices then 'source' else 'devices' end as kind,
    devices, of_devices, case when devices = of_devices then newest else oldest end as since,
    case when devices = of_devices then shortest_s else longest_s end as silent_s
  from share
  where devices > 0 and (devices > :storm or (devices = of_devices and of_devices > 1))
) line
order by case when kind = 'source' then 0 when kind = 'devices' then 1 else 2 end, silent_s desc, source, site,
  device_id
"""

SHARES = """
select source, count(case when state = 'silent' then 1 end) as devices, count(*) as of_devices,
  max(case when state = 'silent' then last_seen end) as newest,
  min(case when state = 'silent' then last_seen end) as oldest,
  min(case when state = 'silent' then silent_s end) as shortest_s,
  max(case when state = 'silent' then silent_s end) as longest_s
from device
group by source
"""


def attention(engine: Engine, devices: Relation, *, rules: Rules | None = None) -> Relation:
    """What is silent, in as few lines as tell it.

    Args:
        engine: where it runs.
        devices: what `devices` made.
        rules: from how many silent devices of a source on they are one line.

    Returns:
        source, site, device_id (empty where several are meant), kind (source: all its devices are silent; devices:
        many; device: one), devices, of_devices, since (of a whole source the newest sign of life, of many the oldest),
        silent_s; whole sources first, then the longest silence.
    """
    rules = rules or Rules()
    share = engine.run(SHARES, {"device": devices})
    return engine.run(ATTENTION, {"device": devices, "share": share}, storm=rules.storm)
