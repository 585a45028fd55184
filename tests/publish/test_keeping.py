"""The schedule that goes on: it looks when something is due or has changed, and costs nothing else."""

import threading
from contextlib import closing
from pathlib import Path

import pytest

from telltale.cli.up import wanted
from telltale.landing import report_ages
from telltale.publish import keeping, ledger, schedule
from telltale.publish.keeping import Watch, keep
from telltale.publish.making import Made, NotMade
from telltale.publish.standing import planned, table
from telltale.settings import load
from telltale.workbench.project import Project
from tests.publish.scheduled import World, at
from tests.served import telltale

MIN = 60_000_000


@pytest.fixture
def world(tmp_path: Path) -> World:
    world = World(tmp_path, now="2026-11-14 00:30")
    world.hears("2026-11-13 10:00", 1)
    return world


def _pass(world: World, project: Project, watch: Watch) -> schedule.Done | None:
    return schedule.once(project, make=world.make, looked=watch.looked) if watch.is_time() else None


def test_a_pass_is_made_when_something_is_due_and_only_then(world: World) -> None:
    with closing(world.project()) as project:
        watch = Watch(project)
        assert _pass(world, project, watch) == schedule.Done(), "the first look: the period is within its grace"
        world.now_us += 2 * MIN
        _pass(world, project, watch)  # the first pass had settled something
        world.now_us = at("2026-11-14 00:59")
        assert _pass(world, project, watch) is None
        world.now_us = at("2026-11-14 01:00")
        assert _pass(world, project, watch) == schedule.Done(made=1)
        world.hears("2026-11-13 11:00", 2, received="2026-11-14 01:00")
        assert _pass(world, project, watch) == schedule.Done(made=1), "the pass before was more than a minute ago"
        world.now_us += 2 * MIN
        _pass(world, project, watch)
        assert _pass(world, project, watch) is None
        world.hears("2026-11-13 12:00", 3, received="2026-11-14 01:03")
        assert _pass(world, project, watch) is None, "late data is looked for once a minute"
        world.now_us += MIN
        assert _pass(world, project, watch) == schedule.Done(made=1)


def test_a_pass_that_fails_is_said_once_and_tried_again(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    stop, said, passes = threading.Event(), list[str](), []

    def failing(*_: object, **__: object) -> None:
        passes.append(1)
        if len(passes) == 3:
            stop.set()
        raise ValueError("3c:06:30")

    monkeypatch.setattr(keeping, "once", failing)
    monkeypatch.setattr(keeping, "TICK_S", 0.0)
    with closing(world.project()) as project:
        keep(project, stop, said.append)
    assert len(passes) == 3
    assert len(said) == 1
    assert said[0].startswith("ValueError in ")
    assert "3c:06:30" not in said[0]


def test_what_is_due_and_what_became_of_it_are_tables(world: World) -> None:
    world.now_us = at("2026-11-15 01:00")
    with closing(world.project()) as project:
        assert [(row["period"], row["records"] > 0, row["what"]) for row in planned(project).rows] == [
            ("2026-11-13", True, "made"),
            ("2026-11-14", False, "nothing to report"),
        ]
        assert table(project) == []
        assert report_ages(project.store) == []
        schedule.once(project, make=world.make)
        assert planned(project) == ([], 0)
        newest, first = table(project)
        assert (newest["period"], newest["state"], newest["why"]) == ("2026-11-14", "nothing", "no record came")
        assert (first["period"], first["state"], first["revision"]) == ("2026-11-13", "done", 1)
        (age,) = report_ages(project.store)
        assert (age.report, age.succeeded_at, age.ended_at, age.failing) == (
            "visitors", world.now_us, at("2026-11-15 00:00"), 0,
        )  # fmt: skip


def test_a_year_of_a_plan_takes_more_than_the_schedule_looks_after(world: World) -> None:
    world.now_us = at("2027-02-14 01:00")
    with closing(world.project()) as project:
        found = planned(project)
        assert (len(found.rows), found.left_out) == (60, 33)
        found = planned(project, since_us=at("2026-11-01 00:00"))
        assert (len(found.rows), found.left_out) == (93, 0)  # 18 + 31 + 31 + 13 days


def test_the_command_says_what_is_missing(tmp_path: Path) -> None:
    (tmp_path / "telltale.toml").write_text("")
    done = telltale(tmp_path, "schedule", "--dry-run")
    assert done.returncode == 1
    assert "add a section [reports.<name>]" in done.stderr
    assert telltale(tmp_path, "schedule", "--since", "1y").returncode == 1


def test_what_is_no_longer_scheduled_wakes_nobody(world: World) -> None:
    """Its failed period stays in the ledger and is not tried again."""
    world.now_us = at("2026-11-14 01:00")
    with closing(world.project()) as project:
        schedule.once(project, make=_failing)
    toml = (world.root / "telltale.toml").read_text()
    (world.root / "telltale.toml").write_text(toml.replace("[reports.visitors]", "[reports.others]"))
    world.now_us += 2 * MIN
    with closing(world.project()) as project:
        watch = Watch(project)
        assert _pass(world, project, watch) == schedule.Done(made=1)
        world.now_us += 2 * MIN
        _pass(world, project, watch)
        assert _pass(world, project, watch) is None
        assert [(run.report, run.state) for run in ledger.runs(project.store)] == [
            ("others", "done"),
            ("visitors", "waiting"),
        ]


def _failing(*_: object, **__: object) -> Made:
    raise NotMade("cell 7 failed", told="failed at cell 7")


def test_it_runs_beside_the_collectors_where_a_report_is_scheduled(world: World) -> None:
    assert "schedule" in {child.name for child in wanted(load(world.root))}
    (world.root / "telltale.toml").write_text("")
    assert "schedule" not in {child.name for child in wanted(load(world.root))}
