"""Hours per local day, week and team: days when clocks change, days that begin at 04:00, people with two PCs."""

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any, cast

import pytest

from telltale.activity import analysis
from telltale.engine import DuckEngine
from telltale.workbench.question import By, Question
from telltale.workbench.times import Span
from telltale.workbench.view import View
from tests.activity.rows import activity_of, info_of, level, polled, sample, stretch
from tests.lake_fixture import ZONE, at
from tests.presence.rows import T0


def s(text: str) -> float:
    """A local moment in seconds after the origin of the rows."""
    return at(text) / 1e6 - T0


def totals(
    rows: Iterable[Mapping[str, Any]], since: str, until: str, *, starts_at: str = "00:00", by: By = "day"
) -> list[dict[str, Any]]:
    engine = DuckEngine(threads=1)
    question = asked(since, until, starts_at)
    heard = analysis.signals(engine, activity_of(engine, rows), info_of(engine))
    found = analysis.spans_of(engine, heard, rules=analysis.Rules(), **question.over(by)._asdict())
    return list(analysis.totals(engine, heard, found, question.periods(by)).arrow().to_pylist())


def asked(since: str, until: str, starts_at: str = "00:00") -> Question:
    """A question of a stretch, of which only the periods are asked."""
    span = Span(at(since), at(until))
    return Question(cast("View", None), span, ZONE, day_starts_at=dt.time.fromisoformat(starts_at))


def three(row: Mapping[str, Any]) -> tuple[float, float, float]:
    return row["active_s"], row["away_s"], row["unknown_s"]


def test_days_on_which_the_clocks_change() -> None:
    # 25 Oct 2026 has 25 hours in Berlin, 29 Mar 23. Active from 01:00 for three hours each time: at 03:00 and 05:00.
    for day, length_h, ends in (("2026-10-25", 25, "03:00"), ("2026-03-29", 23, "05:00")):
        start = s(f"{day} 01:00")
        (row,) = totals([stretch("interval", start, start + 3 * 3600, True)], f"{day} 00:00", _next(day))
        assert three(row) == (3 * 3600, 0, (length_h - 3) * 3600)
        assert row["last_active_at"].timestamp() == at(f"{day} {ends}") / 1e6


def _next(day: str) -> str:
    year, month, number = day.split("-")
    return f"{year}-{month}-{int(number) + 1} 00:00"


def test_a_day_that_begins_at_four() -> None:
    # 22:00–02:00 is one evening's work: 4 h of the 19th, none of the 20th.
    rows = [stretch("interval", s("2026-11-19 22:00"), s("2026-11-20 02:00"), True)]
    found = totals(rows, "2026-11-19 04:00", "2026-11-21 04:00", starts_at="04:00")
    assert [(row["label"], row["active_s"]) for row in found] == [("2026-11-19", 4 * 3600), ("2026-11-20", 0)]
    midnights = totals(rows, "2026-11-19 00:00", "2026-11-21 00:00")
    assert [row["active_s"] for row in midnights] == [2 * 3600, 2 * 3600]


def test_the_running_day_ends_now() -> None:
    rows = [stretch("interval", s("2026-11-20 09:00"), s("2026-11-20 10:00"), True)]
    found = totals(rows, "2026-11-19 00:00", "2026-11-20 14:00")
    assert [three(row) for row in found] == [(0, 0, 24 * 3600), (3600, 0, 13 * 3600)]
    assert [(row["end"] - row["start"]).total_seconds() for row in found] == [24 * 3600, 14 * 3600]


NIGHT = s("2026-11-20 00:00")
"""The midnight between the two days of the cases below."""


