"""With all that is kept in memory the answers are those of a process that has just begun."""

import datetime as dt
import tempfile
from collections.abc import Callable, Iterable
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import telltale as tt
from telltale.contract import Raw, Scenario
from telltale.health.known import last_heard, resting_ids
from telltale.kanban.question import history
from telltale.lake import facts
from telltale.lake.merge import merge
from telltale.lake.purge import drop
from telltale.lake.redecode import redecode
from telltale.lake.settle import settle_all
from telltale.operate.retention.closing import close_days
from telltale.presence import kept_days, stations
from telltale.sensors.limits import ever_measured
from telltale.simulate.play import backfill
from telltale.sources import source
from telltale.tables import CLOCK_SET_US
from telltale.workbench.history import BLOCK_D, pieces
from telltale.workbench.question import question
from telltale.workbench.times import DAY, FOREVER, Span
from telltale.workbench.view import View, answered
from tests.lake_fixture import FIRST, write_settings

START_S, DAYS = int(FIRST.timestamp()), 4
NOW = (START_S + DAYS * 86_400 + 43_200) * 1_000_000
SOURCES = ("cloudtrax", "pc_idle", "sigfox", "efento", "button")
OF_EACH = 15


class _Into(list[Raw]):
    def put_many(self, raws: Iterable[Raw]) -> int:
        self.extend(raws)
        return len(self)


