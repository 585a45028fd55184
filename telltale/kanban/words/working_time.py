"""Working time, a type of its own: seconds that count are never told as seconds by the calendar.

Where `[kanban]` keeps a calendar, lead times, ages, silences and limits count working time; a silence counts only what
a capture heard besides. Such seconds divided by 86,400 are no days. Here they stand with the length of a working day
and, where they have a beginning and an end, with what passed by the calendar; words tell both.

Source: wire/kanban.md 7 (T and lead times count working time where a calendar is kept).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from statistics import median as middle
from typing import Any

from telltale import wording

DAY_S = 86_400.0
HOUR_S, MINUTE_S = 3600.0, 60.0
ALIKE = 0.05
"""Both bases are told where they differ by more than this share of the longer one …"""
ALIKE_S = 300.0
"""… and by more than a restart of the capture takes."""


@dataclass(frozen=True)
class WorkingTime:
    """Time that counts, and what it is by the calendar."""

    seconds: float
    """Working time; of a silence, what a capture heard of it."""
    day_s: float | None = None
    """How long a working day is; None where no calendar is kept: then all time is working time."""
    calendar_s: float | None = None
    """From the same beginning to the same end by the calendar; None of a limit or a listed time, which have neither."""

    @property
    def days(self) -> float:
        """In working days."""
        return self.seconds / (self.day_s or DAY_S)

    @property
    def is_alike(self) -> bool:
        """Whether it is as long by the calendar, as far as words tell."""
        if self.calendar_s is None:
            return self.day_s is None
        return abs(self.calendar_s - self.seconds) <= max(ALIKE * self.calendar_s, ALIKE_S)

    @property
    def text(self) -> str:
        """`15 working days (22 d)`, `6 h of working time (2 d 4 h)`; `6 d 2 h` where both are the same.

        Without a calendar what was not heard makes the difference: `4 d heard (6 d)`.
        """
        if self.is_alike:
            return wording.duration(self.seconds)
        counted = self.counted
        return counted if self.calendar_s is None else f"{counted} ({wording.duration(self.calendar_s)})"

    @property
    def counted(self) -> str:
        """The time that counts alone, called what it is: `15 working days`, `6 h of working time`, `4 d heard`."""
        if self.day_s is None:
            return f"{wording.duration(self.seconds)} heard"
        if round(self.days, 1) < 1:
            return f"{wording.duration(self.seconds)} of working time"
        return f"{days_number(self.days)}{wording.NBSP}working day{'' if round(self.days, 1) == 1 else 's'}"

    @property
    def figure(self) -> tuple[str, str]:
        """The number and the unit of a tile: `2.1`, `working days`."""
        unit, unit_s = scale(self)
        whole = unit == "min"
        return (wording.number(self.seconds / unit_s) if whole else wording.number(self.seconds / unit_s, 1)), unit

    @property
    def by_calendar(self) -> str:
        """`37 h by the calendar`; empty where that is the same, or not known."""
        if self.calendar_s is None or self.is_alike:
            return ""
        return f"{wording.duration(self.calendar_s)} by the calendar"


def working_time(seconds: float | None, row: Mapping[str, Any], calendar_s: float | None = None) -> WorkingTime | None:
    """The time a column of working seconds holds; None where it holds nothing.

    Args:
        seconds: what stands in the column.
        row: with `working_day_s`, null where no calendar is kept.
        calendar_s: the same by the calendar, where it has a beginning and an end.
    """
    if not wording.is_known(seconds) or seconds is None:
        return None
    day_s = row["working_day_s"]
    by_calendar = calendar_s if calendar_s is not None and isfinite(calendar_s) else None
    return WorkingTime(seconds, day_s if wording.is_known(day_s) else None, by_calendar)


def mean(times: Sequence[WorkingTime]) -> WorkingTime:
    """The mean of some, on both bases; the calendar's where all have one."""
    return _of_both(times, lambda values: sum(values) / len(values))


def median(times: Sequence[WorkingTime]) -> WorkingTime:
    """The median of some, on each basis by itself: half of them took longer, either way."""
    return _of_both(times, middle)


def longest(times: Iterable[WorkingTime]) -> WorkingTime:
    """The one that took the most working time."""
    return max(times, key=lambda time: time.seconds)


def shortest(times: Iterable[WorkingTime]) -> WorkingTime:
    """The one that took the least working time."""
    return min(times, key=lambda time: time.seconds)


def scale(time: WorkingTime) -> tuple[str, float]:
    """The unit that suits a time, and how long it is: `working days` of 57,600 s, `h` of 3,600 s."""
    day_s, kind = (DAY_S, "") if time.day_s is None else (time.day_s, "working ")
    if time.seconds >= (1 if kind else 2) * day_s:
        return (f"{kind}days" if kind else "d"), day_s
    return (f"{kind}h", HOUR_S) if time.seconds >= 2 * HOUR_S else (f"{kind}min", MINUTE_S)


def days_number(days: float) -> str:
    """`2.1`, `15`: one digit below ten unless it is a whole number."""
    return wording.number(days, 0 if days >= 10 or round(days, 1) == round(days) else 1)


def basis(day_s: float | None) -> str:
    """What days are where a calendar is kept: `Working time by [kanban]; a working day is 16 h.`; empty without one."""
    if not wording.is_known(day_s):
        return ""
    return f"Working time by the calendar of [kanban]; a working day is {wording.duration(day_s)}."


def _of_both(times: Sequence[WorkingTime], one: Any) -> WorkingTime:
    by_calendar = [time.calendar_s for time in times if time.calendar_s is not None]
    return WorkingTime(
        one([time.seconds for time in times]),
        times[0].day_s,
        one(by_calendar) if len(by_calendar) == len(times) else None,
    )
