"""What is not known: the stretches of time of which the readings of a series tell nothing.

A reading tells of half an interval on either side; two no further apart than `gap_factor` intervals tell of all time
between them. Before the first reading nothing is known, nor after the newest one when the next is missing. Of a series
of which it is not known how often it measures, single readings are known and no time at all.

Source: the same halves that time an excursion (`analysis.excursions`).
"""

import pyarrow as pa

from telltale.engine import Engine, Relation
from telltale.sensors.analysis.rules import Rules
from telltale.sensors.analysis.steps import Walk

ALWAYS_US = 1 << 55
"""Before and after all readings; what is told of a period is cut by it."""

UNKNOWN = """
select device_id, channel, quantity, from_us, to_us from (
  select s.device_id, s.channel, s.quantity, -:always_us as from_us,
    case when max(case when i.is_sure then 1 else 0 end) = 1 then min(s.at_us) else :always_us end as to_us
  from step s
  inner join interval_of i on i.device_id = s.device_id and i.channel = s.channel and i.quantity = s.quantity
  group by s.device_id, s.channel, s.quantity
  union all
  select s.device_id, s.channel, s.quantity, cast(floor(s.at_us + i.interval_s * 5e5) as bigint) as from_us,
    case when s.after_us is null then :always_us else cast(floor(s.after_us - i.interval_s * 5e5) as bigint) end
      as to_us
  from step s
  inner join interval_of i on i.device_id = s.device_id and i.channel = s.channel and i.quantity = s.quantity
  where i.is_sure and coalesce(s.after_us, :until_us) - s.at_us > :gap_factor * i.interval_s * 1e6
) spans
order by device_id, channel, quantity, from_us
"""

BY_PERIOD = """
select u.device_id, u.channel, u.quantity, p.start_us,
  sum(least(u.to_us, p.end_us) - greatest(u.from_us, p.start_us)) / 1e6 as unknown_s
from unknown u inner join period p on u.from_us < p.end_us and u.to_us > p.start_us
group by u.device_id, u.channel, u.quantity, p.start_us
"""


def unknown(engine: Engine, walked: Walk, *, until_us: int, rules: Rules | None = None) -> Relation:
    """The stretches of which nothing is known of a series.

    Args:
        engine: where it runs.
        walked: the readings in order (`steps.walk`).
        until_us: the present, or the end of the stretch: until when readings may be due.
        rules: thresholds.

    Returns:
        device_id, channel, quantity, from_us, to_us (half-open, µs UTC; from and until always where nothing bounds
        them), apart from each other; sorted. A series without a reading has no row: all of it is unknown.
    """
    rules = rules or Rules()
    relations = {"step": walked.steps, "interval_of": walked.intervals}
    return engine.run(UNKNOWN, relations, until_us=until_us, always_us=ALWAYS_US, gap_factor=rules.gap_factor)


def by_period(engine: Engine, spans: Relation, periods: pa.Table) -> Relation:
    """How long nothing was known of each series in each period: device_id, channel, quantity, start_us, unknown_s.

    Args:
        engine: where it runs.
        spans: what `unknown` made.
        periods: label, start_us, end_us (`analysis.periods`), apart from each other.
    """
    return engine.run(BY_PERIOD, {"unknown": spans, "period": engine.from_arrow(periods)})
