"""`kanban_day`: kept days say what all frames and heartbeats say, whatever is kept, set or comes late."""

import datetime as dt
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import telltale as tt
from telltale.engine import DuckEngine
from telltale.kanban import analysis, days
from telltale.lake.day_rows import bases
from telltale.lake.purge import drop
from telltale.report.digest import digest
from telltale.settings import load
from telltale.workbench.days import joined, keep
from telltale.workbench.project import Project
from telltale.workbench.times import EVER, Span
from tests.kanban.pressed import pressed
from tests.lake_fixture import write_settings

ENGINE = DuckEngine()
S = 1_000_000
DAY_S = 86_400


def answers(project: Project) -> dict[str, str]:
    """A digest of each answer, at 9 digits."""
    asked = {
        "items": tt.kanban.items("5d", project=project),
        "presses": tt.kanban.presses("5d", project=project),
        "lead times": tt.kanban.lead_times("5d", project=project),
        "coverage": tt.kanban.capture_coverage("5d", project=project),
        "rates": tt.kanban.rates("5d", project=project),
    }
    return {name: digest([{k: str(v) for k, v in row.items()} for row in rows.to_dict("records")])
            for name, rows in asked.items()}  # fmt: skip


def keep_all(project: Project) -> int:
    total = 0
    while True:
        made = sum(keep(days.of_site(project.view()), table, most=3).made for table in days.TABLES_OF_DAYS)
        if not made:
            return total
        total += made


def anew(project: Project) -> Project:
    """The same in another process: nothing is remembered."""
    now_us = project.now_us()
    return Project(settings=load(project.settings.root), now=lambda: now_us)


def test_answers_are_the_same_whatever_is_kept_and_set(tmp_path: Path) -> None:
    project = pressed(tmp_path, days=5).project
    unkept = answers(project)
    assert len(tt.kanban.presses("5d", project=project)) > 20
    # 7 September begins at 22:00 UTC of the 6th, and nobody presses at night; the day that goes on is none.
    assert keep_all(project) == 4 + 5 + 5
    assert answers(anew(project)) == unkept
    bases_before = bases(project.store, "kanban_day")
    write_settings(tmp_path, more="[kanban]\ndead_time_s = 1\nmode = 'quiet'\n")
    other = anew(project)
    assert keep_all(other) == 0  # no dead time enters
    assert bases(other.store, "kanban_day") == bases_before
    kept = answers(other)
    assert kept["presses"] != unkept["presses"]
    for table in days.TABLES_OF_DAYS:
        drop_all(other, table.name)
    assert answers(anew(other)) == kept


def drop_all(project: Project, name: str) -> None:
    from telltale.lake.day_rows import drop_days

    drop_days(project.store, name, list(bases(project.store, name)))


def test_a_phone_is_in_no_day_and_what_goes_takes_its_day_along(tmp_path: Path) -> None:
    project = pressed(tmp_path, days=3, more="[kanban]\npresence = true\n").project
    rows = joined(days.of_site(project.view()), days.FRAME_DAYS, EVER)
    roles = {row["device_id"]: row["role"] for row in project.button_info().to_pylist()}
    assert {roles.get(each, "") for each in rows["device_id"].to_pylist()} == {"button", "ack", ""}  # by hand
    keep_all(project)
    gone = min(bases(project.store, "kanban_day"))
    files = [file for file in project.lake.snapshot().of("frame") if file.day == gone]
    drop(project.lake, files, now_us=project.now_us(), freeze=False)
    keep_all(project)
    assert gone not in bases(project.store, "kanban_day")


def beats(sent: list[tuple[int, float, str]]) -> pa.Table:
    """Heartbeats in the order they came: at (s), covered (s), collector."""
    listed = [
        {"collector": of, "interface": "eth0", "raw_id": number, "observed_at": dt.datetime.fromtimestamp(at, dt.UTC),
         "covered_s": covered, "frames": number, "unlisted": 1, "drops": 0}
        for number, (at, covered, of) in enumerate(sent, 1)
    ]  # fmt: skip
    moment = pa.timestamp("us", tz="UTC")
    types: dict[str, Any] = {"collector": pa.string(), "interface": pa.string(), "raw_id": pa.int64()}
    types |= {"observed_at": moment, "covered_s": pa.float64()} | dict.fromkeys(
        ("frames", "unlisted", "drops"), pa.int64()
    )
    return pa.Table.from_pylist(listed, pa.schema(types))


def by_days(rows: pa.Table) -> pa.Table | None:
    """What the days of these heartbeats say together."""
    starts = [int(at.timestamp()) // DAY_S * DAY_S * S for at in rows["observed_at"].to_pylist()]
    return days.coverage_of(
        ENGINE, days.capture_days(ENGINE, rows.append_column("day_us", pa.array(starts, pa.int64())))
    )


def whole(rows: pa.Table) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = analysis.observed(ENGINE, ENGINE.from_arrow(rows)).arrow().to_pylist()
    return found


STEPS = st.sampled_from([60, 60, 60, 61, 3_600, 40_000, 86_400])
COVERED = st.sampled_from([59.9996, 60.0, 60.4, 61.0, 0.0, 5_000.0, 90_000.0])


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(STEPS, COVERED, st.sampled_from(["arp@a", "replay"])), min_size=1, max_size=40))
def test_days_of_captures_joined_say_what_all_heartbeats_say(sent: list[tuple[int, float, str]]) -> None:
    at_s, told = DAY_S - 600, []
    for step_s, covered_s, collector in sent:
        at_s += step_s
        if at_s < 5 * DAY_S:
            told.append((at_s, covered_s, collector))
    rows = beats(told)
    assert (found := by_days(rows)) is None or found.to_pylist() == whole(rows)


@pytest.mark.parametrize(
    ("sent", "is_told"),
    [
        # A stretch over midnight is one; one that ends before it is another.
        ([(DAY_S - 60, 60.0), (DAY_S, 60.0), (DAY_S + 60, 60.0)], True),
        ([(DAY_S - 600, 60.0), (DAY_S + 600, 60.0)], True),
        # Before midnight once more after it: the clock was set back.
        ([(DAY_S - 60, 60.0), (DAY_S + 60, 60.0), (DAY_S - 30, 60.0)], False),
        # A heartbeat that covers a day and another's beats.
        ([(DAY_S - 600, 60.0), (DAY_S + 600, 40_000.0)], False),
    ],
)
def test_as_a_rule_days_tell_it(sent: list[tuple[int, float]], *, is_told: bool) -> None:
    rows = beats([(at_s, covered_s, "arp@a") for at_s, covered_s in sent])
    found = by_days(rows)
    assert (found is not None) == is_told
    assert found is None or found.to_pylist() == whole(rows)


def test_a_clock_set_back_within_a_day_is_kept_with_it(tmp_path: Path) -> None:
    """By the day's own heartbeats; the simulator sets none back."""
    project = pressed(tmp_path, days=2).project
    assert days.captures(project.view()).steps.num_rows == 0
    rows = beats([(DAY_S + 100, 60.0, "arp@a"), (DAY_S + 40, 60.0, "arp@a"), (DAY_S + 100, 60.0, "replay")])
    steps = analysis.set_back(ENGINE, ENGINE.from_arrow(rows)).to_pylist()
    assert steps == [{"interface": "eth0", "raw_id": 2, "before_us": (DAY_S + 100) * S}]
    assert joined(days.of_site(project.view()), days.STEP_DAYS, Span(0, project.now_us())).num_rows == 0
