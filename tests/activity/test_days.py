"""`activity_day`: kept days say what all records say, whenever a day begins, whatever was given long before."""

import datetime as dt
import json
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

import telltale as tt
from telltale.activity import analysis, days
from telltale.activity.analysis import Rules
from telltale.activity.question import day_starts_at
from telltale.contract import Raw
from telltale.engine import DuckEngine
from telltale.lake.day_rows import KeptDay, bases, drop_days, keep_days, kept_days
from telltale.lake.purge import drop
from telltale.lake.settle import settle_all
from telltale.landing import Store
from telltale.settings import load
from telltale.workbench.days import drop_changed, keep
from telltale.workbench.project import Project
from telltale.workbench.times import Span
from tests.activity.rows import activity_of, info_of, level, minutes, row, sample, stretch
from tests.lake_fixture import ZONE, at, write_settings
from tests.presence.rows import us

ENGINE = DuckEngine()
H, DAY_S = 3_600, 86_400
RULES = Rules()
NOW = "2026-10-27 14:00"
"""The clock was set back in the night to Sunday the 25th."""


def figures(rows: list[dict[str, Any]], parts: pa.Table, over: Span) -> list[dict[str, Any]]:
    """The figures of parts of a stretch, of the rows that are read for it."""
    near, before = days.reads(over)
    read = [
        each
        for each in rows
        if near.since_us <= each["observed_at"] < near.until_us
        or (before.since_us <= each["observed_at"] < before.until_us and each["kind"] in days.GIVEN)
    ]
    told = analysis.signals(ENGINE, activity_of(ENGINE, read), info_of(ENGINE))
    spans = analysis.spans_of(ENGINE, told, rules=RULES, **over._asdict())
    found: list[dict[str, Any]] = analysis.figures(ENGINE, told, spans, parts).arrow().to_pylist()
    return [each for each in found if over.since_us <= each["start_us"] < over.until_us]


KINDS = st.sampled_from(["looks", "level", "minutes", "correction", "interval", "suspended", "locked"])


def told_of(kind: str, at_s: int, length_s: int, number: int) -> list[dict[str, Any]]:
    more: Mapping[str, Any] = {"raw_id": number + 1}
    if kind == "looks":
        return [sample(at_s + 60 * n, (7 * n * number) % 400, every_s=60, **more) for n in range(20)]
    if kind == "level":
        return [level(at_s, [0, 25, 50, 100][number % 4], **more)]
    if kind == "minutes":
        return minutes(at_s, "1101100110"[number % 5 :], **more)
    if kind in ("correction", "interval"):
        return [stretch(kind, at_s, at_s + length_s, number % 2 == 0, **more)]
    return [row(at_s, kind, length_s if kind == "suspended" else 60, **more)]


@settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.tuples(KINDS, st.integers(-3 * DAY_S, 4 * DAY_S), st.sampled_from([600, 5 * H, 30 * H, 3 * DAY_S])),
        min_size=1,
        max_size=14,
    ),
    st.sampled_from([0, 4 * H, 23 * H]),
    st.integers(1, 3),
)
def test_days_joined_say_what_all_records_say(sent: list[tuple[str, int, int]], begins_s: int, cut: int) -> None:
    """However many days are computed at once; days that begin at another hour; what is slept through over days."""
    every = {
        (each["kind"], each["observed_at"]): each
        for number, (kind, at_s, length_s) in enumerate(sent)
        for each in told_of(kind, at_s, length_s, number)
    }
    rows = list(every.values())
    bounds = [us(begins_s + number * DAY_S) for number in range(5)]
    parts = pa.table({"label": ["0", "1", "2", "3"], "start_us": bounds[:-1], "end_us": bounds[1:]})
    whole = figures(rows, parts, Span(bounds[0], bounds[-1]))
    singly = [each for since, until in pairwise(bounds)
              for each in figures(rows, parts, Span(since, until))]  # fmt: skip
    in_two = [*figures(rows, parts, Span(bounds[0], bounds[cut])), *figures(rows, parts, Span(bounds[cut], bounds[-1]))]
    assert singly == whole
    assert in_two == whole


