"""The lake: settle moves records into files, a snapshot is one moment, rows are tidied."""

import os
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from telltale.arrow import Tables, schema
from telltale.contract import ConfigError, Raw, StoreError
from telltale.lake import Busy, Lake, parts
from telltale.lake.lock import locked
from telltale.lake.merge import merge
from telltale.lake.purge import purge_hot
from telltale.lake.records import raw_record
from telltale.lake.rows import tidy
from telltale.lake.settle import check_root, is_due, settle, settle_all
from telltale.lake.snapshot import change
from telltale.landing import Store
from telltale.pipeline.whole import whole
from telltale.tables import SIGHTING, Table
from tests.sources.toy import DAY, MONDAY, decoder, fill, open_lake, raw, rows_of

NOW = MONDAY + 3 * DAY


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    store = Store(store_url)
    yield store
    store.close()


@pytest.fixture
def lake(store: Store, tmp_path: Path) -> Lake:
    return open_lake(tmp_path, store)


def test_settled_records_are_listed_raw_and_decoded_and_no_longer_hot(store: Store, lake: Lake) -> None:
    fill(store, [raw(60), raw(120)])

    settled = settle(lake, now_us=NOW)

    snapshot = lake.snapshot()
    assert settled.raws == 2
    assert settled.rows == {"sighting": 2, "node_heartbeat": 2}
    assert snapshot.hot == ()
    assert [(file.table_name, file.rows, file.day) for file in snapshot.files] == [
        ("node_heartbeat", 2, date(2025, 11, 24)),
        ("raw", 2, date(2025, 11, 24)),
        ("sighting", 2, date(2025, 11, 24)),
    ]
    assert rows_of(lake, "sighting")["raw_id"].to_pylist() == [1, 2]


def test_the_catalog_says_what_a_file_holds(store: Store, lake: Lake) -> None:
    fill(store, [raw(60), raw(120, "n1 7 30 3")])
    settle(lake, now_us=NOW)

    file = lake.snapshot().of("sighting")[0]
    on_disk = Path(lake.path(file))

    assert on_disk.stat().st_size == file.bytes
    assert (file.first_raw_id, file.last_raw_id) == (1, 2)
    assert (file.min_time, file.max_time) == (MONDAY + 30_000_000, MONDAY + 55_000_000)
    assert (file.source, file.site, file.decoder_version, file.is_unique, file.is_frozen) == ("toy", "", 1, True, False)
    assert on_disk.stem == file.sha256[:32]


def test_a_settle_takes_the_oldest_up_to_its_limits_and_settle_all_takes_the_rest(store: Store, lake: Lake) -> None:
    fill(store, [raw(second) for second in range(10, 20)])

    assert settle(lake, now_us=NOW, max_rows=3).raws == 3
    assert lake.snapshot().hot[0].id == 4
    assert settle(lake, now_us=NOW, max_bytes=1).raws == 1  # at least one, however large
    assert settle_all(lake, now_us=NOW, max_rows=4).raws == 6
    assert settle(lake, now_us=NOW) == (0, {}, 0, 0, 0)


def test_days_and_hours_get_files_of_their_own(store: Store, lake: Lake) -> None:
    """Personal raw records lie apart by received hour, others by day; rows by the day of their own time."""
    hours = [raw(3600 * hour + 60, source=source) for source in ("toy", "plain") for hour in (1, 2, 25)]
    fill(store, [*hours, raw(24 * 3600 + 1)])  # the last was seen on Monday and received on Tuesday
    settle(lake, now_us=NOW)

    files = lake.snapshot().files
    raw_files = sorted((file.source, file.day.day, file.rows) for file in files if file.table_name == "raw")
    seen = sorted((file.source, file.day.day, file.rows) for file in files if file.table_name == "sighting")
    assert raw_files == [
        ("plain", 24, 2),
        ("plain", 25, 1),
        ("toy", 24, 1),
        ("toy", 24, 1),
        ("toy", 25, 1),
        ("toy", 25, 1),
    ]
    assert seen == [("plain", 24, 2), ("plain", 25, 1), ("toy", 24, 3), ("toy", 25, 1)]
    assert {file.path.rsplit("/", 1)[0] for file in files if file.source == "plain" and file.table_name == "raw"} == {
        "raw/source=plain/day=2025-11-24",
        "raw/source=plain/day=2025-11-25",
    }


def test_a_decoder_that_raises_makes_rejects_and_settling_goes_on(store: Store, lake: Lake) -> None:
    fill(store, [raw(second, "boom" if second in (13, 17) else "") for second in range(10, 20)])

    settled = settle(lake, now_us=NOW)

    assert (settled.raws, settled.rejects, settled.rows["sighting"]) == (10, 2, 8)
    rejects = rows_of(lake, "reject").to_pylist()
    assert [(row["raw_id"], row["reason"], row["excerpt"]) for row in rejects] == [
        (4, "decoder_failed", "RuntimeError"),
        (8, "decoder_failed", "RuntimeError"),
    ]
    assert lake.snapshot().of("raw")[0].rows == 10


