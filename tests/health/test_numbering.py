"""Losses by any source's rule of numbering: how many bits its counter has, and how much its devices can send."""

import pyarrow as pa
import pytest

from telltale.analysis.uplinks import gaps, losses
from telltale.arrow import TIMESTAMP
from telltale.contract import Numbering
from telltale.engine import DuckEngine, Relation
from telltale.sources import SOURCES
from telltale.workbench.messages import numbering_table

HOUR = 3600
BITS_16 = Numbering(wrap=1 << 16, per_day=1_440, burst=4)
"""A message a minute."""
BITS_32 = Numbering(wrap=1 << 32, per_day=86_400, burst=100)
"""A message a second."""
RULES = {"narrow": BITS_16, "wide": BITS_32}

CASES: list[tuple[str, str, list[tuple[int, float]], list[int | None]]] = [
    ("one after the other", "narrow", [(7, 0), (8, 60)], []),
    ("one is missing", "narrow", [(7, 0), (9, 120)], [1]),
    ("4095 is a number like others", "narrow", [(4_095, 0), (4_096, 60)], []),
    ("4095 to 0 is a reset, not a wrap", "narrow", [(4_095, 0), (0, 60)], [None]),
    ("65535 to 0 is no gap", "narrow", [(65_535, 0), (0, 60)], []),
    ("three over the wrap", "narrow", [(65_534, 0), (2, 240)], [3]),
    ("an hour has room for 60 and the burst of 4", "narrow", [(0, 0), (65, HOUR)], [64]),
    ("one more is a reset", "narrow", [(0, 0), (66, HOUR)], [None]),
    ("a step back is a reset", "narrow", [(900, 0), (0, 60), (1, 120)], [None]),
    ("a reset and then a loss", "narrow", [(900, 0), (0, 60), (2, 180)], [None, 1]),
    ("a fast counter may lose a thousand in an hour", "wide", [(0, 0), (1_001, HOUR)], [1_000]),
    ("beyond 31 bits", "wide", [(2_147_483_647, 0), (2_147_483_650, 60)], [2]),
    ("4294967295 to 0 is no gap", "wide", [(4_294_967_295, 0), (0, 1)], []),
    ("two over the wrap of 32 bits", "wide", [(4_294_967_294, 0), (1, 60)], [2]),
    ("65535 to 0 is a reset there", "wide", [(65_535, 0), (0, 1)], [None]),
]


def rules(engine: DuckEngine) -> Relation:
    return engine.from_arrow(
        pa.table(
            {
                "source": list(RULES),
                **{name: [getattr(rule, name) for rule in RULES.values()] for name in Numbering._fields},
            }
        )
    )


def uplinks(engine: DuckEngine, source: str, told: list[tuple[int, float]]) -> Relation:
    size = len(told)
    return engine.from_arrow(
        pa.table(
            {
                "raw_id": pa.array(range(size), pa.int64()),
                "source": pa.array([source] * size),
                "device_id": pa.array([f"{source}:1"] * size),
                "seq": pa.array([seq for seq, _ in told], pa.int64()),
                "observed_at": pa.array([round(at_s * 1e6) for _, at_s in told], TIMESTAMP),
                "rssi_dbm": pa.nulls(size, pa.float64()),
                "snr_db": pa.nulls(size, pa.float64()),
                "link_quality": pa.nulls(size, pa.string()),
            }
        )
    )


@pytest.mark.parametrize(("source", "told", "expected"), [pytest.param(*row[1:], id=row[0]) for row in CASES])
def test_missing_by_the_rule_of_the_source(
    source: str, told: list[tuple[int, float]], expected: list[int | None]
) -> None:
    engine = DuckEngine(threads=1)
    heard = uplinks(engine, source, told)
    found = gaps(engine, heard, rules(engine))

    assert [row["missing"] for row in found.arrow().to_pylist()] == expected
    (row,) = losses(engine, heard, found).arrow().to_pylist()
    lost = sum(missing or 0 for missing in expected)
    assert (row["missing"], row["resets"]) == (lost, expected.count(None))
    assert row["missing_share"] == lost / (len(told) + lost)


def test_of_a_source_without_a_rule_nothing_is_missing() -> None:
    engine = DuckEngine(threads=1)
    heard = uplinks(engine, "unruled", [(1, 0), (9, 60)])
    found = gaps(engine, heard, rules(engine))

    assert found.arrow().num_rows == 0
    assert losses(engine, heard, found).arrow()["missing"].to_pylist() == [0]


def test_the_rules_of_the_sources_are_those_handed_in() -> None:
    told = {source.name: source.numbering for source in SOURCES if source.numbering}
    assert {row.pop("source"): Numbering(**row) for row in numbering_table().to_pylist()} == told
