"""Key periods: local days, weeks or months of a site, cut at 04:00 by its clock, or one period for ever.

The cut lies where few people are about, so that few stays are cut in two. A day is 23 or 25 hours long where the clock
changes; the bounds come from the zone's rules, never from adding hours.

Source: DESIGN section 11.
"""

import datetime as dt
from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple, Protocol
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

CUT = dt.time(4)

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_MICROSECOND = dt.timedelta(microseconds=1)
_DAY = dt.timedelta(days=1)


class SiteRule(Protocol):
    """What privacy must know of a site."""

    @property
    def timezone(self) -> str:
        """The zone of its clock."""

    @property
    def rotation(self) -> str:
        """How long a key lives: day, week, month or never."""


class Period(NamedTuple):
    """The span of one key, half-open, microseconds UTC."""

    label: str
    """`2026-11-20`, `2026-W47`, `2026-11` or `always`: by local calendar, of the day the period begins."""
    start_us: int
    end_us: int


class Periods(NamedTuple):
    """The period of each of some times."""

    codes: NDArray[np.intp]
    """For each time, which of `periods`."""
    periods: tuple[Period, ...]
    """In order, without holes; not every one need be in use."""


ALWAYS = Period("always", -(2**63), 2**63 - 1)
"""The one period of rotation `never`: its key is not destroyed by age."""


def period_of(rule: SiteRule, times_us: NDArray[np.int64]) -> Periods:
    """The key period of each time (microseconds UTC, any order); no times, no periods."""
    if not len(times_us):
        return Periods(np.zeros(0, np.intp), ())
    periods = periods_between(rule, int(times_us.min()), int(times_us.max()))
    starts = np.array([period.start_us for period in periods], np.int64)
    return Periods(np.searchsorted(starts, times_us, side="right") - 1, periods)


def periods_between(rule: SiteRule, first_us: int, last_us: int) -> tuple[Period, ...]:
    """The periods from the one that holds `first_us` to the one that holds `last_us`."""
    if rule.rotation == "never":
        return (ALWAYS,)
    zone = ZoneInfo(rule.timezone)
    # One day earlier by the calendar: whatever the offset and the cut, that is at or before the period wanted.
    begins = _begins(rule.rotation, _local(first_us, zone).date() - _DAY)
    periods = []
    for begin, after in pairwise(begins):
        period = Period(_label(rule.rotation, begin), _cut_us(begin, zone), _cut_us(after, zone))
        if period.start_us > last_us:
            break
        # Where a zone skipped a calendar day, as Apia did in 2011, that day's period is empty.
        if period.start_us < period.end_us and period.end_us > first_us:
            periods.append(period)
    return tuple(periods)


def _begins(rotation: str, day: dt.date) -> Iterator[dt.date]:
    """The days on which periods begin, from the one that holds `day`, for ever."""
    begin = {"day": day, "week": day - _DAY * day.weekday(), "month": day.replace(day=1)}[rotation]
    while True:
        yield begin
        begin = (begin + _DAY * 32).replace(day=1) if rotation == "month" else begin + _DAY * _LENGTH[rotation]


_LENGTH = {"day": 1, "week": 7}


def _label(rotation: str, begin: dt.date) -> str:
    year, week, _ = begin.isocalendar()
    return {"day": f"{begin:%Y-%m-%d}", "week": f"{year}-W{week:02}", "month": f"{begin:%Y-%m}"}[rotation]


def _local(time_us: int, zone: ZoneInfo) -> dt.datetime:
    return (_EPOCH + time_us * _MICROSECOND).astimezone(zone)


def _cut_us(day: dt.date, zone: ZoneInfo) -> int:
    return (dt.datetime.combine(day, CUT, zone) - _EPOCH) // _MICROSECOND
