"""A project damaged in more than twenty ways comes back to the same answers wherever its raw bytes allow."""

import datetime as dt
import json
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

import telltale as tt
from telltale.cli import telltale
from telltale.contract import TelltaleError
from telltale.lake import File
from telltale.lake.damage import Damaged
from telltale.lake.gc import gc
from telltale.lake.settle import settle_all
from telltale.operate import retention, upkeep
from telltale.operate.check import examine, files_from_outside
from telltale.workbench import Project
from tests.lake_fixture import at, hear
from tests.operate.damaging import (
    NOW,
    WAYS,
    closed,
    cut,
    digests,
    empty,
    flip,
    of,
    overwrite,
    repaired,
    sql,
)
from tests.stores import Server


@pytest.fixture(scope="module")
def whole(prepared: Path) -> dict[str, str]:
    """The digest of each table of the undamaged project."""
    project = Project(prepared, now=lambda: NOW)
    made = digests(project)
    project.close()
    return made


@pytest.mark.parametrize("harm", WAYS.values(), ids=WAYS)
def test_what_is_damaged_comes_back(project: Project, whole: dict[str, str], harm: Callable[[Project], object]) -> None:
    harm(project)

    findings = repaired(project)

    assert findings
    assert digests(project) == whole
    assert [finding.found for finding in findings if finding.state == "wrong" and finding.check != "store"] == []
    left = [finding for finding in examine(project, quick=False) if finding.state == "wrong"]
    assert left == []
    assert repaired(project) == [], "there is nothing left to do"


@pytest.mark.parametrize("table_name", ["sighting", "presence_day", "raw"])
def test_a_folder_in_place_of_a_file_is_set_aside(project: Project, whole: dict[str, str], table_name: str) -> None:
    path = of(project, table_name)
    path.unlink()
    path.mkdir()
    (path / "note.txt").write_text("somebody's")

    findings = repaired(project)

    assert all("is a folder" in finding.found for finding in findings)
    (kept,) = (project.settings.data / "damaged").rglob("note.txt")
    assert kept.read_text() == "somebody's"
    if table_name == "raw":
        assert str(kept.parents[0]).endswith(".parquet")
        assert "kept in" in findings[0].fix
    else:
        assert digests(project) == whole
    assert [finding for finding in examine(project, quick=False) if finding.state == "wrong"] == []


def test_each_harm_is_found_before(project: Project) -> None:
    """What a look from outside finds, and what only reading every byte does."""
    assert [finding.state for finding in examine(project, quick=False)] == ["ok"] * 4
    assert [*files_from_outside(project)] == []
    flip(of(project, "sighting"))
    assert [*files_from_outside(project)] == []
    assert [finding.check for finding in examine(project, quick=False) if finding.state == "wrong"] == ["files"]
    cut(of(project, "reading"))
    (finding,) = files_from_outside(project)
    assert "reading/day=2026-11-20" in finding.found
    assert finding.fix == 'run "telltale check --repair"'


def test_a_lost_raw_file_costs_its_records_and_says_which(project: Project, whole: dict[str, str]) -> None:
    file = next(file for file in project.lake.snapshot().of("raw") if file.source == "efento")
    cut(Path(project.lake.path(file)))

    (finding,) = repaired(project)

    assert finding.state == "wrong"
    assert f"{file.rows} raw records of efento lost, ids {file.first_raw_id:,} to {file.last_raw_id:,}" in (
        finding.found.replace("\N{NO-BREAK SPACE}", " ")
    )
    after = {name: made for name, made in digests(project).items() if name != "raw"}
    assert after == {name: made for name, made in whole.items() if name != "raw"}, "their rows stay"
    with pytest.raises(TelltaleError, match=f"raw {file.first_raw_id}: its bytes are lost"):
        tt.raw(file.first_raw_id, project=project)
    notes = [finding for finding in examine(project, quick=False) if finding.state != "ok"]
    assert [note.check for note in notes] == ["lost", "aside"]
    (kept,) = (project.settings.data / "damaged").rglob("*.parquet")
    assert kept.stat().st_size == file.bytes // 2, "what was damaged is kept as it was"
    assert kept.stat().st_mode & 0o077 == 0


def test_rows_of_lost_records_are_lost_too_and_said(project: Project) -> None:
    for table_name in ("raw", "sighting"):
        for file in project.lake.snapshot().of(table_name):
            if file.source == "cloudtrax" and file.day == dt.date(2026, 11, 19):
                cut(Path(project.lake.path(file)))

    findings = [finding for finding in repaired(project) if finding.state == "wrong"]

    assert [("raw records" in finding.found or "raw record" in finding.found) for finding in findings][-1]
    assert "0 of" in findings[-1].found
    assert findings[-1].found.endswith("their raw records are lost")
    assert project.lake.snapshot().of("sighting", until=dt.date(2026, 11, 20)) == ()


