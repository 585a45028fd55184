"""Backups: of one moment while records come, each file once, and the same answers wherever they are put back."""

import hashlib
import json
import shutil
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pyarrow as pa
import pytest
from click.testing import CliRunner

import telltale as tt
from telltale.cli import telltale
from telltale.contract import ConfigError, Raw, StoreError, TelltaleError
from telltale.forget import forget, subject_of
from telltale.forget.backups import known
from telltale.lake.files import Root
from telltale.lake.gc import gc, leased
from telltale.lake.lock import Busy
from telltale.lake.merge import merge
from telltale.lake.objects import ObjectRoot
from telltale.lake.settle import settle_all
from telltale.landing import Spool
from telltale.operate import retention, upkeep
from telltale.operate.backup import backups, make, past, remove_due, restore
from telltale.operate.check import examine, repair
from telltale.operate.retention.closing import close_days
from telltale.tables import TABLES
from telltale.workbench import Project
from telltale.workbench.reading import relation
from tests.lake_fixture import at, hear, set_clock, write_settings
from tests.object_store import SECRETS_TOML, Answer, Asked, ObjectStore, proxied
from tests.stores import Server

NOW = at("2026-11-23 12:00")
HOUR = 3_600 * 10**6


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    """Two days with stations, the first one closed; the last report is not settled yet."""
    root = write_settings(tmp_path / "project")
    (root / "devices.csv").write_text("device_id,name\nnode,Hall\n")
    project = Project(root, now=lambda: NOW)
    for day in ("2026-11-19", "2026-11-20"):
        hear(project, *[(f"3C:06:30:00:00:0{n}", f"{day} 0{8 + n}:00", f"{day} 1{n}:30") for n in (0, 1)])
        settle_all(project.lake, now_us=NOW)
    close_days(project, now_us=NOW)
    hear(project, ("3C:06:30:00:00:05", "2026-11-23 11:00", "2026-11-23 11:20"))
    yield project
    project.close()


def digests(project: Project) -> dict[str, str]:
    """Of the rows of each table, of the raw records, hot ones included, and of some answers."""
    view = project.view()
    made = {name: digest(relation(view, name).arrow()) for name in TABLES if name != "sensor_day"}
    raw = [project.lake.root.read(file.path) for file in view.snapshot.of("raw")]
    made["raw"] = digest(pa.concat_tables(raw).sort_by("id"))
    made["hot"] = hashlib.sha256(repr([tuple(raw) for raw in view.snapshot.hot]).encode()).hexdigest()
    made["figures"] = digest(pa.Table.from_pandas(tt.presence.figures("2026-11-19", "2026-11-24", project=project)))
    made["health"] = digest(pa.Table.from_pandas(tt.health.devices(project=project), preserve_index=False))
    return made


def digest(rows: pa.Table) -> str:
    return hashlib.sha256("\n".join(sorted(map(repr, rows.to_pylist()))).encode()).hexdigest()


def elsewhere(folder: Path, *, store_url: str = "", keep: bool = True) -> Project:
    """An empty project of another folder."""
    more = f'[paths]\nstore_url = "{store_url}"\n' if store_url else ""
    return Project(write_settings(folder, keep=keep, more=more), now=lambda: NOW)


def with_keys_of(other: Project, project: Project) -> None:
    """Copy the keys, as their owner does."""
    for path in project.settings.keys.rglob("*"):
        if path.is_file():
            target = other.settings.keys / path.relative_to(project.settings.keys)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(path.read_bytes())


def test_what_is_put_back_elsewhere_answers_the_same(project: Project, tmp_path: Path) -> None:
    before = digests(project)
    made = make(project, str(tmp_path / "kept"), now_us=NOW)
    assert (made.new_files, made.records, made.expires_at) == (made.files, 3, None)
    other = elsewhere(tmp_path / "other")

    done = restore(other, str(tmp_path / "kept"), now_us=NOW)

    with_keys_of(other, project)  # hot records are decoded when they are asked for
    assert digests(other) == before
    assert done.settings == ("devices.csv",)
    assert "pseudonym keys" in done.not_in_it[0]
    assert [finding.found for finding in examine(other, quick=False) if finding.state == "wrong"] == []
    assert other.store.last_id() == project.store.last_id()
    with pytest.raises(StoreError, match="restore into a new project"):
        restore(other, str(tmp_path / "kept"), now_us=NOW)
    other.close()


