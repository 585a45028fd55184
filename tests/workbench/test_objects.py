"""A project whose lake is on an object store: the same jobs, the same answers, and pages that say when it is away."""

import datetime as dt
import hashlib
import inspect
import logging
import re
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

import telltale as tt
from telltale.arrow import schema
from telltale.contract import StoreError, TelltaleError
from telltale.dashboard.boards import Boards
from telltale.dashboard.pages import PAGES
from telltale.engine import DuckEngine, Parts
from telltale.lake.files import encode
from telltale.lake.gc import gc
from telltale.lake.merge import merge
from telltale.lake.objects import ObjectRoot
from telltale.lake.redecode import redecode
from telltale.lake.settle import settle_all
from telltale.lake.takeout import Taken, take_out
from telltale.net import free_port
from telltale.operate import doctor, retention
from telltale.operate.finding import Finding
from telltale.settings import load
from telltale.tables import SIGHTING
from telltale.workbench.project import Project
from telltale.workbench.times import DAY
from tests.lake_fixture import FIRST, fill
from tests.object_store import ID, KEY, SECRETS_TOML, Asked, ObjectStore, proxied

HOURS = 30
END_US = int(FIRST.timestamp() + HOURS * 3600) * 1_000_000
"""The present of both projects."""


def on_objects(root: Path, toml: str) -> Project:
    """The project in a folder with its lake in a bucket."""
    (root / "telltale.toml").write_text((root / "telltale.toml").read_text() + toml)
    (root / "secrets.toml").write_text((root / "secrets.toml").read_text() + SECRETS_TOML)
    return Project(settings=load(root), now=lambda: END_US)


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """A day and some hours, settled; of real people as far as retention knows."""
    project = fill(tmp_path_factory.mktemp("local"), hours=HOURS, settle=False, keep=False).project
    yield project
    project.close()


@pytest.fixture(scope="module")
def remote(local: Project, tmp_path_factory: pytest.TempPathFactory, object_store: ObjectStore) -> Iterator[Project]:
    """The same records, keys and lists; its lake is in a bucket. Every job has run on both."""
    assert local.view().hot  # which makes the keys of its days
    local.store.scrub()
    root = shutil.copytree(local.settings.root, tmp_path_factory.mktemp("remote") / "project")
    project = on_objects(root, object_store.toml(object_store.bucket()))
    for each in (local, project):
        jobs(each)
    yield project
    project.close()


def jobs(project: Project) -> None:
    """All that upkeep does, in a row."""
    lake = project.lake
    for rows in (900, 100_000):
        settle_all(lake, now_us=END_US, max_rows=rows)
    merge(lake, now_us=END_US)
    redecode(lake, now_us=END_US)
    retention.purge(project, now_us=END_US)
    gc(lake, now_us=END_US + 2 * DAY)


def digest(answer: Any) -> str:
    """Of values, order and types."""
    if isinstance(answer, pd.DataFrame):
        answer = pa.Table.from_pandas(answer, preserve_index=False)
    if isinstance(answer, pa.Table):
        return hashlib.sha256(f"{answer.schema}{answer.to_pylist()}".encode()).hexdigest()
    return hashlib.sha256(repr(answer).encode()).hexdigest()


STRONG = """
select node_id, count(*) as n, max(last_seen) as at from sighting
where rssi_max_dbm > :dbm group by node_id order by node_id
"""
THEN = dt.datetime.fromtimestamp(END_US / 1e6, dt.UTC) - dt.timedelta(hours=5)
CALLS: Mapping[str, Callable[[Project], Any]] = {
    "sources": lambda project: tt.sources(project=project),
    "load": lambda project: tt.load("sighting", project=project).sort_values(["raw_id", "device"]),
    "some": lambda project: tt.load("node_heartbeat", since="3h", project=project),
    "sql": lambda project: tt.sql(STRONG, project=project, dbm=-70),
    "raw": lambda project: tt.raw(int(tt.load("node_heartbeat", project=project)["raw_id"].max()), project=project),
    "visits": lambda project: tt.presence.visits("2d", project=project),
    "figures": lambda project: tt.presence.figures("2d", by="hour", project=project),
    "dwell": lambda project: tt.presence.dwell_bands("2d", project=project),
    "devices": lambda project: tt.health.devices(project=project),
    "last": lambda project: tt.dashboard.last(project=project),
    "then": lambda project: tt.at(THEN, project=project).presence.figures("1d", by="day"),
}


def test_every_job_leaves_the_same_files_and_every_answer_is_the_same(local: Project, remote: Project) -> None:
    def listed(project: Project) -> set[tuple[str, str, int]]:
        return {(file.path, file.sha256, file.rows) for file in project.lake.snapshot().files}

    assert listed(local) == listed(remote) != set()
    assert {found.path for found in remote.lake.root.walk()} == {path for path, _, _ in listed(remote)}
    assert not any((remote.settings.data / "lake").rglob("*.parquet"))
    for name, call in CALLS.items():
        assert digest(call(local)) == digest(call(remote)), name


def callable_with_defaults() -> Iterator[tuple[str, Callable[..., Any]]]:
    """Every public call of a subject that takes a project and needs nothing else: a new one is in it by itself."""
    for subject in (tt.presence, tt.kanban, tt.activity, tt.sensors, tt.health):
        for name in subject.__all__:
            call = getattr(subject, name)
            if not inspect.isfunction(call) or name == "answers":  # these hold the project, and are what cards read
                continue
            wanted = inspect.signature(call).parameters.values()
            needs_more = any(each.default is each.empty and each.kind is not each.VAR_KEYWORD for each in wanted)
            if "project" in {each.name for each in wanted} and not needs_more:
                yield f"{subject.__name__}.{name}", call


