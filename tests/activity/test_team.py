"""A team's hours beside its days: no difference of them is that of fewer than k people."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telltale.activity.analysis.team import Cell, told_beside_their_sum

MINUTE_US = 60_000_000
Hours = list[dict[str, int]]


def _cells(hours: Hours) -> list[Cell]:
    """Hours of a day, each with the minutes each person was active in it."""
    return [
        Cell(hour, frozenset(minutes), sum(minutes.values()) * MINUTE_US)
        for hour, minutes in enumerate(hours)
        if minutes
    ]


@pytest.mark.parametrize(
    ("people", "told"),
    [
        (["abcde", "abcde"], [0, 1]),
        (["abcde", "abcd"], []),  # the day less the first hour would be that of four
        (["abcde", "abcdef", "f"], [1]),  # with f alone withheld, so is the hour of five
        (["abcde", "abcdef", "abcdefg", "ab", "cde"], [0, 1, 2]),  # five people are in the two that are withheld
        (["abcd", "e"], []),
        ([], []),
    ],
)
def test_an_hour_of_few_is_not_told_by_the_day_and_the_other_hours(people: list[str], told: list[int]) -> None:
    cells = _cells([dict.fromkeys(names, 1) for names in people])
    assert sorted(told_beside_their_sum(cells, k=5)) == told


@given(
    st.lists(st.dictionaries(st.sampled_from("abcdefghij"), st.integers(0, 60), max_size=10), max_size=12),
    st.integers(2, 6),
)
def test_no_difference_of_a_day_and_its_hours_is_that_of_fewer_than_k(hours: Hours, k: int) -> None:
    cells = _cells(hours)
    told = told_beside_their_sum(cells, k=k)
    assert all(len(cell.people) >= k for cell in told.values())
    withheld = {name for cell in cells if cell.start_us not in told for name in cell.people}
    assert not withheld or len(withheld) >= k or not told
