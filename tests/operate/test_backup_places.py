"""Where backups lie: what is damaged, unfinished or another project's there, and where they may not lie."""

import json
import shutil
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner

from telltale.cli import telltale
from telltale.contract import ConfigError, StoreError
from telltale.lake.gc import leases
from telltale.lake.lock import HOST
from telltale.lake.settle import settle_all
from telltale.landing.clocks import look
from telltale.lockfile import hold
from telltale.operate.backup import Locker, backups, make, making, remove_due, removing, restore
from telltale.operate.check import repair
from telltale.operate.retention.closing import close_days
from telltale.workbench import Project
from tests.lake_fixture import at, hear, write_settings

NOW = at("2026-11-23 12:00")
SECOND, HOUR = 10**6, 3_600 * 10**6


def made_in(folder: Path, *, keep: bool = True, more: str = "") -> Project:
    """A closed day with a station, and a record that is not settled yet."""
    project = Project(write_settings(folder, keep=keep, more=more), now=lambda: NOW)
    hear(project, ("3C:06:30:00:00:00", "2026-11-22 08:00", "2026-11-22 10:30"))
    settle_all(project.lake, now_us=NOW)
    close_days(project, now_us=NOW)
    hear(project, ("3C:06:30:00:00:05", "2026-11-23 11:00", "2026-11-23 11:20"))
    return project


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    with closing(made_in(tmp_path / "project")) as project:
        yield project


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "kept"


def empty(folder: Path, *, keep: bool = True, more: str = "") -> Project:
    return Project(write_settings(folder, keep=keep, more=more), now=lambda: NOW)


def files_of(place: Path, kind: str = "") -> list[Path]:
    return sorted((place / "files" / kind).rglob("*.parquet"))


def spoil(file: Path) -> bytes:
    """Let a file hold something else of the same size; what it held."""
    content = file.read_bytes()
    file.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    return content


def test_what_is_damaged_at_the_place_is_copied_again(project: Project, place: Path) -> None:
    make(project, str(place), now_us=NOW)
    spoilt, cut, *_ = files_of(place)
    content, whole = spoil(spoilt), cut.read_bytes()
    cut.write_bytes(b"")
    made = make(project, str(place), now_us=NOW + SECOND)
    assert (made.new_files, made.again) == (0, 2)
    assert (spoilt.read_bytes(), cut.read_bytes()) == (content, whole)


def test_decoded_files_that_are_damaged_or_missing_there_are_made_again(
    project: Project, place: Path, tmp_path: Path
) -> None:
    make(project, str(place), now_us=NOW)
    decoded = [file for file in files_of(place) if file not in files_of(place, "raw")]
    spoil(decoded[0])
    for file in decoded[1:]:
        file.unlink()
    toml = next((place / "backups").rglob("telltale.toml"))
    spoil(toml)
    with closing(empty(tmp_path / "other")) as other:
        shutil.copytree(project.settings.keys, other.settings.keys, dirs_exist_ok=True)
        done = restore(other, str(place), now_us=NOW)
        assert done.again == len(decoded)
        said = "\n".join(done.not_in_it)
        assert "files of decoded rows, missing or damaged at the place" in said
        assert "telltale check --repair" in said
        assert "settings/telltale.toml, missing or damaged at the place" in said
        assert not done.has_its_settings
        assert {finding.state for finding in repair(other, now_us=NOW)} == {"ok"}
        expected, there = ({file.path: file.rows for file in each.lake.snapshot().files} for each in (project, other))
        assert there == expected


def test_a_damaged_store_is_a_reason_to_refuse(project: Project, place: Path, tmp_path: Path) -> None:
    make(project, str(place), now_us=NOW)
    spoil(next((place / "backups").rglob("store.db")))
    with closing(empty(tmp_path / "other")) as other:
        with pytest.raises(StoreError, match="is not what was written"):
            restore(other, str(place), now_us=NOW)
        assert [*other.lake.root.walk()] == []


