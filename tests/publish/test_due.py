"""Which periods are due: by the site's calendar and its clock, also on the days it changes."""

import datetime as dt
import itertools
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from telltale.publish.due import Kind, Workdays, closed, grace_us
from telltale.workbench.periods import parse
from telltale.workbench.times import SECOND, micros

BERLIN = "Europe/Berlin"
HOUR = 3_600 * SECOND


def at(text: str, zone: str = BERLIN) -> int:
    return micros(dt.datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)))


@pytest.mark.parametrize(
    ("kind", "first", "now", "names"),
    [
        ("day", "2026-11-27 13:00", "2026-11-30 01:00", ["2026-11-27", "2026-11-28", "2026-11-29"]),
        ("day", "2026-11-27 13:00", "2026-11-30 00:59", ["2026-11-27", "2026-11-28"]),  # within the grace of an hour
        ("day", "2026-11-30 13:00", "2026-11-30 23:59", []),
        ("working_day", "2026-11-26 00:00", "2026-11-30 08:00", ["2026-11-26", "2026-11-27"]),  # Saturday, Sunday
        ("week", "2026-11-18 13:00", "2026-11-30 01:00", ["2026-W47", "2026-W48"]),
        ("week", "2026-11-18 13:00", "2026-11-30 00:00", ["2026-W47"]),
        ("week", "2026-12-25 00:00", "2027-01-05 00:00", ["2026-W52", "2026-W53"]),  # a year of 53 weeks
        ("month", "2026-01-31 13:00", "2026-04-01 01:00", ["2026-01", "2026-02", "2026-03"]),
        ("month", "2026-12-31 23:59", "2027-01-01 01:00", ["2026-12"]),
    ],
)  # fmt: skip
def test_a_period_is_due_when_it_is_over_and_its_grace_too(kind: Kind, first: str, now: str, names: list[str]) -> None:
    due = closed(kind, zone=BERLIN, first_us=at(first), now_us=at(now), grace_us=HOUR)
    assert [period.name for period in due.periods] == names
    assert due.left_out == 0


@pytest.mark.parametrize(("day", "hours"), [("2026-03-29", 23), ("2026-10-25", 25), ("2026-10-24", 24)])
def test_a_day_of_a_change_of_the_clock_is_as_long_as_it_is(day: str, hours: int) -> None:
    after = dt.date.fromisoformat(day) + dt.timedelta(days=1)
    ends = at(f"{after} 00:00")
    (period,) = closed("day", zone=BERLIN, first_us=at(f"{day} 05:00"), now_us=ends, grace_us=0).periods
    assert period.span == (ends - hours * HOUR, ends)
    assert closed("day", zone=BERLIN, first_us=at(f"{day} 05:00"), now_us=ends - 1, grace_us=0).periods == ()


def test_the_grace_is_of_real_time_on_the_night_the_clock_goes_back() -> None:
    """The day of 25 hours ends at midnight; an hour later it is 01:00, whatever the night before was like."""
    due = closed("day", zone=BERLIN, first_us=at("2026-10-24 05:00"), now_us=at("2026-10-25 00:59"), grace_us=HOUR)
    assert due.periods == ()
    due = closed("day", zone=BERLIN, first_us=at("2026-10-24 05:00"), now_us=at("2026-10-25 01:00"), grace_us=HOUR)
    assert [period.name for period in due.periods] == ["2026-10-24"]


def test_each_site_has_a_clock_of_its_own() -> None:
    now = at("2026-11-30 00:00")
    auckland = closed("day", zone="Pacific/Auckland", first_us=now - 24 * HOUR, now_us=now)
    assert [period.name for period in auckland.periods] == ["2026-11-29"]
    assert closed("day", zone="America/New_York", first_us=now - 24 * HOUR, now_us=now).periods[-1].name == "2026-11-28"


def test_holidays_and_other_weeks_of_work() -> None:
    days = Workdays((5, 6), (dt.date(2026, 11, 29),))
    due = closed(
        "working_day", zone=BERLIN, first_us=at("2026-11-26 00:00"), now_us=at("2026-12-06 00:00"), workdays=days
    )
    assert [period.name for period in due.periods] == ["2026-11-28", "2026-12-05"]


def test_only_so_many_are_looked_after_and_the_others_counted() -> None:
    due = closed("day", zone=BERLIN, first_us=at("2026-01-01 12:00"), now_us=at("2026-11-30 12:00"), most=60)
    assert (len(due.periods), due.left_out) == (60, 333 - 60)  # 1 January to 29 November
    assert due.periods[0].name == "2026-10-01"


@pytest.mark.parametrize(
    ("grace", "minutes"),
    [("15min", 15), ("1.5h", 90), ("", 0), ("0s", 0), ({"efento": "6h"}, 360), ({"efento": "5min"}, 60), ({}, 60)],
)
def test_a_report_waits_for_the_slowest_of_its_sources(grace: str | dict[str, str], minutes: int) -> None:
    assert grace_us(grace) == minutes * 60 * SECOND


KINDS = st.sampled_from(["day", "working_day", "week", "month"])
ZONES = st.sampled_from([BERLIN, "Pacific/Auckland", "America/New_York", "Asia/Kathmandu", "UTC"])
MOMENTS = st.integers(at("2024-01-01"), at("2028-01-01"))


@settings(max_examples=200)
@given(KINDS, ZONES, MOMENTS, st.integers(0, 500 * 24 * HOUR), st.integers(0, 48 * HOUR))
def test_periods_follow_one_another_and_none_is_missing(
    kind: Kind, zone: str, first: int, length: int, late: int
) -> None:
    now = first + length
    due = closed(kind, zone=zone, first_us=first, now_us=now, grace_us=late, most=10_000).periods
    for before, after in itertools.pairwise(due):
        assert before.span.until_us <= after.span.since_us
        assert kind == "working_day" or before.span.until_us == after.span.since_us
    assert all(period.span.until_us + late <= now for period in due)
    if due and kind != "working_day":
        assert due[0].span.since_us <= first < due[0].span.until_us
    for period in due[-1:]:
        read = parse(period.name, dt.datetime.fromtimestamp(now / 1e6, ZoneInfo(zone)))
        assert (read.first.isoformat(), read.running) == (read.since, None)
        assert period.span == (at(read.since, zone), at(str(read.until), zone))
