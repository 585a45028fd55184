"""One hostile record never stops a run, nor changes what the others beside it become."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.sources.hostile_bytes import NAMES, hostile, of, try_one


@pytest.mark.parametrize("name", NAMES)
@given(seed=st.integers(0, 2**32))
def test_a_hostile_record_costs_no_other_and_is_a_row_or_a_reject(name: str, seed: int) -> None:
    assert try_one(name, random.Random(seed)) == ""


def test_most_of_it_is_hostile_indeed() -> None:
    sample = of("cloudtrax")[0]
    made = [hostile(random.Random(seed), sample.body, sample.body) for seed in range(200)]
    assert sum(body != sample.body for body in made) > 150
    assert len({*made}) > 150