def test_one_backup_keeps_its_lease_when_another_one_ends(
    project: Project, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, go_on, real = threading.Event(), threading.Event(), making._settings

    def slowly(*args: object) -> list[str]:
        if threading.current_thread().name == "slow":
            begun.set()
            go_on.wait(30)
        return real(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(making, "_settings", slowly)
    with closing(Project(project.settings.root, now=lambda: NOW)) as same:
        thread = threading.Thread(target=lambda: make(same, str(place), now_us=NOW), name="slow")
        thread.start()
        assert begun.wait(30)
        quick = make(project, str(place), now_us=NOW + SECOND)
        assert len(leases(project.store, NOW + 2 * SECOND)) == 1
        remove_due(project, now_us=NOW + 2 * SECOND)
        go_on.set()
        thread.join()
    names = [path.parent.name for path in (place / "backups").rglob("manifest.json")]
    assert len({*names, quick.name}) == 2
    for name in names:
        listed = json.loads((place / "backups" / name / "manifest.json").read_text())["lake"]
        assert [path for path, *_ in listed if not (place / "files" / path).exists()] == []


def test_two_projects_share_a_place(project: Project, place: Path, tmp_path: Path) -> None:
    with closing(made_in(tmp_path / "second", more="[site.b]\n")) as second:
        first, other = (make(each, str(place), now_us=NOW) for each in (project, second))
        assert first.name != other.name
        with closing(empty(tmp_path / "third")) as third:
            with pytest.raises(ConfigError, match=f"backups of 2 projects are there; say which .*{first.name}"):
                restore(third, str(place), now_us=NOW)
            assert restore(third, str(place), name=first.name, now_us=NOW).name == first.name


def test_of_several_projects_a_restore_takes_its_own(project: Project, place: Path, tmp_path: Path) -> None:
    first = make(project, str(place), now_us=NOW)
    with closing(made_in(tmp_path / "second")) as second:
        toml = second.settings.root / "telltale.toml"
        toml.write_text(toml.read_text().replace("Harbour site", "shed"))
    with closing(Project(second.settings.root, now=lambda: NOW)) as second:
        assert second.settings.site.name == "shed"
        make(second, str(place), now_us=NOW + SECOND)
    with closing(empty(tmp_path / "third")) as third:
        assert restore(third, str(place), now_us=NOW).name == first.name


def test_a_place_within_the_lake_is_refused(tmp_path: Path) -> None:
    lake = tmp_path / "elsewhere"
    more = f'[paths]\nlake_root = "{lake}"\n'
    (tmp_path / "link").symlink_to(lake)
    with closing(made_in(tmp_path / "project", more=more)) as project:
        for where in (lake / "kept", tmp_path / "link" / "kept", f"file://{lake}/kept", lake):
            with pytest.raises(ConfigError, match="which is what it is of; name another disk"):
                make(project, str(where), now_us=NOW)
        for where in ("", " "):
            with pytest.raises(ConfigError, match="it names no place"):
                make(project, where, now_us=NOW)
            ended = CliRunner().invoke(telltale, ["--project", str(project.settings.root), "backup", where])
            assert ended.exit_code != 0


def test_a_place_whose_files_hold_the_lake_is_refused(tmp_path: Path) -> None:
    lake = tmp_path / "kept" / "files"
    project = made_in(tmp_path / "project", more=f'[paths]\nlake_root = "{lake}"\n')
    with closing(project), pytest.raises(ConfigError, match="lies where it keeps its files; name another disk"):
        make(project, str(tmp_path / "kept"), now_us=NOW)


def test_a_linked_lake_and_what_it_leads_to(project: Project, tmp_path: Path) -> None:
    lake, target = project.settings.data / "lake", tmp_path / "target"
    lake.rename(target)
    lake.symlink_to(target)
    with pytest.raises(ConfigError, match="which is what it is of; name another disk"):
        make(project, str(target / "kept"), now_us=NOW)


def test_with_a_clock_that_is_not_believed_no_backup_is_removed(tmp_path: Path, place: Path) -> None:
    with closing(made_in(tmp_path / "project", keep=False)) as project:
        look(project.store, HOST, NOW, project.running)
        first = make(project, str(place), now_us=NOW)
        ahead = NOW + 400 * 24 * HOUR
        second = make(project, str(place), now_us=ahead)
        assert second.expired == ()
        third = make(project, str(place), now_us=NOW + SECOND)
        assert {first.name, second.name, third.name} == {path.name for path in (place / "backups").iterdir()}
    with closing(empty(tmp_path / "other", keep=False)) as other:
        assert restore(other, str(place), now_us=NOW + SECOND).name == third.name, "made last, whatever the clock said"


def test_settings_that_differ_are_named_and_nothing_is_removed_by_them(
    project: Project, place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (project.settings.root / "devices.csv").write_text("device_id,name\nnode,Hall\n")
    make(project, str(place), now_us=NOW)
    other = empty(tmp_path / "other", keep=False)
    other.close()
    monkeypatch.setattr("telltale.workbench.project.clock", lambda: NOW + 90 * 24 * HOUR)
    ended = CliRunner().invoke(
        telltale, ["--project", str(other.settings.root), "restore", str(place)], catch_exceptions=False
    )
    assert "Settings put back: devices.csv. Not put back, since others are there: telltale.toml." in ended.stdout
    assert "Retention: nothing was removed, since the settings here are not those of the backup" in ended.stdout
    assert 'run "telltale purge"' in ended.stdout
    with closing(Project(other.settings.root, now=lambda: NOW)) as again:
        assert again.lake.snapshot().of("raw")


def test_nothing_is_removed_before_rows_are_made_again(
    project: Project, place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(project, str(place), now_us=NOW)
    next(file for file in files_of(place) if file not in files_of(place, "raw")).unlink()
    with closing(empty(tmp_path / "other")) as other:
        monkeypatch.setenv("TELLTALE_HOME", str(other.settings.root))
    ended = CliRunner().invoke(telltale, ["restore", str(place)], catch_exceptions=False)
    assert 'Retention: nothing was removed yet: run "telltale check --repair"' in ended.stdout
    assert "once data/keys is back" in ended.stdout


class Killed(BaseException):
    """As if the process had ended."""


def killed_backup(project: Project, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave what a backup leaves whose process is killed before its manifest is written."""

    def end(*_args: object) -> None:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(making, "Manifest", end)
        patched.setattr("telltale.operate.backup.place.Place.delete", end)
        with pytest.raises(Killed):
            make(project, str(place), now_us=NOW)
    assert files_of(place)


def test_what_a_killed_backup_left_is_known_and_goes_with_a_purge(
    project: Project, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    killed_backup(project, place, monkeypatch)
    assert [each.is_whole for each in backups(project.store)] == [False]
    assert remove_due(project, now_us=NOW + 6 * HOUR - 1) == [], "it may be run again"
    assert len(remove_due(project, now_us=NOW + 6 * HOUR)) == 1
    assert [path for path in place.rglob("*") if path.is_file()] == []
    assert backups(project.store) == []


def test_what_is_somebodys_own_at_the_place_stays(project: Project, place: Path) -> None:
    """Such as a disk whose folders have names as ours have."""
    own = [place / name for name in ("files/photos/one.jpg", "files/raw/x.parquet", "backups/phone/store.db")]
    for file in own:
        file.parent.mkdir(parents=True)
        file.write_bytes(b"mine")
    left = place / "backups" / "2026-11-01T000000Z" / "store.db"
    left.parent.mkdir()
    left.write_bytes(b"whoever is in it")
    make(project, str(place), now_us=NOW)
    assert not left.parent.exists()
    assert all(file.read_bytes() == b"mine" for file in own)


def test_what_a_killed_backup_left_goes_with_the_next_one(
    project: Project, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    killed_backup(project, place, monkeypatch)
    stray = place / "files" / "raw" / "source=x" / "day=2026-11-22" / f"{7:032x}.parquet"
    stray.parent.mkdir(parents=True)
    stray.write_bytes(b"PAR1")
    made = make(project, str(place), now_us=NOW + SECOND)
    assert made.new_files == 0, "it goes on with what is there"
    assert stray.exists(), "a backup that is being made may count on it"
    before = project.running()
    project.running = lambda: before._replace(us=before.us + 7 * HOUR)
    last = make(project, str(place), now_us=NOW + 7 * HOUR)
    assert not stray.exists()
    assert [each.name for each in backups(project.store)] == [made.name, last.name]
    assert sorted(path.name for path in (place / "backups").iterdir()) == [made.name, last.name]


def test_what_a_killed_restore_left_goes_with_a_purge(project: Project) -> None:
    left = project.settings.data / ".restore-x1"
    left.mkdir()
    (left / "store.db").write_bytes(b"whoever is in it")
    with hold(project.settings.data / removing.RESTORING):
        remove_due(project, now_us=NOW)
        assert left.exists(), "it may be under way"
    remove_due(project, now_us=NOW)
    assert not left.exists()


def test_a_spool_that_cannot_be_opened_is_left_out(project: Project, place: Path) -> None:
    (project.settings.spools / "idle-1.db").mkdir(parents=True)
    made = make(project, str(place), now_us=NOW)
    assert any("idle-1.db is no spool (unable to open database file): move it away" in each for each in made.left_out)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no disk that is always full")
def test_keys_onto_a_full_disk_leave_no_file(project: Project, place: Path, tmp_path: Path) -> None:
    file = tmp_path / "full"
    file.symlink_to("/dev/full")

    class NotThere(type(file)):  # type: ignore[misc]
        def exists(self, **_: object) -> bool:
            return False

    with pytest.raises(ConfigError, match="No space left on device; free its disk"):
        make(project, str(place), now_us=NOW, locker=Locker(NotThere(file), "seventeen grey herons"))
    assert not file.is_symlink()


@pytest.mark.parametrize("text", ['"x"', "{}", "[]", "", '{"version": 1, "lake": 3}', '{"version": 9}'])
def test_one_manifest_that_cannot_be_read_stops_neither_way(
    project: Project, place: Path, tmp_path: Path, text: str
) -> None:
    first = make(project, str(place), now_us=NOW)
    bad = place / "backups" / "2026-11-01T000000Z" / "manifest.json"
    bad.parent.mkdir()
    bad.write_text(text)
    made = make(project, str(place), now_us=NOW + SECOND)
    assert any("2026-11-01T000000Z/manifest.json is" in each for each in made.left_out)
    with closing(empty(tmp_path / "other")) as other:
        with pytest.raises(StoreError, match=r"2026-11-01T000000Z/manifest.json is (no manifest|of version 9)"):
            restore(other, str(place), name="2026-11-01T000000Z", now_us=NOW)
        done = restore(other, str(place), now_us=NOW)
        assert done.name == made.name != first.name
        assert any("2026-11-01T000000Z/manifest.json is" in each for each in done.not_in_it)


def test_a_list_of_another_folder_is_put_back_where_it_is_read(place: Path, tmp_path: Path) -> None:
    more = '[arp]\nallow_list = "lists/devices.csv"\n'
    with closing(made_in(tmp_path / "project", more=more)) as project:
        root = project.settings.root
        (root / "lists").mkdir()
        (root / "lists" / "devices.csv").write_text("of buttons")
        (root / "devices.csv").write_text("device_id,name\n")
        assert any(each.startswith("reports that were made") for each in make(project, str(place), now_us=NOW).left_out)
    with closing(empty(tmp_path / "other", more=more)) as other:
        done = restore(other, str(place), now_us=NOW)
        assert set(done.settings) == {"devices.csv", "lists/devices.csv"}
        assert (other.settings.root / "lists" / "devices.csv").read_text() == "of buttons"
        assert (other.settings.root / "devices.csv").read_text() == "device_id,name\n"


def test_a_list_outside_of_the_project_is_said(place: Path, tmp_path: Path) -> None:
    (tmp_path / "buttons.csv").write_text("of buttons")
    with closing(made_in(tmp_path / "project", more='[arp]\nallow_list = "../buttons.csv"\n')) as project:
        made = make(project, str(place), now_us=NOW)
    assert any(each.startswith("../buttons.csv is left out: it lies outside of") for each in made.left_out)
