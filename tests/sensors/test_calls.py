"""`tt.sensors`, `tt.health`, `tt.missing` on simulated sensors: figures equal to what the simulator knows."""

import datetime as dt
import math
from typing import Any

import pandas as pd
import pytest

import telltale as tt
from telltale.contract import ConfigError
from tests.lake_fixture import write_settings
from tests.sensors.sensed import DAYS, NEVER, Sensed
from tests.sensors.sensed import sensed as sensors_of


@pytest.fixture(scope="module")
def sensed(tmp_path_factory: pytest.TempPathFactory) -> Sensed:
    return sensors_of(tmp_path_factory.mktemp("sensed"), more_devices=(NEVER,))


def rows(frame: pd.DataFrame) -> list[Any]:
    return list(frame.itertuples())


def test_figures_are_those_that_were_sent(sensed: Sensed) -> None:
    days = tt.sensors.stats("5d", by="day", project=sensed.project)
    found = {(row.device_id, row.quantity, row.label): row for row in rows(days)}
    compared = 0
    for device_id, device in sensed.devices.items():
        for quantity, told in device["quantities"].items():
            for day, true in told["days"].items():
                row = found.pop((device_id, quantity, day))
                assert (row.readings, row.value_min, row.value_max) == (true["count"], true["min"], true["max"])
                assert math.isclose(row.value_mean, true["mean"])
                assert row.unit == {"temperature": "°C", "humidity": "%"}[quantity]
                compared += 1
    assert found == {}
    assert compared == 8 * (DAYS + 1)


def test_excursions_are_those_that_happened(sensed: Sensed) -> None:
    found = tt.sensors.excursions("5d", project=sensed.project)
    seen = [
        (row.device_id, row.started_at.timestamp(), row.ended_at.timestamp(), row.readings, row.peak)
        for row in rows(found)
    ]
    true = [
        (device_id, one["started_s"], one["ended_s"], one["readings"], one["peak"])
        for device_id, device in sensed.devices.items()
        for one in device["excursions"]
    ]
    assert sorted(seen) == sorted(true) != []
    days = tt.sensors.minutes_outside("5d", project=sensed.project)
    assert math.isclose(days["outside_s"].sum(), found["outside_s"].sum())


@pytest.mark.parametrize("device", ["Lab A", None])
def test_limits_of_the_temperature_are_none_of_the_humidity_seen_alone(sensed: Sensed, device: str | None) -> None:
    """Lab A has 18 to 26 °C; humidity near 45 % is not above 26."""
    asked: dict[str, Any] = {"device": device, "quantity": "humidity", "project": sensed.project}
    for made in (tt.sensors.stats("5d", **asked), tt.sensors.series("5d", bin="1h", **asked)):
        assert len(made) > 0
        assert made[["low", "high"]].isna().all(axis=None)
    assert len(tt.sensors.excursions("5d", **asked)) == len(tt.sensors.minutes_outside("5d", **asked)) == 0


def test_limits_of_the_humidity_judge_it_and_the_temperature_keeps_its_own(sensed: Sensed) -> None:
    path = sensed.project.settings.root / "devices.csv"
    listed = path.read_text()
    head, *lines = listed.splitlines()
    lines = [f"{line},{0.5 if ',Lab A,' in line else ''}" for line in lines]
    path.write_text("\n".join([f"{head},high:humidity", *lines, ""]))
    try:
        stats = tt.sensors.stats("5d", device="Lab A", project=sensed.project).set_index("quantity")
        left = tt.sensors.excursions("5d", device="Lab A", quantity="humidity", project=sensed.project)
    finally:
        path.write_text(listed)
    assert [stats["low"]["temperature"], stats["high"]["temperature"]] == [18, 26]
    assert math.isnan(stats["low"]["humidity"])
    assert stats["high"]["humidity"] == 0.5
    assert set(zip(left["side"], left["limit_value"], left["unit"], strict=True)) == {("above", 0.5, "%")}
    assert left["readings"].sum() == stats.loc["humidity", "readings"]


def test_lost_messages_are_counted_and_copies_are_not(sensed: Sensed) -> None:
    found = tt.health.devices("5d", project=sensed.project).set_index("device_id")
    for device_id, device in sensed.devices.items():
        row = found.loc[device_id]
        assert (row["reports"], row["missing"], row["resets"]) == (
            device["uplinks"], device["missing"], len(device["resets"]),
        )  # fmt: skip
        assert row["last_seen"].timestamp() == device["last_s"]
        assert (row["interval_s"], row["is_given"]) == (device["expected_interval_s"], True)
        assert 0 < row["clock_offset_s"] < 35, "of the newest that was told, half a minute later where it is advanced"


