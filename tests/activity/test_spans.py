"""When a PC was active, away or unknown: hand-worked traces, ActivityWatch's figures, the seed's rules."""

import datetime as dt
import itertools
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from telltale.activity import analysis
from telltale.activity.activitywatch import active_s, watched
from telltale.activity.analysis import Stretch, flooded
from telltale.engine import DuckEngine
from tests.activity.rows import PC, activity_of, anchor, info_of, level, minutes, polled, row, sample, shown, stretch
from tests.presence.rows import us

H = 3_600


@pytest.fixture(scope="module")
def engine() -> DuckEngine:
    return DuckEngine(threads=1)


def spans(
    engine: DuckEngine,
    rows: Iterable[Mapping[str, Any]],
    since: float,
    until: float,
    *,
    away_after_s: float = 180,
    info: tuple[tuple[str, str, str], ...] = (),
    by_seed: bool = False,
) -> pa.Table:
    heard = analysis.signals(engine, activity_of(engine, rows), info_of(engine, *info))
    rules = analysis.Rules(away_after_s=away_after_s)
    return analysis.spans_of(
        engine, heard, since_us=us(since), until_us=us(until), rules=rules, by_seed=by_seed
    ).arrow()


def seconds(made: pa.Table, state: str) -> float:
    return sum(end - start for found, start, end, _ in shown(made) if found == state)


def ranges(made: pa.Table) -> tuple[float, float]:
    """At least and at most so many seconds active."""
    rows = made.to_pylist()
    low, high = (
        sum(one["end_us"] - one["start_us"] for one in rows if one[name]) / 1e6 for name in ("is_sure", "may_be")
    )
    return low, high


def test_the_anchor_case_is_905_s(engine: DuckEngine) -> None:
    made = spans(engine, polled(anchor(), 0, 2100), 0, 2100)
    assert shown(made) == [
        ("active", 0, 600, "sample"),
        ("away", 600, 900, "sample"),
        ("active", 900, 905, "sample"),
        ("away", 905, 1500, "sample"),
        ("active", 1500, 1800, "sample"),
        ("away", 1800, 2100, "sample"),
    ]


def test_activitywatch_says_905_s_of_the_same_looks() -> None:
    looks = [(at, at - max(one for one in anchor() if one <= at)) for at in range(0, 2101, 5)]
    assert active_s(watched(looks)) == pytest.approx(905, abs=0.01)


@settings(max_examples=60)
@given(
    pauses=st.lists(st.integers(1, 400), min_size=1, max_size=40),
    missed=st.sets(st.integers(1, 400), max_size=60),
    every_s=st.sampled_from([5, 10, 30]),
)
def test_active_time_is_activitywatchs_on_the_same_looks(
    engine: DuckEngine, pauses: list[int], missed: set[int], every_s: int
) -> None:
    moments = np.cumsum([0, *pauses]).tolist()
    end = moments[-1] + 600
    rows = polled(moments, 0, end, every_s=every_s)
    rows = [one for number, one in enumerate(rows) if number not in missed]
    looks = [((one["observed_at"].timestamp() - us(0) / 1e6), one["idle_s"]) for one in _floats(rows)]
    theirs = watched(looks, away_after_s=180, poll_s=every_s)
    made = spans(engine, rows, 0, end)
    # The watcher puts a millisecond between two events, and its flood closes gaps of up to 5 s: on unlike neighbours
    # that moves a boundary by as much.
    assert seconds(made, "active") == pytest.approx(active_s(theirs), abs=0.002 * (len(theirs) + 1))