@pytest.mark.parametrize(
    ("rows", "first", "last"),
    [
        # Looks of the demo: idle 6.188 s, then 21.188 s, an input at 55:23.8; typed from 0 to 60 s before.
        (
            [*polled([-3600, -3580, -3540], -3600, -3000), sample(-2995, 0.5), *polled([-2995.5], -2990, -2000)],
            -3600,
            -2995.5,
        ),
        (polled([-3600, -3000], -3600, -2000), -3600, -3000),
        (polled([-1000], -1000, -500), -1000, -1000),
        # Later looks find it a millisecond off, as idle times are rounded: still one input.
        ([sample(-995 + 5 * n, 5 + 5 * n + 0.001 * (n % 2)) for n in range(99)], -1000.001, -1000),
        # A first look, hours after the last input: nobody looked then.
        (polled([-9000], -1000, -500), None, None),
        # Nobody looked for 2000 s, and then the input was long ago: when it was is not known.
        ([*polled([-5000, -4980], -5000, -4000), *polled([-3000], -2000, -1500)], -5000, -4980),
        # The next day's input is not of this day.
        (polled([-1000, 500], -1000, 900), -1000, -1000),
        # A correction counts over what was measured, single inputs included.
        ([*polled([-3600, -2000], -3600, -1000), stretch("correction", -2500, -1500, False)], -3600, -3600),
        # The clock was set back by 500 s: the later record tells of that time, and saw no input.
        (
            [*polled([-3600, -1200], -3600, -1000), *polled([-3600], -1500, -1000, raw_id=2)],
            -3600,
            -3600,
        ),
        # An imported event without length, as ActivityWatch's watcher writes a single input.
        (
            [stretch("interval", -3000, -3000, True), stretch("interval", -2999.999, -2000, False)],
            -3000,
            -3000,
        ),
        ([stretch("interval", -3000, -2000, False)], None, None),
    ],
)
def test_a_single_input_is_the_first_or_last_known(
    rows: list[dict[str, Any]], first: float | None, last: float | None
) -> None:
    moved = [row | {name: row[name] + round(NIGHT * 1e6) for name in ("observed_at", "received_at")} for row in rows]
    day, _ = totals(moved, "2026-11-19 00:00", "2026-11-21 00:00")
    found = [row and round(row.timestamp() - T0 - NIGHT, 3) for row in (day["first_active_at"], day["last_active_at"])]
    assert found == [first, last]


def test_single_inputs_make_no_time() -> None:
    # Inputs each 4 min, a minute over the threshold: an hour away, in one stretch, from the first to the last of them.
    engine = DuckEngine(threads=1)
    question = asked("2026-11-20 00:00", "2026-11-20 06:00")
    heard = analysis.signals(
        engine, activity_of(engine, polled([NIGHT + 240 * n for n in range(15)], NIGHT, NIGHT + 3600)), info_of(engine)
    )
    found = analysis.spans_of(engine, heard, rules=analysis.Rules(), **question.over("day")._asdict())
    (row,) = analysis.totals(engine, heard, found, question.periods("day")).arrow().to_pylist()
    assert three(row) == (0, 3605, 6 * 3600 - 3605)
    assert (row["last_active_at"] - row["first_active_at"]).total_seconds() == 14 * 240
    assert analysis.intervals(engine, found).arrow()["state"].to_pylist() == ["away", "unknown"]


def test_weeks_begin_on_monday() -> None:
    rows = [stretch("interval", s("2026-11-15 23:00"), s("2026-11-16 01:00"), True)]
    found = totals(rows, "2026-11-14 00:00", "2026-11-18 00:00", by="week")
    assert [(row["label"], row["active_s"]) for row in found] == [("2026-W46", 3600), ("2026-W47", 3600)]


def test_a_trace_with_gaps_sleep_clock_change_and_two_devices() -> None:
    """One PC by its own samples and by its modem's levels, another by samples; the night of 25 October 2026.

    desk-3, samples each 5 s: 01:00–01:10 inputs each 20 s; pause without input until 01:20 (away 10 min); the PC
    sleeps until 03:00 winter time, which is 2 h 40 min of real time after 01:20 summer time; 03:00–03:05 inputs.
    Its modem's level 100 at 02:00+01:00 (an hour after 02:00+02:00) tells of the 600 s before it.
    desk-4: samples 12:00–12:30, inputs each 20 s until 12:15.
    """
    start, wake = s("2026-10-25 01:00"), s("2026-10-25 03:00")
    assert wake - start == 3 * 3600  # 01:00+02:00 to 03:00+01:00
    inputs = range(0, 601, 20)
    rows = polled([start + one for one in inputs], start, start + 1195)
    rows += polled([wake + one for one in range(0, 301, 20)], wake, wake + 295)
    rows += [level(start + 2 * 3600, 100)]
    noon = s("2026-10-25 12:00")
    rows += polled([noon + one for one in range(0, 901, 20)], noon, noon + 1795, "pc:desk-4")
    desk3, desk4 = totals(rows, "2026-10-25 00:00", "2026-10-26 00:00")
    # desk-3: active 600 (samples) + 600 (level, at most) + 280 (the last input seen is at 280 s of 295); away 600 + 20;
    # the day has 25 h = 90,000 s.
    assert three(desk3) == (600 + 600 + 280, 600 + 20, 90_000 - 1480 - 620)
    assert (desk3["active_lo_s"], desk3["active_hi_s"]) == (880, 1480)
    assert desk3["samples"] == 240 + 60 + 1
    # desk-4: 900 active, 900 away
    assert three(desk4) == (900, 900, 90_000 - 1800)
    assert desk4["active_lo_s"] == desk4["active_hi_s"] == 900


