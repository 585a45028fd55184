"""Control charts and trends: published examples and hand-worked numbers of wire/kanban.md 9."""

from math import sqrt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from telltale.kanban.analysis.limits import c_point, cusum, ewma, t_point, u_point, usual
from telltale.kanban.analysis.trends import laplace, mann_kendall, two_periods

EWMA_DATA = [
    52.0, 47.0, 53.0, 49.3, 50.1, 47.0, 51.0, 50.1, 51.2, 50.5,
    49.6, 47.6, 49.9, 51.3, 47.8, 51.2, 52.6, 52.4, 53.6, 52.1,
]  # fmt: skip
EWMA_TOLD = [
    50.60, 49.52, 50.56, 50.18, 50.16, 49.21, 49.75, 49.85, 50.26, 50.33,
    50.11, 49.36, 49.52, 50.05, 49.38, 49.92, 50.73, 51.23, 51.94, 51.99,
]  # fmt: skip
CUSUM_DATA = [
    324.925, 324.675, 324.725, 324.350, 325.350, 325.225, 324.125, 324.525, 325.225, 324.600,
    324.625, 325.150, 328.325, 327.250, 327.825, 328.500, 326.675, 327.775, 326.875, 328.350,
]  # fmt: skip
"""Both from the NIST/SEMATECH e-Handbook, 6.3.2.4 and 6.3.2.3."""


@pytest.mark.parametrize(
    ("count", "mean", "limits", "signal"),
    [
        (16, 9, (0, 18), False),  # 9 ± 3 × 3
        (19, 9, (0, 18), True),
        (18, 9, (0, 18), False),  # on the limit is inside
        (1, 4, (0, 10), False),  # 4 - 6 is clipped at 0
        (9, 25, (10, 40), True),
        (0, 0, (0, 0), False),
    ],
)
def test_c_chart(count: int, mean: float, limits: tuple[float, float], signal: bool) -> None:
    found = c_point(count, mean)
    assert (found.lower, found.upper, found.signal) == (*limits, signal)
    assert (found.value, found.center) == (count, mean)


def test_u_chart_has_wider_limits_where_less_was_observed() -> None:
    whole, quarter = u_point(4, 1, 4), u_point(1, 0.25, 4)
    assert (whole.value, quarter.value) == (4, 4)
    assert (whole.upper, quarter.upper) == (10, 16)  # 4 + 3 sqrt(4 / 1), 4 + 3 sqrt(4 / 0.25)
    with pytest.raises(ValueError, match="exposure 0"):
        u_point(1, 0, 4)


@pytest.mark.parametrize(
    ("gap", "is_open", "signal"),
    [(6.6, False, False), (6.61, False, True), (6.61, True, True), (0.001, False, True), (0.001, True, False)],
)
def test_t_chart_of_gaps_of_mean_1(gap: float, is_open: bool, signal: bool) -> None:
    """A gap that has just begun is short and no signal."""
    found = t_point(gap, 1.0, is_open=is_open)
    assert (found.lower, found.center, found.upper) == (0.00135, 0.693, 6.608)
    assert found.signal is signal


def test_ewma_is_that_of_the_handbook() -> None:
    """λ 0.3, target 50, s 2.0539: limits 50 ± 3 × 2.0539 × sqrt(0.3 / 1.7) = 50 ± 2.5884."""
    found = ewma(EWMA_DATA, mean=50, sd=2.0539, weight=0.3, limits="asymptotic")
    assert [round(point.value, 2) for point in found] == EWMA_TOLD
    assert {(round(point.lower, 4), round(point.upper, 4)) for point in found} == {(47.4116, 52.5884)}
    assert not any(point.signal for point in found)


