"""What leaves the lake: garbage after its grace, purged files at once; and what a closed day leaves behind."""

import os
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pyarrow as pa
import pytest

from telltale.arrow import empty, schema
from telltale.lake import Changed, ClosedDay, Lake, Purged
from telltale.lake.derived import replace_derived
from telltale.lake.gc import gc, leased
from telltale.lake.merge import merge
from telltale.lake.purge import drop, purge_hot, trim
from telltale.lake.records import raw_record
from telltale.lake.redecode import redecode
from telltale.lake.retained import mark_closed
from telltale.lake.settle import settle
from telltale.landing import Store
from telltale.tables import NODE_HEARTBEAT, TABLES, VISIT
from tests.sources.toy import DAY, HOUR, MONDAY, fill, open_lake, raw, rows_of

NOW = MONDAY + 3 * DAY
LATER = MONDAY + 20_000 * DAY  # decades after any clock that wrote the files
MONDAY_DATE = date(2025, 11, 24)


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    store = Store(store_url)
    yield store
    store.close()


@pytest.fixture
def lake(store: Store, tmp_path: Path) -> Lake:
    """Two settled records whose six files are merged into three: three are off the list since NOW."""
    lake = open_lake(tmp_path, store)
    fill(store, [raw(60), raw(61)])
    for _ in range(2):
        settle(lake, now_us=NOW, max_rows=1)
    merge(lake, now_us=NOW)
    return lake


def on_disk(lake: Lake) -> int:
    return sum(1 for _ in lake.root.walk())


WORK = HOUR // 60
"""No job on so few records takes longer; the grace begins within it."""


def test_a_file_goes_when_it_has_been_off_the_list_for_the_grace(lake: Lake) -> None:
    assert on_disk(lake) == 9

    assert gc(lake, now_us=NOW + HOUR - 1).files == 0
    assert gc(lake, now_us=NOW + HOUR + WORK).files == 6
    assert on_disk(lake) == 3
    assert rows_of(lake, "raw")["id"].to_pylist() == [1, 2]


