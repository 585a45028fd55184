"""Rates, cards and risk: the worked examples of wire/kanban.md 7 and 8, the arithmetic beside them."""

import datetime as dt
from math import exp, inf, lgamma, log, nan
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from telltale.kanban.analysis.rates import NO_RATE, rate
from telltale.kanban.analysis.risk import Dispersion, at_least, dispersion, fewest, stock_out
from telltale.kanban.analysis.sizing import (
    days_covered,
    demand_carried,
    line_flow,
    reorder_point,
    size,
    takt_s,
    target_stock,
    whole,
)

HOURS = dt.timedelta(hours=1)
VARIED = Dispersion(2.0, 30)


@pytest.mark.parametrize(
    ("count", "observed", "expected"),
    [
        (3, 1, (3, 0.6187, 8.7673)),  # χ²(0.025; 6) / 2 = 1.2373 / 2, χ²(0.975; 8) / 2 = 17.5345 / 2
        (0, 1, (0, 0, 3.6889)),  # 7.3778 / 2 = -ln 0.025
        (3, 2, (1.5, 0.3093, 4.3836)),  # twice the time halves it
        (100, 50, (2, 1.6273, 2.4325)),
    ],
)
def test_a_rate_has_its_exact_interval(count: int, observed: float, expected: tuple[float, ...]) -> None:
    assert rate(count, observed) == pytest.approx(expected, abs=5e-5)


def test_nothing_observed_is_no_rate_and_not_a_rate_of_zero() -> None:
    assert rate(0, 0) == NO_RATE
    assert NO_RATE.times(5) == NO_RATE
    assert rate(3, 1).times(200) == pytest.approx((600, 123.73, 1753.45), abs=0.01)


@pytest.mark.parametrize(("count", "observed", "confidence"), [(-1, 1, 0.95), (1, -1, 0.95), (1, 1, 1.0)])
def test_a_rate_of_nonsense_is_refused(count: int, observed: float, confidence: float) -> None:
    with pytest.raises(ValueError, match="expected at least 0"):
        rate(count, observed, confidence=confidence)


MEAN_ONLY = {"demand_per_day": 300, "lead_time_days": 2, "container_qty": 50}
VARYING = {"demand_per_day": 100, "lead_time_days": 4, "container_qty": 50, "demand_sd_per_day": 20}
FEW = {"demand_per_day": 100, "lead_time_days": 1, "container_qty": 50}
SIZES: list[tuple[str, dict[str, Any], int, float]] = [
    # 2000 × 0.1 × 1.1 / 22 is 10, but 10.000000000000002 in floats
    ("classic", {"demand_per_day": 2000, "lead_time_days": 0.1, "container_qty": 22}, 10, 10.0),
    # 300 × 2 × 1.2 / 50 = 14.4
    ("classic", MEAN_ONLY | {"safety_share": 0.2}, 15, 14.4),
    # the same lead time in hours: 2 days are 48 h, not 48 days
    ("classic", MEAN_ONLY | {"safety_share": 0.2, "lead_time_days": 48 * HOURS}, 15, 14.4),
    # 300 × (2 + 1) / 50 = 18
    ("safety_days", MEAN_ONLY, 18, 18.0),
    # periodic pick-up: 300 × (2 + 1 + 0.5) / 50 = 21
    ("safety_days", MEAN_ONLY | {"review_days": 0.5}, 21, 21.0),
    # (100 × 4 + 1.644854 × sqrt(4 × 20²)) / 50 = (400 + 65.79415) / 50 = 9.315883
    ("statistical", VARYING, 10, 9.315883),
    # with sL 1 d: (400 + 1.644854 × sqrt(1600 + 10000)) / 50 = (400 + 177.1562) / 50
    ("statistical", VARYING | {"lead_time_sd_days": 1}, 12, 11.543123),
    # m = 100 / 50 × 1 = 2: P(X <= 5) = 0.9834 >= 0.95 > P(X <= 4) = 0.9473, so N - 1 = 5
    ("poisson", FEW, 6, 6.0),
    ("poisson", FEW | {"signal_when": "emptied"}, 7, 7.0),
    ("two_bin", FEW, 2, 2.0),
    ("poisson", FEW | {"lead_time_days": 0}, 1, 1.0),
]


@pytest.mark.parametrize(("formula", "given_", "cards", "exact"), SIZES)
def test_cards_by_each_formula(formula: Any, given_: dict[str, Any], cards: int, exact: float) -> None:
    found = size(formula=formula, **given_)
    assert (found.cards, found.formula) == (cards, formula)
    assert found.exact == pytest.approx(exact, abs=1e-6)


def test_rounding_down_is_told_for_those_who_force_improvement() -> None:
    found = size(formula="classic", demand_per_day=300, lead_time_days=2, container_qty=50, safety_share=0.2)
    assert (found.cards, found.rounded_down) == (15, 14)  # of 14.4
    exactly = size(formula="classic", demand_per_day=2000, lead_time_days=0.1, container_qty=22)
    assert exactly.rounded_down == 10