@pytest.mark.parametrize("fault", [ConfigError("a key is damaged"), PermissionError("keys")])
def test_what_is_not_the_records_fault_leaves_them_hot(store: Store, tmp_path: Path, fault: Exception) -> None:
    def decode(source: str, raws: Sequence[Raw]) -> Tables:
        raise fault

    fill(store, [raw(10), raw(20)])
    lake = Lake(store, tmp_path / "lake", whole(decode), {"toy": 1})
    with pytest.raises(type(fault)):
        settle(lake, now_us=NOW)
    assert len(lake.snapshot().hot) == 2
    assert lake.snapshot().files == ()


@pytest.mark.parametrize(
    "wrong",
    [
        lambda tables: {"nonsense": tables["sighting"]},
        lambda tables: {"sighting": tables["sighting"].drop_columns(["frames"])},
        lambda tables: {"sighting": tables["node_heartbeat"]},
    ],
)
def test_a_decoder_of_wrong_tables_makes_rejects(store: Store, lake: Lake, tmp_path: Path, wrong: Any) -> None:
    right = decoder(1)
    broken = Lake(store, tmp_path / "lake", whole(lambda source, raws: wrong(right(source, raws))), {})
    fill(store, [raw(60), raw(61)])

    assert settle(broken, now_us=NOW).rows == {"reject": 2}


def test_the_change_of_a_snapshot_rises_with_every_commit(store: Store, lake: Lake) -> None:
    changes = [change(lake.store)]

    def note() -> None:
        changes.append(change(lake.store))
        assert lake.snapshot().change == change(lake.store) == changes[-1]

    fill(store, [raw(60)])
    note()
    fill(store, [raw(61)])
    note()
    settle(lake, now_us=NOW)
    note()
    fill(store, [raw(62)])
    settle(lake, now_us=NOW)
    note()
    merge(lake, now_us=NOW)
    note()
    fill(store, [raw(63)])
    purge_hot(lake, "toy", NOW, now_us=NOW)
    note()

    assert changes == sorted(set(changes))
    assert lake.snapshot().change == changes[-1]


def test_hot_records_are_taken_while_they_change(store: Store, lake: Lake, tmp_path: Path) -> None:
    """Records purged between reading and committing: the settle rolls back and takes what is left."""
    fill(store, [raw(60), raw(7200)])
    stolen: list[str] = []

    def steal(step: str) -> None:
        if step == "settle:3 written" and not stolen:
            stolen.append(step)
            purge_hot(lake, "toy", MONDAY + 3600 * 1_000_000, now_us=NOW)

    assert settle(open_lake(tmp_path, store, on_step=steal), now_us=NOW).raws == 1
    assert rows_of(lake, "raw")["id"].to_pylist() == [2]


def test_records_that_arrive_during_a_settle_stay_hot(store: Store, tmp_path: Path) -> None:
    fill(store, [raw(60)])
    lake = open_lake(tmp_path, store, on_step=lambda step: fill(store, [raw(70)]) if step == "settle:1 read" else None)

    settle(lake, now_us=NOW)

    assert [record.id for record in lake.snapshot().hot] == [2]
    assert rows_of(lake, "raw")["id"].to_pylist() == [1]


@pytest.mark.parametrize(
    ("records", "later_s", "due"), [(0, 10_000, False), (1, 599, False), (1, 600, True), (9, 0, False), (10, 0, True)]
)
def test_settling_is_due_by_number_or_age(store: Store, lake: Lake, records: int, later_s: int, due: bool) -> None:
    fill(store, [raw(60)] * records)

    assert is_due(lake.store, raw(60 + later_s).received_at, rows=10) is due


def test_settling_is_due_by_bytes_too(store: Store, lake: Lake) -> None:
    fill(store, [raw(60)])
    assert not is_due(lake.store, raw(60).received_at, total_bytes=1000)
    fill(store, [raw(61)._replace(body=b"x" * 1000)])
    assert is_due(lake.store, raw(61).received_at, total_bytes=1000)


def test_a_raw_record_is_found_hot_and_settled(store: Store, lake: Lake) -> None:
    fill(store, [raw(60), raw(61)])
    hot = raw_record(lake, 2)
    settle(lake, now_us=NOW)

    assert hot == raw(61)._replace(id=2)
    assert raw_record(lake, 2) == hot
    assert raw_record(lake, 3) is None


def test_files_of_a_table_are_chosen_by_day(store: Store, lake: Lake) -> None:
    fill(store, [raw(86400 * day + 60) for day in range(3)])
    settle(lake, now_us=NOW)

    days = [file.day.day for file in lake.snapshot().of("sighting", date(2025, 11, 25), date(2025, 11, 26))]
    assert days == [25]


def test_a_day_is_unique_with_one_file_and_nothing_hot(store: Store, lake: Lake) -> None:
    fill(store, [raw(86400 * day + 60) for day in range(3)])
    settle(lake, now_us=NOW)
    fill(store, [raw(70)])
    settle(lake, now_us=NOW)

    found = parts(lake.snapshot().of("sighting"), {date(2025, 11, 26)})

    assert [file.day.day for file in found.unique] == [25]
    assert sorted(file.day.day for file in found.mixed) == [24, 24, 26]


