"""Damaged spools: the others are kept, what can be read of one is stored, and the rest is counted."""

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner

import telltale as tt
from telltale.cli import telltale
from telltale.contract import Raw, StoreError
from telltale.forget import forget, subject_of
from telltale.landing import Spool
from telltale.landing.spooling import drained
from telltale.operate import spools, upkeep
from telltale.operate.backup import make
from telltale.operate.check import examine, repair, spools_again
from telltale.publish import exported
from telltale.settings import load
from telltale.workbench.project import Project
from tests.lake_fixture import at, report, write_settings
from tests.landing.test_spool import bodies

NOW = at("2026-11-20 12:00")
RECORDS, PAGE = 200, 4096
PHONE = "3e:06:30:aa:bb:01"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return write_settings(tmp_path / "project", keep=False, more="\n[landing]\nspool = true\nbusy_timeout_s = 0.2\n")


def project_at(root: Path) -> Project:
    return Project(root, now=lambda: NOW)


def opened(root: Path, name: str) -> Spool:
    return Spool(load(root).spools, name, most_records=1000, most_bytes=1 << 22)


def waits(root: Path, name: str = "http", records: int = RECORDS) -> Path:
    """So many records wait, a kilobyte each; the file, in which they all are."""
    with closing(opened(root, name)) as spool:
        spool.append([Raw(0, "efento", NOW, "", "{}", b"%04d" % number * 256) for number in range(records)])
        spool.store.scrub()
        return spool.path


def overwrite(path: Path, first: int, last: int) -> None:
    """Pages of the file, as a bad disk would."""
    content = bytearray(path.read_bytes())
    content[first * PAGE : last * PAGE] = b"\xff" * ((last - first) * PAGE)
    path.write_bytes(content)


def middle(path: Path) -> None:
    """Some pages of records, others before and after them."""
    pages = path.stat().st_size // PAGE
    overwrite(path, pages - 20, pages - 17)


def numbers(project: Project) -> list[int]:
    return sorted(int(body[:4]) for body in bodies(project.store))


def test_what_can_be_read_is_stored_and_the_rest_is_counted(root: Path) -> None:
    path = waits(root)
    waits(root, "coap", 2)
    middle(path)
    with closing(project_at(root)) as project:
        with pytest.raises(StoreError, match=r"http-1.db is damaged .*check --repair"):
            upkeep.spools(project, NOW)
        assert numbers(project) == [0, 1], "the other spool does not wait for it"
        wrong = [each for each in examine(project, quick=True) if each.state == "wrong"]
        assert [(each.check, "check --repair" in each.fix) for each in wrong] == [("spools", True)]

        saved, lost = repair(project, now_us=NOW)

        assert (saved.state, lost.state) == ("ok", "wrong")
        kept = int(saved.found.rpartition(": ")[2].split()[0])
        missing = int(lost.found.split("at least ")[1].split()[0])
        assert kept + missing == RECORDS
        assert 100 < kept < RECORDS
        assert "the damaged one is kept: " in lost.fix
        assert upkeep.spools(project, NOW) == f"spools that no collector uses: {kept} records stored"
        assert len(bodies(project.store)) == 2 + kept
        assert list(repair(project, now_us=NOW)) == []


