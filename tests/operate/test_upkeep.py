"""What runs beside the collectors: jobs when they are due, failures said and tried again, a clean end."""

import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa

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
    assert [line.split(": ")[0] for line in said] == ["note", "settle", "retain"]


def test_upkeep_ends_when_it_is_told(project: Project) -> None:
    stop = threading.Event()
    thread = threading.Thread(target=upkeep.keep, args=(project, stop), kwargs={"say": lambda _: None})
    thread.start()
    stop.set()
    thread.join(20)
    assert not thread.is_alive()


def kept(project: Project, *does: Callable[[Project, int], str], rounds: int, step_s: float = 5.0) -> list[str]:
    """What is said in so many rounds of these jobs, each due every 5 s of a clock that goes on by `step_s` a round."""
    said: list[str] = []
    stop, done = threading.Event(), 0

    def counts(_project: Project, _now_us: int) -> str:
        nonlocal done
        done += 1
        if done == rounds:
            stop.set()
        return ""

    jobs = [*(upkeep.Job(5, do) for do in does), upkeep.Job(0, counts)]
    upkeep.keep(project, stop, say=said.append, jobs=jobs, steady_s=lambda: done * step_s, tick_s=0.0)
    return said


def test_a_mistake_in_one_job_is_said_by_kind_and_place_and_the_others_go_on(project: Project) -> None:
    def divides(_project: Project, _now_us: int) -> str:
        return str(1 / 0)

    def works(_project: Project, now_us: int) -> str:
        return f"worked at {now_us}"

    said = kept(project, divides, works, rounds=3)
    assert said[0].startswith("divides: ZeroDivisionError in telltale/operate/upkeep.py line ")
    assert said[1:] == [f"worked at {NOW_US}"] * 3


def test_nothing_of_a_record_is_said_when_the_database_quotes_its_statement(project: Project) -> None:
    address = "3c:06:30:aa:bb:01"

    def fails(opened: Project, _now_us: int) -> str:
        with opened.store.writer() as connection:
            connection.execute(sa.text("insert into raw (id, body) values (1, :body)"), {"body": address})
        return ""

    def misses(_project: Project, _now_us: int) -> str:
        return {"a": "b"}[address]

    said = kept(project, fails, misses, rounds=2)
    assert [line.split(" in telltale/")[0] for line in said] == ["fails: IntegrityError", "misses: KeyError"]
    assert address not in "".join(said)


def test_a_lack_of_memory_is_survived_with_what_was_read_let_go(project: Project) -> None:
    receive(project, 1)
    left = [None, None]

    def reads(opened: Project, _now_us: int) -> str:
        opened.decode_hot(opened.lake.snapshot().hot)
        if left:
            left.pop()
            raise MemoryError
        return "read"

    said = kept(project, reads, rounds=3)
    assert [line.split(" in ")[0] for line in said] == ["reads: MemoryError", "reads works again", "read"]


def test_a_failure_that_stays_is_said_now_and_then_and_its_end_too(project: Project) -> None:
    left = [None] * 300

    def reaches(_project: Project, _now_us: int) -> str:
        if left:
            left.pop()
            raise PermissionError(13, "Permission denied", "/srv/lake")
        return ""

    said = kept(project, reaches, rounds=302)
    assert said == [*["reaches: Permission denied: /srv/lake"] * 3, "reaches works again"], "300 times 5 s are 25 min"


def test_when_a_job_is_due_does_not_depend_on_the_clock_of_the_day(tmp_path: Path) -> None:
    steps, began = [0, 30, -30, 400, 0], [0]

    def notes(_project: Project, now_us: int) -> str:
        began.append((now_us - NOW_US) // (24 * HOUR_US))
        return ""

    root = make_project(tmp_path)
    with closing(Project(settings=load(root), now=lambda: NOW_US + steps[len(began) - 1] * 24 * HOUR_US)) as project:
        assert kept(project, notes, rounds=8, step_s=2.5) == []
    assert began[1:] == steps[:4], "every second round, whatever day it is said to be"
