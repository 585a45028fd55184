"""Charts and sentences of activity: what they draw, withhold and say, from a few hand-made days."""

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest

from telltale.activity import charts
from telltale.activity.charts.panels import grid
from telltale.activity.words import page, titles
from telltale.activity.words.pcs import Range, pcs_of, ranges_of
from telltale.health import concerns
from telltale.health.deliveries import Delivered
from telltale.page.pieces import Table
from telltale.sources import source

ZONE = "Europe/Berlin"
NOW = dt.datetime(2026, 11, 20, 14, 30, tzinfo=ZoneInfo(ZONE))


def at(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(f"2026-11-{text}").replace(tzinfo=ZoneInfo(ZONE))


def strip(name: str, state: str, start: str, end: str) -> dict[str, Any]:
    first, last = at(start), at(end)
    told = {"device_id": f"pc:{name}", "name": name, "person": "", "label": first.date().isoformat(), "state": state}
    return told | {"start": first, "end": last, "lasted_s": (last - first).total_seconds()}


def strips(*rows: dict[str, Any]) -> pa.Table:
    return pa.Table.from_pylist(list(rows or DAYS))


DAYS = (
    strip("Front desk", "active", "19 08:00", "19 12:00"),
    strip("Front desk", "away", "19 12:00", "19 13:00"),
    strip("Front desk", "active", "19 13:00", "19 16:00"),
    strip("Front desk", "active", "20 09:00", "20 11:40"),
    strip("Front desk", "away", "20 11:40", "20 14:30"),
    strip("Lab", "active", "19 09:00", "19 10:00"),
    strip("Lab", "unknown", "19 10:00", "19 12:00"),
    strip("Lab", "active", "19 12:00", "19 14:00"),
    strip("Lab", "unknown", "20 00:00", "20 14:30"),
)
"""Front desk: 7 h of 8 on the 19th, 2 h 40 min of 5 h 30 min on the 20th. Lab: 3 h, 2 h unknown; none on the 20th."""


def totals(*rows: tuple[str, float, float, float]) -> pa.Table:
    """name, active, at least, at most (hours) of a day each."""
    names = ("active_s", "active_lo_s", "active_hi_s")
    return pa.Table.from_pylist(
        [
            {"device_id": name, "name": name, "away_s": 3600.0}
            | {key: value * 3600.0 for key, value in zip(names, hours, strict=True)}
            for name, *hours in rows
        ]
    )


EXACT = totals(("Front desk", 7, 7, 7), ("Lab", 3, 3, 3))


def test_strips_draw_each_state_where_it_was() -> None:
    made = charts.day_strips(strips(), timezone=ZONE)
    colours = {trace.marker.color: trace for trace in made.data if trace.xaxis in (None, "x")}
    active = colours["#0B6B7A"]
    assert list(zip(active.y, active.base, active.x, strict=True)) == [(0, 8, 4), (0, 13, 3), (1, 9, round(8 / 3, 4))]
    hatched = next(trace for trace in made.data if trace.xaxis == "x2" and trace.marker.pattern.shape)
    # the gap on the 19th, and the whole axis (08 to 16) on the 20th
    assert list(zip(hatched.y, hatched.base, hatched.x, strict=True)) == [(0, 10, 2), (1, 8, 8)]


def test_the_three_sums_stand_beside_the_name() -> None:
    made = charts.day_strips(strips(), timezone=ZONE)
    texts = [one.text.replace("\xa0", " ") for one in made.layout.annotations]
    assert texts == [
        "<b>Front desk</b>",
        "9.7 h active · 3.8 h away · 0.0 h unknown",
        "<b>Lab</b>",
        "3.0 h active · 0.0 h away · 2.0 h unknown",
    ]


def test_narrow_panels_stand_below_each_other() -> None:
    made = charts.day_strips(strips(), timezone=ZONE)
    narrow = made.layout.meta["narrow"]
    assert narrow["height"] > made.layout.height
    assert narrow["yaxis.domain"][0] > narrow["yaxis2.domain"][1]
    assert narrow["xaxis.domain"] == narrow["xaxis2.domain"]


@pytest.mark.parametrize(("count", "columns"), [(1, 1), (2, 2), (5, 2), (6, 4), (4, 1)])
def test_panels_never_overlap(count: int, columns: int) -> None:
    height, cells = grid(count, columns, head=20, plot=100, foot=30, apart=0.02)
    assert height == -(-count // columns) * 150
    for number, cell in enumerate(cells):
        assert 0 <= cell.x[0] < cell.x[1] <= 1
        assert 0 <= cell.y[0] < cell.y[1] <= 1
        for other in cells[number + 1 :]:
            beside = cell.x[1] <= other.x[0] or other.x[1] <= cell.x[0]
            assert beside or cell.y[0] >= other.y[1] or other.y[0] >= cell.y[1]


def test_hours_are_stacked_and_add_up_to_the_recorded_span() -> None:
    made = charts.daily_hours(strips(), timezone=ZONE)
    desk = [list(trace.y) for trace in made.data if trace.xaxis in (None, "x")]
    assert [round(sum(parts), 3) for parts in zip(*desk, strict=True)] == [8.0, 5.5]
    lab = [list(trace.y) for trace in made.data if trace.xaxis == "x2"]
    assert lab == [[3.0, 0.0], [0.0, 0.0], [2.0, 0.0]]


def test_a_bounded_pc_is_a_range_and_a_known_one_a_point() -> None:
    made = charts.possible_hours(totals(("Desk", 5.8, 5.8, 5.8), ("Room", 6.6, 3.6, 6.6)))
    assert [trace.mode for trace in made.data] == ["markers", "lines"]
    assert [one.text.replace("\xa0", " ") for one in made.layout.annotations] == ["5.8 h", "3.6–6.6 h"]


def test_the_mean_range_leaves_out_days_without_a_record() -> None:
    empty = {"active_s": 0.0, "away_s": 0.0, "active_lo_s": 0.0, "active_hi_s": 0.0, "device_id": "a", "name": "a"}
    table = [*totals(("a", 4, 2, 4), ("a", 8, 4, 8)).to_pylist(), empty]
    assert ranges_of(pa.Table.from_pylist(table)) == [("a", 3.0, 6.0, 2)]
    assert Range("a", 3.0, 3.01, 2).text.replace("\xa0", " ") == "3.0 h"


def test_levels_break_where_none_came() -> None:
    rows = [
        {"device_id": "a", "name": "Desk", "observed_at": at(f"20 {clock}"), "score_pct": score}
        for clock, score in (("09:00", 100.0), ("09:10", 50.0), ("12:00", 0.0))
    ]
    made = charts.level_course(pa.Table.from_pylist(rows), start=at("19 14:30"), end=NOW, timezone=ZONE)
    assert [list(trace.y) for trace in made.data] == [[100, 50, 50], [0, 0]]
    assert made.layout.annotations[1].text.replace("\xa0", " ") == "0 % at 12:00"


@pytest.mark.parametrize("make", [charts.day_strips, charts.daily_hours])
def test_nothing_known_is_one_sentence(make: Any) -> None:
    assert "Nothing is known" in make(strips(DAYS[-1]), timezone=ZONE).layout.meta["empty"]


def test_too_few_people_are_one_sentence() -> None:
    empty = pa.table({name: [] for name in ("start", "end", "people", "active_s", "active_share")})
    assert "Too few people" in charts.team_hours(empty, timezone=ZONE, by="day").layout.meta["empty"]


def test_the_sentence_says_use_absence_and_what_is_unknown() -> None:
    text = page.activity_text(strips(), EXACT, now=NOW, period="in 2 days", timezone=ZONE).replace("\xa0", " ")
    assert text == (
        "The two PCs were in use for **12 h 40 min** of the **16 h 30 min** recorded in 2 days. "
        "Front desk has been away since **11:40**; **2 h** of Lab are unknown."
    )


def test_what_is_bounded_is_told_as_at_most() -> None:
    only = strips(*DAYS[:3])
    text = page.activity_text(only, totals(("Room", 7, 0, 7)), now=NOW, period="on Thursday", timezone=ZONE)
    assert text.startswith("Front desk was in use for at most **7")


def test_a_running_day_is_compared_with_the_same_hour() -> None:
    # Three earlier days with 4 h by 14:30 each (more after it does not count), today 2 h 40 min.
    earlier = [strip("a", "active", f"{day} 10:30", f"{day} 20:00") for day in ("16", "17", "18")]
    today = strip("a", "active", "20 09:00", "20 11:40")
    history = strips(*earlier, today)
    text = page.activity_text(strips(today), EXACT, now=NOW, period="today", history=history, timezone=ZONE).replace(
        "\xa0", " "
    )
    assert "**1 h 20 min** less than on a usual day by 14:30" in text


def test_nothing_at_all() -> None:
    text = page.activity_text(strips(DAYS[-1]), EXACT, now=NOW, period="today", timezone=ZONE)
    assert text.startswith("**Nothing is known** of any PC today")


def test_titles_name_what_is_missing() -> None:
    assert titles.strips_title(strips(), timezone=ZONE) == (
        "Lab was not recorded for a part of a day; the others are nearly complete"
    )
    assert titles.strips_title(strips(*DAYS[:5]), timezone=ZONE) == "Nearly every hour of the PC is recorded"
    note = titles.strips_note(strips(), timezone=ZONE).replace("\xa0", " ")
    assert note == "Unknown is never counted as away: longest without a record were Lab Thu 19 Nov, 10:00–12:00."
    lost = titles.missing_days_note(strips(), timezone=ZONE).replace("\xa0", " ")
    assert lost == "Whole days without a record are in no sum: Lab 1 day."


def test_the_hours_table_has_start_end_and_bounds() -> None:
    row = EXACT.to_pylist()[0] | {"start": at("19 00:00"), "active_lo_s": 0.0}
    row |= {"first_active_at": at("19 08:00"), "last_active_at": at("19 16:00")}
    made = titles.hours_table(pa.Table.from_pylist([row]), timezone=ZONE)
    assert isinstance(made, Table)
    assert [cell.replace("\xa0", " ") for cell in made.rows[0]] == [
        "Front desk", "Thu 19 Nov", "08:00", "16:00", "7 h", "0.0–7.0 h",
    ]  # fmt: skip


def test_a_small_team_is_told_why_nothing_is_shown() -> None:
    empty = pa.table({name: [] for name in ("start", "people", "active_s", "active_share")})
    text = page.team_text(empty, k=5, people=3, period="today", timezone=ZONE).replace("\xa0", " ")
    assert "that of 3 people" in text
    assert "fewer than five nothing is told" in text


def test_days_are_told_in_order_of_pcs() -> None:
    found = pcs_of(strips(), ZONE)
    assert [(pc.name, pc.sum_s("active") / 3600, pc.sum_s("unknown") / 3600) for pc in found] == [
        ("Front desk", pytest.approx(9 + 2 / 3), 0.0),
        ("Lab", 3.0, 2.0),
    ]


@pytest.mark.parametrize(("name", "alarms"), [("pc_idle", 0), ("sigfox", 1)])
def test_pcs_that_are_off_are_no_alarm(name: str, alarms: int) -> None:
    at_us = round(at("19 18:00").timestamp() * 1e6)
    one = Delivered(source(name), at_us, 60.0, (0,) * 24, 0.0, 0, 3, 0)
    assert len(concerns.silent_sources([one], now=NOW)) == alarms
