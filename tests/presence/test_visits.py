"""Sessions and classes: hand-worked cases, and a plain reference that any order and any stretches must equal."""

from collections import defaultdict
from collections.abc import Iterator
from functools import partial
from random import Random
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from telltale.arrow import schema
from telltale.engine import DuckEngine, Parts
from telltale.presence.analysis import Rules, visits
from telltale.presence.analysis.sessionise import ROWS, session_schema, sessionise
from telltale.tables import SIGHTING, VISIT
from tests.presence.rows import DAY, MIN, H, S, pick, sighting, sightings, us, when

ENGINE = DuckEngine()


Rows = list[dict[str, Any]]


def found(rows: Rows, *names: str, engine: DuckEngine = ENGINE, **options: Any) -> list[tuple[Any, ...]]:
    return pick(visits(engine, sightings(engine, rows), **options), *names)


def test_the_columns_are_those_of_the_table_also_of_nothing() -> None:
    for rows in ([], [sighting(1, 0)], [sighting(1, 0, flags="staff")]):
        made = visits(ENGINE, sightings(ENGINE, rows)).arrow()
        assert [(field.name, field.type) for field in made.schema] == [(f.name, f.type) for f in schema(VISIT)]


@pytest.mark.parametrize(
    ("spans", "expected"),
    [
        pytest.param([(0, 0)], [(0, 0)], id="one frame is a session of no length"),
        pytest.param([(0, 30), (930, 960)], [(0, 960)], id="silence equal to the gap goes on: 930 - 30 = 900"),
        pytest.param([(0, 30), (931, 960)], [(0, 30), (931, 960)], id="one second more ends it"),
        pytest.param([(0, 2000), (100, 110), (2900, 2900)], [(0, 2900)], id="silence counts from the largest end"),
        pytest.param([(0, 100), (0, 2000), (2500, 2500)], [(0, 2500)], id="a growing row: same first, later last"),
        pytest.param([(500, 600), (0, 10), (300, 310)], [(0, 600)], id="any order"),
        pytest.param([(DAY - 60, DAY - 30), (DAY + 60, DAY + 90)], [(DAY - 60, DAY + 90)], id="midnight cuts nothing"),
    ],
)
def test_sessions_end_after_a_silence_over_the_gap(
    spans: list[tuple[int, int]], expected: list[tuple[int, int]]
) -> None:
    rows = [sighting(1, first, last) for first, last in spans]
    assert found(rows, "entered_at", "left_at") == [(when(start), when(end)) for start, end in expected]


def test_one_session_holds_all_nodes_but_neither_other_sites_nor_devices() -> None:
    rows = [sighting(1, 0, 30, node_id="b"), sighting(1, 40, 60), sighting(2, 40, 60), sighting(1, 50, 60, site="9")]
    assert found(rows, "site", "device", "nodes", "dwell_s") == [
        ("71234", 1, "a,b", 60.0),
        ("71234", 2, "a", 20.0),
        ("9", 1, "a", 10.0),
    ]


def test_a_session_adds_up_its_sightings() -> None:
    """Silences: 100 - 30 = 70, then 0 (110 lies inside 100 … 200), then 500 - 200 = 300; 370 over 3 joints."""
    rows = [
        sighting(1, 0, 30, frames=3, dbm=-70),
        sighting(1, 100, 200, frames=4, dbm=-62, associated=True),
        sighting(1, 110, 120, frames=5, dbm=None, node_id="b", associated=True),
        sighting(1, 500, 510, frames=6, dbm=-80),
    ]
    columns = ("frames", "sightings", "rssi_max_dbm", "nodes", "associated", "associated_flips")
    assert found(rows, *columns) == [(18, 4, -62, "a,b", True, 2)]
    [(mean, longest)] = found(rows, "silence_mean_s", "silence_max_s")
    assert (mean, longest) == (pytest.approx(370 / 3), 300.0)


KEY = 4 * H
"""When the second key of these tests begins."""


