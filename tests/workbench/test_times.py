"""What people write for a moment, and pseudonyms as they see them."""

import datetime as dt

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from telltale.contract import ConfigError
from telltale.workbench.tidy import hex_digits, shown
from telltale.workbench.times import local_day, micros, midnight, moment, seconds, span

BERLIN = "Europe/Berlin"
NOW = micros(dt.datetime(2026, 11, 20, 13, 30, tzinfo=dt.UTC))  # 14:30 in Berlin
HOUR = 3_600_000_000


def _utc(text: str) -> int:
    return micros(dt.datetime.fromisoformat(text + "+00:00"))


@pytest.mark.parametrize(
    ("written", "means"),
    [
        ("24h", NOW - 24 * HOUR),
        ("26h", NOW - 26 * HOUR),
        ("30m", NOW - HOUR // 2),
        ("90s", NOW - 90_000_000),
        ("1.5h", NOW - 90 * 60_000_000),
        ("1d", _utc("2026-11-19T23:00")),  # today
        ("7d", _utc("2026-11-13T23:00")),  # Saturday 14 to today
        ("2w", _utc("2026-11-06T23:00")),
        ("1y", _utc("2025-11-20T23:00")),  # 365 days, today included
        (dt.timedelta(minutes=30), NOW - HOUR // 2),
        ("2026-11-20", _utc("2026-11-19T23:00")),
        ("2026-11-20 14:00", _utc("2026-11-20T13:00")),
        ("2026-11-20T14:00:00+00:00", _utc("2026-11-20T14:00")),
        (dt.date(2026, 7, 1), _utc("2026-06-30T22:00")),
        (dt.datetime(2026, 7, 1, 12), _utc("2026-07-01T10:00")),  # noqa: DTZ001 - without a zone, the site's is meant
        (dt.datetime(2026, 7, 1, 12, tzinfo=dt.UTC), _utc("2026-07-01T12:00")),
    ],
)
def test_a_moment_is_read_by_the_clock_of_the_site(written: str | dt.date, means: int) -> None:
    assert moment(written, zone=BERLIN, now_us=NOW) == means


@pytest.mark.parametrize("written", ["yesterday", "2026-13-01", "7 years", "", 20261120, True, "-1h", "1e3s"])
def test_an_unreadable_moment_is_refused_with_its_value(written: object) -> None:
    with pytest.raises(ConfigError, match=r"moment .*expected"):
        moment(written, zone=BERLIN, now_us=NOW)  # type: ignore[arg-type]


@pytest.mark.parametrize("written", ["1.5d", "0d", "0.5w", "40000d", "2.0d"])
def test_days_are_counted_whole(written: str) -> None:
    with pytest.raises(ConfigError, match=r"expected whole days from 1d .*36h"):
        moment(written, zone=BERLIN, now_us=NOW)


@pytest.mark.parametrize(
    ("since", "until", "first", "last"),
    [
        ("7d", None, "2026-11-13T23:00", "2026-11-20T13:30"),  # Saturday 14 to today: seven local days
        ("1d", None, "2026-11-19T23:00", "2026-11-20T13:30"),
        ("24h", None, "2026-11-19T13:30", "2026-11-20T13:30"),
        ("7d", "2026-11-16", "2026-11-08T23:00", "2026-11-15T23:00"),  # a closed week
        ("2026-11-20 10:00", None, "2026-11-20T09:00", "2026-11-20T13:30"),  # a time is a time
        ("3d", "2026-10-27", "2026-10-23T22:00", "2026-10-26T23:00"),  # 25 October has 25 hours
        ("24h", "2026-10-26", "2026-10-24T23:00", "2026-10-25T23:00"),  # and 24 hours are no day of it
        (dt.timedelta(days=1), None, "2026-11-19T13:30", "2026-11-20T13:30"),
    ],
)
def test_hours_count_back_exactly_and_days_on_the_calendar(
    since: str | dt.timedelta, until: str | None, first: str, last: str
) -> None:
    assert span(since, until, zone=BERLIN, now_us=NOW) == (_utc(first), _utc(last))


@pytest.mark.parametrize(
    ("now", "first"),
    [
        ("2026-11-20T03:30", "2026-11-19T03:00"),  # 04:30 in Berlin: the day that began at 04:00
        ("2026-11-20T02:30", "2026-11-18T03:00"),  # 03:30: still the day before
        ("2026-10-25T02:30", "2026-10-23T02:00"),  # 03:30 winter time, in the night the clocks go back
    ],
)
def test_a_day_may_begin_at_an_hour_of_its_own(now: str, first: str) -> None:
    assert span("2d", None, zone=BERLIN, now_us=_utc(now), day_starts_at=dt.time(4)).since_us == _utc(first)


def test_a_stretch_needs_its_beginning_before_its_end() -> None:
    with pytest.raises(ConfigError, match="not before until"):
        span("2026-11-20", "2026-11-20", zone=BERLIN, now_us=NOW)
    assert span(None, None, zone=BERLIN, now_us=NOW) == (0, NOW)


@pytest.mark.parametrize(
    ("written", "means"),
    [("15min", 900), ("15m", 900), ("900s", 900), (900, 900), ("1h", 3_600), ("0.5h", 1800), ("1d", 86_400)],
)
def test_a_duration_is_read(written: str | int, means: float) -> None:
    assert seconds(written) == means


@pytest.mark.parametrize("written", ["0s", "-5min", "quarter", 0, -1])
def test_a_duration_must_be_positive(written: str | int) -> None:
    with pytest.raises(ConfigError, match="expected a positive one"):
        seconds(written)


@given(
    st.dates(min_value=dt.date(1971, 1, 1), max_value=dt.date(2090, 1, 1)),
    st.sampled_from([BERLIN, "UTC", "Asia/Tokyo"]),
)
def test_a_day_begins_with_its_midnight(day: dt.date, zone: str) -> None:
    begins = midnight(day, zone)
    assert local_day(begins, zone) == day
    assert local_day(begins - 1, zone) == day - dt.timedelta(days=1)


def test_pseudonyms_are_sixteen_hex_digits() -> None:
    devices = pa.chunked_array([pa.array([0, -1, 1]), pa.array([-(2**63), None, 2**63 - 1])])
    table = shown(pa.table({"device": devices, "frames": np.arange(6)}))
    assert table["device"].to_pylist() == [
        "0000000000000000",
        "ffffffffffffffff",
        "0000000000000001",
        "8000000000000000",
        None,
        "7fffffffffffffff",
    ]
    assert hex_digits(pa.array([], pa.int64())).to_pylist() == []
