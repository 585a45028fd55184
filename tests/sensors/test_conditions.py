"""Kinetic temperature, episodes, counters, completeness, silence past what was announced, trends; worked by hand."""

from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from telltale.analysis import periods
from telltale.arrow import schema
from telltale.engine import DuckEngine, Relation
from telltale.health import analysis as health
from telltale.sensors import analysis as sensors
from telltale.tables import DEVICE_STATUS
from tests.presence.rows import DAY, H, pick, us, when
from tests.sensors.rows import FRIDGE, every, info, reading, readings_of

ENGINE = DuckEngine()
INFO = info(ENGINE, fridge=(900, None, None))
UNKNOWN = info(ENGINE, other=(900, None, None))


def days(number: int = 1) -> pa.Table:
    return periods.days("UTC", us(0), us(number * DAY))


def state(at_s: float, active: int, device_id: str = FRIDGE) -> dict[str, Any]:
    return reading(at_s, active, device_id, quantity="ok_alarm", unit="", text=("ok", "alarm")[active])


def total(at_s: float, value: float, meta: str | None = None) -> dict[str, Any]:
    return reading(at_s, value, quantity="water_total", unit="l", meta=meta)


def status(at_s: float, **told: Any) -> dict[str, Any]:
    row: dict[str, Any] = {column.name: None for column in DEVICE_STATUS.columns}
    row |= {"raw_id": 1, "source": "efento", "received_at": us(at_s), "device_id": FRIDGE, "kind": "measurements"}
    return row | {"observed_at": us(at_s)} | told


def statuses(rows: list[dict[str, Any]]) -> Relation:
    return ENGINE.from_arrow(pa.Table.from_pylist(rows, schema(DEVICE_STATUS)))


# Mean kinetic temperature.


@pytest.mark.parametrize(
    ("values", "mean", "expected"),
    [
        ([5, 5, 5], 5, 5.0),
        # 10000/293.15 = 34.1123 and 10000/303.15 = 32.9870; the mean of e^-34.1123 and e^-32.9870 is
        # e^-34.1123 * (1 + e^1.1253)/2 = e^-34.1123 * 2.0406, e^-33.3990; 10000/33.3990 = 299.41 K.
        ([20, 30], 25, 26.26),
        # Three hours at 2 °C and one at 25 °C: 36.3438 and 33.5402; (3 + e^2.8036)/4 = 4.8759, ln 1.5843;
        # 10000/34.7595 = 287.69 K. The mean would have hidden the hour.
        ([2, 2, 2, 25], 7.75, 14.54),
    ],
)
def test_kinetic_temperature_by_hand(values: list[float], mean: float, expected: float) -> None:
    found = sensors.kinetic(ENGINE, readings_of(ENGINE, every(3600, values)), days())
    ((readings, mean_c, kinetic_c),) = pick(found, "readings", "mean_c", "kinetic_c")
    assert (readings, mean_c) == (len(values), mean)
    assert kinetic_c == pytest.approx(expected, abs=0.006)


@settings(max_examples=40)
@given(st.lists(st.floats(-30, 60), min_size=1, max_size=20))
def test_kinetic_temperature_lies_between_mean_and_highest(values: list[float]) -> None:
    found = sensors.kinetic(ENGINE, readings_of(ENGINE, every(600, values)), days())
    ((mean_c, kinetic_c),) = pick(found, "mean_c", "kinetic_c")
    assert mean_c - 1e-6 <= kinetic_c <= max(values) + 1e-6


def test_only_temperatures_have_a_kinetic_temperature() -> None:
    rows = [reading(0, 50, quantity="humidity", unit="%"), reading(0, 4, unit="furlong")]
    rows.append(reading(600, None, error_code=3))
    assert pick(sensors.kinetic(ENGINE, readings_of(ENGINE, rows), days()), "kinetic_c") == []


@pytest.mark.parametrize(("unit", "value"), [("°C", 5), ("", 5), ("°F", 41), ("K", 278.15)])
def test_a_temperature_of_any_unit_is_one(unit: str, value: float) -> None:
    found = sensors.kinetic(ENGINE, readings_of(ENGINE, [reading(0, value, unit=unit)]), days())
    ((of, mean_c, kinetic_c),) = pick(found, "unit", "mean_c", "kinetic_c")
    assert (of, mean_c, kinetic_c) == (unit, pytest.approx(5), pytest.approx(5))


