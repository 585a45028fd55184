"""Days of sensors that are kept: joined they say what all readings say, and whatever is kept, answers are the same."""

import datetime as dt
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import telltale as tt
from telltale.contract import Raw
from telltale.engine import DuckEngine, Relation
from telltale.lake.day_rows import bases, drop_days
from telltale.lake.merge import merge
from telltale.lake.settle import settle_all
from telltale.landing.schema import DAY_ROWS
from telltale.operate import upkeep
from telltale.operate.upkeep import JOBS
from telltale.report.digest import digest
from telltale.sensors import analysis, days
from telltale.sensors import question as read
from telltale.sensors.coverage import coverage
from telltale.workbench.days import keep, parts_of
from telltale.workbench.project import Project
from telltale.workbench.question import Question, question
from telltale.workbench.times import Span
from tests.lake.test_damage import cut
from tests.sensors.rows import info, named_limits, reading, readings_of, us
from tests.sensors.small import DAY, STEP_S, H, small, steady

ENGINE = DuckEngine()
NAMES = ("device_id", "channel", "quantity")


class Walked(NamedTuple):
    """One stretch, told by all of its readings and by parts of it."""

    whole: analysis.Walk
    joined: analysis.Walk
    shaken: list[int]


def part_table(cuts: list[int]) -> pa.Table:
    """Parts between these moments (s)."""
    bounds = list(pairwise(cuts))
    starts, ends = [us(start) for start, _ in bounds], [us(end) for _, end in bounds]
    return pa.table({"label": [str(start) for start in starts], "start_us": starts, "end_us": ends})


def walked(rows: list[dict[str, Any]], cuts: list[int], told: Relation, limits: Relation) -> Walked:
    """The same stretch at once and in parts, each part thinned; where one is shaken, with all of its readings."""
    readings, parts = readings_of(ENGINE, rows), part_table(cuts)
    figures = ENGINE.keep(analysis.figures(ENGINE, readings, parts))
    counts = analysis.step_counts(ENGINE, readings, parts)
    intervals = ENGINE.keep(analysis.intervals_of(ENGINE, figures, counts, told))
    thinned = ENGINE.keep(analysis.thinned(ENGINE, readings, parts, told, limits))
    shaken = analysis.shaken(ENGINE, thinned, intervals)
    each = analysis.each(ENGINE, readings, parts)
    marks = ENGINE.from_arrow(pa.table({"start_us": pa.array(shaken, pa.int64())}))
    text = """select t.* from thin t left join mark m on m.start_us = t.start_us where m.start_us is null
    union all select e.* from every e inner join mark m on m.start_us = e.start_us"""
    mixed = ENGINE.keep(ENGINE.run(text, {"thin": thinned, "every": each, "mark": marks}))
    return Walked(analysis.walk(ENGINE, readings, told), analysis.walk_of(ENGINE, mixed, intervals), shaken)


def rows_of(relation: Relation) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = relation.arrow().to_pylist()
    return rows