@pytest.mark.slow
def test_a_backup_of_sqlite_goes_into_postgresql_and_back(project: Project, tmp_path: Path, postgresql: Server) -> None:
    make(project, str(tmp_path / "kept"), now_us=NOW)
    before = digests(project)
    with postgresql.one() as url:
        other = elsewhere(tmp_path / "other", store_url=url)
        restore(other, str(tmp_path / "kept"), now_us=NOW)
        with_keys_of(other, project)
        assert digests(other) == before
        hear(other, ("3C:06:30:00:00:05", "2026-11-23 11:30", "2026-11-23 11:30"))
        make(other, str(tmp_path / "again"), now_us=NOW)
        third = elsewhere(tmp_path / "third")
        restore(third, str(tmp_path / "again"), now_us=NOW)
        with_keys_of(third, project)
        assert digests(third) == digests(other) != before
        third.close()
        other.close()


@pytest.mark.slow
def test_a_backup_lies_in_an_object_store_and_a_lake_there_is_made_again(
    project: Project, tmp_path: Path, object_store: ObjectStore
) -> None:
    bucket, before = object_store.bucket(), digests(project)
    toml = project.settings.root / "telltale.toml"
    toml.write_text(f'{toml.read_text()}[s3]\nendpoint = "{object_store.url}"\n')
    with (project.settings.root / "secrets.toml").open("a") as file:
        file.write(SECRETS_TOML)
    project.close()
    project = Project(project.settings.root, now=lambda: NOW)
    made = make(project, f"s3://{bucket}/kept", now_us=NOW)
    assert made.new_files == made.files
    assert make(project, f"s3://{bucket}/kept", now_us=NOW + HOUR).new_files == 0
    other = Project(write_settings(tmp_path / "other", more=object_store.toml(bucket)), now=lambda: NOW)
    with (other.settings.root / "secrets.toml").open("a") as file:
        file.write(SECRETS_TOML)
    other = Project(other.settings.root, now=lambda: NOW)
    restore(other, f"s3://{bucket}/kept", now_us=NOW)
    with_keys_of(other, project)
    assert digests(other) == before
    lost, cut_short = other.lake.snapshot().of("sighting")
    content = other.lake.root.content(cut_short.path)
    assert other.lake.root.delete(lost.path)
    other.lake.root.write({cut_short.path: content.slice(0, 200)}, lambda _step: None, at_us=NOW)
    assert [finding.state for finding in repair(other, now_us=NOW)] == ["ok", "ok"]
    assert digests(other) == before
    other.close()
    project.close()


def test_a_later_backup_adds_what_is_new(project: Project, tmp_path: Path) -> None:
    first = make(project, str(tmp_path / "kept"), now_us=NOW)
    settle_all(project.lake, now_us=NOW)

    second = make(project, str(tmp_path / "kept"), now_us=NOW + HOUR)

    assert 0 < second.new_files == second.files - first.files
    assert second.records == 0
    assert [backup.name for backup in backups(project.store)] == [first.name, second.name]
    other = elsewhere(tmp_path / "other")
    assert restore(other, str(tmp_path / "kept"), name=first.name, now_us=NOW).files == first.files
    assert len(other.lake.snapshot().hot) == 3
    other.close()
    with pytest.raises(ConfigError, match="no backup"):
        restore(elsewhere(tmp_path / "third"), str(tmp_path / "kept"), name="2026", now_us=NOW)


