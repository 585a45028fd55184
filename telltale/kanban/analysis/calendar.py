"""Working time as stretches: shifts by the local clock on some weekdays, holidays left out.

Source: wire/kanban.md 7 (calendar; day borders use a named time zone, a day at a change of clocks has 23 or 25 h).
"""

from collections.abc import Collection, Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from telltale.analysis.periods import EPOCH, ONE_US, moment_us
from telltale.kanban.analysis.stretches import Stretches, of

DAY_S = 86_400.0
MINUTES_A_DAY = 24 * 60


class Shift(NamedTuple):
    """Work on some weekdays (Monday is 0) from one minute of the local day to another, if need be of the next."""

    weekdays: Collection[int]
    start_min: int
    end_min: int


ALWAYS = (Shift(range(7), 0, MINUTES_A_DAY),)
"""24/7, the calendar where nobody gives one."""


def working(
    shifts: Sequence[Shift], *, holidays: Collection[date] = (), timezone: str, since_us: int, until_us: int
) -> Stretches:
    """The working time between two moments.

    Args:
        shifts: when people work; they may overlap. None at all means always.
        holidays: local days on which no shift begins.
        timezone: an IANA name.
        since_us: µs UTC, inclusive.
        until_us: µs UTC, exclusive.
    """
    if not shifts and not holidays:
        return of([(since_us, until_us)])
    zone = ZoneInfo(timezone)
    day = (EPOCH + since_us * ONE_US).astimezone(zone).date() - timedelta(days=1)  # a night shift began yesterday
    found = []
    while _moment(zone, day, 0) < until_us:
        if day not in holidays:
            found += [
                (_moment(zone, day, shift.start_min), _moment(zone, day, shift.end_min))
                for shift in shifts or ALWAYS
                if day.weekday() in shift.weekdays
            ]
        day += timedelta(days=1)
    return of(found).within(since_us, until_us)


def day_s(shifts: Sequence[Shift]) -> float:
    """How long a working day is: the mean over the weekdays with work, 86,400 s without a calendar.

    Rates per day and lead times in days count such days where a calendar is kept: a pull a day is one pull a shift
    day, and two days of lead time are two working days.
    """
    if not shifts:
        return DAY_S
    midnight = datetime(1970, 1, 5, tzinfo=UTC)  # a Monday
    week = working(
        shifts, timezone="UTC", since_us=moment_us(midnight), until_us=moment_us(midnight + timedelta(days=8))
    )
    first, second = week.elapsed_us([moment_us(midnight + timedelta(days=days)) for days in (1, 8)])
    return float(second - first) / 1e6 / len({day for shift in shifts for day in shift.weekdays})


@lru_cache(maxsize=1 << 14)  # years of days, which every question asks for again
def _moment(zone: ZoneInfo, day: date, minute: int) -> int:
    """The moment a local clock shows a minute of a day; of a time shown twice the first."""
    days, rest = divmod(minute, MINUTES_A_DAY)
    at = datetime.combine(day + timedelta(days=days), time(*divmod(rest, 60)), tzinfo=zone)
    return moment_us(at.astimezone(UTC))