# Episodes.

EPISODE = ("state", "started_at", "ended_at", "lasted_s", "is_begin_known", "is_end_known", "is_open")


def episodes(rows: list[dict[str, Any]], told: Relation = INFO) -> list[tuple[Any, ...]]:
    return pick(sensors.episodes(ENGINE, readings_of(ENGINE, rows), told), *EPISODE)


@pytest.mark.parametrize(
    ("course", "expected"),
    [
        ([(0, 0), (100, 1), (160, 0), (900, 0)], [(100, 160, 60, True, True, False)]),
        # A frame ends and the next begins while the door is open: one episode.
        ([(0, 0), (800, 1), (900, 1), (900, 1), (1000, 0)], [(800, 1000, 200, True, True, False)]),
        ([(0, 1), (60, 0)], [(0, 60, 60, False, True, False)]),
        ([(0, 0), (60, 1), (900, 1)], [(60, None, 840, True, False, True)]),
        ([(0, 0), (60, 1)], [(60, None, 0, True, False, True)]),
        # More than three intervals without a word: nobody knows how long it went on, or when it began again.
        ([(0, 0), (60, 1), (900, 1), (4000, 1), (4060, 0)],
         [(60, None, 840, True, False, False), (4000, 4060, 60, False, True, False)]),
        ([(0, 0), (900, 0)], []),
    ],
)  # fmt: skip
def test_episodes_by_hand(course: list[tuple[int, int]], expected: list[tuple[Any, ...]]) -> None:
    rows = [state(at, value) for at, value in dict(course).items()]
    assert episodes(rows[::-1]) == [
        ("alarm", when(start), None if end is None else when(end), *rest) for start, end, *rest in expected
    ]


def test_a_sensor_without_a_given_interval_may_be_silent_for_long() -> None:
    assert episodes([state(0, 0), state(60, 1), state(DAY, 0)], UNKNOWN)[0][3] == DAY - 60


def test_numbers_are_no_states() -> None:
    assert episodes([reading(0, 1), reading(60, 0), reading(90, None, text="open")]) == []


# Counters.


def consumption(rows: list[dict[str, Any]], *names: str, number: int = 1) -> list[tuple[Any, ...]]:
    return pick(sensors.consumption(ENGINE, readings_of(ENGINE, rows), days(number)), *names)


def test_a_counter_that_began_again_counts_from_zero() -> None:
    """7 to 9 is 2; at 1 it began again; 1 to 4 is 3; the reading after midnight ends a step of the second day."""
    rows = [total(0, 7), total(H, 9), total(2 * H, 1), total(3 * H, 4), total(DAY + H, 10)]
    names = ("unit", "readings", "consumed", "resets", "may_be_low", "value_last")
    assert consumption(rows[::-1], *names, number=2) == [("l", 4, 6, 1, True, 4), ("l", 1, 6, 0, False, 10)]


def test_a_reading_from_before_makes_the_first_step_whole() -> None:
    assert consumption([total(-H, 5), total(H, 9)], "consumed", "counted_from") == [(4, when(-H))]


def test_a_counter_read_once_has_counted_nobody_knows_what() -> None:
    assert consumption([total(H, 9)], "readings", "consumed", "counted_from") == [(1, None, when(H))]


def test_a_reading_that_comes_twice_counts_once() -> None:
    assert consumption([total(0, 5), total(H, 9), total(H + 2, 9), total(2 * H, 10)], "consumed") == [(5,)]


def test_a_sensor_may_say_that_it_missed_some() -> None:
    assert consumption([total(0, 5), total(H, 9, '{"state": "error"}')], "may_be_low") == [(True,)]


def test_digits_are_no_state() -> None:
    """A text field of `0` and `1` is a number, however it was sent."""
    assert episodes([reading(at, value, text=str(value)) for at, value in ((0, 0), (60, 1), (90, 0))]) == []