@pytest.mark.parametrize("harm", [cut, flip, Path.unlink, empty])
def test_a_question_about_a_damaged_file_names_it_and_the_command(
    project: Project, harm: Callable[[Path], None]
) -> None:
    file: File = project.lake.snapshot().of("reading")[0]
    harm(Path(project.lake.path(file)))
    asked: list[Callable[[], object]] = [
        lambda: tt.load("reading", project=project),
        lambda: tt.sql("select count(*), sum(value), min(meta), max(unit), min(text) from reading", project=project),
        lambda: tt.sensors.stats("2026-11-20", "2026-11-21", project=project),
    ]
    said = [sentence for ask in asked if (sentence := _refusal(ask))]
    assert len(said) == len(asked) or harm is flip, "a flipped byte may go unseen by a question: check reads every byte"
    for sentence in said:
        assert file.path in sentence
        assert sentence.endswith('run "telltale check --repair"')
    assert len(tt.load("sighting", project=project)) > 0, "other tables answer"


def test_upkeep_goes_on_without_a_damaged_file_and_names_it(project: Project) -> None:
    """Not one damaged file keeps retention, closing, merging from all else."""
    sql(project, "delete from closed_day")
    damaged = project.lake.snapshot().of("sighting")[0]
    cut(Path(project.lake.path(damaged)))

    purged = retention.purge(project, now_us=NOW)

    assert purged.closed == 0, "the first day waits, and so do those after it"
    assert list(project.lake.left_out()) == [damaged.path]
    repaired(project)
    assert retention.purge(project, now_us=NOW).closed == 2


def test_upkeep_says_what_its_jobs_leave_out_once(project: Project) -> None:
    sql(project, "delete from file_fact")
    cut(of(project, "sighting"))
    said: list[str] = []
    stop = threading.Event()

    def count(_project: Project, _now_us: int) -> str:
        rounds.append(None)
        if len(rounds) == 3:
            stop.set()
        return ""

    rounds: list[None] = []
    jobs = [upkeep.Job(0, upkeep.note_facts), upkeep.Job(0, count)]
    upkeep.keep(project, stop, say=said.append, jobs=jobs, steady_s=lambda: float(len(rounds)), tick_s=0.0)

    (sentence,) = said
    assert sentence.startswith("note_facts: left out: lake ")
    assert sentence.endswith('run "telltale check --repair"')


def test_retention_removes_a_damaged_file_whose_rows_are_all_due(project: Project) -> None:
    toml = project.settings.root / "telltale.toml"
    toml.write_text(toml.read_text().replace("keep = true", "keep = false"))
    project.close()
    project = Project(project.settings.root, now=lambda: NOW)
    for file in project.lake.snapshot().of("sighting"):
        cut(Path(project.lake.path(file)))
    retention.purge(project, now_us=at("2026-12-24 12:00"))
    assert [file.day.day for file in project.lake.snapshot().of("sighting")] == [], "damage keeps nothing alive"
    project.close()


def test_gc_leaves_the_files_of_a_lost_store_and_settle_says_so(project: Project) -> None:
    closed(project, Path.unlink)
    hear(project, ("3C:06:30:00:00:07", "2026-11-23 11:00", "2026-11-23 11:10"))
    before = {found.path for found in project.lake.root.walk()}

    assert gc(project.lake, now_us=NOW + 24 * 3600 * 10**6).files == 0
    with pytest.raises(TelltaleError, match="its own file was lost"):
        settle_all(project.lake, now_us=NOW)

    assert {found.path for found in project.lake.root.walk()} == before


@pytest.mark.slow
def test_of_an_emptied_server_the_lake_is_listed_again(
    project: Project, whole: dict[str, str], postgresql: Server
) -> None:
    """A database on a server that was lost, and an empty one in its place: the same command lists the lake again."""
    toml = project.settings.root / "telltale.toml"
    with postgresql.one() as url:
        toml.write_text(f'{toml.read_text()}[paths]\nstore_url = "{url}"\n')
        project.close()
        project = Project(project.settings.root, now=lambda: NOW)
        (found,) = [each for each in examine(project, quick=False) if "does not know" in each.found]
        assert "its database was emptied, or is another" in found.found
        assert "check --repair" in found.fix
        done = repaired(project)
        assert any(each.state == "ok" and "listed again" in each.found for each in done)
        assert any(each.state == "note" and "only the store held" in each.found for each in done)
        assert digests(project) == whole
        assert _wrong(project) == []
        before = {raw_id for file in project.lake.snapshot().of("raw") for raw_id in _ids(project, file)}
        hear(project, ("3C:06:30:00:00:07", "2026-11-23 11:00", "2026-11-23 11:10"))
        assert min(raw.id for raw in project.lake.snapshot().hot) > max(before) + 100_000, "those lost hot had numbers"
        assert (project.moment().through_id or 0) >= max(before), "answers and reports know of all that is listed"
        settle_all(project.lake, now_us=NOW)
        assert _wrong(project) == []
        project.close()


