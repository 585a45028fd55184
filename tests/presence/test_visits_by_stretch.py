"""Visits of many rows, stretch by stretch: the answer the commits before gave, whatever the stretches."""

import datetime as dt
import hashlib
from collections.abc import Collection
from random import Random
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from telltale.arrow import day_of
from telltale.engine import DuckEngine, Relation
from telltale.presence.analysis import Rules, visits
from telltale.tables import SIGHTING
from tests.presence.rows import DAY, MIN, H, sighting, sightings, us

NODES = 70  # more than one word of bits


def air() -> list[dict[str, Any]]:
    """Two sites and five days: passers-by, visitors of every length, devices that never leave."""
    random = Random(14)
    rows = [sighting(-9, at, at + 20, node_id="n000", frames=2, dbm=-40) for at in range(0, 5 * DAY, 10 * MIN)]
    for device in range(1, 240):
        at = random.randrange(5 * DAY)
        for _ in range(random.choice([1, 1, 2, 5, 40])):
            at += random.choice([0, 0, 30, 60, 300, 800, 901, 2 * H])
            rows.append(
                sighting(
                    device - 120,
                    at,
                    at + random.choice([0, 0, 20, 60, 1000]),
                    site=random.choice(["71234", "71234", "9"]),
                    node_id=f"n{random.randrange(NODES):03}",
                    frames=random.randrange(1, 30),
                    dbm=random.choice([None, -95, -91, -90, -80, -66, -65, -50]),
                    associated=random.random() < 0.1,
                    address_kind=random.choice(["global", "local"]),
                    flags=random.choice(["", "", "", "late", "staff", "clock_ahead,late"]),
                )
            )
    return list({tuple(row[name] for name in KEY): row for row in rows}.values())


KEY = ("site", "node_id", "device", "first_seen", "last_seen")
CASES = {
    "defaults": (
        {},
        "3c9d94450dfe2b4c",
    ),
    "cuts and keys": (
        {"cuts": [us(0), us(2 * DAY), us(5 * DAY)], "key_starts": [us(DAY), us(3 * DAY + 5 * H)]},
        "46fe86fc69f80fa0",
    ),
    "a level that sustains": (
        {"rules": Rules(visitor_dbm=-65, sustain_dbm=-80)},
        "ce9958598008656b",
    ),
}


@pytest.mark.parametrize("batch_rows", [10**6, 400, 30], ids=["at once", "by days", "by hours"])
@pytest.mark.parametrize(("options", "expected"), CASES.values(), ids=CASES.keys())
def test_the_answer_is_that_of_the_commits_before(options: dict[str, Any], expected: str, batch_rows: int) -> None:
    """The digests were taken from the code that held the sessions of all stretches at once."""
    engine = DuckEngine(batch_rows=batch_rows)
    rows = visits(engine, sightings(engine, air()), **options).arrow()
    numbers = rows.cast(
        pa.schema([(f.name, pa.int64() if pa.types.is_timestamp(f.type) else f.type) for f in rows.schema])
    )
    told = "\n".join([str(rows.schema), *map(str, numbers.to_pylist())])
    assert hashlib.sha256(told.encode()).hexdigest()[:16] == expected


@pytest.mark.parametrize("rules", [Rules(), Rules(excluded_flags=("staff",))], ids=["usual", "wrong clocks too"])
def test_a_stretch_that_reads_its_own_days_only_misses_nothing(rules: Rules) -> None:
    """Also of what was filed days after it began, or under its receipt because of a wrong clock."""
    rows = [
        *air(),
        sighting(500, 8 * H, 3 * DAY + 60, dbm=-50),
        sighting(501, -40 * DAY, -40 * DAY + 60, received_at=us(2 * DAY), flags="clock_ahead"),
    ]
    engine = DuckEngine(batch_rows=400)
    everything = sightings(engine, rows).arrow()
    days = day_of(SIGHTING, everything)
    asked: list[set[dt.date]] = []

    def of_days(wanted: Collection[dt.date]) -> Relation:
        asked.append(set(wanted))
        return engine.from_arrow(everything.filter(pc.is_in(days, pa.array(sorted(wanted), pa.date32()))))

    table = engine.from_arrow(everything)
    made = visits(engine, table, rules=rules, of_days=of_days).arrow()
    assert made.equals(visits(engine, table, rules=rules).arrow())
    assert len(asked) > 5
    assert sum(len(wanted) < 4 for wanted in asked) >= len(asked) - 2  # all but those of the two odd ones
