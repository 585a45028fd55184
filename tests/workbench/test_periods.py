"""Local days, hours and bins, also where the clocks change."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from telltale.analysis.periods import HOUR_US, bins, days, hours, moment_us


def local(zone: str, year: int, month: int, day: int, hour: int = 0) -> int:
    return moment_us(datetime(year, month, day, hour, tzinfo=ZoneInfo(zone)))


@pytest.mark.parametrize(
    ("zone", "day", "length_h", "hours_in_it"),
    [
        ("UTC", (2026, 11, 20), 24, 24),
        ("Europe/Berlin", (2026, 3, 29), 23, 23),
        ("Europe/Berlin", (2026, 10, 25), 25, 25),
        ("Asia/Kathmandu", (2026, 1, 1), 24, 24),
        ("America/Havana", (2026, 3, 8), 23, 23),  # the clocks change at midnight: the day begins at one
        ("Australia/Lord_Howe", (2026, 4, 5), 24.5, 24),  # half an hour: one hour of the day is an hour and a half
        ("Australia/Lord_Howe", (2026, 10, 4), 23.5, 23),
    ],
)
def test_a_day_is_as_long_as_the_clocks_say(
    zone: str, day: tuple[int, int, int], length_h: float, hours_in_it: int
) -> None:
    noon = local(zone, *day, 12)
    [found] = days(zone, noon, noon + 1).to_pylist()
    assert found["label"] == "{}-{:02}-{:02}".format(*day)
    assert found["end_us"] - found["start_us"] == length_h * HOUR_US
    within = hours(zone, found["start_us"], found["end_us"])
    assert within.num_rows == hours_in_it
    assert (within["start_us"][0].as_py(), within["end_us"][-1].as_py()) == (found["start_us"], found["end_us"])


def test_a_day_that_never_was_is_left_out() -> None:
    """Samoa went from Thursday 29 to Saturday 31 December 2011."""
    zone = "Pacific/Apia"
    found = days(zone, local(zone, 2011, 12, 29), local(zone, 2012, 1, 1))
    assert found["label"].to_pylist() == ["2011-12-29", "2011-12-31"]


def test_an_hour_that_happens_twice_is_there_twice() -> None:
    zone = "Europe/Berlin"
    found = hours(zone, local(zone, 2026, 10, 25, 1), local(zone, 2026, 10, 25, 4))
    assert [label[11:] for label in found["label"].to_pylist()] == [
        "01:00+02:00",
        "02:00+02:00",
        "02:00+01:00",
        "03:00+01:00",
    ]


def test_periods_are_whole_where_the_range_only_touches_them() -> None:
    noon = local("UTC", 2026, 11, 20, 12)
    assert days("UTC", noon, noon + 1)["end_us"].to_pylist() == [noon + 12 * HOUR_US]
    assert hours("UTC", noon + 1, noon + 2)["start_us"].to_pylist() == [noon]
    assert bins(900, noon + 1, noon + 2)["end_us"].to_pylist() == [noon + HOUR_US // 4]
    assert days("UTC", noon, noon).num_rows == hours("UTC", noon, noon).num_rows == bins(900, noon, noon).num_rows == 0


def test_bins_start_anew_at_each_local_midnight() -> None:
    """Seven hours do not divide a day: 0, 7, 14 and 21 h, the last one three hours long; a label is the local time."""
    midnight = local("Europe/Berlin", 2026, 11, 20)
    found = bins(7 * 3600, midnight, midnight + 25 * HOUR_US, timezone="Europe/Berlin").to_pylist()
    assert [(row["end_us"] - row["start_us"]) // HOUR_US for row in found] == [7, 7, 7, 3, 7]
    assert found[1]["label"] == "2026-11-20 07:00+01:00"


def test_a_bin_without_width_is_refused() -> None:
    with pytest.raises(ValueError, match="bin width 0 s: expected a positive number of seconds"):
        bins(0, 0, 1)


ZONES = st.sampled_from(
    ["UTC", "Europe/Berlin", "America/St_Johns", "Australia/Lord_Howe", "Pacific/Chatham", "America/Havana"]
)


@settings(max_examples=60)
@given(
    zone=ZONES,
    since_h=st.integers(0, 24 * 366 * 4),
    length_h=st.integers(1, 24 * 40),
    width_s=st.sampled_from([900, 5400]),
)
def test_periods_leave_no_gap_and_cover_the_range(zone: str, since_h: int, length_h: int, width_s: int) -> None:
    since = local("UTC", 2024, 1, 1) + since_h * HOUR_US + 17
    until = since + length_h * HOUR_US
    for found in (days(zone, since, until), hours(zone, since, until), bins(width_s, since, until, timezone=zone)):
        starts, ends = found["start_us"].to_pylist(), found["end_us"].to_pylist()
        assert starts[1:] == ends[:-1]
        assert starts[0] <= since < ends[0]
        assert starts[-1] < until <= ends[-1]