def test_a_second_job_waits_and_then_says_who_is_running(store: Store, tmp_path: Path) -> None:
    lake = Lake(store, tmp_path / "lake", lambda _source, _raws: {}, {}, lock_wait_s=0.1)

    with locked(store, "settle", wait_s=0), pytest.raises(Busy, match=f"settle is running in process {os.getpid()}"):
        settle(lake, now_us=NOW)
    assert settle(lake, now_us=NOW).raws == 0


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("pid", 2**22 + 1),
        ("until", 1),
        ("until", 1 << 55),  # taken by a clock that was far ahead: it held other hosts for as long
        ("token", "'of an earlier life of this process'"),
    ],
)
def test_the_lock_of_a_dead_holder_is_taken_over(store: Store, column: str, value: object) -> None:
    with locked(store, "settle", wait_s=0):
        with store.writer() as connection:
            connection.exec_driver_sql(f"update lock set {column} = {value}")
        with locked(store, "settle", wait_s=0):
            pass


def test_a_local_root_is_refused_when_another_host_listed_files_that_are_not_here(
    store: Store, lake: Lake, tmp_path: Path
) -> None:
    fill(store, [raw(60)])
    settle(lake, now_us=NOW)
    with store.writer() as connection:
        connection.exec_driver_sql("update files set host = 'elsewhere'")

    check_root(lake)  # a project that was moved whole is at home
    other = Lake(store, tmp_path / "empty", lambda _source, _raws: {}, {})
    with pytest.raises(StoreError, match="host elsewhere has listed"):
        settle(other, now_us=NOW)


def test_a_lake_lives_on_any_pyarrow_file_system(store: Store) -> None:
    lake = Lake(store, "mock:///bucket", decoder(1), {"toy": 1})
    fill(store, [raw(60), raw(120)])

    settle(lake, now_us=NOW)

    assert rows_of(lake, "sighting")["raw_id"].to_pylist() == [1, 2]
    assert lake.path(lake.snapshot().of("raw")[0]).startswith("mock:///bucket/raw/source=toy/day=2025-11-24/")


ROWS = st.lists(
    st.tuples(
        st.integers(1, 3),  # raw_id
        st.integers(0, 1),  # received_at
        st.sampled_from(["a", "b"]),  # node_id
        st.integers(1, 2),  # device
        st.integers(1, 3),  # frames
        st.sampled_from([None, -60, -50]),  # rssi_max_dbm
    ),
    max_size=12,
)


def sightings(rows: list[tuple[Any, ...]]) -> pa.Table:
    fixed = {"source": "toy", "site": "s", "radio": "wifi", "first_seen": 0, "last_seen": 0, "associated": False}
    words = {"address_kind": "global", "flags": ""}
    names = ("raw_id", "received_at", "node_id", "device", "frames", "rssi_max_dbm")
    dicts = [{**fixed, **words, **dict(zip(names, row, strict=True))} for row in rows]
    return pa.Table.from_pylist(dicts, schema=schema(SIGHTING))


@settings(max_examples=60)
@given(ROWS, st.randoms(use_true_random=False), st.integers(0, 12))
def test_tidying_keeps_one_winner_a_key_whatever_the_order_and_the_chunks(rows: Any, random: Any, cut: int) -> None:
    """Against a plain reference: larger frames, then received_at, then raw_id; and the strongest level of all."""

    def winner(group: list[tuple[Any, ...]]) -> tuple[Any, ...]:
        levels = [row[5] for row in group if row[5] is not None]
        return (*max(group, key=lambda row: (row[4], row[1], row[0]))[:5], max(levels, default=None))

    winners = {key: winner([row for row in rows if row[2:4] == key]) for key in {row[2:4] for row in rows}}
    expected = sightings([winners[key] for key in sorted(winners)])

    shuffled = random.sample(rows, len(rows))
    first, _ = tidy(SIGHTING, sightings(shuffled[:cut]))
    second, _ = tidy(SIGHTING, sightings(shuffled[cut:]))
    result, unique = tidy(SIGHTING, pa.concat_tables([first, second]))

    assert result.to_pylist() == expected.to_pylist()
    assert unique


def test_nulls_in_a_key_are_equal() -> None:
    table = Table("t", "", SIGHTING.columns, key=("device", "rssi_max_dbm"), time="last_seen", prefer=("frames",))
    rows = sightings([(1, 0, "a", 1, 1, None), (2, 0, "a", 1, 2, None), (3, 0, "a", 1, 3, -50)])

    result, _ = tidy(table, rows)

    assert sorted(result["raw_id"].to_pylist()) == [2, 3]


def test_a_table_that_decides_column_by_column_keeps_all_rows_and_says_they_are_not_unique() -> None:
    table = Table("t", "", SIGHTING.columns, key=("device",), time="last_seen", by_column=True)
    rows = sightings([(1, 0, "a", 1, 1, -50), (2, 0, "a", 1, 1, None), (3, 0, "a", 2, 1, None)])

    result, unique = tidy(table, rows)

    assert result["raw_id"].to_pylist() == [2, 1, 3]
    assert not unique
    assert tidy(table, rows.slice(1))[1]
