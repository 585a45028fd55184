"""A typed station is looked for on the days of the keys there are, and found wherever its rows lie."""

from pathlib import Path

import pyarrow.compute as pc
import pytest

import telltale as tt
from telltale.lake.settle import settle_all
from telltale.settings import load
from telltale.tables import SIGHTING
from telltale.workbench.project import Project
from tests.lake_fixture import SITE, at, hear, write_settings

STATION = "3c:06:30:aa:bb:01"


@pytest.mark.parametrize("rotation", ["day", "week", "month", "never"])
def test_all_of_its_sightings_are_found_under_any_rotation(tmp_path: Path, rotation: str) -> None:
    """Three days, one of them the night the clock is set back; one told ten days late, whose key is of another week."""
    now_us = at("2026-11-05 15:00")
    settings = load(write_settings(tmp_path, more=f'[site.{SITE}]\nrotation = "{rotation}"\n'))
    project = Project(settings=settings, now=lambda: now_us)
    hear(project, (STATION, "2026-10-24 23:00", "2026-10-25 05:00"), (STATION, "2026-11-05 09:00", "2026-11-05 09:30"))
    hear(project, (STATION, "2026-10-20 10:00", "2026-10-20 10:00"), received="2026-10-30 12:00")
    hear(project, ("3c:06:30:aa:bb:02", "2026-11-04 09:00", "2026-11-05 09:30"))
    settle_all(project.lake, now_us=now_us)
    hear(project, (STATION, "2026-11-05 14:00", "2026-11-05 14:00"))
    devices = project.pseudonymizer.candidates(STATION, SITE)
    every = project.view().table(SIGHTING.name).arrow()
    expected = sum(int(pc.sum(pc.equal(every["device"], device)).as_py()) for device in set(devices))
    assert tt.presence.count_sightings(station=STATION, project=project) == expected
    assert expected == 7 * 6 + 1 + 4 + 1 + 1
    of_a_day = tt.presence.sightings(station=STATION, since="2026-10-20", until="2026-10-21", project=project)
    assert of_a_day["flags"].tolist() == ["late"]
    assert tt.presence.last_seen(STATION, project=project)["last_seen"][0].timestamp() * 1e6 == at("2026-11-05 14:00")


def test_few_days_are_read_for_a_key_of_a_day(tmp_path: Path) -> None:
    """Of the days before the first key that is left not one file is read."""
    now_us = at("2026-11-05 15:00")
    project = Project(settings=load(write_settings(tmp_path)), now=lambda: now_us)
    hear(project, (STATION, "2026-10-24 10:00", "2026-10-24 12:00"), (STATION, "2026-11-04 09:00", "2026-11-05 09:30"))
    settle_all(project.lake, now_us=now_us)
    project.keys.destroy(SITE, at("2026-11-01 00:00"))
    (before,) = [file for file in project.lake.snapshot().of(SIGHTING.name) if file.day.month == 10]
    (project.lake.root.folder / before.path).write_bytes(b"nobody reads it")  # type: ignore[operator]  # it is local
    assert tt.presence.count_sightings(station=STATION, project=project) > 0
