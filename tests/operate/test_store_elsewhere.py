"""A store on PostgreSQL as doctor, settle and the collector's health see it."""

from contextlib import closing
from pathlib import Path

import pytest

import telltale as tt
from telltale.contract import Raw, StoreError
from telltale.lake.settle import check_root, settle_all
from telltale.operate.doctor import examine
from telltale.operate.retention.closing import count_late
from telltale.settings import load
from telltale.workbench.project import Project
from tests.lake_fixture import at, hear, report, write_settings
from tests.operate.test_retention import GUEST, VISITOR, run
from tests.postgres import own_server
from tests.served import collecting, make_project
from tests.stores import Server

pytestmark = pytest.mark.slow


def test_doctor_names_the_store_and_how_its_server_may_lose_records(postgresql: Server, tmp_path: Path) -> None:
    """The tests' server is told not to wait for its disk."""
    with postgresql.one() as url, closing(Project(settings=load(make_project(tmp_path, toml(url))))) as project:
        said = [each for each in examine(project) if each.check == "store"]
        assert [each.state for each in said] == ["wrong", "wrong"]
        assert "fsync = off: a power failure loses records" in said[0].found


def test_a_lake_that_another_host_cannot_reach_is_refused(
    postgresql: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with postgresql.one() as url:
        first, second = (Project(settings=load(make_project(tmp_path / name, toml(url)))) for name in ("one", "two"))
        with closing(first), closing(second):
            with first.store.appender() as connection:
                first.store.insert(connection, [Raw(0, "cloudtrax", first.now_us(), "192.0.2.1", "{}", b"{}")])
            with monkeypatch.context() as elsewhere:
                elsewhere.setattr("telltale.lake.lake.HOST", "another")
                settle_all(first.lake, now_us=first.now_us())
            check_root(first.lake)
            with pytest.raises(StoreError, match=r"host another has listed .* share"):
                settle_all(second.lake, now_us=second.now_us())
            assert [each.state for each in examine(second) if each.check == "lake"] == ["wrong"]


def test_late_rows_whose_ids_show_later_are_counted(postgresql: Server, tmp_path: Path) -> None:
    """They have smaller ids than what is seen first: who counts up to an id waits for those below it."""
    second = at("2026-11-20 15:00") // 10**6
    body = report("AC:86:74:11:22:33", [(GUEST, -50, second, second)])
    late = Raw(0, "cloudtrax", at("2026-11-22 06:00"), "192.0.2.1", "{}", body)
    with postgresql.one() as url, closing(tt.Project(write_settings(tmp_path, keep=False, more=toml(url)))) as project:
        hear(project, (VISITOR, "2026-11-20 10:00", "2026-11-20 11:00"))
        run(project, "2026-11-22 04:00")
        now_us = at("2026-11-22 06:10")
        with project.store.appender() as connection:
            project.store.insert(connection, [late])
            hear(project, (GUEST, "2026-11-20 16:00", "2026-11-20 16:00"), received="2026-11-22 06:00")
            with pytest.raises(StoreError, match="lock timeout"):
                count_late(project, now_us=now_us)
        for _ in range(2):
            count_late(project, now_us=now_us)
        assert {row.day.isoformat(): row.late for row in project.lake.closed_days().values()}["2026-11-20"] == 2


def test_the_collectors_health_follows_the_server(tmp_path: Path) -> None:
    with own_server() as server, collecting(make_project(tmp_path, toml(server.url))) as collector:
        assert collector.post_vector().status == 200
        server.stop()
        assert collector.post_vector().status == 503
        health = collector.send("GET", "/healthz")
        assert health.status == 503
        assert b"is its server running" in health.body
        server.start()
        assert collector.post_vector().status == 200
        assert collector.send("GET", "/healthz").status == 200


def toml(url: str) -> str:
    return f'[paths]\nstore_url = "{url}"\n'
