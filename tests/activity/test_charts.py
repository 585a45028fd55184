"""Charts and sentences of activity: what they draw, withhold and say, from a few hand-made days."""

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest

from telltale.activity import charts
from telltale.activity.charts.panels import grid
from telltale.activity.claims.days import pcs_of
from telltale.activity.usual import COMPARISON, compared
from telltale.activity.words import page, titles
from telltale.activity.words.ranges import Range, ranges_of
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
            {"device_id": name, "name": name, "away_s": 3600.0, "so_far": False}
            | {key: value * 3600.0 for key, value in zip(names, hours, strict=True)}
            for name, *hours in rows
        ]
    )


def listed(*heard: str, never: tuple[str, ...] = (), reports: tuple[str, ...] = ()) -> pa.Table:
    """The PCs by name: those that have told anything, of them those that do now, and those that never have."""
    return pa.Table.from_pylist(
        [
            {"device_id": f"pc:{name}", "name": name, "is_heard": name in heard, "is_reporting": name in reports}
            | {"heard_at": NOW - dt.timedelta(minutes=1) if name in reports else None}
            for name in (*heard, *never)
        ],
        pa.schema(
            [("device_id", pa.string()), ("name", pa.string()), ("is_heard", pa.bool_()), ("is_reporting", pa.bool_()),
             ("heard_at", pa.timestamp("us", "UTC"))]
        ),
    )  # fmt: skip


TWO = listed("Front desk", "Lab")
EXACT = totals(("Front desk", 7, 7, 7), ("Lab", 3, 3, 3))


def test_strips_draw_each_state_where_it_was() -> None:
    made = charts.day_strips(strips(), timezone=ZONE)
    colours = {trace.marker.color: trace for trace in made.data if trace.xaxis in (None, "x")}
    active = colours["#0B6B7A"]
    assert list(zip(active.y, active.base, active.x, strict=True)) == [(0, 8, 4), (0, 13, 3), (1, 9, round(8 / 3, 4))]
    hatched = next(trace for trace in made.data if trace.xaxis == "x2" and trace.marker.pattern.shape)
    # the gap on the 19th, and the whole axis (08 to 16) on the 20th
    assert list(zip(hatched.y, hatched.base, hatched.x, strict=True)) == [(0, 10, 2), (1, 8, 8)]


@pytest.mark.parametrize(("pcs", "told"), [(6, []), (7, ["6 of 7 PCs: the first by name; the numbers have all"])])
@pytest.mark.parametrize("draw", [charts.day_strips, charts.daily_hours])
def test_pcs_that_are_not_drawn_are_told_of_and_in_the_numbers(draw: Any, pcs: int, told: list[str]) -> None:
    drawn = draw(strips(*(strip(f"PC {n}", "active", "19 08:00", "19 12:00") for n in range(pcs))), timezone=ZONE)
    assert [words for role, words in drawn.layout.meta["key"] if not role] == told
    assert len({row[0] for row in drawn.layout.meta["numbers"]["rows"]}) == pcs


def test_levels_of_pcs_that_are_not_drawn_are_told_of() -> None:
    rows = [
        {"device_id": f"pc:{n}", "name": f"PC {n}", "observed_at": at(f"20 1{n}:00"), "score_pct": 100.0}
        for n in range(8)
    ]
    drawn = charts.level_course(pa.Table.from_pylist(rows), start=at("20 09:00"), end=NOW, timezone=ZONE)
    assert drawn.layout.meta["key"] == [["", "6 of 8 PCs: those heard last; the numbers have all"]]
    assert {row[0] for row in drawn.layout.meta["numbers"]["rows"]} == {f"PC {n}" for n in range(8)}


def test_two_pcs_of_one_name_are_told_apart() -> None:
    rows = [strip("Lab", "active", "19 08:00", "19 12:00") | {"device_id": f"pc:desk-{n}"} for n in (1, 2)]
    assert [pc.name for pc in pcs_of(strips(*rows), ZONE)] == ["Lab (desk-1)", "Lab (desk-2)"]


