"""Jobs that are stopped after each numbered step: a record is hot or listed, never both, never neither."""

import os
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from telltale.contract import StoreError
from telltale.lake import Lake
from telltale.lake.gc import gc
from telltale.lake.settle import settle
from telltale.landing import Store
from tests.sources.toy import DAY, MONDAY, fill, job, open_lake, open_store, raw, rows_of
from tests.stores import URL_FILE

RECORDS = 12
WRITING = ["3 temporary", "3 renamed", "3 written"]
STEPS = {
    "settle": ["1 read", "2 decoded", *WRITING, "4 deleted", "4 listed", "4 committed"],
    "merge": ["1 read", "2 sorted", *WRITING, "4 unlisted", "4 listed", "4 committed"],
    "decode": ["1 listed", "2 decoded", *WRITING, "4 unlisted", "4 listed", "4 committed"],
    "drop": ["1 unlisted", "1 committed", "remove:1 marked", "2 removed"],
}
STEPS = {name: [step if ":" in step else f"{name}:{step}" for step in steps] for name, steps in STEPS.items()}
CASES = [(name, step) for name, steps in STEPS.items() for step in steps]


class Stopped(BaseException):
    """Raised by a step; nothing in the lake catches it."""


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)])
def prepared(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twelve records over two days, the first eight settled in four goes."""
    folder = tmp_path_factory.mktemp("prepared")
    if request.param == "postgresql":
        (folder / URL_FILE).write_text(request.getfixturevalue("postgresql").new())
    store = open_store(folder)
    lake = open_lake(folder, store)
    fill(store, [raw(7200 * number + 60) for number in range(RECORDS)])
    for _ in range(4):
        settle(lake, now_us=MONDAY + 3 * DAY, max_rows=2)
    store.scrub()
    store.close()
    return folder


@pytest.fixture
def folder(request: pytest.FixtureRequest, prepared: Path, tmp_path: Path) -> Iterator[Path]:
    """A copy of what was prepared."""
    folder = shutil.copytree(prepared, tmp_path / "project")
    named = folder / URL_FILE
    if not named.exists():
        yield folder
        return
    with request.getfixturevalue("postgresql").one(named.read_text()) as url:
        named.write_text(url)
        yield folder


@pytest.fixture
def store(folder: Path) -> Iterator[Store]:
    store = open_store(folder)
    yield store
    store.close()


def check(lake: Lake, *, purged: bool = False) -> None:
    """Every record is hot or in one raw file, and exactly the settled ones have their rows, once."""
    hot = Counter(record.id for record in lake.snapshot().hot)
    settled = Counter(rows_of(lake, "raw")["id"].to_pylist())
    kept = hot + settled
    assert set(kept.values()) == {1}
    assert set(kept) == set(range(1, RECORDS + 1)) or purged
    for table_name in ("sighting", "node_heartbeat"):
        rows = Counter(rows_of(lake, table_name)["raw_id"].to_pylist())
        assert set(rows.values()) == {1}
        assert set(rows) == set(settled) or (purged and set(rows) > set(settled))


def check_and_go_on(folder: Path, name: str) -> None:
    """The state is whole; the same job and all others then run to the end, and garbage goes."""
    store = open_store(folder)
    lake = open_lake(folder, store, version=2)
    purged = name == "drop"
    check(lake, purged=purged)
    for each in ("settle", "merge", "decode", "merge"):
        job(lake, each)
        check(lake, purged=purged)
    assert lake.snapshot().hot == ()
    gc(lake, now_us=MONDAY + 20_000 * DAY)
    assert {found.path for found in lake.root.walk()} == {file.path for file in lake.snapshot().files}
    if not purged:
        assert set(rows_of(lake, "sighting")["flags"].to_pylist()) == {"v2"}
    store.close()


@pytest.mark.parametrize("name", STEPS)
def test_the_steps_are_these(folder: Path, store: Store, name: str) -> None:
    seen: list[str] = []
    job(open_lake(folder, store, on_step=seen.append), name)

    assert list(dict.fromkeys(seen)) == STEPS[name]


@pytest.mark.parametrize(("name", "last"), CASES)
def test_a_job_that_raises_after_a_step_loses_and_doubles_nothing(folder: Path, name: str, last: str) -> None:
    def stop(step: str) -> None:
        if step == last:
            raise Stopped

    store = open_store(folder)
    with pytest.raises(Stopped):
        job(open_lake(folder, store, version=2, on_step=stop), name)
    store.close()

    check_and_go_on(folder, name)


def killed(folder: Path, name: str, last: str) -> None:
    command = [sys.executable, "-m", "tests.sources.toy", str(folder), name, "2", last]
    done = subprocess.run(command, cwd=Path(__file__).parents[2], capture_output=True, text=True, check=False)
    assert done.returncode == -9, done.stderr
    check_and_go_on(folder, name)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL")
@pytest.mark.parametrize("last", [step for name, step in CASES if name == "settle"])
def test_a_settle_killed_after_a_step_loses_and_doubles_nothing(folder: Path, last: str) -> None:
    killed(folder, "settle", last)


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL")
@pytest.mark.parametrize("prepared", ["sqlite"], indirect=True)  # of PostgreSQL those that raise say the same
@pytest.mark.parametrize(("name", "last"), [case for case in CASES if case[0] != "settle"])
def test_any_job_killed_after_a_step_loses_and_doubles_nothing(folder: Path, name: str, last: str) -> None:
    killed(folder, name, last)


def test_a_lake_that_cannot_be_written_keeps_the_records_hot_and_recovers(folder: Path, store: Store) -> None:
    """A file where a folder should be gives the errors of a disk that takes nothing."""
    lake = open_lake(folder, store)
    blocked = folder / "lake" / "sighting" / "day=2025-11-24"
    aside = folder / "aside"
    blocked.rename(aside)
    blocked.write_bytes(b"")

    with pytest.raises(StoreError, match="nothing was changed"):
        settle(lake, now_us=MONDAY)
    assert len(lake.snapshot().hot) == RECORDS - 8

    blocked.unlink()
    aside.rename(blocked)
    job(lake, "settle")
    check(lake)


def test_a_reader_held_open_across_a_commit_sees_one_state(folder: Path, store: Store) -> None:
    lake = open_lake(folder, store)
    before = lake.snapshot()
    job(lake, "settle")
    job(lake, "merge")

    ids = [record.id for record in before.hot]
    ids += [raw_id for file in before.of("raw") for raw_id in lake.root.read(file.path)["id"].to_pylist()]
    assert sorted(ids) == list(range(1, RECORDS + 1))
    assert lake.snapshot().change > before.change


@pytest.mark.parametrize(("name", "slow_step"), [("merge", "merge:2 sorted"), ("decode", "decode:2 decoded")])
def test_the_grace_of_a_file_begins_when_it_is_un_listed(folder: Path, store: Store, name: str, slow_step: str) -> None:
    """A job that works for longer than the grace must not hand gc what readers are about to open."""
    took_s = 0.25

    def slow(step: str) -> None:
        if step == slow_step:
            time.sleep(took_s)

    lake = open_lake(folder, store, version=2, on_step=slow)
    before = {file.path for file in lake.snapshot().files}
    job(lake, name)
    assert gc(lake, now_us=MONDAY + 3 * DAY + int(took_s * 1e6), grace_s=0).files == 0
    assert all(lake.root.exists(path) for path in before)
