"""Owners of slots, moves between zones, node strips and clocks: hand-worked."""

from typing import Any

import pyarrow as pa
import pytest

from telltale.engine import DuckEngine
from telltale.presence.analysis import Moves, moves, node_clocks, node_strips, visits
from tests.presence.rows import H, heartbeat, heartbeats, pick, sighting, sightings, when

ENGINE = DuckEngine()
ZONES = {"a": "door", "b": "hall", "c": "hall"}


def slots(*heard: dict[str, int | None], device: int = 1, start: float = 0) -> list[dict[str, Any]]:
    """One slot of 30 s after the other: what each node heard in it, in dBm; associated, so that it is a visit."""
    return [
        sighting(device, start + 30 * at, start + 30 * at + 10, node_id=node, dbm=dbm, associated=True)
        for at, levels in enumerate(heard)
        for node, dbm in levels.items()
    ]


def moved(rows: list[dict[str, Any]], **options: Any) -> Moves:
    zones = ENGINE.from_arrow(pa.table({"node_id": list(ZONES), "zone": list(ZONES.values())}))
    heard = sightings(ENGINE, rows)
    return moves(ENGINE, heard, visits(ENGINE, heard), zones, **options)


@pytest.mark.parametrize(
    ("second", "options", "expected"),
    [
        ({"a": -60, "b": -54}, {}, [("a", "b")]),
        ({"a": -60, "b": -55}, {}, []),
        ({"a": -60, "b": -59}, {"hysteresis_db": 0}, [("a", "b")]),
        ({"a": -60, "b": -60}, {"hysteresis_db": 0}, []),
        ({"b": -80}, {}, [("a", "b")]),
        ({"b": None}, {}, []),
        ({"b": -54, "c": -55}, {}, []),
    ],
    ids=[
        "a lead of 6 dB moves",
        "5 dB do not",
        "0 lets 1 dB move",
        "a tie stays",
        "heard by one only",
        "no level",
        "two near",
    ],
)
def test_the_owner_changes_when_a_node_leads_by_enough(
    second: dict[str, int | None], options: dict[str, int], expected: list[tuple[str, str]]
) -> None:
    found = moved(slots({"a": -50, "b": -70}, second), **options).each
    assert pick(found, "from_node", "to_node") == expected


def test_moves_zones_and_transitions_of_a_walk() -> None:
    """Door, hall (b), undecided, hall (c), a silent slot, door: three changes of node, two of zone."""
    walk = slots({"a": -50}, {"b": -50}, {"a": -50, "b": -50}, {"c": -50}, {}, {"a": -50})
    found = moved(walk)
    assert pick(found.each, "moved_at", "from_node", "to_node", "from_zone", "to_zone") == [
        (when(30), "a", "b", "door", "hall"),
        (when(90), "b", "c", "hall", "hall"),
        (when(150), "c", "a", "hall", "door"),
    ]
    assert pick(found.transitions, "from_zone", "to_zone", "moves", "devices") == [
        ("door", "hall", 1, 1),
        ("hall", "door", 1, 1),
    ]
    assert pick(found.zones, "zone", "device_s", "devices") == [("door", 60.0, 1), ("hall", 90.0, 1)]


def test_a_new_session_does_not_go_on_from_the_old_owner() -> None:
    rows = slots({"a": -50}) + slots({"b": -50}, start=H) + slots({"b": -50}, device=2)
    assert pick(moved(rows).each, "device") == []


def test_before_any_node_leads_there_is_no_zone_and_a_node_without_zone_is_its_own() -> None:
    found = moved(slots({"a": -50, "b": -50}, {"x": -50}))
    assert pick(found.zones, "zone", "device_s") == [(None, 30.0), ("x", 30.0)]
    assert pick(found.each, "to_node") == []


def test_passers_by_do_not_move() -> None:
    rows = [row | {"associated": False} for row in slots({"a": -50}, {"b": -40})]
    assert pick(moved(rows).each, "device") == []


def test_a_node_is_silent_after_three_of_its_own_intervals() -> None:
    """Node a reports each 60 s: 180 s later still belongs, 181 s later does not; node b each 300 s, c once."""
    at = [0, 60, 120, 300, 481, 541, 601]
    rows = [heartbeat(s) for s in at] + [heartbeat(s, "b") for s in (0, 300, 600)] + [heartbeat(7, "c")]
    found = node_strips(ENGINE, heartbeats(ENGINE, rows))
    assert pick(found, "node_id", "started_at", "ended_at", "reports", "interval_s") == [
        ("a", when(0), when(300), 4, 60.0),
        ("a", when(481), when(601), 3, 60.0),
        ("b", when(0), when(600), 3, 300.0),
        ("c", when(7), when(7), 1, None),
    ]


def test_a_clock_is_judged_by_the_last_twenty_reports_that_heard_anyone() -> None:
    """30 reports, every third empty: of the 20 with an offset all count; then ten old ones at 100 s drop out."""
    offsets = [None if at % 3 == 0 else float(at) for at in range(30)]
    rows = [heartbeat(at, clock_offset_s=100.0) for at in range(10)]
    rows += [heartbeat(100 + at, clock_offset_s=offset) for at, offset in enumerate(offsets)]
    found = node_clocks(ENGINE, heartbeats(ENGINE, [*rows, heartbeat(5, "b")]))
    assert pick(found, "node_id", "last_reported_at", "reports", "clock_offset_s") == [
        ("a", when(129), 40, 15.0),
        ("b", when(5), 1, None),
    ]
