"""Closing days and removing what must go: when, what stays, and that it may be stopped anywhere."""

import datetime as dt
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

import telltale as tt
from telltale.contract import ConfigError
from telltale.lake import Lake as Store
from telltale.lake import purge
from telltale.lake.catalog import Changed
from telltale.lake.merge import merge
from telltale.lake.settle import settle_all
from telltale.landing.schema import SPOOLED
from telltale.operate import retention
from telltale.operate.retention.limits import (
    keys_kept_from,
    newest_closable,
    raw_limit,
    sightings_kept_from,
    visits_kept_from,
)
from telltale.operate.retention.removing import drop
from telltale.settings import SiteSettings
from telltale.workbench.view import View, answered
from tests.lake_fixture import SITE, at, hear, set_clock, write_settings

BERLIN = SiteSettings(timezone="Europe/Berlin")
HOUR = 3_600_000_000
VISITOR, GUEST, PASSER = "3c:06:30:aa:bb:01", "3c:06:30:aa:bb:02", "da:a1:19:00:00:03"


class Stopped(Exception):
    """Where a test stops a job."""


@pytest.fixture
def project(tmp_path: Path, project_store: None) -> tt.Project:
    """Friday: a visitor from 10:00 to 11:00, one over midnight, a passer-by; Saturday: a visitor from 09:00."""
    write_settings(tmp_path / "project", keep=False)
    project = tt.Project(tmp_path / "project", now=lambda: at("2026-11-21 12:00"))
    hear(
        project,
        (VISITOR, "2026-11-20 10:00", "2026-11-20 11:00"),
        (GUEST, "2026-11-20 23:30", "2026-11-21 00:30"),
        (VISITOR, "2026-11-21 09:00", "2026-11-21 09:40"),
    )
    hear(project, (PASSER, "2026-11-20 12:00", "2026-11-20 12:00"), level=-80)
    return project


def run(project: tt.Project, moment: str) -> retention.Purged:
    set_clock(project, at(moment))
    return retention.purge(project, now_us=at(moment))


def tables(project: tt.Project) -> dict[str, list[dict[str, object]]]:
    """The rows of every table at rest, without what differs from run to run."""
    found: dict[str, list[dict[str, object]]] = {}
    for file in project.lake.snapshot().files:
        rows = project.lake.root.read(file.path).drop_columns(["body"] if file.table_name == "raw" else [])
        found.setdefault(file.table_name, []).extend(rows.to_pylist())
    return {name: sorted(rows, key=str) for name, rows in found.items()}


@pytest.mark.parametrize(
    ("now", "day"),
    [
        ("2026-11-22 03:59", "2026-11-19"),
        ("2026-11-22 04:00", "2026-11-20"),
        ("2026-11-23 00:30", "2026-11-20"),
        ("2026-10-26 03:59", "2026-10-23"),  # the clocks go back on 25 October
        ("2026-10-26 04:00", "2026-10-24"),
        ("2026-03-30 04:00", "2026-03-28"),  # and forward on 29 March
    ],
)
def test_a_day_closes_at_four_of_the_second_day_after_it(now: str, day: str) -> None:
    assert newest_closable(at(now), BERLIN.timezone) == dt.date.fromisoformat(day)


@pytest.mark.parametrize(
    ("now", "changed", "kept_from"),
    [
        ("2026-11-23 03:59", {}, "2026-11-20"),
        ("2026-11-23 04:00", {}, "2026-11-21"),
        ("2026-11-23 04:00", {"sighting_retention_h": 0}, "2026-11-22"),
        ("2026-11-23 04:00", {"sighting_retention_h": 48}, "2026-11-20"),
    ],
)
def test_sightings_stay_a_while_after_their_day_closed(now: str, changed: dict[str, int], kept_from: str) -> None:
    site = BERLIN.model_copy(update=changed)
    assert sightings_kept_from(at(now), site) == dt.date.fromisoformat(kept_from)


def test_limits_follow_the_settings_of_the_sites() -> None:
    now = at("2026-11-23 12:00")
    long, kept = BERLIN.model_copy(update={"raw_retention_h": 72}), BERLIN.model_copy(update={"keep": True})
    assert raw_limit(now, [long]) == now - 72 * HOUR
    assert raw_limit(now, [long, BERLIN, kept]) == now - 24 * HOUR
    assert raw_limit(now, [kept]) is None
    assert keys_kept_from(now, long) == now - 96 * HOUR
    assert visits_kept_from(now, BERLIN) == dt.date(2026, 10, 24)
    assert visits_kept_from(now, BERLIN.model_copy(update={"visit_retention_d": 0})) == dt.date(2026, 11, 22)


