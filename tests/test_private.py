"""What a project keeps is its owner's only, whatever the umask: created so, and put right where it was not."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from telltale import private
from telltale.lockfile import Held, hold

pytestmark = pytest.mark.skipif(not private.HAS_MODES, reason="this system has no modes of files")


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture(autouse=True)
def _open_umask() -> object:
    before = os.umask(0)
    yield
    os.umask(before)


def test_a_new_folder_and_those_above_it_are_their_owners_only(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    made = private.folder(tmp_path / "data" / "landing")
    assert [mode(made), mode(made.parent), mode(tmp_path)] == [0o700, 0o700, 0o755]
    assert private.folder(made) == made
    (tmp_path / "file").touch()
    with pytest.raises(NotADirectoryError):
        private.folder(tmp_path / "file")


def test_a_new_file_is_its_owners_only_and_one_that_is_there_keeps_its_text(tmp_path: Path) -> None:
    private.new_file(tmp_path / "new")
    assert mode(tmp_path / "new") == 0o600
    (tmp_path / "old").write_text("kept")
    private.new_file(tmp_path / "old")
    assert (tmp_path / "old").read_text() == "kept"


def test_what_is_open_is_found_and_closed_without_touching_what_links_lead_to(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.write_text("")
    outside.chmod(0o644)
    data = tmp_path / "data"
    (data / "lake").mkdir(parents=True)
    (data / "lake" / "a.parquet").touch()
    (data / "run.sh").touch(0o755)
    (data / "link").symlink_to(outside)
    expected = {data, data / "lake", data / "lake" / "a.parquet", data / "run.sh"}
    assert set(private.loose(data)) == expected
    assert private.mend(data) == (len(expected), 0)
    assert [*private.loose(data)] == []
    assert (mode(data / "run.sh"), mode(outside)) == (0o700, 0o644)


def test_the_data_may_be_a_link_to_another_disk(tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir(mode=0o755)
    (tmp_path / "data").symlink_to(tmp_path / "disk")
    assert private.mend(tmp_path / "data") == (1, 0)
    assert mode(tmp_path / "disk") == 0o700


def test_a_process_closes_what_it_creates_but_not_what_the_shell_is_asked_for(tmp_path: Path) -> None:
    program = (
        "from telltale import private; private.owner_only(); private.owner_only(); open('a', 'w')\n"
        "with private.as_the_shell_says(): open('b', 'w')\n"
        "open('c', 'w')"
    )
    subprocess.run([sys.executable, "-c", program], check=True, cwd=tmp_path, umask=0o027)
    assert [mode(tmp_path / name) for name in "abc"] == [0o600, 0o640, 0o600]


def test_a_lock_names_its_holder_and_goes_with_it(tmp_path: Path) -> None:
    path = tmp_path / "data" / "up.lock"
    program = (
        "import time; from pathlib import Path; from telltale.lockfile import hold\n"
        f"file = hold(Path({str(path)!r})); print(flush=True); time.sleep(60)"
    )
    holder = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE)
    with holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        with pytest.raises(Held, match=f"pid {holder.pid}\\)") as refused:
            hold(path)
        assert refused.value.holder == f"pid {holder.pid}"
        holder.kill()
    assert path.read_text().startswith(f"pid {holder.pid} on "), "what a dead process wrote is no lock"
    with hold(path):
        assert path.read_text().startswith(f"pid {os.getpid()} on ")
    assert mode(path) == 0o600
