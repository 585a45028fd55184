"""Devices that are not guests: printers, tills, lab computers, and the staff.

The rules need pseudonyms that last for days; with a key that changes every day they find nothing and say nothing.

Source: wire/presence.md 6.6.
"""

from collections import Counter

import pyarrow as pa

from telltale.analysis import periods
from telltale.engine import Engine, Relation

FIXED_DAYS = 3
FIXED_SHARE = 0.8
STAFF_WINDOW = 7
STAFF_DAYS = 4
STAFF_S = 5 * 3_600

HOURS_PRESENT = """
select v.site, v.device, h.day_no, count(distinct h.start_us) as hours
from visit v inner join hour h on unix_micros(v.entered_at) < h.end_us and unix_micros(v.left_at) >= h.start_us
group by v.site, v.device, h.day_no
"""

FIXED = """
select a.site, a.device, a.day_no, sum(b.hours) / cast(nullif(max(w.hours), 0) as double) as share
from present a
  inner join present b on b.site = a.site and b.device = a.device
    and b.day_no <= a.day_no and b.day_no > a.day_no - :days
  inner join stretch w on w.day_no = a.day_no
group by a.site, a.device, a.day_no
"""

LONG_DAYS = """
select v.site, v.device, d.day_no
from visit v inner join day d on unix_micros(v.entered_at) < d.end_us and unix_micros(v.left_at) >= d.start_us
group by v.site, v.device, d.day_no
having sum(least(unix_micros(v.left_at), d.end_us) - greatest(unix_micros(v.entered_at), d.start_us)) > :staff_us
"""

STAFF = """
select a.site, a.device, a.day_no, count(*) as days
from long_day a
  inner join long_day b on b.site = a.site and b.device = a.device
    and b.day_no <= a.day_no and b.day_no > a.day_no - :days
group by a.site, a.device, a.day_no
"""

NOISE = """
select site, device, case when max(share) > :fixed_share then 'fixed' else 'staff' end as reason,
  max(share) as hours_share, max(days) as long_days
from (
  select site, device, share, cast(null as bigint) as days from fixed
  union all
  select site, device, cast(null as double) as share, days from staff
) either
group by site, device
having max(share) > :fixed_share or max(days) >= :staff_days
order by site, device
"""

WITHOUT = """
select r.* from rows_in r left join noise n on n.site = r.site and n.device = r.device where n.device is null
"""

REMOVED = """
select v.site, n.reason, count(distinct v.device) as devices, count(*) as sessions,
  cast(sum(v.frames) as bigint) as frames
from visit v inner join noise n on n.site = v.site and n.device = v.device
group by v.site, n.reason order by v.site, n.reason
"""


def noise(engine: Engine, visits: Relation, *, timezone: str, since_us: int, until_us: int) -> Relation:
    """Find fixed devices (over 80 % of the hours of 3 days in a row) and staff (over 5 h on 4 of 7 days in a row).

    Args:
        engine: where it runs.
        visits: rows of `tables.VISIT`, of all classes.
        timezone: of the sites; the days and hours are local ones.
        since_us: where the visits begin, µs UTC.
        until_us: where they end; days that touch this are judged as whole days.

    Returns:
        site, device, reason (fixed before staff), hours_share (largest over 3 days), long_days (most in 7); sorted by
        site, device. Fewer than 3 days give no fixed device.
    """
    day = _numbered_days(timezone, since_us, until_us)
    hour = _numbered_hours(timezone, day)
    present = engine.run(HOURS_PRESENT, {"visit": visits, "hour": engine.from_arrow(hour)})
    stretch = engine.from_arrow(_stretches(hour))
    fixed = engine.run(FIXED, {"present": engine.keep(present), "stretch": stretch}, days=FIXED_DAYS)
    long_day = engine.run(
        LONG_DAYS, {"visit": visits, "day": engine.from_arrow(day)}, staff_us=STAFF_S * periods.SECOND_US
    )
    staff = engine.run(STAFF, {"long_day": engine.keep(long_day)}, days=STAFF_WINDOW)
    return engine.keep(
        engine.run(NOISE, {"fixed": fixed, "staff": staff}, fixed_share=FIXED_SHARE, staff_days=STAFF_DAYS)
    )


def without(engine: Engine, rows: Relation, found: Relation) -> Relation:
    """The rows (of any table with site and device) whose device is not in `found`."""
    return engine.run(WITHOUT, {"rows_in": rows, "noise": found})


def removed(engine: Engine, visits: Relation, found: Relation) -> Relation:
    """How much `without` takes away: site, reason, devices, sessions, frames; sorted by site, reason."""
    return engine.run(REMOVED, {"visit": visits, "noise": found})


def _numbered_days(timezone: str, since_us: int, until_us: int) -> pa.Table:
    days = periods.days(timezone, since_us, until_us)
    return days.append_column("day_no", pa.array(range(days.num_rows), pa.int64()))


def _numbered_hours(timezone: str, days: pa.Table) -> pa.Table:
    """The hours of each day, with its number."""
    parts = [periods.hours(timezone, day["start_us"], day["end_us"]) for day in days.to_pylist()]
    numbers = [number for number, part in enumerate(parts) for _ in range(part.num_rows)]
    return pa.concat_tables([periods.PERIOD.empty_table(), *parts]).append_column(
        "day_no", pa.array(numbers, pa.int64())
    )


def _stretches(hours: pa.Table) -> pa.Table:
    """How many hours the last `FIXED_DAYS` days up to each day have, from the first day with so many before it."""
    per_day = Counter(hours["day_no"].to_pylist())
    last_days = range(FIXED_DAYS - 1, len(per_day))
    totals = [sum(per_day[day - back] for back in range(FIXED_DAYS)) for day in last_days]
    return pa.table({"day_no": pa.array(last_days, pa.int64()), "hours": pa.array(totals, pa.int64())})
