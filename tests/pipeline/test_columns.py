"""Lists into Arrow: what fits is taken exactly, what does not is refused."""

from typing import Any

import pytest

from telltale.contract import Runs, Scaled
from telltale.pipeline.columns import FEW_ROWS, POSITION, Rows, decoded_names
from telltale.tables import NODE_HEARTBEAT, SIGHTING

HEARTBEAT: dict[str, list[Any]] = {"site": ["s"], "node_id": ["n"], "observed_at": [5], "clock_offset_s": [0.5]}


def heartbeats(**changes: Any) -> Any:
    rows = Rows(NODE_HEARTBEAT)
    rows.add(HEARTBEAT | {name: [value] for name, value in changes.items()}, (3,), (1,))
    return rows.arrow()


def test_rows_keep_their_order_and_say_whose_they_are() -> None:
    rows = Rows(NODE_HEARTBEAT)
    total = 2 * FEW_ROWS + 7
    for number in range(0, total, 3):
        rows.add(
            {name: values * 3 for name, values in HEARTBEAT.items()} | {"observed_at": [number] * 3},
            (number, -1),
            (3, 0),
        )
    table = rows.arrow()
    assert table[POSITION].to_pylist() == table["observed_at"].cast("int64").to_pylist()
    assert table[POSITION].to_pylist() == sorted(table[POSITION].to_pylist())


def test_no_rows_are_an_empty_table_with_its_columns() -> None:
    table = Rows(SIGHTING).arrow()
    assert table.num_rows == 0
    assert table.column_names == [*decoded_names(SIGHTING), POSITION]


@pytest.mark.parametrize("value", [1.5, "3", 2**63, "noon", b"5", [5], None])
def test_a_time_is_a_whole_number(value: object) -> None:
    with pytest.raises((ValueError, TypeError, OverflowError)):
        heartbeats(observed_at=value)


def test_a_level_is_a_whole_number_or_null() -> None:
    texts: dict[str, list[Any]] = {"site": ["s"] * 3, "node_id": ["n"] * 3, "radio": ["wifi"] * 3, "flags": [""] * 3}
    numbers = {name: [1, 2, 3] for name in ("device", "first_seen", "last_seen", "frames")}
    for levels, fits in (([-60, None, -61], True), ([-60, None, -60.5], False), ([None, "-60", None], False)):
        rows = Rows(SIGHTING)
        rows.add({**texts, **numbers, "associated": [True] * 3, "rssi_max_dbm": levels}, (0,), (3,))
        if fits:
            assert rows.arrow()["rssi_max_dbm"].to_pylist() == levels
        else:
            with pytest.raises((ValueError, TypeError)):
                rows.arrow()


@pytest.mark.parametrize(("name", "value"), [("site", 5), ("site", None), ("site", "\ud800"), ("clock_offset_s", "x")])
def test_other_values_are_of_their_kind(name: str, value: object) -> None:
    with pytest.raises((ValueError, TypeError)):
        heartbeats(**{name: value})


@pytest.mark.parametrize("level", [2**31, -(2**31) - 1])
def test_a_number_too_large_for_its_column_is_refused(level: int) -> None:
    rows = Rows(SIGHTING)
    texts: dict[str, list[Any]] = {
        "site": ["s"],
        "node_id": ["n"],
        "radio": ["wifi"],
        "flags": [""],
        "associated": [True],
    }
    rows.add(
        texts | {name: [1] for name in ("device", "first_seen", "last_seen", "frames")} | {"rssi_max_dbm": [level]},
        (0,),
        (1,),
    )
    with pytest.raises(ValueError, match=r"[Ii]nteger value"):
        rows.arrow()


@pytest.mark.parametrize("nodes", [["n", "m"], ["n", "n"]])
def test_columns_told_in_short_are_spelt_out(nodes: list[str]) -> None:
    """Two runs, of three rows and one: 10 + 5 · place, and (first + number) / divisor with one hole."""
    scaled = Scaled([1, 2, 3, 4], [215, 0], [10, 4], holes=[1])
    runs = Runs(
        {"site": ["s", "s"], "node_id": nodes}, [3, 1], {"observed_at": ([10, 7], [5, 1])}, {"clock_offset_s": scaled}
    )
    rows = Rows(NODE_HEARTBEAT)
    rows.add({}, (4, 9), (3, 1), runs)
    table = rows.arrow()
    assert table["site"].to_pylist() == ["s"] * 4
    assert table["node_id"].to_pylist() == [nodes[0]] * 3 + [nodes[1]]
    assert table["observed_at"].cast("int64").to_pylist() == [10, 15, 20, 7]
    assert table["clock_offset_s"].to_pylist() == [21.6, None, 21.8, 1.0]  # 216 / 10, a hole, 218 / 10, 4 / 4
    assert table[POSITION].to_pylist() == [4, 4, 4, 9]


def test_whole_seconds_become_times_and_none_grows_beyond_them() -> None:
    shared: dict[str, list[Any]] = {"site": ["s", "t"], "node_id": ["n", "m"]}
    for stamp, fits in ((1_795_160_000, True), (0, True), (2**63 // 10**6 + 1, False), (1.5, False), ("3", False)):
        seconds: dict[str, Any] = {"observed_at": [7, stamp, 9]}
        runs = Runs(shared, [2, 1], seconds=seconds)
        rows = Rows(NODE_HEARTBEAT)
        if fits:
            rows.add({}, (0, 1), (2, 1), runs)
            made = rows.arrow()
            assert made["observed_at"].cast("int64").to_pylist() == [7_000_000, stamp * 1_000_000, 9_000_000]
            assert made["site"].to_pylist() == ["s", "s", "t"] == runs.spelt_out()["site"]
            assert runs.spelt_out()["observed_at"] == made["observed_at"].cast("int64").to_pylist()
        else:
            with pytest.raises((ValueError, TypeError, OverflowError)):
                rows.add({}, (0, 1), (2, 1), runs)
