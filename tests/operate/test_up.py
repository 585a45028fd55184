"""A real `telltale up`: one for a project, none of its processes outlives it, and nothing it makes is for others."""

import json
import os
import re
import signal
import stat
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from telltale import private
from telltale.cli.up import supervised
from telltale.contract import ConfigError
from telltale.lockfile import hold
from telltale.net import free_port
from telltale.operate.permissions import mend
from telltale.operate.project_lock import only_one
from telltale.settings import load
from telltale.workbench.project import Project
from tests.operate.waiting import until, with_word
from tests.served import VECTOR, VECTOR_SIGNATURE, make_project

NOTEBOOK = {
    "cells": [
        {"cell_type": "markdown", "id": "a", "metadata": {}, "source": "# Small\n\nHow much is there?"},
        {
            "cell_type": "code",
            "id": "b",
            "execution_count": None,
            "outputs": [],
            "metadata": {"tags": ["parameters"]},
            "source": 'period: str = "2026-11-20"  # of the report',
        },
    ],
    "metadata": {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
    "nbformat": 4,
    "nbformat_minor": 5,
}
linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks for the processes in /proc")


def small_project(root: Path, toml: str = "") -> int:
    """A project whose collectors listen at free ports; that of HTTP."""
    port = free_port("127.0.0.1", 0)
    make_project(root, f"[webhooks]\nport = {port}\n[coap]\nport = 0\n[dashboard]\nport = 0\n{toml}")
    return port


def command(root: Path, *arguments: str, umask: int = 0o022) -> "subprocess.CompletedProcess[str]":
    line = [sys.executable, "-m", "telltale", "--project", str(root), *arguments]
    return subprocess.run(line, check=False, capture_output=True, text=True, timeout=120, umask=umask)


@contextmanager
def up(root: Path, *arguments: str) -> Iterator["subprocess.Popen[bytes]"]:
    """A running `telltale up`; at the end of the block it must be over."""
    environment = {**os.environ, "TELLTALE_HOME": str(root)}
    line = [sys.executable, "-m", "telltale", "up", *arguments]
    with (root / "printed").open("wb") as printed:
        process = subprocess.Popen(line, env=environment, stdout=printed, stderr=printed, umask=0o022)
    try:
        yield process
        process.wait(60)
    finally:
        if process.poll() is None:
            process.kill()  # its warden ends the others
            process.wait()


def ours(root: Path) -> list[str]:
    return sorted(with_word(f"TELLTALE_HOME={root}\0").values())


def is_stored(port: int) -> bool:
    request = urllib.request.Request(f"http://127.0.0.1:{port}/cloudtrax", VECTOR, {"Signature": VECTOR_SIGNATURE})
    try:
        with urllib.request.urlopen(request, timeout=20) as reply:
            return bool(200 <= reply.status < 300)
    except OSError:
        return False


def is_free(lock: Path) -> bool:
    try:
        hold(lock).close()
    except ConfigError:
        return False
    return True


@pytest.mark.slow
@linux
def test_kill_9_leaves_no_collector_no_worker_no_figures_and_no_kernel(tmp_path: Path) -> None:
    pytest.importorskip("voila", reason="the dashboards need the extra lab")
    port = small_project(tmp_path)
    with up(tmp_path) as process:
        until(lambda: is_stored(port), within_s=90)
        wanted = ("collect webhooks", "collect coap", " upkeep", "telltale.dashboard.figures", "ipykernel_launcher")
        until(lambda: all(any(part in line for line in ours(tmp_path)) for part in wanted), within_s=120)
        assert sum("collect webhooks" in line for line in ours(tmp_path)) == 2, "granian's worker is a process too"
        process.kill()
    until(lambda: not ours(tmp_path))
    assert is_free(tmp_path / "data" / "up.lock"), "what a dead process left is no lock"
    with closing(Project(tmp_path)) as project:
        snapshot = project.lake.snapshot()
        settled = sum(file.rows for file in snapshot.files if file.table_name == "raw")
        assert settled + len(snapshot.hot) >= 1, "what was acknowledged is there"


@pytest.mark.slow
@linux
def test_a_second_one_is_refused_and_all_of_it_is_the_owners_only(tmp_path: Path) -> None:
    port = small_project(tmp_path, "[settle]\nrows = 1\n")
    (tmp_path / "data" / "landing").mkdir(parents=True, mode=0o755)  # of a version that did not care
    with up(tmp_path, "--no-dashboards") as process:
        until(lambda: is_stored(port), within_s=90)
        logs = tmp_path / "data" / "logs"
        until(lambda: (logs / "upkeep.log").exists() and "settled 1" in (logs / "upkeep.log").read_text(), within_s=60)
        second = command(tmp_path, "up", "--no-dashboards")
        expected = r"telltale upkeep already runs here \(.*\), pid \d+; stop that one first"
        with pytest.raises(ConfigError, match=expected), only_one(load(tmp_path), "upkeep"):
            pass
        process.send_signal(signal.SIGTERM)
    assert process.returncode == 0
    told = f"telltale: telltale up already runs here ({tmp_path}), pid {process.pid}; stop that one first\n"
    assert (second.returncode, second.stderr) == (1, told)
    assert "paths in" in (logs / "up.log").read_text(), "what was open is said"
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "notebooks" / "small.ipynb").write_text(json.dumps(NOTEBOOK))
    report = command(tmp_path, "report", "small", "--period", "2026-11-20")
    assert report.returncode == 0, report.stderr
    modes = {path: stat.S_IMODE(path.lstat().st_mode) for path in (tmp_path / "data").rglob("*")}
    assert {modes[path] for path in modes if path.is_file()} == {0o600}
    assert {modes[path] for path in modes if path.is_dir()} == {0o700}
    names = {path.name for path in modes}
    assert {"telltale.db", "webhooks.log", "up.lock", "keys", "lake", "index.html"} <= names
    assert any(name.endswith(".parquet") for name in names)


def test_one_up_and_one_upkeep_a_project(tmp_path: Path) -> None:
    small_project(tmp_path)
    settings = load(tmp_path)
    with only_one(settings, "up"), only_one(settings, "upkeep"):
        expected = re.escape(f"telltale up already runs here ({tmp_path}), pid {os.getpid()}; stop that one first")
        with pytest.raises(ConfigError, match=expected):
            supervised(tmp_path, dashboards=False)
    with only_one(settings, "up"):
        pass


@pytest.mark.skipif(not private.HAS_MODES, reason="this system has no modes of files")
def test_a_new_project_keeps_its_data_closed_and_its_settings_as_the_shell_says(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data").chmod(0o755)
    line = [sys.executable, "-m", "telltale", "init", str(tmp_path)]
    subprocess.run(line, check=True, capture_output=True, umask=0o022)
    expected = {"telltale.toml": 0o644, "secrets.toml": 0o600, "devices.csv": 0o644, "data": 0o700}
    assert {name: stat.S_IMODE((tmp_path / name).stat().st_mode) for name in expected} == expected


@pytest.mark.skipif(not private.HAS_MODES, reason="this system has no modes of files")
def test_data_that_hold_the_settings_too_are_left_as_they_are(tmp_path: Path) -> None:
    make_project(tmp_path, '[paths]\ndata = "."\n')
    before = stat.S_IMODE((tmp_path / "telltale.toml").stat().st_mode)
    assert mend(load(tmp_path)) == (0, 0)
    assert stat.S_IMODE((tmp_path / "telltale.toml").stat().st_mode) == before