def test_a_lock_and_a_sleep_are_told_beside_what_they_explain() -> None:
    told = [
        {"device_id": f"pc:{name}", "basis": basis, "start": at(start), "end": at(end), "lasted_s": 0.0}
        for name, basis, start, end in (
            ("Front desk", "locked", "19 12:05", "19 12:40"),
            ("Front desk", "sample", "19 12:40", "19 13:00"),
            ("Lab", "suspended", "19 11:00", "19 12:00"),
        )
    ]
    made = charts.day_strips(strips(), timezone=ZONE, intervals=pa.Table.from_pylist(told))
    texts = [text.replace("\xa0", " ") for trace in made.data for text in trace.hovertext]
    assert [text.partition("<br>")[2] for text in texts if "of it" in text] == [
        "Thu 19 Nov, 12:00–13:00, 1 h, locked for 35 min of it",
        "Thu 19 Nov, 10:00–12:00, 2 h, suspended for 1 h of it",
    ]


def test_what_is_known_of_the_reasons_is_summed() -> None:
    rows = [{"locked_s": 2100.0, "suspended_s": 3600.0}, {"locked_s": 60.0, "suspended_s": None}]
    note = titles.reasons_note(pa.Table.from_pylist(rows)).replace("\xa0", " ")
    assert note == (
        "For 36 min of the away time the screen was known to be locked. "
        "For 1 h of the unknown time the PC was suspended."
    )
    assert titles.reasons_note(pa.Table.from_pylist([{"locked_s": 0.0, "suspended_s": 0.0}])) == ""


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


@pytest.mark.parametrize("pcs", [1, 2, 3, 4, 5, 6])
@pytest.mark.parametrize("days", [2, 5, 7, 8])
def test_a_bar_is_wider_than_the_number_in_it(pcs: int, days: int) -> None:
    """`7.4` is 17 px wide at 12 px, and the card of a page of 1280 px leaves 712 px between its margins."""
    told = [
        strip(f"PC {n}", "active", f"{9 + day:02} 08:00", f"{9 + day:02} 12:00")
        for n in range(pcs)
        for day in range(days)
    ]
    made = charts.daily_hours(strips(*told), timezone=ZONE)
    first = made.layout.xaxis
    panel_px = 712 * (first.domain[1] - first.domain[0])
    bar_px = panel_px / (first.range[1] - first.range[0]) * made.data[0].width
    assert bar_px >= 20


def test_a_bounded_pc_is_a_range_and_a_known_one_a_point() -> None:
    made = charts.possible_hours(totals(("Desk", 5.8, 5.8, 5.8), ("Room", 6.6, 3.6, 6.6)))
    assert [trace.mode for trace in made.data] == ["markers", "lines"]
    assert [one.text.replace("\xa0", " ") for one in made.layout.annotations] == ["5.8 h", "3.6–6.6 h"]


def test_the_mean_range_leaves_out_days_without_a_record() -> None:
    empty = {"active_s": 0.0, "away_s": 0.0, "active_lo_s": 0.0, "active_hi_s": 0.0, "device_id": "a", "name": "a"}
    empty |= {"so_far": False}
    table = [*totals(("a", 4, 2, 4), ("a", 8, 4, 8)).to_pylist(), empty]
    assert ranges_of(pa.Table.from_pylist(table)) == [("a", 3.0, 6.0, 2)]
    running = totals(("a", 1, 1, 1)).to_pylist()[0] | {"so_far": True}
    assert ranges_of(pa.Table.from_pylist([*table, running])) == [("a", 3.0, 6.0, 2)]
    assert ranges_of(pa.Table.from_pylist([running])) == [("a", 1.0, 1.0, 1)]
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
    text = page.activity_text(strips(), EXACT, listed=TWO, now=NOW, period="in 2 days", timezone=ZONE).replace(
        "\xa0", " "
    )
    assert text == (
        "The two PCs were in use for **12 h 40 min** of the **16 h 30 min** recorded in 2 days. "
        "Front desk has been away since **11:40**; **2 h** of Lab between first and last record are unknown."
    )


