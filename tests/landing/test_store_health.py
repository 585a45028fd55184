"""What keeps the store from taking records is said, and nothing is acknowledged into a file nobody finds again."""

import os
import shutil
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import pytest
import sqlalchemy as sa

from telltale.contract import Raw, StoreError
from telltale.landing import Landing, Store
from telltale.landing.place import LEAST_FREE_BYTES
from tests.sources.toy import open_store, raw

IS_ROOT = hasattr(os, "geteuid") and os.geteuid() == 0
MOUNTS = sys.platform == "linux" and IS_ROOT


def path_of(store: Store) -> Path:
    return Path(sa.make_url(store.url).database or "")


def bodies(path: Path) -> set[str]:
    """What a connection that shares nothing with the store finds in a file."""
    with closing(sqlite3.connect(path)) as other:
        return {body.decode() for (body,) in other.execute("select body from raw")}


def until(holds: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < deadline, what
        time.sleep(0.01)


def said(landing: Landing, words: str) -> None:
    """Wait until health says so, and not without what to do."""
    until(lambda: words in landing.health(), f"health says {landing.health()!r}, expected {words!r}")
    assert "; " in landing.health()


def taken(landing: Landing, record: Raw) -> bool:
    try:
        landing.append(record)
    except StoreError:
        return False
    return True


@pytest.fixture
def landing(tmp_path: Path) -> Iterator[Landing]:
    landing = Landing(open_store(tmp_path, busy_timeout_s=0.3), ticket_timeout_s=5.0)
    yield landing
    landing.close()
    landing.store.close()


def test_a_store_that_takes_records_says_nothing_and_asking_writes_nothing(landing: Landing) -> None:
    landing.append(raw(1))
    path = path_of(landing.store)
    with closing(sqlite3.connect(path)) as other:
        before = other.execute("pragma data_version").fetchone()
        said_of = {landing.health() for _ in range(10_000)}
        assert other.execute("pragma data_version").fetchone() == before, "asking has written"
    assert said_of == {""}


@pytest.mark.parametrize("endings", [("", "-wal", "-shm"), ("",)], ids=["all of it", "the file alone"])
def test_nothing_is_acknowledged_into_a_deleted_file(landing: Landing, endings: tuple[str, ...]) -> None:
    """SQLite itself goes on writing into it, and says nothing."""
    path = path_of(landing.store)
    landing.append(raw(1, "before"))
    for ending in endings:
        Path(f"{path}{ending}").unlink()

    for number in range(5):
        with pytest.raises(StoreError, match="is gone; put it back"):
            landing.append(raw(number, "lost"))
    said(landing, "is gone; put it back")
    assert not path.exists(), "a running collector makes no new one: its records would begin at 1 again"


def test_a_file_that_is_put_back_is_used_again(landing: Landing) -> None:
    path = path_of(landing.store)
    landing.append(raw(1, "before"))
    path.rename(f"{path}.away")
    with pytest.raises(StoreError, match="is gone"):
        landing.append(raw(2, "meanwhile"))
    said(landing, "is gone")
    Path(f"{path}.away").rename(path)

    assert landing.append(raw(3, "after")) == 2
    assert landing.health() == ""
    assert bodies(path) == {"before", "after"}


def test_health_returns_with_the_store_though_no_record_comes(landing: Landing) -> None:
    path = path_of(landing.store)
    path.rename(f"{path}.away")
    with pytest.raises(StoreError):
        landing.append(raw(1))
    Path(f"{path}.away").rename(path)
    until(lambda: landing.health() == "", "it stays ill")


def test_records_go_to_the_file_that_lies_there_now(landing: Landing, tmp_path: Path) -> None:
    path = path_of(landing.store)
    landing.append(raw(1, "before"))
    backup = tmp_path / "backup.db"
    with closing(sqlite3.connect(path)) as one, closing(sqlite3.connect(backup)) as other:
        one.backup(other)
    for ending in ("-wal", "-shm"):
        Path(f"{path}{ending}").unlink()
    backup.rename(path)

    landing.append(raw(2, "after"))
    assert bodies(path) == {"before", "after"}


def test_the_log_of_a_file_that_was_replaced_is_not_written_into_the_other(landing: Landing, tmp_path: Path) -> None:
    """SQLite takes the -wal file beside a database for its own."""
    path = path_of(landing.store)
    backup = tmp_path / "backup.db"
    with closing(sqlite3.connect(path)) as one, closing(sqlite3.connect(backup)) as other:
        one.backup(other)
    landing.append(raw(1, "before"))
    backup.rename(path)

    with pytest.raises(StoreError, match="delete the -wal and -shm files"):
        landing.append(raw(2, "lost"))
    said(landing, "delete the -wal")
    for ending in ("-wal", "-shm"):
        Path(f"{path}{ending}").unlink()
    landing.append(raw(3, "after"))
    assert bodies(path) == {"after"}


def test_a_deleted_log_is_missed(landing: Landing) -> None:
    """What was committed lies in it alone until a checkpoint; closing every connection saves it."""
    path = path_of(landing.store)
    landing.append(raw(1, "before"))
    Path(f"{path}-wal").unlink()

    with suppress(StoreError):
        landing.append(raw(2, "perhaps"))
    until(lambda: taken(landing, raw(3, "after")), "it does not recover")
    assert {"before", "after"} <= bodies(path)


def test_nothing_is_acknowledged_into_a_log_nobody_can_read_again(landing: Landing, tmp_path: Path) -> None:
    """Another program has the store open: who opened it now would write a log without its head."""
    path = path_of(landing.store)
    landing.append(raw(1, "before"))
    other = Store(landing.store.url)
    assert other.trouble() == ""
    Path(f"{path}-wal").unlink()

    with pytest.raises(StoreError, match=r"-wal file of .* was deleted while it was open"):
        landing.append(raw(2, "lost"))
    until(lambda: "was deleted while it was open" in landing.health(), "health says nothing of it")
    other.trouble()  # it lets go too once it looks; the last one saves what the log held
    until(lambda: taken(landing, raw(3, "after")), "it does not recover")
    copy = tmp_path / "as a crash leaves it"
    copy.mkdir()
    for ending in ("", "-wal"):
        shutil.copy(f"{path}{ending}", copy / f"{path.name}{ending}")
    assert {"before", "after"} <= bodies(copy / path.name)
    assert "lost" not in bodies(copy / path.name)
    other.close()


def test_every_acknowledged_record_lies_where_the_file_was_when_it_began(landing: Landing, tmp_path: Path) -> None:
    """Files are moved away and replaced in the midst of writing: no record begun later lies in one of them."""
    path = path_of(landing.store)
    with closing(sqlite3.connect(path)) as one, closing(sqlite3.connect(tmp_path / "empty")) as other:
        one.backup(other)
    rounds, acknowledged, stop = 0, [], threading.Event()

    def send(sender: int) -> None:
        number = 0
        while not stop.is_set():
            number += 1
            began = rounds
            with suppress(StoreError):
                body = f"{sender}-{number}"
                landing.append(raw(1, body))
                acknowledged.append((began, rounds, body))

    with ThreadPoolExecutor(4) as pool:
        for sender in range(4):
            pool.submit(send, sender)
        for moved in range(12):
            count = len(acknowledged)
            until(lambda count=count: len(acknowledged) > count + 20, "nothing is stored any more")  # type: ignore[misc]
            folder = tmp_path / f"moved-{moved}"
            folder.mkdir()
            for ending in ("", "-wal", "-shm"):
                Path(f"{path}{ending}").rename(folder / f"{path.name}{ending}")
            shutil.copy(tmp_path / "empty", f"{path}.new")
            Path(f"{path}.new").rename(path)
            rounds += 1
        stop.set()
    landing.close()

    lies_in = [bodies(tmp_path / f"moved-{moved}" / path.name) for moved in range(12)] + [bodies(path)]
    # The round at its end may have moved on already, the one at its beginning not yet.
    lost = [row for row in acknowledged if not any(row[2] in lies_in[at] for at in range(row[0], row[1] + 1))]
    assert lost == []
    assert len(acknowledged) > 240


def test_a_damaged_store_is_said_and_recovers(landing: Landing) -> None:
    path = path_of(landing.store)
    landing.append(raw(1, "x" * 50_000))
    landing.store.scrub()
    landing.store.close()
    whole = path.read_bytes()
    with path.open("r+b") as file:
        file.seek(100)  # behind the header: the page that lists the tables
        file.write(b"\xff" * 3900)

    with pytest.raises(StoreError, match=r"malformed.*keep a copy, and put a backup in its place"):
        landing.append(raw(2))
    said(landing, "malformed")
    path.write_bytes(whole)
    until(lambda: landing.health() == "", "it stays ill")


def test_pages_that_are_damaged_deep_down_are_found_by_reading_all(landing: Landing) -> None:
    store = landing.store
    landing.put_many(raw(second, "x" * 3000) for second in range(50))
    store.scrub()
    store.close()
    assert store.damage() == ""
    store.close()
    with path_of(store).open("r+b") as file:
        file.seek(-3 * 4096, os.SEEK_END)
        file.write(b"\xff" * 4096)
    assert store.damage()


def test_a_lock_is_said_and_over_with_it(landing: Landing) -> None:
    with closing(sqlite3.connect(path_of(landing.store), isolation_level=None)) as lock:
        lock.execute("begin immediate")
        with pytest.raises(StoreError, match="locked; another program holds its lock: end that program"):
            landing.append(raw(1))
        assert "locked" in landing.health()
        lock.execute("rollback")
    until(lambda: landing.health() == "", "it stays ill")


def test_an_exhausted_pool_fails_tickets_and_is_over_with_it(landing: Landing) -> None:
    """Each ticket is resolved: before, they waited for ever."""
    connections = [landing.store.engine.connect() for _ in range(14)]
    with suppress(StoreError, sa.exc.TimeoutError):  # health may have the last one
        connections.append(landing.store.engine.connect())
    with pytest.raises(StoreError, match=r"all connections were in use for 0\.3 s"):
        landing.append(raw(1))
    for connection in connections:
        connection.close()
    landing.append(raw(2))


@contextmanager
def small_disk(folder: Path, size: int) -> Iterator[Path]:
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


@pytest.mark.slow
@pytest.mark.skipif(not MOUNTS, reason="needs the right to mount a small disk")
def test_a_full_disk_is_said_before_a_record_is_turned_away(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", LEAST_FREE_BYTES + (8 << 20)) as disk:
        landing = Landing(open_store(disk), ticket_timeout_s=10)
        landing.append(raw(1))
        assert landing.health() == ""
        filler = disk / "filler"
        filler.write_bytes(bytes(10 << 20))
        said(landing, "MiB are free on the disk")
        landing.append(raw(2))
        with suppress(OSError), filler.open("ab") as file:
            while True:
                file.write(bytes(1 << 20))
        with pytest.raises(StoreError, match="full; free some space"):
            landing.append(raw(3, "x" * (8 << 20)))
        filler.unlink()
        until(lambda: landing.health() == "", "it stays ill")
        landing.append(raw(4))
        landing.close()
        landing.store.close()


@contextmanager
def read_only(path: Path) -> Iterator[None]:
    """Nobody may write a file; root, who may whatever its mode says, finds its folder mounted for reading."""
    if not IS_ROOT:
        path.chmod(0o400)
        yield
        return
    subprocess.run(["mount", "--bind", path.parent, path.parent], check=True)
    try:
        subprocess.run(["mount", "-o", "remount,bind,ro", path.parent], check=True)
        yield
    finally:
        subprocess.run(["umount", "-l", path.parent], check=True)


@pytest.mark.skipif(IS_ROOT and not MOUNTS, reason="needs the right to mount")
def test_a_file_nobody_may_write_is_said(landing: Landing) -> None:
    with read_only(path_of(landing.store)):
        said(landing, f"{path_of(landing.store)} is read-only; let this user write it")
