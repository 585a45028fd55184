"""A repair of a damaged store or spool that is stopped part-way has taken nothing away."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from telltale.lake.gc import gc
from telltale.operate.check import examine, repair, store_again
from telltale.workbench import Project
from tests.lake_fixture import hear
from tests.operate.damaging import NOW, closed, digests, overwrite, repaired, store_file

WEEK_US = 7 * 24 * 3600 * 10**6
PAGE = 4096


def stopped(*_args: object) -> None:
    raise KeyboardInterrupt


def test_a_repair_of_a_store_that_is_stopped_loses_no_record(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    hear(project, ("3C:06:30:00:00:07", "2026-11-23 11:00", "2026-11-23 11:10"))
    hot = project.lake.snapshot().hot
    project.store.scrub()
    closed(project, lambda path: overwrite(path, path.stat().st_size - PAGE, path.stat().st_size))
    damaged = store_file(project).read_bytes()
    for step in ("readable_rows", "give_on", "_kept"):
        with monkeypatch.context() as patch:
            patch.setattr(store_again, step, stopped)
            with pytest.raises(KeyboardInterrupt):
                repaired(project)
        assert store_file(project).read_bytes() == damaged

    assert "was damaged" in repaired(project)[0].found

    assert project.lake.snapshot().hot == hot
    assert [path.name for path in store_file(project).parent.glob(".*")] == []
    (kept,) = (project.settings.data / "damaged").rglob("telltale.db")
    assert kept.read_bytes() == damaged


def test_a_store_behind_a_link_is_made_anew_where_it_lies(project: Project) -> None:
    hear(project, ("3C:06:30:00:00:07", "2026-11-23 11:00", "2026-11-23 11:10"))
    hot = project.lake.snapshot().hot
    project.store.scrub()
    project.close()
    file = store_file(project)
    real = project.settings.data / "big" / "store.db"
    real.parent.mkdir(0o700)
    file.rename(real)
    file.symlink_to(Path("..") / "big" / "store.db")
    overwrite(real, real.stat().st_size - PAGE, real.stat().st_size)

    assert "was damaged" in repaired(project)[0].found

    assert file.is_symlink()
    assert project.lake.snapshot().hot == hot
    (kept,) = (project.settings.data / "damaged").rglob("store.db")
    assert not kept.is_symlink()


def test_files_that_a_torn_store_forgot_are_listed_again_and_gc_waits(project: Project, prepared: Path) -> None:
    whole = Project(prepared, now=lambda: NOW)
    paths, before = {file.path for file in whole.lake.snapshot().files}, digests(whole)
    whole.close()
    project.close()
    with closing(sqlite3.connect(store_file(project))) as connection:
        (page,) = connection.execute("select rootpage from sqlite_master where name = 'files'").fetchone()
    overwrite(store_file(project), (page - 1) * PAGE, page * PAGE)

    assert "was damaged" in next(repair(project, now_us=NOW)).found, "it is stopped once the store is saved"

    assert gc(project.lake, now_us=NOW + WEEK_US).files == 0
    assert any("are listed again" in each.found for each in examine(project, quick=True) if each.state == "wrong")
    assert any("listed again" in each.found for each in repaired(project))
    assert {file.path for file in project.lake.snapshot().files} == paths
    assert digests(project) == before
    assert repaired(project) == []
    assert [each for each in examine(project, quick=False) if each.state == "wrong"] == []


def test_some_rows_of_files_that_a_store_lost_are_listed_again(project: Project) -> None:
    paths = {file.path for file in project.lake.snapshot().files}
    project.close()
    with closing(sqlite3.connect(store_file(project))) as connection:
        connection.execute("delete from files where table_name in ('sighting', 'presence_day')")
        connection.execute("insert into meta (key, value) values ('relist', 1)")
        connection.commit()

    assert gc(project.lake, now_us=NOW + WEEK_US).files == 0
    repaired(project)

    assert {file.path for file in project.lake.snapshot().files} == paths
