"""What people write for a moment, a stretch or a length of time; pure, the clock is handed in.

One grammar for `tt`, the command line and reports:

    90s  30min (or 30m)  26h  1.5h   count back exactly, and so does a timedelta
    7d  2w  1y (365 days)            whole local days, the day of the end included: `1d` is today, `24h` is not
    2026-11-20                       the midnight that day begins with
    2026-11-20 14:00                 by the site's clock unless it names an offset; so does a datetime

A plain length (a gap, a dead time, quiet hours) is always exact: there `1d` is 24 hours and `1.5h` an hour and a half.
"""

import datetime as dt
import re
from typing import NamedTuple
from zoneinfo import ZoneInfo

from telltale.contract import ConfigError

When = str | dt.datetime | dt.date | dt.timedelta | None
"""What the grammar above reads."""

Duration = str | int | float | dt.timedelta
"""`15min`, `900s`, `1h`; a number is seconds."""

SECOND = 1_000_000
DAY = 86_400 * SECOND
FOREVER = 1 << 55
"""A moment after all others that still fits a timestamp (the year 3111)."""
CUT_HOUR = 4
"""Keys change and days close at 04:00 by the site's clock, when few people are about."""
MIDNIGHT = dt.time(0)
UNITS_S = {"s": 1, "min": 60, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800}
UNITS_D = {"d": 1, "w": 7, "y": 365}
MOST_DAYS = 36_500
SPELT = re.compile(r"\s*(\d+(?:\.\d+)?)\s*(s|min|m|h|d|w)\s*\Z")
COUNTED = re.compile(r"\s*(\d+(?:\.\d+)?)\s*(d|w|y)\s*\Z")
WRITTEN = "7d (whole days, today included), 26h, 30min, an ISO date or an ISO time"


class Span(NamedTuple):
    """A half-open stretch of time, microseconds UTC."""

    since_us: int
    until_us: int


EVER = Span(0, FOREVER)
"""All that is kept."""


def seconds(value: Duration) -> float:
    """A duration in seconds.

    Raises:
        ConfigError: the text is not a number followed by s, min (or m), h, d or w, or the duration is not positive.
    """
    length_s = _spelt_s(value)
    if length_s is None or length_s <= 0:
        raise ConfigError(f'duration {value!r}: expected a positive one such as "15min", "900s", "1h" or a timedelta')
    return length_s


def span(since: When, until: When, *, zone: str, now_us: int, day_starts_at: dt.time = MIDNIGHT) -> Span:
    """The stretch between two moments, as one site's clock reads them.

    Args:
        since: see the module; counted back from `until`, and of days the one `until` lies in is the last. None is the
            beginning of 1970.
        until: exclusive; a date means the moment it begins with; None is now.
        zone: the site's time zone.
        now_us: the present.
        day_starts_at: when a day begins, where that is not midnight.

    Raises:
        ConfigError: a moment cannot be read, or `since` is not before `until`.
    """
    end_us = now_us if until is None else moment(until, zone=zone, now_us=now_us, day_starts_at=day_starts_at)
    # The last moment of the stretch says which day its last one is: until midnight, that is the day before.
    start_us = 0 if since is None else _counted(since, zone=zone, end_us=end_us, day_starts_at=day_starts_at)
    if start_us >= end_us:
        raise ConfigError(f"since {since!r} is not before until {until!r}: expected an earlier moment")
    return Span(start_us, end_us)


def moment(value: When, *, zone: str, now_us: int, day_starts_at: dt.time = MIDNIGHT) -> int:
    """One moment; what counts back does so from `now_us`.

    Raises:
        ConfigError: the text is not of the grammar.
    """
    return _counted(value, zone=zone, end_us=now_us + 1, from_us=now_us, day_starts_at=day_starts_at)


def days_back(value: When) -> int | None:
    """How many whole days `7d`, `2w`, `1y` mean; None for what is no count of days.

    Raises:
        ConfigError: the count is no whole number of days from 1 to a hundred years.
    """
    match = COUNTED.match(value) if isinstance(value, str) else None
    if match is None:
        return None
    days = UNITS_D[match[2]] * float(match[1])
    if not days.is_integer() or "." in match[1] or not 1 <= days <= MOST_DAYS:
        raise ConfigError(f'"{value}": expected whole days from 1d to {MOST_DAYS}d; write hours, such as 36h, for less')
    return int(days)


def midnight(day: dt.date, zone: str, hour: int = 0) -> int:
    """The moment a local day begins, or reaches `hour`."""
    return micros(dt.datetime(day.year, day.month, day.day, hour, tzinfo=ZoneInfo(zone)))


def closes_at(day: dt.date, zone: str) -> int:
    """The moment a local day closes: what arrives later is counted as late and changes nothing.

    At 04:00 of the second day after it both key periods the day touches have had 24 hours for late records.
    Source: DESIGN section 11.
    """
    return midnight(day + dt.timedelta(days=2), zone, CUT_HOUR)


def day_begins(day: dt.date, zone: str, day_starts_at: dt.time = MIDNIGHT) -> int:
    """The moment a local day begins, where it does so at `day_starts_at`."""
    return micros(dt.datetime.combine(day, day_starts_at, ZoneInfo(zone)))


def local_day(at_us: int, zone: str, day_starts_at: dt.time = MIDNIGHT) -> dt.date:
    """The local day a moment lies in: the calendar's, or the one that began at `day_starts_at`."""
    day = local_time(at_us, zone).date()
    return day if at_us >= day_begins(day, zone, day_starts_at) else day - dt.timedelta(days=1)


def local_time(at_us: int, zone: str) -> dt.datetime:
    """A moment on the site's clock."""
    return (dt.datetime(1970, 1, 1, tzinfo=dt.UTC) + dt.timedelta(microseconds=at_us)).astimezone(ZoneInfo(zone))


def micros(at: dt.datetime) -> int:
    """An aware datetime as microseconds UTC, exactly."""
    return (at - dt.datetime(1970, 1, 1, tzinfo=dt.UTC)) // dt.timedelta(microseconds=1)


def _counted(value: When, *, zone: str, end_us: int, day_starts_at: dt.time, from_us: int | None = None) -> int:
    """A moment that may be counted back from the end of a stretch (exclusive), or from `from_us`."""
    days = days_back(value)
    if days is not None:
        last = local_day(end_us - 1, zone, day_starts_at)
        return day_begins(last - dt.timedelta(days=days - 1), zone, day_starts_at)
    back_s = _spelt_s(value) if isinstance(value, str | dt.timedelta) else None
    if back_s is not None:
        return (end_us if from_us is None else from_us) - round(back_s * SECOND)
    if isinstance(value, str):
        value = _iso(value)
    if isinstance(value, dt.datetime):
        return micros(value if value.tzinfo else value.replace(tzinfo=ZoneInfo(zone)))
    if isinstance(value, dt.date):
        return day_begins(value, zone, day_starts_at)
    raise ConfigError(f"moment {value!r}: expected {WRITTEN}, a datetime or a timedelta")


def _spelt_s(value: When | Duration) -> float | None:
    if isinstance(value, dt.timedelta):
        return value.total_seconds()
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    match = SPELT.match(value) if isinstance(value, str) else None
    return float(match[1]) * UNITS_S[match[2]] if match else None


def _iso(text: str) -> dt.datetime | dt.date:
    text = text.strip()
    try:
        return dt.date.fromisoformat(text) if len(text) == len("2026-11-20") else dt.datetime.fromisoformat(text)
    except ValueError:
        raise ConfigError(f'moment "{text}": expected {WRITTEN}') from None
