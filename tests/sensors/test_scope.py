"""Sentences say of whom, of which quantity and of how much of the time they speak: small projects, through the door."""

import datetime as dt
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow.compute as pc
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import telltale as tt
from telltale.page.attention import Notice
from telltale.page.board import Ask
from telltale.page.pieces import Tile
from telltale.sensors import cards, page
from telltale.sensors import question as read
from telltale.sensors.answers import Answers, opening, recent
from telltale.sensors.concerns import concerns
from telltale.workbench.project import Project
from telltale.workbench.question import question
from tests.sensors.small import FAHRENHEIT, STEP_S, H, small, steady
from tests.sensors.test_words import said

HEAD = "device_id,name,expected_interval_s,low,high\n"
TWO = f"{HEAD}sigfox:a1,Fridge,600,2,8\nsigfox:a2,Cold room,600,2,8\n"
THREE = f"{TWO}sigfox:a3,Dock,600,2,8\n"
LONG = 50 * H


def sentence(answers: Answers) -> str:
    return said(cards.sentence(answers).text).replace("**", "").replace("!!", "")


def of_day(project: Project, **chosen: str) -> str:
    return sentence(recent(project.view(), **chosen))


def tile(answers: Answers, number: int) -> Tile:
    return cards.tiles(answers).tiles[number]


def notices(project: Project) -> list[Notice]:
    return concerns(recent(project.view()))


# Counting only who spoke.


def test_all_kept_their_limits_where_every_minute_is_known(tmp_path: Path) -> None:
    project = small(tmp_path, TWO, a1=steady(LONG, temperature=5), a2=steady(LONG, temperature=4))
    assert of_day(project) == "All two sensors with limits kept their limits in the last 24 hours."
    assert cards.readings(recent(project.view())).title == "All two sensors kept their limits"


def test_a_silent_sensor_is_counted(tmp_path: Path) -> None:
    """Dock says nothing for 30 h: of the last 24 h nothing is known of it."""
    project = small(
        tmp_path, THREE, a1=steady(LONG, temperature=5), a2=steady(LONG, temperature=4),
        a3=steady(LONG, 30 * H, temperature=5),
    )  # fmt: skip
    answers = recent(project.view())
    assert sentence(answers) == (
        "Two of three sensors with limits kept their limits in the last 24 hours; nothing is known of Dock. "
        "Dock has been silent for 30 h."
    )
    assert cards.readings(answers).title == "Two of three sensors kept their limits as far as is known"
    assert cards.excursions(answers).title == "No limit is known to have been left"
    assert said(tile(answers, 0).note) == "2 of 3 sensors"
    assert (tile(answers, 3).value, tile(answers, 3).unit) == ("2", "of 3")
    assert float(tile(answers, 2).value) < 90  # of the messages due that of Dock did not come
    assert "14 days" in said(tile(answers, 2).note)


def test_a_listed_sensor_that_never_spoke_is_counted(tmp_path: Path) -> None:
    project = small(tmp_path, THREE, a1=steady(LONG, temperature=5), a2=steady(LONG, temperature=4))
    answers = recent(project.view())
    assert sentence(answers).startswith("Two of three sensors with limits kept their limits in the last 24 hours; ")
    assert "nothing is known of Dock" in sentence(answers)
    assert tile(answers, 3).unit == "of 3"


@pytest.mark.parametrize(
    ("sent", "text"),
    [
        ([*steady(LONG, 10 * H, temperature=5), *steady(4 * H, temperature=5)], "5 h 50 min of 24 h unknown"),
        (steady(12 * H, temperature=5), "12 h of 24 h unknown"),  # a project of half a day
    ],
)  # fmt: skip
def test_minutes_that_are_unknown_are_said(tmp_path: Path, sent: Any, text: str) -> None:
    project = small(tmp_path, f"{HEAD}sigfox:a1,Fridge,600,2,8\n", a1=sent)
    first = of_day(project)
    assert first.startswith(
        f"The one sensor with limits kept its limits in the last 24 hours as far as is known: {text}"
    )