def answered(call: Callable[..., Any], project: Project) -> str:
    """The digest of what a call gives, or the sentence in which it refuses."""
    try:
        return digest(call(project=project))
    except TelltaleError as refusal:
        return str(refusal)


def test_every_call_with_its_defaults_gives_the_same(local: Project, remote: Project) -> None:
    calls = dict(callable_with_defaults())
    assert len(calls) > 25
    differing = [name for name, call in calls.items() if answered(call, local) != answered(call, remote)]
    assert differing == []


def test_no_file_of_the_lake_is_read_but_by_its_root_or_an_engine() -> None:
    """What opens a path by itself knows neither endpoint nor credentials."""
    root = Path(tt.__file__).parent
    places = {
        file.relative_to(root).as_posix() for file in root.rglob("*.py") if "lake.path(" in file.read_text("utf-8")
    }
    assert places == {"workbench/view.py"}


def every(metas: Sequence[str]) -> np.ndarray:
    """All are marked."""
    return np.ones(len(metas), bool)


def test_marked_records_are_taken_out_of_the_bucket_too(local: Project, remote: Project) -> None:
    def taken_out(project: Project) -> Taken:
        return take_out(project.lake, "cloudtrax", every, now_us=END_US, tell=lambda *_: None)

    taken = [taken_out(project) for project in (local, remote)]
    assert taken[0] == taken[1]
    assert taken[0].rows["sighting"] > 0
    paths = {found.path.split("/")[0] for found in remote.lake.root.walk()}
    assert paths == {file.table_name for file in remote.lake.snapshot().files}
    assert "raw" not in paths


def test_of_a_wide_file_only_the_columns_and_row_groups_asked_for_are_fetched(object_store: ObjectStore) -> None:
    """Three row groups in the order of time; of the last a few columns are fetched, and the file's end."""
    rows = 3 * 122_880
    at = pa.array(np.arange(rows) * 1_000_000, pa.timestamp("us", "UTC"))
    random = np.random.default_rng(7)
    plain = {"string": [""] * rows, "bool": [False] * rows, "timestamp[us, tz=UTC]": at}
    some = {field.name: plain.get(str(field.type), np.zeros(rows, int)) for field in schema(SIGHTING)}
    numbers = {"device": random.integers(-(2**62), 2**62, rows), "frames": random.integers(1, 99, rows)}
    table = pa.table({**some, **numbers}, schema=schema(SIGHTING))
    content = encode(table, raw=False)
    fetched: list[int] = []

    def watched(asked: Asked) -> None:
        if match := re.fullmatch(r"bytes=(\d+)-(\d+)", asked.headers.get("range", asked.headers.get("Range", ""))):
            fetched.append(int(match[2]) - int(match[1]) + 1)

    bucket = object_store.bucket()
    with proxied(object_store, watched) as url:
        root = ObjectRoot(f"s3://{bucket}", object_store.access(url=url))
        root.write({"a/b.parquet": content}, lambda _: None, at_us=0)
        engine = DuckEngine(remote=root)
        asked_for = Parts(unique=(root.absolute("a/b.parquet", content.size),))
        text = "select count(*) as n, sum(frames) as frames from rows_in where last_seen >= timestamp_micros(:since_us)"
        since = 3 * 122_880 - 1_000
        answer = engine.run(text, {"rows_in": engine.table(SIGHTING, asked_for)}, since_us=since * 1_000_000).arrow()
    assert answer.to_pylist() == [{"n": 1_000, "frames": int(numbers["frames"][-1_000:].sum())}]
    assert 0 < sum(fetched) < content.size // 8


def test_doctor_and_pages_say_in_a_sentence_that_the_object_store_is_away_and_show_no_secret(
    remote: Project, tmp_path: Path, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    """The port is free: nobody listens there."""
    caplog.set_level(logging.DEBUG)
    root = shutil.copytree(remote.settings.root, tmp_path / "project")
    away = f"http://127.0.0.1:{free_port('127.0.0.1', 0)}"
    toml = (root / "telltale.toml").read_text()
    (root / "telltale.toml").write_text(re.sub(r'endpoint = ".*"', f'endpoint = "{away}"\ntries = 1', toml))
    project = Project(settings=load(root), now=lambda: END_US)
    said = [f"{finding}" for finding in doctor.examine(project)]
    assert any(f"{away} cannot be reached (could not connect to server)" in line for line in said)
    with pytest.raises(StoreError, match=r"cannot be reached .*; check the network and"):
        tt.load("visit", project=project)
    answer = Boards(project, PAGES).get("presence", {}, again=True)
    assert answer is not None
    assert "cannot be reached" in str(answer)
    project.close()
    for text in (*said, str(answer), caplog.text, *capsys.readouterr(), repr(project.settings)):
        assert not re.search(f"{ID}|{re.escape(KEY)}", text)


def test_doctor_tries_the_bucket_out_and_leaves_nothing_there(remote: Project, object_store: ObjectStore) -> None:
    def lake() -> list[Finding]:
        return [finding for finding in doctor.examine(remote) if finding.check == "lake"]

    before = {found.path for found in remote.lake.root.walk()}
    assert [(finding.state, finding.found) for finding in lake()] == [("ok", str(remote.settings.lake_root))]
    assert {found.path for found in remote.lake.root.walk()} == before
    *_, newest = [file.path for file in sorted(remote.lake.snapshot().files, key=lambda file: file.created_at)]
    remote.lake.root.delete(newest)
    assert [(finding.state, finding.found) for finding in lake()] == [("wrong", f"{newest} is listed and not there")]
