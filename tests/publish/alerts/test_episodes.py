"""Threshold, hysteresis and duration: hand-worked tables, and the laws that one look and many looks agree."""

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from telltale.publish.alerts.episodes import BEYOND, CLEAR, HOLDS, SAMPLES, Episode, episodes
from tests.publish.alerts.naive import Sample, naive

MARKS = {"clear": CLEAR, "beyond": BEYOND, "holds": HOLDS}


def table(samples: list[Sample], subject: str = "fridge", *, is_low: bool = False) -> pa.Table:
    rows = [
        {
            "subject": subject, "measure": "temperature above", "unit": "°C", "at_us": one.at,
            "received_us": one.received, "raw_id": number, "value": one.value, "mark": MARKS[one.mark],
            "is_low": is_low,
        }
        for number, one in enumerate(samples, start=1)
    ]  # fmt: skip
    return pa.Table.from_pylist(rows, SAMPLES)


def series(*values: float, high: float = 8, clears_by: float = 0) -> list[Sample]:
    """A value a minute, each received a second later."""

    def mark(value: float) -> str:
        return "beyond" if value > high else "clear" if value <= high - clears_by else "holds"

    return [Sample(60 * at, 60 * at + 1, value, mark(value)) for at, value in enumerate(values)]


def spans(made: list[Episode]) -> list[tuple[int, int, int | None, int | None, float | None]]:
    return [(one.begins_us, one.known_us, one.ends_us, one.recovered_us, one.peak) for one in made]


@pytest.mark.parametrize(
    ("values", "clears_by", "lasts", "expected"),
    [
        ((7, 8, 7), 0, 0, []),  # on the threshold is within it
        ((7, 9, 10, 8), 0, 0, [(60, 61, 180, 181, 10)]),
        ((7, 9, 10), 0, 0, [(60, 61, None, None, 10)]),  # it lasts
        ((9, 7.5, 9, 6.9), 0, 0, [(0, 1, 60, 61, 9), (120, 121, 180, 181, 9)]),
        ((9, 7.5, 9, 6.9), 1, 0, [(0, 1, 180, 181, 9)]),  # 7.5 is not clear of 8 by 1
        ((7.5, 7.9, 9, 7), 1, 0, [(120, 121, 180, 181, 9)]),  # nothing holds before it began
        ((9, 9, 9, 7), 0, 120, [(0, 121, 180, 181, 9)]),  # known with the sample two minutes on
        ((9, 9, 7), 0, 120, []),  # nobody saw it last two minutes
        ((9, 7.5, 7.5, 6), 1, 120, [(0, 121, 180, 181, 9)]),  # what holds lasts
        ((9, 7, 9, 9, 9), 0, 120, [(120, 241, None, None, 9)]),
    ],
)
def test_threshold_hysteresis_and_duration(
    values: tuple[float, ...], clears_by: float, lasts: int, expected: list[tuple[int, ...]]
) -> None:
    assert spans(episodes(table(series(*values, clears_by=clears_by)), lasts_us=lasts)) == expected


def test_the_worst_of_what_is_too_low_is_the_lowest() -> None:
    samples = [Sample(0, 1, 1.5, "beyond"), Sample(60, 61, -2, "beyond"), Sample(120, 121, 4, "clear")]
    assert spans(episodes(table(samples, is_low=True))) == [(0, 1, 120, 121, -2)]


def test_the_records_that_made_it_known_and_the_one_that_ended_it_are_named() -> None:
    made = episodes(table(series(7, 9, 9, 9, 9, 7)), lasts_us=120)
    assert [(one.raw_ids, one.end_raw_ids) for one in made] == [((2, 3, 4), (6,))]


def test_several_samples_of_one_record_are_gone_through_in_the_order_of_their_times() -> None:
    samples = [one._replace(received=1_000) for one in series(7, 9, 7, 9, 9)]
    assert spans(episodes(table(samples))) == [(60, 1_000, 120, 1_000, 9), (180, 1_000, None, None, 9)]


