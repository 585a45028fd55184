"""A project damaged in more than twenty ways comes back to the same answers wherever its raw bytes allow."""

import datetime as dt
import hashlib
import json
import shutil
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pyarrow as pa
import pytest
from click.testing import CliRunner

import telltale as tt
from telltale.cli import telltale
from telltale.contract import Raw, Scenario, TelltaleError
from telltale.lake import File
from telltale.lake.damage import Damaged
from telltale.lake.gc import gc
from telltale.lake.merge import merge
from telltale.lake.settle import settle_all
from telltale.operate import retention, upkeep
from telltale.operate.check import examine, files_from_outside, repair
from telltale.operate.finding import Finding
from telltale.operate.retention.closing import close_days
from telltale.simulate.play import backfill
from telltale.sources.efento import SOURCE as EFENTO
from telltale.tables import TABLES
from telltale.workbench import Project
from telltale.workbench.reading import relation
from tests.lake_fixture import ZONE, at, hear, write_settings

NOW = at("2026-11-23 12:00")
STORED = [name for name in TABLES if name != "sensor_day"]


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 3] ^= 0x40
    path.write_bytes(content)


def empty(path: Path) -> None:
    path.write_bytes(b"")


def zero_the_end(path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content[:-64] + bytes(64))


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three stations on two days that are closed, four hours of two sensors, a body that is no report; all settled."""
    root = write_settings(tmp_path_factory.mktemp("prepared") / "project")
    project = Project(root, now=lambda: NOW)
    for day in ("2026-11-19", "2026-11-20"):
        stays = [(f"3C:06:30:00:00:0{n}", f"{day} 0{8 + n}:00", f"{day} 1{n}:30") for n in (0, 1)]
        hear(project, *stays)
        settle_all(project.lake, now_us=NOW)
    landing = project.landing()
    start_s = at("2026-11-20 08:00") // 10**6
    scenario = Scenario(3, start_s, start_s + 4 * 3600, ZONE)
    list(backfill(EFENTO, scenario, project.settings.source("efento"), landing))
    landing.append(Raw(0, "cloudtrax", at("2026-11-20 09:00"), "127.0.0.1", "{}", b"no report"))
    landing.close()
    settle_all(project.lake, now_us=NOW)
    merge(project.lake, now_us=NOW)
    close_days(project, now_us=NOW)
    gc(project.lake, now_us=NOW + 2 * 3600 * 10**6)
    project.store.scrub()
    project.close()
    return root


@pytest.fixture
def project(prepared: Path, tmp_path: Path) -> Iterator[Project]:
    root = shutil.copytree(prepared, tmp_path / "project")
    project = Project(root, now=lambda: NOW)
    yield project
    project.close()


@pytest.fixture(scope="module")
def whole(prepared: Path) -> dict[str, str]:
    """The digest of each table of the undamaged project."""
    project = Project(prepared, now=lambda: NOW)
    made = digests(project)
    project.close()
    return made


def digests(project: Project) -> dict[str, str]:
    """One for the rows of each table, one for the raw records, one for answers about them."""
    view = project.view()
    made = {name: digest(relation(view, name).arrow()) for name in STORED}
    raw = [project.lake.root.read(file.path) for file in view.snapshot.of("raw")]
    made["raw"] = digest(pa.concat_tables(raw).sort_by("id"))
    made["figures"] = digest(pa.Table.from_pandas(tt.presence.figures("2026-11-19", "2026-11-21", project=project)))
    made["stats"] = digest(pa.Table.from_pandas(tt.sensors.stats("2026-11-19", "2026-11-21", project=project)))
    return made


def digest(rows: pa.Table) -> str:
    return hashlib.sha256("\n".join(sorted(map(repr, rows.to_pylist()))).encode()).hexdigest()


def of(project: Project, table_name: str, number: int = 0) -> Path:
    """The path of a listed file."""
    return Path(project.lake.path(project.lake.snapshot().of(table_name)[number]))


def swap(project: Project) -> None:
    one, other = of(project, "sighting"), of(project, "reading")
    content = one.read_bytes()
    one.write_bytes(other.read_bytes())
    other.write_bytes(content)


def sql(project: Project, text: str) -> None:
    project.store.close()
    with closing(sqlite3.connect(store_file(project))) as connection:
        connection.execute(text)
        connection.commit()


def store_file(project: Project) -> Path:
    return project.settings.data / "landing" / "telltale.db"


def closed(project: Project, harm: Callable[[Path], None]) -> None:
    """Harm the store's file, which nobody has open."""
    project.close()
    harm(store_file(project))


def overwrite(path: Path, begin: int, end: int) -> None:
    content = bytearray(path.read_bytes())
    content[begin:end] = b"\xff" * (end - begin)
    path.write_bytes(content)


def cut_all(project: Project, *names: str) -> None:
    for name in names:
        for file in project.lake.snapshot().of(name):
            cut(Path(project.lake.path(file)))


def every_decoded_file(project: Project) -> None:
    for file in project.lake.snapshot().files:
        if file.table_name != "raw":
            Path(project.lake.path(file)).unlink()


WAYS: dict[str, Callable[[Project], object]] = {
    "sightings cut": lambda project: cut(of(project, "sighting")),
    "sightings flipped": lambda project: flip(of(project, "sighting")),
    "sightings missing": lambda project: of(project, "sighting").unlink(),
    "sightings empty": lambda project: of(project, "sighting").write_bytes(b""),
    "sightings without an end": lambda project: zero_the_end(of(project, "sighting")),
    "sightings of both days cut": lambda project: cut_all(project, "sighting"),
    "heartbeats cut": lambda project: cut(of(project, "node_heartbeat")),
    "readings cut": lambda project: cut(of(project, "reading")),
    "readings missing": lambda project: of(project, "reading").unlink(),
    "readings longer": lambda project: of(project, "reading").write_bytes(
        of(project, "reading").read_bytes() + b"more"
    ),
    "device status flipped": lambda project: flip(of(project, "device_status")),
    "rejects cut": lambda project: cut(of(project, "reject")),
    "visits cut": lambda project: cut(of(project, "visit")),
    "figures of a day missing": lambda project: of(project, "presence_day").unlink(),
    "figures of hours flipped": lambda project: flip(of(project, "presence_hour")),
    "sightings and what was computed of them cut": lambda project: cut_all(
        project, "sighting", "visit", "presence_day", "presence_hour"
    ),
    "a table's folder gone": lambda project: shutil.rmtree(of(project, "sighting").parent.parent),
    "two files exchanged": swap,
    "all but the raw records gone": every_decoded_file,
    "a raw file listed by nobody": lambda project: sql(project, "delete from files where table_name = 'raw'"),
    "sightings listed by nobody": lambda project: sql(project, "delete from files where table_name = 'sighting'"),
    "nothing listed": lambda project: sql(project, "delete from files"),
    "store gone": lambda project: closed(project, Path.unlink),
    "store empty": lambda project: closed(project, empty),
    "store without its head": lambda project: closed(project, lambda path: overwrite(path, 0, 4096)),
    "store without its middle": lambda project: closed(project, lambda path: overwrite(path, 8192, 40960)),
    "store cut": lambda project: closed(project, cut),
}
"""Harm that the raw bytes allow to undo."""


def repaired(project: Project) -> list[Finding]:
    return list(repair(project, now_us=NOW))


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
