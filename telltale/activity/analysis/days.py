"""Local days that begin at an hour of one's own, and weeks of them, as small tables of moments.

Source: DESIGN section 7 (no time zone in SQL); wire/sigfox.md 8.2 (the working-hours example starts days at 04:00).
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pyarrow as pa

from telltale.analysis.periods import EPOCH, ONE_US, PERIOD, moment_us

MONDAY = 0


def days(timezone: str, since_us: int, until_us: int, *, starts_at: str = "00:00") -> pa.Table:
    """The local days that touch [since, until), cut to it; 23 or 25 hours long where the clocks change.

    Args:
        timezone: an IANA name, such as Europe/Berlin.
        since_us: µs UTC, inclusive.
        until_us: µs UTC, exclusive.
        starts_at: when a day begins on the local clock, such as 04:00; the date is that of its beginning.

    Returns:
        label (2026-11-20), start_us, end_us, in order.
    """
    return _table(_steps(timezone, since_us, until_us, starts_at, 1), since_us, until_us)


def weeks(timezone: str, since_us: int, until_us: int, *, starts_at: str = "00:00") -> pa.Table:
    """The same of weeks from Monday; the label is that of the ISO week: 2026-W47."""
    return _table(_steps(timezone, since_us, until_us, starts_at, 7), since_us, until_us)


def day_of(timezone: str, at_us: int, *, starts_at: str = "00:00") -> date:
    """The local day a moment belongs to."""
    local = (EPOCH + at_us * ONE_US).astimezone(ZoneInfo(timezone)).date()
    return local if at_us >= begin_us(timezone, local, starts_at=starts_at) else local - timedelta(days=1)


def begin_us(timezone: str, day: date, *, starts_at: str = "00:00") -> int:
    """The moment a local day begins, also where the clocks change at that hour."""
    return moment_us(datetime.combine(day, time.fromisoformat(starts_at), ZoneInfo(timezone)).astimezone(UTC))


def _steps(timezone: str, since_us: int, until_us: int, starts_at: str, length: int) -> Iterator[tuple[str, int, int]]:
    day = day_of(timezone, since_us, starts_at=starts_at)
    if length > 1:
        day -= timedelta(days=(day.weekday() - MONDAY) % 7)
    start = begin_us(timezone, day, starts_at=starts_at)
    while start < until_us:
        following = day + timedelta(days=length)
        end = begin_us(timezone, following, starts_at=starts_at)
        if end > start:
            yield day.isoformat() if length == 1 else f"{day:%G-W%V}", start, end
        day, start = following, end


def _table(rows: Iterator[tuple[str, int, int]], since_us: int, until_us: int) -> pa.Table:
    cut = [(label, max(start, since_us), min(end, until_us)) for label, start, end in rows]
    return pa.Table.from_pylist([dict(zip(PERIOD.names, row, strict=True)) for row in cut], PERIOD)