def test_a_day_is_closed_when_its_time_has_come(project: tt.Project) -> None:
    before = tt.presence.figures("2026-11-20", "2026-11-21", project=project)
    assert retention.close_days(project, now_us=at("2026-11-22 03:59")) == []
    assert retention.close_days(project, now_us=at("2026-11-22 04:00")) == [(SITE, dt.date(2026, 11, 20), 3)]
    assert retention.close_days(project, now_us=at("2026-11-22 04:00")) == []
    set_clock(project, at("2026-11-22 04:00"))
    after = tt.presence.figures("2026-11-20", "2026-11-21", project=project)
    assert after["closed"].all()
    assert after.drop(columns="closed").equals(before.drop(columns="closed"))
    assert after.loc[after["address_kind"] == "all", ["seen", "visitors", "visits"]].values.tolist() == [[3, 2, 2]]


def test_a_stay_over_midnight_is_one_visit_and_counts_on_both_days(project: tt.Project) -> None:
    retention.close_days(project, now_us=at("2026-11-23 04:00"))
    set_clock(project, at("2026-11-23 04:00"))
    visits = tt.presence.visits("2026-11-20", "2026-11-22", project=project)
    assert visits["dwell_s"].tolist() == [3600.0, 3600.0, 2400.0]
    days = tt.presence.figures("2026-11-20", "2026-11-22", project=project).query("address_kind == 'all'")
    assert days[["label", "visitors", "visits"]].values.tolist() == [["2026-11-20", 2, 2], ["2026-11-21", 2, 1]]


def test_an_outage_closes_as_one(project: tt.Project) -> None:
    hear(project, (VISITOR, "2026-11-24 10:00", "2026-11-24 10:20"))
    closed = retention.close_days(project, now_us=at("2026-11-27 12:00"))
    assert [str(one.day) for one in closed] == ["2026-11-20", "2026-11-21", "2026-11-22", "2026-11-23", "2026-11-24"]
    set_clock(project, at("2026-11-27 12:00"))
    days = tt.presence.figures("2026-11-22", "2026-11-24", project=project)
    assert set(days["node_share"]) == {0.0}
    assert days["peak"].isna().all()


def test_late_rows_are_kept_and_counted_and_change_nothing(project: tt.Project) -> None:
    run(project, "2026-11-22 04:00")
    visits, days = (
        ask("2026-11-20", "2026-11-21", project=project) for ask in (tt.presence.visits, tt.presence.figures)
    )
    hear(project, (GUEST, "2026-11-20 15:00", "2026-11-20 15:30"), received="2026-11-22 06:00")
    for moment in ("2026-11-22 06:10", "2026-11-22 06:20", "2026-11-23 05:00"):  # the last removes the rows
        run(project, moment)
        assert tt.presence.visits("2026-11-20", "2026-11-21", project=project).shape[0] in {visits.shape[0], 2}
        found = tt.presence.figures("2026-11-20", "2026-11-21", project=project)
        assert found.drop(columns="late").equals(days.drop(columns="late"))
        assert found.set_index("address_kind")["late"].to_dict() == {"all": 4, "global": 0, "local": 0}


def test_it_does_not_matter_when_closing_runs(project: tt.Project) -> None:
    hear(project, (GUEST, "2026-11-20 15:00", "2026-11-20 15:30"), received="2026-11-22 03:00")
    hear(project, (GUEST, "2026-11-20 18:00", "2026-11-20 18:30"), received="2026-11-22 05:00")
    retention.close_days(project, now_us=at("2026-11-22 20:00"))
    set_clock(project, at("2026-11-22 20:00"))
    visits = tt.presence.visits("2026-11-20", "2026-11-21", project=project)
    assert visits["entered_at"].dt.tz_convert("Europe/Berlin").dt.hour.tolist() == [10, 15, 23]


@pytest.mark.parametrize(
    ("moment", "left"),
    [
        ("2026-11-21 11:00", {"raw", "node_heartbeat", "sighting"}),
        ("2026-11-22 04:00", {"raw", "node_heartbeat", "sighting", "visit", "presence_day", "presence_hour"}),
        ("2026-11-23 04:00", {"node_heartbeat", "sighting", "visit", "presence_day", "presence_hour"}),
        ("2026-11-24 04:00", {"node_heartbeat", "visit", "presence_day", "presence_hour"}),
        ("2026-12-23 00:00", {"node_heartbeat", "presence_day", "presence_hour"}),
    ],
)
def test_everything_stays_as_long_as_it_may_and_no_longer(project: tt.Project, moment: str, left: set[str]) -> None:
    run(project, moment)
    assert {file.table_name for file in project.lake.snapshot().files} == left


