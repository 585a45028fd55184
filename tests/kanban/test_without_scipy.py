"""The special functions of machines without SciPy: the same figures as SciPy's."""

import pytest
import scipy.special
from hypothesis import given
from hypothesis import strategies as st

from telltale.kanban.analysis import without_scipy as ours

COUNTS = st.integers(1, 2000)
SHARES = st.floats(0.001, 0.999)
SIZES = st.floats(0.01, 3000)


def same(name: str, *values: float) -> None:
    expected = float(getattr(scipy.special, name)(*values))
    assert getattr(ours, name)(*values) == pytest.approx(expected, rel=1e-9, abs=1e-13), (name, values)


@given(SIZES, st.floats(0, 4))
def test_incomplete_gamma(a: float, share: float) -> None:
    same("gammainc", a, a * share)


@given(SIZES, SIZES, st.floats(0, 1))
def test_incomplete_beta(a: float, b: float, x: float) -> None:
    same("betainc", a, b, x)


@given(COUNTS, SHARES)
def test_the_inverse_of_incomplete_gamma(a: int, p: float) -> None:
    same("gammaincinv", a, p)
    assert ours.gammainc(a, ours.gammaincinv(a, p)) == pytest.approx(p, rel=1e-9)


@given(COUNTS, SHARES, SHARES)
def test_binomial_tails(n: int, share: float, p: float) -> None:
    k = int(n * share)
    same("bdtr", k, n, p)
    same("bdtrc", k, n, p)
    assert ours.bdtr(n, n, p) == 1
    assert ours.bdtrc(n, n, p) == 0


@given(SHARES)
def test_the_inverse_of_the_normal_distribution(p: float) -> None:
    same("ndtri", p)


def test_ends() -> None:
    assert [ours.gammainc(3, 0), ours.gammaincinv(3, 0), ours.betainc(2, 3, 0), ours.betainc(2, 3, 1)] == [0, 0, 0, 1]
