"""No two answers that are shown differ by a few devices."""

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telltale.analysis.apart import Cells, shown_beside

K = 5
COUNTS = ("seen", "visitors")
KINDS = ("all", "global", "local")


def one(seen: int, visitors: int, mean: float = 1.0) -> Cells:
    return {("all",): {"seen": seen, "visitors": visitors, "mean": mean}}


@pytest.mark.parametrize(
    ("answers", "shown"),
    [
        ([one(30, 20), one(30, 20)], [True, True]),
        ([one(30, 20), one(30, 19)], [True, False]),  # one device was away for so long
        ([one(30, 20), one(30, 15)], [True, True]),
        ([one(30, 20), one(30, 16), one(30, 15)], [True, False, True]),
        ([one(30, 20), one(30, 15), one(30, 13)], [True, True, False]),  # apart from the first, and not from the second
        ([one(30, 20, 7.0), one(30, 20, 7.1)], [True, False]),  # as many, and the mean tells of the one who stayed
        ([one(30, 20), {}], [True, True]),  # a day without anybody is no day of few
        ([one(30, 3), {}], [True, False]),
    ],
)
def test_what_is_shown_beside_what(answers: list[Cells], shown: list[bool]) -> None:
    assert shown_beside(answers, COUNTS, k=K) == shown


counts = st.one_of(st.none(), st.integers(0, 30))
rows = st.fixed_dictionaries(dict.fromkeys(COUNTS, counts))
groups = st.lists(st.dictionaries(st.sampled_from([(kind,) for kind in KINDS]), rows, min_size=1), max_size=6)


@given(groups, st.integers(1, 9))
def test_no_difference_of_two_shown_cells_is_a_few(answers: list[Cells], k: int) -> None:
    shown = [cells for cells, is_shown in zip(answers, shown_beside(answers, COUNTS, k=k), strict=True) if is_shown]
    for first, second in combinations(shown, 2):
        for key in first.keys() & second.keys():
            for name in COUNTS:
                said = first[key][name], second[key][name]
                if said[0] is not None and said[1] is not None:
                    assert not 0 < abs(said[0] - said[1]) < k


@given(groups, st.integers(1, 9))
def test_what_is_set_is_shown_and_more_answers_hide_none_before_them(answers: list[Cells], k: int) -> None:
    shown = shown_beside(answers, COUNTS, k=k)
    assert not answers or shown[0]
    assert all(shown_beside(answers[:many], COUNTS, k=k) == shown[:many] for many in range(len(answers)))