def test_a_repair_of_a_spool_that_is_stopped_takes_nothing_away(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stopped(*_args: object) -> None:
        raise KeyboardInterrupt

    path = waits(root)
    middle(path)
    damaged = path.read_bytes()
    with closing(project_at(root)) as project:
        for step in ("readable_rows", "give_on", "last_given"):
            with monkeypatch.context() as patch:
                patch.setattr(spools_again, step, stopped)
                with pytest.raises(KeyboardInterrupt):
                    list(repair(project, now_us=NOW))
            assert path.read_bytes() == damaged
        saved, _lost = repair(project, now_us=NOW)
        assert int(saved.found.rpartition(": ")[2].split()[0]) > 100
        assert list(path.parent.glob(".*saving*")) == []


def test_of_a_spool_without_its_head_nothing_says_how_many_waited(root: Path) -> None:
    path = waits(root)
    overwrite(path, 0, 1)
    with closing(project_at(root)) as project:
        (said,) = spools.spools(project)
        assert said.state == "wrong"
        assert "check --repair" in said.fix
        table = tt.health.spools(project=project)
        assert table["records"].isna().tolist() == [True], "what waits in it is not known"
        left_out = make(project, str(root.parent / "kept"), now_us=NOW).left_out
        assert any("http-1.db is damaged" in each for each in left_out)
        saved, lost = repair(project, now_us=NOW)
        assert "0\N{NO-BREAK SPACE}records of it wait in a new one" in saved.found
        assert "how many more waited nothing says" in lost.found
        assert [row.what for row in exported.past(project.store, now_us=NOW + 25 * 3600 * 10**6)] == [
            "damaged spool http-1.db"
        ], "whoever is in it, it is named once it is past its time"
    waits(root, records=1)  # its collector goes on


def test_a_spool_that_a_collector_has_open_is_left_to_it(root: Path) -> None:
    waits(root)
    with closing(project_at(root)) as project, closing(opened(root, "http")) as spool:
        middle(spool.path)
        (finding,) = repair(project, now_us=NOW)
        assert finding.state == "wrong"
        assert "has it open" in finding.found
        assert "stop it" in finding.fix


def test_a_collector_whose_spool_is_damaged_begins_another_one(root: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = waits(root)
    middle(path)
    with closing(opened(root, "http")) as spool:
        assert spool.path.name == "http-2.db"
        spool.append([Raw(0, "efento", NOW, "", "{}", b"0200")])
        assert "http-1.db is damaged, the next file is used" in caplog.text
        with closing(project_at(root)) as project:
            assert next(repair(project, now_us=NOW)).state == "ok", "nobody has the damaged one open"
            assert upkeep.spools(project, NOW)
            assert len(bodies(project.store)) > 100


def test_what_was_stored_before_the_damage_is_not_stored_twice(root: Path) -> None:
    path = waits(root)

    class Ended(Exception):
        pass

    def stop(step: str) -> None:
        if step == "drain:2 committed":
            raise Ended

    with closing(project_at(root)) as project:
        with closing(opened(root, "http")) as spool, pytest.raises(Ended):
            drained(spool, project.store, spool.first(50, 1 << 20), patience_s=1, step=stop)
        middle(path)
        list(repair(project, now_us=NOW))
        upkeep.spools(project, NOW)
        stored = numbers(project)
        assert len(stored) == len(set(stored)) > 100


@pytest.mark.parametrize("harm", [middle, lambda _path: None], ids=["damaged", "whole"])
def test_forgetting_removes_a_spool_that_was_set_aside(root: Path, harm: Callable[[Path], None]) -> None:
    aside = load(root).data / "damaged" / "2026-11-20T000000Z" / "http-1.db"
    aside.parent.mkdir(parents=True)
    heard = [(PHONE, -50, NOW // 10**6 - 60, NOW // 10**6)]
    with closing(sqlite3.connect(aside)) as database:
        database.execute("create table raw (body blob)")
        database.executemany("insert into raw values (?)", [(report("ac:86:74:11:22:33", heard) * 9,)] * 40)
        database.commit()
    harm(aside)
    other, killed = load(root).data / "theirs.db", load(root).data / ".backup-x1" / "store.db"
    killed.parent.mkdir()
    for each in (other, killed):
        each.write_bytes(aside.read_bytes())
    with closing(project_at(root)) as project:
        done = forget(project, subject_of(project, PHONE), now_us=NOW)
    assert not aside.exists()
    assert not killed.exists()
    assert other.exists()
    assert any("theirs.db is a database that names it" in note for note in done.notes)


def test_a_purge_goes_on_without_a_damaged_spool_and_names_it(root: Path) -> None:
    middle(waits(root))
    ended = CliRunner().invoke(telltale, ["--project", str(root), "purge"])
    assert ended.exit_code == 0, ended.output
    ended = CliRunner().invoke(telltale, ["--project", str(root), "check", "--repair", "--json"])
    assert {each["state"] for each in json.loads(ended.stdout)} >= {"ok", "wrong"}
