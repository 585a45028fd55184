"""What belongs to a stretch of time, and that all answers of a page are of one moment."""

import datetime as dt
from pathlib import Path

import pytest

import telltale as tt
from telltale.contract import Scenario
from telltale.sensors import cards
from telltale.sensors import question as read
from telltale.sensors.answers import recent
from telltale.sensors.concerns import concerns
from telltale.workbench.question import question
from tests.lake_fixture import FIRST, ZONE
from tests.sensors.sensed import DAYS, Sensed, hand_in, list_devices
from tests.sensors.sensed import sensed as sensors_of

FRIDGE = "sigfox:2d24e7"
NOON = (FIRST + dt.timedelta(days=1, hours=12)).astimezone(dt.UTC)


@pytest.fixture(scope="module")
def sensed(tmp_path_factory: pytest.TempPathFactory) -> Sensed:
    return sensors_of(tmp_path_factory.mktemp("sensed"))


def amid(sensed: Sensed) -> tuple[dt.datetime, float]:
    """A moment in the middle of an excursion, and when that began."""
    first = sensed.devices[FRIDGE]["excursions"][0]
    return dt.datetime.fromtimestamp((first["started_s"] + first["ended_s"]) / 2, dt.UTC), first["started_s"]


def test_a_row_belongs_to_the_stretch_it_began_in_and_is_whole(sensed: Sensed) -> None:
    middle, started_s = amid(sensed)
    before = tt.sensors.excursions("1d", middle, project=sensed.project)
    after = tt.sensors.excursions(middle, middle + dt.timedelta(hours=6), project=sensed.project)
    assert [at.timestamp() for at in before["started_at"]] == [started_s]
    assert started_s not in [at.timestamp() for at in after["started_at"]]
    whole = tt.sensors.excursions("5d", project=sensed.project)
    assert whole["unit"].unique().tolist() == ["°C"]


def test_a_page_shows_what_began_before_its_stretch_and_lasts_into_it(sensed: Sensed) -> None:
    """A fridge that has been warm for longer than the page looks back needs a look all the same."""
    middle, started_s = amid(sensed)
    view = sensed.project.view(now_us=round(middle.timestamp() * 1e6))
    short = question(view, "15min", None)
    assert read.excursions(short).num_rows == 0
    assert [at.timestamp() for at in read.excursions(short, lasting=True)["started_at"].to_pylist()] == [started_s]
    assert next(found.concern.level for found in concerns(recent(view))) == "alarm"


def test_days_are_whole_wherever_the_stretch_begins_and_the_last_is_marked(sensed: Sensed) -> None:
    days = tt.sensors.stats(NOON, by="day", device=FRIDGE, quantity="temperature", project=sensed.project)
    true = list(sensed.devices[FRIDGE]["quantities"]["temperature"]["days"].items())[1:]
    assert list(zip(days["label"], days["readings"], strict=True)) == [(day, told["count"]) for day, told in true]
    assert days["so_far"].tolist() == [False] * (DAYS - 1) + [True]
    for by in ("day", "week", "hour"):
        consumed = tt.sensors.mean_kinetic_temperature("5d", by=by, device=FRIDGE, project=sensed.project)
        assert consumed["so_far"].sum() <= 1
    bins = tt.sensors.series("90min", bin="1h", device=FRIDGE, project=sensed.project)
    assert len(bins) == 2
    outside = tt.sensors.minutes_outside(NOON, project=sensed.project)
    assert outside["label"].nunique() == DAYS


def test_all_answers_of_a_page_are_of_one_moment(tmp_path: Path) -> None:
    sensed = sensors_of(tmp_path)
    answers = recent(sensed.project.view(), "24h")
    counted = sum(answers.stats["readings"].to_pylist())
    end_s = int(sensed.project.now_us() // 10**6)
    hand_in(sensed.project, "efento", Scenario(9, end_s - 3 * 3600, end_s, ZONE))
    assert sum(answers.series["readings"].to_pylist()) == counted
    assert "efento" not in " ".join(answers.seen.names)
    assert any(name.startswith("efento") for name in recent(sensed.project.view()).seen.names)


def test_limits_of_the_answer_are_those_of_the_list(tmp_path: Path) -> None:
    """A card says limits as they stand in devices.csv, and minutes as telltale.toml tolerates them."""
    sensed = sensors_of(tmp_path)
    moved = {FRIDGE: {**sensed.devices[FRIDGE], "low": 1.0, "high": 30.0}}
    list_devices(tmp_path, {"devices": {**sensed.devices, **moved}})
    answers = tt.sensors.answers("5d", device=FRIDGE, quantity="temperature", project=sensed.project)
    assert cards.readings(answers).title == "Temperature: The sensor kept its limits as far as is known"
    (tile, *_) = cards.tiles(answers).tiles
    assert (tile.label, tile.value) == ("Outside limits", "0")


def test_answers_about_one_source_are_about_its_devices_only(tmp_path: Path) -> None:
    sensed = sensors_of(tmp_path)
    end_s = int(sensed.project.now_us() // 10**6)
    hand_in(sensed.project, "efento", Scenario(9, end_s - 6 * 3600, end_s, ZONE))
    answers = tt.sensors.answers("2d", source="efento", project=sensed.project)
    tables = (answers.stats, answers.series, answers.gaps, answers.completeness, answers.overdue, answers.trends)
    sources = {device_id.partition(":")[0] for table in tables for device_id in table["device_id"].to_pylist()}
    assert sources == {"efento"}
    assert {device_id.partition(":")[0] for device_id in answers.seen.names} == {"efento"}
