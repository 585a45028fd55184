"""telltale where little is allowed: loopback alone, a user without rights, a source tree that cannot be written."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
NOBODY = 65534
CLOSED = r"""
set -e
ip link set lo up
hold=$(mktemp -d)
number=0
for tree in "$@"; do  # held open, since a folder above may be root's alone
    mkdir "$hold/$number" && mount --bind "$tree" "$hold/$number"
    number=$((number + 1))
done
mount -t tmpfs -o mode=755 none /root
number=0
for tree in "$@"; do
    mkdir -p "$tree"
    mount --bind "$hold/$number" "$tree" && mount -o remount,bind,ro "$tree"
    number=$((number + 1))
done
cd "$HOME"
exec setpriv --reuid=65534 --regid=65534 --clear-groups --no-new-privs "$PYTHON" -m telltale $COMMAND
"""
pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or os.geteuid() != 0 or shutil.which("unshare") is None,
    reason="namespaces and another user are made by root, on Linux",
)


@pytest.fixture
def home() -> Iterator[Path]:
    """The only folder that may be written."""
    with tempfile.TemporaryDirectory() as name:
        os.chown(name, NOBODY, NOBODY)
        yield Path(name)


def closed_in(home: Path, command: str) -> "subprocess.CompletedProcess[str]":
    """A command in namespaces of its own; how it ended."""
    trees = [str(ROOT), *dict.fromkeys((sys.prefix, sys.base_prefix))]
    own = {
        "HOME": str(home),
        "PYTHON": sys.executable,
        "COMMAND": command,
        "PATH": os.environ["PATH"],
        "LANG": "C.UTF-8",
    }
    inside = ["unshare", "--net", "--mount", "--propagation", "private", "sh", "-c", CLOSED, "sh", *trees]
    return subprocess.run(inside, env=own, check=False, capture_output=True, text=True, timeout=1500)


def test_it_is_closed_in(home: Path) -> None:
    """What the others rest on: no way out, no right, nothing to write to but its home."""
    (home / "telltale.py").write_text(
        "import os, pathlib, socket, sys\n"
        "assert os.getuid() == os.geteuid() == 65534\n"
        "assert [name for _, name in socket.if_nameindex()] == ['lo']\n"
        f"for path in (pathlib.Path(sys.prefix) / 'x', pathlib.Path({str(ROOT)!r}) / 'x'):\n"
        "    try:\n"
        "        path.touch()\n"
        "    except OSError as error:\n"
        "        print(error.strerror)\n"
    )
    done = closed_in(home, "")
    assert done.returncode == 0, done.stderr
    assert done.stdout.split("\n")[:2] == ["Read-only file system"] * 2


def test_a_project_is_begun_and_looked_after(home: Path) -> None:
    for command in (
        "--help",
        "init site --zone Europe/Berlin --yes",
        "--project site new notebook fridges",
        "--project site check",
        "--project site report --list",
    ):
        done = closed_in(home, command)
        assert done.returncode == 0, f"{command}: {done.stderr or done.stdout}"
    said = closed_in(home, "--project site doctor")
    assert "Traceback" not in said.stderr
    assert "store" in said.stdout
    assert (home / "site" / "data" / "landing" / "telltale.db").stat().st_uid == NOBODY


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_the_demo_runs_from_end_to_end(home: Path) -> None:
    done = closed_in(home, "demo --days 1 --no-serve")
    assert done.returncode == 0, done.stderr or done.stdout
    assert (home / "data" / "demo" / "data" / "reports" / "index.html").is_file()
