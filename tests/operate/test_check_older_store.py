"""An older store put back over a newer lake: check says so, and what can be listed again is."""

import datetime as dt
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from telltale.contract import StoreError
from telltale.lake import files
from telltale.lake.gc import gc
from telltale.lake.orphans import unknown_records
from telltale.lake.relist import never_listed
from telltale.lake.settle import settle_all
from telltale.operate.check import examine
from telltale.operate.retention import purge
from telltale.operate.retention.limits import HOUR
from telltale.workbench import Project
from telltale.workbench.times import midnight
from tests.forget.small import forgotten
from tests.lake_fixture import hear
from tests.operate.damaging import NOW, cut, digests, of, repaired, store_file

WEEK_US = 7 * 24 * 3600 * 10**6


def with_the_older_store(project: Project, until: str = "11:10") -> None:
    """Records came and were settled, then the store of before was put back."""
    project.store.scrub()
    project.close()
    older = store_file(project).read_bytes()
    hear(project, ("3C:06:30:00:00:07", "2026-11-23 11:00", f"2026-11-23 {until}"))
    settle_all(project.lake, now_us=NOW)
    project.store.scrub()
    project.close()
    store_file(project).write_bytes(older)


def wrong(project: Project) -> list[str]:
    return [finding.found for finding in examine(project, quick=False) if finding.state == "wrong"]


def test_records_the_older_store_does_not_know_are_said_and_listed(project: Project) -> None:
    before = len(project.lake.snapshot().of("sighting"))
    with_the_older_store(project)

    (said,) = wrong(project)

    assert "with raw records that the store does not know, such as raw/source=cloudtrax/" in said
    assert any("listed again" in finding.found for finding in repaired(project))
    assert len(project.lake.snapshot().of("sighting")) == before + 1
    assert wrong(project) == []


def test_a_file_whose_numbers_were_given_again_keeps_no_other_repair(project: Project) -> None:
    with_the_older_store(project)
    hear(project, ("3C:06:30:00:00:09", "2026-11-23 11:20", "2026-11-23 11:30"))
    settle_all(project.lake, now_us=NOW)
    whole = digests(project)
    cut(of(project, "reading"))

    findings = repaired(project)

    assert [finding.state for finding in findings if finding.found.startswith("reading/")] == ["ok"]
    assert [finding.state for finding in findings if "whose numbers others have by now" in finding.found] == ["wrong"]
    assert digests(project) == whole, "no row of other records is listed"
    assert gc(project.lake, now_us=NOW + WEEK_US).files == 0
    (said,) = [finding for finding in examine(project, quick=False) if finding.state == "wrong"]
    assert "by numbers that others have by now" in said.found
    assert said.fix == "put back the store that listed them"


@pytest.fixture
def unknown(project: Project, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A raw file of three row groups that the store put back does not know."""
    monkeypatch.setattr(files, "_RAW_ROW_GROUP", 2)
    with_the_older_store(project, "11:55")
    (found,) = unknown_records(project.lake, never_listed(project.lake))
    path = Path(project.lake.root.absolute(found.path))
    assert pq.read_metadata(path).num_row_groups == 3
    return path


def test_of_a_damaged_file_it_does_not_know_what_is_whole_is_listed(project: Project, unknown: Path) -> None:
    of_file = pq.read_metadata(unknown)
    column = of_file.row_group(1).column(5)
    begin = column.dictionary_page_offset or column.data_page_offset
    rows = pq.read_table(unknown, partitioning=None)
    content = bytearray(unknown.read_bytes())
    content[begin + 40] ^= 0x10
    unknown.write_bytes(content)

    assert any("is listed nowhere, and holds other bytes than were written" in said for said in wrong(project))
    assert gc(project.lake, now_us=NOW + WEEK_US).files == 0, "it may be all there is"
    findings = repaired(project)

    kept = rows.num_rows - of_file.row_group(1).num_rows
    (said,) = [each.found for each in findings if "was listed nowhere" in each.found]
    assert "is damaged: 4 of 6\xa0raw records are whole" in said
    assert any(f"{kept}\xa0raw records" in each.found for each in findings if "listed again" in each.found)
    there = project.lake.snapshot().of("raw")
    ids = {number for file in there for number in project.lake.root.read(file.path, ["id"])["id"].to_pylist()}
    assert {*rows["id"].to_pylist()} - ids == {*rows["id"].slice(2, 2).to_pylist()}
    (aside,) = (project.settings.data / "damaged").rglob(unknown.name)
    assert aside.read_bytes() == bytes(content)
    assert not unknown.exists()
    assert wrong(project) == []


def test_a_damaged_file_it_does_not_know_without_an_end_is_kept_aside(project: Project, unknown: Path) -> None:
    cut(unknown)
    content = unknown.read_bytes()
    assert gc(project.lake, now_us=NOW + WEEK_US).files == 0

    findings = repaired(project)

    assert any("no raw record of it can be proven whole" in each.found for each in findings)
    (aside,) = (project.settings.data / "damaged").rglob(unknown.name)
    assert aside.read_bytes() == content
    assert not unknown.exists()
    assert wrong(project) == []


def test_an_unknown_file_in_no_folder_of_a_day_is_named(project: Project, unknown: Path) -> None:
    moved = unknown.rename(unknown.parent.parent / unknown.name)
    with pytest.raises(StoreError, match=r'parquet lies in "source=cloudtrax", expected a folder as day='):
        repaired(project)
    moved.rename(unknown)
    assert any("listed again" in each.found for each in repaired(project))


@pytest.mark.parametrize("damage", [cut, lambda _path: None], ids=["damaged", "whole"])
def test_a_file_it_does_not_know_stays_no_longer_than_others(
    project: Project, unknown: Path, damage: Callable[[Path], None]
) -> None:
    damage(unknown)
    harmless = unknown.parent.parent.parent / "source=efento" / "day=2026-11-20" / "other.parquet"
    harmless.parent.mkdir(parents=True, exist_ok=True)
    harmless.write_bytes(b"of nobody")
    settings = project.settings.root / "telltale.toml"
    settings.write_text(settings.read_text().replace("keep = true", "keep = false"))
    with closing(Project(project.settings.root, now=lambda: NOW)) as site:
        end = midnight(dt.date(2026, 11, 24), "UTC") + site.settings.site.raw_retention_h * HOUR

        purge(site, now_us=end - HOUR)
        assert unknown.exists()

        purge(site, now_us=end)
    assert not unknown.exists()
    assert harmless.exists()


@pytest.mark.parametrize("damage", [cut, lambda _path: None], ids=["damaged", "whole"])
def test_forgetting_says_what_it_has_not_searched(
    project: Project, unknown: Path, damage: Callable[[Path], None]
) -> None:
    damage(unknown)
    done = forgotten(project, "3C:06:30:00:00:07")
    (said,) = [note for note in done.notes if "not on its list" in note]
    assert unknown.name in said
    assert unknown.exists()
    repaired(project)
    done = forgotten(project, "3C:06:30:00:00:07")
    assert not [note for note in done.notes if "not on its list" in note]
