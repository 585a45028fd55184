"""Findings about doors, kinetic temperature, counters, silences and batteries; neutral where nothing is known."""

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
import plotly.graph_objects as go
import pytest

from telltale.charts.base import nothing
from telltale.health.words import trends
from telltale.sensors import charts
from telltale.sensors.words import conditions
from telltale.sensors.words.tiles import sensors_table
from tests.sensors.test_charts import VALUES, series
from tests.sensors.test_words import said, stats

BERLIN = ZoneInfo("Europe/Berlin")
NOW = dt.datetime(2026, 11, 19, 14, 32, tzinfo=BERLIN)
EPISODE: dict[str, Any] = {
    "device_id": "d", "channel": "", "quantity": "ok_alarm", "name": "back door", "state": "alarm",
    "started_at": NOW, "lasted_s": 600.0,
    "ended_at": NOW + dt.timedelta(minutes=10), "is_begin_known": True, "is_end_known": True, "is_open": False,
}  # fmt: skip
KINETIC: dict[str, Any] = {
    "device_id": "f", "channel": "", "quantity": "temperature", "name": "fridge",
    "unit": "°C", "start": NOW, "end": NOW + dt.timedelta(days=1), "readings": 288,
    "mean_c": 5.0, "kinetic_c": 5.4, "unknown_s": 0.0, "low": 2.0, "high": 8.0,
}  # fmt: skip
COUNTED: dict[str, Any] = {
    "device_id": "w", "channel": "", "quantity": "water_total", "name": "water meter", "unit": "l", "readings": 2,
    "consumed": 1234.0, "resets": 0, "may_be_low": False,
    "value_last": 91_234.0, "counted_from": NOW, "last_at": NOW + dt.timedelta(hours=2),
}  # fmt: skip
OVERDUE: dict[str, Any] = {
    "device_id": "c", "name": "cold store", "heard_at": NOW, "expected_at": NOW,
    "next_heard_at": NOW + dt.timedelta(hours=2),
    "overdue_s": 7200.0, "is_open": False,
}  # fmt: skip
TREND: dict[str, Any] = {
    "device_id": "z", "name": "freezer", "measure": "battery", "days": 14, "last_on": NOW, "level": 3.42,
    "per_day": -0.02, "is_clear": True, "days_left": 21.4,
}  # fmt: skip


def frame(like: dict[str, Any], *told: dict[str, Any]) -> pd.DataFrame:
    return pd.DataFrame([like | one for one in told], columns=list(like))


@pytest.mark.parametrize(
    ("told", "title"),
    [
        ([], "No door, alarm or water sensor is known to have been active"),
        ([{"is_end_known": False, "ended_at": None}], "Back door said alarm once, for ≥ 10 min"),
        ([{}], "Back door said alarm once, for 10 min"),
        ([{}, {"lasted_s": 60.0}], "Back door said alarm two times, for 10 min at the longest"),
    ],
)
def test_episodes_in_a_sentence(told: list[dict[str, Any]], title: str) -> None:
    assert said(conditions.episodes_title(frame(EPISODE, *told))) == title


def test_what_is_not_known_of_an_episode_is_said() -> None:
    later = {"started_at": NOW + dt.timedelta(hours=1)}
    unsure = {"ended_at": None, "is_end_known": False}
    told = frame(EPISODE, {}, later | unsure | {"is_open": True}, {"is_begin_known": False} | unsure)
    rows = conditions.episodes_table(told, timezone="Europe/Berlin").rows
    assert [[said(cell) for cell in row[2:]] for row in rows] == [
        ["Thu 19 Nov, 15:32", "still at 15:42", "≥ 10 min"],
        ["Thu 19 Nov, 14:32", "14:42", "10 min"],
        ["before Thu 19 Nov, 14:32", "unknown after 14:42", "≥ 10 min"],
    ]


@pytest.mark.parametrize(
    ("told", "title"),
    [
        ([], "Mean kinetic temperatures"),
        ([{"low": None, "high": None}], "Mean kinetic temperatures"),
        ([{}], "The one mean kinetic temperature lies within its limits"),
        ([{}, {"unknown_s": 600.0}], "Two mean kinetic temperatures lie within their limits, as far as is known"),
        ([{}, {"kinetic_c": 8.44}], "Fridge: mean kinetic temperature 8.4 °C, above 8 °C"),
        ([{"kinetic_c": 1.0, "high": None}], "Fridge: mean kinetic temperature 1.0 °C, below 2 °C"),
    ],
)
def test_kinetic_temperature_in_a_sentence(told: list[dict[str, Any]], title: str) -> None:
    assert said(conditions.kinetic_title(frame(KINETIC, *told))) == title


def test_kinetic_temperature_beside_the_mean_and_the_limits() -> None:
    table = conditions.kinetic_table(frame(KINETIC, {}, {"low": None, "unknown_s": 7200.0}))
    assert [said(cell) for cell in table.rows[0]] == ["fridge", "288", "5.0 °C", "5.4 °C", "2–8", "–"]
    assert said(table.rows[1][5]) == "2 h of 24 h"
    assert table.rows[1][4] == "up to 8"


