"""Day figures, occupancy, bands and connection: hand-worked cases, and a plain reference under any visits."""

from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from telltale.analysis import periods
from telltale.arrow import schema
from telltale.engine import DuckEngine
from telltale.presence.analysis import connection, engagement, figures, occupancy
from telltale.tables import PRESENCE_DAY, PRESENCE_HOUR, Table
from tests.presence.rows import DAY, MIN, H, S, heartbeat, heartbeats, pick, us, visit, visits_of

ENGINE = DuckEngine()
Rows = list[dict[str, Any]]
ALIVE = [heartbeat(at) for at in range(0, DAY, 300)]


def day(rows: Rows, *names: str, beats: Rows = ALIVE, kind: str = "all", until: float = 2 * DAY, **more: Any) -> Any:
    """One day's figures of one address kind."""
    table = figures_of(rows, beats, PRESENCE_DAY, periods.days("UTC", us(0), us(DAY)), until, **more)
    [found] = [row for row in table.to_pylist() if row["address_kind"] == kind]
    return tuple(found[name] for name in names) if len(names) > 1 else found[names[0]]


def figures_of(rows: Rows, beats: Rows, table: Table, spans: pa.Table, until: float, **more: Any) -> pa.Table:
    made, alive = visits_of(ENGINE, rows), heartbeats(ENGINE, beats)
    return figures(ENGINE, made, alive, spans, table=table, until_us=us(until), **more).arrow()


@pytest.mark.parametrize("table", [PRESENCE_DAY, PRESENCE_HOUR])
def test_figures_have_the_columns_of_their_table(table: Table) -> None:
    made = figures_of([visit(1, 0, 600)], ALIVE, table, periods.days("UTC", us(0), us(DAY)), DAY)
    assert [(field.name, field.type) for field in made.schema] == [(f.name, f.type) for f in schema(table)]
    assert made.sort_by([(name, "ascending") for name in table.key]).equals(made)


def test_a_device_counts_once_in_its_best_class() -> None:
    """1 passes, then visits; 2 passes twice; 3 is ignored; 4 visits twice: seen 1, 2, 4; visitors 1, 4; capture 2/3."""
    rows = [
        visit(1, 0, 10, "passer_by"), visit(1, 2 * H, 3 * H, "engaged"), visit(2, 0, 10, "passer_by"),
        visit(2, H, H + 10, "passer_by"), visit(3, 0, 10, "ignored"), visit(4, 0, 600), visit(4, 5 * H, 5 * H + 400),
    ]  # fmt: skip
    assert day(rows, "seen", "visitors", "passers_by", "visits", "bounced") == (3, 2, 1, 3, 2)
    assert day(rows, "capture_rate") == pytest.approx(2 / 3)


def test_nothing_seen_is_a_row_of_zeros_without_rates() -> None:
    assert day([], "seen", "visitors", "visits", "peak", "device_s", "late") == (0, 0, 0, 0, 0.0, 0)
    assert day([], "capture_rate", "dwell_mean_s", "dwell_median_s", "dwell_p90_s") == (None, None, None, None)


def test_kinds_are_side_by_side_and_together() -> None:
    rows = [
        visit(1, 0, 600),
        visit(2, 0, 600, address_kind="local"),
        visit(3, 0, 10, "passer_by", address_kind="local"),
    ]
    assert [day(rows, "seen", "visitors", kind=kind) for kind in ("global", "local", "all")] == [(1, 1), (2, 1), (3, 2)]


def test_dwell_is_of_closed_visits_that_start_that_day() -> None:
    """400, 600 and 1100 s: mean 700, median 600, p90 = 600 + 0.8 × 500 = 1000.

    Not the passer-by, not yesterday's visit, and not the one last heard 900 s before the end of the data: that silence
    is not longer than the gap.
    """
    rows = [
        visit(1, 0, 400), visit(2, 10, 610), visit(3, 20, 1120, "engaged"), visit(4, 0, 9000, "passer_by"),
        visit(5, -600, 6000, "engaged"), visit(6, DAY - 1800, DAY - 900),
    ]  # fmt: skip
    names = ("dwell_mean_s", "dwell_median_s", "dwell_p90_s", "visits")
    assert day(rows, *names, until=DAY) == pytest.approx((700, 600, 1000, 4))
    assert day(rows, "dwell_mean_s", until=DAY + 1) == pytest.approx((400 + 600 + 1100 + 900) / 4)


def test_midnight_splits_the_seconds_but_not_the_visit() -> None:
    """Two hours around midnight: an hour of presence each day, one visit, the day it starts."""
    rows = [visit(1, DAY - H, DAY + H, "engaged")]
    table = figures_of(rows, [*ALIVE, heartbeat(DAY)], PRESENCE_DAY, periods.days("UTC", us(0), us(2 * DAY)), 3 * DAY)
    found = [(row["seen"], row["visits"], row["device_s"]) for row in table.to_pylist() if row["address_kind"] == "all"]
    assert found == [(1, 1, 3600.0), (1, 0, 3600.0)]


