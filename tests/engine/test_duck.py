"""The DuckDB engine: texts in the Spark dialect, tables of the lake, relations that outlive what made them."""

import threading
from pathlib import Path
from random import Random

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from telltale.arrow import empty, schema
from telltale.engine import DuckEngine, Parts, deduplication, with_values
from telltale.tables import FRAME, SIGHTING, Column, Table
from tests.presence.rows import pick, sighting

ENGINE = DuckEngine()
STATUS = Table(
    "status",
    "a table whose columns are taken one by one",
    tuple(Column(name, "int64", "") for name in ("raw_id", "received_at", "id", "a", "b")),
    key=("id",),
    time="received_at",
    by_column=True,
)


def numbers(*values: int | None) -> pa.Table:
    return pa.table({"n": pa.array(values, pa.int64())})


def test_a_text_reads_relations_by_name_and_values_by_name() -> None:
    relations = {"left_one": ENGINE.from_arrow(numbers(1, 2, 3)), "right_one": ENGINE.from_arrow(numbers(2, 3))}
    found = ENGINE.run(
        "select l.n from left_one l inner join right_one r on r.n = l.n where l.n > :least", relations, least=2
    )
    assert found.columns == ("n",)
    assert found.arrow().equals(numbers(3))


def test_a_result_is_a_relation_of_the_next_text() -> None:
    doubled = ENGINE.run("select n * 2 as n from r", {"r": ENGINE.from_arrow(numbers(1, 2))})
    assert pick(ENGINE.run("select cast(sum(n) as bigint) as n from r", {"r": doubled}), "n") == [(6,)]


@pytest.mark.parametrize(
    ("text", "values", "expected"),
    [
        ("n = :a", {"a": -1}, "n = cast(-1 as bigint)"),
        ("n = :a", {"a": 0.1}, "n = cast(0.1 as double)"),
        ("n = :a and :b", {"a": None, "b": True}, "n = null and true"),
        ("s = :a", {"a": "it's; drop"}, "s = 'it''s; drop'"),
        ("s = ':a' and t = 'it''s :a'", {}, "s = ':a' and t = 'it''s :a'"),
    ],
)
def test_values_become_literals_but_not_inside_quotes(text: str, values: dict[str, object], expected: str) -> None:
    assert with_values(text, values) == expected  # type: ignore[arg-type] # a table of all kinds


def test_a_name_without_a_value_is_an_error() -> None:
    with pytest.raises(KeyError, match="gap_us"):
        ENGINE.run("select n + :gap_us as n from r", {"r": ENGINE.from_arrow(numbers(1))})


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("unix_micros(timestamp_micros(1795132800000001))", 1_795_132_800_000_001),
        ("cast(floor(-1 / 2) as bigint)", -1),
        ("7 / 2", 3.5),
        ("1 / nullif(0, 0)", None),
        ("case when regexp_like(',late,staff,', ',(staff|fixed),') then 1 else 0 end", 1),
    ],
)
def test_expressions_mean_what_spark_means(expression: str, expected: object) -> None:
    assert pick(ENGINE.run(f"select {expression} as x", {}), "x") == [(expected,)]


def test_nulls_sort_first_upwards_and_last_downwards() -> None:
    relation = {"r": ENGINE.from_arrow(numbers(1, None, 2))}
    assert pick(ENGINE.run("select n from r order by n", relation), "n") == [(None,), (1,), (2,)]
    assert pick(ENGINE.run("select n from r order by n desc", relation), "n") == [(2,), (1,), (None,)]


def test_percentiles_are_exact_and_ignore_nulls() -> None:
    found = ENGINE.run("select percentile(n, 0.5) as x from r", {"r": ENGINE.from_arrow(numbers(1, None, 2))})
    assert pick(found, "x") == [(1.5,)]


def test_a_kept_relation_is_computed_once_and_keeps_its_order() -> None:
    rows = ENGINE.from_arrow(numbers(*range(5000)))
    kept = ENGINE.keep(ENGINE.run("select n from r order by n % 7, n", {"r": rows}))
    assert kept.arrow()["n"].to_pylist() == sorted(range(5000), key=lambda n: (n % 7, n))
    assert pick(ENGINE.run("select n from r", {"r": kept}), "n") == pick(kept, "n")


def test_a_kernel_maps_rows_to_rows_of_its_schema() -> None:
    rows = ENGINE.from_arrow(numbers(4, 5))
    kernel = ENGINE.apply(lambda rows: rows.slice(1), rows, by=("n",), schema=numbers().schema)
    assert pick(kernel, "n") == [(5,)]
    with pytest.raises(ValueError, match=r"kernel gave the columns \['n'\], expected \['m'\]"):
        ENGINE.apply(lambda rows: rows, ENGINE.from_arrow(numbers(4)), by=("n",), schema=pa.schema([("m", pa.int64())]))


def test_relations_of_another_engine_are_refused() -> None:
    class Other:
        columns = ("n",)

        def arrow(self) -> pa.Table:
            return numbers(1)

    with pytest.raises(TypeError, match="relation is a Other, expected one of this engine; use from_arrow"):
        ENGINE.run("select n from r", {"r": Other()})


def test_what_nobody_uses_any_more_is_given_back() -> None:
    engine = DuckEngine()
    for _ in range(20):
        engine.run("select n from r", {"r": engine.from_arrow(numbers(1))}).arrow()
    left = engine.fetch("select count(*) as n from duckdb_views() where view_name like 'telltale%'")
    assert left["n"].to_pylist()[0] <= 1


# Tables of the lake.


