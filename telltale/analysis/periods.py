"""Local days, weeks, hours and bins as small tables of moments, so that no time zone ever enters a text.

Source: DESIGN section 7 (no time zone in SQL); wire/presence.md 6.3 (day = the site's local calendar day), 6.4.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pyarrow as pa

SECOND_US = 1_000_000
HOUR_US = 3_600 * SECOND_US
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
ONE_US = timedelta(microseconds=1)

PERIOD = pa.schema(
    [
        pa.field("label", pa.string(), nullable=False),
        pa.field("start_us", pa.int64(), nullable=False),
        pa.field("end_us", pa.int64(), nullable=False),
    ]
)


def days(timezone: str, since_us: int, until_us: int, *, starts_at: time = time(0)) -> pa.Table:
    """The local days that touch [since, until), whole; 23 or 25 hours long where the clocks change.

    Args:
        timezone: an IANA name, such as Europe/Berlin.
        since_us: µs UTC, inclusive.
        until_us: µs UTC, exclusive.
        starts_at: when a day begins by the local clock; its date is that of its beginning.

    Returns:
        label (2026-11-20), start_us, end_us (half-open, µs UTC), in order; none if since >= until.
    """
    return _table(_days(ZoneInfo(timezone), since_us, until_us, starts_at))


def weeks(timezone: str, since_us: int, until_us: int, *, starts_at: time = time(0)) -> pa.Table:
    """The weeks from Monday that touch [since, until), whole; the label is that of the ISO week: 2026-W47."""
    return _table(_days(ZoneInfo(timezone), since_us, until_us, starts_at, weeks=True))


def hours(timezone: str, since_us: int, until_us: int) -> pa.Table:
    """The local clock hours that touch [since, until), whole; an hour that happens twice is there twice.

    An hour runs from one moment the local clock shows a full hour to the next: where a zone changes by half an hour
    (Lord Howe), one hour of that day is an hour and a half.

    Returns:
        label (with its offset: 2026-10-25 02:00+02:00), start_us, end_us, in order.
    """
    zone = ZoneInfo(timezone)
    return _table(_hours(zone, since_us, until_us))


def bins(width_s: int, since_us: int, until_us: int, *, timezone: str = "UTC") -> pa.Table:
    """Bins of one width that touch [since, until), whole, counted from each local midnight.

    The last bin of a day ends at the next midnight, so bins never straddle two local days.

    Args:
        width_s: width in seconds, more than 0.
        since_us: µs UTC, inclusive.
        until_us: µs UTC, exclusive.
        timezone: whose midnights.

    Returns:
        label (local start, with offset), start_us, end_us, in order.

    Raises:
        ValueError: `width_s` is not positive.
    """
    if width_s <= 0:
        raise ValueError(f"bin width {width_s} s: expected a positive number of seconds")
    zone = ZoneInfo(timezone)
    return _table(
        (_label(zone, start), start, min(start + width_s * SECOND_US, day_end))
        for _, day_start, day_end in _days(zone, since_us, until_us)
        for start in range(day_start, day_end, width_s * SECOND_US)
        if start < until_us and min(start + width_s * SECOND_US, day_end) > since_us
    )


def moment_us(when: datetime) -> int:
    """An aware moment as microseconds since 1970, exact."""
    return (when - EPOCH) // ONE_US


def _days(
    zone: ZoneInfo, since_us: int, until_us: int, starts_at: time = time(0), *, weeks: bool = False
) -> Iterator[tuple[str, int, int]]:
    day = _local(zone, since_us).date()
    if since_us < _begin(zone, day, starts_at):
        day -= timedelta(days=1)
    if weeks:
        day -= timedelta(days=day.weekday())
    start = _begin(zone, day, starts_at)
    while start < until_us and since_us < until_us:
        following = day + timedelta(days=7 if weeks else 1)
        end = _begin(zone, following, starts_at)
        if end > start:  # a zone that skips a whole day (Apia, 2011) has a day of no length
            yield f"{day:%G-W%V}" if weeks else day.isoformat(), start, end
        day, start = following, end


def _hours(zone: ZoneInfo, since_us: int, until_us: int) -> Iterator[tuple[str, int, int]]:
    start = since_us - _past_the_hour(zone, since_us)
    while start < until_us and since_us < until_us:
        end = start + HOUR_US
        end += -_past_the_hour(zone, end) % HOUR_US
        yield _label(zone, start), start, end
        start = end


def _past_the_hour(zone: ZoneInfo, at_us: int) -> int:
    local = _local(zone, at_us)
    return (local.minute * 60 + local.second) * SECOND_US + local.microsecond


def _begin(zone: ZoneInfo, day: date, starts_at: time) -> int:
    """The first moment of a local day, also where the clocks change at that hour."""
    return moment_us(datetime.combine(day, starts_at, zone).astimezone(UTC))


def _local(zone: ZoneInfo, at_us: int) -> datetime:
    return (EPOCH + at_us * ONE_US).astimezone(zone)


def _label(zone: ZoneInfo, at_us: int) -> str:
    return _local(zone, at_us).isoformat(sep=" ", timespec="minutes")


def _table(rows: Iterator[tuple[str, int, int]]) -> pa.Table:
    return pa.Table.from_pylist([dict(zip(PERIOD.names, row, strict=True)) for row in rows], PERIOD)