@pytest.mark.parametrize(
    ("first", "last", "entered"),
    [
        pytest.param(KEY - 6 * H, KEY + 60, KEY, id="heard since before the cut"),
        pytest.param(KEY + 10, KEY + 60, KEY + 10, id="all of it after"),
        pytest.param(KEY - 6 * H, KEY - 1, KEY - 6 * H, id="all of it before"),
        pytest.param(KEY - 60, KEY, KEY, id="the cut itself is the new key's"),
        pytest.param(KEY - 60, KEY + DAY + 60, KEY + DAY, id="two cuts: the later"),
    ],
)
@pytest.mark.parametrize("batch_rows", [10**6, 1], ids=["one stretch", "hour by hour"])
def test_a_sighting_begins_no_earlier_than_its_key(first: int, last: int, entered: int, batch_rows: int) -> None:
    engine = DuckEngine()
    engine.batch_rows = batch_rows
    rows = [sighting(1, first, last), sighting(2, first, last)]
    made = found(rows, "entered_at", "left_at", engine=engine, key_starts=[us(KEY), us(KEY + DAY), -(2**63)])
    assert made == [(when(entered), when(last))] * 2


def test_one_sighting_has_no_silence() -> None:
    assert found([sighting(1, 0, 30)], "silence_mean_s", "silence_max_s") == [(None, None)]


def test_rows_that_begin_together_flip_in_the_order_of_last_and_node() -> None:
    """(0, 10, b) no, (0, 20, a) yes, (0, 20, b) no, (0, 30, a) yes: three flips, however they arrive."""
    rows = [
        sighting(1, 0, 30, associated=True),
        sighting(1, 0, 20, node_id="b"),
        sighting(1, 0, 10, node_id="b"),
        sighting(1, 0, 20, associated=True),
    ]
    assert found(rows, "associated_flips") == [(3,)]


@pytest.mark.parametrize(
    ("stay_s", "dbm", "associated", "expected"),
    [
        (1200, -65, False, "engaged"),
        (1199, -65, False, "visitor"),
        (300, -65, False, "visitor"),
        (299, -65, False, "passer_by"),
        (300, -66, False, "passer_by"),
        (5000, -66, False, "passer_by"),
        (0, -90, False, "passer_by"),
        (5000, -91, False, "ignored"),
        (0, -91, True, "visitor"),
        (1200, -91, True, "engaged"),
        (5000, None, False, "passer_by"),
        (300, None, True, "visitor"),
    ],
)
def test_classes_take_the_first_rule_that_fits_thresholds_included(
    stay_s: int, dbm: int | None, associated: bool, expected: str
) -> None:
    assert found([sighting(1, 0, stay_s, dbm=dbm, associated=associated)], "class") == [(expected,)]


def test_wrong_clocks_listed_devices_and_the_other_radio_stay_out() -> None:
    odd = ["clock_ahead", "clock_unset", "staff", "fixed", "bad_signal,clock_ahead,late"]
    rows = [sighting(at, 0, flags=flags) for at, flags in enumerate(odd)]
    kept = [sighting(10, 0, flags="late"), sighting(11, 0, flags="bad_signal,coerced")]
    assert found([*rows, *kept, sighting(12, 0, radio="ble")], "device") == [(10,), (11,)]
    assert found([*rows, sighting(12, 0, radio="ble")], "device", rules=Rules(radio="ble")) == [(12,)]
    assert found(rows, "device", rules=Rules(excluded_flags=("clock_ahead",))) == [(1,), (2,), (3,)]


@pytest.mark.parametrize(
    ("cut_s", "expected"),
    [(-901, False), (-900, True), (0, True), (300, True), (600, True), (1500, True), (1501, False)],
)
def test_a_session_within_a_gap_of_a_cut_says_so(cut_s: int, expected: bool) -> None:
    """The session is 0 … 600 s, the gap 900 s: cuts from -900 to 1500 touch it."""
    assert found([sighting(1, 0, 600)], "cut", cuts=[us(cut_s)]) == [(expected,)]


def test_hysteresis_judges_the_stay_from_strong_to_still_strong_enough() -> None:
    """Strong at 600, held at -75 until 1000 … 1030; weak before and after: 430 s of 3000. Dwell stays the session's."""
    levels = [(0, -85), (600, -60), (1000, -75), (1500, -85), (2000, -85), (2500, -85), (2970, -85)]
    rows = [sighting(1, first, first + 30, dbm=dbm) for first, dbm in levels]
    assert found(rows, "class", "dwell_s") == [("engaged", 3000.0)]
    assert found(rows, "class", "dwell_s", rules=Rules(sustain_dbm=-75)) == [("visitor", 3000.0)]
    assert found(rows, "class", rules=Rules(sustain_dbm=-75, visitor_s=430)) == [("visitor",)]
    assert found(rows, "class", rules=Rules(sustain_dbm=-75, visitor_s=431)) == [("passer_by",)]
    assert found(rows[:1], "class", rules=Rules(sustain_dbm=-75)) == [("passer_by",)]