def file(folder: Path, name: str, *rows: dict[str, object]) -> str:
    path = folder / f"{name}.parquet"
    pq.write_table(pa.Table.from_pylist(list(rows), schema(SIGHTING)), path)
    return str(path)


def test_a_table_without_parts_is_empty_with_its_columns() -> None:
    relation = ENGINE.table(SIGHTING, Parts())
    assert relation.columns == SIGHTING.names
    assert relation.arrow().num_rows == 0
    assert ENGINE.table(SIGHTING, Parts(hot=empty(SIGHTING))).arrow().num_rows == 0


def test_days_of_one_file_are_read_as_they_are_and_the_rest_each_key_once(tmp_path: Path) -> None:
    """The larger `frames` wins, wherever it is, then the newer record; the strongest level stays whichever wins."""
    parts = Parts(
        unique=(file(tmp_path, "day=1", sighting(1, 0, frames=5)),),
        mixed=(
            file(tmp_path, "it's", sighting(2, 0, frames=9), sighting(3, 0, dbm=-70)),
            file(tmp_path, "day=2b", sighting(2, 0, frames=7), sighting(3, 0, dbm=-50, received_at=2)),
        ),
        hot=pa.Table.from_pylist([sighting(2, 0, frames=8), sighting(4, 0)], schema(SIGHTING)),
    )
    rows = ENGINE.table(SIGHTING, parts)
    assert sorted(pick(rows, "device", "frames", "rssi_max_dbm")) == [
        (1, 5, -60),
        (2, 9, -60),
        (3, 1, -50),
        (4, 1, -60),
    ]
    assert rows.arrow().schema.names == list(SIGHTING.names)


def test_nothing_is_held_of_a_file_that_was_read(tmp_path: Path) -> None:
    """Of all files ever read it would add up, in a process that reads new ones all day."""
    engine = DuckEngine()
    paths = tuple(file(tmp_path, f"day={day}", *(sighting(day, s) for s in range(3_000))) for day in range(20))
    assert engine.table(SIGHTING, Parts(unique=paths)).arrow().num_rows == 60_000
    held = engine.fetch("select tag, memory_usage_bytes from duckdb_memory() where memory_usage_bytes > 0")
    assert held.to_pylist() == []


@pytest.mark.parametrize("order", [("old", "new"), ("new", "old"), ("old", "old")])
def test_a_column_that_came_later_is_null_in_files_of_before(tmp_path: Path, order: tuple[str, str]) -> None:
    fixed = {"raw_id": 1, "source": "button", "received_at": 0, "kind": "dhcp_request", "interface": "", "flags": ""}
    paths = []
    for number, age in enumerate(order):
        row = {**fixed, "device_id": "one", "observed_at": number, "exchange": "0a", "exchange_s": 4}
        rows = pa.Table.from_pylist([row], schema(FRAME))
        path = tmp_path / f"{number}.parquet"
        pq.write_table(rows.drop_columns(list(FRAME.added)) if age == "old" else rows, path)
        paths.append(str(path))
    found = ENGINE.table(FRAME, Parts(unique=tuple(paths)))
    assert found.columns == FRAME.names
    told = {"old": (None, None), "new": ("0a", 4)}
    assert pick(found, "exchange", "exchange_s") == [told[age] for age in order]
    assert found.arrow().schema.field("exchange_s").type == pa.int64()


@settings(max_examples=40)
@given(
    rows=st.lists(
        st.fixed_dictionaries(
            {
                "device": st.integers(0, 2),
                "first": st.integers(0, 1),
                "frames": st.integers(1, 2),
                "received_at": st.integers(0, 2),
                "raw_id": st.integers(0, 2),
                "dbm": st.sampled_from([None, -60, -50]),
            }
        ),
        max_size=12,
    ),
    order=st.randoms(use_true_random=False),
)
def test_the_winner_does_not_depend_on_arrival(rows: list[dict[str, int]], order: Random) -> None:
    made = [sighting(row.pop("device"), row.pop("first"), **row) for row in rows]
    first = unique(made)
    order.shuffle(made)
    assert unique(made) == first
    assert len(first) == len({(row["device"], row["first_seen"]) for row in made})


def unique(rows: list[dict[str, object]]) -> list[tuple[object, ...]]:
    table = ENGINE.table(SIGHTING, Parts(hot=pa.Table.from_pylist(rows, schema(SIGHTING))))
    return sorted(pick(table, *SIGHTING.names), key=str)


def test_newest_non_null_takes_each_column_by_itself_and_null_keys_are_equal() -> None:
    columns = ("raw_id", "received_at", "id", "a", "b")
    rows = [(1, 1, 7, 10, 20), (2, 2, 7, None, 21), (3, 3, 7, None, None), (4, 1, None, 1, None), (5, 2, None, 2, None)]
    made = pa.Table.from_pylist([dict(zip(columns, row, strict=True)) for row in rows])
    found = ENGINE.run(deduplication(STATUS), {"rows_in": ENGINE.from_arrow(made)})
    assert sorted(pick(found, *columns), key=str) == [(3, 3, 7, 10, 21), (5, 2, None, 2, None)]


def test_two_threads_that_ask_one_engine_do_not_wait_for_each_other_for_ever() -> None:
    """One handed rows over while the other waited for its own: two reports made at once stood still."""
    engine = DuckEngine()
    rows = pa.table({"n": list(range(1_000))})
    sums: list[int] = []

    def ask() -> None:
        for _ in range(60):
            told = engine.run("select sum(n) as s from rows", {"rows": engine.from_arrow(rows)})
            sums.append(engine.keep(told).arrow()["s"][0].as_py())

    threads = [threading.Thread(target=ask, daemon=True) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sums == [499_500] * 240
