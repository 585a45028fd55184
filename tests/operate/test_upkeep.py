"""What runs beside the collectors: jobs when they are due, failures said and tried again, a clean end."""

import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from telltale.contract import Raw
from telltale.operate import upkeep
from telltale.settings import load
from telltale.workbench.project import Project
from tests.served import VECTOR, make_project

NOW_US = 1_795_160_040_000_000
HOUR_US = 3_600_000_000


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    root = make_project(tmp_path, "[settle]\nrows = 2\nage_s = 600\n")
    with closing(Project(settings=load(root), now=lambda: NOW_US)) as opened:
        yield opened


def receive(project: Project, count: int, *, at_us: int = NOW_US) -> None:
    landing = project.landing()
    landing.put_many(Raw(0, "cloudtrax", at_us, "10.0.0.5", "{}", VECTOR) for _ in range(count))
    landing.close()


def test_settling_waits_for_enough_records_or_for_their_age(project: Project) -> None:
    receive(project, 1)
    assert upkeep.settle(project, NOW_US + 599_000_000) == ""
    assert upkeep.settle(project, NOW_US + 600_000_000) == "settled 1 records, 0 rejects"
    receive(project, 2)
    assert upkeep.settle(project, NOW_US) == "settled 2 records, 0 rejects"
    assert upkeep.settle(project, NOW_US) == ""


def test_days_are_closed_and_bodies_removed_when_it_is_time(project: Project) -> None:
    receive(project, 2)
    said = upkeep.retain(project, NOW_US + 4 * 24 * HOUR_US)
    assert said.startswith("retention: ")
    assert "1 closed" in said
    assert "2 records" in said


def test_files_of_days_that_are_over_are_merged(project: Project) -> None:
    for _ in range(3):
        receive(project, 2)
        upkeep.settle(project, NOW_US)
    assert upkeep.merge(project, NOW_US + 48 * HOUR_US).startswith("merged ")
    assert upkeep.merge(project, NOW_US + 48 * HOUR_US) == ""


def test_a_job_that_fails_is_said_and_does_not_end_the_others(tmp_path: Path) -> None:
    root = make_project(tmp_path, "[settle]\nrows = 1\n[landing]\nbusy_timeout_s = 0.2\n")
    said: list[str] = []
    stop = threading.Event()

    def hear(line: str) -> None:
        said.append(line)
        if line.startswith("retain: "):
            stop.set()

    with closing(Project(settings=load(root), now=lambda: NOW_US)) as project:
        receive(project, 1)
        with project.store.writer():  # as another process that holds the store's lock
            upkeep.keep(project, stop, say=hear)
    assert [line.split(": ")[0] for line in said] == ["settle", "retain"]


def test_upkeep_ends_when_it_is_told(project: Project) -> None:
    stop = threading.Event()
    thread = threading.Thread(target=upkeep.keep, args=(project, stop), kwargs={"say": lambda _: None})
    thread.start()
    stop.set()
    thread.join(20)
    assert not thread.is_alive()
