"""Every closed period is made once, the oldest first; late data makes exactly the touched ones again."""

from contextlib import closing
from pathlib import Path

import pytest

from telltale.lake.gc import gc
from telltale.lake.merge import merge
from telltale.landing import Uptime
from telltale.operate.retention import purge
from telltale.publish import ledger, schedule
from telltale.publish.looking import look
from telltale.publish.making import Approve, Made, NotMade, Step
from telltale.publish.readers import Readers
from telltale.workbench.project import Project
from tests.publish.scheduled import DAILY, DAY, World, at

MIN = 60_000_000


@pytest.fixture
def world(tmp_path: Path) -> World:
    """Two devices on Friday 13 November, one on Sunday; it is Monday, an hour after midnight."""
    world = World(tmp_path, now="2026-11-16 01:00")
    world.hears("2026-11-13 10:00", 1, settle=True)
    world.hears("2026-11-13 11:00", 2)
    world.hears("2026-11-15 10:00", 1)
    return world


def test_periods_are_made_once_the_oldest_first_and_what_was_caught_up_on_is_one_message(world: World) -> None:
    assert world.passes() == schedule.Done(made=2, nothing=1)
    assert world.calls == ["2026-11-13", "2026-11-15"]
    assert world.states() == {"2026-11-13": "done", "2026-11-14": "nothing", "2026-11-15": "done"}
    ((subject, body),) = world.messages()
    assert subject == "2 reports made: 2026-11-13 to 2026-11-15"
    assert "  2026-11-13: 2 heard\n  2026-11-15: 1 heard" in body
    assert world.passes() == schedule.Done()
    assert len(world.messages()) == 1


def test_a_period_alone_has_its_own_message_and_only_after_its_grace(world: World) -> None:
    world.passes()
    world.hears("2026-11-16 09:00", 3)
    world.now_us = at("2026-11-17 00:59")
    assert world.passes() == schedule.Done()
    world.now_us = at("2026-11-17 01:00")
    assert world.passes() == schedule.Done(made=1)
    subject, body = world.messages()[-1]
    assert subject == "Visitors · 2026-11-16"
    assert "\n1 heard\n" in body
    assert "attached" in body


def test_late_data_makes_exactly_the_touched_period_again_and_says_what_changed(world: World) -> None:
    world.passes()
    world.hears("2026-11-13 12:00", 7, received="2026-11-16 01:30")
    assert world.passes() == schedule.Done(made=1)
    assert world.calls[2:] == ["2026-11-13"]
    subject, body = world.messages()[-1]
    assert subject == "Changed: Visitors · 2026-11-13"
    assert "Late data changed it:\n- Harbour, devices: 2 → 3" in body
    assert [run.revision for run in world.ledger()] == [2, 0, 1]


def test_late_data_of_a_period_that_had_none_makes_it(world: World) -> None:
    world.passes()
    world.hears("2026-11-14 12:00", 7, received="2026-11-16 01:30")
    assert world.passes() == schedule.Done(made=1)
    assert world.messages()[-1][0] == "Visitors · 2026-11-14"


def test_what_says_the_same_is_not_published_again(world: World) -> None:
    """Another record of a device that was heard already: other rows, the same answer."""
    world.passes()
    world.hears("2026-11-15 10:30", 1, received="2026-11-16 01:30")
    assert world.passes() == schedule.Done(same=1)
    assert (len(world.messages()), [run.revision for run in world.ledger()]) == (1, [1, 0, 1])
    assert world.passes() == schedule.Done()


def test_settling_merging_closing_and_gc_make_nothing_again(world: World) -> None:
    world.passes()
    made = len(world.calls)
    world.hears("2026-11-16 01:00", 9)
    with closing(world.project()) as project:
        files = {file.path for file in project.lake.snapshot().of("sighting")}
        world.settles()
        world.now_us = at("2026-11-18 12:00")
        assert merge(project.lake, now_us=project.now_us()).before
        assert files - {file.path for file in project.lake.snapshot().of("sighting")}, "the merge listed others"
        purge(project, now_us=project.now_us())
        assert project.lake.closed_days()
        gc(project.lake, now_us=project.now_us())
    world.passes()
    assert world.calls[made:] == ["2026-11-16"]  # whose period is over by now; on the 17th nobody was heard


def test_a_resend_of_the_same_rows_makes_nothing_again(world: World) -> None:
    world.passes()
    world.hears("2026-11-15 10:00", 1, received="2026-11-16 01:30", settle=True)
    assert world.passes() == schedule.Done()