@pytest.mark.parametrize(
    ("interval", "sent", "known"),
    [
        ("600", [(120, {"temperature": 5})], "2 min of 24 h"),
        ("600", steady(1200, temperature=5), "20 min of 24 h"),  # a project of twenty minutes
        ("", [(120, {"temperature": 5})], "1 reading"),
        ("", [(120, {"temperature": 5}), (125, {"temperature": 5})], "2 readings"),  # how often it is due is not known
    ],
)
def test_one_reading_does_not_tell_of_a_day(tmp_path: Path, interval: str, sent: Any, known: str) -> None:
    project = small(tmp_path, f"{HEAD}sigfox:a1,Fridge,{interval},2,8\n", a1=sent)
    assert of_day(project) == (
        "Whether the one sensor with limits kept its limits in the last 24 hours is not known: "
        f"of Fridge only {known}, within its limits."
    )
    assert cards.readings(recent(project.view())).title == "Whether the sensor kept its limits is not known"


def test_a_listed_sensor_that_is_silent_for_long_is_named_where_nobody_speaks(tmp_path: Path) -> None:
    ago = 400 * 24 * H
    project = small(tmp_path, f"{HEAD}sigfox:a1,Fridge,600,,\n", a1=steady(ago + 10 * H, ago, temperature=5))
    board = page.page(Ask(project))
    assert "in the last 14 days. !!Fridge!! has been silent for **400 d**. Point" in said(board.sentence.text)


# One quantity does not speak for all.

CO2 = "device_id,name,expected_interval_s,low,high,high:co2\nsigfox:a1,Lab,600,2,8,1000\n"


def test_a_view_of_one_quantity_names_it_and_what_left_its_limits_elsewhere(tmp_path: Path) -> None:
    stale = [*steady(LONG, 2 * H, temperature=5, co2=600), *steady(2 * H - 600, temperature=5, co2=1200)]
    project = small(tmp_path, CO2, a1=stale)
    answers = opening(project.view())
    assert sentence(answers) == (
        "Temperature: The one sensor with limits kept its limits in the last 24 hours. "
        "Not shown here: Lab (CO₂) left its limits."
    )
    assert cards.readings(answers).title == "Temperature: The sensor kept its limits"
    assert tile(answers, 0).note == "all with limits kept them; Lab elsewhere"
    assert [said(one.concern.what) for one in notices(project)] == ["Lab above 1,000 ppm"]
    co2 = of_day(project, quantity="co2")
    assert co2.startswith("CO₂: Lab has been above 1,000 ppm for 1 h 45 min, up to 1,200.0 ppm")
    assert "Not shown here" not in co2


def test_a_view_of_one_device_names_the_others_that_left_their_limits(tmp_path: Path) -> None:
    warm = [*steady(LONG, 2 * H, temperature=5), *steady(2 * H - 600, temperature=9)]
    project = small(tmp_path, TWO, a1=steady(LONG, temperature=5), a2=warm)
    assert of_day(project, device="sigfox:a1").endswith("Not shown here: Cold room (temperature) left its limits.")


# Old is not now.


@pytest.mark.parametrize(
    ("until_s", "label", "note"),
    [
        (0, "Fridge now", "limits 2–8"),
        (1190, "Fridge now", "limits 2–8"),
        (1210, "Fridge, last", "20 min ago; limits 2–8"),
        (5 * H, "Fridge, last", "5 h ago; limits 2–8"),
    ],
)
def test_now_is_within_two_intervals(tmp_path: Path, until_s: int, label: str, note: str) -> None:
    listed = f"{HEAD}sigfox:a1,Fridge,600,2,8\n"
    project = small(tmp_path, listed, a1=steady(until_s + 100 * STEP_S, until_s, temperature=5))
    newest = tile(recent(project.view()), 1)
    assert (newest.label, said(newest.note), newest.value) == (label, note, "5.0")


def test_the_newest_value_of_a_period_that_is_over_is_not_now(tmp_path: Path) -> None:
    project = small(tmp_path, TWO, a1=steady(LONG, temperature=5))
    answers = tt.sensors.answers("2026-11-19", project=project)
    assert tile(answers, 1).label == "Fridge, last"


def test_what_was_warm_when_last_heard_is_not_warm_now(tmp_path: Path) -> None:
    warm = [*steady(LONG, 7 * H, temperature=5), *steady(7 * H - 600, 5 * H, temperature=9)]
    project = small(tmp_path, f"{HEAD}sigfox:a1,Fridge,600,2,8\n", a1=warm)
    text = of_day(project)
    assert "Fridge was above 8 °C for 1 h 55 min when last heard, up to 9.0 °C (4 h 55 min of 24 h unknown)." in text
    alarm = notices(project)[0].concern
    assert said(alarm.when) == "when last heard, 08:00 today"