def _floats(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [one | {"observed_at": dt.datetime.fromtimestamp(one["observed_at"] / 1e6, dt.UTC)} for one in rows]


def test_pauses_at_the_threshold(engine: DuckEngine) -> None:
    # 175 s: the last look before the second input saw 170 s. 185 s: a look saw 180 s.
    short, long = polled([0, 175], 0, 400), polled([0, 185], 0, 400)
    assert shown(spans(engine, short, 0, 400))[0] == ("active", 0, 175, "sample")
    made = spans(engine, long, 0, 400)
    assert shown(made)[:2] == [("away", 0, 185, "sample"), ("away", 185, 400, "sample")]
    assert made["is_input"].to_pylist()[:2] == [True, True]


def test_time_without_samples_is_unknown(engine: DuckEngine) -> None:
    # Looks each 5 s from 0 to 300 and from 2000 to 2300; inputs 0 … 300 and, after waking, 2000 … 2100 each 20 s.
    rows = polled(range(0, 301, 20), 0, 300) + polled(range(2000, 2101, 20), 2000, 2300)
    assert shown(spans(engine, rows, 0, 2400)) == [
        ("active", 0, 300, "sample"),
        ("away", 300, 305, "sample"),  # the last look stands for its 5 s
        ("unknown", 305, 2000, ""),
        ("active", 2000, 2100, "sample"),
        ("away", 2100, 2305, "sample"),
        ("unknown", 2305, 2400, ""),
    ]


def test_sleep_is_unknown_also_where_the_counter_went_on(engine: DuckEngine) -> None:
    # Asleep 100 … 3700; on waking the counter says 3660 s: nothing proves that nobody was there.
    rows = [sample(at, at - 40) for at in range(40, 101, 5)] + [sample(3700, 3660), sample(3705, 3665)]
    made = shown(spans(engine, rows, 40, 3710))
    assert made == [("away", 40, 105, "sample"), ("unknown", 105, 3700, ""), ("away", 3700, 3710, "sample")]


def test_a_first_look_knows_the_time_since_a_fresh_input(engine: DuckEngine) -> None:
    made = shown(spans(engine, [sample(1000, 30), sample(1005, 1)], 900, 1010))
    assert made == [
        ("unknown", 900, 970, ""),
        ("active", 970, 1004, "sample"),
        ("away", 1004, 1010, "sample"),
    ]


def test_a_clock_set_back_counts_each_moment_once(engine: DuckEngine) -> None:
    # Record 1 tells of 0 … 600, all active. At 600 the clock goes back to 300: record 2 tells of 300 … 500, no input
    # since 290 on its clock. The later one counts where both tell: 0 … 290 active, then away until 500; what record 1
    # said of 505 … 600 stays.
    first = [one | {"raw_id": 1} for one in polled(range(0, 601, 20), 0, 600)]
    second = [sample(at, at - 290, raw_id=2) for at in range(300, 501, 5)]
    made = spans(engine, first + second, 0, 600)
    assert shown(made)[0] == ("active", 0, 290, "sample")
    assert seconds(made, "active") + seconds(made, "away") == 600
    assert seconds(made, "away") == 500 - 290 + 0


def test_a_clock_set_forward_leaves_unknown_time(engine: DuckEngine) -> None:
    rows = polled(range(0, 301, 20), 0, 300) + polled(range(3900, 4001, 20), 3900, 4000)
    made = spans(engine, rows, 0, 4000)
    assert (seconds(made, "active"), seconds(made, "unknown")) == (400, 3900 - 305)


def test_records_that_come_late_join_as_if_they_had_not(engine: DuckEngine) -> None:
    rows = polled(range(0, 601, 20), 0, 600)
    in_order = [one | {"raw_id": 1 + number // 12} for number, one in enumerate(rows)]
    late = [one | {"raw_id": 99} if one["raw_id"] == 3 else one for one in in_order]
    assert spans(engine, late, 0, 600) == spans(engine, in_order, 0, 600)


def test_shuffled_rows_give_the_same(engine: DuckEngine) -> None:
    rows = [*polled(anchor(), 0, 2100), level(700, 50), *minutes(0, "110"), stretch("correction", 10, 20, False)]
    assert spans(engine, rows[::-1], 0, 2100) == spans(engine, rows, 0, 2100)


@pytest.mark.parametrize(
    ("score", "at_most"),
    [(100, 600), (50, 360), (25, 120), (0, 0)],
)
def test_a_level_gives_bounds(engine: DuckEngine, score: float, at_most: float) -> None:
    made = spans(engine, [level(600, score)], 0, 600)
    assert ranges(made) == (0, at_most)
    assert (seconds(made, "active"), seconds(made, "away")) == (at_most, 600 - at_most)


def test_levels_a_little_further_apart_leave_nothing_unknown(engine: DuckEngine) -> None:
    # 630 s apart, and then 1300 s: 700 s are unknown. The first 30 s of the second window may be active.
    made = spans(engine, [level(600, 0), level(1230, 0), level(2530, 100)], 0, 2530)
    assert shown(made)[-2:] == [("unknown", 1230, 1930, ""), ("active", 1930, 2530, "level")]
    assert ranges(made) == (0, 630)


@pytest.mark.parametrize(
    ("bits", "active", "low", "high"),
    [
        # one minute: anything from one input to all of it
        ("010", 60, 0, 60),
        # two: the first may have its only input at its end, the second at its beginning
        ("0110", 120, 0, 120),
        # three: the middle one is certain
        ("01110", 180, 60, 180),
        # one idle minute between: 60 to 180 s apart, so they join
        ("1010", 180, 60, 180),
        # two: 120 to 240 s apart; the middle, 180 s, still joins
        ("10010", 240, 0, 240),
        # three: at least 180 s apart
        ("100010", 120, 0, 120),
        # what is not known between them joins nothing
        ("1?1", 120, 0, 120),
    ],
)
def test_bitmap_minutes(engine: DuckEngine, bits: str, active: float, low: float, high: float) -> None:
    made = spans(engine, minutes(0, bits), 0, 60 * len(bits))
    assert seconds(made, "active") == active
    assert ranges(made) == (low, high)
    assert seconds(made, "unknown") == 60 * bits.count("?")


def test_the_best_basis_of_each_moment_counts(engine: DuckEngine) -> None:
    rows = [
        level(1200, 100, "sigfox:2d24e6"),  # 600 … 1200 possibly active
        *minutes(600, "0000", "sigfox:2d24e6"),  # 600 … 840 away
        stretch("interval", 780, 900, True),  # 780 … 900 active
        *(sample(at, at - 100) for at in range(860, 951, 5)),  # 860 … 955 away
        stretch("correction", 940, 960, True),
    ]
    made = spans(engine, rows, 600, 1200, info=(("sigfox:2d24e6", PC, ""),))
    assert shown(made) == [
        ("away", 600, 780, "bitmap"),
        ("active", 780, 860, "interval"),
        ("away", 860, 940, "sample"),
        ("active", 940, 960, "correction"),
        ("active", 960, 1200, "level"),
    ]
    assert set(made["device_id"].to_pylist()) == {PC}


def test_the_last_received_correction_counts(engine: DuckEngine) -> None:
    rows = [
        stretch("correction", 0, 900, True, received_at=us(5000)),
        stretch("correction", 300, 600, False, received_at=us(6000)),
        stretch("correction", 500, 700, True, received_at=us(4000)),
    ]
    assert shown(spans(engine, rows, 0, 900)) == [
        ("active", 0, 300, "correction"),
        ("away", 300, 600, "correction"),
        ("active", 600, 900, "correction"),
    ]


def test_imported_stretches_are_flooded_and_merged(engine: DuckEngine) -> None:
    # 100 … 103 is closed by the longer one, equal ones overlap, active wins where both are told, zero lengths vanish.
    rows = [
        stretch("interval", 0, 100, True),
        stretch("interval", 103, 150, False),
        stretch("interval", 150, 150, True),
        stretch("interval", 200, 300, True),
        stretch("interval", 280, 400, True),
        stretch("interval", 390, 500, False),
    ]
    made = spans(engine, rows, 0, 500)
    assert shown(made) == [
        ("active", 0, 103, "interval"),
        ("away", 103, 150, "interval"),
        ("unknown", 150, 200, ""),
        ("active", 200, 400, "interval"),
        ("away", 400, 500, "interval"),
    ]


@pytest.mark.parametrize(
    ("told", "made"),
    [
        # gap of 4 s between unlike neighbours: the longer one reaches over it
        ([(0, 10, True), (14, 20, False)], [(0, 14, True), (14, 20, False)]),
        ([(0, 6, True), (10, 20, False)], [(0, 6, True), (6, 20, False)]),
        # 6 s is no small gap
        ([(0, 10, True), (16, 20, True)], [(0, 10, True), (16, 20, True)]),
        ([(0, 10, True), (15, 20, True)], [(0, 20, True)]),
        # an event inside another, newest first
        ([(5, 6, True), (0, 10, True)], [(0, 10, True)]),
    ],
)
def test_flood(told: list[tuple[int, int, bool]], made: list[tuple[int, int, bool]]) -> None:
    rows = [Stretch(start * 10**6, end * 10**6, active) for start, end, active in told]
    assert flooded(rows, flood_us=5_000_000) == [
        Stretch(start * 10**6, end * 10**6, active) for start, end, active in made
    ]


def test_the_seeds_rule_gives_1800_s_of_the_anchor_case(engine: DuckEngine) -> None:
    rows = polled(anchor(), 0, 2100)
    levels = analysis.seed_levels(analysis.signals(engine, activity_of(engine, rows), info_of(engine)).arrow())
    assert levels["score_pct"].to_pylist() == [100, 100, 50, 100]
    made = spans(engine, rows, 0, 2100, by_seed=True)
    assert (seconds(made, "active"), seconds(made, "unknown")) == (1800, 300)


def test_the_seeds_rule_with_a_gap_limit(engine: DuckEngine) -> None:
    made = spans(
        engine, [level(0, 100), level(600, 25), level(1200, 0), level(1200 + 8 * H, 100)], 0, 10 * H, by_seed=True
    )
    assert shown(made) == [("active", 0, 600, "level"), ("away", 600, 1200, "level"), ("unknown", 1200, 10 * H, "")]


def test_nothing_known_is_one_unknown_stretch(engine: DuckEngine) -> None:
    assert shown(spans(engine, [sample(-50_000, 5)], 0, 100)) == [("unknown", 0, 100, "")]
    assert spans(engine, [], 0, 100).num_rows == 0


SPARSE = st.one_of(
    st.builds(lambda at, idle: sample(at, idle, every_s=10), st.integers(-900, 4000), st.integers(0, 900)),
    st.builds(level, st.integers(0, 4600), st.sampled_from([0.0, 25.0, 50.0, 100.0])),
    st.builds(lambda at, bit: minutes(60 * at, bit)[0], st.integers(0, 60), st.sampled_from(["0", "1"])),
    st.builds(
        lambda kind, at, length, active: stretch(kind, at, at + length, active),
        st.sampled_from(["interval", "correction"]),
        st.integers(-500, 4000),
        st.integers(1, 900),
        st.booleans(),
    ),
)


@settings(max_examples=80)
@given(rows=st.lists(SPARSE, max_size=30, unique_by=lambda one: (one["kind"], one["observed_at"])))
def test_the_stretches_fill_the_period_and_the_bounds_hold_the_figure(
    engine: DuckEngine, rows: list[dict[str, Any]]
) -> None:
    made = spans(engine, [*rows, sample(-10_000, 0)], 0, 3600)
    told = made.to_pylist()
    assert (told[0]["start_us"], told[-1]["end_us"]) == (us(0), us(3600))
    assert all(one["end_us"] == after["start_us"] for one, after in itertools.pairwise(told))
    low, high = ranges(made)
    assert low <= seconds(made, "active") <= high <= 3600 - seconds(made, "unknown")


@pytest.mark.parametrize("wrong", [{"away_after_s": 0}, {"gap_periods": 0.5}, {"level_slack": 0}])
def test_rules_out_of_range_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        analysis.Rules(**wrong)


def locked(start_s: float, end_s: float, *, every_s: float = 5, **other: Any) -> list[dict[str, Any]]:
    """What an agent tells of a screen it finds locked at each look."""
    looks = [start_s + n * every_s for n in range(int((end_s - start_s) // every_s))]
    return [row(at_s, "locked", every_s, active=False, **other) for at_s in looks]


def test_a_locked_screen_is_away_with_its_reason(engine: DuckEngine) -> None:
    """Whatever is typed at the lock: the password at 595 s is no work."""
    inputs = [*range(0, 301, 20), 595, *range(600, 901, 20)]
    made = spans(engine, [*polled(inputs, 0, 900), *locked(305, 600)], 0, 900)
    assert shown(made) == [
        ("active", 0, 300, "sample"),
        ("away", 300, 305, "sample"),
        ("away", 305, 600, "locked"),
        ("active", 600, 900, "sample"),
    ]


def test_locked_is_known_where_the_idle_time_is_not(engine: DuckEngine) -> None:
    assert shown(spans(engine, locked(100, 200), 0, 300)) == [
        ("unknown", 0, 100, ""),
        ("away", 100, 200, "locked"),
        ("unknown", 200, 300, ""),
    ]


@pytest.mark.parametrize(("lost", "found"), [((), 100), ((130, 135), 100), ((130, 135, 140, 145), 80)])
def test_looks_at_a_lock_that_are_lost_leave_it_unknown(
    engine: DuckEngine, lost: tuple[int, ...], found: float
) -> None:
    rows = [one for one in locked(100, 200) if (one["observed_at"] - us(0)) / 1e6 not in lost]
    assert seconds(spans(engine, rows, 0, 300), "away") == found


def test_a_suspended_pc_is_unknown_with_its_reason(engine: DuckEngine) -> None:
    """Two inputs 120 s apart are one stretch, but not where the PC slept between them."""
    looks = [*polled(range(0, 301, 20), 0, 300), *polled([300, *range(420, 601, 20)], 420, 600)]
    assert seconds(spans(engine, looks, 0, 600), "active") == 600
    made = spans(engine, [*looks, row(302, "suspended", 116)], 0, 600)
    assert shown(made) == [
        ("active", 0, 302, "sample"),
        ("unknown", 302, 418, "suspended"),
        ("active", 418, 600, "sample"),
    ]
    assert ranges(made) == (600 - 116, 600 - 116)


def test_a_correction_counts_over_a_lock_and_a_sleep(engine: DuckEngine) -> None:
    rows = [*locked(0, 100), row(100, "suspended", 100), stretch("correction", 50, 150, True)]
    assert shown(spans(engine, rows, 0, 200)) == [
        ("away", 0, 50, "locked"),
        ("active", 50, 150, "correction"),
        ("unknown", 150, 200, "suspended"),
    ]


def test_the_sums_tell_how_much_was_locked_and_suspended(engine: DuckEngine) -> None:
    rows = [*polled(range(0, 301, 20), 0, 400), *locked(305, 400), row(400, "suspended", 200)]
    heard = analysis.signals(engine, activity_of(engine, rows), info_of(engine))
    own = analysis.spans_of(engine, heard, since_us=us(0), until_us=us(600), rules=analysis.Rules())
    periods = pa.table({"label": ["all"], "start_us": [us(0)], "end_us": [us(600)], "so_far": [False]})
    (told,) = analysis.totals(engine, heard, own, periods).arrow().to_pylist()
    names = ("active_s", "away_s", "unknown_s", "locked_s", "suspended_s", "samples")
    assert tuple(told[name] for name in names) == (300, 100, 200, 95, 200, 81)
