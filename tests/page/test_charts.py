"""What the charts share: rows of any frame, time axes on the site's clock."""

import datetime as dt

import pandas as pd
import pytest

from telltale import frames
from telltale.charts import base
from telltale.charts.days import day_heads
from tests.presence import frames as week


def test_nulls_and_nanoseconds_of_pandas_become_none_and_microseconds() -> None:
    moment = pd.Timestamp("2026-11-20 12:00:00.000000001", tz="UTC")
    frame = pd.DataFrame(
        {"x": [1.5, float("nan")], "t": pd.Series([moment.floor("us"), None]).astype("datetime64[ns, UTC]")}
    )
    found = frames.rows(frame, "x", "t", optional=("y",))
    assert found == [
        {"x": 1.5, "t": dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC), "y": None},
        {"x": None, "t": None, "y": None},
    ]


@pytest.mark.parametrize(
    ("hours", "labels"),
    [
        ((0, 24), ["00:00", "04:00", "08:00", "12:00", "16:00", "20:00", "00:00"]),
        ((0, 24 * 7), ["Mon 9", "Tue 10", "Wed 11", "Thu 12", "Fri 13", "Sat 14", "Sun 15"]),
    ],
)
def test_time_axes_are_labelled_on_the_sites_clock(hours: tuple[int, int], labels: list[str]) -> None:
    start, end = (week.midnight(0) + dt.timedelta(hours=n) for n in hours)
    assert base.time_ticks(start, end, week.ZONE).text == labels


def test_a_day_that_is_running_is_named_under_its_part_and_a_sliver_is_not() -> None:
    start = week.midnight(0)
    assert base.time_ticks(start, start + dt.timedelta(hours=60), week.ZONE).at[-1] == "2026-11-11T05:00:00.000000"
    assert base.time_ticks(start, start + dt.timedelta(hours=50), week.ZONE).text == ["Mon 9", "Tue 10"]


def test_time_axes_neither_fold_nor_tear_when_clocks_change() -> None:
    """On 25 October 2026 Berlin has 25 hours: 02:00 comes twice, an hour apart."""
    start = dt.datetime(2026, 10, 24, 22, tzinfo=dt.UTC)
    ticks = base.time_ticks(start, start + dt.timedelta(hours=6), week.ZONE)
    assert ticks.text == ["00:00", "02:00", "02:00", "04:00"]
    assert [at[11:13] for at in ticks.at] == ["22", "00", "01", "03"]


@pytest.mark.parametrize(
    ("minutes", "labels"),
    [
        ((0, 10), ["00:00", "00:02", "00:04", "00:06", "00:08", "00:10"]),
        ((7, 67), ["00:10", "00:20", "00:30", "00:40", "00:50", "01:00"]),
        ((0, 60), ["00:00", "00:10", "00:20", "00:30", "00:40", "00:50", "01:00"]),
        ((50, 150), ["01:00", "01:15", "01:30", "01:45", "02:00", "02:15", "02:30"]),
    ],
)
def test_the_axis_of_a_first_hour_is_labelled_by_round_minutes(minutes: tuple[int, int], labels: list[str]) -> None:
    start, end = (week.midnight(0) + dt.timedelta(minutes=n) for n in minutes)
    ticks = base.time_ticks(start, end, week.ZONE)
    assert ticks.text == labels
    assert 2 <= len(ticks.narrow_text) <= 5


def test_one_moment_gets_an_axis_of_ten_minutes() -> None:
    at, minutes = week.midnight(0), dt.timedelta(minutes=5)
    assert base.widened(at, at) == (at - minutes, at + minutes)
    assert base.widened(at, at + 4 * minutes) == (at, at + 4 * minutes)


@pytest.mark.parametrize(
    ("values", "alone"),
    [([], []), ([3], [3]), ([3, 4], [None, None]), ([None, 3, None, 4, 5], [None, 3, None, None, None])],
)
def test_a_value_without_neighbours_is_a_point(values: list[float | None], alone: list[float | None]) -> None:
    assert base.lone(values) == alone


@pytest.mark.parametrize(
    ("name", "most", "short"),
    [
        ("Fridge", 10, "Fridge"),
        ("Laboratory fridge", 10, "Laborator…"),
        ("Laboratory fridge (56af)", 16, "Laborato… (56af)"),
        ("Fridge (of the laboratory)", 12, "Fridge (of…"),
    ],
)
def test_a_name_that_is_cut_keeps_what_tells_it_apart(name: str, most: int, short: str) -> None:
    assert base.shortened(name, most) == short
    assert len(short) <= most


@pytest.mark.parametrize(
    ("days", "heads"), [(1, ["Fri 20"]), (3, ["Fri 20", "Sat 21", "Sun 22"]), (4, ["20", "21", "22", "23"])]
)
def test_few_days_are_named_with_their_weekday(days: int, heads: list[str]) -> None:
    assert day_heads([dt.date(2026, 11, 20) + dt.timedelta(days=n) for n in range(days)]) == heads
