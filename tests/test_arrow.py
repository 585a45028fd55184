"""Arrow schemas, raw records to Arrow and back, and the day a row belongs to."""

from datetime import date

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from telltale.arrow import (
    RAW_SCHEMA,
    TIMESTAMP,
    arrow_to_raws,
    conform,
    day_of,
    empty,
    raws_to_arrow,
    schema,
)
from telltale.contract import Raw
from telltale.tables import NODE_HEARTBEAT, SIGHTING, TABLES
from tests.sources.toy import DAY, MONDAY, decoder, raw

RAWS = st.builds(
    Raw,
    id=st.integers(0, 2**62),
    source=st.text(max_size=5),
    received_at=st.integers(-(2**62), 2**62),
    sender=st.text(max_size=5),
    meta=st.text(max_size=5),
    body=st.binary(max_size=20),
)


@pytest.mark.parametrize("name", sorted(TABLES))
def test_every_table_has_an_arrow_schema_in_its_own_order(name: str) -> None:
    table = TABLES[name]

    assert tuple(schema(table).names) == table.names
    assert empty(table).num_rows == 0
    assert [field.nullable for field in schema(table)] == [column.nullable for column in table.columns]


@given(st.lists(RAWS, max_size=5))
def test_raw_records_come_back_from_arrow_unchanged(raws: list[Raw]) -> None:
    table = raws_to_arrow(raws)

    assert table.schema == RAW_SCHEMA
    assert arrow_to_raws(table) == raws


def test_rows_in_another_order_and_type_are_made_to_conform() -> None:
    rows = decoder(1)("toy", [raw(60)])["node_heartbeat"]
    loose = rows.select(list(reversed(rows.column_names))).set_column(0, "clock_offset_s", pa.nulls(1, pa.int64()))

    assert conform(NODE_HEARTBEAT, loose).equals(rows)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda rows: rows.drop_columns(["radio"]), "radio"),
        (lambda rows: rows.append_column("extra", pa.nulls(1)), "extra"),
        (lambda rows: rows.set_column(3, "site", pa.nulls(1, pa.string())), "site"),
    ],
)
def test_rows_that_do_not_fit_their_table_are_named(change, words: str) -> None:  # type: ignore[no-untyped-def] # a lambda over pyarrow
    rows = decoder(1)("toy", [raw(60)])["sighting"]

    with pytest.raises(ValueError, match=words):
        conform(SIGHTING, change(rows))


def test_a_row_belongs_to_the_utc_day_of_its_own_time_unless_its_clock_is_wrong() -> None:
    rows = decoder(1)("toy", [raw(60, "n1 7 -30 3\nn1 8 -30 3\nn1 9 -30 3\nn1 10 30 3")])["sighting"]
    flags = ["", "aggregated,clock_ahead", "not_clock_ahead", "late"]
    rows = rows.set_column(rows.column_names.index("flags"), "flags", pa.array(flags))

    sunday, monday = date(2025, 11, 23), date(2025, 11, 24)
    assert day_of(SIGHTING, rows).to_pylist() == [sunday, monday, sunday, monday]


def test_days_before_1970_round_down() -> None:
    rows = empty(NODE_HEARTBEAT)
    row = {**dict.fromkeys(rows.column_names), "observed_at": -1, "raw_id": 1}
    table = pa.Table.from_pylist([row], schema=pa.schema([field.with_nullable(True) for field in rows.schema]))

    assert day_of(NODE_HEARTBEAT, table).to_pylist() == [date(1969, 12, 31)]
    assert table["observed_at"].type == TIMESTAMP
    assert MONDAY % DAY == 0
