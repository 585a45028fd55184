"""Keys beside a backup: in a file of their own that only its passphrase opens, and none whose time is over."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from telltale.cli import telltale
from telltale.contract import ConfigError, StoreError
from telltale.operate.backup import Locker, make, restore
from telltale.operate.backup.keys import lock_up, opened, put_back
from telltale.workbench import Project
from tests.lake_fixture import at, write_settings
from tests.operate.test_backup import NOW, digests, elsewhere
from tests.operate.test_backup import project as project  # noqa: PLC0414 - a fixture

PASSPHRASE = "seventeen grey herons"
KEPT_UNTIL = at("2026-11-26 04:00")
"""The period of the 23rd ends at 04:00 of the 24th; its key stays 24 hours for late records and 24 for the raw ones."""


@pytest.fixture
def locker(tmp_path: Path) -> Locker:
    return Locker(tmp_path / "telltale.keys", PASSPHRASE)


def files(project: Project) -> dict[str, bytes]:
    keys = project.settings.keys
    return {f"{path.relative_to(keys)}": path.read_bytes() for path in keys.rglob("*") if path.is_file()}


def test_answers_are_the_same_with_the_keys_put_back(project: Project, locker: Locker, tmp_path: Path) -> None:
    expected = digests(project)
    made = make(project, str(tmp_path / "kept"), now_us=NOW, locker=locker)
    assert made.left_out[0] == f"pseudonym keys are in {locker.file}; secrets are left out"
    other = elsewhere(tmp_path / "other")
    done = restore(other, str(tmp_path / "kept"), now_us=NOW, locker=locker)
    assert done.keys is not None
    assert done.keys.written > 0
    again = Project(other.settings.root, now=lambda: NOW)
    assert digests(again) == expected
    again.close()


def test_the_file_is_its_owners_and_holds_no_key_as_it_is(project: Project, locker: Locker) -> None:
    lock_up(project, locker, backup="b", now_us=NOW)
    content = locker.file.read_bytes()
    assert locker.file.stat().st_mode & 0o777 == 0o600
    for key in files(project).values():
        assert key not in content
        assert key.hex().encode() not in content


def test_only_keys_that_are_not_due_are_written_and_put_back(project: Project, locker: Locker, tmp_path: Path) -> None:
    digests(project)  # whoever looks at what came today needs its key
    project = Project(write_settings(project.settings.root, keep=False), now=lambda: NOW)
    assert lock_up(project, locker, backup="b", now_us=NOW) == KEPT_UNTIL
    contents = opened(locker)
    assert [name for name in contents if "2026-11" in name] == [
        f"site=71234/2026-11-23.until-{at('2026-11-24 04:00') // 10**6}.key"
    ]
    assert len(files(project)) > len(contents)  # those of the 19th and 20th went on the 22nd at the latest
    other = elsewhere(tmp_path / "other", keep=False)
    assert put_back(other, contents, now_us=KEPT_UNTIL - 1).due == 0
    last = elsewhere(tmp_path / "last", keep=False)
    assert put_back(last, contents, now_us=KEPT_UNTIL).due == 1
    assert not [name for name in files(last) if "2026-11" in name]


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda content: content[:-1] + bytes([content[-1] ^ 1]), "another passphrase, or the file is damaged"),
        (lambda content: content.replace(b'"backup": "b"', b'"backup": "c"'), "another passphrase, or the file is"),
        (lambda content: content[:20], "no file of keys"),
        (lambda _: b"{}\n", "no file of keys"),
        (lambda content: content.replace(b'keys": 1', b'keys": 2'), "version 2, expected 1"),
    ],
    ids=["flipped", "of another backup", "cut", "another file", "newer"],
)  # fmt: skip
def test_what_is_not_the_file_that_was_written_is_refused(
    project: Project, locker: Locker, change: "object", sentence: str
) -> None:
    lock_up(project, locker, backup="b", now_us=NOW)
    assert callable(change)
    locker.file.write_bytes(change(locker.file.read_bytes()))
    with pytest.raises(ConfigError, match=sentence):
        opened(locker)


def test_another_passphrase_puts_nothing_back(project: Project, locker: Locker, tmp_path: Path) -> None:
    make(project, str(tmp_path / "kept"), now_us=NOW, locker=locker)
    other = elsewhere(tmp_path / "other")
    with pytest.raises(ConfigError, match="another passphrase, or the file is damaged; nothing was put back"):
        restore(other, str(tmp_path / "kept"), now_us=NOW, locker=Locker(locker.file, "eighteen grey herons"))
    assert not files(other)
    assert other.store.last_id() == 0


def test_where_the_file_may_not_lie(project: Project, tmp_path: Path) -> None:
    place = tmp_path / "kept"
    for folder in (place, project.settings.data):
        with pytest.raises(ConfigError, match="keep it apart from what it opens"):
            make(project, str(place), now_us=NOW, locker=Locker(folder / "keys", PASSPHRASE))
    there = Locker(tmp_path / "there", PASSPHRASE)
    there.file.touch()
    with pytest.raises(ConfigError, match="it is there; name a new file"):
        make(project, str(place), now_us=NOW, locker=there)
    with pytest.raises(ConfigError, match="No such file or directory; name a file in a folder that is there"):
        make(project, str(place), now_us=NOW, locker=Locker(tmp_path / "no" / "keys", PASSPHRASE))
    with pytest.raises(ConfigError, match=r"--keys: the passphrase .*; choose one that nobody guesses"):
        make(project, str(place), now_us=NOW, locker=Locker(tmp_path / "short", "herons"))


def test_of_a_backup_that_fails_no_keys_are_left(project: Project, locker: Locker, tmp_path: Path) -> None:
    place = tmp_path / "kept"
    place.mkdir()
    (place / "backups").touch()  # no folder can be made where a file is
    with pytest.raises(StoreError, match="make the backup again"):
        make(project, str(place), now_us=NOW, locker=locker)
    assert not locker.file.exists()


def test_by_the_command_line_the_passphrase_is_no_argument(project: Project, tmp_path: Path) -> None:
    root = ["--project", str(project.settings.root)]
    kept, keys = str(tmp_path / "kept"), str(tmp_path / "keys")
    run = CliRunner().invoke(telltale, [*root, "backup", kept, "--keys", keys, "--json"], input=f"{PASSPHRASE}\n")
    assert run.exit_code == 0, run.output
    assert PASSPHRASE not in run.output
    assert json.loads(run.stdout)["left_out"][0].startswith("pseudonym keys are in")
    silent = CliRunner().invoke(telltale, [*root, "backup", kept, "--keys", f"{keys}2"], input="")
    assert silent.exit_code != 0
    assert "no passphrase; type one, or let it be the first line of the input" in f"{silent.output}{silent.exception}"


def test_lists_under_two_keys_are_not_put_side_by_side(project: Project, locker: Locker, tmp_path: Path) -> None:
    project.lists.add("opt_out", "3c:06:30:aa:bb:01")
    make(project, str(tmp_path / "kept"), now_us=NOW, locker=locker)
    other = elsewhere(tmp_path / "other")
    other.lists.add("opt_out", "3c:06:30:aa:bb:02")
    with pytest.raises(ConfigError, match=r"are under another key than those in .*lists, .*; nothing was put back"):
        restore(other, str(tmp_path / "kept"), now_us=NOW, locker=locker)
    assert not other.lists.holds("opt_out", "3c:06:30:aa:bb:01")
    (other.settings.keys / "lists").rename(tmp_path / "away")
    restore(other, str(tmp_path / "kept"), now_us=NOW, locker=locker)
    again = Project(other.settings.root, now=lambda: NOW)
    assert again.lists.holds("opt_out", "3c:06:30:aa:bb:01")
    again.close()
