"""A store on PostgreSQL as doctor, settle and the collector's health see it."""

from contextlib import closing
from pathlib import Path

import pytest

from telltale.contract import Raw, StoreError
from telltale.lake.settle import check_root, settle_all
from telltale.operate.doctor import examine
from telltale.settings import load
from telltale.workbench.project import Project
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
