"""A telltale.toml of no bytes is one that a full disk or a loss of power emptied, where it said something before."""

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from telltale.contract import Raw
from telltale.landing import Spool, note, versions_at
from telltale.operate import doctor, retention, spools
from telltale.settings import SETTINGS_FILE
from telltale.workbench import Project
from telltale.workbench.settings_then import Emptied
from tests.lake_fixture import at, hear, write_settings
from tests.operate.damaging import of

HEARD = ("3C:06:30:00:00:07", "2026-11-20 11:00", "2026-11-20 11:10")
LATER = at("2026-12-20 12:00")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A month after a visitor of whom everything is kept, one record still in a spool that nobody owns."""
    root = write_settings(tmp_path / "project", keep=True)
    with closing(Project(root, now=lambda: LATER)) as project:
        hear(project, HEARD)
        project.note_settings()
        retention.purge_when_trusted(project, now_us=LATER)
        with closing(Spool(project.settings.spools, "http", most_records=9, most_bytes=1 << 20)) as spool:
            spool.append([Raw(0, "cloudtrax", at("2026-11-20 11:20"), "", "{}", b"{}")])
    return root


@pytest.fixture
def emptied(root: Path) -> Iterator[Project]:
    (root / SETTINGS_FILE).write_bytes(b"")
    with closing(Project(root, now=lambda: LATER)) as project:
        yield project


def test_nothing_is_removed_or_noted_by_settings_that_are_gone(emptied: Project) -> None:
    there = of(emptied, "sighting"), of(emptied, "raw")
    for remove in (
        lambda: retention.purge_when_trusted(emptied, now_us=LATER),
        emptied.note_settings,
    ):
        with pytest.raises(Emptied, match=r"telltale.toml: is empty, and said something before; .* put back what it"):
            remove()
    assert spools.expire(emptied) == 0
    assert all(path.exists() for path in there)
    (said,) = [each for each in doctor.examine(emptied) if "is empty" in each.found]
    assert (said.check, said.state) == ("settings", "wrong")


def test_a_comment_says_that_nothing_is_to_be_said(emptied: Project, root: Path) -> None:
    (root / SETTINGS_FILE).write_text("# all as it comes\n")
    emptied.note_settings()
    done = retention.purge_when_trusted(emptied, now_us=LATER)
    assert done.purged is not None
    assert done.purged.records > 0
    assert spools.expire(emptied) == 1


def test_one_that_was_always_empty_counts(tmp_path: Path) -> None:
    (tmp_path / SETTINGS_FILE).touch()
    with closing(Project(tmp_path, now=lambda: LATER)) as project:
        hear(project, HEARD)
        for _ in range(2):
            project.note_settings()
            assert retention.purge_when_trusted(project, now_us=LATER).purged is not None


def test_a_key_that_a_newer_telltale_knows_is_no_change(tmp_path: Path) -> None:
    (tmp_path / SETTINGS_FILE).touch()
    with closing(Project(tmp_path, now=lambda: LATER)) as project:
        project.note_settings()
        known = versions_at(project.store, LATER)[SETTINGS_FILE]
        older = json.loads(known.content or b"")
        del older["site"]["visit_retention_d"]
        note(project.store, {SETTINGS_FILE: json.dumps(older).encode()}, now_us=LATER)
        assert retention.purge_when_trusted(project, now_us=LATER).purged is not None
        note(project.store, {SETTINGS_FILE: json.dumps({**older, "sites": {"7": {}}}).encode()}, now_us=LATER + 1)
        with pytest.raises(Emptied):
            project.note_settings()


def test_a_file_called_as_a_table_stops_no_purge(root: Path) -> None:
    (root / SETTINGS_FILE).write_text("[site]\nkeep = false\n")
    with closing(Project(root, now=lambda: LATER)) as project:
        (Path(project.lake.root.shown) / "raw" / "lost.parquet").write_bytes(b"")
        (Path(project.lake.root.shown) / "reject").write_bytes(b"")
        assert retention.purge_when_trusted(project, now_us=LATER).purged is not None


def test_who_read_it_before_goes_on_by_what_it_said(root: Path) -> None:
    with closing(Project(root, now=lambda: LATER)) as project:
        assert project.settings.site.keep
        (root / SETTINGS_FILE).write_bytes(b"")
        project.note_settings()
        assert retention.purge_when_trusted(project, now_us=LATER).purged is not None
        assert of(project, "raw").exists()
