"""New and returning, loyalty, modes, people by rate, fixed devices and staff."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from telltale.analysis import periods
from telltale.engine import DuckEngine, Relation
from telltale.presence.analysis import fit_rate, loyalty, new_returning, noise, of_mode, removed, without
from tests.presence.rows import DAY, H, pick, us, visit, visits_of

ENGINE = DuckEngine()
LONG_AGO = us(-400 * DAY)


def statuses(rows: list[dict[str, Any]], since_us: int = LONG_AGO) -> list[Any]:
    return [status for (status,) in pick(new_returning(ENGINE, visits_of(ENGINE, rows), since_us=since_us), "status")]


@pytest.mark.parametrize(
    ("later_s", "expected"),
    [(30 * DAY, "returning"), (30 * DAY + 1, "new"), (1000, "returning")],
    ids=["the boundary counts", "one second over", "the same day"],
)
def test_a_visit_within_the_lookback_makes_the_next_a_return(later_s: int, expected: str) -> None:
    assert statuses([visit(1, 0, 600), visit(1, later_s, later_s + 600)]) == ["new", expected]


def test_passing_by_is_no_visit_to_return_from() -> None:
    assert statuses([visit(1, 0, 600, "passer_by"), visit(1, DAY, DAY + 600)]) == ["new"]


def test_addresses_that_do_not_last_cannot_tell() -> None:
    local = [visit(device, DAY, DAY + 600, address_kind="local", associated=device == 2) for device in (1, 2)]
    assert statuses(local) == ["unknown", "new"]


def test_nobody_is_new_while_the_lookback_begins_before_the_data() -> None:
    rows = [visit(1, 0, 600), visit(1, DAY, DAY + 600), visit(2, 29 * DAY, 30 * DAY), visit(3, 30 * DAY, 31 * DAY)]
    assert statuses(rows, since_us=us(0)) == ["unknown", "returning", "unknown", "new"]


def test_loyalty_by_the_days_visited_of_a_window() -> None:
    """Of 7 days 6 or 7 are daily, 3 occasional (3 × 3 >= 7), 2 rare, 1 is the first time, however often that day."""
    visited = {1: [0, 1, 2, 3, 4, 5, 6], 2: [0, 1, 2, 3, 4, 6], 3: [0, 3, 6], 4: [2, 4], 5: [3]}
    rows = [visit(device, day * DAY, day * DAY + 600) for device, days in visited.items() for day in days]
    rows += [visit(5, 3 * DAY + H, 3 * DAY + 2 * H), visit(6, -DAY, 600), visit(7, 0, 600, address_kind="local")]
    made = loyalty(ENGINE, visits_of(ENGINE, rows), periods.days("UTC", us(0), us(7 * DAY)))
    assert pick(made, "device", "days_visited", "loyalty") == [
        (1, 7, "daily"), (2, 6, "daily"), (3, 3, "occasional"), (4, 2, "rare"), (5, 1, "first_time"),
    ]  # fmt: skip


def test_modes_keep_the_visits_they_are_about() -> None:
    rows = [visit(1, 0, 1), visit(2, 0, 1, address_kind="local"), visit(3, 0, 1, address_kind="local", associated=True)]
    made = {
        mode: of_mode(ENGINE, visits_of(ENGINE, rows), mode) for mode in ("split", "global_only", "associated_local")
    }
    assert {mode: sorted(pick(rows, "device")) for mode, rows in made.items()} == {
        "split": [(1,), (2,), (3,)], "global_only": [(1,)], "associated_local": [(3,)],
    }  # fmt: skip
    with pytest.raises(
        ValueError, match="no mode 'cluster' of address kinds; known: split, global_only, associated_local"
    ):
        of_mode(ENGINE, visits_of(ENGINE, rows), "cluster")


def test_people_by_rate_with_an_interval() -> None:
    """k = (9 + 22 + 29) / (20 + 40 + 60) = 0.5; residuals -1, 2, -1; spread² = (1/20 + 4/40 + 1/60) / 2 = 1/12.

    For a count of 50: 25 people, ± t(2) × √(50/12) = 4.303 × 2.0412 = 8.783.
    """
    rate = fit_rate([20, 40, 60], [9, 22, 29])
    assert rate == pytest.approx((0.5, (1 / 12) ** 0.5, 3))
    assert rate.people(50) == pytest.approx((25, 25 - 8.7833, 25 + 8.7833), abs=1e-3)
    assert rate.people(1)[1] == 0.0


@settings(max_examples=50)
@given(k=st.floats(0.1, 5), counts=st.lists(st.integers(1, 500), min_size=3, max_size=60))
def test_a_rate_without_noise_is_found_exactly(k: float, counts: list[int]) -> None:
    assert fit_rate(counts, [k * count for count in counts]).people(10) == pytest.approx((10 * k,) * 3, rel=1e-6)


@pytest.mark.parametrize(
    ("counts", "people", "message"),
    [
        ([1, 2], [1, 2], "2 counts and 2 people: expected at least three"),
        ([1, 0, 2], [1, 1, 1], "count 0: expected more"),
    ],
)
def test_a_rate_needs_samples(counts: list[float], people: list[float], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        fit_rate(counts, people)


def judged(rows: list[dict[str, Any]], days: int, timezone: str = "UTC") -> Relation:
    return noise(ENGINE, visits_of(ENGINE, rows), timezone=timezone, since_us=us(0), until_us=us(days * DAY))


def test_a_device_there_on_most_hours_of_three_days_is_fixed() -> None:
    """Of 72 h, 80 % are 57.6: touching 58 hours is fixed, 57 is not; of any class, on any three days in a row."""
    rows = [visit(1, 0, 57.5 * H, "ignored"), visit(2, 0, 56.5 * H), visit(3, 2 * DAY, 2 * DAY + 57.5 * H)]
    made = judged(rows, 5)
    assert pick(made, "device", "reason") == [(1, "fixed"), (3, "fixed")]
    assert pick(made, "hours_share") == [(pytest.approx(58 / 72),), (pytest.approx(58 / 72),)]
    assert pick(judged(rows[:1], 2), "device") == []


def test_four_long_days_in_a_week_are_staff() -> None:
    """Over 5 h on 4 of 7 days in a row; exactly 5 h is not over, and four long days over eight are not a week's."""

    def days(device: int, on: list[int], stay: float) -> list[dict[str, Any]]:
        return [visit(device, day * DAY + 9 * H, day * DAY + 9 * H + stay) for day in on]

    rows = days(1, [0, 2, 4, 6], 5 * H + 1) + days(2, [0, 2, 4, 6], 5 * H) + days(3, [0, 2, 4, 7], 8 * H)
    rows += [visit(4, day * DAY + at * H, day * DAY + (at + 3) * H) for day in range(4) for at in (8, 13)]
    assert pick(judged(rows, 9), "device", "reason", "long_days") == [(1, "staff", 4), (4, "staff", 4)]


def test_noise_is_taken_away_and_counted() -> None:
    rows = [visit(1, 0, 72 * H, frames=50), visit(2, 0, 600, frames=3), visit(2, H, H + 9)]
    made, found = visits_of(ENGINE, rows), judged(rows, 3)
    assert pick(without(ENGINE, made, found), "device") == [(2,), (2,)]
    assert pick(removed(ENGINE, made, found), "site", "reason", "devices", "sessions", "frames") == [
        ("71234", "fixed", 1, 1, 50)
    ]
