"""The limits of radio and contract hold in any 24 hours and any hour, whatever happens to process and clocks."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collectors.idle.budget import DAY_S, HOUR_S, Budget, Moment, clock

START = Moment(1_795_165_200.0, 5000.0, "boot-1")


def later(seconds: float, *, of: Moment = START) -> Moment:
    return Moment(of.wall_s + seconds, of.steady_s + seconds, of.boot)


def test_six_an_hour(tmp_path: Path) -> None:
    budget = Budget(tmp_path / "budget.json")
    assert [budget.take(later(n)) for n in range(8)] == [True] * 6 + [False] * 2
    assert not budget.take(later(HOUR_S - 1))
    # The first of them, at 0 s, is an hour old at 3600 s and no older than that.
    assert budget.take(later(HOUR_S))
    assert not budget.take(later(HOUR_S))


def test_a_hundred_and_forty_a_day(tmp_path: Path) -> None:
    """One each 600 s, as the seed did: 140 go by 139 · 600 = 83,400 s; the next waits for 86,400 s."""
    budget = Budget(tmp_path / "budget.json")
    taken = [n * 600 for n in range(144) if budget.take(later(n * 600))]
    assert taken == [n * 600 for n in range(140)]
    assert budget.take(later(DAY_S))


def test_four_downlinks_a_day_and_uplinks_beside_them(tmp_path: Path) -> None:
    budget = Budget(tmp_path / "budget.json")
    assert [budget.take(later(n * 1000), downlink=True) for n in range(5)] == [True] * 4 + [False]
    assert budget.take(later(5000))
    assert not budget.take(later(DAY_S - 1), downlink=True)
    assert budget.take(later(DAY_S), downlink=True)


def test_a_contract_may_allow_less(tmp_path: Path) -> None:
    budget = Budget(tmp_path / "budget.json", daily=2, hourly=1)
    assert [budget.take(later(hours * HOUR_S)) for hours in (0, 0.5, 1, 2)] == [True, False, True, False]


def test_a_restart_gives_nothing_back(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "budget.json"
    assert [Budget(path).take(later(n)) for n in range(7)] == [True] * 6 + [False]
    assert list(path.parent.iterdir()) == [path], "no temporary file is left"


def test_what_was_certainly_not_sent_is_given_back(tmp_path: Path) -> None:
    path = tmp_path / "budget.json"
    budget = Budget(path)
    assert budget.take(START, downlink=True)
    budget.give_back(downlink=True)
    assert (Budget(path).left(START), Budget(path).left(START, downlink=True)) == (6, 4)


@pytest.mark.parametrize("step_s", [DAY_S * 400, -DAY_S * 400, DAY_S, -HOUR_S])
def test_setting_the_clock_gives_nothing_and_takes_nothing(tmp_path: Path, step_s: float) -> None:
    path = tmp_path / "budget.json"
    assert sum(Budget(path).take(later(n)) for n in range(6)) == 6
    stepped = Moment(START.wall_s + step_s, START.steady_s + 10, START.boot)
    assert not Budget(path).take(stepped)
    assert Budget(path).take(later(HOUR_S, of=stepped))


def test_over_a_reboot_the_wall_clock_counts_but_never_back(tmp_path: Path) -> None:
    path = tmp_path / "budget.json"
    assert sum(Budget(path).take(later(n)) for n in range(6)) == 6
    assert not Budget(path).take(Moment(START.wall_s - 7 * DAY_S, 20.0, "boot-2"))
    assert not Budget(path).take(Moment(START.wall_s - 7 * DAY_S + HOUR_S / 2, 20.0 + HOUR_S / 2, "boot-2"))
    assert Budget(path).take(Moment(START.wall_s - 7 * DAY_S + HOUR_S + 10, 30.0 + HOUR_S, "boot-2"))


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"{}", b"\xff\xfe", b'{"now_s": "x"}'])
def test_a_file_that_cannot_be_read_counts_as_all_spent(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "budget.json"
    path.write_bytes(content)
    budget = Budget(path)
    assert not budget.take(START)
    assert not Budget(path).take(later(DAY_S - 1))
    assert Budget(path).take(later(DAY_S + 1)), "a day from when it was found, not from each restart"


def test_the_machines_clocks_rise() -> None:
    now = clock()
    one, other = now(), now()
    assert one.boot == other.boot != ""
    assert one.steady_s <= other.steady_s


waits = st.lists(st.floats(0, 7200), min_size=1, max_size=80)


@settings(max_examples=8)
@given(
    waits=waits, restarts=st.sets(st.integers(0, 80)), steps=st.dictionaries(st.integers(0, 80), st.floats(-1e8, 1e8))
)
def test_no_window_holds_more(
    tmp_path_factory: pytest.TempPathFactory, waits: list[float], restarts: set[int], steps: dict[int, float]
) -> None:
    """Whenever frames are asked for, however often the process restarts and the wall clock is set."""
    path = tmp_path_factory.mktemp("budget") / "budget.json"
    budget, at_s, set_s, sent = Budget(path, daily=20), 0.0, 0.0, []
    for number, wait_s in enumerate(waits):
        at_s += wait_s
        set_s += steps.get(number, 0.0)
        if number in restarts:
            budget = Budget(path, daily=20)
        if budget.take(Moment(START.wall_s + at_s + set_s, START.steady_s + at_s, START.boot)):
            sent.append(at_s)
    for end_s in sent:
        # A hair less than the window: sums of floats differ in their last digits.
        assert sum(end_s - HOUR_S + 1e-3 < one <= end_s for one in sent) <= 6
        assert sum(end_s - DAY_S + 1e-3 < one <= end_s for one in sent) <= 20