def record(start: str, device: str, *, idle_s: float = 0, path: str = "/samples", **more: Any) -> Raw:
    start_us = at(start)
    samples = [[start_us // 1000 + 10_000 * n, round(1000 * (idle_s + n))] for n in range(6)]
    body = {"device_id": device, "every_s": 10, "backend": "x11", "samples": samples} | more
    return Raw(0, "pc_idle", start_us + 60 * 10**6, "here", json.dumps({"path": path}), json.dumps(body).encode())


def project_of(root: Path, *, begins: str = "00:00") -> Project:
    write_settings(root, more=f'[activity]\nday_starts_at = "{begins}"\n')
    (root / "devices.csv").write_text("device_id,name,person,same_as\npc:lab,Lab,Ben,\n")
    return Project(settings=load(root), now=lambda: at(NOW))


def filled(root: Path) -> Project:
    """A PC that is used around midnights, and slept through a weekend; another that tells something on one day."""
    project, ms = project_of(root), 1_000
    landing = project.landing()
    for day in (20, 21, 22, 23, 26, 27):
        for hour in ("00:00", "00:01", "03:58", "03:59", "04:00", "09:30", "09:31"):
            landing.append(record(f"2026-10-{day} {hour}", "pc:desk"))
    asleep = [[at("2026-10-23 18:00") // ms, at("2026-10-26 00:00") // ms]]
    landing.append(record("2026-10-26 08:00", "pc:desk", suspended=asleep))
    landing.append(record("2026-10-22 12:00", "pc:lab"))
    landing.close()
    settle_all(project.lake, now_us=project.now_us())
    return project


def totals(project: Project) -> str:
    """Of three stretches, one of which cuts its last day."""
    stretches = (("10d", None), ("2026-10-22", "2026-10-26"), ("2026-10-24", "2026-10-26 08:30"))
    return str([tt.activity.totals(*each, project=project).to_dict("records") for each in stretches])


def keep_all(project: Project) -> int:
    total = 0
    while made := keep(days.of_site(project.view()), days.DAYS, most=3).made:
        total += made
    return total


def test_answers_are_the_same_whatever_days_are_kept(tmp_path: Path) -> None:
    project = filled(tmp_path)
    unkept = totals(project)
    weekend = tt.activity.totals("2026-10-24", "2026-10-26", device="pc:desk", project=project)
    asleep = dict(zip(weekend["label"], weekend["suspended_s"], strict=True))
    assert asleep == {"2026-10-24": 24 * H, "2026-10-25": 25 * H}  # though nothing was told on either
    assert keep_all(project) == 8  # the 19th, which an input after midnight may reach back to, until the 26th
    assert totals(project) == unkept
    there = bases(project.store, days.DAYS.name)
    drop_days(project.store, days.DAYS.name, sorted(there)[::2])
    assert totals(project) == unkept
    shorter = tt.activity.totals("10d", away_after="5s", project=project)
    assert shorter["active_s"].sum() < tt.activity.totals("10d", project=project)["active_s"].sum()


def test_days_that_begin_otherwise_share_nothing(tmp_path: Path) -> None:
    """The same store, read and kept by projects whose days begin at midnight, at 04:00, in another zone."""
    keep_all(filled(tmp_path))
    midnight = bases(project_of(tmp_path).store, days.DAYS.name)
    four = project_of(tmp_path, begins="04:00")
    assert day_starts_at(four) == dt.time(4)
    expected = totals(four)
    assert keep_all(four) == 9  # the 19th holds what was told between midnight and 04:00 of the 20th
    assert totals(four) == expected
    kept = bases(four.store, days.DAYS.name)
    assert not set(midnight.values()) & set(kept.values())
    text = (tmp_path / "telltale.toml").read_text()
    (tmp_path / "telltale.toml").write_text(text.replace(ZONE, "America/New_York"))
    away = Project(settings=load(tmp_path), now=lambda: at(NOW))
    expected = totals(away)
    keep_all(away)
    assert totals(away) == expected
    assert not set(bases(away.store, days.DAYS.name).values()) & (set(kept.values()) | set(midnight.values()))


def test_a_correction_of_long_ago_and_another_modem_hold_at_once(tmp_path: Path) -> None:
    project = filled(tmp_path)
    keep_all(project)
    tt.activity.correct("pc:desk", "2026-10-21 10:00", "2026-10-23 10:00", active=True, project=project)
    changed = totals(project)
    settle_all(project.lake, now_us=project.now_us())
    assert totals(project) == changed
    keep_all(project)
    assert totals(project) == changed
    (tmp_path / "devices.csv").write_text("device_id,name,person,same_as\npc:lab,Lab,Ben,pc:desk\n")
    as_one = Project(settings=load(tmp_path), now=lambda: at(NOW))
    other = totals(as_one)
    assert other != changed
    keep_all(as_one)
    assert totals(as_one) == other


def test_no_day_outlives_its_rows(tmp_path: Path) -> None:
    """Neither where a day lost all of its rows, nor where it lost some of those it was made of."""
    project = filled(tmp_path)
    keep_all(project)
    before = bases(project.store, days.DAYS.name)
    files = [file for file in project.lake.snapshot().of("activity") if file.day == dt.date(2026, 10, 22)]
    drop(project.lake, files, now_us=project.now_us(), freeze=False)
    assert drop_changed(days.of_site(project.view()), days.DAYS) == 5  # from the 22nd to the 26th
    after = bases(project.store, days.DAYS.name)
    assert set(after) == {dt.date(2026, 10, day) for day in (19, 20, 21)}
    assert after.items() <= before.items()
    every = project.lake.snapshot().of("activity")
    drop(project.lake, list(every), now_us=project.now_us(), freeze=False)
    keep(days.of_site(project.view()), days.DAYS)
    assert bases(project.store, days.DAYS.name) == {}


def test_days_are_kept_alike_in_every_store(store_url: str) -> None:
    store = Store(store_url)
    day = dt.date(2026, 10, 25)
    rows = pa.table({name: pa.array([1 if name != "device_id" else "pc:lab"], days.ROWS.field(name).type)
                     for name in days.ROWS.names}, schema=days.ROWS)  # fmt: skip
    keep_days(store, "activity_day", [KeptDay(day, "a", rows)], now_us=1)
    keep_days(store, "activity_day", [KeptDay(day, "b", rows.slice(1))], now_us=2)
    assert bases(store, "activity_day") == {day: "b"}
    assert kept_days(store, "activity_day", {day: "a"}) == {}
    assert kept_days(store, "activity_day", {day: "b"})[day].equals(rows.slice(1))
    drop_days(store, "activity_day", [day])
    assert bases(store, "activity_day") == {}
    store.close()
