"""What a decode replaces is kept where that is asked for, by nothing else, and goes when its rows go."""

from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pytest

import telltale as tt
from telltale.arrow import Decode, Tables
from telltale.contract import Raw
from telltale.lake.gc import gc
from telltale.lake.merge import merge
from telltale.lake.redecode import redecode
from telltale.lake.settle import settle_all
from telltale.lake.superseded import superseded
from telltale.operate import retention
from telltale.workbench.project import Project
from tests.lake_fixture import at, hear, set_clock, write_settings

HOUR_US = 3_600 * 10**6
DAY_US = 24 * HOUR_US
NOW_US = at("2026-11-20 12:00")


def heard(root: Path, *, keeps: bool) -> Project:
    """Sightings of a morning, decoded again by a decoder that says something else."""
    more = "[lake]\nkeep_superseded = true\n" if keeps else ""
    project = Project(write_settings(root, keep=False, more=more))
    set_clock(project, NOW_US)
    hear(project, ("3c:06:30:aa:bb:01", "2026-11-20 10:00", "2026-11-20 10:20"))
    settle_all(project.lake, now_us=NOW_US)
    project.lake.decode = louder(project)
    redecode(project.lake, now_us=NOW_US)
    return project


def louder(project: Project) -> Decode:
    def decode(source: str, raws: Sequence[Raw]) -> Tables:
        tables = project.decode(source, raws)
        rows = tables["sighting"]
        place = rows.schema.get_field_index("rssi_max_dbm")
        more = pc.add(rows["rssi_max_dbm"], pa.scalar(7, rows.schema.field(place).type))
        return tables | {"sighting": rows.set_column(place, rows.schema.field(place), more)}

    return decode


@pytest.mark.parametrize("keeps", [False, True])
def test_gc_leaves_what_is_kept(tmp_path: Path, *, keeps: bool) -> None:
    project = heard(tmp_path, keeps=keeps)
    assert set(tt.load("sighting", project=project)["rssi_max_dbm"]) == {-43}
    gc(project.lake, now_us=NOW_US + 3 * HOUR_US)
    rows = tt.superseded("sighting", project=project)
    assert rows["rssi_max_dbm"].tolist() == ([-50] * 3 if keeps else [])
    assert rows["superseded_at"].notna().all()
    assert [file.table_name for file in superseded(project.store)] == (["sighting"] if keeps else [])


def test_merging_keeps_nothing_and_a_decode_that_says_the_same_replaces_nothing(tmp_path: Path) -> None:
    project = heard(tmp_path, keeps=True)
    hear(project, ("3c:06:30:aa:bb:02", "2026-11-20 10:00", "2026-11-20 10:20"))
    settle_all(project.lake, now_us=NOW_US)
    before = superseded(project.store)
    merge(project.lake, now_us=NOW_US + 9 * DAY_US)
    redecode(project.lake, now_us=NOW_US)
    redecode(project.lake, now_us=NOW_US)
    assert superseded(project.store) == before
    project.lake.decode = project.decode
    redecode(project.lake, now_us=NOW_US)
    listed = {file.path for file in project.lake.snapshot().files}
    assert not listed & {file.path for file in superseded(project.store)}


def test_retention_removes_it_in_the_same_step(tmp_path: Path) -> None:
    project = heard(tmp_path, keeps=True)
    (file,) = superseded(project.store)
    retention.purge(project, now_us=NOW_US + DAY_US)
    assert project.lake.root.exists(file.path)
    retention.purge(project, now_us=NOW_US + 9 * DAY_US)
    assert superseded(project.store) == []
    assert not project.lake.root.exists(file.path)