def test_exact_ewma_limits_grow_to_the_asymptotic_ones() -> None:
    exact = ewma([50.0] * 40, mean=50, sd=1, weight=0.2)
    assert exact[0].upper == pytest.approx(50 + 3 * 0.2)  # 3 sqrt(0.2 / 1.8 × (1 - 0.64)) = 3 × 0.2
    assert exact[-1].upper == pytest.approx(50 + 3 * sqrt(0.2 / 1.8), abs=1e-6)
    early = ewma([53.5], mean=50, sd=1, weight=0.2)
    assert early[0].value == pytest.approx(50.7)
    assert early[0].signal
    assert not ewma([53.5], mean=50, sd=1, weight=0.2, limits="asymptotic")[0].signal


def test_cusum_is_that_of_the_handbook_and_says_where_the_shift_began() -> None:
    """k 0.3175, h 4.1959: 3.0075 at place 12, 4.94 at 13 is a signal; the run began at 12."""
    found = cusum(CUSUM_DATA, mean=325, sd=1, slack=0.3175, decision=4.1959)
    assert [round(shift.up, 2) for shift in found[11:15]] == [0.0, 3.01, 4.94, 7.45]
    assert [shift.signal for shift in found[11:15]] == [False, False, True, True]
    assert {shift.started for shift in found[13:]} == {12}
    assert found[12].started is None


def test_cusum_of_a_fall() -> None:
    """x = μ - 2σ: C- grows by 1.5 a place and is 4.5 > 4 at the third."""
    found = cusum([0, -2, -2, -2], mean=0, sd=1)
    assert [shift.down for shift in found] == [0, 1.5, 3.0, 4.5]
    assert (found[3].signal, found[3].started, found[3].up) == (True, 1, 0)


def test_places_that_are_not_tested_change_nothing_and_give_no_signal() -> None:
    with_hole, without = ewma([3, None, 3], mean=0, sd=1), ewma([3, 3], mean=0, sd=1)
    assert with_hole[2] == without[1]
    assert (with_hole[1].value, with_hole[1].signal) == (with_hole[0].value, False)
    shifts = cusum([9, None, 9], mean=0, sd=1)
    assert [shift.signal for shift in shifts] == [True, False, True]
    assert shifts[2] == cusum([9, 9], mean=0, sd=1)[1]._replace(started=0)


def test_the_baseline_is_the_first_buckets_in_control() -> None:
    """30 is out of 4 ± 6 and replaced by the next; what comes after the first 20 does not count."""
    counts = [4.0] * 10 + [30.0] + [4.0] * 10 + [9.0] * 5
    found = usual(counts, [1.0] * 26, [True] * 26)
    assert found is not None
    assert found.mean == 4
    assert found.buckets == (*range(10), *range(11, 21))
    assert found.sd == 2  # all equal: that of a Poisson count


def test_the_baseline_leaves_out_cut_buckets_and_may_be_all_of_a_window() -> None:
    found = usual([1, 5, 7, 0], [0.1, 1, 1, 0], [False, True, True, True], most=None)
    assert found is not None
    assert (found.mean, found.buckets) == (6, (1, 2))
    assert found.sd == pytest.approx(sqrt(2))
    assert usual([1], [0.1], [False]) is None


# Trends.


def test_mann_kendall_of_a_rise() -> None:
    """S = 28 pairs, Var = 8 × 7 × 21 / 18 = 65.33, Z = 27 / 8.083 = 3.340; two a step."""
    found = mann_kendall([2, 4, 6, 8, 10, 12, 14, 16])
    assert found.statistic == pytest.approx(3.3404, abs=1e-4)
    assert (found.slope, found.verdict, found.n) == (2, "rising", 8)
    assert found.p_value == pytest.approx(0.000837, abs=1e-6)


def test_mann_kendall_with_ties() -> None:
    """S = 28 - 4 = 24, Var = (1176 - 4 × 2 × 1 × 9) / 18 = 61.33, Z = 23 / 7.831 = 2.937."""
    assert mann_kendall([1, 1, 2, 2, 3, 3, 4, 4]).statistic == pytest.approx(2.9369, abs=1e-4)
    assert mann_kendall([5, 5, 4, 4, 3, 3, 2, 2]).verdict == "falling"


