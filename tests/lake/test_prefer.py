"""Which of several rows of one key is kept, and the law of it: with more records nothing that was known is lost."""

from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from telltale.arrow import schema
from telltale.engine import DuckEngine, deduplication
from telltale.kanban.analysis import RULES, observed, presses
from telltale.lake.rows import tidy
from telltale.tables import COLLECTOR_HEARTBEAT, FRAME, TABLES, Table

ENGINE = DuckEngine()
DECODED = [table for table in TABLES.values() if not table.derived]
NEVER_FALLS = {
    "sighting": ("frames", "rssi_max_dbm", "associated"),
    "uplink": ("rssi_dbm",),
    "collector_heartbeat": ("covered_s", "last_frame_at"),
    "activity": ("period_s",),
}
"""What of a key only grows with more rows."""
NEVER_RISES = {"sighting": ("rssi_min_dbm",), "node_heartbeat": ("clock_offset_s",)}

VALUES = {
    "int64": st.integers(0, 2),
    "int32": st.integers(-2, 0),
    "float64": st.sampled_from([0.0, 1.5]),
    "string": st.sampled_from(["", "a"]),
    "bool": st.booleans(),
    "timestamp": st.integers(0, 1),
}


def rows_of(table: Table) -> st.SearchStrategy[list[dict[str, Any]]]:
    """A few rows with few different values, so that keys meet."""
    columns = {
        column.name: (st.none() | VALUES[column.type]) if column.nullable else VALUES[column.type]
        for column in table.columns
    }
    return st.lists(st.fixed_dictionaries(columns), min_size=1, max_size=8)


def kept(table: Table, batches: Sequence[Sequence[dict[str, Any]]]) -> dict[tuple[Any, ...], dict[str, Any]]:
    """What a reader sees of batches that were settled one by one, by natural key."""
    settled = [tidy(table, pa.Table.from_pylist(list(batch), schema(table)))[0] for batch in batches if batch]
    text = deduplication(table)
    seen = ENGINE.run(text, {"rows_in": ENGINE.from_arrow(pa.concat_tables(settled))}).arrow().to_pylist()
    by_key = {tuple(row[name] for name in table.key): row for row in seen}
    assert len(by_key) == len(seen)
    return by_key


@pytest.mark.parametrize("table", DECODED, ids=lambda table: table.name)
def test_every_table_says_which_row_wins_and_why(table: Table) -> None:
    assert table.because
    named = {*table.prefer, *table.largest, *table.smallest}
    assert named <= set(table.names) - set(table.key)
    assert not {*table.prefer[1:]} & {*table.largest}
    assert not {*table.prefer} & {*table.smallest}
    assert {*table.added} <= {column.name for column in table.columns if column.nullable}
    assert not table.by_column or not (table.largest or table.smallest)


@pytest.mark.parametrize("table", DECODED, ids=lambda table: table.name)
@settings(max_examples=15, deadline=None)
@given(data=st.data())
def test_with_more_records_in_any_order_nothing_known_is_lost(table: Table, data: st.DataObject) -> None:
    rows = data.draw(rows_of(table))
    cut = data.draw(st.integers(1, len(rows)))
    shuffled = data.draw(st.permutations(rows))
    before, after = kept(table, [rows[:cut]]), kept(table, [rows[:cut], rows[cut:]])
    middle = len(shuffled) // 2

    assert kept(table, [shuffled[:middle], shuffled[middle:]]) == kept(table, [rows]) == after
    assert set(before) <= set(after)
    for key, row in before.items():
        for name in NEVER_FALLS.get(table.name, ()):
            assert row[name] is None or after[key][name] >= row[name]
        for name in NEVER_RISES.get(table.name, ()):
            assert row[name] is None or after[key][name] <= row[name]


S = 1_000_000
BEATS = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), min_size=1, max_size=10)
"""When heartbeats came, and how many seconds before them they cover."""


