"""Sensors: figures by period, gaps, limits and what went beyond them; hand-worked, and against a plain reference."""

from itertools import groupby
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from telltale.analysis import periods
from telltale.engine import DuckEngine, Relation
from telltale.sensors import analysis as sensors
from tests.presence.rows import DAY, H, pick, us, when
from tests.sensors.rows import FRIDGE, every, info, named_limits, reading, readings_of

ENGINE = DuckEngine()
INFO = info(ENGINE, fridge=(600, 2, 8))


def whole(hours: float = 24) -> pa.Table:
    return periods.bins(round(hours * H), us(0), us(hours * H))


def excursions(rows: list[dict[str, Any]], *names: str, told: Any = INFO) -> list[tuple[Any, ...]]:
    readings = readings_of(ENGINE, rows)
    return pick(sensors.excursions(ENGINE, sensors.walk(ENGINE, readings, told), limits(readings, told)), *names)


def limits(readings: Relation, told: Relation = INFO) -> Relation:
    return sensors.limits(ENGINE, sensors.measured(ENGINE, readings), told, named_limits(ENGINE))


def test_figures_of_each_period_a_series_has_a_reading_in() -> None:
    rows = [*every(600, [4, 5, None, 9]), reading(2 * H, None, error_code=3), reading(5 * H, None, text="open")]
    made = sensors.stats(ENGINE, readings_of(ENGINE, rows), periods.hours("UTC", us(0), us(6 * H)))
    names = ("label", "readings", "errors", "value_min", "value_mean", "value_max", "value_last", "last_at")
    assert pick(made, *names) == [
        ("2026-11-20 00:00+00:00", 3, 0, 4, 6, 9, 9, when(1800)),
        ("2026-11-20 02:00+00:00", 0, 1, None, None, None, None, when(2 * H)),
    ]


@pytest.mark.parametrize(("text", "state"), [("open", "open"), ("0", None), (None, None)])
def test_the_newest_of_a_switch_is_its_word(text: str | None, state: str | None) -> None:
    rows = [reading(0, 1, text="shut"), reading(60, 0, text=text)]
    made = sensors.stats(ENGINE, readings_of(ENGINE, rows), whole())
    assert pick(made, "value_last", "state_last") == [(0, state)]


def test_a_series_has_no_bridge_over_a_period_without_a_reading() -> None:
    rows = readings_of(ENGINE, [reading(0, 4), reading(2 * H, 6)])
    made = sensors.series(ENGINE, rows, periods.hours("UTC", us(0), us(3 * H)))
    assert pick(made, "readings", "value_mean") == [(1, 4), (0, None), (1, 6)]


@pytest.mark.parametrize(
    ("given_s", "expected"),
    [(600, (600, True)), (None, (610, False))],  # steps 610, 610, 1220, 610: the median is no lost one's
)
def test_the_interval_is_given_or_the_usual_one(given_s: float | None, expected: tuple[float, bool]) -> None:
    rows = readings_of(ENGINE, every(610, [4, 4, 4, None, 4, 4]))
    found = sensors.intervals(ENGINE, rows, info(ENGINE, fridge=(given_s, None, None)))
    assert pick(found, "interval_s", "is_given") == [expected]


def test_gaps_count_the_readings_that_were_due() -> None:
    """At 0, 10, (20, 30 missing), 40 min; then nothing until 65: due at 50 and 60."""
    rows = readings_of(ENGINE, every(600, [4, 4, None, None, 4]))
    found = sensors.gaps(ENGINE, sensors.walk(ENGINE, rows, INFO), until_us=us(65 * 60))
    assert pick(found, "after_at", "before_at", "missing", "is_open") == [
        (when(600), when(2400), 2, False),
        (when(2400), when(65 * 60), 2, True),
    ]
    assert (
        sensors.gaps(ENGINE, sensors.walk(ENGINE, rows, INFO), until_us=us(2400 + 890)).arrow().num_rows == 1
    )  # half an interval late


def test_an_error_is_no_reading() -> None:
    rows = [reading(0, 4), reading(600, None, error_code=1), reading(1200, 4)]
    found = sensors.gaps(ENGINE, sensors.walk(ENGINE, readings_of(ENGINE, rows), INFO), until_us=us(1200))
    assert pick(found, "missing") == [(1,)]


@pytest.mark.parametrize(
    ("measured", "expected"),
    [
        ({"temperature": 4, "humidity": 40}, [("temperature", 2, 8)]),
        ({"humidity": 40}, [("humidity", 2, 8)]),
        ({"humidity": 40, "pressure": 1000}, []),  # which one is meant is not known
    ],
)
def test_limits_hold_for_the_main_quantity(
    measured: dict[str, float], expected: list[tuple[str, float, float]]
) -> None:
    rows = [reading(0, value, quantity=name) for name, value in measured.items()]
    assert pick(limits(readings_of(ENGINE, rows)), "quantity", "low", "high") == expected


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ([("humidity", "", 30, None)], [("1", "humidity", 30, None), ("2", "humidity", 30, None)]),
        (
            [("humidity", "", 30, 60), ("humidity", "2", None, 70)],
            [("1", "humidity", 30, 60), ("2", "humidity", 30, 70)],
        ),
        ([("humidity", "3", 30, 60)], []),
        ([("co2", "", None, 1000)], []),  # never measured
    ],
)
def test_limits_of_a_quantity_win_the_channel_s_most(
    told: list[tuple[str, str, float | None, float | None]], expected: list[tuple[Any, ...]]
) -> None:
    rows = [reading(0, 40, quantity="humidity", channel=channel) for channel in "12"] + [reading(0, 4, channel="1")]
    series = sensors.measured(ENGINE, readings_of(ENGINE, rows))
    made = sensors.limits(ENGINE, series, INFO, named_limits(ENGINE, *told))
    plain = ("1", "temperature", 2, 8)
    assert sorted(pick(made, "channel", "quantity", "low", "high")) == sorted([plain, *expected])