def test_a_backup_is_of_one_moment_while_records_come_and_files_are_merged(project: Project, tmp_path: Path) -> None:
    stop, stored = threading.Event(), list[int]()

    def collect() -> None:
        with closing(Project(project.settings.root, now=lambda: NOW)) as mine:
            landing = mine.landing()
            while not stop.is_set():
                body = f"record {len(stored)}".encode()
                landing.append(Raw(0, "cloudtrax", NOW, "127.0.0.1", "{}", body))
                stored.append(len(stored))
            landing.close()

    def disturb(what: str, done: int, _of: int) -> None:
        """While files are copied, all of them are settled and merged, and gc would remove what is off the list."""
        if what == "files" and not disturbed:
            disturbed.append(done)
            settle_all(project.lake, now_us=NOW)
            merge(project.lake, now_us=NOW + 48 * HOUR)
            assert gc(project.lake, now_us=NOW + HOUR).lease.startswith("backup")

    disturbed: list[int] = []
    collector = threading.Thread(target=collect)
    collector.start()
    while len(stored) < 20:
        assert collector.is_alive()
    acknowledged = len(stored)
    make(project, str(tmp_path / "kept"), now_us=NOW, progress=disturb)
    stop.set()
    collector.join()

    other = elsewhere(tmp_path / "other")
    restore(other, str(tmp_path / "kept"), now_us=NOW)
    snapshot = other.lake.snapshot()
    bodies = [raw.body for raw in snapshot.hot]
    for file in snapshot.of("raw"):
        bodies += other.lake.root.read(file.path)["body"].to_pylist()
    kept = sorted(int(body.split()[1]) for body in bodies if body.startswith(b"record"))
    assert kept == list(range(len(kept))), "each once, without a gap"
    assert len(kept) >= acknowledged
    assert [finding.found for finding in examine(other, quick=False) if finding.check == "files"] != []
    wrong = [finding for finding in examine(other, quick=False) if finding.state == "wrong"]
    assert {finding.check for finding in wrong} <= {"keys"}, "they are in no backup"
    assert gc(project.lake, now_us=NOW + 2 * HOUR).lease == ""
    other.close()


def test_a_backup_with_rows_about_people_expires_and_the_next_removes_it(project: Project, tmp_path: Path) -> None:
    toml = project.settings.root / "telltale.toml"
    toml.write_text(toml.read_text().replace("keep = true", "keep = false"))
    project.close()
    project = Project(project.settings.root, now=lambda: NOW)
    place = tmp_path / "kept"
    first = make(project, str(place), now_us=NOW)
    assert first.expires_at == NOW + 24 * HOUR, "raw records of people's devices are kept for 24 h"
    assert past(project.store, now_us=NOW + 23 * HOUR) == []
    assert [backup.name for backup in past(project.store, now_us=NOW + 24 * HOUR)] == [first.name]
    later = NOW + 25 * HOUR
    with pytest.raises(ConfigError, match="whose time is over"):
        restore(elsewhere(tmp_path / "other", keep=False), str(place), now_us=later)
    other = elsewhere(tmp_path / "other", keep=False)
    restore(other, str(place), now_us=later, despite_expiry=True)
    set_clock(other, later)
    retention.purge(other, now_us=later)
    assert other.lake.snapshot().of("raw") == (), "what is due goes at once"
    other.close()

    set_clock(project, later)
    retention.purge(project, now_us=later)
    second = make(project, str(place), now_us=later)

    assert second.expired == (first.name,)
    assert past(project.store, now_us=later) == []
    there = {path.name for path in (place / "files").rglob("*.parquet")}
    assert there == {file.path.rpartition("/")[2] for file in project.lake.snapshot().files}
    assert [path.name for path in (place / "backups").iterdir() if any(path.iterdir())] == [second.name]
    project.close()


def test_a_damaged_backup_is_not_put_back(project: Project, tmp_path: Path) -> None:
    make(project, str(tmp_path / "kept"), now_us=NOW)
    *_, file = sorted((tmp_path / "kept" / "files" / "raw").rglob("*.parquet"))
    file.write_bytes(file.read_bytes()[:-1] + b"x")
    other = elsewhere(tmp_path / "other")
    with pytest.raises(StoreError, match="is not what was written; take an earlier backup"):
        restore(other, str(tmp_path / "kept"), now_us=NOW)
    assert other.lake.snapshot().files == ()
    assert [*other.lake.root.walk()] == [], "the lake is not left half filled"
    other.close()


def test_a_damaged_file_is_left_out_said_and_made_again_where_it_is_put_back(project: Project, tmp_path: Path) -> None:
    before = digests(project)
    file = project.lake.snapshot().of("sighting")[0]
    Path(project.lake.path(file)).write_bytes(b"")
    made = make(project, str(tmp_path / "kept"), now_us=NOW)
    assert any(file.path in each for each in made.left_out)
    other = elsewhere(tmp_path / "other")
    with_keys_of(other, project)
    restore(other, str(tmp_path / "kept"), now_us=NOW)
    list(repair(other, now_us=NOW))
    assert digests(other) == before
    other.close()


