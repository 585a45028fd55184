"""`tt.sensors`: what sensors measured, what is missing, and when they left their limits, as tidy pandas.

Every call takes the stretch of time first: `48h` counts back from now, `7d` is today and the six days before, on the
clock of `[site]`. `device` is an id of any case or a name of devices.csv, which also has the limits (low, high) and the
usual intervals. Times are aware (UTC); figures of days carry their local `label` too.
"""

from typing import TYPE_CHECKING

import pyarrow as pa

from telltale.analysis import periods
from telltale.contract import ConfigError
from telltale.sensors import analysis
from telltale.sensors.question import Asked, By, answer, stretch
from telltale.workbench.project import Project
from telltale.workbench.times import Duration, When, seconds

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "completeness",
    "consumption",
    "episodes",
    "excursions",
    "gaps",
    "kinetic",
    "outside",
    "overdue",
    "series",
    "stats",
    "stretch",
    "trends",
]

SINGLY = """
select device_id, channel, quantity, unit, observed_at as start, observed_at as end, cast(1 as bigint) as readings,
  value as value_min, value as value_mean, value as value_max
from reading where value is not null
"""

NUMBERS = """
select * from reading
where (text is null or value is null or value not in (0, 1)) and not regexp_like(quantity, '_(total|major|minor)$')
"""

EPISODE_END = """case when is_open then timestamp_micros(:until_us)
  else timestamp_micros(cast(floor(unix_micros(started_at) + lasted_s * 1e6) as bigint)) end"""
SILENCE_END = "coalesce(next_heard_at, timestamp_micros(:until_us))"


def series(
    since: When = "48h",
    until: When = None,
    *,
    device: str | None = None,
    quantity: str | None = None,
    bin: Duration | None = None,  # noqa: A002 - the word people write
    project: Project | None = None,
) -> "pd.DataFrame":
    """What each sensor measured, reading by reading or in bins of one width.

    Columns: device_id, name, place, channel, quantity, unit, start, end, readings, value_min, value_mean, value_max,
    low, high (the limits that hold for it). A bin without a reading is there with nulls: a gap is not bridged. States
    and counters have calls of their own, `episodes` and `consumption`; here they are when named by device or quantity.

    Args:
        since: beginning of the stretch.
        until: its end, exclusive; None is now.
        device: one device, by id or name; None is all.
        quantity: such as temperature; None is all.
        bin: width of the bins, such as `1h`; None gives each reading by itself.
        project: another project than the one found from here.
    """

    def ask(asked: Asked) -> pa.Table:
        rows = asked.readings()
        if device is None and quantity is None:
            rows = asked.engine.run(NUMBERS, {"reading": rows})
        made = (
            asked.engine.run(SINGLY, {"reading": rows})
            if bin is None
            else analysis.series(
                asked.engine, rows, periods.bins(round(seconds(bin)), *asked.span, timezone=asked.zone)
            )
        )
        return asked.named(asked.limited(made, rows), time="r.start")

    return answer(ask, since, until, device=device, quantity=quantity, project=project)


def stats(
    since: When = "7d",
    until: When = None,
    *,
    by: By = "stretch",
    device: str | None = None,
    quantity: str | None = None,
    project: Project | None = None,
) -> "pd.DataFrame":
    """How many readings, lowest, mean, highest and newest value of each sensor, over the stretch or by day or hour.

    Columns: device_id, name, place, channel, quantity, unit, label, start, end, readings, errors, value_min,
    value_mean, value_max, value_last, first_at, last_at, low, high.
    """
    if by not in ("stretch", "day", "hour"):
        raise ConfigError(f'by "{by}": expected stretch, day or hour')

    def ask(asked: Asked) -> pa.Table:
        rows = asked.readings()
        made = analysis.stats(asked.engine, rows, asked.periods(by))
        return asked.named(asked.limited(made, rows), time="r.start")

    return answer(ask, since, until, device=device, quantity=quantity, project=project)


def gaps(
    since: When = "7d",
    until: When = None,
    *,
    device: str | None = None,
    quantity: str | None = None,
    project: Project | None = None,
) -> "pd.DataFrame":
    """Where readings are missing: between two that came, and since the newest one.

    Columns: device_id, name, place, channel, quantity, after_at, before_at, missing (readings that were due), is_open.
    """

    def ask(asked: Asked) -> pa.Table:
        found = analysis.gaps(asked.engine, asked.context(), asked.info, until_us=asked.span.until_us)
        return asked.named(asked.touching(found, "before_at"), time="r.after_at")

    return answer(ask, since, until, device=device, quantity=quantity, project=project)


def excursions(
    since: When = "7d",
    until: When = None,
    *,
    device: str | None = None,
    quantity: str | None = None,
    project: Project | None = None,
) -> "pd.DataFrame":
    """When a sensor was outside low or high of devices.csv, how long and how far.

    Columns: device_id, name, place, channel, quantity, side (above, below), limit_value, crossed_at, returned_at,
    outside_s, resolution_s (both moments are sure to so many seconds), started_at, ended_at, readings, peak, peak_at,
    is_open. Limits hold for a device's temperature, or for the only quantity it has.
    """

    def ask(asked: Asked) -> pa.Table:
        found = analysis.excursions(asked.engine, asked.context(), asked.info)
        return asked.named(asked.touching(found, "returned_at"), time="r.started_at")

    return answer(ask, since, until, device=device, quantity=quantity, project=project)