def test_one_side_of_the_main_quantity_may_be_named() -> None:
    """devices.csv says 2 to 8; `high:temperature` is 10."""
    series = sensors.measured(ENGINE, readings_of(ENGINE, [reading(0, 4)]))
    made = sensors.limits(ENGINE, series, INFO, named_limits(ENGINE, ("temperature", "", None, 10)))
    assert pick(made, "low", "high") == [(2, 10)]


def test_an_excursion_has_a_peak_a_duration_and_how_sure_it_is() -> None:
    """Beyond at 20 and 30 min, inside at 10 and 40: crossed at 15, returned at 35, each to 5 min."""
    found = excursions(
        every(600, [5, 7, 9, 10.5, 8, 5]),
        *("side", "limit_value", "crossed_at", "returned_at", "outside_s", "resolution_s"),
        *("started_at", "ended_at", "readings", "peak", "peak_at", "is_open"),
    )
    times = (when(900), when(2100), 1200.0, 300.0, when(1200), when(1800))
    assert found == [("above", 8, *times, 2, 10.5, when(1800), False)]


def test_a_reading_on_the_limit_is_within_it() -> None:
    assert excursions(every(600, [2, 8, 2, 8]), "peak") == []


def test_a_gap_beside_an_excursion_adds_half_an_interval_at_most() -> None:
    found = excursions([reading(0, 5), reading(2 * H, 9), reading(4 * H, 5)], "outside_s")
    assert found == [(600.0,)]


def test_sides_are_apart_and_so_are_runs_over_a_silence() -> None:
    """One reading below between two above; then a silence of four intervals, which nobody knows anything about."""
    rows = [*every(600, [9, 1, 9, 9]), reading(1800 + 2400, 9.5)]
    assert excursions(rows, "side", "readings", "is_open") == [
        ("above", 1, False), ("below", 1, False), ("above", 2, False), ("above", 1, True),
    ]  # fmt: skip


def test_an_open_excursion_lasts_until_the_newest_reading() -> None:
    assert excursions(every(600, [5, 9, 9]), "outside_s", "is_open") == [(300.0 + 600.0, True)]


def test_only_one_limit_may_be_given() -> None:
    told = info(ENGINE, fridge=(600, None, 8))
    assert excursions(every(600, [-40, 9, 5]), "side", told=told) == [("above",)]


def test_time_outside_is_shared_out_over_days_and_unknown_without_a_reading() -> None:
    """Beyond from 23:50 (crossed 23:45) to 00:10 (returned 00:15): a quarter of an hour each; then nobody knows."""
    rows = [reading(DAY + at * 60, value) for at, value in ((-20, 5), (-10, 9), (0, 9), (10, 9), (20, 5))]
    days = periods.days("UTC", us(0), us(3 * DAY))
    readings = readings_of(ENGINE, rows)
    made = sensors.outside(ENGINE, sensors.walk(ENGINE, readings, INFO), limits(readings), days)
    assert pick(made, "outside_s", "excursions", "readings") == [(900.0, 1, 2), (900.0, 1, 3), (None, 0, 0)]


@pytest.mark.parametrize("name", ["stats", "series", "outside"])
def test_empty_in_empty_out(name: str) -> None:
    days, none = periods.days("UTC", us(0), us(DAY)), readings_of(ENGINE, [])
    made = {
        "stats": lambda: sensors.stats(ENGINE, none, days),
        "series": lambda: sensors.series(ENGINE, none, days),
        "outside": lambda: sensors.outside(ENGINE, sensors.walk(ENGINE, none, INFO), limits(none), days),
    }[name]()
    assert made.arrow().num_rows == 0


@pytest.mark.parametrize("factor", [1, 0.5, -1])
def test_a_factor_below_one_interval_is_refused(factor: float) -> None:
    with pytest.raises(ValueError, match="expected more than one interval"):
        sensors.Rules(gap_factor=factor)


values = st.lists(st.one_of(st.none(), st.integers(0, 10)), min_size=1, max_size=30)


@settings(max_examples=60)
@given(values, st.randoms(use_true_random=False))
def test_excursions_are_the_runs_beyond_whatever_the_order(read: list[int | None], chance: Any) -> None:
    rows = every(600, read)
    chance.shuffle(rows)
    heard = [(n, value) for n, value in enumerate(read) if value is not None]
    runs: list[list[tuple[int, int, int]]] = []
    for n, value in heard:
        side = (value > 8) - (value < 2)
        goes_on = runs and runs[-1][-1][2] == side and n - runs[-1][-1][0] <= 3
        runs[-1].append((n, value, side)) if goes_on else runs.append([(n, value, side)])
    expected = [
        (when(600 * run[0][0]), when(600 * run[-1][0]), len(run), max(run, key=lambda one: one[1] * one[2])[1])
        for run in runs
        if run[0][2]
    ]
    assert excursions(rows, "started_at", "ended_at", "readings", "peak") == expected
    assert [beyond for beyond, _ in groupby(excursions(rows, "device_id"))] in ([], [(FRIDGE,)])
