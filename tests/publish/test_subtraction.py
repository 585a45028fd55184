"""Two reports of one period, and exports of any stretch: their difference never tells of fewer than k devices."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from telltale.publish import export
from telltale.publish.schedule import Done
from telltale.workbench.project import Project
from tests.lake_fixture import at, hear, set_clock, write_settings
from tests.publish.scheduled import World

TWO = """
[reports.narrow]
notebook = "presence_dwell"
period = "day"
parameters = { gap = "10min" }
to = ["ops@example.org"]
[reports.wide]
notebook = "presence_dwell"
period = "day"
parameters = { gap = "30min" }
to = ["city@example.org"]
"""


def world_with(folder: Path, *, parted: int) -> World:
    """Six and more devices that stay for ten minutes; some of them come back twenty minutes later."""
    world = World(folder, TWO, now="2026-11-14 02:00")
    minutes = range(0, 11, 5)
    heard = [(minute, device) for device in range(6 + parted) for minute in minutes]
    heard += [(minute + 30, device) for device in range(parted) for minute in minutes]
    world.hears_all([(f"2026-11-13 10:{minute:02}", device) for minute, device in heard])
    return world


def test_a_report_that_less_another_would_tell_of_one_device_is_held_back_and_says_so(tmp_path: Path) -> None:
    world = world_with(tmp_path, parted=1)
    assert world.passes() == Done(made=1, failed=1)
    runs = {run.report: run for run in world.ledger()}
    assert (runs["narrow"].state, runs["wide"].state) == ("done", "waiting")
    reason = runs["wide"].reason
    assert 'with gap = "30min" its visits of 2026-11-13 differ by fewer than 5' in reason
    assert 'report narrow with gap = "10min"' in reason
    toml = (tmp_path / "telltale.toml").read_text()
    (tmp_path / "telltale.toml").write_text(toml.replace("10min", "30min"))
    world.now_us += 60_000_000
    assert world.passes() == Done(made=1)


@pytest.mark.parametrize("parted", [0, 5])
def test_reports_that_are_alike_or_differ_by_k_are_both_made(tmp_path: Path, parted: int) -> None:
    world = world_with(tmp_path, parted=parted)
    assert world.passes() == Done(made=2)


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    """Six phones for an hour, and a seventh for half of it; it is noon."""
    made = Project(write_settings(tmp_path))
    set_clock(made, at("2026-11-20 12:00"))
    for number in range(6):
        hear(made, (f"3c:06:30:aa:bb:0{number}", "2026-11-19 10:00", "2026-11-19 11:00"))
    hear(made, ("3c:06:30:aa:bb:07", "2026-11-19 10:30", "2026-11-19 11:00"))
    with closing(made):
        yield made


@pytest.mark.parametrize(
    ("since", "until"),
    [("2026-11-19 10:00", "2026-11-19 10:30"), ("2026-11-19", "2026-11-19 23:00"), ("2026-11-19 10:31", "2026-11-20")],
)
def test_figures_leave_for_whole_days_alone(project: Project, since: str, until: str) -> None:
    whole = export.asked("presence.dwell_bands", since="2026-11-19", until="2026-11-20", project=project)
    part = export.asked("presence.dwell_bands", since=since, until=until, project=project)
    assert part.table.to_pylist() == whole.table.to_pylist()
    assert part.about["Asked"] == "since = 2026-11-19, until = 2026-11-20"
    own = export.asked("presence.dwell_bands", since=since, until=until, is_owner=True, project=project)
    assert until in own.about["Asked"], "the owner's own is of what was asked"
