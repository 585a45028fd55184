"""Findings about sensors and devices: what needs a look first, and nothing the data do not bear."""

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
import pytest

from telltale.health.words.missing import missing_title
from telltale.sensors.words import titles
from telltale.sensors.words.tiles import sensor_tiles
from telltale.sensors.words.titles import part_of_day

BERLIN = ZoneInfo("Europe/Berlin")
NOW = dt.datetime(2026, 11, 20, 14, 32, tzinfo=BERLIN)
STATS: dict[str, Any] = {
    "channel": "", "quantity": "temperature", "unit": "°C", "readings": 288, "errors": 0, "value_min": 3.5,
    "value_mean": 5.0, "value_max": 6.0, "value_last": 5.3, "value_last_at": NOW, "last_at": NOW, "low": 2.0,
    "high": 8.0,
}  # fmt: skip
BEYOND: dict[str, Any] = {
    "channel": "", "quantity": "temperature", "unit": "°C", "side": "above", "limit_value": 8.0, "outside_s": 2820.0,
    "peak": 10.4, "peak_at": NOW.replace(hour=7, minute=50), "counted_from": NOW.replace(hour=7, minute=38),
    "started_at": NOW.replace(hour=7, minute=43),
    "unknown_s": 0.0, "resolution_s": 300.0, "is_begin_known": True, "is_end_known": True, "is_open": False,
}  # fmt: skip


def said(text: str) -> str:
    return text.replace("\xa0", " ")


def stats(*names: str, **other: Any) -> pd.DataFrame:
    return pd.DataFrame([STATS | {"device_id": name, "name": name} | other for name in names])


def known(*names: str, **other: Any) -> pd.DataFrame:
    """What is known of each sensor with limits."""
    like = {
        "quantity": "temperature",
        "readings": 144,
        "window_s": 86_400.0,
        "unknown_s": 0.0,
        "known_s": 86_400.0,
        "was": "",
    }
    return pd.DataFrame(
        [like | {"device_id": name, "name": name} | other for name in names],
        columns=[*like, "device_id", "name"],
    )


def excursions(*told: dict[str, Any]) -> pd.DataFrame:
    rows = [BEYOND | {"device_id": one["name"]} | one for one in told]
    return pd.DataFrame(rows, columns=[*BEYOND, "device_id", "name"])


def health(**states: str) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {"source": "sigfox", "device_id": name, "name": name, "state": state, "silent_s": 13_140.0,
             "reports": 140, "missing": 3, "resets": 0, "last_seen": NOW, "interval_s": 630.0, "is_given": True,
             "longest_gap_s": 1300.0, "clock_offset_s": 3.0}
            for name, state in states.items()
        ]
    )  # fmt: skip


ON_TIME = health(a="on_time", b="on_time")
ALL = ("fridge 2", "fridge 1", "cold room")
CALM: dict[str, Any] = {"now": NOW, "tolerated_min": 0, "period": ""}


@pytest.mark.parametrize(
    ("left", "text"),
    [
        ([], "All **three sensors** with limits kept their limits in this week."),
        (
            [{"name": "fridge 2"}],
            (
                "!!Fridge 2!! was above 8 °C for !!47 min!! this morning, up to **10.4 °C**; "
                "the other two sensors kept their limits."
            ),
        ),
        (
            [{"name": "fridge 2", "outside_s": 600.0}],  # tolerated
            (
                "**Fridge 2** was above 8 °C for **10 min** this morning, up to **10.4 °C**; "
                "the other two sensors kept their limits."
            ),
        ),
        (
            [{"name": "fridge 2", "is_open": True}, {"name": "cold room", "side": "below", "outside_s": 60.0}],
            (
                "!!Fridge 2!! has been above 8 °C for !!47 min!!, up to **10.4 °C**; !!cold room!! left its limits "
                "too; the other sensor kept its limits."
            ),
        ),
        (
            [{"name": "fridge 2", "side": "below", "limit_value": 2.0, "peak": 0.5}, {"name": "fridge 2", "peak": 8.5}],
            (
                "!!Fridge 2!! was below 2 °C for !!1 h 34 min!!, two times in this week, down to **0.5 °C**; "
                "the other two sensors kept their limits."
            ),
        ),
    ],
)
def test_who_left_its_limits(left: list[dict[str, Any]], text: str) -> None:
    found = titles.limits_sentence(
        stats(*ALL), known(*ALL), excursions(*left), ON_TIME, now=NOW, tolerated_min=15, period="in this week"
    )
    assert said(found) == text


def test_silence_is_told_after_the_limits() -> None:
    found = titles.limits_sentence(stats(*ALL), known(*ALL), excursions(), health(a="on_time", dock="silent"), **CALM)
    assert said(found).endswith("kept their limits. !!dock!! has been silent for **3 h 39 min**.")


@pytest.mark.parametrize(
    ("frame", "limited", "text"),
    [
        (stats("a", readings=0), known("a"), "**No reading** in this period, so nothing is known about limits."),
        (
            stats("a", "b", low=None, high=None),
            known(),
            "**2 sensors** sent **576 readings**; none of them has limits.",
        ),
        (
            stats("a", low=None, high=None),
            known(),
            "**1 of 2 sensors** sent **288 readings**; it has no limits.",
        ),
        (stats("a"), known("a"), "The **one sensor** with limits kept its limits."),
    ],
)
def test_without_limits_or_readings_nothing_is_claimed(frame: pd.DataFrame, limited: pd.DataFrame, text: str) -> None:
    assert said(titles.limits_sentence(frame, limited, excursions(), ON_TIME, **CALM)) == text


