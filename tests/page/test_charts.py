"""What the charts share: rows of any frame, time axes on the site's clock."""

import datetime as dt

import pandas as pd
import pytest

from telltale import frames
from telltale.charts import base
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