def test_what_waits_in_a_spool_and_no_secret_goes_along(project: Project, tmp_path: Path) -> None:
    spool = Spool(project.settings.spools, "webhooks", most_records=10, most_bytes=10**6)
    spool.append([Raw(0, "cloudtrax", NOW, "127.0.0.1", "{}", b"waits")])
    spool.close()
    assert digests(project)
    assert [*project.settings.keys.rglob("*.key")], "decoding has made some"
    make(project, str(tmp_path / "kept"), now_us=NOW)
    names = {path.name for path in (tmp_path / "kept").rglob("*")}
    assert not {name for name in names if name.endswith(".key") or name == "secrets.toml"}
    assert all(path.stat().st_mode & 0o077 == 0 for path in (tmp_path / "kept" / "backups").rglob("*"))
    other = elsewhere(tmp_path / "other")
    restore(other, str(tmp_path / "kept"), now_us=NOW)
    spool = Spool(other.settings.spools, "webhooks", most_records=10, most_bytes=10**6)
    assert [raw.body for raw in spool.first(5, 10**6)] == [b"waits"]
    spool.close()
    other.close()


def test_forgetting_removes_backups_within_reach_and_what_was_set_aside(project: Project, tmp_path: Path) -> None:
    make(project, str(tmp_path / "kept"), now_us=NOW)
    make(project, str(tmp_path / "unplugged"), now_us=NOW)
    (tmp_path / "unplugged").rename(tmp_path / "on a shelf")
    Path(project.lake.path(project.lake.snapshot().of("sighting")[0])).write_bytes(b"PAR1 3c:06:30")
    list(repair(project, now_us=NOW))
    assert [*(project.settings.data / "damaged").rglob("*.parquet")]
    subject = subject_of(project, "3C:06:30:00:00:00")
    listed = Path(project.lake.path(project.lake.snapshot().of("raw")[0]))
    orphan = listed.parent.parent / "day=2026-11-18" / listed.name
    orphan.parent.mkdir()
    shutil.copy2(listed, orphan)  # what a job left that ended before it listed it

    reach, remove = known(project, now_us=NOW)
    trial = forget(project, subject, now_us=NOW, is_trial=True, backups=reach, remove_backup=remove)
    assert [*(tmp_path / "kept").rglob("*.parquet")], "a trial removes nothing"
    done = forget(project, subject, now_us=NOW, backups=reach, remove_backup=remove)

    assert "backups" in {line.place for line in trial.lines}
    assert {line.place: line.removed for line in done.lines}["backups"] == 1
    assert any("unplugged" in note and "out of reach" in note for note in done.notes)
    assert any("make another" in note for note in done.notes)
    assert not [path for path in (tmp_path / "kept").rglob("*") if path.is_file()]
    assert not orphan.exists()
    assert not [*(project.settings.data / "damaged").rglob("*.parquet")]
    assert [Path(backup.place).name for backup in backups(project.store)] == ["unplugged"]


def test_forgetting_removes_a_backup_in_a_bucket_that_lets_us_in(
    project: Project, tmp_path: Path, object_store: ObjectStore
) -> None:
    bucket = object_store.bucket()
    toml = project.settings.root / "telltale.toml"
    toml.write_text(f'{toml.read_text()}[s3]\nendpoint = "{object_store.url}"\n')
    object_store.allow(project.settings.root)
    project.close()
    project = Project(project.settings.root, now=lambda: NOW)
    make(project, f"s3://{bucket}/kept", now_us=NOW)
    gone = object_store.bucket()
    make(project, f"s3://{gone}/kept", now_us=NOW + HOUR)
    subject = subject_of(project, "3C:06:30:00:00:00")

    with proxied(object_store, lambda asked: refused(asked, f"/{gone}/")) as url:
        toml.write_text(toml.read_text().replace(object_store.url, url))
        project.close()
        project = Project(project.settings.root, now=lambda: NOW)
        reach, remove = known(project, now_us=NOW)
        trial = forget(project, subject, now_us=NOW, is_trial=True, backups=reach, remove_backup=remove)
        done = forget(project, subject, now_us=NOW, backups=reach, remove_backup=remove)

    assert {line.place: line.removed for line in trial.lines}["backups"] == 2, "nothing was tried"
    assert {line.place: line.removed for line in done.lines}["backups"] == 1
    assert any(f"s3://{gone}/kept" in note and "out of reach" in note for note in done.notes)
    left = {name: [*ObjectRoot(f"s3://{name}", object_store.access()).walk()] for name in (bucket, gone)}
    assert left[bucket] == []
    assert left[gone]
    assert [backup.place for backup in backups(project.store)] == [f"s3://{gone}/kept"]
    project.close()


