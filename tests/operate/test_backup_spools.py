"""Spools in a backup: each record that was acknowledged before it is in it, and is stored once where it is put back."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa

from telltale.contract import Raw
from telltale.lake.settle import settle_all
from telltale.landing import Spool
from telltale.landing.schema import SPOOLED
from telltale.landing.spooling import drained
from telltale.operate import spools
from telltale.operate.backup import make, restore
from telltale.workbench import Project
from tests.lake_fixture import at, hear, write_settings
from tests.landing.test_spool import bodies

NOW = at("2026-11-23 12:00")
WAITING = [b"w0", b"w1", b"w2"]


def project_in(folder: Path) -> Project:
    return Project(write_settings(folder), now=lambda: NOW)


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    """Three records wait in a spool, others are in the store, and in the lake."""
    with closing(project_in(tmp_path / "project")) as project:
        hear(project, ("3C:06:30:00:00:05", "2026-11-23 11:00", "2026-11-23 11:20"))
        settle_all(project.lake, now_us=NOW)
        hear(project, ("3C:06:30:00:00:06", "2026-11-23 11:30", "2026-11-23 11:40"))
        with closing(opened(project)) as spool:
            spool.append([Raw(0, "cloudtrax", NOW + n, "127.0.0.1", "{}", body) for n, body in enumerate(WAITING)])
        yield project


@pytest.fixture
def other(tmp_path: Path) -> Iterator[Project]:
    """An empty project of another folder."""
    with closing(project_in(tmp_path / "other")) as other:
        yield other


def opened(project: Project, number: int | None = None) -> Spool:
    return Spool(project.settings.spools, "http", most_records=10, most_bytes=10**6, number=number)


def drain(project: Project, most: int = 10) -> None:
    with closing(opened(project)) as spool:
        drained(spool, project.store, spool.first(most, 10**6), patience_s=5)


def as_before(project: Project) -> str:
    """Make the spool's file as it was before it noted its number, and return by what name the store knows it."""
    with closing(opened(project)) as spool, spool.store.writer() as connection:
        connection.execute(sa.text("delete from meta where key = 'number'"))
        number = connection.scalar(sa.text("select value from meta where key = 'spool'"))
    return f"http-1 {number:x}"


def waited(project: Project) -> list[bytes]:
    return [body for body in bodies(project.store) if body in WAITING]


@pytest.mark.parametrize("moment", ["spools", "raw", "files"])
def test_what_is_drained_while_a_backup_is_made_is_in_it_once(project: Project, other: Project, moment: str) -> None:
    """Between the copies of spools and store, within the store's, and after both."""
    steps: list[str] = []

    def progress(step: str, _done: int, _of: int) -> None:
        if step == moment and step not in steps:
            drain(project)
        steps.append(step)

    kept = str(project.settings.root.parent / "kept")
    make(project, kept, now_us=NOW, progress=progress)
    assert moment in steps
    assert waited(project) == WAITING

    restore(other, kept, now_us=NOW)
    spools.keep(other)
    assert waited(other) == WAITING


@pytest.mark.parametrize("is_old", [False, True], ids=["of now", "of before it noted its number"])
def test_a_spool_put_back_under_another_number_is_the_same_spool(
    project: Project, other: Project, *, is_old: bool
) -> None:
    """What of it is in the store is not stored again, and what either of the two takes from now on is."""
    if is_old:
        as_before(project)
    with closing(opened(other)) as spool:
        spool.append([Raw(0, "cloudtrax", NOW, "127.0.0.1", "{}", b"own")])
        own = spool.name
    kept = str(project.settings.root.parent / "kept")
    make(project, kept, now_us=NOW, progress=lambda step, *_: drain(project, 2) if step == "spools" else None)

    restore(other, kept, now_us=NOW)
    with closing(opened(other, 2)) as spool, closing(opened(project)) as original:
        assert spool.name == original.name
        assert spool.name.startswith("http-1 ")
        assert spool.name != own
        spool.append([Raw(0, "cloudtrax", NOW + 10, "127.0.0.1", "{}", b"later")])
    spools.keep(other)
    assert sorted(waited(other)) == WAITING
    assert {b"own", b"later"} <= set(bodies(other.store))


def test_a_spool_put_back_twice_stores_what_waits_once(project: Project, other: Project) -> None:
    """As where its own file is there still."""
    kept = str(project.settings.root.parent / "kept")
    make(project, kept, now_us=NOW)
    other.settings.spools.mkdir(parents=True)
    file = project.settings.spools / "http-1.db"
    (other.settings.spools / file.name).write_bytes(file.read_bytes())
    restore(other, kept, now_us=NOW)
    assert sorted(path.name for path in other.settings.spools.glob("*.db")) == ["http-1.db", "http-2.db"]
    with closing(opened(other, 1)) as first, closing(opened(other, 2)) as second:
        first.append([Raw(0, "cloudtrax", NOW + 10, "127.0.0.1", "{}", b"one")])
        second.append([Raw(0, "cloudtrax", NOW + 11, "127.0.0.1", "{}", b"two")])
    spools.keep(other)
    assert sorted(waited(other)) == WAITING
    assert {b"one", b"two"} <= set(bodies(other.store))


def test_a_restore_that_is_stopped_before_its_end_brings_spools_back_when_it_is_run_again(
    project: Project, other: Project
) -> None:
    kept = str(project.settings.root.parent / "kept")
    make(project, kept, now_us=NOW)

    def stop(step: str, _done: int, _of: int) -> None:
        if step == "raw":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        restore(other, kept, now_us=NOW, progress=stop)
    assert bodies(other.store) == []
    assert [path.name for path in other.settings.spools.glob("*.db")] == ["http-1.db"], (
        "once the store is full it is late"
    )
    restore(other, kept, now_us=NOW)
    spools.keep(other)
    assert waited(other) == WAITING


def test_notes_of_a_spool_that_had_not_noted_its_number_are_found(project: Project) -> None:
    name = as_before(project)
    with project.store.writer() as connection:  # as the drain did, which was killed before it took them out
        rows = [{"spool": name, "number": n + 1, "received_at": NOW + n, "at": NOW} for n in (0, 1)]
        connection.execute(SPOOLED.insert(), rows)
    drain(project)
    assert waited(project) == [b"w2"]
