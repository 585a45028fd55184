"""States and what devices say of themselves: leaks (or any other switch that is on) and empty batteries."""

import re

from telltale.health.analysis import TrendRules
from telltale.publish.alerts.episodes import Episode
from telltale.publish.alerts.watch import LOW, Watch
from telltale.tables import DEVICE_STATUS, READING
from telltale.workbench.times import FOREVER, Span

LEAKS = ("flooding", "leak", "leakage", "water_leak")
"""What sources call a sensor of water where none should be."""
STATES = """
select device_id as subject,
  concat(quantity, case when channel = '' then '' else concat(' of channel ', channel) end) as measure,
  '' as unit, least(unix_micros(observed_at), unix_micros(received_at)) as at_us,
  unix_micros(received_at) as received_us, raw_id, value, case when value = 1 then 1 else 0 end as mark,
  false as is_low
from reading
where regexp_like(text, '^[^0-9]') and value in (0, 1) and regexp_like(quantity, :quantities)
  and unix_micros(received_at) < :until_us
"""
"""A state is a reading with a word and the value 1, active, or 0: as `sensors.analysis.episodes` has it."""
BATTERIES = """
select device_id as subject, 'battery judged by the device' as measure, '' as unit,
  least(unix_micros(observed_at), unix_micros(received_at)) as at_us, unix_micros(received_at) as received_us, raw_id,
  battery_v as value, case when battery_ok then 0 else 1 end as mark, true as is_low
from device_status where battery_ok is not null and unix_micros(received_at) < :until_us
union all
select device_id as subject, :voltage as measure, 'V' as unit,
  least(unix_micros(observed_at), unix_micros(received_at)) as at_us, unix_micros(received_at) as received_us, raw_id,
  battery_v as value,
  case when battery_v < :below then 1 when battery_v >= :below + :clears_by then 0 else 2 end as mark, true as is_low
from device_status where battery_v is not null and unix_micros(received_at) < :until_us
"""


def leaks(watch: Watch) -> list[Episode]:
    """The stretches in which a switch was on, by the states it sent; measure is its quantity."""
    quantities = (watch.settings.quantity,) if watch.settings.quantity else LEAKS
    rows = {READING.name: watch.view.table(READING.name, Span(watch.span.since_us, FOREVER))}
    pattern = f"^({'|'.join(map(re.escape, quantities))})$"
    return watch.found([watch.engine.run(STATES, rows, quantities=pattern, until_us=watch.until_us).arrow()])


def batteries(watch: Watch) -> list[Episode]:
    """The stretches in which a device called its battery low, or told less than 3.0 V (or `below`).

    Source: `health.analysis.TrendRules.empty_v`, by which the pages count the days that are left.
    """
    below = TrendRules().empty_v if watch.settings.below is None else watch.settings.below
    rows = {DEVICE_STATUS.name: watch.view.table(DEVICE_STATUS.name, Span(watch.span.since_us, FOREVER))}
    values = {"below": below, "clears_by": watch.settings.clears_by, "until_us": watch.until_us}
    return watch.found([watch.engine.run(BATTERIES, rows, voltage=f"battery voltage{LOW}", **values).arrow()])