def refused(asked: Asked, below: str) -> Answer | None:
    """What a bucket answers that may be read and not changed."""
    if asked.method not in {"DELETE", "POST"} or not asked.path.startswith(below):
        return None
    return Answer(403, b"<Error><Code>AccessDenied</Code><Message>no</Message></Error>")


def test_a_purge_removes_backups_within_reach_whose_time_is_over(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    toml = project.settings.root / "telltale.toml"
    toml.write_text(toml.read_text().replace("keep = true", "keep = false"))
    project.close()
    project = Project(project.settings.root, now=lambda: NOW)
    make(project, str(tmp_path / "kept"), now_us=NOW)
    (tmp_path / "stick").mkdir()
    for place in ("unplugged", "stick/kept"):
        make(project, str(tmp_path / place), now_us=NOW)
    for number, place in enumerate(("unplugged", "stick/kept")):
        (tmp_path / place).rename(tmp_path / f"on a shelf {number}")
    (tmp_path / "unplugged").mkdir()  # where the disk is not mounted
    killed = project.settings.data / ".backup-x1"
    killed.mkdir()
    (killed / "store.db").write_bytes(b"whoever is in it")
    with leased(project.store, "backup here", until_us=NOW + 48 * HOUR):
        remove_due(project, now_us=NOW)
        assert killed.exists(), "it may be the one that is being made"
    assert remove_due(project, now_us=NOW + 24 * HOUR - 1) == []
    assert not killed.exists()
    with leased(project.store, f"backup {tmp_path / 'elsewhere'}", until_us=NOW + 48 * HOUR):
        assert remove_due(project, now_us=NOW + 24 * HOUR) == [], "the one that is being made counts on its files"
    monkeypatch.setattr(Root, "delete_all", lambda root, paths: [paths[0]] if root.delete(paths[0]) else [])
    assert remove_due(project, now_us=NOW + 24 * HOUR) == [], "not all of it could be removed"
    assert len(past(project.store, now_us=NOW + 24 * HOUR)) == 3
    monkeypatch.undo()

    said = upkeep.retain(project, NOW + 24 * HOUR)

    assert "1 backups" in said
    assert not [path for path in (tmp_path / "kept").rglob("*") if path.is_file()]
    left = [each.place.removeprefix(f"{tmp_path}/") for each in past(project.store, now_us=NOW + 24 * HOUR)]
    assert left == ["stick/kept", "unplugged"]
    assert not any((tmp_path / "stick").iterdir()), "nothing is made where no disk is"
    with leased(project.store, "removing backups 1", until_us=NOW + HOUR), pytest.raises(Busy, match="in a minute"):
        make(project, str(tmp_path / "kept"), now_us=NOW)
    project.close()


def test_a_place_within_the_data_is_refused(project: Project) -> None:
    with pytest.raises(ConfigError, match="name another disk"):
        make(project, str(project.settings.data / "kept"), now_us=NOW)
    with pytest.raises(TelltaleError, match="there is no backup"):
        restore(project, str(project.settings.root / "nothing"), now_us=NOW)


def test_the_commands_make_list_and_put_back(project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TELLTALE_HOME", str(project.settings.root))
    made = CliRunner().invoke(telltale, ["backup", str(tmp_path / "kept"), "--json"], catch_exceptions=False)
    listed = CliRunner().invoke(telltale, ["backup", "--json"], catch_exceptions=False)
    assert [row["name"] for row in json.loads(listed.stdout)] == [json.loads(made.stdout)["name"]]
    monkeypatch.setenv("TELLTALE_HOME", str(elsewhere(tmp_path / "other").settings.root))
    ended = CliRunner().invoke(telltale, ["restore", str(tmp_path / "kept")], catch_exceptions=False)
    assert "counted and compared. Settings put back: devices.csv." in ended.stdout