def test_a_listed_device_that_was_never_heard_is_there(sensed: Sensed) -> None:
    row = tt.health.devices(project=sensed.project).set_index("device_id").loc["sigfox:abc"]
    assert (row["name"], row["state"], row["reports"]) == ("Freezer", "unheard", 0)
    assert pd.isna(row["last_seen"])


def test_a_source_as_a_whole(sensed: Sensed) -> None:
    (whole,) = tt.health.sources_heard("5d", source="sigfox", project=sensed.project).to_dict("records")
    told = sensed.truth["totals"]
    assert (whole["state"], whole["devices"], whole["heard"]) == ("on_time", 8, 7)
    assert whole["reports"] == told["uplinks"] < told["callbacks"]
    assert whole["missing"] == sum(device["missing"] for device in sensed.devices.values())
    assert len(tt.health.devices("5d", source="cloudtrax", project=sensed.project)) == 0


def test_missing_says_how_much_of_each_day_came(sensed: Sensed) -> None:
    days = tt.health.missing("5d", project=sensed.project)
    dock = days[days["name"] == "Dock"]
    truth = sensed.devices["sigfox:b7e02"]["quantities"]["temperature"]["days"]
    assert dock["received"].tolist() == [day["count"] for day in truth.values()]
    due = [86_400 / 660] * DAYS + [14 * 3600 / 660]
    shares = [max(0.0, 1 - received / expected) for received, expected in zip(dock["received"], due, strict=True)]
    assert dock["missing_share"].tolist()[1:] == pytest.approx(shares[1:])


def test_series_are_single_readings_or_bins_that_show_gaps(sensed: Sensed) -> None:
    singly = tt.sensors.series("2d", device="Fridge 2", project=sensed.project)
    assert (singly["readings"] == 1).all()
    assert set(singly["low"]) == {2.0}
    hours = tt.sensors.series("2d", device="SIGFOX:2D24E7", quantity="temperature", bin="1h", project=sensed.project)
    assert len(hours) == 24 + 14
    assert hours["readings"].sum() == len(singly)
    for spelt in ("2D24E7", "sigfox: 002d24e7"):
        same = tt.sensors.series("2d", device=spelt, quantity="temperature", bin="1h", project=sensed.project)
        assert len(same) == len(hours)
    fine = tt.sensors.series("24h", device="Fridge 2", bin="5min", project=sensed.project)
    assert fine["value_mean"].isna().sum() > len(fine) / 3


def test_gaps_tell_what_is_missing_until_now(sensed: Sensed) -> None:
    found = tt.sensors.gaps("5d", quantity="temperature", project=sensed.project)
    closed = found[~found["is_open"]]
    by_device = closed.groupby("device_id")["missing"].sum().to_dict()
    for device_id, device in sensed.devices.items():
        if not device["resets"]:  # what a reset lost is not in the count of the sequence, but in that of the readings
            told = device["unheard_messages"] if device["quantities"] else 0
            assert by_device.get(device_id, 0) == told


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda p: tt.sensors.series(device="Fridge 3", project=p), 'no device "Fridge 3".*did you mean "Fridge'),
        (lambda p: tt.sensors.stats(by="month", project=p), 'by "month": expected one of stretch, day'),  # type: ignore[arg-type]
        (lambda p: tt.health.devices(source="sigfix", project=p), 'sigfix.*did you mean "sigfox"'),
    ],
)
def test_an_error_says_what_was_expected(sensed: Sensed, call: Any, sentence: str) -> None:
    with pytest.raises(ConfigError, match=sentence):
        call(sensed.project)


def test_an_empty_project_gives_empty_tables(tmp_path: Any) -> None:
    project = tt.Project(write_settings(tmp_path), now=lambda: int(dt.datetime.now(dt.UTC).timestamp() * 1e6))
    for frame in (
        tt.sensors.series(project=project),
        tt.sensors.stats(project=project),
        tt.sensors.gaps(project=project),
        tt.sensors.excursions(project=project),
        tt.sensors.minutes_outside(project=project),
        tt.health.devices(project=project),
        tt.health.missing(project=project),
    ):
        assert len(frame) == 0
        assert len(frame.columns) > 5
