"""Tables of millions of rows are sorted a stretch at a time: as all at once, ties included, wherever the parts end."""

from collections.abc import Iterator

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from telltale.analysis import dense as module
from telltale.analysis.dense import dense, in_order

BY = ("at", "site", "device")
row = st.fixed_dictionaries(
    {
        "at": st.sampled_from([-(2**63), -3, -2, -1, 0, 1, 2, 3, 2**63 - 1]) | st.integers(0, 40),
        "site": st.sampled_from(["b", "a", "", "ö"]),
        "device": st.integers(-3, 3),
    }
)
SCHEMA = pa.schema([("at", pa.int64()), ("site", pa.string()), ("device", pa.int64()), ("number", pa.int64())])


@pytest.fixture(autouse=True, scope="module")
def _few_at_once() -> Iterator[None]:
    """Stretches of a few rows, so that a few dozen rows have many."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_SORTED_AT_ONCE", 8)
        patch.setattr(module, "_SAMPLED", 2)
        yield


@given(st.lists(st.lists(row, max_size=40), min_size=1, max_size=5), st.integers(1, 50))
def test_parts_are_sorted_as_all_at_once(parts: list[list[dict[str, object]]], chunk: int) -> None:
    numbered = [
        [{**each, "number": 100 * place + at} for at, each in enumerate(part)] for place, part in enumerate(parts)
    ]
    tables = [pa.Table.from_pylist(part, schema=SCHEMA) for part in numbered]
    torn = [pa.Table.from_batches(table.to_batches(max_chunksize=chunk), schema=SCHEMA) for table in tables]
    expected = sorted((each for part in numbered for each in part), key=lambda each: tuple(each[name] for name in BY))
    assert in_order([dense(table) for table in torn], by=BY).to_pylist() == expected
