"""A damaged file of raw records loses only the records that damage may have touched, and never keeps a wrong one."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from telltale.lake import File, Lake, files, whole_groups
from telltale.lake.lost import LostRecord
from telltale.lake.records import raw_record
from telltale.lake.salvage import salvage
from telltale.lake.settle import settle_all
from telltale.lake.whole_groups import NotRead, of_content
from telltale.landing import Store
from tests.sources.toy import DAY, MONDAY, fill, open_lake, open_store, raw, rows_of

NOW = MONDAY + 3 * DAY
GROUP = 4


@pytest.fixture
def lake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Lake]:
    """Twelve records in three row groups."""
    monkeypatch.setattr(files, "_RAW_ROW_GROUP", GROUP)
    store: Store = open_store(tmp_path)
    lake = open_lake(tmp_path, store)
    fill(store, [raw(60 * minute, f"n{minute} {minute} {minute} 3 " + "x" * 40) for minute in range(1, 13)])
    settle_all(lake, now_us=NOW)
    yield lake
    store.close()


def the_file(lake: Lake) -> tuple[File, Path]:
    (file,) = lake.snapshot().of("raw")
    return file, Path(lake.path(file))


def bodies_at(path: Path, group: int) -> int:
    """Where bodies of a row group lie in a file: behind what their first page begins with."""
    column = pq.read_metadata(path).row_group(group).column(5)
    begin = column.dictionary_page_offset or column.data_page_offset
    return int(begin) + 40


@pytest.mark.parametrize(
    ("groups", "kept", "lost"),
    [
        ([0], [*range(5, 13)], [(4, 1, 4)]),
        ([1], [1, 2, 3, 4, 9, 10, 11, 12], [(4, 5, 8)]),
        ([2], [*range(1, 9)], [(4, 9, 12)]),
        ([0, 2], [5, 6, 7, 8], [(4, 1, 4), (4, 9, 12)]),
        ([1, 2], [1, 2, 3, 4], [(8, 5, 12)]),
        ([0, 1, 2], [], [(12, 1, 12)]),
    ],
)
def test_whole_row_groups_are_kept_and_the_others_are_lost_by_number(
    lake: Lake, groups: list[int], kept: list[int], lost: list[tuple[int, int, int]]
) -> None:
    file, path = the_file(lake)
    before = rows_of(lake, "raw")
    content = bytearray(path.read_bytes())
    for group in groups:
        content[bodies_at(path, group)] ^= 0x10
    path.write_bytes(content)

    done = salvage(lake, file, now_us=NOW)

    assert [(part.rows, part.first_raw_id, part.last_raw_id) for part in done.lost] == lost
    assert done.kept == len(kept)
    there = [lake.root.read(each.path) for each in lake.snapshot().of("raw")]
    assert [row for rows in there for row in rows.to_pylist()] == [
        row for row in before.to_pylist() if row["id"] in kept
    ]
    assert rows_of(lake, "sighting").num_rows == 12, "what was decoded stays"
    with pytest.raises(LostRecord, match=f"raw {lost[0][1]}: its bytes are lost"):
        raw_record(lake, lost[0][1])


def test_no_flip_of_a_byte_ever_keeps_a_record_that_is_another(lake: Lake) -> None:
    """Before the end of the file, which is tried below."""
    file, path = the_file(lake)
    before, content = rows_of(lake, "raw").to_pylist(), path.read_bytes()
    end = len(content) - 8 - int.from_bytes(content[-8:-4], "little")
    counts = set()
    for at in range(4, end, 5):
        harmed = pa.py_buffer(content[:at] + bytes([content[at] ^ (1 << at % 8)]) + content[at + 1 :])
        sizes, groups = of_content(harmed, file.first_raw_id, file.last_raw_id, file.source)
        assert sizes == [GROUP] * 3
        counts.add(len(groups))
        assert [row for rows in groups.values() for row in rows.to_pylist() if row not in before] == [], at
    assert counts <= {2, 3}
    assert 2 in counts


@pytest.mark.parametrize("share", [0.05, 0.3, 0.6, 0.9])
def test_a_damaged_end_ends_no_repair(lake: Lake, share: float) -> None:
    """The end has no checksum, and a wrong one may end the process that reads it."""
    file, path = the_file(lake)
    before, content = rows_of(lake, "raw").to_pylist(), path.read_bytes()
    length = int.from_bytes(content[-8:-4], "little")
    at = len(content) - 8 - length + int(share * length)
    path.write_bytes(content[:at] + bytes([content[at] ^ 0xFF]) * 3 + content[at + 3 :])
    done = salvage(lake, file, now_us=NOW)
    assert done.kept + sum(part.rows for part in done.lost) == 12
    there = [row for each in lake.snapshot().of("raw") for row in lake.root.read(each.path).to_pylist()]
    assert [row for row in there if row not in before] == []


def ending(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at_start: str) -> None:
    """Have each Python process that is started from here on run this first."""
    (tmp_path / "first").mkdir()
    (tmp_path / "first" / "sitecustomize.py").write_text(at_start)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "first"))


ABORT_AT_THE_END = "import atexit, os, resource; resource.setrlimit(resource.RLIMIT_CORE, (0, 0)); "
ABORT_AT_THE_END += "atexit.register(os.abort)"


def test_a_reader_that_crashes_when_it_is_done_loses_nothing_that_is_whole(
    lake: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Arrow's pool was seen to abort a process on its way out, once in some hundreds."""
    file, path = the_file(lake)
    content = bytearray(path.read_bytes())
    content[bodies_at(path, 2)] ^= 0x10
    path.write_bytes(content)
    ending(tmp_path, monkeypatch, ABORT_AT_THE_END)
    assert [(part.rows, part.first_raw_id) for part in salvage(lake, file, now_us=NOW).lost] == [(4, 9)]


