"""The crash steps of `test_faults` with the lake on an object store, and a store that fails in the middle of a job."""

import os
import random
import shutil
import threading
from pathlib import Path

import pytest

from telltale.contract import StoreError
from telltale.lake.gc import gc
from telltale.lake.settle import settle
from tests.lake.test_faults import RECORDS, STEPS, Stopped, check, check_and_go_on, killed
from tests.object_store import CUT, Answer, Asked, ObjectStore, error, proxied
from tests.sources.toy import BUCKET_FILE, DAY, MONDAY, fill, job, open_lake, open_store, raw

NOT_THERE = ("3 temporary", "3 renamed")
"""An object appears whole: there is nothing between."""
CASES = [(name, step) for name, steps in STEPS.items() for step in steps if not step.endswith(NOT_THERE)]
CHOSEN = {"settle", "merge"}


@pytest.fixture(scope="module")
def prepared(object_store: ObjectStore, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """As that of `test_faults`."""
    folder = tmp_path_factory.mktemp("prepared")
    name_bucket(folder, object_store.bucket(), object_store)
    store = open_store(folder)
    lake = open_lake(folder, store)
    fill(store, [raw(7200 * number + 60) for number in range(RECORDS)])
    for _ in range(4):
        settle(lake, now_us=MONDAY + 3 * DAY, max_rows=2)
    store.scrub()
    store.close()
    return folder


@pytest.fixture
def folder(prepared: Path, tmp_path: Path, object_store: ObjectStore) -> Path:
    """A copy of what was prepared, with a bucket of its own."""
    folder = shutil.copytree(prepared, tmp_path / "project")
    name_bucket(folder, object_store.copy(bucket_of(folder)), object_store)
    return folder


def name_bucket(folder: Path, bucket: str, object_store: ObjectStore, *, url: str = "") -> None:
    (folder / BUCKET_FILE).write_text(f"s3://{bucket}/lake {url or object_store.url}")


def bucket_of(folder: Path) -> str:
    return (folder / BUCKET_FILE).read_text().removeprefix("s3://").partition("/")[0]


def stopped(folder: Path, name: str, last: str) -> None:
    def stop(step: str) -> None:
        if step == last:
            raise Stopped

    store = open_store(folder)
    with pytest.raises(Stopped):
        job(open_lake(folder, store, version=2, on_step=stop), name)
    store.close()
    check_and_go_on(folder, name)


@pytest.mark.parametrize(("name", "last"), [case for case in CASES if case[0] in CHOSEN])
def test_a_job_stopped_after_a_step_loses_and_doubles_nothing(folder: Path, name: str, last: str) -> None:
    stopped(folder, name, last)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "last"), [case for case in CASES if case[0] not in CHOSEN])
def test_any_job_stopped_after_a_step_loses_and_doubles_nothing(folder: Path, name: str, last: str) -> None:
    stopped(folder, name, last)


@pytest.mark.long
@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL")
@pytest.mark.parametrize(("name", "last"), CASES)
def test_a_job_killed_after_a_step_loses_and_doubles_nothing(folder: Path, name: str, last: str) -> None:
    killed(folder, name, last)


@pytest.mark.parametrize("name", ["settle", "merge", "decode"])
def test_a_store_that_ends_in_the_middle_of_the_puts_leaves_what_the_next_run_puts_right(
    folder: Path, object_store: ObjectStore, name: str
) -> None:
    """The first object is put, no other; the job fails, and later goes through."""
    bucket, lock, put = bucket_of(folder), threading.Lock(), []

    def trouble(asked: Asked) -> Answer | None:
        if asked.method != "PUT":
            return None
        with lock:
            put.append(asked.path)
            return None if len(put) == 1 else CUT

    with proxied(object_store, trouble) as url:
        name_bucket(folder, bucket, object_store, url=url)
        store = open_store(folder)
        with pytest.raises(StoreError, match=r"cannot be reached .* records stay in the store until it answers"):
            job(open_lake(folder, store, version=2), name)
        store.close()
    name_bucket(folder, bucket, object_store)
    check_and_go_on(folder, name)


def test_a_store_that_says_slow_down_is_asked_again(folder: Path, object_store: ObjectStore) -> None:
    """Each put is refused once; the client waits before it asks again."""
    lock, put = threading.Lock(), []

    def trouble(asked: Asked) -> Answer | None:
        if asked.method != "PUT":
            return None
        with lock:
            put.append(asked.path)
            return error(503, "SlowDown", "Please reduce your request rate.") if put.count(asked.path) == 1 else None

    with proxied(object_store, trouble) as url:
        name_bucket(folder, bucket_of(folder), object_store, url=url)
        store = open_store(folder)
        lake = open_lake(folder, store)
        assert settle(lake, now_us=MONDAY + 3 * DAY).raws == RECORDS - 8
        check(lake)
        store.close()
    assert {put.count(path) for path in put} == {2}


@pytest.mark.long
@pytest.mark.parametrize("seed", range(5))
def test_rounds_of_trouble_lose_and_double_nothing(folder: Path, object_store: ObjectStore, seed: int) -> None:
    """One request in four is cut off, refused or told to slow down; a job ends or fails, and all is whole."""
    bucket, chance, lock, failed = bucket_of(folder), random.Random(seed), threading.Lock(), 0

    def trouble(_asked: Asked) -> Answer | None:
        with lock:
            kinds = [CUT, error(503, "SlowDown"), error(500, "InternalError"), error(403, "AccessDenied")]
            return chance.choice(kinds) if chance.random() < 0.25 else None

    store = open_store(folder)
    with proxied(object_store, trouble) as url:
        for number in range(40):
            name_bucket(folder, bucket, object_store, url=url)
            lake = open_lake(folder, store, version=1 + number % 3)
            try:
                do = chance.choice(["settle", "merge", "decode", "gc"])
                if do == "settle":
                    settle(lake, now_us=MONDAY + 3 * DAY, max_rows=1)
                elif do == "gc":
                    gc(lake, now_us=MONDAY + 20_000 * DAY)
                else:
                    job(lake, do)
            except StoreError:
                failed += 1
            name_bucket(folder, bucket, object_store)
            check(open_lake(folder, store))
    store.close()
    assert failed > 5, "nothing went wrong, so nothing was tested"
    check_and_go_on(folder, "decode")