def test_a_site_may_have_more_nodes_than_a_word_has_bits() -> None:
    names = [f"n{number:03}" for number in range(130)]
    rows = [sighting(1, at, node_id=name) for at, name in enumerate(names)]
    assert found([*rows, sighting(2, 0, node_id="n129")], "device", "nodes") == [(1, ",".join(names)), (2, "n129")]


@pytest.mark.parametrize("rule", ["gap_s", "visitor_s", "engaged_s", "alive_s"])
def test_rules_refuse_durations_that_are_not_positive(rule: str) -> None:
    with pytest.raises(ValueError, match=f"{rule} = 0: expected a positive number of seconds"):
        Rules(**{rule: 0})  # type: ignore[arg-type] # all four are integers


def test_rules_refuse_levels_out_of_order() -> None:
    with pytest.raises(ValueError, match="passer_dbm = -60: expected at most visitor_dbm = -65"):
        Rules(passer_dbm=-60)


# The reference: wire/presence.md 6.1 word by word, a loop over rows.


def reference(rows: Rows, gap_us: int = 900 * S) -> Iterator[tuple[Any, ...]]:
    by_device = defaultdict(list)
    for row in rows:
        by_device[row["site"], row["device"]].append(row)
    for (site, device), mine in by_device.items():
        mine.sort(key=lambda row: (row["first_seen"], row["last_seen"], row["node_id"]))
        session: Rows = []
        for row in mine:
            if session and row["first_seen"] - max(other["last_seen"] for other in session) > gap_us:
                yield summary(site, device, session)
                session = []
            session.append(row)
        yield summary(site, device, session)


def summary(site: str, device: int, session: Rows) -> tuple[Any, ...]:
    start, end = session[0]["first_seen"], max(row["last_seen"] for row in session)
    silences, flips = [], 0
    for at, row in enumerate(session[1:], 1):
        silences.append(max(0, row["first_seen"] - max(before["last_seen"] for before in session[:at])))
        flips += row["associated"] != session[at - 1]["associated"]
    levels = [row["rssi_max_dbm"] for row in session if row["rssi_max_dbm"] is not None]
    strongest = max(levels, default=None)
    associated = any(row["associated"] for row in session)
    stay_s = (end - start) / S
    strong = strongest is not None and strongest >= -65
    if associated or (stay_s >= 300 and strong):
        class_ = "engaged" if stay_s >= 1200 else "visitor"
    else:
        class_ = "passer_by" if strongest is None or strongest >= -90 else "ignored"
    return (
        *(site, device, start, end, class_, sum(row["frames"] for row in session), len(session), strongest),
        *(",".join(sorted({row["node_id"] for row in session})), associated, flips),
        *((sum(silences) / S / len(silences), max(silences) / S) if silences else (None, None)),
    )


COLUMNS = (
    *("site", "device", "entered_at", "left_at", "class", "frames", "sightings", "rssi_max_dbm", "nodes", "associated"),
    *("associated_flips", "silence_mean_s", "silence_max_s"),
)