@pytest.mark.parametrize(
    ("moment", "words"),
    [
        ("2026-11-20 07:50", "this morning"),
        ("2026-11-20 13:00", "this afternoon"),
        ("2026-11-20 02:00", "at night"),
        ("2026-11-19 23:00", "yesterday"),
        ("2026-11-17 09:00", "on Tue 17 Nov"),
    ],
)
def test_parts_of_the_day(moment: str, words: str) -> None:
    assert said(part_of_day(dt.datetime.fromisoformat(moment).replace(tzinfo=BERLIN), NOW)) == words


def test_titles_have_a_neutral_fallback() -> None:
    title = titles.limits_title(excursions({"name": "fridge 2"}), known(*ALL))
    assert said(title) == "Fridge 2 rose to 10.4 °C and was above 8 °C for 47 min"
    assert titles.limits_title(excursions(), known(*ALL)) == "All three sensors kept their limits"
    assert titles.limits_title(excursions(), known()) == "What the sensors measured"


def shares(**by_name: list[float | None]) -> pd.DataFrame:
    start = dt.datetime(2026, 11, 9, tzinfo=BERLIN)
    return pd.DataFrame(
        [
            {"name": name, "device_id": name, "start": start + dt.timedelta(days=day), "due": 137.0, "received": 100,
             "missing_share": share}
            for name, told in by_name.items()
            for day, share in enumerate(told)
        ]
    )  # fmt: skip


@pytest.mark.parametrize(
    ("told", "title"),
    [
        ({"dock": [0.38, 1.0, 0.0, 0.05], "lab": [0.0, 0.01, 0.0, 0.0]}, "Dock lost messages on three of four days"),
        ({"dock": [0.01, 0.02], "lab": [0.0, None]}, "No device missed 3 % of a day's messages"),
        ({"dock": [0.5], "lab": [0.5], "door": [0.0]}, "Two of three devices lost messages"),
        ({"dock": [None]}, "Messages missing by device and day"),
        ({"dock": [0.5]}, "Dock lost messages on its only day"),
    ],
)
def test_what_is_missing(told: dict[str, list[float | None]], title: str) -> None:
    assert said(missing_title(shares(**told))) == title


@pytest.mark.parametrize(
    ("minutes", "title"),
    [
        ([0, 31, 0, 42], "Two of four days with readings were over the tolerated 15 minutes"),
        ([0, 31, 9, None], "Tuesday 10 is the only day known to be over the tolerated 15 minutes"),
        ([0, 31, 9], "Tuesday 10 is the only day over the tolerated 15 minutes"),
        ([None, 0, 9], "No day was over the tolerated 15 minutes"),  # nothing was there yet
        ([0, 9], "No day was over the tolerated 15 minutes"),
        ([None], "Minutes outside limits by day"),
    ],
)
def test_days_outside(minutes: list[float | None], title: str) -> None:
    start = dt.datetime(2026, 11, 9, tzinfo=BERLIN)
    frame = pd.DataFrame(
        [
            {
                "start": start + dt.timedelta(days=n),
                "outside_s": None if one is None else 60.0 * one,
                "is_over": None if one is None else one > 15,
                "unknown_s": 86_400.0 if one is None else 0.0,
            }
            for n, one in enumerate(minutes)
        ]
    )
    assert titles.outside_title(frame, tolerated_min=15, timezone="Europe/Berlin") == title


def test_days_of_which_some_is_unknown_are_not_said_to_have_kept_anything() -> None:
    """5 min outside and 11 min unknown may be over 15 min; 5 and 10 are not."""
    frame = pd.DataFrame([{"start": NOW, "outside_s": 300.0, "unknown_s": 660.0, "is_over": False}])
    told: dict[str, Any] = {"tolerated_min": 15, "timezone": "Europe/Berlin"}
    assert titles.outside_title(frame, **told) == "No day is known to have been over the tolerated 15 minutes"
    frame["unknown_s"] = 600.0
    assert titles.outside_title(frame, **told) == "No day was over the tolerated 15 minutes"


def test_tiles_raise_an_alarm_only_for_what_goes_on_or_was_too_long() -> None:
    def outside(seconds: float) -> pd.DataFrame:
        return pd.DataFrame([{"start": NOW, "end": NOW, "outside_s": seconds, "readings": 1}])

    rest: dict[str, Any] = {"missing": shares(a=[0.0]), "health": health(**dict.fromkeys(("fridge 1", "b"), "on_time"))}

    def first(left: pd.DataFrame, seconds: float) -> Any:
        made = sensor_tiles(
            stats(*ALL), known(*ALL), left, outside=outside(seconds), now=NOW, tolerated_min=15, **rest
        )  # fmt: skip
        return made.tiles[0]

    assert first(excursions(), 0).state == ""
    assert first(excursions({"name": "fridge 2"}), 2820).state == "alarm"
    assert first(excursions({"name": "fridge 2", "outside_s": 600.0}), 600).state == ""
    tiles = sensor_tiles(
        stats(*ALL), known(*ALL), excursions({"name": "fridge 1"}), outside=outside(2820), now=NOW, tolerated_min=0,
        **rest,
    ).tiles  # fmt: skip
    assert [(tile.label, tile.value) for tile in tiles] == [
        ("Outside limits", "47"), ("Fridge 1 now", "5.3"), ("Received of those due", "100.0"), ("Devices on time", "2"),
        ("Readings", "864"),
    ]  # fmt: skip