def test_a_period_whose_rows_were_removed_is_kept(tmp_path: Path) -> None:
    world = World(tmp_path, now="2026-11-14 01:00", keep=False)
    world.hears("2026-11-13 10:00", 1)
    world.passes()
    world.now_us = at("2026-11-20 05:00")
    world.hears("2026-11-19 10:00", 1)
    with closing(world.project()) as project:
        assert purge(project, now_us=project.now_us()).sightings
    world.hears("2026-11-13 11:00", 2, received="2026-11-20 05:00")
    world.passes()
    assert world.calls == ["2026-11-13", "2026-11-19"]
    (first, *_) = world.ledger()
    assert first.state == "done"
    assert first.reason.startswith("kept: rows removed o")


def test_only_so_many_are_caught_up_on_and_the_others_are_counted(world: World) -> None:
    world.now_us = at("2026-11-27 01:00")
    world.hears("2026-11-25 10:00")
    world.hears("2026-11-26 10:00")
    assert world.passes(most=10) == schedule.Done(made=2, nothing=8)
    assert "4 older periods were left out" in world.messages()[0][1]  # from the 13th to the 16th
    assert world.ledger()[0].period == "2026-11-17"


class Broken:
    """Fails as often as it is told."""

    def __init__(self, world: World, times: int) -> None:
        self.world, self.times = world, times

    def __call__(
        self, project: Project, readers: Readers, period: str, *, before: str, approve: Approve, step: Step
    ) -> Made:
        if self.times:
            self.times -= 1
            raise NotMade(
                "cell 7: ValueError: 3c:06:30", told="failed at cell 7: ValueError", files=("a.shared.ipynb",)
            )
        return self.world.make(project, readers, period, before=before, approve=approve, step=step)


def test_a_failure_is_tried_again_after_1_5_and_25_minutes_then_told_once(tmp_path: Path) -> None:
    world = World(tmp_path, now="2026-11-14 01:00")
    world.hears("2026-11-13 10:00")
    broken = Broken(world, 6)
    attempts = []
    with closing(world.project()) as project:
        for minute in range(40):
            world.now_us = at("2026-11-14 01:00") + minute * MIN
            if schedule.once(project, make=broken).failed:
                attempts.append(minute)
        assert attempts == [0, 1, 6, 31]
        ((subject, body),) = world.messages()
        assert subject == "Visitors · 2026-11-13 · failed"
        assert "failed at cell 7: ValueError; its notebook as far as it came is attached" in body
        assert "3c:06:30" not in body
        assert world.states() == {"2026-11-13": "failed"}
        for _day in (2, 3, 4):
            world.now_us += DAY
            schedule.once(project, make=broken)
    assert world.states()["2026-11-13"] == "done", "a failed one is tried again each day"
    assert [subject for subject, _ in world.messages()] == ["Visitors · 2026-11-13 · failed", "Visitors · 2026-11-13"]


def test_a_machine_that_was_off_cannot_make_what_its_clock_does_not_vouch_for(world: World) -> None:
    """The clock says three weeks later, and nothing tells that they have passed."""
    with closing(world.project()) as project:
        schedule.once(project, make=world.make)
    running = world.now_us
    stepped = Project(
        settings=world.project().settings, now=lambda: running + 21 * DAY, running=lambda: Uptime(running, "one boot")
    )
    with closing(stepped):
        assert schedule.once(stepped, make=world.make) == schedule.Done()


def test_one_that_is_held_is_left_alone_and_one_that_died_is_taken_over(world: World) -> None:
    with closing(world.project()) as project:
        found = look(project, now_us=project.now_us())
        work = found.work[0]
        run = ledger.claim(project.store, "visitors", "", work.period, now_us=project.now_us())
        assert run is not None
        assert ledger.claim(project.store, "visitors", "", work.period, now_us=project.now_us()) is None
        schedule.once(project, make=world.make)
        assert world.calls == ["2026-11-15"]
        assert world.messages() == [], "a summary waits for the last of them"
        ledger.let_go(run)
        assert schedule.once(project, make=world.make).made == 1
        assert len(world.messages()) == 1
        with pytest.raises(ledger.LeaseLost), project.store.writer() as connection:
            ledger.finish(connection, run, "done")


def test_readers_with_parameters_of_their_own_have_periods_of_their_own(tmp_path: Path) -> None:
    also = 'also = [{ to = ["a@example.org"], parameters = { gap = "20min" } }]\n'
    world = World(tmp_path, DAILY + also, now="2026-11-14 01:00")
    world.hears("2026-11-13 10:00")
    assert world.passes() == schedule.Done(made=2)
    assert [run.readers == "" for run in world.ledger()] == [True, False]
    assert len(world.messages()) == 2