def test_what_is_bounded_is_told_as_at_most() -> None:
    only = strips(*DAYS[:3])
    text = page.activity_text(only, totals(("Room", 7, 0, 7)), listed=TWO, now=NOW, period="on Thursday", timezone=ZONE)
    assert text.startswith("Front desk was in use for at most **7")


@pytest.mark.parametrize(
    ("more", "never", "subject", "rest"),
    [
        ((), (), "The two PCs were", ""),
        (("Room",), (), "Two of the three PCs were", "; nothing is known of Room"),
        (("Room",), ("X",), "Two of the four PCs were", "; nothing is known of Room; X is listed and never heard"),
        (("A", "B", "C", "D"), (), "Two of the six PCs were", "; nothing is known of four others"),
        ((), ("A", "B"), "Two of the four PCs were", "; A and B are listed and never heard"),
    ],
)  # fmt: skip
def test_all_that_are_listed_are_counted(
    more: tuple[str, ...], never: tuple[str, ...], subject: str, rest: str
) -> None:
    silent = [strip(name, "unknown", "20 00:00", "20 14:30") for name in more]
    text = page.activity_text(
        strips(*DAYS, *silent), EXACT, listed=listed("Front desk", "Lab", *more, never=never), now=NOW,
        period="in 2 days", timezone=ZONE,
    ).replace("\xa0", " ")  # fmt: skip
    assert text.startswith(f"{subject} in use for **12 h 40 min**")
    assert text.endswith(f"between first and last record are unknown{rest}.")


def test_one_pc_alone_is_named_and_the_others_are_too() -> None:
    silent = strip("Room", "unknown", "20 00:00", "20 14:30")
    text = page.activity_text(strips(*DAYS[3:5], silent), EXACT, listed=TWO, now=NOW, period="today", timezone=ZONE)
    assert text.startswith("Front desk was in use for **2")
    assert text.endswith("; nothing is known of Room.")


def usual(
    *today: dict[str, Any], earlier: tuple[dict[str, Any], ...] = (), now: str = "20 14:30", starts_at: str = "00:00"
) -> str:
    """What is said beside a usual day; unless other days are given, three of 4 h by 14:30, and more after it."""
    days = earlier or tuple(strip("a", "active", f"{day} 10:30", f"{day} 20:00") for day in ("16", "17", "18"))
    told = compared(
        strips(*days, *today), now=at(now), timezone=ZONE, starts_at=dt.time.fromisoformat(starts_at)
    )  # fmt: skip
    rows = pa.Table.from_pylist([] if told is None else [told], COMPARISON)
    text = page.activity_text(
        strips(*today), EXACT, listed=TWO, now=at(now), period="today", timezone=ZONE, usual=rows
    ).replace("\xa0", " ")
    return text.partition("recorded today")[2].partition(".")[0]


ALL_MORNING = (strip("a", "active", "20 09:00", "20 11:40"), strip("a", "away", "20 11:40", "20 14:28"))


def test_a_running_day_is_compared_with_the_same_hour() -> None:
    assert usual(*ALL_MORNING) == ", **1 h 5 min** less than on a usual day by 14:15"
    like = strip("a", "active", "20 10:30", "20 14:30")
    assert usual(like) == ", as on a usual day by 14:30"


def test_it_is_compared_up_to_where_it_is_recorded() -> None:
    """It said "1 h 20 min less by 14:30" of a PC of which nothing was known since 11:40."""
    assert usual(ALL_MORNING[0]) == ", **1 h 30 min** more than on a usual day by 11:30"


