"""Decoding again on Spark lists the files decoding here lists; whoever is killed leaves no half and no double."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil  # type: ignore[import-untyped]  # it ships no types
import pytest

from telltale.contract import ConfigError, TelltaleError
from telltale.engine import session
from telltale.lake.gc import gc
from telltale.lake.redecode import redecode
from telltale.workbench.project import Project
from telltale.workers.of_project import on_spark
from tests.engine.servers import connect_server
from tests.workers.filled import LOCAL, Filled, listed

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(1_200),
    pytest.mark.filterwarnings("ignore:PySpark does not yet fully support pandas"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),  # py4j leaves sockets to the collector
]


@pytest.fixture(scope="module", autouse=True)
def _ended() -> Iterator[None]:
    yield
    session.stop(LOCAL)


def run(folder: Path, told: dict[str, Any], **variables: str) -> "subprocess.CompletedProcess[str]":
    """Decode again in a process of its own."""
    file = folder / "told.json"
    file.write_text(json.dumps(told))
    return subprocess.run(
        [sys.executable, "-m", "tests.workers.run", str(file)],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | variables,
        timeout=600,
    )


def test_workers_list_the_files_that_decoding_here_lists(filled: Filled) -> None:
    project = filled.copy("workers")
    before, rows = listed(project), project.view().table("sighting").arrow().num_rows
    told: list[tuple[int, int]] = []

    done = on_spark(project)(now_us=filled.now_us, progress=lambda done, of: told.append((done, of)))

    assert listed(project) == listed(filled.expected) != before
    assert project.view().table("sighting").arrow().num_rows < rows
    assert done == redecode(filled.expected.lake, now_us=filled.now_us)
    assert done.raws > 1_000
    assert told[0] == (0, done.days)
    assert told[-1] == (done.days, done.days)
    assert not list(Path(project.lake.root.shown).glob(".seen*"))


LATER = [pytest.param(step, marks=pytest.mark.long) for step in ("decode:2 decoded", "decode:3 written")]


@pytest.mark.parametrize("step", [*LATER, "decode:4 listed"])
def test_of_a_driver_that_is_killed_nothing_is_seen_and_the_next_run_does_it(filled: Filled, step: str) -> None:
    name = step.replace(":", " ").replace(" ", "-")
    project = filled.copy(name)
    before = listed(project)

    ended = run(filled.folder, {**_told(filled, project), "kill_at": step})

    assert ended.returncode == -signal.SIGKILL, ended.stderr
    assert listed(project) == before
    on_spark(project)(now_us=filled.now_us)
    assert listed(project) == listed(filled.expected)
    left = gc(project.lake, now_us=filled.now_us + 7 * 86_400 * 10**6).files
    assert left > 0, "what the dead had written went"
    assert project.view().table("sighting").arrow().equals(filled.expected.view().table("sighting").arrow())


@pytest.mark.long
def test_no_disk_holds_a_key(filled: Filled, tmp_path: Path) -> None:
    """Searched while Spark runs and at its end: its folders and event log, with so little memory that it spills."""
    found_there = {}
    for name, in_the_clear in (("safe", False), ("clear", True)):
        project = filled.copy(name)
        folder = tmp_path / name
        (folder / "events").mkdir(parents=True)
        short = ["spark.eventLog.enabled true", f"spark.eventLog.dir file://{folder}/events"]
        short += ["spark.memory.fraction 0.002", "spark.eventLog.compress false", "spark.broadcast.compress false"]
        (folder / "spark-defaults.conf").write_text("\n".join(short))
        told = {"search_at": "decode:2 decoded", "folder": str(folder), "in_the_clear": in_the_clear}
        ended = run(filled.folder, {**_told(filled, project), **told}, TMPDIR=str(folder), SPARK_CONF_DIR=str(folder))
        assert ended.returncode == 0, ended.stderr
        found_there[name] = json.loads(ended.stdout)
        assert list((folder / "events").rglob("*")), "the event log was written"
        assert found_there[name]["keys"] >= 3
        assert found_there[name]["files"] > 3
    assert found_there["clear"]["found"] != [], "the search finds what lies in the clear"
    assert found_there["safe"]["found"] == []


@pytest.mark.long
def test_a_server_whose_disks_are_in_the_clear_gets_no_key_and_one_that_encrypts_does_it(filled: Filled) -> None:
    with connect_server() as master:
        project = filled.copy("in-the-clear", master)
        before = listed(project)
        with pytest.raises(ConfigError, match=r"spark\.io\.encryption\.enabled is not true there"):
            on_spark(project)(now_us=filled.now_us)
        assert listed(project) == before
    session.stop(master)
    with connect_server({"spark.io.encryption.enabled": "true"}) as master:
        project = filled.copy("connected", master)
        on_spark(project)(now_us=filled.now_us)
        assert listed(project) == listed(filled.expected)
    session.stop(master)


@pytest.mark.long
def test_python_workers_that_are_killed_leave_neither_half_nor_double(filled: Filled) -> None:
    project = filled.copy("workers-killed")
    before = listed(project)
    over = threading.Event()

    def step(name: str) -> None:
        if name == "decode:1 listed":
            threading.Thread(target=_kill, args=("pyspark.daemon", over)).start()

    project.lake.step = step
    try:
        with pytest.raises(TelltaleError, match="a worker failed, its Python ended; nothing of these days was changed"):
            on_spark(project)(now_us=filled.now_us)
    finally:
        over.set()
    project.lake.step = lambda _name: None
    assert listed(project) == before
    session.stop(LOCAL)  # the next run is a process of its own; this Java machine meets its dead workers once more
    on_spark(project)(now_us=filled.now_us)
    assert listed(project) == listed(filled.expected)


@pytest.mark.long
def test_an_executor_that_is_killed_leaves_neither_half_nor_double(filled: Filled) -> None:
    """Others take its part over; a process of its own, for a process has one Java machine."""
    project = filled.copy("executor-killed")
    told = {**_told(filled, project, "local-cluster[2,1,1024]"), "kill_once": "CoarseGrainedExecutorBackend"}
    ended = run(filled.folder, told)
    assert ended.returncode == 0, ended.stderr
    assert json.loads(ended.stdout)["killed"] == 1
    assert listed(project) == listed(filled.expected)


def _kill(named: str, over: threading.Event) -> None:
    """Kill the children of this process that bear a name, again and again."""
    while not over.wait(0.05):
        for child in psutil.Process().children(recursive=True):
            try:
                if any(named in word for word in child.cmdline()):
                    child.kill()
            except psutil.Error:
                continue


def _told(filled: Filled, project: Project, master: str = LOCAL) -> dict[str, Any]:
    return {"root": str(project.settings.root), "now_us": filled.now_us, "master": master}