def same(told: Walked, limits: Relation, until_s: int) -> None:
    """All that is made of a walk is the same of both."""
    whole, joined, _ = told
    assert rows_of(whole.intervals) == rows_of(joined.intervals)
    asked: dict[str, Callable[[analysis.Walk], Relation]] = {
        "gaps": lambda walk: analysis.gaps(ENGINE, walk, until_us=us(until_s)),
        "unknown": lambda walk: analysis.unknown(ENGINE, walk, until_us=us(until_s)),
        "excursions": lambda walk: analysis.excursions(ENGINE, walk, limits, since_us=us(until_s // 3)),
        "outside": lambda walk: analysis.outside(ENGINE, walk, limits, part_table([0, DAY, 2 * DAY, 3 * DAY])),
    }
    for name, ask in asked.items():
        assert rows_of(ask(whole)) == rows_of(ask(joined)), name


STEPS = st.sampled_from([0, 1, 600, 600, 600, 601, 615, 840, 899, 901, 1200, 1900, 7_000, 40_000])
VALUES = st.sampled_from([1.0, 2.0, 5.0, 5.0, 8.0, 8.5, 9.0, None])


@settings(max_examples=15, deadline=None)
@given(
    st.lists(st.tuples(STEPS, VALUES), min_size=1, max_size=90),
    st.sampled_from([None, 300.0, 600.0, 1200.0]),
    st.sets(st.integers(1, 3 * DAY - 1), max_size=4),
)
def test_parts_joined_say_what_all_readings_say_for_any_cut(
    sent: list[tuple[int, float | None]], given_s: float | None, cuts: set[int]
) -> None:
    at_s, by_key = 0, {}
    for step_s, value in sent:
        at_s += step_s
        if at_s < 3 * DAY:  # two values of one moment are two readings
            by_key[at_s, value] = reading(at_s, value, error_code=None if value is not None else 3)
    rows = list(by_key.values())
    told = info(ENGINE, fridge=(given_s, 2, 8))
    limits = analysis.limits(ENGINE, analysis.measured(ENGINE, readings_of(ENGINE, rows)), told, named_limits(ENGINE))
    bounds = sorted({0, DAY, 2 * DAY, 3 * DAY} | cuts)
    same(walked(rows, bounds, told, limits), limits, 3 * DAY)


def test_of_a_calm_day_little_is_left_and_of_an_excursion_its_peak() -> None:
    """144 readings; 20 of them warm in the middle, the hottest the seventh."""
    values = [4.0] * 60 + [9.0] * 6 + [11.0] + [9.0] * 13 + [4.0] * 64
    rows = [reading(number * 600, value) for number, value in enumerate(values)]
    told = info(ENGINE, fridge=(600, 2, 8))
    limits = analysis.limits(ENGINE, analysis.measured(ENGINE, readings_of(ENGINE, rows)), told, named_limits(ENGINE))
    left = rows_of(analysis.thinned(ENGINE, readings_of(ENGINE, rows), part_table([0, DAY]), told, limits))
    assert [(row["at_us"] - us(0)) // 600_000_000 for row in left] == [0, 59, 60, 66, 79, 80, 143]
    assert sum(row["readings"] for row in left) == 144
    assert {row["calm_us"] for row in left} == {600_000_000}
    same(walked(rows, [0, DAY], told, limits), limits, DAY)


def test_a_day_is_read_reading_by_reading_where_a_step_left_out_is_a_gap_by_another_interval() -> None:
    """A day of 40 minutes a step among days of ten: by their interval each of its steps is a gap."""
    rows = [
        reading(at, 4.0) for at in (*range(0, DAY, 600), *range(DAY, 2 * DAY, 2_400), *range(2 * DAY, 3 * DAY, 600))
    ]
    told, cuts = info(ENGINE, fridge=(None, 2, 8)), [0, DAY, 2 * DAY, 3 * DAY]
    limits = analysis.limits(ENGINE, analysis.measured(ENGINE, readings_of(ENGINE, rows)), told, named_limits(ENGINE))
    parts = walked(rows, cuts, told, limits)
    assert parts.shaken == [us(DAY)]
    same(parts, limits, 3 * DAY)


LISTED = "device_id,name,expected_interval_s,low,high\nsigfox:a1,fridge,{interval},2,{high}\nsigfox:b2,store,,,\n"


def sent(days_back: int = 6) -> list[tuple[int, dict[str, float]]]:
    """A fridge that is warm across a midnight, silent across another, and calm else."""
    calm = steady(days_back * DAY, 4 * DAY, temperature=4.0)
    warm = steady(4 * DAY - STEP_S, 3 * DAY + 10 * H, temperature=9.5)
    return [*calm, *warm, *steady(3 * DAY, 2 * DAY, temperature=5.0), *steady(1 * DAY + 5 * H, 0, temperature=8.5)]


def project_of(root: Path, *, interval: str = "600", high: str = "8") -> Project:
    listed = LISTED.format(interval=interval, high=high)
    project = small(root, listed, a1=sent(), b2=steady(6 * DAY, 0, 900, temperature=17.5, humidity=40.0))
    settle_all(project.lake, now_us=project.now_us())
    return project


ASKED: dict[str, Callable[[Question], pa.Table]] = {
    "stats": read.stats,
    "stats by day": lambda asked: read.stats(asked, by="day"),
    "gaps": lambda asked: read.gaps(asked, lasting=True),
    "excursions": lambda asked: read.excursions(asked, lasting=True),
    "outside": read.minutes_outside,
    "together": read.days_outside,
    "kinetic": lambda asked: read.mean_kinetic_temperature(asked, by="day"),
    "coverage": coverage,
    "measured": lambda asked: (
        days.measured(asked).arrow().sort_by([("device_id", "ascending"), ("quantity", "ascending")])
    ),
    "sensors": lambda asked: pa.table({"id": list(read.sensors(asked).names)}),
}


def answers(project: Project, *stretches: Any) -> dict[str, str]:
    """A digest of each answer, at 9 digits."""
    with project.at_one_moment() as view:
        return {
            f"{name} {stretch}": digest([{k: str(v) if isinstance(v, dt.datetime) else v for k, v in row.items()}
                for row in ask(question(view, *stretch)).to_pylist()])
            for stretch in stretches or STRETCHES for name, ask in ASKED.items()
        }  # fmt: skip


STRETCHES: tuple[tuple[Any, Any], ...] = (("6d", None), ("4d", "2026-11-19 09:30"))


def keep_all(project: Project) -> int:
    """As many rounds as there is something to do; the days made."""
    total = 0
    while True:
        asked = Question(project.view(), Span(0, project.now_us()), project.zone())
        made = sum(keep(asked, table, most=2).made for table in days.TABLES_OF_DAYS)
        if not made:
            return total
        total += made


def forget(project: Project) -> None:
    for table in days.TABLES_OF_DAYS:
        drop_days(project.store, table.name, list(bases(project.store, table.name)))


def test_answers_are_the_same_whatever_days_are_kept(tmp_path: Path) -> None:
    project = project_of(tmp_path)
    unkept = answers(project)
    assert keep_all(project) == 3 * 6  # the day that has not ended is none
    assert answers(project) == unkept
    for table in days.TABLES_OF_DAYS:  # some of them
        drop_days(project.store, table.name, [dt.date(2026, 11, 16), dt.date(2026, 11, 18)])
    with project.store.writer() as connection:  # and one is damaged
        connection.execute(DAY_ROWS.update().where(DAY_ROWS.c.day == dt.date(2026, 11, 17)).values(content=b"x"))
    assert answers(project) == unkept


@pytest.mark.parametrize(("interval", "high"), [("600", "9"), ("200", "8"), ("", "")])
def test_other_limits_and_intervals_hold_at_once_for_all_history(tmp_path: Path, interval: str, high: str) -> None:
    project = project_of(tmp_path)
    keep_all(project)
    (tmp_path / "devices.csv").write_text(LISTED.format(interval=interval, high=high))
    anew = answers(project, ("6d", None))
    forget(project)
    assert answers(project, ("6d", None)) == anew


def test_late_readings_a_merge_and_hot_records_change_answers_as_without_kept_days(tmp_path: Path) -> None:
    """The late one tells another value of a moment that has one."""
    project = project_of(tmp_path)
    keep_all(project)
    landing = project.landing()
    now_s = project.now_us() // 10**6
    body = f'{{"device":"A1","time":{now_s - 2 * DAY - 3 * H},"seqNumber":4000,"temperature":12.5}}'.encode()
    landing.append(Raw(0, "sigfox", project.now_us(), "", '{"path": "/sigfox/uplink"}', body))
    landing.close()
    stretch = ("6d", None)
    hot = answers(project, stretch)
    settle_all(project.lake, now_us=project.now_us())
    assert answers(project, stretch) == hot
    forget(project)
    assert answers(project, stretch) == hot
    keep_all(project)
    merge(project.lake, now_us=project.now_us() + 3 * DAY * 10**6)
    assert keep_all(project) > 0  # merged files are other files
    assert answers(project, stretch) == hot


def test_a_day_of_many_files_is_kept_once_they_are_merged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("telltale.workbench.days.MOST_FILES", 1)
    project = project_of(tmp_path)
    landing = project.landing()
    late_s = project.now_us() // 10**6 - 2 * DAY - 3 * H
    body = f'{{"device":"A1","time":{late_s},"seqNumber":4000,"temperature":12.5}}'.encode()
    landing.append(Raw(0, "sigfox", project.now_us(), "", '{"path": "/sigfox/uplink"}', body))
    landing.close()
    settle_all(project.lake, now_us=project.now_us())

    def round_of() -> tuple[int, int]:
        return keep(Question(project.view(), Span(0, project.now_us()), project.zone()), days.DAYS)

    made, left = round_of()
    assert made > 0 < left
    assert round_of() == (0, left)
    merge(project.lake, now_us=project.now_us() + 3 * DAY * 10**6)
    while round_of()[0]:
        pass
    assert round_of() == (0, 0)


def test_a_reader_writes_nothing_and_upkeep_makes_the_newest_first(tmp_path: Path) -> None:
    project = project_of(tmp_path)
    answers(project)
    assert all(not bases(project.store, table.name) for table in days.TABLES_OF_DAYS)
    asked = Question(project.view(), Span(0, project.now_us()), project.zone())
    assert keep(asked, days.DAYS, most=2) == (2, 4)
    assert sorted(bases(project.store, days.DAYS.name)) == [dt.date(2026, 11, 18), dt.date(2026, 11, 19)]


def test_the_job_of_upkeep_says_what_it_did_until_there_is_nothing_to_do(tmp_path: Path) -> None:
    project = project_of(tmp_path)
    job = upkeep.days
    assert job in [each.do for each in JOBS]
    assert job(project, project.now_us()) == "computed what is kept of days: 24 of 8 tables"
    assert job(project, project.now_us()) == ""


def test_a_damaged_file_costs_the_job_its_own_days_alone(tmp_path: Path) -> None:
    project = project_of(tmp_path)
    merge(project.lake, now_us=project.now_us() + 3 * DAY * 10**6)
    assert keep_all(project) > 0
    whole = {table.name: bases(project.store, table.name) for table in (days.DAYS, days.STEP_COUNTS)}
    for name, kept in whole.items():
        drop_days(project.store, name, sorted(kept))
    file = next(file for file in project.lake.snapshot().of("reading") if file.day == dt.date(2026, 11, 17))
    cut(Path(project.lake.path(file)))

    said = upkeep.days(project, project.now_us())

    assert list(project.lake.left_out()) == [file.path]
    assert said.startswith("computed what is kept of days: ")
    for name, kept in whole.items():
        left = {day: basis for day, basis in kept.items() if day not in (file.day, file.day + dt.timedelta(days=1))}
        assert len(left) >= 3
        assert bases(project.store, name).items() >= left.items()
        assert file.day not in bases(project.store, name)


def test_many_damaged_days_do_not_keep_older_ones_from_being_made(tmp_path: Path) -> None:
    project = project_of(tmp_path)
    merge(project.lake, now_us=project.now_us() + 3 * DAY * 10**6)
    asked = Question(project.view(), Span(0, project.now_us()), project.zone())
    for file in project.lake.snapshot().of("reading"):
        if file.day >= dt.date(2026, 11, 17):
            Path(project.lake.path(file)).unlink()
    assert keep(asked, days.DAYS, most=2).made == 2
    assert max(bases(project.store, days.DAYS.name)) < dt.date(2026, 11, 17)


def test_what_is_kept_of_a_day_goes_with_its_last_row(tmp_path: Path) -> None:
    project = project_of(tmp_path)
    keep_all(project)
    table = days.DAYS._replace(reads={"activity": 0})  # as it would be without a single reading
    asked = Question(project.view(), Span(0, project.now_us()), project.zone())
    assert list(parts_of(asked, table, Span(0, project.now_us()))) == []
    keep(asked, table)
    assert bases(project.store, table.name) == {}


def test_the_table_of_days_reads_well(tmp_path: Path) -> None:
    """18 November: 00:00 to 13:00, every ten minutes; 19: from 08:00 on; 20: until now, 13:00, which is no part."""
    project = project_of(tmp_path)
    keep_all(project)
    rows = tt.load("sensor_day", "3d", project=project)
    fridge = rows[rows["device_id"] == "sigfox:a1"]
    assert fridge["readings"].tolist() == [79, 96, 78]
    assert fridge["value_max"].tolist() == [5.0, 8.5, 8.5]
    assert len(tt.load("sensor_day", project=project)) == 7 * 3