def test_amounts_of_a_period_are_added_up() -> None:
    """Of a meter whose readings each say what was counted since the one before: 3 + 0 + 4, and 2 after midnight."""
    rows = [reading(at, value, "meter:1", quantity="electricity", unit="Wh")
            for at, value in ((H, 3), (2 * H, 0), (3 * H, 4), (DAY + H, 2))]  # fmt: skip
    rows += [total(H, 7), total(2 * H, 9), reading(H, 5, "other:1", quantity="electricity")]
    amounts = pa.table([["meter"], ["electricity"]], schema=sensors.AMOUNTS)
    found = sensors.consumption(ENGINE, readings_of(ENGINE, rows), days(2), amounts)
    names = ("device_id", "unit", "readings", "consumed", "resets", "may_be_low", "value_last")
    assert [row for row in pick(found, *names) if row[0] == "meter:1"] == [
        ("meter:1", "Wh", 3, 7, 0, False, None),
        ("meter:1", "Wh", 1, 2, 0, False, None),
    ]
    assert {row[0] for row in pick(found, "device_id")} == {"meter:1", FRIDGE}


def test_what_is_no_total_is_no_counter() -> None:
    assert consumption([reading(0, 5, quantity="water_minor"), reading(H, 5)], "consumed") == []


# Completeness.


def completeness(rows: list[dict[str, Any]], until_s: float, *, number: int = 1) -> list[tuple[Any, ...]]:
    made = sensors.completeness(ENGINE, readings_of(ENGINE, rows), INFO, days(number), until_us=us(until_s))
    return pick(made, "due", "received", "share")


def test_readings_received_of_those_due() -> None:
    """Due at 0, 15, 30, 45 min; that of 30 min did not come, and an error code is a reading that came."""
    rows = [reading(0, 4), reading(900, None, error_code=7), reading(2700, 4)]
    assert completeness(rows, 3600) == [(4, 3, 0.75)]
    assert completeness(rows, 3601) == [(5, 3, 0.6)]


def test_a_device_is_complete_over_all_it_measures() -> None:
    rows = [*every(900, [4] * 4), *every(900, [50, None], quantity="humidity")]
    assert completeness(rows, 3600) == [(8, 5, 0.625)]


def test_nothing_is_due_before_the_first_reading_and_nothing_after_the_end() -> None:
    rows = [reading(DAY - 900 * n, 4) for n in (2, 1, 0)]
    assert completeness(rows, DAY + 1800, number=3) == [(2, 2, 1.0), (2, 1, 0.5), (0, 0, None)]


def test_copies_stand_for_none_that_was_due() -> None:
    """Half is lost, and each that came is there twice."""
    rows = [reading(at + second, 4) for at in (0, 1800) for second in (0, 2)]
    assert completeness(rows, 3600) == [(4, 2, 0.5)]


@pytest.mark.parametrize(("count", "expected"), [(9, []), (10, [(10, 10, 1.0)])])
def test_nothing_is_due_where_nobody_knows_how_often(count: int, expected: list[Any]) -> None:
    rows = readings_of(ENGINE, every(900, [4] * count))
    made = sensors.completeness(ENGINE, rows, UNKNOWN, days(), until_us=us(900 * count))
    assert pick(made, "due", "received", "share") == expected


def test_one_more_than_due_is_no_more_than_complete() -> None:
    assert completeness(every(850, [4] * 5), 3600) == [(4, 4, 1.0)]


# Silence past the moment a device named.


def test_silence_counts_from_the_moment_the_device_named() -> None:
    rows = [
        status(0, next_expected_at=us(960)),
        status(5, kind="info"),  # names no moment: the one named before holds
        status(900, next_expected_at=us(1860)),
        status(3600, kind="info"),  # a sign of life, late; only the next measurements name a moment again
        status(3660, next_expected_at=us(4560)),
    ]
    names = ("heard_at", "expected_at", "next_heard_at", "overdue_s", "is_open")
    found: list[tuple[Any, ...]] = [(when(900), when(1860), when(3600), 1740.0, False)]
    assert pick(sensors.overdue(ENGINE, statuses(rows), now_us=us(4600)), *names) == found
    found.append((when(3660), when(4560), None, 440.0, True))
    assert pick(sensors.overdue(ENGINE, statuses(rows), now_us=us(5000)), *names) == found


