"""`[kanban] working_hours` and `holidays`: texts such as `Mon-Fri 06:00-22:00`, read once and checked on load."""

import datetime as dt
import re
from collections.abc import Sequence
from typing import NamedTuple

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MINUTES_A_DAY = 24 * 60

_SPELT = re.compile(r"\s*(\S+)\s+(\d\d):(\d\d)\s*-\s*(\d\d):(\d\d)\s*\Z")
_EXPECTED = 'working hours such as "Mon-Fri 06:00-22:00" or "Mon,Wed,Sat 22:00-06:00"'
_EXPECTED_DATE = 'dates such as "2026-12-25"'


class WorkingHours(NamedTuple):
    """A stretch of work on some weekdays (Monday is 0), by the local clock; it may end after midnight."""

    weekdays: tuple[int, ...]
    start_min: int
    end_min: int
    """Minutes after the midnight it begins after; more than 1,440 on the next day."""


def working_hours(texts: Sequence[str]) -> tuple[WorkingHours, ...]:
    """The hours some texts mean.

    Raises:
        ValueError: a text cannot be read; says what was expected.
    """
    return tuple(map(_hours, texts))


def dates(texts: Sequence[str]) -> tuple[dt.date, ...]:
    """The days some texts mean.

    Raises:
        ValueError: a text is no date.
    """
    try:
        return tuple(map(dt.date.fromisoformat, texts))
    except ValueError as error:
        raise ValueError(_EXPECTED_DATE) from error


def checked_hours(texts: tuple[str, ...]) -> tuple[str, ...]:
    """The same texts, if they can be read."""
    working_hours(texts)
    return texts


def checked_dates(texts: tuple[str, ...]) -> tuple[str, ...]:
    """The same texts, if they can be read."""
    dates(texts)
    return texts


def _hours(text: str) -> WorkingHours:
    found = _SPELT.match(text)
    if found is None:
        raise ValueError(_EXPECTED)
    start, end = (_minute(*found.group(at, at + 1)) for at in (2, 4))
    if start in {end, MINUTES_A_DAY}:
        raise ValueError(f"{_EXPECTED}; these have no length")
    return WorkingHours(_weekdays(found[1]), start, end if end > start else end + MINUTES_A_DAY)


def _minute(hour: str, minute: str) -> int:
    found = int(hour) * 60 + int(minute)
    if int(minute) > 59 or found > MINUTES_A_DAY:
        raise ValueError(f"{_EXPECTED}; times from 00:00 to 24:00")
    return found


def _weekdays(text: str) -> tuple[int, ...]:
    found: set[int] = set()
    for part in text.split(","):
        first, dash, last = part.partition("-")
        names = [day.casefold() for day in DAYS]
        if first.casefold() not in names or (dash and last.casefold() not in names):
            raise ValueError(f"{_EXPECTED}; days are {', '.join(DAYS)}")
        start = names.index(first.casefold())
        length = (names.index(last.casefold()) - start) % 7 if dash else 0
        found.update((start + step) % 7 for step in range(length + 1))
    return tuple(sorted(found))