def observed_s(beats: Sequence[tuple[int, int]]) -> float:
    fixed = {"source": "button", "received_at": 0, "collector": "replay", "interface": "file", "last_frame_at": None}
    counts = {"frames": 0, "unlisted": 0, "drops": 0}
    made = [
        {**fixed, **counts, "raw_id": number, "observed_at": at_s * S, "covered_s": float(covered_s)}
        for number, (at_s, covered_s) in enumerate(beats)
    ]
    kept_rows, _ = tidy(COLLECTOR_HEARTBEAT, pa.Table.from_pylist(made, schema(COLLECTOR_HEARTBEAT)))
    found = observed(ENGINE, ENGINE.from_arrow(kept_rows)).arrow()
    lengths = pc.subtract(found["end"].cast(pa.int64()), found["start"].cast(pa.int64()))
    return float(pc.sum(lengths).as_py() / S)


@settings(max_examples=30, deadline=None)
@given(BEATS, st.integers(1, 10), st.randoms(use_true_random=False))
def test_observed_time_never_falls(beats: list[tuple[int, int]], cut: int, random: Any) -> None:
    some, shuffled = beats[:cut], list(beats)
    random.shuffle(shuffled)
    assert observed_s(some) <= observed_s(beats)
    assert observed_s(shuffled) == observed_s(beats)


FRAMES_S = st.lists(st.integers(0, 400), min_size=1, max_size=20)
ONE = "02:7e:11:a0:00:01"


def presses_counted(times_s: Sequence[int]) -> int:
    fixed = {"source": "button", "device_id": ONE, "kind": "probe", "interface": "eth0", "flags": ""}
    made = [
        {**fixed, "raw_id": number, "received_at": at_s * S, "observed_at": at_s * S}
        for number, at_s in enumerate(times_s)
    ]
    rows, _ = tidy(FRAME, pa.Table.from_pylist(made, schema(FRAME)))
    text = deduplication(FRAME)
    frames = ENGINE.run(text, {"rows_in": ENGINE.from_arrow(rows)})
    rule = {"device_id": [ONE], "dead_time_us": [60 * S], "is_quiet": [False], "kinds": ["probe"]}
    return int(presses(ENGINE, frames, pa.table(rule, schema=RULES)).arrow().num_rows)


@settings(max_examples=15, deadline=None)
@given(FRAMES_S, st.integers(1, 20), st.randoms(use_true_random=False))
def test_presses_counted_in_fixed_dead_time_never_fall(times_s: list[int], cut: int, random: Any) -> None:
    shuffled = list(times_s)
    random.shuffle(shuffled)
    assert presses_counted(times_s[:cut]) <= presses_counted(times_s)
    assert presses_counted(shuffled) == presses_counted(times_s)


def test_the_part_of_a_capture_does_not_shrink_the_whole() -> None:
    """Both end at one moment: the whole covers 28,800 s, the part 1,800 s."""
    assert observed_s([(30_000, 28_800), (30_000, 1800)]) == observed_s([(30_000, 1800), (30_000, 28_800)]) == 28_800


def test_the_weaker_of_two_radios_hides_nothing() -> None:
    table = TABLES["sighting"]
    fixed = {"source": "meraki", "site": "L1", "node_id": "n", "device": 1, "radio": "wifi", "first_seen": 0}
    more = {"last_seen": 0, "frames": 1, "associated": False, "address_kind": "global", "flags": "", "received_at": 0}
    levels = [dict.fromkeys(("rssi_min_dbm", "rssi_max_dbm", "rssi_avg_dbm"), dbm) for dbm in (-48, -71)]
    rows = [{**fixed, **more, **level, "raw_id": number} for number, level in enumerate(levels)]
    for arrived in (rows, rows[::-1]):
        (row,) = kept(table, [[each] for each in arrived]).values()
        assert (row["rssi_min_dbm"], row["rssi_max_dbm"]) == (-71, -48)


def test_extremes_are_those_of_their_own_key() -> None:
    """Three keys, two of which repeat; numpy's running numbers and Arrow's groups must agree."""
    table = TABLES["node_heartbeat"]
    told = [("a", 5.0), ("b", None), ("b", 2.0), ("c", None), ("a", 3.0)]
    rows = [
        {"raw_id": n, "source": "s", "received_at": 0, "site": "1", "node_id": node, "observed_at": 0,
         "clock_offset_s": offset}
        for n, (node, offset) in enumerate(told)
    ]  # fmt: skip
    made, unique = tidy(table, pa.Table.from_pylist(rows, schema(table)))
    assert unique
    assert dict(zip(made["node_id"].to_pylist(), made["clock_offset_s"].to_pylist(), strict=True)) == {
        "a": 3.0,
        "b": 2.0,
        "c": None,
    }
