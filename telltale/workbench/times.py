"""What people write for a moment or a duration, as integer microseconds UTC; pure, the clock is handed in."""

import datetime as dt
import re
from typing import NamedTuple
from zoneinfo import ZoneInfo

from telltale.contract import ConfigError

When = str | dt.datetime | dt.date | dt.timedelta | None
"""`7d`, `24h`, an ISO date or time (local to the site unless it names an offset), a datetime, a date, a timedelta."""

Duration = str | int | float | dt.timedelta
"""`15min`, `900s`, `1h`; a number is seconds."""

SECOND = 1_000_000
DAY = 86_400 * SECOND
FOREVER = 1 << 55
"""A moment after all others that still fits a timestamp (the year 3111)."""
CUT_HOUR = 4
"""Keys change and days close at 04:00 by the site's clock, when few people are about."""
UNITS_S = {"s": 1, "min": 60, "h": 3_600, "d": 86_400, "w": 604_800}
SPELT = re.compile(r"\s*(\d+(?:\.\d+)?)\s*(s|min|h|d|w)\s*\Z")


class Span(NamedTuple):
    """A half-open stretch of time, microseconds UTC."""

    since_us: int
    until_us: int


def seconds(value: Duration) -> float:
    """A duration in seconds.

    Raises:
        ConfigError: the text is not a number followed by s, min, h, d or w, or the duration is not positive.
    """
    found = _spelt_s(value)
    if found is None or found <= 0:
        raise ConfigError(f'duration {value!r}: expected a positive one such as "15min", "900s", "1h" or a timedelta')
    return found


def span(since: When, until: When, *, zone: str, now_us: int, by_day: bool = False) -> Span:
    """The stretch between two moments, as one site's clock reads them.

    Args:
        since: a duration counts back from `until`; None is the beginning of 1970.
        until: exclusive; a date means the midnight it begins with; None is now.
        zone: the site's time zone.
        now_us: the present.
        by_day: whole local days: `7d` is then the day `until` lies in and the six before it, from midnight.

    Raises:
        ConfigError: a moment cannot be read, or `since` is not before `until`.
    """
    end_us = now_us if until is None else moment(until, zone=zone, now_us=now_us)
    start_us = _start(since, zone, end_us, by_day=by_day)
    if start_us >= end_us:
        raise ConfigError(f"since {since!r} is not before until {until!r}: expected an earlier moment")
    return Span(start_us, end_us)


def moment(value: When, *, zone: str, now_us: int) -> int:
    """One moment; a duration counts back from `now_us`.

    Raises:
        ConfigError: the text is neither a duration nor an ISO date or time.
    """
    back_s = _spelt_s(value) if isinstance(value, str | dt.timedelta) else None
    if back_s is not None:
        return now_us - round(back_s * SECOND)
    if isinstance(value, str):
        value = _iso(value)
    if isinstance(value, dt.datetime):
        return micros(value if value.tzinfo else value.replace(tzinfo=ZoneInfo(zone)))
    if isinstance(value, dt.date):
        return midnight(value, zone)
    raise ConfigError(f'moment {value!r}: expected "7d", an ISO date or time, a datetime or a timedelta')


def midnight(day: dt.date, zone: str, hour: int = 0) -> int:
    """The moment a local day begins, or reaches `hour`."""
    return micros(dt.datetime(day.year, day.month, day.day, hour, tzinfo=ZoneInfo(zone)))


def closes_at(day: dt.date, zone: str) -> int:
    """The moment a local day closes: what arrives later is counted as late and changes nothing.

    At 04:00 of the second day after it both key periods the day touches have had 24 hours for late records.
    Source: DESIGN section 11.
    """
    return midnight(day + dt.timedelta(days=2), zone, CUT_HOUR)


def local_day(at_us: int, zone: str) -> dt.date:
    """The local calendar day a moment lies in."""
    return local_time(at_us, zone).date()


def local_time(at_us: int, zone: str) -> dt.datetime:
    """A moment on the site's clock."""
    return (dt.datetime(1970, 1, 1, tzinfo=dt.UTC) + dt.timedelta(microseconds=at_us)).astimezone(ZoneInfo(zone))


def micros(at: dt.datetime) -> int:
    """An aware datetime as microseconds UTC, exactly."""
    return (at - dt.datetime(1970, 1, 1, tzinfo=dt.UTC)) // dt.timedelta(microseconds=1)


def _start(since: When, zone: str, end_us: int, *, by_day: bool) -> int:
    if since is None:
        return 0
    start_us = moment(since, zone=zone, now_us=end_us)
    if not by_day:
        return start_us
    counted_back = isinstance(since, str | dt.timedelta) and _spelt_s(since) is not None
    # Counting back whole days from this afternoon would begin with half a day; the day of `until` is one of them.
    first = local_day(end_us - 1, zone) if counted_back else local_day(start_us, zone)
    days = max(round((end_us - start_us) / DAY) - 1, 0) if counted_back else 0
    return midnight(first - dt.timedelta(days=days), zone)


def _spelt_s(value: When | Duration) -> float | None:
    if isinstance(value, dt.timedelta):
        return value.total_seconds()
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    found = SPELT.match(value) if isinstance(value, str) else None
    return float(found[1]) * UNITS_S[found[2]] if found else None


def _iso(text: str) -> dt.datetime | dt.date:
    try:
        return dt.date.fromisoformat(text) if len(text) == len("2026-11-20") else dt.datetime.fromisoformat(text)
    except ValueError:
        raise ConfigError(f'moment "{text}": expected "7d", "24h", an ISO date or an ISO time') from None