def test_the_grace_counts_from_un_listing_not_from_writing(store: Store, lake: Lake) -> None:
    gc(lake, now_us=NOW + HOUR + WORK)
    fill(store, [raw(70)])
    settle(lake, now_us=NOW)
    merge(lake, now_us=NOW + 5 * DAY)

    assert gc(lake, now_us=NOW + 5 * DAY + HOUR // 2).files == 0
    assert gc(lake, now_us=NOW + 5 * DAY + HOUR + WORK).files == 6


def test_files_never_listed_go_when_they_are_old_enough(store: Store, lake: Lake, tmp_path: Path) -> None:
    gc(lake, now_us=NOW + HOUR + WORK)
    orphan = tmp_path / "lake" / "raw" / ".x.parquet.1.tmp"
    orphan.write_bytes(b"left by a crash")
    os.utime(orphan, ns=(NOW * 1000, NOW * 1000))

    assert gc(lake, now_us=NOW + HOUR - 1).files == 0
    assert gc(lake, now_us=NOW + HOUR) == (1, 15, "")
    assert not orphan.exists()


class Stopped(Exception):
    """Where a test stops a job."""


@pytest.mark.parametrize("step", ["settle:3 temporary", "settle:3 renamed", "settle:3 written"])
@pytest.mark.parametrize("now", [NOW, LATER])
def test_what_a_stopped_job_wrote_is_as_old_as_the_job_whatever_the_machine_says(
    store: Store, tmp_path: Path, step: str, now: int
) -> None:
    """A file's time is the present the job was told, long before the machine's clock or long after it."""

    def stop(name: str) -> None:
        if name == step:
            raise Stopped

    fill(store, [raw(60)])
    with pytest.raises(Stopped):
        settle(open_lake(tmp_path, store, on_step=stop), now_us=now)
    lake = open_lake(tmp_path, store)
    assert {file.written_at for file in lake.root.walk()} == {now}

    assert gc(lake, now_us=now + HOUR - 1).files == 0
    assert gc(lake, now_us=now + HOUR).files == 3
    assert on_disk(lake) == 0


def test_a_lease_keeps_everything_until_it_ends(lake: Lake) -> None:
    with leased(lake.store, "backup", until_us=NOW + 2 * HOUR):
        assert gc(lake, now_us=NOW + HOUR).lease == "backup"
        assert gc(lake, now_us=NOW + 2 * HOUR).files == 6  # its holder must have died
    assert gc(lake, now_us=NOW + 2 * HOUR).lease == ""


def test_a_file_listed_again_with_the_same_content_is_no_garbage(lake: Lake) -> None:
    redecode(lake, now_us=NOW)

    gc(lake, now_us=LATER)

    assert rows_of(lake, "sighting")["raw_id"].to_pylist() == [1, 2]


def test_gc_between_writing_and_listing_the_same_content_makes_the_job_start_again(
    store: Store, lake: Lake, tmp_path: Path
) -> None:
    """The content of a file was listed before and is garbage now; a job writes it again while gc runs."""
    rows = visits(1)
    replace_derived(lake, "visit", "s", MONDAY_DATE, rows, now_us=NOW)
    replace_derived(lake, "visit", "s", MONDAY_DATE, visits(2), now_us=NOW)
    collected: list[int] = []

    def collect(step: str) -> None:
        if step == "derive:3 written" and not collected:
            collected.append(gc(lake, now_us=LATER).files)

    racing = open_lake(tmp_path, store, on_step=collect)
    replace_derived(racing, "visit", "s", MONDAY_DATE, rows, now_us=NOW)

    assert collected == [7]
    assert rows_of(lake, "visit").equals(rows)


def test_dropped_files_are_gone_at_once_and_their_records_say_when(lake: Lake) -> None:
    files = lake.snapshot().of("raw")

    drop(lake, files, now_us=NOW + 7, freeze=True)

    assert lake.snapshot().of("raw") == ()
    assert not Path(lake.path(files[0])).exists()
    assert raw_record(lake, 1) == raw_record(lake, 2) == Purged(NOW + 7)
    assert raw_record(lake, 3) is None
    assert [file.is_frozen for file in lake.snapshot().of("sighting")] == [True]


def test_a_drop_of_files_that_changed_removes_nothing(store: Store, lake: Lake) -> None:
    fill(store, [raw(70)])
    settle(lake, now_us=NOW)
    old = lake.snapshot().of("raw")
    merge(lake, now_us=NOW)

    with pytest.raises(Changed, match="start again"):
        drop(lake, old, now_us=NOW, freeze=True)

    assert rows_of(lake, "raw")["id"].to_pylist() == [1, 2, 3]
    assert raw_record(lake, 1) == raw(60)._replace(id=1)


def test_old_hot_records_of_a_source_are_purged_with_a_note(store: Store, lake: Lake) -> None:
    fill(store, [raw(100), raw(200), raw(100, source="plain")])

    assert purge_hot(lake, "toy", raw(150).received_at, now_us=NOW) == 1

    assert [(record.id, record.source) for record in lake.snapshot().hot] == [(4, "toy"), (5, "plain")]
    assert raw_record(lake, 3) == Purged(NOW)
    assert redecode(lake, now_us=NOW).frozen == (("toy", MONDAY_DATE),)


def visits(device: int, site: str = "s") -> pa.Table:
    row = {
        **{field.name: 0 for field in schema(VISIT) if not field.nullable},
        **dict.fromkeys(("associated", "cut"), False),
        "site": site,
        "device": device,
        "address_kind": "global",
        "class": "visitor",
        "nodes": "n1",
        "dwell_s": 0.0,
    }
    return pa.Table.from_pylist([row], schema=schema(VISIT))


def test_a_trimmed_file_keeps_the_rows_that_are_left(lake: Lake) -> None:
    file = lake.snapshot().of("sighting")[0]
    rows = lake.root.read(file.path)

    trim(lake, file, rows.slice(1), now_us=NOW)

    left = lake.snapshot().of("sighting")[0]
    assert rows_of(lake, "sighting")["raw_id"].to_pylist() == [2]
    assert (left.rows, left.min_time, left.day) == (1, MONDAY + 56_000_000, MONDAY_DATE)
    assert not Path(lake.path(file)).exists()
    with pytest.raises(Changed):
        trim(lake, file, rows.slice(2), now_us=NOW)
    trim(lake, left, rows.slice(2), now_us=NOW)
    assert lake.snapshot().of("sighting") == ()


def test_a_derived_day_of_a_site_is_replaced_and_others_stay(lake: Lake) -> None:
    tuesday = date(2025, 11, 25)
    for site, day in (("s", MONDAY_DATE), ("s", tuesday), ("t", MONDAY_DATE)):
        replace_derived(lake, "visit", site, day, visits(1, site), now_us=NOW)

    replace_derived(lake, "visit", "s", MONDAY_DATE, pa.concat_tables([visits(3), visits(2)]), now_us=NOW)
    replace_derived(lake, "visit", "s", tuesday, empty(VISIT), now_us=NOW)

    files = {(file.site, file.day): file for file in lake.snapshot().of("visit")}
    assert {key: file.rows for key, file in files.items()} == {("s", MONDAY_DATE): 2, ("t", MONDAY_DATE): 1}
    rows = lake.root.read(files["s", MONDAY_DATE].path)
    assert rows["device"].to_pylist() == [2, 3]


STEPS = ["3 temporary", "3 renamed", "3 written", "4 unlisted", "4 listed", "4 committed"]


@pytest.mark.parametrize("last", STEPS)
def test_a_replacement_stopped_after_a_step_leaves_the_old_rows_or_the_new(
    store: Store, lake: Lake, tmp_path: Path, last: str
) -> None:
    replace_derived(lake, "visit", "s", MONDAY_DATE, visits(1), now_us=NOW)

    def stop(step: str) -> None:
        if step.endswith(last):
            raise KeyboardInterrupt

    broken = open_lake(tmp_path, store, on_step=stop)
    with pytest.raises(KeyboardInterrupt):
        replace_derived(broken, "visit", "s", MONDAY_DATE, visits(2), now_us=NOW)
    assert rows_of(lake, "visit")["device"].to_pylist() == [2 if last == "4 committed" else 1]

    file = lake.snapshot().of("sighting")[0]
    with pytest.raises(KeyboardInterrupt):
        trim(broken, file, lake.root.read(file.path).slice(1), now_us=NOW)
    assert rows_of(lake, "sighting")["raw_id"].to_pylist() == ([2] if last == "4 committed" else [1, 2])
    gc(lake, now_us=LATER)
    assert on_disk(lake) == len(lake.snapshot().files)


def test_derived_files_are_neither_merged_nor_decoded(store: Store, lake: Lake) -> None:
    for site in ("s", "t"):
        replace_derived(lake, "visit", site, MONDAY_DATE, visits(1, site), now_us=NOW)

    merge(lake, now_us=NOW)
    redecode(lake, now_us=NOW)

    assert len(lake.snapshot().of("visit")) == 2


def test_only_derived_tables_of_their_columns_are_replaced(lake: Lake) -> None:
    with pytest.raises(ValueError, match="only derived tables"):
        replace_derived(lake, "node_heartbeat", "s", MONDAY_DATE, empty(NODE_HEARTBEAT), now_us=NOW)
    with pytest.raises(ValueError, match="frames"):
        replace_derived(lake, "visit", "s", MONDAY_DATE, visits(1).drop_columns(["frames"]), now_us=NOW)
    assert TABLES["visit"].derived


def test_closed_days_are_kept_with_their_late_rows(lake: Lake) -> None:
    mark_closed(lake.store, "s", MONDAY_DATE, now_us=NOW)
    mark_closed(lake.store, "s", MONDAY_DATE, now_us=NOW + DAY, late=4)
    mark_closed(lake.store, "t", MONDAY_DATE, now_us=NOW)

    assert lake.closed_days() == {
        ("s", MONDAY_DATE): ClosedDay("s", MONDAY_DATE, NOW, 4),
        ("t", MONDAY_DATE): ClosedDay("t", MONDAY_DATE, NOW, 0),
    }


def test_after_purge_gc_and_scrub_no_body_is_left_anywhere(store: Store, lake: Lake, tmp_path: Path) -> None:
    """Hot, settled, merged away and in the log: the same search finds the bytes before, and not after."""
    gc(lake, now_us=NOW + HOUR)
    needle = b"02005e005301"
    body = "n1 7 30 3\n" + f"{needle.decode()} 8 30 3\n" * 3
    fill(store, [raw(100, body), raw(200, body)])
    settle(lake, now_us=NOW)
    fill(store, [raw(300, body)])

    def found() -> bool:
        files = [path for path in tmp_path.rglob("*") if path.is_file()]
        raws = [lake.root.read(str(path.relative_to(tmp_path / "lake"))) for path in files if "raw/" in str(path)]
        bodies = b"".join(value for table in raws for value in table["body"].to_pylist())
        return needle in bodies or any(needle in path.read_bytes() for path in files if "landing" in str(path))

    assert found()
    drop(lake, lake.snapshot().of("raw"), now_us=NOW, freeze=True)
    purge_hot(lake, "toy", NOW, now_us=NOW)
    gc(lake, now_us=NOW + HOUR)
    assert lake.store.scrub()
    assert not found()