def test_only_the_rows_that_are_due_are_removed(project: tt.Project) -> None:
    done = run(project, "2026-11-23 04:00")
    assert (done.sightings, done.passers_by, done.visits) == (11, 1, 0)  # Friday's 7 + 1, and 3 of the stay until 00:00
    rows = tt.load("sighting", project=project)
    assert rows["last_seen"].dt.tz_convert("Europe/Berlin").dt.date.astype(str).unique().tolist() == ["2026-11-21"]
    assert set(tt.load("visit", project=project)["class"]) == {"engaged"}


def test_keys_go_when_nothing_can_need_them(project: tt.Project) -> None:
    def labels() -> list[str]:
        return sorted(path.name[:10] for path in (project.settings.keys / f"site={SITE}").glob("[!.]*.key"))

    settle_all(project.lake, now_us=project.now_us())
    assert labels() == ["2026-11-20", "2026-11-21"]
    run(project, "2026-11-23 03:59")
    assert labels() == ["2026-11-20", "2026-11-21"]
    assert run(project, "2026-11-23 04:00").keys == 1
    assert labels() == ["2026-11-21"]
    hear(project, (GUEST, "2026-11-20 15:00", "2026-11-20 15:00"), received="2026-11-20 15:01")
    rejects = tt.load("reject", project=project)
    assert rejects["reason"].tolist() == ["key_destroyed"]


def test_invented_data_is_closed_but_kept(project: tt.Project) -> None:
    told = project.settings.root / "telltale.toml"
    told.write_text(told.read_text().replace("keep = false", "keep = true"))
    kept = tt.Project(project.settings.root, now=lambda: at("2027-01-01"))
    done = run(kept, "2027-01-01")
    assert done == retention.Purged(2, 0, 0, 0, 0, 0, 0, 0, 0, held=False)
    assert len(tt.presence.visits("2026-11-20", "2026-11-22", gap="2h", project=kept)) == 3


def test_sites_keep_to_their_own_clock_and_retention(tmp_path: Path) -> None:
    more = '[site.5]\ntimezone = "Asia/Tokyo"\nkeep = true\n[site.6]\nsighting_retention_h = 72\n'
    project = tt.Project(write_settings(tmp_path / "project", keep=False, more=more))
    for site in (SITE, "5", "6"):
        hear(project, (VISITOR, "2026-11-20 10:00", "2026-11-20 10:30"), site=site)
    run(project, "2026-11-23 04:00")
    assert tt.load("sighting", project=project)["site"].unique().tolist() == ["5", "6"]
    run(project, "2026-11-25 04:00")
    assert tt.load("sighting", project=project)["site"].unique().tolist() == ["5"]
    assert project.keys.sites() == ["5", "6", SITE]
    assert len(list((project.settings.keys / "site=5").glob("[!.]*.key"))) == 1


def test_other_thresholds_are_refused_where_sightings_are_gone(project: tt.Project) -> None:
    run(project, "2026-11-23 04:00")
    with pytest.raises(ConfigError, match=r"sightings before 2026-11-21 were removed.*or since 2026-11-21"):
        tt.presence.visits("2026-11-20", gap="5min", project=project)
    visits = tt.presence.visits("2026-11-21", gap="20min", project=project)
    assert visits["cut"].tolist() == [True, False]  # the stay over midnight has lost its beginning, and says so


@pytest.mark.parametrize(
    ("asked", "instead"),
    [
        ({"keep_excluded": True}, "closed without staff and fixed devices; ask without keep_excluded"),
        ({"gap": "20min"}, "stand as they were closed; ask with the thresholds of telltale.toml"),
        ({"gap": "20min", "keep_excluded": True}, "ask with the thresholds of telltale.toml"),
    ],
)
def test_what_purged_days_cannot_answer_names_what_can(
    project: tt.Project, asked: dict[str, Any], instead: str
) -> None:
    run(project, "2026-11-23 04:00")
    with pytest.raises(ConfigError, match=rf"sightings before 2026-11-21 were removed.*{instead}, or since 2026-11-21"):
        tt.presence.visits("2026-11-20", project=project, **asked)
    assert len(tt.presence.visits("2026-11-20", project=project)) == 3
    assert len(tt.presence.visits("2026-11-21", project=project, **asked)) == 2


def test_advice_holds_where_the_rules_of_several_days_look_back(tmp_path: Path) -> None:
    """With keys of a week, staff are looked for in six days before: as many of them as are kept."""
    project = tt.Project(write_settings(tmp_path, keep=False, more='rotation = "week"\n'))
    hear(project, (VISITOR, "2026-11-20 10:00", "2026-11-20 10:30"), (VISITOR, "2026-11-21 10:00", "2026-11-21 10:30"))
    run(project, "2026-11-23 04:00")
    assert len(tt.presence.visits("2026-11-21", gap="20min", project=project)) == 1