@pytest.mark.parametrize(
    "today",
    [
        # half of today is lost
        (strip("a", "active", "20 09:00", "20 10:00"), strip("a", "unknown", "20 10:00", "20 13:00"),
         strip("a", "active", "20 13:00", "20 14:30")),
        # one of two PCs went silent hours ago
        (*ALL_MORNING, strip("b", "active", "20 09:00", "20 10:00")),
        # nothing but a minute of the night
        (strip("a", "active", "20 00:00", "20 00:10"),),
        # a PC nothing is known of on the days before
        (*ALL_MORNING, strip("c", "active", "20 09:00", "20 14:30")),
    ],
)  # fmt: skip
def test_a_day_that_is_recorded_in_part_is_not_compared(today: tuple[dict[str, Any], ...]) -> None:
    both = tuple(strip(name, "active", f"{day} 10:30", f"{day} 20:00") for day in ("16", "17", "18") for name in "ab")
    assert usual(*today, earlier=both) == ""


def test_days_before_that_are_recorded_in_part_are_no_usual_ones() -> None:
    lost = tuple(
        part
        for day in ("16", "17", "18")
        for part in (
            strip("a", "active", f"{day} 08:00", f"{day} 09:00"),
            strip("a", "unknown", f"{day} 09:00", f"{day} 13:00"),
            strip("a", "active", f"{day} 13:00", f"{day} 15:00"),
        )
    )  # fmt: skip
    assert usual(*ALL_MORNING, earlier=lost) == ""
    one_whole = (*lost, strip("a", "active", "19 09:00", "19 17:00"))
    assert usual(*ALL_MORNING, earlier=one_whole) == "", "one day is no usual one"


def test_the_night_belongs_to_the_day_before_where_days_begin_later() -> None:
    """At 01:30 of the 21st the 20th is running: 20:00 to 01:30, beside three nights from 22:00 on."""

    def night(first: str, then: str, start: str) -> dict[str, Any]:
        return strip("a", "active", f"{first} {start}", f"{then} 01:30") | {"label": f"2026-11-{first}"}

    earlier = tuple(night(day, str(int(day) + 1), "22:00") for day in ("16", "17", "18"))
    told = usual(night("20", "21", "20:00"), earlier=earlier, now="21 01:30", starts_at="04:00")
    assert told == ", **2 h** more than on a usual day by 01:30"


def test_a_night_of_25_hours_has_its_hour() -> None:
    """From 01:00 to 05:00 on 2026-10-25 are five hours, as the clock goes back from 03:00 to 02:00."""
    zone = ZoneInfo(ZONE)

    def early(day: int, hours: float) -> dict[str, Any]:
        start, end = (dt.datetime(2026, 10, day, hour, tzinfo=zone) for hour in (1, 5))
        told = {"device_id": "a", "name": "a", "label": f"2026-10-{day}", "state": "active"}
        return told | {"start": start, "end": end, "lasted_s": hours * 3600}

    rows = strips(early(25, 5), *(early(day, 4) for day in (22, 23, 24)))
    told = compared(rows, now=dt.datetime(2026, 10, 25, 5, tzinfo=zone), timezone=ZONE)
    assert told is not None
    assert (told["today_s"], told["usual_s"]) == (5 * 3600, 4 * 3600)


def test_nothing_at_all() -> None:
    text = page.activity_text(strips(DAYS[-1]), EXACT, listed=TWO, now=NOW, period="today", timezone=ZONE)
    assert text.startswith("**Nothing is known** of any PC today")


def test_titles_name_what_is_missing() -> None:
    assert titles.strips_title(strips(), timezone=ZONE).replace("\xa0", " ") == (
        "Lab was not recorded for a part of a day; no other PC has a gap over 15 min"
    )
    alone = titles.strips_title(strips(*DAYS[5:8]), timezone=ZONE)
    assert alone == "Lab was not recorded for a part of a day"
    without = titles.strips_title(strips(*DAYS[:5]), timezone=ZONE).replace("\xa0", " ")
    assert without == "No gap over 15 min between first and last record of a day"
    note = titles.strips_note(strips(), timezone=ZONE).replace("\xa0", " ")
    assert note == "Unknown is never counted as away: longest without a record were Lab Thu 19 Nov, 10:00–12:00."
    lost = titles.missing_days_note(strips(), timezone=ZONE).replace("\xa0", " ")
    assert lost == "Whole days without a record are in no sum: Lab 1 day."