def test_what_comes_late_and_was_before_it_moves_nothing_that_was_told() -> None:
    late = Sample(0, 500, 11, "beyond")  # comes after all others, and was the first
    samples = [late, Sample(60, 61, 9, "beyond"), Sample(120, 121, 9, "beyond"), Sample(600, 601, 7, "clear")]
    assert spans(episodes(table(samples))) == [(60, 61, 600, 601, 11)]


def test_what_comes_late_and_is_clear_ends_what_was_told_and_what_follows_is_not_told_again() -> None:
    # Told at 1 and still beyond at 200; the one between them comes last.
    samples = [Sample(0, 1, 9, "beyond"), Sample(100, 500, 7, "clear"), Sample(200, 201, 9, "beyond")]
    assert spans(episodes(table([*samples, Sample(600, 601, 7, "clear")]))) == [(0, 1, 600, 601, 9)]


def test_a_silence_ends_nothing() -> None:
    samples = [Sample(0, 1, 9, "beyond"), Sample(10**9, 10**9 + 1, 9, "beyond")]
    assert spans(episodes(table(samples))) == [(0, 1, None, None, 9)]


def test_series_know_nothing_of_each_other() -> None:
    both = pa.concat_tables([table(series(9, 9, 7), "b"), table(series(7, 9), "a")])
    made = episodes(both)
    assert [(one.subject, one.begins_us, one.ends_us) for one in made] == [("a", 60, None), ("b", 0, 120)]


def test_nothing_comes_of_nothing() -> None:
    assert episodes(SAMPLES.empty_table()) == []


@st.composite
def histories(draw: st.DrawFn, late: int = 40) -> list[Sample]:
    """Samples a minute or so apart, in batches, some of which come late."""
    steps = draw(st.lists(st.integers(1, 30), min_size=1, max_size=25))
    made, at = [], 0
    for step in steps:
        at += step
        delay = draw(st.sampled_from([0, 0, 0, 1, late // 4, late]))
        mark = draw(st.sampled_from(["beyond", "clear", "holds"]))
        made.append(Sample(at, (at + delay) // 5 * 5 + 5, float(draw(st.integers(0, 9))), mark))
    return made


@given(histories(), st.sampled_from([0, 1, 20, 60]))
def test_it_finds_what_one_finds_by_hand(samples: list[Sample], lasts: int) -> None:
    made = episodes(table(samples), lasts_us=lasts)
    expected = [
        (one["begins"], one["known"], one["ends"], one["recovered"], one["peak"]) for one in naive(samples, lasts)
    ]
    assert sorted(spans(made), key=lambda one: (one[1], one[0])) == expected


@given(histories(), st.sampled_from([0, 20]), st.randoms(use_true_random=False))
def test_the_order_of_rows_is_of_no_moment(samples: list[Sample], lasts: int, random: object) -> None:
    shuffled = table(samples).take(pa.array(random.sample(range(len(samples)), len(samples))))  # type: ignore[attr-defined]
    assert episodes(shuffled, lasts_us=lasts) == episodes(table(samples), lasts_us=lasts)


@given(histories(), st.sampled_from([0, 1, 20, 60]), st.integers(0, 800))
def test_what_was_known_at_a_moment_is_known_for_ever(samples: list[Sample], lasts: int, until: int) -> None:
    """A dry-run over all history says what a look at each moment said."""
    then = episodes(table([one for one in samples if one.received <= until]), lasts_us=lasts)
    now = [one for one in episodes(table(samples), lasts_us=lasts) if one.known_us <= until]
    assert [one[:5] for one in then] == [one[:5] for one in now]
    for before, after in zip(then, now, strict=True):
        over = after.recovered_us is not None and after.recovered_us <= until
        assert before[5:7] == (after[5:7] if over else (None, None))
        assert not over or before.peak == after.peak