@pytest.mark.parametrize(
    ("at_start", "said"),
    [
        ("import os; os.kill(os.getpid(), 9)", "it ended with -9"),
        ("import os; os._exit(3)", "it ended with 3"),
        ("import pyarrow; del pyarrow.ipc", "it ended with 1 .AttributeError: "),
    ],
)
def test_a_reader_that_is_ended_from_outside_says_nothing_of_the_file(
    lake: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at_start: str, said: str
) -> None:
    """A machine out of memory ends processes: what is whole in the file is not lost for that."""
    file, path = the_file(lake)
    content = bytearray(path.read_bytes())
    content[bodies_at(path, 2)] ^= 0x10
    path.write_bytes(content)
    with monkeypatch.context() as outside:
        ending(tmp_path, outside, at_start)
        with pytest.raises(NotRead, match=f"lake: reading the damaged {file.path} .* {said}.*nothing was changed"):
            salvage(lake, file, now_us=NOW)
    assert lake.snapshot().of("raw") == (file,), "listed as it was"
    assert [part.first_raw_id for part in salvage(lake, file, now_us=NOW).lost] == [9], "run again"


def test_a_file_that_crashes_its_reader_each_time_is_lost(
    lake: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, path = the_file(lake)
    path.write_bytes(path.read_bytes()[:-9] + b"\0" + path.read_bytes()[-8:])
    log = tmp_path / "tries"
    at_start = f"import os, resource; open({str(log)!r}, 'a').write('x')\n"
    at_start += "resource.setrlimit(resource.RLIMIT_CORE, (0, 0)); os.abort()"
    ending(tmp_path, monkeypatch, at_start)
    assert [part.rows for part in salvage(lake, file, now_us=NOW).lost] == [12]
    assert log.read_text() == "xx", "tried again once"


def test_no_part_of_what_a_reader_said_is_taken_for_all_of_it(lake: Lake) -> None:
    file, path = the_file(lake)
    content = bytearray(path.read_bytes())
    content[bodies_at(path, 2)] ^= 0x10
    command = [sys.executable, "-m", whole_groups.__name__, str(file.first_raw_id), str(file.last_raw_id), file.source]
    stream = subprocess.run(command, input=content, capture_output=True, check=True).stdout
    groups = whole_groups.all_of(stream)
    assert groups is not None
    assert [(rows, part and part["id"].to_pylist()) for rows, part in groups] == [
        (4, [1, 2, 3, 4]),
        (4, [5, 6, 7, 8]),
        (4, None),
    ]
    for end in range(len(stream)):
        assert whole_groups.all_of(stream[:end]) in (None, groups), end
    assert whole_groups.all_of(stream[: len(stream) // 2]) is None


def test_of_a_file_without_checksums_nothing_can_be_proven_whole(lake: Lake) -> None:
    """A file of before pages had checksums: a flipped byte may be anywhere in it."""
    file, path = the_file(lake)
    sink = pa.BufferOutputStream()
    pq.write_table(rows_of(lake, "raw"), sink, row_group_size=GROUP, compression="zstd")
    content = bytearray(sink.getvalue().to_pybytes())
    content[200] ^= 1
    path.write_bytes(content)
    assert [part.rows for part in salvage(lake, file, now_us=NOW).lost] == [12]