@pytest.mark.parametrize("formula", ["poisson", "classic", "safety_days", "statistical"])
def test_no_demand_is_one_card_and_a_note(formula: Any) -> None:
    found = size(formula=formula, demand_per_day=0, lead_time_days=2)
    assert (found.cards, "no demand" in found.note) == (1, True)


@pytest.mark.parametrize(
    ("given_", "sentence"),
    [
        ({"lead_time_days": None}, "lead time not known: measure it with an ack button"),
        ({"container_qty": 0}, "container_qty 0: expected more than 0"),
        ({"lead_time_days": -1}, "lead_time_days -1: expected at least 0"),
        ({"safety_share": -0.1}, "safety_share -0.1: expected at least 0"),
        ({"demand_per_day": -5}, "demand_per_day -5: expected at least 0"),
        ({"review_days": dt.timedelta(hours=-12)}, "review_days -0.5: expected at least 0"),
        ({"lead_time_days": inf}, "lead_time_days inf: expected at least 0, and not without end"),
        ({"demand_per_day": nan}, "demand_per_day nan: expected at least 0"),
        ({"formula": "statistical", "demand_sd_per_day": -5}, "demand_sd_per_day -5: expected at least 0"),
        ({"formula": "statistical", "service_level": 1}, "service_level 1: expected a level between 0 and 1"),
        ({"formula": "newest"}, 'formula "newest": expected one of poisson, classic'),
    ],
)
def test_an_argument_out_of_range_is_named(given_: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        size(**({"demand_per_day": 10, "lead_time_days": 1} | given_))


def test_reorder_point_with_the_z_of_textbooks() -> None:
    found = reorder_point(demand_per_day=100, lead_time_days=4, demand_sd_per_day=20, z=1.65)
    assert found == pytest.approx(466)  # 400 + 1.65 × 40


def test_takt_line_and_cover() -> None:
    assert takt_s(working_time=8 * HOURS, demand=240) == 120
    # W0 = 12 a day × 8 h = 4; TH(4) = 12 × 4 / 7; CT(4) = 8 h + 3 / 12 d = 14 h
    found = line_flow(wip=4, bottleneck_per_day=12, raw_process_time_days=8 * HOURS)
    assert found == pytest.approx((4, 48 / 7, 14 / 24))
    assert days_covered(10, container_qty=22, demand_per_day=55) == 4
    assert days_covered(10, container_qty=22, demand_per_day=0) is None
    with pytest.raises(ValueError, match="demand 0: expected more than 0"):
        takt_s(working_time=8 * HOURS, demand=0)
    with pytest.raises(ValueError, match="wip 0"):
        line_flow(wip=0, bottleneck_per_day=12, raw_process_time_days=1)


@pytest.mark.parametrize(
    ("cards", "given_", "demand"),
    [
        # the sheet's: 29 × 25 / (0.1 × 1.2) = 725 / 0.12
        (29, {"container_qty": 25, "lead_time_days": 0.1, "safety_share": 0.2}, 6041.6667),
        (29, {"container_qty": 25, "lead_time_days": dt.timedelta(hours=2.4), "safety_share": 0.2}, 6041.6667),
        (10, {"container_qty": 22, "lead_time_days": 0.1}, 2000),  # 2000 × 0.1 × 1.1 / 22 = 10
        (4, {"container_qty": 50, "lead_time_days": 1, "review_days": 1, "safety_share": 0}, 100),
    ],
)
def test_the_demand_so_many_cards_carry(cards: int, given_: dict[str, Any], demand: float) -> None:
    assert demand_carried(cards, **given_) == pytest.approx(demand, abs=1e-4)


@given(st.integers(1, 500), st.floats(0.01, 50), st.floats(0.5, 500), st.floats(0, 1))
def test_what_cards_carry_needs_just_those_cards(cards: int, lead: float, container: float, share: float) -> None:
    demand = demand_carried(cards, lead_time_days=lead, container_qty=container, safety_share=share)
    given_: dict[str, Any] = {"lead_time_days": lead, "container_qty": container, "safety_share": share}
    assert size(formula="classic", demand_per_day=demand, **given_).cards == cards


def test_a_target_in_units() -> None:
    # the sheet's: 91 × (2 + 1) + 50
    assert target_stock(demand_per_day=91, lead_time_days=2, review_days=1, safety_stock=50) == 323
    assert target_stock(demand_per_day=91, lead_time_days=48 * HOURS, review_days=24 * HOURS) == 273


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: demand_carried(0, lead_time_days=1), "0 cards, lead_time_days 1: expected at least 1 card"),
        (lambda: demand_carried(3, lead_time_days=0), "lead_time_days 0: expected at least 1 card and more than 0"),
        (lambda: demand_carried(3, lead_time_days=1, container_qty=0), "container_qty 0: expected more than 0"),
        (lambda: demand_carried(3, lead_time_days=1, safety_share=-1), "safety_share -1: expected at least 0"),
        (lambda: target_stock(demand_per_day=-1, lead_time_days=1), "demand_per_day -1: expected at least 0"),
        (lambda: target_stock(demand_per_day=1, lead_time_days=inf), "lead_time_days inf: expected at least 0"),
    ],
)
def test_an_inverse_of_nonsense_is_refused(call: Any, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        call()


@pytest.mark.parametrize(("value", "expected"), [(0.0, 1), (10.000000000000002, 10), (10.001, 11), (9.9999, 10)])
def test_cards_are_rounded_up_but_not_by_a_float(value: float, expected: int) -> None:
    assert whole(value) == expected


# Risk.


@pytest.mark.parametrize(
    ("expected_pulls", "cards", "when", "risk"),
    [
        (2, 4, "opened", 0.1429),  # 1 - e^-2 (1 + 2 + 2 + 4/3) = 1 - 0.135335 × 6.3333
        (3.5, 7, "opened", 0.0653),
        (12, 19, "opened", 0.0374),
        (2, 5, "emptied", 0.1429),  # a card that leaves late is one container less
        (2, 2, "emptied", 0.8647),  # two bins: 1 - e^-2
        (0, 1, "opened", 0.0),
        (2, 1, "emptied", 1.0),
    ],
)
def test_stock_out_risk(expected_pulls: float, cards: int, when: Any, risk: float) -> None:
    assert stock_out(cards, expected_pulls=expected_pulls, signal_when=when) == pytest.approx(risk, abs=5e-5)


def test_counts_that_vary_more_than_chance_take_the_negative_binomial() -> None:
    """Mean 4, variance 8: r = 4 / (2 - 1) = 4 successes with p = 1/2."""

    def pmf(k: int) -> float:
        return exp(lgamma(k + 4) - lgamma(4) - lgamma(k + 1) + 4 * log(0.5) + k * log(0.5))

    assert stock_out(8, expected_pulls=4, counts=VARIED) == pytest.approx(1 - sum(pmf(k) for k in range(8)))
    assert stock_out(8, expected_pulls=4, counts=VARIED) > stock_out(8, expected_pulls=4)
    found = size(demand_per_day=4, lead_time_days=1, counts=VARIED)
    assert (found.formula, found.cards) == ("negative binomial", fewest(expected_pulls=4, counts=VARIED))


@pytest.mark.parametrize("shape", ["fixed", "exponential", "lognormal"])
def test_the_risk_is_that_of_a_replay_whatever_the_shape_of_the_lead_time(shape: str) -> None:
    """60,000 pulls at 2 a lead time; a pull finds no full container when 4 or more cards are away (Palm)."""
    random = np.random.default_rng(3)
    pulled = np.cumsum(random.exponential(0.5, 60_000))
    lead = {
        "fixed": np.ones(len(pulled)),
        "exponential": random.exponential(1.0, len(pulled)),
        "lognormal": random.lognormal(-0.5, 1.0, len(pulled)),  # mean exp(-0.5 + 0.5)
    }[shape]
    away = np.arange(len(pulled)) - np.searchsorted(np.sort(pulled + lead), pulled, "right")
    assert float((away >= 4).mean()) == pytest.approx(stock_out(4, expected_pulls=2), abs=0.01)


@pytest.mark.parametrize(
    ("counts", "is_over"),
    [
        ([0, 4] * 10, True),  # mean 2, variance 20 × 4 / 19 = 4.2
        ([0, 4] * 9, False),  # 18 buckets do not tell
        ([2, 2] * 10, False),
        ([0] * 20, False),
        ([], False),
    ],
)
def test_over_dispersion_is_said_of_enough_buckets_only(counts: list[float], is_over: bool) -> None:
    assert dispersion(counts).is_over is is_over


@settings(max_examples=100)
@given(st.floats(0, 400), st.sampled_from([0.8, 0.95, 0.999]), st.sampled_from([Dispersion(1.0, 0), VARIED]))
def test_the_fewest_cards_reach_the_level_and_one_less_does_not(mean: float, level: float, counts: Dispersion) -> None:
    cards = fewest(expected_pulls=mean, service_level=level, counts=counts)
    assert stock_out(cards, expected_pulls=mean, counts=counts) <= 1 - level
    assert at_least(cards - 1, mean=mean, counts=counts) > 1 - level


@pytest.mark.parametrize(
    "call",
    [
        lambda: stock_out(0, expected_pulls=1),
        lambda: stock_out(1, expected_pulls=-1),
        lambda: fewest(expected_pulls=-1),
        lambda: fewest(expected_pulls=1, service_level=1),
    ],
)
def test_a_risk_of_nonsense_is_refused(call: Any) -> None:
    with pytest.raises(ValueError, match="expected"):
        call()