def test_mann_kendall_needs_eight_values_and_some_variance() -> None:
    assert mann_kendall([1, 2, 3, 4, 5, 6, 7]).verdict == "too few"
    flat = mann_kendall([3.0] * 12)
    assert (flat.statistic, flat.p_value, flat.slope, flat.verdict) == (0, 1, 0, "none")


def test_a_rhythm_of_the_week_is_no_trend() -> None:
    """Two weeks that end in a weekend: falling by their order, level by weekday."""
    week = [9.0, 9, 9, 9, 9, 0, 0]
    assert mann_kendall(week + week, seasons=[*range(7)] * 2).verdict == "none"
    assert mann_kendall([9.0, 9, 9, 9, 9, 0, 0, 0]).verdict == "falling"


def test_seasons_add_up() -> None:
    """Twice 1 2 3 4: S = 6 + 6, Var = 2 × 4 × 3 × 13 / 18 = 17.33, Z = 11 / 4.1633 = 2.6421."""
    found = mann_kendall([1, 1, 2, 2, 3, 3, 4, 4], seasons=[0, 1] * 4)
    assert found.statistic == pytest.approx(2.6421, abs=1e-4)
    assert found.slope == 0.5  # one in two steps


@pytest.mark.parametrize(
    ("moments", "u", "verdict"),
    [
        ([1, 2, 3, 4], -1.7321, "none"),  # (2.5 - 5) / (10 / sqrt(48)) = -2.5 / 1.4434
        ([8, 8.5, 9, 9.5, 9.9], 3.0829, "rising"),  # (8.98 - 5) / (10 / sqrt(60)) = 3.98 / 1.291
        ([0.1, 0.5, 1, 1.5, 2], -3.0829, "falling"),
    ],
)
def test_laplace(moments: list[float], u: float, verdict: str) -> None:
    found = laplace(moments, observed=10)
    assert found.statistic == pytest.approx(u, abs=1e-4)
    assert found.verdict == verdict


def test_laplace_needs_four_moments() -> None:
    assert laplace([1, 2, 3], observed=10).verdict == "too few"
    assert laplace([1, 2, 3, 4], observed=0).verdict == "too few"


@pytest.mark.parametrize(
    ("before", "now", "now_observed", "p_value", "verdict"),
    [
        (10, 20, 30, 0.09874, "none"),  # X ~ Binomial(30, 1/2): 2 P(X >= 20) = 2 × 0.04937
        (8, 22, 30, 0.01612, "rising"),  # 2 P(X >= 22) = 2 × 0.00806
        (22, 8, 30, 0.01612, "falling"),
        (10, 20, 60, 1.0, "none"),  # twice as many in twice the time
        (8, 0, 30, 0.0078125, "falling"),  # 2 × 0.5^8
    ],
)
def test_two_periods(before: int, now: int, now_observed: float, p_value: float, verdict: str) -> None:
    found = two_periods(before, 30, now, now_observed)
    assert found.p_value == pytest.approx(p_value, abs=1e-4)
    assert (found.n, found.verdict) == (before + now, verdict)


def test_two_periods_need_five_events_and_both_observed() -> None:
    assert two_periods(1, 30, 3, 30).verdict == "too few"
    assert two_periods(0, 0, 30, 30).verdict == "too few"
    first = two_periods(0, 30, 30, 30)
    assert (first.statistic, first.verdict) == (None, "rising")


@settings(max_examples=100)
@given(st.lists(st.integers(0, 5).map(float), min_size=8, max_size=30))
def test_turning_the_values_round_turns_the_trend_round(values: list[float]) -> None:
    there, back = mann_kendall(values), mann_kendall(values[::-1])
    assert there.statistic == pytest.approx(-(back.statistic or 0.0))
    assert there.p_value == pytest.approx(back.p_value)