def as_reference(rows: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    return [tuple(round(v.timestamp() * S) if hasattr(v, "timestamp") else v for v in row) for row in rows]


SIGHTINGS = st.lists(
    st.builds(
        lambda device, first, length, other: sighting(device, first * 150, first * 150 + length, **other),
        st.integers(-2, 2),
        st.integers(0, 400),
        st.sampled_from([0, 30, 150, 600, 750, 901, 2 * H, DAY]),
        st.fixed_dictionaries(
            {
                "node_id": st.sampled_from("abc"),
                "site": st.sampled_from(["1", "2"]),
                "dbm": st.sampled_from([None, -91, -90, -66, -65, -5]),
                "associated": st.booleans(),
                "frames": st.integers(1, 9),
            }
        ),
    ),
    max_size=60,
    unique_by=lambda row: (row["site"], row["node_id"], row["device"], row["first_seen"], row["last_seen"]),
)


@settings(max_examples=60)
@given(rows=SIGHTINGS, batch_rows=st.integers(1, 30), order=st.randoms(use_true_random=False))
def test_any_order_and_any_stretches_give_the_definition(rows: Rows, batch_rows: int, order: Random) -> None:
    expected = sorted(reference(rows), key=lambda row: (row[2], row[0], row[1]))
    order.shuffle(rows)
    for engine in (ENGINE, DuckEngine(batch_rows=batch_rows)):
        made = as_reference(found(rows, *COLUMNS, engine=engine))
        assert [row[:-2] for row in made] == [row[:-2] for row in expected]
        assert [row[-2:] for row in made] == [pytest.approx(row[-2:]) for row in expected]


@settings(max_examples=25)
@given(rows=SIGHTINGS, late=st.integers(0, 60), resent=st.integers(0, 60))
def test_late_and_resent_rows_count_as_if_they_had_come_once_and_in_time(rows: Rows, late: int, resent: int) -> None:
    again = [row | {"raw_id": 2, "received_at": row["received_at"] + S} for row in rows[:resent]]
    arrived = pa.Table.from_pylist(rows[late:] + again + rows[:late], schema(SIGHTING))
    table = ENGINE.table(SIGHTING, Parts(hot=arrived))
    assert pick(visits(ENGINE, table), *COLUMNS) == found(rows, *COLUMNS)


@settings(max_examples=25)
@given(rows=SIGHTINGS)
def test_visits_never_lose_time_nor_sightings(rows: Rows) -> None:
    made = found(rows, "sightings", "frames", "dwell_s")
    assert sum(row[0] for row in made) == len(rows)
    assert sum(row[1] for row in made) == sum(row["frames"] for row in rows)
    assert all(dwell_s >= 0 for _, _, dwell_s in made)


@settings(max_examples=25)
@given(rows=SIGHTINGS, middle=st.integers(0, 400))
def test_the_kernel_gives_the_same_at_once_and_in_two_parts(rows: Rows, middle: int) -> None:
    whole = kernel_rows(rows)
    first_us = whole["first_us"].to_pylist()
    early = whole.filter(pa.array([at < us(middle * 150) for at in first_us], pa.bool_()))
    rest = whole.filter(pa.array([at >= us(middle * 150) for at in first_us], pa.bool_()))
    kernel = partial(sessionise, gap_us=900 * S, words=1)
    before = kernel(early)
    # One session per device can go on: the last one.
    order = before.sort_by("first_us").to_pylist()
    newest = {(row["site_no"], row["device"]): row for row in order}
    ended = [row for row in order if row not in newest.values()]
    parts = kernel(rest, before=pa.Table.from_pylist(list(newest.values()), session_schema(1))).to_pylist() + ended
    assert sorted(parts, key=str) == sorted(kernel(whole).to_pylist(), key=str)


def kernel_rows(rows: Rows) -> pa.Table:
    made = [
        (int(row["site"]), row["device"], row["first_seen"], row["last_seen"], "abc".index(row["node_id"]) + 1,
         row["frames"], row["rssi_max_dbm"], int(row["associated"]), 0)
        for row in rows
    ]  # fmt: skip
    types = [pa.int32(), pa.int64(), pa.int64(), pa.int64(), pa.int32(), pa.int64(), pa.int32(), pa.int32(), pa.int32()]
    columns = list(zip(*made, strict=True)) or [()] * len(ROWS)
    return pa.table([pa.array(list(v), t) for v, t in zip(columns, types, strict=True)], names=list(ROWS))


def test_the_kernel_bears_times_a_century_apart() -> None:
    """More devices than times that far apart leave numbers for: the times are then numbered."""
    rows = [sighting(device, at, at + 1) for device in range(1500) for at in (-T_1970, 0, 100, 73 * 365 * DAY)]
    made = sessionise(kernel_rows([row | {"site": "1"} for row in rows]), gap_us=900 * S, words=1)
    assert made.num_rows == 1500 * 3
    assert set(made["sightings"].to_pylist()) == {1, 2}
    assert max(made["silence_us"].to_pylist()) == 99 * S


T_1970 = us(0) // S
ODD_GAP = 7 * MIN


@settings(max_examples=15)
@given(rows=SIGHTINGS)
def test_the_gap_is_a_parameter(rows: Rows) -> None:
    expected = sorted((row[0], row[1], row[2]) for row in reference(rows, ODD_GAP * S))
    made = as_reference(found(rows, "site", "device", "entered_at", rules=Rules(gap_s=ODD_GAP)))
    assert sorted(made) == expected
