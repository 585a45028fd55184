"""Battery and signal: where they are, where they go, and how many days are left; said only when the data bear it.

The slope is the median of the slopes between any two days (their medians): a few odd days do not move it. It is clear
when nine in ten of these pairs go the same way. A new battery begins anew.

Source: P. K. Sen, J. Am. Stat. Assoc. 63 (1968) 1379 (Theil and Sen's estimator).
"""

from dataclasses import dataclass

from telltale.engine import Engine, Relation

DAY_US = 86_400_000_000


@dataclass(frozen=True, slots=True)
class TrendRules:
    """When a trend is told.

    Args:
        fewest_days: a trend needs so many days with a value.
        empty_v: a battery of this voltage is empty.
        weak_dbm: a signal of this level hardly gets through.
        renewed_v: a battery that is so much higher than the day before is a new one.
        farthest_days: what lies farther away is not told: no line holds for so long.

    Source: `empty_v`: lithium cells of 3.6 V give out around 3 V; `weak_dbm`: wire/efento.md 1.4 (the lowest code).
    """

    fewest_days: int = 7
    empty_v: float = 3.0
    weak_dbm: float = -110.0
    renewed_v: float = 0.2
    farthest_days: float = 730.0


DAILY = """
select device_id, kind, measure, day_no, percentile(value, 0.5e0) as value
from (
  select device_id, kind, measure, value, cast(floor(unix_micros(observed_at) / :day_us) as bigint) as day_no
  from (
    select device_id, kind, 'battery' as measure, observed_at, battery_v as value from device_status
    union all
    select device_id, kind, 'signal' as measure, observed_at, signal_dbm as value from device_status
  ) told
  where value is not null
) dated
group by device_id, kind, measure, day_no
"""

CHOSEN = """
select d.device_id, d.measure, d.day_no, d.value
from (
  select *, cast(max(case when measure = 'battery' and value - value_before > :renewed_v then day_no end)
    over (partition by device_id, kind, measure) as bigint) as renewed_no
  from (
    select *, lag(value) over (partition by device_id, kind, measure order by day_no) as value_before from daily
  ) compared
) d
inner join (
  select device_id, measure, kind,
    row_number() over (partition by device_id, measure order by count(*) desc, kind desc) as place
  from daily group by device_id, measure, kind
) k on k.device_id = d.device_id and k.measure = d.measure and k.kind = d.kind and k.place = 1
where d.day_no >= coalesce(d.renewed_no, d.day_no)
"""

SLOPES = """
select o.device_id, o.measure, percentile((l.value - o.value) / nullif(l.day_no - o.day_no, 0), 0.5e0) as per_day,
  percentile((l.value - o.value) / nullif(l.day_no - o.day_no, 0), 0.1e0) as steepest,
  percentile((l.value - o.value) / nullif(l.day_no - o.day_no, 0), 0.9e0) as flattest
from chosen o
inner join chosen l on l.device_id = o.device_id and l.measure = o.measure and l.day_no > o.day_no
group by o.device_id, o.measure
"""

TRENDS = """
select device_id, measure, days, timestamp_micros(last_no * :day_us) as last_on, level, last_value, per_day, is_clear,
  case when is_clear and per_day < 0 and (level - floor_value) / nullif(-per_day, 0) <= :farthest_days
    then greatest(0e0, (level - floor_value) / nullif(-per_day, 0) - greatest(0, coalesce(:now_no, last_no) - last_no))
    end as days_left
from (
  select n.device_id, n.measure, n.days, n.last_no, n.last_value,
    case when n.days >= :fewest_days then s.per_day end as per_day,
    n.days >= :fewest_days and (s.steepest > 0 or s.flattest < 0) as is_clear,
    coalesce(f.level, n.last_value) as level,
    case when n.measure = 'battery' then :empty_v else :weak_dbm end as floor_value
  from (
    select device_id, measure, count(*) as days, max(day_no) as last_no,
      max(case when place = 1 then value end) as last_value
    from (
      select *, row_number() over (partition by device_id, measure order by day_no desc) as place from chosen
    ) ranked
    group by device_id, measure
  ) n
  left join slope s on s.device_id = n.device_id and s.measure = n.measure
  left join (
    select c.device_id, c.measure, percentile(c.value + t.per_day * (e.last_no - c.day_no), 0.5e0) as level
    from chosen c
    inner join slope t on t.device_id = c.device_id and t.measure = c.measure
    inner join (
      select device_id, measure, max(day_no) as last_no from chosen group by device_id, measure
    ) e on e.device_id = c.device_id and e.measure = c.measure
    group by c.device_id, c.measure
  ) f on f.device_id = n.device_id and f.measure = n.measure
) judged
order by device_id, measure
"""


def trends(engine: Engine, status: Relation, *, now_us: int | None = None, rules: TrendRules | None = None) -> Relation:
    """How battery and signal of each device go.

    Where a device tells a thing in two ways (with its measurements, and in messages about itself), the one told on more
    days is taken.

    Args:
        engine: where it runs.
        status: table `device_status`, each natural key once, some weeks of it; any order.
        now_us: the moment that days are left from; None is the newest day of each.
        rules: thresholds.

    Returns:
        device_id, measure (battery in V, signal in dBm), days (with a value, since the battery is new), last_on (the
        newest of them, its beginning in UTC), level (on that day, by the trend), last_value (median of that day),
        per_day (null with too few days), is_clear (it goes one way), days_left (until empty or weak; null unless it
        clearly falls and gets there in a foreseeable time); sorted.
    """
    rules = rules or TrendRules()
    daily = engine.keep(engine.run(DAILY, {"device_status": status}, day_us=DAY_US))
    chosen = engine.keep(engine.run(CHOSEN, {"daily": daily}, renewed_v=rules.renewed_v))
    return engine.run(
        TRENDS,
        {"chosen": chosen, "slope": engine.run(SLOPES, {"chosen": chosen})},
        day_us=DAY_US,
        now_no=None if now_us is None else now_us // DAY_US,
        fewest_days=rules.fewest_days,
        empty_v=rules.empty_v,
        weak_dbm=rules.weak_dbm,
        farthest_days=rules.farthest_days,
    )
