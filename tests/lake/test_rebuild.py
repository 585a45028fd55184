"""Merge and decode again: the same rows in fewer files, or new rows of the same records."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pyarrow as pa
import pytest

from telltale.lake import Lake
from telltale.lake.merge import merge
from telltale.lake.purge import drop
from telltale.lake.redecode import redecode
from telltale.lake.settle import settle, settle_all
from telltale.landing import Store
from tests.sources.toy import DAY, HOUR, MONDAY, fill, open_lake, open_store, raw, rows_of

NOW = MONDAY + 3 * DAY


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    store = Store(store_url)
    yield store
    store.close()


def settle_one_by_one(lake: Lake, records: int) -> None:
    for _ in range(records):
        settle(lake, now_us=NOW, max_rows=1)


def test_a_closed_day_has_one_file_a_table_and_personal_raw_records_one_an_hour(store: Store, tmp_path: Path) -> None:
    lake = open_lake(tmp_path, store)
    fill(store, [raw(3600 * hour + minute) for hour in (1, 2) for minute in (60, 120, 180)])
    settle_one_by_one(lake, 6)
    before = rows_of(lake, "raw").num_rows

    merged = merge(lake, now_us=NOW)

    files = lake.snapshot().files
    assert merged == (18, 4)
    assert [(file.table_name, file.rows) for file in files] == [
        ("node_heartbeat", 6),
        ("raw", 3),
        ("raw", 3),
        ("sighting", 6),
    ]
    assert sum(file.rows for file in files if file.table_name == "raw") == before == 6
    assert merge(lake, now_us=NOW) == (0, 0)


def test_where_personal_raw_records_are_kept_for_ever_their_hours_become_days_a_week_later(
    store: Store, tmp_path: Path
) -> None:
    lake = open_lake(tmp_path, store, keeps_bodies=True)
    fill(store, [raw(day * 86_400 + 3_600 * hour) for day in (0, 6) for hour in (1, 2, 3)])
    settle_all(lake, now_us=NOW)
    before = rows_of(lake, "raw")

    def days(now_us: int) -> list[int]:
        merge(lake, now_us=now_us)
        return [file.day.day - 24 for file in lake.snapshot().of("raw")]

    assert days(MONDAY + 8 * DAY - HOUR) == [0, 0, 0, 6, 6, 6], "should they be removed after all, it is by the hour"
    assert days(MONDAY + 8 * DAY) == [0, 6, 6, 6]
    assert days(MONDAY + 30 * DAY) == [0, 6]
    assert rows_of(lake, "raw").sort_by("id") == before.sort_by("id")
    assert merge(open_lake(tmp_path, store), now_us=MONDAY + 31 * DAY) == (0, 0)
    assert redecode(lake, now_us=NOW).raws == 6


def test_an_open_day_is_merged_when_it_has_many_files(store: Store, tmp_path: Path) -> None:
    lake = open_lake(tmp_path, store)
    fill(store, [raw(60 + second) for second in range(4)])
    settle_one_by_one(lake, 4)
    noon = MONDAY + 12 * HOUR

    assert merge(lake, now_us=MONDAY + HOUR // 2, many=5) == (0, 0)
    assert merge(lake, now_us=noon, many=5) == (4, 1)  # the received hour is over, the day is not
    assert merge(lake, now_us=noon, many=4) == (8, 2)


def test_a_merge_removes_resends_and_remembers_their_records(store: Store, tmp_path: Path) -> None:
    lake = open_lake(tmp_path, store)
    fill(store, [raw(60, "n1 7 30 3"), raw(61, "n1 7 30 5"), raw(62, "n1 7 30 4")])
    settle_one_by_one(lake, 3)

    merge(lake, now_us=NOW)

    assert rows_of(lake, "sighting")["raw_id"].to_pylist() == [2]
    file = lake.snapshot().of("sighting")[0]
    assert (file.first_raw_id, file.last_raw_id, file.is_unique) == (1, 3, True)


def test_a_merge_leaves_files_listed_meanwhile(store: Store, tmp_path: Path) -> None:
    lake = open_lake(tmp_path, store)
    fill(store, [raw(60), raw(61)])
    settle_one_by_one(lake, 2)

    more = iter(range(70, 99))

    def settle_more(step: str) -> None:
        if step == "merge:2 sorted":
            fill(store, [raw(next(more))])
            settle(lake, now_us=NOW)

    merge(open_lake(tmp_path, store, on_step=settle_more), now_us=NOW)

    ids = list(range(1, rows_of(lake, "raw").num_rows + 1))
    assert len(ids) > 2
    assert sorted(rows_of(lake, "raw")["id"].to_pylist()) == ids
    assert sorted(rows_of(lake, "sighting")["raw_id"].to_pylist()) == ids


def test_a_merge_whose_files_were_dropped_meanwhile_changes_nothing(store: Store, tmp_path: Path) -> None:
    lake = open_lake(tmp_path, store)
    fill(store, [raw(60), raw(61)])
    settle_one_by_one(lake, 2)

    def drop_rows(step: str) -> None:
        if step == "merge:3 written" and lake.snapshot().of("sighting"):
            drop(lake, lake.snapshot().of("sighting"), now_us=NOW, freeze=False)

    merge(open_lake(tmp_path, store, on_step=drop_rows), now_us=NOW)

    assert lake.snapshot().of("sighting") == ()
    assert len(lake.snapshot().of("raw")) == 1


@pytest.mark.parametrize("batch", [1, 3, 100])
def test_the_same_records_give_the_same_files_however_they_were_settled(tmp_path: Path, batch: int) -> None:
    """The merged files are equal byte for byte: their names are the hash of their content."""
    records = [
        raw(60 * minute, f"n1 7 {60 * minute - 30} {minute % 5}\nn2 8 30 {minute % 7}") for minute in range(1, 20)
    ]
    paths = []
    for name, rows in (("one", 100), ("other", batch)):
        store = open_store(tmp_path / name)
        lake = open_lake(tmp_path / name, store)
        fill(store, records)
        settle_all(lake, now_us=NOW, max_rows=rows)
        merge(lake, now_us=NOW)
        paths.append([(file.path, file.sha256) for file in lake.snapshot().files])
        store.close()

    assert paths[0] == paths[1]


def test_decoding_again_with_the_same_decoder_gives_the_same_files(store: Store, tmp_path: Path) -> None:
    lake = open_lake(tmp_path, store)
    fill(store, [raw(60, "n1 7 30 3"), raw(61, "n1 7 30 5"), raw(86400 + 1, "n1 7 90 3")])
    settle(lake, now_us=NOW)
    before = lake.snapshot().files

    done = redecode(lake, now_us=NOW + DAY)

    assert done == (2, 3, {"sighting": 3, "node_heartbeat": 3}, (), ())
    assert [file.path for file in lake.snapshot().files] == [file.path for file in before]


def test_a_newer_decoder_replaces_the_rows_of_a_window_and_only_those(store: Store, tmp_path: Path) -> None:
    lake = open_lake(tmp_path, store)
    fill(store, [raw(86400 * day + 60) for day in range(3)] + [raw(86400 + 1)])  # the last is seen on Monday
    settle(lake, now_us=NOW)

    newer = open_lake(tmp_path, store, version=2)
    done = redecode(newer, since_day=date(2025, 11, 25), until_day=date(2025, 11, 25), now_us=NOW)

    flags = {row["raw_id"]: row["flags"] for row in rows_of(newer, "sighting").to_pylist()}
    assert flags == {1: "v1", 2: "v2", 3: "v1", 4: "v2"}
    assert (done.days, done.raws) == (1, 2)
    versions = {(file.table_name, file.day.day): file.decoder_version for file in newer.snapshot().files}
    assert versions["raw", 25] == 2
    assert versions["sighting", 24] == 1  # one of its rows still is the older decoder's
    assert versions["sighting", 25] == 2

    redecode(newer, now_us=NOW)
    assert {file.decoder_version for file in newer.snapshot().files} == {2}
    assert set(rows_of(newer, "sighting")["flags"].to_pylist()) == {"v2"}


def test_decoding_again_works_after_a_merge_and_merges_afterwards(store: Store, tmp_path: Path) -> None:
    lake = open_lake(tmp_path, store)
    fill(store, [raw(60 * minute) for minute in range(1, 9)])
    settle_one_by_one(lake, 8)
    merge(lake, now_us=NOW)
    fill(store, [raw(600), raw(660)])
    settle_one_by_one(lake, 2)

    newer = open_lake(tmp_path, store, version=2)
    redecode(newer, now_us=NOW)

    assert len(newer.snapshot().of("sighting")) == 1
    assert rows_of(newer, "sighting")["flags"].to_pylist() == ["v2"] * 10
    assert sorted(rows_of(newer, "sighting")["raw_id"].to_pylist()) == list(range(1, 11))


def test_rows_a_newer_decoder_no_longer_gives_are_gone(store: Store, tmp_path: Path) -> None:
    lake = open_lake(tmp_path, store)
    fill(store, [raw(60), raw(61)])
    settle(lake, now_us=NOW)
    heartbeats_only = Lake(
        store,
        tmp_path / "lake",
        lambda source, raws: {"node_heartbeat": lake.decode(source, raws)["node_heartbeat"]},
        {"toy": 2},
    )

    redecode(heartbeats_only, now_us=NOW)

    assert lake.snapshot().of("sighting") == ()
    assert rows_of(lake, "node_heartbeat").num_rows == 2


def test_decoding_again_chooses_a_source_and_reports_progress(store: Store, tmp_path: Path) -> None:
    lake = open_lake(tmp_path, store)
    fill(store, [raw(60), raw(60, source="plain"), raw(86400 + 60, source="plain")])
    settle(lake, now_us=NOW)
    progress: list[tuple[int, int]] = []

    newer = open_lake(tmp_path, store, version=2)
    redecode(newer, source="plain", now_us=NOW, progress=lambda done, of: progress.append((done, of)))

    rows = rows_of(newer, "sighting").select(["source", "flags"]).to_pylist()
    assert {(row["source"], row["flags"]) for row in rows} == {("toy", "v1"), ("plain", "v2")}
    assert progress == [(0, 2), (1, 2), (2, 2)]


def test_frozen_days_are_left_and_named(store: Store, tmp_path: Path) -> None:
    lake = open_lake(tmp_path, store)
    fill(store, [raw(60), raw(7200), raw(86400 + 60)])
    settle(lake, now_us=NOW)
    first_hour = [file for file in lake.snapshot().of("raw") if file.max_time < MONDAY + HOUR]
    drop(lake, first_hour, now_us=NOW, freeze=True)

    newer = open_lake(tmp_path, store, version=2)
    done = redecode(newer, now_us=NOW)

    assert done.frozen == (("toy", date(2025, 11, 24)),)
    assert (done.days, done.raws) == (1, 1)
    flags = {row["raw_id"]: row["flags"] for row in rows_of(newer, "sighting").to_pylist()}
    assert flags == {1: "v1", 2: "v1", 3: "v2"}
    frozen = {(file.table_name, file.day.day): file.is_frozen for file in newer.snapshot().files}
    assert frozen["sighting", 24]
    assert not frozen["sighting", 25]


def test_rows_that_retention_removed_do_not_come_back(store: Store, tmp_path: Path) -> None:
    lake = open_lake(tmp_path, store)
    fill(store, [raw(60), raw(86400 + 60)])
    settle(lake, now_us=NOW)
    drop(lake, lake.snapshot().of("sighting", until=date(2025, 11, 25)), now_us=NOW, freeze=True)

    redecode(lake, now_us=NOW)

    assert rows_of(lake, "sighting")["raw_id"].to_pylist() == [2]
    assert rows_of(lake, "node_heartbeat").num_rows == 2


def test_a_purge_during_decoding_wins(store: Store, tmp_path: Path) -> None:
    lake = open_lake(tmp_path, store)
    fill(store, [raw(60), raw(7200)])
    settle(lake, now_us=NOW)
    purged: list[str] = []

    def purge(step: str) -> None:
        if step == "decode:2 decoded" and not purged:
            purged.append(step)
            drop(lake, lake.snapshot().of("raw")[:1], now_us=NOW, freeze=True)

    done = redecode(open_lake(tmp_path, store, version=2, on_step=purge), now_us=NOW)

    assert done.frozen == (("toy", date(2025, 11, 24)),)
    assert rows_of(lake, "sighting")["flags"].to_pylist() == ["v1", "v1"]


def test_merged_tables_keep_their_columns(store: Store, tmp_path: Path) -> None:
    lake = open_lake(tmp_path, store)
    fill(store, [raw(60), raw(61)])
    settle_one_by_one(lake, 2)
    before: pa.Schema = rows_of(lake, "sighting").schema
    merge(lake, now_us=NOW)
    assert rows_of(lake, "sighting").schema.equals(before)