def test_the_seed_web_apps_sum() -> None:
    engine = DuckEngine(threads=1)
    day = s("2026-11-20 00:00")
    # Levels at 08:00, 08:10, 08:20 (0), 08:30, and 16:30: 10 min, then 8 h between two that are not 0.
    # The one of the day before, 23:55, does not reach over midnight.
    told = [(-300, 100), (8 * 3600, 100), (29_400, 50), (30_000, 0), (30_600, 25), (59_400, 100)]
    rows = [level(day + one, score) for one, score in told]
    heard = analysis.signals(engine, activity_of(engine, rows), info_of(engine))
    levels = engine.from_arrow(analysis.seed_levels(heard.arrow()))
    periods = asked("2026-11-19 00:00", "2026-11-21 00:00").periods("day")
    before, found = analysis.web_totals(engine, heard, levels, periods).arrow().to_pylist()
    assert (before["active_s"], before["samples"]) == (0, 1)
    assert (found["active_s"], found["samples"]) == (600 + 28_800, 5)
    assert found["unknown_s"] is None


def test_levels_of_samples_for_the_seed_web_sum() -> None:
    engine = DuckEngine(threads=1)
    start = s("2026-11-20 08:00")
    rows = [sample(start + one, 0, every_s=10) for one in range(0, 1801, 10)]
    heard = analysis.signals(engine, activity_of(engine, rows), info_of(engine))
    levels = engine.from_arrow(analysis.seed_levels(heard.arrow()))
    periods = asked("2026-11-20 00:00", "2026-11-21 00:00").periods("day")
    (found,) = analysis.web_totals(engine, heard, levels, periods).arrow().to_pylist()
    assert (found["active_s"], found["samples"]) == (1800, 4)


def _team(people: int, *, k: int = 5, **other: Any) -> list[dict[str, Any]]:
    engine = DuckEngine(threads=1)
    start = s("2026-11-20 08:00")
    rows = [stretch("interval", start, start + 3600 * (1 + number), True, f"pc:{number}") for number in range(people)]
    rows += other.get("rows", [])
    info = info_of(
        engine, *[(f"pc:{number}", "", other.get("person", "")) for number in range(people)], *other.get("listed", [])
    )
    heard = analysis.signals(engine, activity_of(engine, rows), info)
    since_us, until_us = at("2026-11-20 00:00"), at("2026-11-21 00:00")
    found = analysis.spans_of(engine, heard, since_us=since_us, until_us=until_us, rules=analysis.Rules())
    periods = asked("2026-11-20 00:00", "2026-11-21 00:00").periods("day")
    return list(analysis.team(engine, found, info, periods, k=k).to_pylist())


def test_a_team_of_k_people() -> None:
    (row,) = _team(5)
    assert (row["people"], row["active_s"], row["active_share"]) == (5, (1 + 2 + 3 + 4 + 5) * 3600 / 5, 1.0)


def test_fewer_people_than_k_are_not_shown() -> None:
    assert _team(4) == []
    assert _team(5, person="Anna") == []


def test_a_person_with_two_pcs_counts_once_and_no_hour_twice() -> None:
    start = s("2026-11-20 08:00")
    # Person of pc:0 (active 08–09) also has pc:x: away 08–09, active 09–10: together active 08–10.
    rows = [
        stretch("interval", start, start + 3600, False, "pc:x"),
        stretch("interval", start + 3600, start + 7200, True, "pc:x"),
        *(stretch("interval", start, start + 60, True, f"pc:y{n}") for n in range(4)),
    ]
    listed = [("pc:x", "", "Anna"), *((f"pc:y{n}", "", f"P{n}") for n in range(4))]
    (row,) = _team(1, person="Anna", rows=rows, listed=listed)
    assert row["people"] == 5
    assert row["active_s"] == pytest.approx((7200 + 4 * 60) / 5)


def test_each_day_that_is_touched_counts_from_its_beginning() -> None:
    rows = [stretch("interval", s("2026-11-19 10:00"), s("2026-11-19 11:00"), True)]
    found = totals(rows, "2026-11-19 15:00", "2026-11-20 14:00")
    assert [(row["label"], three(row), row["so_far"]) for row in found] == [
        ("2026-11-19", (3600, 0, 23 * 3600), False),
        ("2026-11-20", (0, 0, 14 * 3600), True),
    ]
