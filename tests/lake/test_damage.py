"""Damaged files: each job goes on without them and names them; a question is answered by a sentence."""

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest

from telltale.lake import Changed, File, Lake
from telltale.lake.damage import Damaged
from telltale.lake.lake import read
from telltale.lake.merge import merge
from telltale.lake.purge import drop
from telltale.lake.records import raw_record
from telltale.lake.redecode import inputs_of, redecode
from telltale.lake.settle import settle
from telltale.landing import Store
from tests.sources.toy import DAY, MONDAY, fill, open_lake, open_store, raw, rows_of

NOW = MONDAY + 3 * DAY


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 3] ^= 0x40
    path.write_bytes(content)


DAMAGE = {"cut": cut, "flipped": flip, "missing": Path.unlink, "empty": lambda path: path.write_bytes(b"")}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = open_store(tmp_path)
    yield store
    store.close()


@pytest.fixture
def lake(tmp_path: Path, store: Store) -> Lake:
    """Two days of six records each, settled two at a time."""
    lake = open_lake(tmp_path, store)
    fill(store, [raw(86_400 * day + 60 * minute) for day in range(2) for minute in range(1, 7)])
    for _ in range(6):
        settle(lake, now_us=NOW, max_rows=2)
    return lake


def path_of(lake: Lake, file: File) -> Path:
    return Path(lake.path(file))


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
@pytest.mark.parametrize("table_name", ["raw", "sighting"])
def test_a_merge_leaves_a_damaged_file_out_and_merges_the_rest(
    lake: Lake, table_name: str, damage: Callable[[Path], None]
) -> None:
    file = lake.snapshot().of(table_name)[0]
    damage(path_of(lake, file))

    merge(lake, now_us=NOW)

    assert list(lake.left_out()) == [file.path]
    assert lake.left_out() == {}
    counts = {name: len(lake.snapshot().of(name)) for name in ("raw", "sighting", "node_heartbeat")}
    assert counts == {"raw": 2, "sighting": 2, "node_heartbeat": 2} | {table_name: 3}
    assert file in lake.snapshot().files


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
@pytest.mark.parametrize("table_name", ["raw", "sighting"])
def test_decoding_again_leaves_a_day_with_a_damaged_file_and_does_the_others(
    tmp_path: Path, lake: Lake, table_name: str, damage: Callable[[Path], None]
) -> None:
    file = next(file for file in lake.snapshot().of(table_name) if file.day.day == 24)
    damage(path_of(lake, file))
    newer = open_lake(tmp_path, lake.store, version=2)

    done = redecode(newer, now_us=NOW)

    assert (done.days, done.raws) == (1, 6)
    (sentence,) = newer.left_out().values()
    assert file.path in sentence
    assert 'run "telltale check --repair"' in sentence
    versions = {(each.day.day, each.decoder_version) for each in newer.snapshot().of("node_heartbeat")}
    assert versions == {(24, 1), (25, 2)}


def test_files_of_days_between_are_no_part_of_decoding_two_days_again(tmp_path: Path) -> None:
    """A damaged one of a day that is left out would come back each time, and decoding never end."""
    store = open_store(tmp_path)
    lake = open_lake(tmp_path, store)
    days = [date(2025, 11, 24), date(2025, 11, 25), date(2025, 11, 26)]
    for number in range(3):
        fill(store, [raw(60 + 86_400 * number), raw(120 + 86_400 * number)])
        settle(lake, now_us=NOW)
    for meant in (days, days[::2], days[1:2], []):
        inputs = inputs_of(lake, "toy", meant)
        assert {file.day for file in inputs.raw} == {file.day for file in inputs.decoded} == {*meant}
        assert len(inputs.decoded) == 2 * len(meant)
    store.close()


def test_a_flipped_byte_never_gets_a_new_checksum(lake: Lake) -> None:
    """Most flips still read: whoever writes what was read looks at the checksum first."""
    file = lake.snapshot().of("raw")[0]
    content = path_of(lake, file).read_bytes()
    for at in range(4, len(content), 97):
        path_of(lake, file).write_bytes(content[:at] + bytes([content[at] ^ 0x01]) + content[at + 1 :])
        with pytest.raises(Damaged, match="holds other bytes than were written"):
            read(lake, file)


def test_a_file_that_was_purged_is_not_damaged(lake: Lake) -> None:
    file = lake.snapshot().of("raw")[0]
    drop(lake, [file], now_us=NOW, freeze=True)
    with pytest.raises(Changed):
        read(lake, file)


def test_a_record_of_a_damaged_file_is_said_to_be_in_it(lake: Lake) -> None:
    file = lake.snapshot().of("raw")[0]
    cut(path_of(lake, file))
    with pytest.raises(Damaged, match="2 rows of raw, 2025-11-24"):
        raw_record(lake, file.first_raw_id)
    assert rows_of(lake, "sighting").num_rows == 12
