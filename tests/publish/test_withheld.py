"""What tells of one person goes to nobody else: not alone, not in a summary, not as a failure."""

from contextlib import closing
from pathlib import Path

import pytest

from telltale.page.claims import Claim, Subject
from telltale.publish import ledger, schedule
from telltale.publish.making import Approve, Made, NotMade, Step
from telltale.publish.readers import Readers
from telltale.workbench.project import Project
from tests.publish.scheduled import World, make

TOML = """
[publish]
people = { Anna = "anna@example.org" }

[reports.hours]
notebook = "presence_dwell"
period = "day"
to = ["ops@example.org", "anna@example.org"]
"""
OF_ANNA = Claim(Subject("person", "Anna", "Anna"), "active_s", 3600, "s").data()


def _made(project: Project, readers: Readers, period: str, *, before: str, approve: Approve, step: Step) -> Made:
    done = make(project, readers, period, before=before, approve=approve, step=step)
    return done._replace(report=done.report._replace(claims=[OF_ANNA]))


def _failing(*_: object, **__: object) -> Made:
    raise NotMade("cell 7 failed", told="failed at cell 7", claims=[OF_ANNA])


@pytest.mark.parametrize("days", [1, 2])
def test_only_the_person_is_told_and_the_ledger_says_why(tmp_path: Path, days: int) -> None:
    world = World(tmp_path, TOML, now=f"2026-11-{13 + days} 01:00")
    for day in range(days):
        world.hears(f"2026-11-{13 + day} 10:00")
    with closing(world.project()) as project:
        assert schedule.once(project, make=_made).made == days
        for run in ledger.runs(project.store):
            assert '"ops@example.org" may not have it, since it tells of Anna' in run.reason
    assert world.recipients() == ["anna@example.org"]


def test_a_failure_is_told_to_the_person_alone(tmp_path: Path) -> None:
    world = World(tmp_path, TOML, now="2026-11-14 01:00")
    world.hears("2026-11-13 10:00")
    with closing(world.project()) as project:
        for _ in range(4):
            assert schedule.once(project, make=_failing).failed == 1
            world.now_us += 1_500_000_000
    assert world.recipients() == ["anna@example.org"]