def test_a_device_that_names_no_moment_is_never_overdue() -> None:
    assert pick(sensors.overdue(ENGINE, statuses([status(0)]), now_us=us(DAY)), "overdue_s") == []


# Trends.


def trends(rows: list[dict[str, Any]], *names: str) -> list[tuple[Any, ...]]:
    return pick(health.trends(ENGINE, statuses(rows)), *names)


def test_a_battery_that_falls_has_days_left() -> None:
    """From 3.60 V by 0.02 V a day: on the tenth day 3.42 V, 0.42 V above empty, 21 days. One odd day moves nothing."""
    volts = [3.60 - 0.02 * day for day in range(10)]
    volts[8] = 3.25
    rows = [status(day * DAY + H, battery_v=v) for day, v in enumerate(volts)]
    ((level, per_day, is_clear, left),) = trends(rows, "level", "per_day", "is_clear", "days_left")
    assert is_clear
    assert (level, per_day, left) == (pytest.approx(3.42), pytest.approx(-0.02), pytest.approx(21, abs=0.1))


@pytest.mark.parametrize(("now_day", "left"), [(9, 21), (12, 18), (40, 0)])
def test_days_are_left_from_now_not_from_the_newest_message(now_day: int, left: float) -> None:
    rows = statuses([status(day * DAY + H, battery_v=3.60 - 0.02 * day) for day in range(10)])
    ((on, days_left),) = pick(health.trends(ENGINE, rows, now_us=us(now_day * DAY + 2 * H)), "last_on", "days_left")
    assert (on, days_left) == (when(9 * DAY), pytest.approx(left, abs=0.1))


@pytest.mark.parametrize(
    ("volts", "per_day"),
    [
        ([3.6 - 0.02 * day for day in range(6)], None),  # six days are too few
        ([3.6] * 8, 0.0),
        ([3.60, 3.61] * 5, 0.0),
        ([3.5 + 0.001 * day for day in range(8)], 0.001),
        ([3.6 - 0.0002 * day for day in range(8)], -0.0002),  # 3,000 days: no line holds for so long
    ],
)
def test_days_left_are_said_only_where_the_data_bear_it(volts: list[float], per_day: float | None) -> None:
    rows = [status(day * DAY + H, battery_v=v) for day, v in enumerate(volts)]
    ((slope, left),) = trends(rows, "per_day", "days_left")
    assert left is None
    assert slope == (None if per_day is None else pytest.approx(per_day, abs=1e-9))


def test_a_new_battery_begins_anew() -> None:
    volts = [3.2, 3.15, 3.1, 3.6, 3.59, 3.58]
    rows = [status(day * DAY + H, battery_v=v) for day, v in enumerate(volts)]
    assert trends(rows, "days", "last_value", "per_day") == [(3, 3.58, None)]


def test_each_thing_is_taken_from_where_it_is_told_most_often() -> None:
    rows = [status(day * DAY + H, signal_dbm=-90.0) for day in range(3)]
    rows.append(status(2 * DAY, kind="info", signal_dbm=-99.0, battery_v=3.6))
    assert trends(rows, "measure", "days", "level") == [("battery", 1, 3.6), ("signal", 3, -90.0)]


@pytest.mark.parametrize("name", ["kinetic", "episodes", "consumption", "completeness", "overdue", "trends"])
def test_empty_in_empty_out(name: str) -> None:
    none, nothing = readings_of(ENGINE, []), statuses([])
    made = {
        "kinetic": lambda: sensors.kinetic(ENGINE, none, days()),
        "episodes": lambda: sensors.episodes(ENGINE, none, INFO),
        "consumption": lambda: sensors.consumption(ENGINE, none, days()),
        "completeness": lambda: sensors.completeness(ENGINE, none, INFO, days(), until_us=us(DAY)),
        "overdue": lambda: sensors.overdue(ENGINE, nothing, now_us=us(DAY)),
        "trends": lambda: health.trends(ENGINE, nothing),
    }[name]()
    assert made.arrow().num_rows == 0