# Cut at the edge, and silences inside.


def test_what_was_outside_before_the_stretch_is_told_as_the_least(tmp_path: Path) -> None:
    """Warm for as long as was looked back, and longer: of 24 h, 24 h; since before."""
    project = small(tmp_path, f"{HEAD}sigfox:a1,Fridge,600,2,8\n", a1=steady(LONG, temperature=9))
    answers = recent(project.view())
    assert sentence(answers).startswith(
        "Fridge has been above 8 °C for ≥ 23 h 50 min, since before Thu 19 Nov, 13:00, up to 9.0 °C."
    )
    assert said(tile(answers, 0).value) == "≥ 1,430"
    ((_, since, outside, *_),) = cards.excursions(answers).evidence.rows
    assert (said(since), said(outside)) == ("before Thu 19 Nov, 13:00", "≥ 23 h 50 min so far")
    assert said(cards.readings(answers).title) == "Fridge rose to 9.0 °C and was above 8 °C for ≥ 23 h 50 min so far"
    assert "≥ 23 h 50 min, since before Thu 19 Nov, 13:00" in said(notices(project)[0].concern.evidence)


def test_a_missing_reading_amid_an_excursion_is_neither_outside_nor_within(tmp_path: Path) -> None:
    """9 °C at −60, −50, −30 and −20 min: crossed at −65, back at −15, and ten minutes of them nobody knows."""
    minutes = {60: 9, 50: 9, 30: 9, 20: 9}
    sent = [(at * 60, {"temperature": minutes.get(at, 5)}) for at in range(1500, -1, -10) if at != 40]
    project = small(tmp_path, f"{HEAD}sigfox:a1,Fridge,600,2,8\n", a1=sent)
    left = tt.sensors.excursions("24h", project=project)
    assert left[["outside_s", "unknown_s", "is_begin_known"]].to_numpy().tolist() == [[2400.0, 600.0, True]]
    ((_, _, outside, *_),) = cards.excursions(recent(project.view())).evidence.rows
    assert said(outside) == "40 min, 10 min unknown"
    today = tt.sensors.minutes_outside("1d", project=project)
    assert today[["outside_s", "unknown_s", "so_far"]].to_numpy().tolist() == [[2400.0, 600.0, True]]


courses = st.lists(st.one_of(st.none(), st.sampled_from([5.0, 9.0, 0.0])), min_size=2, max_size=40)


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(courses)
def test_tile_table_and_days_add_up_to_the_same(tmp_path_factory: pytest.TempPathFactory, course: Any) -> None:
    """Time outside of all excursions is that of all days; and no time is both outside and unknown."""
    sent = [(3 * H * number + 600, {"temperature": value}) for number, value in enumerate(course) if value is not None]
    listed = "device_id,name,expected_interval_s,low,high\nsigfox:a1,Fridge,10800,2,8\n"
    project = small(tmp_path_factory.mktemp("sums"), listed, a1=sent)
    asked = question(project.view(), "3d", None)
    left, days = read.excursions(asked, lasting=True), read.minutes_outside(asked)
    assert pc.sum(left["outside_s"]).as_py() == pytest.approx(pc.sum(days["outside_s"]).as_py()) or not len(left)
    for row in days.to_pylist():
        assert (row["outside_s"] or 0) + row["unknown_s"] <= (row["end"] - row["start"]).total_seconds() + 1e-6


@pytest.mark.parametrize(("day", "hours"), [("2026-03-29", 23), ("2026-10-25", 25), ("2026-11-19", 24)])
def test_a_day_is_as_long_as_the_clocks_make_it(tmp_path: Path, day: str, hours: int) -> None:
    """The last three hours of the day are lost."""
    noon = dt.datetime.fromisoformat(f"{day}T12:00+00:00")
    end_s = int((noon + dt.timedelta(days=1)).timestamp())
    sent = [
        one
        for one in steady(60 * H, temperature=5)
        if at_site(end_s - one[0]).hour < 21 or str(at_site(end_s - one[0]).date()) != day
    ]
    project = small(tmp_path, f"{HEAD}sigfox:a1,Fridge,600,2,8\n", now_s=end_s, a1=sent)
    answers = tt.sensors.answers(day, project=project)
    (row,) = answers.coverage.to_pylist()
    assert row["window_s"] == hours * H
    assert row["unknown_s"] == pytest.approx(3 * H, abs=STEP_S)
    assert f"of {hours} h unknown" in sentence(answers)


