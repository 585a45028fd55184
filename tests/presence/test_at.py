"""What was known of visitors at a moment: days closed by then, open ones from sightings, and neither without them."""

from pathlib import Path

import pytest

import telltale as tt
from telltale.contract import ConfigError
from telltale.operate import retention
from telltale.workbench.project import Project
from tests.lake_fixture import at, hear, set_clock, write_settings

SIX = [f"3c:06:30:aa:bb:{number:02x}" for number in range(6)]


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Six visitors on each of four days; at the end of the week sightings of all have gone, their visits have not."""
    project = Project(write_settings(tmp_path, keep=False))
    for day in range(16, 20):
        hear(project, *((each, f"2026-11-{day} 10:00", f"2026-11-{day} 10:30") for each in SIX))
        set_clock(project, at(f"2026-11-{day} 12:00"))
        retention.purge(project, now_us=project.now_us())
    for day in (20, 21, 22, 23, 24):
        hear(project, (SIX[0], f"2026-11-{day} 10:00", f"2026-11-{day} 10:30"))
        set_clock(project, at(f"2026-11-{day} 12:00"))
        retention.purge(project, now_us=project.now_us())
    return project


def test_days_closed_by_then_are_told_and_open_ones_without_sightings_refused(project: Project) -> None:
    then = tt.at("2026-11-19 12:00", project=project)
    closed = then.presence.figures("2026-11-16", "2026-11-18").set_index(["label", "address_kind"])
    assert closed.loc[("2026-11-16", "all"), "visitors"] == len(SIX)
    assert closed["closed"].all()
    with pytest.raises(ConfigError, match=r"had not closed by 2026-11-19 12:00, and sightings of before 2026-11-\d\d"):
        then.presence.figures("2d")
    told = " ".join(then.not_restored)
    assert "rows of sighting that were removed" in told
    assert "raw records that were removed" in told
    assert "pseudonym keys of" in told


def test_a_day_that_closed_after_then_does_not_leak(project: Project) -> None:
    """Where its sightings are kept, it is so far."""
    then = tt.at("2026-11-24 10:10", project=project)
    (row,) = then.presence.figures("1d").query("address_kind == 'all'").to_dict("records")
    assert (row["seen"], row["so_far"], row["closed"]) == (1, True, False)
