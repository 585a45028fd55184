"""`tt.sensors`: what sensors measured, what is missing, and when they left their limits, as tidy pandas.

Every call takes the stretch of time first: `48h` counts back from now, `7d` is today and the six days before, on the
clock of `[site]`. `device` is an id of any case or a name of devices.csv, which also has the limits (low, high) and the
usual intervals. Times are aware (UTC); figures of days, weeks and hours carry their local `label` too, and `so_far`
where the end of the stretch cut them. What has a beginning and an end is there when it began in the stretch; with
`lasting` also when it began before and lasts into it.
"""

from functools import partial
from typing import TYPE_CHECKING

from telltale.sensors import question as read
from telltale.sensors.coverage import coverage as known
from telltale.workbench.project import Project
from telltale.workbench.question import By, ask
from telltale.workbench.tidy import tidy
from telltale.workbench.times import Duration, When, seconds

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "completeness",
    "consumption",
    "coverage",
    "days_outside",
    "episodes",
    "excursions",
    "gaps",
    "mean_kinetic_temperature",
    "minutes_outside",
    "overdue",
    "series",
    "stats",
    "trends",
]


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

    Columns: device_id, name, place, channel, quantity, unit, start, end, so_far, readings, value_min, value_mean,
    value_max, low, high (the limits that hold for it), day (the local one it begins on). A bin without a reading is
    there with nulls: a gap is not bridged. States and counters have calls of their own, `episodes` and `consumption`;
    here they are when named by device or quantity.

    Args:
        since: beginning of the stretch.
        until: its end, exclusive; None is now.
        device: one device, by id or name; None is all.
        quantity: such as temperature; None is all.
        bin: width of the bins, such as `1h`; None gives each reading by itself.
        project: another project than the one found from here.
    """
    bin_s = None if bin is None else round(seconds(bin))
    return tidy(
        ask(
            partial(read.series, quantity=quantity, bin_s=bin_s),
            since,
            until,
            of=device,
            project=project,
        )
    )


def stats(
    since: When = "7d",
    until: When = None,
    *,
    by: By = "stretch",
    device: str | None = None,
    quantity: str | None = None,
    project: Project | None = None,
) -> "pd.DataFrame":
    """How many readings, lowest, mean, highest and newest value of each sensor, in all or by day, week or hour.

    Columns: device_id, name, place, channel, quantity, unit, label, start, end, so_far, readings, errors, value_min,
    value_mean, value_max, value_last, state_last (its word: open, alarm), value_last_at, first_at, last_at (error codes
    too), low, high.
    """
    return tidy(ask(partial(read.stats, by=by, quantity=quantity), since, until, of=device, project=project))


def coverage(
    since: When = "24h",
    until: When = None,
    *,
    device: str | None = None,
    quantity: str | None = None,
    project: Project | None = None,
) -> "pd.DataFrame":
    """How much of the stretch is known of each sensor that has limits, one silent or never heard included.

    A reading tells of half an interval on either side. What is unknown is neither within limits nor outside. A sensor
    that took the place of another of the same name is one with it.

    Columns: device_id (the newest), name, place, channel, quantity (empty: never heard), unit, low, high, readings,
    window_s (the stretch), unknown_s (of it), known_s (the rest), was (ids of the sensors it replaced).
    """
    return tidy(ask(partial(known, quantity=quantity), since, until, of=device, project=project))


def gaps(
    since: When = "7d",
    until: When = None,
    *,
    device: str | None = None,
    quantity: str | None = None,
    lasting: bool = False,
    project: Project | None = None,
) -> "pd.DataFrame":
    """Where readings are missing: between two that came, and since the newest one.

    Columns: device_id, name, place, channel, quantity, after_at, before_at, missing (readings that were due),
    is_open.
    """
    return tidy(ask(partial(read.gaps, quantity=quantity, lasting=lasting), since, until, of=device, project=project))


def excursions(
    since: When = "7d",
    until: When = None,
    *,
    device: str | None = None,
    quantity: str | None = None,
    lasting: bool = False,
    project: Project | None = None,
) -> "pd.DataFrame":
    """When a sensor was outside low or high of devices.csv, how long and how far.

    Columns: device_id, name, place, channel, quantity, unit, side (above, below), limit_value, crossed_at,
    returned_at, counted_from, outside_s, unknown_s (silences in it, which are neither outside nor within), resolution_s
    (both moments are sure to so many seconds), started_at, ended_at, readings, peak, peak_at, is_begin_known and
    is_end_known (else it lasted for so long at least), is_open (its newest reading is outside). Limits hold for a
    device's temperature, or for the only quantity it has; `low:<quantity>`, `low:<channel>:<quantity>` and `high:`
    likewise are those of another, the narrowest wins.
    """
    return tidy(
        ask(partial(read.excursions, quantity=quantity, lasting=lasting), since, until, of=device, project=project)
    )


def minutes_outside(
    since: When = "14d",
    until: When = None,
    *,
    device: str | None = None,
    quantity: str | None = None,
    project: Project | None = None,
) -> "pd.DataFrame":
    """How long each sensor that has limits was outside them on each local day.

    Columns: device_id, name, place, channel, quantity, label, start, end, so_far, readings, outside_s (null on a
    day without a reading), unknown_s (neither outside nor within), excursions.
    """
    return tidy(ask(partial(read.minutes_outside, quantity=quantity), since, until, of=device, project=project))


def days_outside(
    since: When = "14d",
    until: When = None,
    *,
    device: str | None = None,
    quantity: str | None = None,
    project: Project | None = None,
) -> "pd.DataFrame":
    """How long all sensors with limits together were outside them on each local day.

    Columns: label, start, end, so_far, readings, outside_s (null on a day without a reading), unknown_s (neither
    outside nor within), is_over (more than `[sensors] tolerated_min`; null where outside_s is).
    """
    return tidy(ask(partial(read.days_outside, quantity=quantity), since, until, of=device, project=project))


def mean_kinetic_temperature(
    since: When = "30d",
    until: When = None,
    *,
    by: By = "stretch",
    device: str | None = None,
    project: Project | None = None,
) -> "pd.DataFrame":
    """The mean kinetic temperature of each sensor (Haynes, USP <1160>), over the stretch or by day, week or hour.

    Columns: device_id, name, place, channel, quantity, unit (of the readings and of low and high), label, start, end,
    so_far, readings, mean_c, kinetic_c (both in °C), unknown_s, low, high. What was not measured is left out of it.
    Temperatures in °C, °F and K are looked at; one without a unit is taken for °C.
    """
    return tidy(ask(partial(read.mean_kinetic_temperature, by=by), since, until, of=device, project=project))


def episodes(
    since: When = "7d",
    until: When = None,
    *,
    device: str | None = None,
    quantity: str | None = None,
    lasting: bool = False,
    project: Project | None = None,
) -> "pd.DataFrame":
    """When a door stood open, an alarm was on, water was there: from when to when, and whether it lasts.

    Columns: device_id, name, place, channel, quantity, state, started_at, ended_at (null where not known),
    lasted_s, is_begin_known, is_end_known, is_open.
    """
    return tidy(
        ask(partial(read.episodes, quantity=quantity, lasting=lasting), since, until, of=device, project=project)
    )


def consumption(
    since: When = "7d",
    until: When = None,
    *,
    by: By = "day",
    device: str | None = None,
    quantity: str | None = None,
    project: Project | None = None,
) -> "pd.DataFrame":
    """What counters counted, across resets, and the sums of meters that tell amounts, over the stretch or by period.

    Columns: device_id, name, place, channel, quantity, unit, label, start, end, so_far, readings, consumed (from
    counted_from to last_at; null with a single reading), resets, may_be_low (some of it was not counted), value_last
    (the counter itself; null of amounts), counted_from (the reading that its first step begins with), first_at,
    last_at.
    """
    return tidy(
        ask(
            partial(read.consumption, by=by, quantity=quantity),
            since,
            until,
            of=device,
            project=project,
        )
    )


def completeness(
    since: When = "7d",
    until: When = None,
    *,
    by: By = "stretch",
    device: str | None = None,
    project: Project | None = None,
) -> "pd.DataFrame":
    """How many of the readings that were due from each device came, over the stretch or by day, week or hour.

    Columns: device_id, name, place, label, start, end, so_far, due, received, share. Switches are left out: they
    tell changes; and so is what has no interval in devices.csv and fewer than ten readings. Copies count once.
    """
    return tidy(ask(partial(read.completeness, by=by), since, until, of=device, project=project))


def overdue(
    since: When = "7d",
    until: When = None,
    *,
    device: str | None = None,
    lasting: bool = False,
    project: Project | None = None,
) -> "pd.DataFrame":
    """Where a device was not heard at the moment it had named itself; `is_open`: it still is not.

    Columns: device_id, name, place, heard_at, expected_at, next_heard_at (null while it lasts), overdue_s, is_open.
    """
    return tidy(ask(partial(read.overdue, lasting=lasting), since, until, of=device, project=project))


def trends(
    since: When = "30d", until: When = None, *, device: str | None = None, project: Project | None = None
) -> "pd.DataFrame":
    """Where battery and signal of each device go, and how many days are left; null where the data do not bear it.

    Columns: device_id, name, place, measure (battery in V, signal in dBm), days (with a value), last_on (the newest of
    them), level (then, by the trend), last_value, per_day, is_clear, days_left (from the end of the stretch, along a
    straight line until 3.0 V or −110 dBm).
    """
    return tidy(ask(read.trends, since, until, of=device, project=project))