@pytest.mark.parametrize(
    ("told", "title"),
    [
        ([], "No counter was read"),
        ([{}], "Water meter counted 1,234 l"),
        ([{"consumed": 12_340.0}], "Water meter counted 12.3 m³"),
        ([{}, {}], "What two counters counted"),
    ],
)
def test_consumption_in_a_sentence(told: list[dict[str, Any]], title: str) -> None:
    assert said(conditions.consumption_title(frame(COUNTED, *told))) == title


def test_a_counter_that_missed_some_says_so() -> None:
    told = frame(COUNTED, {"resets": 1, "may_be_low": True})
    (row,) = conditions.consumption_table(told, timezone="Europe/Berlin").rows
    span = "Thu 19 Nov, 14:32–16:32"
    assert [said(cell) for cell in row] == ["water meter", "1,234 l", span, "91.2 m³", "1", "at least so much"]
    assert said(conditions.consumption_title(told)) == "Water meter counted at least 1,234 l"


def test_silence_past_the_moment_a_device_named() -> None:
    assert conditions.overdue_title(frame(OVERDUE)) == "No device is known to be past a moment it had named"
    told = frame(OVERDUE, {}, {"name": "freezer", "next_heard_at": None, "overdue_s": 600.0, "is_open": True})
    assert said(conditions.overdue_title(told)) == "Freezer is 10 min past the moment it had named"
    assert conditions.overdue_table(told, timezone="Europe/Berlin").rows[0][2] == "not yet"
    assert said(conditions.overdue_title(told[:1])) == "Cold store was 2 h past the moment it had named"


@pytest.mark.parametrize(
    ("told", "title"),
    [
        ([], "No battery or signal is known to run low"),
        ([{"days_left": None}], "No battery or signal is known to run low"),
        ([{}], "Freezer has a battery for about 21 days, should it go on like this"),
        ([{"measure": "signal"}], "Freezer may lose its network in about 21 days, should it go on like this"),
    ],
)
def test_trends_in_a_sentence(told: list[dict[str, Any]], title: str) -> None:
    assert said(trends.trends_title(frame(TREND, *told))) == title


def test_a_trend_is_told_only_where_there_is_one() -> None:
    unclear = {"is_clear": False, "days_left": None}
    told = frame(TREND, {}, unclear, unclear | {"per_day": None, "days": 2})
    assert [[said(cell) for cell in row[2:]] for row in trends.trends_table(told).rows] == [
        ["3.42 V, Thu 19 Nov", "−0.60 V in 30 d, from 14 days", "about 21 days"],
        ["3.42 V, Thu 19 Nov", "no clear trend", "–"],
        ["3.42 V, Thu 19 Nov", "2 days: too few to say", "–"],
    ]


def test_the_names_of_doors_have_room_on_a_phone_too() -> None:
    """Ten letters of a door beside the six of a fridge."""
    plain = charts.readings(series(VALUES), timezone="Europe/Berlin")
    before = plain.layout.meta["narrow"]["margin.r"]
    drawn = charts.with_doors(plain, frame(EPISODE, {"name": "Back doors"}), timezone="Europe/Berlin")
    assert before < 12 + 67 == drawn.layout.meta["narrow"]["margin.r"]
    assert drawn.layout.margin.r >= 12 + 67


def test_doors_stand_below_the_temperatures_on_their_axis() -> None:
    plain = charts.readings(series(VALUES), timezone="Europe/Berlin")
    height, range_ = plain.layout.height, plain.layout.xaxis.range
    drawn = charts.with_doors(plain, frame(EPISODE, {}, {"device_id": "e", "name": "hatch"}), timezone="Europe/Berlin")
    assert drawn.layout.height == height + 2 * 17 + 14
    assert (drawn.layout.xaxis.anchor, drawn.layout.xaxis.range) == ("y2", range_)
    below, above = drawn.layout.yaxis2.domain, drawn.layout.yaxis.domain
    assert below[0] == 0 < below[1] < above[0] < above[1] == 1
    strips = [trace for trace in drawn.data if trace.yaxis == "y2"]
    assert [said(trace.hovertext[0]) for trace in strips] == [
        "<b>back door: alarm</b><br>Thu 19 Nov, 14:32, 10 min",
        "<b>hatch: alarm</b><br>Thu 19 Nov, 14:32, 10 min",
    ]


@pytest.mark.parametrize("chart", [charts.readings(series(VALUES), timezone="UTC"), nothing("No reading.")])
def test_without_doors_a_chart_is_as_it_was(chart: go.Figure) -> None:
    before = chart.to_dict()
    assert charts.with_doors(chart, frame(EPISODE), timezone="UTC").to_dict() == before


def test_a_mean_of_a_counter_is_not_told() -> None:
    told = pd.concat([stats("fridge"), stats("water meter", quantity="water_total", low=None, high=None)])
    assert [row[0] for row in sensors_table(told, timezone="UTC").rows] == ["fridge"]
