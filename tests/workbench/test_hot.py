"""Rows of hot records: each record is decoded once, whatever comes after it, and a hostile one is paid for once."""

from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from telltale.arrow import Tables
from telltale.contract import Raw
from telltale.settings import Settings
from telltale.workbench.hot import HotRows
from telltale.workbench.project import Project
from tests.pipeline import hostile

SMALL = hostile.BODIES["cloudtrax: rows"]
OTHER = hostile.BODIES["pc_idle: zeros"]


class Decoding:
    """Decodes, and notes which records it was asked for."""

    def __init__(self) -> None:
        self.asked: list[int] = []
        self._decode = hostile.decode()

    def __call__(self, source: str, raws: Sequence[Raw]) -> Tables:
        self.asked += [raw.id for raw in raws]
        return self._decode(source, raws)


def record(identity: int) -> Raw:
    return (SMALL if identity % 3 else OTHER).raw(600, identity)


def rows(tables: Tables) -> dict[str, list[dict[str, object]]]:
    return {name: sorted(table.to_pylist(), key=str) for name, table in tables.items() if table.num_rows}


@settings(max_examples=30, deadline=None)
@given(st.lists(st.sets(st.integers(1, 12)), max_size=6))
def test_rows_are_those_of_the_records_that_are_hot(moments: list[set[int]]) -> None:
    decoding = Decoding()
    kept = HotRows(decoding, lambda: 0)
    seen: set[int] = set()
    for ids in moments:
        hot = [record(identity) for identity in sorted(ids)]
        decoding.asked.clear()
        found = kept.of(hot)
        assert sorted(decoding.asked) == sorted(ids - seen), "only what came since"
        seen = ids
        anew = HotRows(Decoding(), lambda: 0).of(hot)
        assert rows(found) == rows(anew)


def test_the_same_records_give_the_same_object() -> None:
    kept = HotRows(Decoding(), lambda: 0)
    assert kept.of([record(1)]) is kept.of([record(1)])


def test_a_list_that_changed_is_applied_to_all() -> None:
    decoding, state = Decoding(), [0]
    kept = HotRows(decoding, lambda: state[0])
    kept.of([record(1), record(2)])
    state[0] = 1
    kept.of([record(1), record(2)])
    assert sorted(decoding.asked) == [1, 1, 2, 2]


def test_many_small_pieces_are_put_together() -> None:
    kept = HotRows(Decoding(), lambda: 0)
    for last in range(1, 80):
        found = kept.of([record(identity) for identity in range(1, last)])
    assert found["sighting"].column(0).num_chunks <= 33


def test_an_opt_out_of_today_holds_for_what_is_hot(tmp_path: Path) -> None:
    settings_ = Settings(root=tmp_path)
    project = Project(settings=settings_)
    hot = [SMALL.raw(400, 1)]
    before = project.decode_hot(hot)["sighting"].num_rows
    project.lists.add("opt_out", "00:00:00:00:00:02")
    after = project.decode_hot(hot)
    assert after["sighting"].num_rows == before - 1
    assert isinstance(after["reject"], pa.Table)


@pytest.mark.slow
def test_what_one_sender_sends_is_paid_for_once() -> None:
    """Before, 2,097,152 rejects were decoded again, in 35 s, by every page after every record that came."""
    decoding = Decoding()
    kept = HotRows(decoding, lambda: 0)
    attack = hostile.BODIES["cloudtrax: zeros"].raw(hostile.MIB4, 1)
    assert kept.of([attack])["reject"].num_rows == 101
    kept.of([attack, record(2)])
    assert decoding.asked == [1, 2]