@pytest.mark.parametrize(
    ("entered", "left", "touches"),
    [(-50, -1, False), (-50, 0, True), (DAY - 1, DAY, True), (DAY, DAY + 50, False)],
    ids=[
        "ends before",
        "ends at the start: sessions are closed",
        "starts inside",
        "starts at the end: days are half-open",
    ],
)
def test_days_are_half_open_and_sessions_closed(entered: int, left: int, touches: bool) -> None:
    assert day([visit(1, entered, left)], "visitors") == int(touches)


def test_the_peak_counts_both_where_ends_touch() -> None:
    """1 leaves at 600 as 2 arrives: two at once; 3 comes a second after 2 left: still two. Passers-by do not count."""
    rows = [visit(1, 0, 600), visit(2, 600, 900), visit(3, 901, 1200), visit(4, 0, 1200, "passer_by")]
    assert day(rows, "peak") == 2
    assert day([*rows, visit(5, -100, 700), visit(6, 600, 600, associated=True)], "peak") == 4


def test_where_no_node_lived_presence_is_unknown_not_zero() -> None:
    rows = [visit(1, 0, 600)]
    assert day(rows, "device_s", "peak", "node_share", "visitors", beats=[]) == (None, None, 0.0, 1)


@pytest.mark.parametrize(
    ("beats", "until", "share"),
    [
        ([heartbeat(0), heartbeat(10), heartbeat(299)], DAY, 1 / 288),
        ([heartbeat(0), heartbeat(1, "b")], DAY, 1 / 288),
        (ALIVE, DAY, 1.0),
        (ALIVE[:144], DAY // 2, 1.0),
        (ALIVE[:72], DAY // 2, 0.5),
        ([heartbeat(DAY)], DAY, 0.0),
    ],
)
def test_node_share_counts_slots_of_five_minutes_up_to_now(beats: Rows, until: int, share: float) -> None:
    """A day has 288 slots; half a day that has passed, 144."""
    assert day([visit(1, 0, 600)], "node_share", beats=beats, until=until) == pytest.approx(share)


def test_late_rows_are_counted_with_the_day_they_belong_to() -> None:
    columns = {"site": ["71234"] * 3, "address_kind": ["local", "local", "global"], "at_us": [us(5), us(DAY), us(6)]}
    assert [day([], "late", kind=kind, late=pa.table(columns)) for kind in ("global", "local", "all")] == [1, 1, 2]


def test_sites_are_apart_and_a_site_may_only_have_heartbeats() -> None:
    table = figures_of(
        [visit(1, 0, 9, site="a")], [heartbeat(0, site="b")], PRESENCE_DAY, periods.days("UTC", us(0), us(9)), DAY
    )
    found = [(row["site"], row["visitors"]) for row in table.to_pylist() if row["address_kind"] == "all"]
    assert found == [("a", 1), ("b", 0)]


# Occupancy.

COLUMNS = ("devices", "device_s", "mean", "peak", "nodes", "expected")


def series(rows: Rows, beats: Rows, spans: pa.Table, kind: str = "all") -> list[tuple[Any, ...]]:
    made = occupancy(ENGINE, visits_of(ENGINE, rows), heartbeats(ENGINE, beats), spans)
    return [row[1:] for row in pick(made, "address_kind", *COLUMNS) if row[0] == kind]


def test_occupancy_of_an_hour_in_quarters() -> None:
    """1 from 10 to 20 min, 2 from 15 to 15 min (one frame), 3 from 30 min on; node b is silent in the last quarter."""
    rows = [visit(1, 10 * MIN, 20 * MIN), visit(2, 15 * MIN, 15 * MIN, associated=True), visit(3, 30 * MIN, 2 * H)]
    beats = [heartbeat(at) for at in range(0, H, 60)] + [heartbeat(at, "b") for at in range(0, 45 * MIN, 60)]
    assert series(rows, beats, periods.bins(900, us(0), us(H))) == [
        (1, 300.0, pytest.approx(1 / 3), 1, 2, 2),
        (2, 300.0, pytest.approx(1 / 3), 2, 2, 2),
        (1, 900.0, 1.0, 1, 2, 2),
        (1, 900.0, 1.0, 1, 1, 2),
    ]


def test_a_bin_without_a_heartbeat_is_null() -> None:
    found = series([visit(1, 0, 2 * H)], [heartbeat(0), heartbeat(H)], periods.bins(H, us(0), us(3 * H)))
    assert found == [(1, 3600.0, 1.0, 1, 1, 1), (1, 3600.0, 1.0, 1, 1, 1), (None, None, None, None, 0, 1)]


VISITS = st.lists(
    st.builds(
        lambda device, start, length, class_, kind: visit(
            device, start * 300, start * 300 + length, class_, address_kind="local" if device % 2 else kind
        ),
        st.integers(0, 8),
        st.integers(-6, 30),
        st.sampled_from([0, 299, 300, 899, 900, 5000]),
        st.sampled_from(["engaged", "visitor", "passer_by", "ignored"]),
        st.just("global"),
    ),
    max_size=25,
    unique_by=lambda row: (row["device"], row["entered_at"]),
)


def peak(present: Rows, start: int, end: int) -> int:
    """The most at any moment of [start, end): the moments of arrival and the start are enough to look at."""
    moments = [start, *(row["entered_at"] for row in present if start <= row["entered_at"] < end)]
    return max(len([1 for row in present if row["entered_at"] <= at <= row["left_at"]]) for at in moments)


@settings(max_examples=40)
@given(rows=VISITS, width_s=st.sampled_from([300, 900, 3600]), beats=st.sets(st.integers(0, 35), min_size=1))
def test_occupancy_is_what_the_definition_says(rows: Rows, width_s: int, beats: set[int]) -> None:
    spans = periods.bins(width_s, us(0), us(2 * H))
    expected = []
    for span in spans.to_pylist():
        start, end = span["start_us"], span["end_us"]
        nodes = any(start <= us(beat * 300) < end for beat in beats)
        staying = [row for row in rows if row["class"] in {"visitor", "engaged"}]
        present = [row for row in staying if row["entered_at"] < end and row["left_at"] >= start]
        seconds = sum(min(row["left_at"], end) - max(row["entered_at"], start) for row in present) / S
        told = (len({row["device"] for row in present}), seconds, seconds / width_s, peak(present, start, end))
        expected.append((*(told if nodes else (None,) * 4), int(nodes)))
    alive = [heartbeat(beat * 300) for beat in sorted(beats)]
    assert [row[:-1] for row in series(rows, alive, spans)] == [pytest.approx(row) for row in expected]


@settings(max_examples=30)
@given(rows=VISITS)
def test_figures_are_what_the_definition_says(rows: Rows) -> None:
    inside = [row for row in rows if row["left_at"] >= us(0) and row["class"] != "ignored"]
    staying = [row for row in inside if row["class"] in {"visitor", "engaged"}]
    starting = [row for row in staying if row["entered_at"] >= us(0)]
    seen, visitors = ({row["device"] for row in some} for some in (inside, staying))
    bounced = sum(row["class"] == "visitor" for row in starting)
    expected = (len(seen), len(visitors), len(seen - visitors), len(starting), bounced, peak(staying, us(0), us(DAY)))
    assert day(rows, "seen", "visitors", "passers_by", "visits", "bounced", "peak") == expected


# Bands and connection.


def test_bands_include_their_lower_edge() -> None:
    edges = [0, 299, 300, 1199, 1200, 3599, 3600, 21_599, 21_600, 90_000]
    rows = [visit(device, 0, stay) for device, stay in enumerate(edges)]
    rows += [visit(99, 0, 500, "passer_by"), visit(1, 4 * H, 4 * H + 10), visit(98, -10, 600)]
    made = engagement(ENGINE, visits_of(ENGINE, rows), heartbeats(ENGINE, []), periods.days("UTC", us(0), us(DAY)))
    found = [row[1:] for row in pick(made, "address_kind", "band", "visits", "devices") if row[0] == "all"]
    assert found == [
        ("under 5 min", 3, 2),
        ("5 to 20 min", 2, 2),
        ("20 to 60 min", 2, 2),
        ("1 to 6 h", 2, 2),
        ("6 h and more", 2, 2),
    ]


def test_connection_rate_is_connected_over_visitors() -> None:
    rows = [
        visit(1, 0, 600, associated=True), visit(1, H, H + 600), visit(2, 0, 600), visit(3, 0, 5, "passer_by"),
        visit(4, 0, 600, address_kind="local"),
    ]  # fmt: skip
    made = connection(ENGINE, visits_of(ENGINE, rows), heartbeats(ENGINE, []), periods.days("UTC", us(0), us(DAY)))
    names = ("address_kind", "visitors", "connected", "connection_rate")
    assert pick(made, *names) == [("all", 3, 1, pytest.approx(1 / 3)), ("global", 2, 1, 0.5), ("local", 1, 0, 0.0)]
    later = periods.days("UTC", us(2 * DAY), us(3 * DAY))
    nobody = connection(ENGINE, visits_of(ENGINE, rows), heartbeats(ENGINE, []), later)
    assert pick(nobody, *names) == [(kind, 0, 0, None) for kind in ("all", "global", "local")]
    assert pick(nobody, "start_us")[0] == (us(2 * DAY),)