@cache
def _records() -> dict[str, list[Raw]]:
    """Some records of each source, over all days."""
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        project = tt.Project(write_settings(Path(folder)))
        for name in SOURCES:
            sink = _Into()
            plan = Scenario(5, START_S, NOW // 1_000_000, "Europe/Berlin")
            for _ in backfill(source(name), plan, project.settings.source(name), sink):
                pass
            found[name] = sink[:: len(sink) // OF_EACH + 1]
    return found


def _answers(view: View) -> dict[str, Any]:
    """What is asked of all history, as plain values."""
    asked = question(view, "2d", None)
    presses = history(asked)
    return {
        "sites": {site: (view.first_us(site), view.last_us(site)) for site in view.sites()},
        "nodes": view.heartbeats(),
        "ages": kept_days.ages(view, NOW - 2 * DAY, NOW),
        "days": kept_days.days(view),
        "newest": stations.sightings_page(view.project, limit=3).rows.to_pylist(),
        "resting": resting_ids(view),
        "measured": sorted(map(str, ever_measured(view).to_pylist())),
        "ever": sorted(map(str, last_heard(view, Span(0, view.now_us)).to_pylist())),
        "presses": [table.to_pylist() for table in presses],
        "visits": sorted(map(str, tt.load("visit", since="3d", engine="arrow", project=view.project).to_pylist())),
    }


def _plainly(view: View) -> dict[str, Any]:
    """Some of the same, each by one question over everything."""
    run, tables = view.project.engine.run, {name: view.table(name) for name in ("sighting", "node_heartbeat")}
    ages = {"since_us": NOW - 2 * DAY, "until_us": NOW, "set_us": CLOCK_SET_US}
    newest = f"select {stations.COLUMNS} from sighting {stations.NEWEST} limit 3"
    heard = """select site, unix_micros(min(observed_at)) as a, unix_micros(max(observed_at)) as z
        from node_heartbeat group by site"""
    return {
        "sites": {row["site"]: (row["a"], row["z"]) for row in run(heard, tables).arrow().to_pylist()},
        "ages": run(kept_days.AGES, tables, **ages).arrow().to_pylist()[0],
        "newest": run(newest, tables).arrow().to_pylist(),
    }


def _do(project: tt.Project, what: str, number: int) -> None:
    if what == "settle":
        settle_all(project.lake, now_us=NOW)
    elif what == "merge":
        merge(project.lake, now_us=NOW, many=2)
    elif what == "purge":
        name = ("sighting", "node_heartbeat", "activity", "reading", "frame")[number % 5]
        drop(project.lake, project.lake.snapshot().of(name)[:1], now_us=NOW, freeze=bool(number % 2))
    elif what == "redecode":
        redecode(project.lake, now_us=NOW)
    elif what == "close":
        close_days(project, now_us=NOW)
    else:
        facts.note(project.lake, now_us=NOW)


JOBS = st.sampled_from(["settle", "settle", "merge", "purge", "redecode", "close", "note"])
LANDING = st.tuples(st.sampled_from(SOURCES), st.integers(0, OF_EACH - 1))
STEPS = st.lists(st.one_of(LANDING, LANDING, st.tuples(JOBS, st.integers(0, 9)), st.just(("ask", 0))), max_size=12)


@settings(deadline=None, max_examples=12, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(steps=STEPS)
def test_what_is_kept_answers_as_a_fresh_process_does(steps: list[tuple[str, int]]) -> None:
    """Whatever came, late or twice, and whatever was settled, merged, purged or decoded again since."""
    with tempfile.TemporaryDirectory() as folder:
        root = write_settings(Path(folder))
        kept = tt.Project(root, now=lambda: NOW)
        for what, number in [*steps, ("ask", 0)]:
            if what in SOURCES:
                landing = kept.landing()
                landing.put_many(_records()[what][number : number + 3])
                landing.close()
            elif what == "ask":
                fresh = tt.Project(root, now=lambda: NOW)
                found = answered(kept, _answers)
                assert found == answered(fresh, _answers)
                plain = answered(fresh, _plainly)
                assert {name: found[name] for name in plain} == plain
                fresh.close()
            else:
                _do(kept, what, number)
        kept.close()


@pytest.fixture
def project(tmp_path: Path) -> tt.Project:
    return tt.Project(write_settings(tmp_path), now=lambda: NOW)


def _land(project: tt.Project, *days_ago: int) -> None:
    landing = project.landing()
    body = b'{"network_id":7,"node_mac":"ac:86:74:00:00:01","version":1,"probe_requests":[]}'
    landing.put_many(Raw(0, "cloudtrax", NOW - days * DAY, "", "{}", body) for days in days_ago)
    landing.close()


def _asked(view: View, read: Callable[[Span], Any]) -> list[Any]:
    return pieces(view, "some", read, tables=("node_heartbeat",))


def test_only_the_block_of_days_that_changed_is_read_again(project: tt.Project) -> None:
    spans: list[Span] = []
    _land(project, 0, 1, 3 * BLOCK_D, BLOCK_D)
    settle_all(project.lake, now_us=NOW)
    _asked(project.view(), spans.append)
    assert len(spans) == 4, "the blocks with rows, the days of the last one that have ended, and today"
    assert [first.until_us <= then.since_us for first, then in pairwise(spans)] == [True] * 3
    assert spans[-1] == Span(NOW // DAY * DAY, FOREVER)

    for changed, days_ago in ((spans[-1], 0), (spans[0], 3 * BLOCK_D)):
        again: list[Span] = []
        _land(project, days_ago)
        _asked(project.view(), again.append)
        assert again == [changed]


def test_a_day_of_the_future_is_read_with_today(project: tt.Project) -> None:
    _land(project, -3)
    assert [row["site"] for part in _asked(project.view(), lambda span: _sites(project, span)) for row in part] == ["7"]


def _sites(project: tt.Project, span: Span) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = project.view().table("node_heartbeat", span).arrow().to_pylist()
    return rows


def test_upkeep_notes_what_files_hold_and_forgets_it_with_them(project: tt.Project) -> None:
    _land(project, 0, 2, 3)
    settle_all(project.lake, now_us=NOW)
    assert facts.note(project.lake, now_us=NOW) == 2, "today's may still be merged"
    assert facts.note(project.lake, now_us=NOW) == 0
    files = project.lake.snapshot().of("node_heartbeat")
    first, last = NOW - 3 * DAY, NOW
    assert answered(project, View.heartbeats) == {"7": {"ac:86:74:00:00:01": Span(first, last)}}
    drop(project.lake, files[:1], now_us=NOW, freeze=False)
    assert facts.note(project.lake, now_us=NOW + DAY) == 1, "of today's, which is yesterday's then"
    assert answered(project, View.heartbeats)["7"]["ac:86:74:00:00:01"].since_us == NOW - 2 * DAY


def test_the_newest_sightings_are_found_where_a_clock_was_ahead(tmp_path: Path) -> None:
    """Its row is filed under the moment of receipt, long ago, and its own time is the newest of all."""
    project = tt.Project(write_settings(tmp_path), now=lambda: NOW)
    landing = project.landing()
    for days, ahead_s in ((3, 9 * 86_400), (2, 0), (1, 0), (0, 0)):
        second = (NOW - days * DAY) // 1_000_000 + ahead_s
        row = (
            f'{{"mac":"3c:06:30:aa:bb:0{days}","count":3,"min_signal":-90,"max_signal":-50,"avg_signal":-60,'
            f'"first_seen":{second},"last_seen":{second},"associated":false}}'
        )
        body = f'{{"network_id":7,"node_mac":"ac:86:74:00:00:01","version":1,"probe_requests":[{row}]}}'
        landing.append(Raw(0, "cloudtrax", NOW - days * DAY, "", "{}", body.encode()))
    landing.close()
    settle_all(project.lake, now_us=NOW)
    page = stations.sightings_page(project, limit=2)
    assert page.total == 4
    assert [at.astimezone(dt.UTC).day for at in page.rows["last_seen"].to_pylist()] == [
        dt.datetime.fromtimestamp(NOW / 1e6 + days * 86_400, dt.UTC).day for days in (6, 0)
    ]