@pytest.mark.slow
def test_records_that_came_after_a_server_was_emptied_get_new_numbers(
    project: Project, whole: dict[str, str], postgresql: Server
) -> None:
    """As on SQLite; what arrives afterwards is given none of the new numbers, either."""
    before = {raw_id for file in project.lake.snapshot().of("raw") for raw_id in _ids(project, file)}
    toml = project.settings.root / "telltale.toml"
    with postgresql.one() as url:
        toml.write_text(f'{toml.read_text()}[paths]\nstore_url = "{url}"\n')
        project.close()
        project = Project(project.settings.root, now=lambda: NOW)
        hear(project, ("3C:06:30:00:00:07", "2026-11-23 11:00", "2026-11-23 11:10"))
        assert before & {raw.id for raw in project.lake.snapshot().hot}

        findings = repaired(project)

        assert any("got new numbers" in finding.found for finding in findings)
        assert digests(project)["raw"] == whole["raw"]
        renumbered = {raw.id for raw in project.lake.snapshot().hot}
        assert min(renumbered) > max(before)
        hear(project, ("3C:06:30:00:00:07", "2026-11-23 11:20", "2026-11-23 11:20"))
        later = {raw.id for raw in project.lake.snapshot().hot} - renumbered
        assert min(later) > max(renumbered)
        assert (project.moment().through_id or 0) >= max(later)
        settle_all(project.lake, now_us=NOW)
        assert _wrong(project) == []
        project.close()


def test_records_that_came_after_a_store_was_lost_get_new_numbers(project: Project, whole: dict[str, str]) -> None:
    before = {raw_id for file in project.lake.snapshot().of("raw") for raw_id in _ids(project, file)}
    closed(project, Path.unlink)
    hear(project, ("3C:06:30:00:00:07", "2026-11-23 11:00", "2026-11-23 11:10"))

    findings = repaired(project)

    assert any("got new numbers" in finding.found for finding in findings)
    assert digests(project)["raw"] == whole["raw"]
    hot = [raw.id for raw in project.lake.snapshot().hot]
    assert len(hot) == 2
    assert min(hot) > max(before)
    hear(project, ("3C:06:30:00:00:07", "2026-11-23 11:20", "2026-11-23 11:20"))
    assert project.store.last_id() > max(before) + 100_000, "those that were lost hot had numbers, too"
    settle_all(project.lake, now_us=NOW)
    assert not [finding for finding in examine(project, quick=False) if finding.state == "wrong"]


def test_what_can_be_read_of_a_damaged_store_is_saved(project: Project) -> None:
    hear(project, ("3C:06:30:00:00:07", "2026-11-23 11:00", "2026-11-23 11:10"))
    hot = project.lake.snapshot().hot
    project.store.scrub()
    closed(project, lambda path: overwrite(path, path.stat().st_size - 4096, path.stat().st_size))

    findings = repaired(project)

    assert "was damaged" in findings[0].found
    assert project.lake.snapshot().hot == hot


def test_the_command_tells_by_its_exit_code(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TELLTALE_HOME", str(project.settings.root))

    def run(*words: str) -> tuple[int, list[dict[str, str]]]:
        ended = CliRunner().invoke(telltale, ["check", *words, "--json"])
        return ended.exit_code, json.loads(ended.stdout)

    assert run()[0] == run("--quick")[0] == 0
    cut(of(project, "reading"))
    code, findings = run("--quick")
    assert (code, [finding["state"] for finding in findings].count("wrong")) == (1, 1)
    code, findings = run("--repair")
    assert (code, findings[0]["check"]) == (0, "files")
    assert run()[0] == 0
    assert CliRunner().invoke(telltale, ["check", "--quick", "--repair"]).exit_code != 0


def _wrong(project: Project) -> list[str]:
    """What is wrong, but that the tests' server is in a hurry."""
    found = [each.found for each in examine(project, quick=False) if each.state == "wrong"]
    return [said for said in found if "fsync" not in said and "full_page_writes" not in said]


def _refusal(ask: Callable[[], object]) -> str:
    """What a question is refused with; empty where it is answered."""
    try:
        ask()
    except Damaged as error:
        return str(error)
    return ""


def _ids(project: Project, file: File) -> list[int]:
    ids: list[int] = project.lake.root.read(file.path, ["id"])["id"].to_pylist()
    return ids
