"""What is being removed is never listed again, however late its removal comes."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from telltale.lake import Lake
from telltale.lake.catalog import writable
from telltale.lake.gc import gc, remove
from telltale.lake.lake import write
from telltale.lake.merge import merge
from telltale.lake.relist import relist
from telltale.lake.rows import raw_draft
from telltale.lake.settle import settle
from telltale.landing import Store
from telltale.landing.schema import GONE
from tests.sources.toy import DAY, HOUR, MONDAY, fill, job, open_lake, open_store, raw, rows_of

NOW = MONDAY + 3 * DAY
WEEK = 7 * DAY


class HeldUp(Exception):
    """Where a removal is held up."""


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = open_store(tmp_path)
    yield store
    store.close()


def hold_up(step: str) -> None:
    if step == "remove:1 marked":
        raise HeldUp


def gone(store: Store) -> set[str]:
    with store.reader() as connection:
        return set(connection.scalars(sa.select(GONE.c.path)))


def merged(store: Store, folder: Path) -> Lake:
    """A lake whose six first files are off the list."""
    lake = open_lake(folder, store)
    for second in (60, 120):
        fill(store, [raw(second)])
        settle(lake, now_us=NOW)
    merge(lake, now_us=NOW)
    return lake


def test_content_that_comes_again_while_its_removal_is_held_up_is_written_under_another_name(
    store: Store, tmp_path: Path
) -> None:
    lake = merged(store, tmp_path)
    (listed,) = lake.snapshot().of("raw")
    rows = lake.root.read(listed.path)
    draft = raw_draft("toy", listed.day, rows.slice(0, 1), version=1)  # what the first of the six files holds
    with pytest.raises(HeldUp):
        gc(open_lake(tmp_path, store, on_step=hold_up), now_us=NOW + 2 * HOUR)
    marked = gone(store)
    assert len(marked) == 6

    (made,) = write(lake, "test", [draft], now_us=NOW + 2 * HOUR)
    assert made.path not in marked
    assert made.path.removesuffix("-2.parquet") + ".parquet" in marked

    lake.root.delete_all(sorted(marked))  # the removal goes on at last
    assert lake.root.read(made.path).num_rows == 1
    assert rows_of(lake, "raw")["id"].to_pylist() == [1, 2]


def test_a_file_removed_between_its_writing_and_its_listing_is_written_again(store: Store, tmp_path: Path) -> None:
    """The job starts again by itself, and its file has the next name."""
    removed: list[str] = []

    def remove_once(step: str) -> None:
        if step == "settle:3 written" and not removed:
            there = [found.path for found in lake.root.walk()]
            removed.extend(remove(lake, there, unlisted_before=NOW))

    fill(store, [raw(60)])
    lake = open_lake(tmp_path, store, on_step=remove_once)
    assert settle(lake, now_us=NOW).raws == 1

    assert len(removed) == 3
    assert {file.path for file in lake.snapshot().files} == {path.replace(".parquet", "-2.parquet") for path in removed}
    assert rows_of(lake, "sighting")["raw_id"].to_pylist() == [1]


def test_a_file_under_another_name_is_known_when_its_store_is_lost(store: Store, tmp_path: Path) -> None:
    def removed(step: str) -> None:
        if step == "settle:3 written":
            raise HeldUp

    fill(store, [raw(60)])
    with pytest.raises(HeldUp):
        settle(open_lake(tmp_path, store, on_step=removed), now_us=NOW)
    lake = open_lake(tmp_path, store)
    assert gc(lake, now_us=NOW + WEEK).files == 3
    settle(lake, now_us=NOW + WEEK)
    fill(store, [raw(120)])
    settle(lake, now_us=NOW + WEEK)
    listed = {file.path for file in lake.snapshot().files}
    assert sum(path.endswith("-2.parquet") for path in listed) == 3
    store.close()
    for file in (tmp_path / "landing").glob("landing.sqlite*"):
        file.unlink()

    emptied = open_store(tmp_path)
    again = open_lake(tmp_path, emptied)
    done = relist(again, now_us=NOW + WEEK)
    assert (done.records, done.unreadable) == (2, ())
    assert {file.path for file in again.snapshot().files} == listed
    emptied.close()


def test_what_is_listed_is_never_marked_nor_removed(store: Store, tmp_path: Path) -> None:
    lake = merged(store, tmp_path)
    paths = [file.path for file in lake.snapshot().files]

    assert remove(lake, paths, unlisted_before=NOW + WEEK) == []
    assert gone(store) == set()
    job(lake, "decode")
    assert rows_of(lake, "raw")["id"].to_pylist() == [1, 2]


def test_marks_go_a_week_after_their_files_and_not_before_these(store: Store, tmp_path: Path) -> None:
    lake = merged(store, tmp_path)
    with pytest.raises(HeldUp):
        gc(open_lake(tmp_path, store, on_step=hold_up), now_us=NOW + 2 * HOUR)
    assert gc(lake, now_us=NOW + 3 * HOUR).files == 6
    assert len(gone(store)) == 6
    assert gc(lake, now_us=NOW + WEEK).files == 0
    assert len(gone(store)) == 6
    gc(lake, now_us=NOW + WEEK + 3 * HOUR)
    assert gone(store) == set()


def test_names_are_numbered_past_those_that_are_gone(store: Store) -> None:
    paths = ["raw/source=a_b/day=2025-11-24/x.parquet", "raw/source=a_b/day=2025-11-24/y.parquet"]
    with store.writer() as connection:
        others = ["raw/source=aXb/day=2025-11-24/x-2.parquet", "raw/source=a_b/day=2025-11-24/x-3.parquet"]
        connection.execute(GONE.insert(), [{"path": path, "at": 0} for path in [paths[0], *others]])
    assert writable(store, paths) == {paths[0]: "raw/source=a_b/day=2025-11-24/x-2.parquet", paths[1]: paths[1]}
