"""`kill -9` of the schedule before each step, and at any moment: none half published, none twice, none missing."""

import random
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.publish.scheduled import DAY, Passes, World, passes

FORTNIGHT = [f"2026-11-{day:02}" for day in range(2, 16)]
ROUNDS = 20
MOST_S = 0.6
"""A pass over three periods takes half a second here; a machine that is slower is killed earlier in it."""


@pytest.fixture(scope="module")
def started() -> Iterator[Passes]:
    with passes() as running:
        yield running


def _world(root: Path, days: list[str]) -> World:
    """A device more each day; it is an hour after midnight of the day after the last."""
    world = World(root, now=f"{days[-1]} 01:00")
    heard = [(f"{day} 10:{device:02}", device) for number, day in enumerate(days, 1) for device in range(number)]
    world.hears_all(heard)
    world.now_us += DAY
    return world


def _check(world: World, days: list[str], *, summaries: int = 1) -> None:
    """Each period is published whole, and each is told of once."""
    assert world.states() == dict.fromkeys(days, "done")
    assert [run.revision for run in world.ledger()] == [1] * len(days)
    folder = world.root / "data" / "reports" / "presence_dwell"
    assert {path.name: path.read_text() for path in folder.glob("*.html")} == {
        f"{day}.html": f"<p>{number}</p>" for number, day in enumerate(days, 1)
    }
    told = [found for _, body in world.messages() for found in re.findall(r"^  (\S+): (\d+) heard", body, re.MULTILINE)]
    assert sorted(told) == [(day, str(number)) for number, day in enumerate(days, 1)]
    assert len(world.messages()) == summaries


def test_a_fortnight_off_is_made_up_for_the_oldest_first_in_one_message(tmp_path: Path) -> None:
    world = _world(tmp_path, FORTNIGHT)
    assert world.passes().made == len(FORTNIGHT)
    assert world.calls == FORTNIGHT
    _check(world, FORTNIGHT)


@pytest.mark.slow
def test_stopped_before_each_step_it_goes_on_where_it_was(started: Passes, tmp_path: Path) -> None:
    days = FORTNIGHT[:3]
    world = _world(tmp_path / "world", days)
    steps, stopped = 0, 0
    while True:
        root = tmp_path / f"stopped-{steps + 1}"
        shutil.copytree(world.root, root)
        steps += 1
        ended = started.run(root, world.now_us, stop_at=steps)
        if ended >= 0:
            break
        stopped += 1
        copy = World(root, now="2026-11-01 01:00")
        copy.now_us = world.now_us
        assert started.run(root, world.now_us) > 0
        _check(copy, days)
    assert ended == stopped, "every step was stopped before"
    assert stopped >= 1 + 7 * len(days) + 2, "the steps of each period, and of the summary"


def _killed_at_any_moment(started: Passes, tmp_path: Path, rounds: int) -> None:
    """Each pass is killed; the clock goes on a minute each time, as what ended its process too often waits."""
    chance = random.Random(13)
    world = _world(tmp_path, FORTNIGHT)
    killed = 0
    for _ in range(rounds):
        killed += started.run(world.root, world.now_us, after_s=chance.uniform(0.05, MOST_S)) < 0
        world.now_us += 60_000_000
    for _ in range(3):
        world.now_us += 1_500_000_000
        started.run(world.root, world.now_us)
    assert killed, "no kill met a pass under way"
    _check(world, FORTNIGHT, summaries=len(world.messages()))


@pytest.mark.slow
def test_twenty_kills_lose_nothing_and_double_nothing(started: Passes, tmp_path: Path) -> None:
    _killed_at_any_moment(started, tmp_path, ROUNDS)


@pytest.mark.long
def test_two_hundred_kills_lose_nothing_and_double_nothing(started: Passes, tmp_path: Path) -> None:
    for number in range(10):
        _killed_at_any_moment(started, tmp_path / str(number), ROUNDS)


@pytest.mark.slow
def test_two_processes_never_make_one_period_twice(tmp_path: Path) -> None:
    """Both begin at once; whoever comes second to a period leaves it alone."""
    days = FORTNIGHT[:6]
    world = _world(tmp_path, days)
    with passes() as one, passes() as other:
        for each in (one, other):
            each.begin(world.root, world.now_us)
        ended = [each.ended() for each in (one, other)]
    assert all(steps >= 0 for steps in ended)
    with passes() as last:
        last.run(world.root, world.now_us)
    _check(world, days)
