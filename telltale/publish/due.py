"""Which periods of a report have ended: local days, working days, weeks or months of a site's calendar; pure.

The question is never when a timer rings but which closed periods lack a success, so that a machine that was off, or a
clock that was set, leaves no gap. A period is due when it is over and its grace too: until then late uploads of it are
waited for.
"""

import datetime as dt
from collections.abc import Callable, Collection, Mapping
from typing import Literal, NamedTuple

from telltale.workbench.times import Span, local_day, midnight, seconds

Kind = Literal["day", "working_day", "week", "month"]
MOST = 60
"""So many periods of a report are looked after: two months of days, a year of weeks, five years of months."""
GRACE = "1h"
"""How long late uploads of a source are waited for that [reports.<name>] grace does not name."""
ONE_DAY = dt.timedelta(days=1)


class Stretch(NamedTuple):
    """A period of a report."""

    name: str
    """As `telltale report --period` takes it: 2026-11-20, 2026-W47, 2026-11."""
    span: Span
    """Microseconds UTC, half-open; a day of a change of the clock has 23 or 25 hours."""


class Workdays(NamedTuple):
    """On which days people work."""

    weekdays: Collection[int] = frozenset(range(5))
    """Monday is 0."""
    holidays: Collection[dt.date] = frozenset()

    def has(self, day: dt.date) -> bool:
        """Whether it is one."""
        return day.weekday() in self.weekdays and day not in self.holidays


class Closed(NamedTuple):
    """The periods that are due."""

    periods: tuple[Stretch, ...]
    """The oldest first."""
    left_out: int
    """Older ones that nobody looks after."""


def closed(
    kind: Kind,
    *,
    zone: str,
    first_us: int,
    now_us: int,
    grace_us: int = 0,
    workdays: Workdays = Workdays(),  # noqa: B008 - it cannot be changed
    most: int = MOST,
) -> Closed:
    """The periods from the first that has data to the last that is over.

    Args:
        kind: what a period is.
        zone: by whose clock it begins and ends.
        first_us: the first moment there is anything of, microseconds UTC; the period it lies in is the first.
        now_us: the present, as far as it is believed.
        grace_us: how much later than its end a period is due.
        workdays: of `working_day`.
        most: so many of the newest; the others are counted.
    """
    until = local_day(now_us - grace_us, zone)  # a period that ends by the midnight this day began with is due
    begin, following = _FIRST[kind], _NEXT[kind]
    days = []
    day = begin(local_day(first_us, zone))
    while (after := following(day)) <= until:
        if kind != "working_day" or workdays.has(day):
            days.append((day, after))
        day = after
    kept = days[max(len(days) - most, 0) :]
    stretches = (Stretch(_NAME[kind](day), Span(midnight(day, zone), midnight(after, zone))) for day, after in kept)
    return Closed(tuple(stretches), len(days) - len(kept))


def grace_us(grace: str | Mapping[str, str]) -> int:
    """How long is waited for late uploads, in microseconds.

    Args:
        grace: one length, or one for each source that needs another than `GRACE`; a report waits for all its sources,
            so that the longest counts. Empty is none.
    """
    texts = [grace] if isinstance(grace, str) else [GRACE, *grace.values()]
    return max(round(seconds(text) * 1_000_000) if text.strip("0.smindh") else 0 for text in texts)


def _monday(day: dt.date) -> dt.date:
    return day - day.weekday() * ONE_DAY


def _month(day: dt.date) -> dt.date:
    return day.replace(day=1)


def _same(day: dt.date) -> dt.date:
    return day


def _tomorrow(day: dt.date) -> dt.date:
    return day + ONE_DAY


def _next_month(day: dt.date) -> dt.date:
    return _month(day + 31 * ONE_DAY)


def _week_name(day: dt.date) -> str:
    return f"{day:%G}-W{day:%V}"


def _month_name(day: dt.date) -> str:
    return f"{day:%Y-%m}"


_FIRST: Mapping[Kind, Callable[[dt.date], dt.date]] = {
    "day": _same, "working_day": _same, "week": _monday, "month": _month,
}  # fmt: skip
_NEXT: Mapping[Kind, Callable[[dt.date], dt.date]] = {
    "day": _tomorrow, "working_day": _tomorrow, "week": lambda day: day + 7 * ONE_DAY, "month": _next_month,
}  # fmt: skip
_NAME: Mapping[Kind, Callable[[dt.date], str]] = {
    "day": dt.date.isoformat, "working_day": dt.date.isoformat, "week": _week_name, "month": _month_name,
}  # fmt: skip