def test_the_hours_table_has_start_end_and_bounds() -> None:
    row = EXACT.to_pylist()[0] | {"label": "2026-11-19", "start": at("19 00:00"), "active_lo_s": 0.0}
    row |= {"first_active_at": at("19 08:00"), "last_active_at": at("19 16:00")}
    made = titles.hours_table(pa.Table.from_pylist([row]), timezone=ZONE)
    assert isinstance(made, Table)
    assert [cell.replace("\xa0", " ") for cell in made.rows[0]] == [
        "Front desk", "Thu 19 Nov", "08:00", "16:00", "7 h", "0.0–7.0 h",
    ]  # fmt: skip


def test_a_small_team_is_told_why_nothing_is_shown() -> None:
    empty = pa.table({name: [] for name in ("label", "start", "people", "active_s", "active_share")})
    text = page.team_text(empty, k=5, over="of 4 weeks", timezone=ZONE).replace("\xa0", " ")
    assert "of no whole day of 4 weeks are five people or more recorded, and of fewer nothing is told" in text


@pytest.mark.parametrize(
    ("hours", "title"),
    [
        ([4, 4, 5, 5, 6, 6, 8], "On 7 full days a PC was in use for 4.0 to 8.0 h, 5.0 h in the median"),
        ([4, 6, 5, 8], "On 4 full days a PC was in use for 4.0 to 8.0 h, 5.5 h in the median"),
        ([3, 4, 6], "Hours of each PC by day"),
    ],
)
def test_the_usual_hours_are_those_of_full_days(hours: list[int], title: str) -> None:
    days = [strip("a", "active", f"{day} 08:00", f"{day} {8 + lasted:02d}:00") for day, lasted in enumerate(hours, 10)]
    assert titles.hours_title(strips(*days), today=dt.date(2026, 11, 20), timezone=ZONE).replace("\xa0", " ") == title


@pytest.mark.parametrize(("minutes", "verb"), [(5, "is"), (300, "was")])
def test_an_old_level_is_not_that_of_now(minutes: int, verb: str) -> None:
    row = {"device_id": "pc:lab", "name": "Lab", "source": "sigfox", "score_pct": 50.0}
    row |= {"observed_at": NOW - dt.timedelta(minutes=minutes)}
    title = titles.levels_title(pa.Table.from_pylist([row]), now=NOW, late_s=1500)
    assert title.startswith(f"Lab {verb} at 50")


@pytest.mark.parametrize(
    ("reports", "value", "note"),
    [(("Lab",), "1", "of 3, within 1 h; newest **1 min ago**"), ((), "0", "of 3, no record in 24 hours")],
)
def test_who_reports_is_of_all_and_no_alarm(reports: tuple[str, ...], value: str, note: str) -> None:
    known = listed("Front desk", "Lab", never=("Cellar",), reports=reports)
    made = page.activity_tiles(strips(), EXACT, strips(), known, now=NOW, timezone=ZONE, period="today").tiles[-1]
    assert (made.label, made.value, made.note.replace("\xa0", " "), made.state) == ("PCs reporting", value, note, "")


def test_days_are_told_in_order_of_pcs() -> None:
    found = pcs_of(strips(), ZONE)
    assert [(pc.name, pc.sum_s("active") / 3600, pc.sum_s("unknown") / 3600) for pc in found] == [
        ("Front desk", pytest.approx(9 + 2 / 3), 0.0),
        ("Lab", 3.0, 2.0),
    ]


@pytest.mark.parametrize(("name", "alarms"), [("pc_idle", 0), ("sigfox", 1)])
def test_pcs_that_are_off_are_no_alarm(name: str, alarms: int) -> None:
    at_us = round(at("19 18:00").timestamp() * 1e6)
    one = Delivered(source(name), at_us, 60.0, (0,) * 24, 0.0, 0, 3, 0, silent_after_s=600)
    assert len(concerns.silent_sources([one], now=NOW)) == alarms