def at_site(at_s: int) -> dt.datetime:
    return dt.datetime.fromtimestamp(at_s, ZoneInfo("Europe/Berlin"))


# A sensor is what people call so.


def test_a_replaced_sensor_is_one_with_the_new_one(tmp_path: Path) -> None:
    """a1 gave out 20 h ago, a9 of the same name began an hour later."""
    listed = f"{HEAD}sigfox:a1,Fridge,600,2,8\nsigfox:a9,Fridge,600,2,8\n"
    project = small(tmp_path, listed, a1=steady(LONG, 20 * H, temperature=5), a9=steady(19 * H, temperature=5))
    answers = recent(project.view())
    assert sentence(answers) == (
        "The one sensor with limits kept its limits in the last 24 hours as far as is known: 55 min of 24 h unknown."
    )
    assert (tile(answers, 3).value, tile(answers, 3).unit) == ("1", "of 1")
    assert notices(project) == []
    ((of, was, unknown_s),) = tt.sensors.coverage(project=project)[["device_id", "was", "unknown_s"]].to_numpy()
    assert (of, was, unknown_s) == ("sigfox:a9", "sigfox:a1", 3300.0)


def test_two_sensors_of_one_name_that_both_speak_are_two(tmp_path: Path) -> None:
    listed = f"{HEAD}sigfox:a1,Fridge,600,2,8\nsigfox:a9,Fridge,600,2,8\n"
    project = small(tmp_path, listed, a1=steady(LONG, temperature=5), a9=steady(19 * H, temperature=5))
    assert len(tt.sensors.coverage(project=project)) == 2


# Other units.

WARM_F = f"{HEAD}sigfox:a1,Fridge,600,35,46\n"


def test_a_temperature_in_fahrenheit_is_a_temperature_with_limits_in_its_unit(tmp_path: Path) -> None:
    project = small(tmp_path, WARM_F, units=FAHRENHEIT, a1=steady(LONG, temperature=50))
    answers = recent(project.view(), quantity="temperature")
    assert "above 46 °F for ≥ 23 h 50 min" in sentence(answers)
    card = cards.kinetic(answers)
    assert said(card.title) == "Fridge: mean kinetic temperature 50.0 °F, above 46 °F"
    assert [said(cell) for cell in card.evidence.rows[0]] == ["Fridge", "144", "50.0 °F", "50.0 °F", "35–46", "–"]
    (row,) = tt.sensors.mean_kinetic_temperature("24h", project=project).to_dict("records")
    assert (row["unit"], row["kinetic_c"]) == ("°F", pytest.approx(10.0))


# Counters.


def test_a_counter_read_once_has_counted_nobody_knows_what(tmp_path: Path) -> None:
    project = small(tmp_path, HEAD, a1=[(60, {"water_total": 500.0})])
    assert cards.consumption(recent(project.view())).title == "Sigfox:a1 was read once: what it counted is not known"


def test_what_was_counted_is_from_reading_to_reading(tmp_path: Path) -> None:
    """Half a day lost: the step over it counts where it ends, and the row says from when."""
    project = small(tmp_path, HEAD, a1=[(30 * H, {"water_total": 100.0}), (2 * H, {"water_total": 160.0})])
    card = cards.consumption(recent(project.view()))
    assert [said(cell) for cell in card.evidence.rows[0]][1:3] == ["60", "Thu 19 Nov, 07:00 to Fri 20 Nov, 11:00"]


def test_a_renamed_device_is_one_device(tmp_path: Path) -> None:
    """The list says its new name: all its history has it."""
    project = small(tmp_path, f"{HEAD}sigfox:a1,Fridge,600,2,8\n", a1=steady(LONG, temperature=9))
    (tmp_path / "devices.csv").write_text(f"{HEAD}sigfox:a1,Cheese room,600,2,8\n")
    assert of_day(project).startswith("Cheese room has been above 8 °C")
    assert set(tt.sensors.excursions("3d", project=project)["name"]) == {"Cheese room"}