def test_occupancy_of_removed_visits_is_unknown_not_zero(project: tt.Project) -> None:
    run(project, "2026-11-23 04:00")
    bins = tt.presence.occupancy("2026-11-20", "2026-11-21", bin="1h", project=project).query("address_kind == 'all'")
    assert bins["devices"].max() == 1
    run(project, "2026-12-23 00:00")
    bins = tt.presence.occupancy("2026-11-20", "2026-11-21", bin="1h", project=project).query("address_kind == 'all'")
    assert bins["devices"].isna().all()
    assert bins["nodes"].max() == 1
    summary = tt.presence.summary("2026-11-20", "2026-11-21", project=project).iloc[0]
    assert (summary["visits"], summary["visitors"]) == (2, 2)
    assert summary.isna()["dwell_median_s"]


def _stop_at(project: tt.Project, last: int) -> None:
    """Let the project's lake stop whatever job comes to its n-th step."""
    count = 0

    def on_step(_name: str) -> None:
        nonlocal count
        count += 1
        if count == last:
            raise Stopped

    told = {"cloudtrax": 1}
    project.__dict__["lake"] = Store(
        project.store, project.settings.lake_root, project.decode, told, personal_sources=told, on_step=on_step
    )


@pytest.mark.slow
@pytest.mark.parametrize("each", [3, pytest.param(1, marks=pytest.mark.long)])
def test_a_purge_stopped_at_any_step_can_be_run_again(tmp_path: Path, each: int) -> None:
    """What is left is what a purge leaves that was not stopped, wherever it stopped: at each step, or each third."""

    def filled(name: str) -> tt.Project:
        project = tt.Project(write_settings(tmp_path / name, keep=False), now=lambda: at("2026-11-23 05:00"))
        hear(
            project, (VISITOR, "2026-11-20 10:00", "2026-11-20 10:20"), (GUEST, "2026-11-21 10:00", "2026-11-21 10:20")
        )
        return project

    def purged(project: tt.Project) -> tuple[object, ...]:
        run(project, "2026-11-23 05:00")
        run(project, "2026-11-23 06:10")  # what was off the list, but not yet removed, goes with this gc
        left = tables(project)
        assert not [file for file in project.lake.root.walk() if file.path.startswith("raw/")]
        return (
            {name: len(rows) for name, rows in left.items()},
            left["presence_day"],
            sorted(project.lake.closed_days()),
        )

    wanted = purged(filled("whole"))
    step, stopped = 0, True
    while stopped:
        step += each
        project = filled(f"step{step}")
        _stop_at(project, step)
        try:
            run(project, "2026-11-23 05:00")
        except Stopped:
            del project.__dict__["lake"]
            assert purged(project) == wanted
        else:
            stopped = False
    assert step > 30


def test_files_changed_meanwhile_are_looked_at_again(project: tt.Project) -> None:
    settle_all(project.lake, now_us=project.now_us())
    merged = False

    def due(file: object) -> bool:
        nonlocal merged
        if not merged:
            merged = True
            merge(project.lake, now_us=at("2026-12-01"), many=2)
        return file is not None

    rows = tt.load("sighting", project=project).shape[0]
    assert drop(project.lake, "sighting", due, now_us=at("2026-12-01")) == rows
    with pytest.raises(Changed):
        purge.drop(
            project.lake, [file._replace(path="gone") for file in project.lake.snapshot().files], now_us=1, freeze=False
        )


def test_a_reader_whose_files_were_purged_asks_again(project: tt.Project) -> None:
    settle_all(project.lake, now_us=project.now_us())
    asked: list[View] = []

    def ask(view: View) -> pa.Table:
        if not asked:
            run(project, "2026-11-23 04:00")
        asked.append(view)
        return view.table("sighting").arrow()

    assert answered(project, ask).num_rows == 9
    assert len(asked) == 2


def test_what_waited_in_a_spool_while_its_day_was_closed_is_late(project: tt.Project) -> None:
    """It was received in time and is in no visit; what was stored before the day closed is in its visits."""
    closing = at("2026-11-22 04:00")
    run(project, "2026-11-22 04:00")
    for node_time, stored in (("2026-11-20 20:00", closing + HOUR), ("2026-11-20 21:00", closing - HOUR)):
        hear(project, (GUEST, node_time, node_time))
        spooled = {"spool": "http-1", "number": 1, "received_at": at(node_time) + 5_000_000, "at": stored}
        with project.store.writer() as connection:
            connection.execute(SPOOLED.insert(), [spooled])
    for _ in range(2):
        run(project, "2026-11-22 06:00")
    assert {day.day.isoformat(): day.late for day in project.lake.closed_days().values()}["2026-11-20"] == 1