def outside(
    since: When = "14d",
    until: When = None,
    *,
    device: str | None = None,
    quantity: str | None = None,
    project: Project | None = None,
) -> "pd.DataFrame":
    """How long each sensor that has limits was outside them on each local day.

    Columns: device_id, name, place, channel, quantity, label, start, end, readings, outside_s (null on a day without a
    reading), excursions.
    """

    def ask(asked: Asked) -> pa.Table:
        made = analysis.outside(asked.engine, asked.context(), asked.info, asked.periods("day"))
        return asked.named(made, time="r.start")

    return answer(ask, since, until, device=device, quantity=quantity, project=project)


def kinetic(
    since: When = "30d",
    until: When = None,
    *,
    by: By = "stretch",
    device: str | None = None,
    project: Project | None = None,
) -> "pd.DataFrame":
    """The mean kinetic temperature of each sensor (Haynes, USP <1160>), over the stretch or by day or hour.

    Columns: device_id, name, place, channel, quantity, label, start, end, readings, mean_c, kinetic_c, low, high. What
    was not measured is left out of it.
    """

    def ask(asked: Asked) -> pa.Table:
        rows = asked.readings()
        made = analysis.kinetic(asked.engine, rows, asked.periods(by))
        return asked.named(asked.limited(made, rows), time="r.start")

    return answer(ask, since, until, device=device, quantity=None, project=project)


def episodes(
    since: When = "7d",
    until: When = None,
    *,
    device: str | None = None,
    quantity: str | None = None,
    project: Project | None = None,
) -> "pd.DataFrame":
    """When a door stood open, an alarm was on, water was there: from when to when, and whether it lasts.

    Columns: device_id, name, place, channel, quantity, state, started_at, ended_at (null where not known), lasted_s,
    is_begin_known, is_end_known, is_open.
    """

    def ask(asked: Asked) -> pa.Table:
        found = analysis.episodes(asked.engine, asked.context(), asked.info)
        return asked.named(asked.touching(found, EPISODE_END), time="r.started_at")

    return answer(ask, since, until, device=device, quantity=quantity, project=project)


def consumption(
    since: When = "7d",
    until: When = None,
    *,
    by: By = "day",
    device: str | None = None,
    quantity: str | None = None,
    project: Project | None = None,
) -> "pd.DataFrame":
    """What counters counted, across resets, over the stretch or by day or hour.

    Columns: device_id, name, place, channel, quantity, unit, label, start, end, readings, consumed, resets, may_be_low
    (some of it was not counted), value_last (the counter itself), first_at, last_at.
    """

    def ask(asked: Asked) -> pa.Table:
        made = analysis.consumption(asked.engine, asked.context(), asked.periods(by))
        return asked.named(made, time="r.start")

    return answer(ask, since, until, device=device, quantity=quantity, project=project)


def completeness(
    since: When = "7d",
    until: When = None,
    *,
    by: By = "stretch",
    device: str | None = None,
    project: Project | None = None,
) -> "pd.DataFrame":
    """How many of the readings that were due from each device came, over the stretch or by day or hour.

    Columns: device_id, name, place, label, start, end, due, received, share. Switches are left out: they tell changes.
    """

    def ask(asked: Asked) -> pa.Table:
        rows, due = asked.context(), asked.periods(by)
        made = analysis.completeness(asked.engine, rows, asked.info, due, until_us=asked.span.until_us)
        return asked.named(made, time="r.start")

    return answer(ask, since, until, device=device, quantity=None, project=project)


def overdue(
    since: When = "7d", until: When = None, *, device: str | None = None, project: Project | None = None
) -> "pd.DataFrame":
    """Where a device was not heard at the moment it had named itself; `is_open`: it still is not.

    Columns: device_id, name, place, heard_at, expected_at, next_heard_at (null while it lasts), overdue_s, is_open.
    """

    def ask(asked: Asked) -> pa.Table:
        found = analysis.overdue(asked.engine, asked.status(), now_us=asked.span.until_us)
        return asked.named(asked.touching(found, SILENCE_END), time="r.heard_at")

    return answer(ask, since, until, device=device, quantity=None, project=project)


def trends(
    since: When = "30d", until: When = None, *, device: str | None = None, project: Project | None = None
) -> "pd.DataFrame":
    """Where battery and signal of each device go, and how many days are left; null where the data do not bear it.

    Columns: device_id, name, place, measure (battery in V, signal in dBm), days, level, last_value, per_day, is_clear,
    days_left.
    """

    def ask(asked: Asked) -> pa.Table:
        return asked.named(analysis.trends(asked.engine, asked.status()), time="r.measure")

    return answer(ask, since, until, device=device, quantity=None, project=project)
