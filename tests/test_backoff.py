"""The one back-off: what every wait of a series has in common."""

from hypothesis import given
from hypothesis import strategies as st

from telltale.backoff import back_off

WAITS = st.floats(0.001, 1e4)


def test_a_wait_doubles_up_to_the_longest() -> None:
    assert [back_off(failures, longest_s=30) for failures in range(8)] == [0, 1, 2, 4, 8, 16, 30, 30]
    assert [back_off(failures, first_s=0.1, longest_s=5) for failures in (1, 2, 6, 7)] == [0.1, 0.2, 3.2, 5]


@given(st.integers(0, 10**9), WAITS, WAITS)
def test_a_wait_never_shrinks_never_more_than_doubles_and_ends_at_the_longest(
    failures: int, first_s: float, more_s: float
) -> None:
    longest_s = first_s + more_s
    now, later = (back_off(count, first_s=first_s, longest_s=longest_s) for count in (failures, failures + 1))
    assert (now == 0) == (failures == 0)
    assert now <= later <= longest_s
    assert later <= max(2 * now, first_s)
    assert back_off(10**9, first_s=first_s, longest_s=longest_s) == longest_s
