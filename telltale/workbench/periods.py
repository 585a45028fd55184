"""The stretch of local days a report is about: parsed from what people type, worded for its head.

`2026-W47` a week, `2026-11-20` a day, `2026-11` a month, `2026-11-09/2026-11-15` first and last day, `7d` today and the
six days before (`2w`, `1y` likewise, see `times.py`). Pure: the present is handed in.
"""

import datetime as dt
import re
from collections.abc import Callable, Mapping
from typing import NamedTuple

from telltale import wording
from telltale.contract import ConfigError
from telltale.workbench.times import UNITS_D, days_back

EXPECTED = "a week 2026-W47, a day 2026-11-20, a month 2026-11, days 2026-11-09/2026-11-15, or 7d, 2w, 1y"


class Period(NamedTuple):
    """Local days from `first` to `last`, and where the present lies in them."""

    name: str
    """As written, but `7d` as the days it means: the name of the file a report becomes."""
    first: dt.date
    last: dt.date
    unit: str
    """week, day, month or days: how the stretch before is called."""
    now: dt.datetime
    """The present, on the site's clock."""
    site: str = ""
    """The network id it is about, once known."""

    @property
    def since(self) -> str:
        """The first day, as `tt` functions take it."""
        return self.first.isoformat()

    @property
    def until(self) -> str | None:
        """The end, exclusive, as `tt` functions take it; None, which is now, while the period is running."""
        return None if self.running else (self.last + dt.timedelta(days=1)).isoformat()

    @property
    def ask(self) -> dict[str, str | None]:
        """The period and site as arguments: `tt.presence.figures(**when.ask)`."""
        return {"since": self.since, "until": self.until, "site": self.site or None}

    @property
    def ask_before(self) -> dict[str, str | None]:
        """The same of the stretch before; while this one is running, as far as this one has come."""
        first = self._first_before()
        so_far = (self.now - (self.first - first)).isoformat(timespec="minutes") if self.running else self.since
        return {"since": first.isoformat(), "until": so_far, "site": self.site or None}

    @property
    def running(self) -> dt.date | None:
        """Today, while the period has not ended."""
        return self.now.date() if self.now.date() <= self.last else None

    @property
    def days(self) -> int:
        """How many local days the period has."""
        return (self.last - self.first).days + 1

    @property
    def bin(self) -> str:
        """The width of intervals that suits its length: a quarter of an hour up to two days, else an hour."""
        return "15 min" if self.days <= 2 else "1 h"

    @property
    def timezone(self) -> str:
        """The site's zone."""
        return str(self.now.tzinfo)

    @property
    def basis(self) -> str:
        """What a comparison is with: `the week before`."""
        named = self.unit if self.unit != "days" else f"{self.days} days"
        return f"the {named} before" + (" until the same hour" if self.running else "")

    @property
    def head(self) -> str:
        """`**Week 46 · Monday 9 to Sunday 15 November 2026**`, for the line above the sentence."""
        span = wording.date_span(self.first, self.running or self.last)
        if self.unit == "week":
            span = f"Week {self.first.isocalendar().week} · {span}"
        elif self.unit == "month" and not self.running:
            span = wording.month(self.first)
        return f"**{span}**" + (f", until {wording.clock(self.now)}" if self.running else "")

    def _first_before(self) -> dt.date:
        if self.unit == "month":
            return (self.first - dt.timedelta(days=1)).replace(day=1)
        return self.first - dt.timedelta(days=self.days)


def parse(text: str, now: dt.datetime) -> Period:
    """The period a text means.

    Args:
        text: see the module.
        now: the present on the site's clock.

    Raises:
        ConfigError: the text is none of the spellings, names a day that does not exist, or lies in the future.
    """
    for pattern, reader in _SPELLINGS.items():
        if match := re.fullmatch(pattern, text.strip()):
            try:
                first, last, unit = reader(match, now.date())
            except ValueError as error:
                raise ConfigError(f'period "{text}": {error}; expected {EXPECTED}') from error
            return _checked(text, Period(_name(match, first, last), first, last, unit, now))
    raise ConfigError(f'period "{text}": expected {EXPECTED}')


def _checked(text: str, period: Period) -> Period:
    if period.first > period.last:
        raise ConfigError(f'period "{text}": its last day lies before its first; expected {EXPECTED}')
    if period.first > period.now.date():
        raise ConfigError(f'period "{text}" begins on {period.first}, after today; choose one that has begun')
    return period


def _name(match: re.Match[str], first: dt.date, last: dt.date) -> str:
    """A counted-back period names its days: tomorrow the same words mean others."""
    written = match[0]
    if written[-1] in UNITS_D:
        return first.isoformat() if first == last else f"{first}--{last}"
    return written.replace("/", "--")


def _week(match: re.Match[str], today: dt.date) -> tuple[dt.date, dt.date, str]:  # noqa: ARG001 - one shape for all
    first = dt.date.fromisocalendar(int(match[1]), int(match[2]), 1)
    return first, first + dt.timedelta(days=6), "week"


def _day(match: re.Match[str], today: dt.date) -> tuple[dt.date, dt.date, str]:  # noqa: ARG001
    day = dt.date.fromisoformat(match[0])
    return day, day, "day"


def _month(match: re.Match[str], today: dt.date) -> tuple[dt.date, dt.date, str]:  # noqa: ARG001
    first = dt.date(int(match[1]), int(match[2]), 1)
    return first, (first + dt.timedelta(days=31)).replace(day=1) - dt.timedelta(days=1), "month"


def _days(match: re.Match[str], today: dt.date) -> tuple[dt.date, dt.date, str]:  # noqa: ARG001
    return dt.date.fromisoformat(match[1]), dt.date.fromisoformat(match[2]), "days"


def _back(match: re.Match[str], today: dt.date) -> tuple[dt.date, dt.date, str]:
    days = days_back(match[0]) or 0
    return today - dt.timedelta(days=days - 1), today, "day" if days == 1 else "days"


_Reader = Callable[[re.Match[str], dt.date], tuple[dt.date, dt.date, str]]
_SPELLINGS: Mapping[str, _Reader] = {
    r"(\d{4})-W(\d{2})": _week,
    r"\d{4}-\d{2}-\d{2}": _day,
    r"(\d{4})-(\d{2})": _month,
    r"(\d{4}-\d{2}-\d{2})/(\d{4}-\d{2}-\d{2})": _days,
    r"[\d.]+ *[dwy]": _back,
}
