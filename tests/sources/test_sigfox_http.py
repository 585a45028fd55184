"""Sigfox callbacks as the backend and the tutorials' devices send them: the real collector on loopback."""

import json
from collections.abc import Iterator

import pytest

from telltale.workbench.project import Project
from telltale.workbench.reading import load, sql
from tests.served import Collector, collecting, make_project

TOML = """
[sources.sigfox]
payload = "temp::int:8"
[sources.sigfox.endpoints.labs]
fields = { device = "thing" }
"""
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
JSON = {"Content-Type": "application/json"}


@pytest.fixture(scope="module")
def collector(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Collector]:
    with collecting(make_project(tmp_path_factory.mktemp("sigfox"), TOML)) as running:
        yield running


WIRES: list[tuple[str, str, bytes, dict[str, str], int]] = [
    ("POST", "/sigfox/uplink", b'{"device":"A1","time":1795165200,"data":"2A","seqNumber":1}', JSON, 204),
    ("POST", "/sigfox/uplink", b"id=A2&time=1795165200&data=2A&seqNumber=1", FORM, 204),
    ("PUT", "/sigfox/uplink", b'{"device":"A3","time":"1795165200","data":"2A","seqNumber":"1"}', {}, 204),
    ("GET", "/sigfox/uplink?device=A4&time=1795165200&data=2A&seqNumber=1", b"", {}, 204),
    ("POST", "/sigfox/uplink/labs?time=1795165200", b'{"thing":"A5","data":"2A"}', JSON, 204),
    ("POST", "/messages/create", b"device=A6&time=1795165200&data=2A", FORM, 201),
    ("POST", "/data/K%C3%BCche", b'{"device":"A7","time":"1795165200","temp":42}', JSON, 200),
]


def test_every_wire_and_address_gives_the_same_reading(collector: Collector) -> None:
    for method, path, body, headers, status in WIRES:
        reply = collector.send(method, path, body, headers)
        assert (reply.status, reply.body) == (status, b""), path
    with_project = Project(collector.root)
    rows = load("reading", engine="arrow", project=with_project).to_pylist()
    told = [(row["device_id"], row["channel"], row["quantity"], row["value"]) for row in rows]
    expected = [(f"sigfox:a{n}", "Küche" if n == 7 else "", "temp", 42.0) for n in range(1, 8)]
    assert sorted(told) == expected
    uplinks = sql("select count(*) as n, count(seq) as numbered from uplink", project=with_project)
    assert uplinks.to_dict("records") == [{"n": 7, "numbered": 4}]


SERVICES: list[tuple[str, str, bytes]] = [
    ("GET", "/sigfox/status?device=C1&time=1795165200&batt=3.6&seqNumber=4", b""),
    ("PUT", "/sigfox/ack/labs", b'{"thing":"C1","time":1795165260,"infoCode":0}'),
    ("POST", "/sigfox/error", b"device=C1&time=1795165320&severity=WARN"),
    ("POST", "/sigfox/batch?batch=C1%3B1795165380%3B2A%0AC1%3B1795165440%3B2B", b""),
    ("POST", "/sigfox/advanced", b'{"device":"C1","time":1795165380,"data":"2A","lqi":"Good","computedLocation":null}'),
]


def test_other_callbacks_and_batches_come_over_every_method(collector: Collector) -> None:
    for method, path, body in SERVICES:
        assert collector.send(method, path, body).status == 204, path
    project = Project(collector.root)
    kinds = sql("select kind from device_status where device_id = 'sigfox:c1' order by observed_at", project=project)
    assert kinds["kind"].tolist() == ["status", "acknowledge", "error"]
    text = "select seq, data, link_quality from uplink where device_id = 'sigfox:c1' order by observed_at"
    rows = sql(text, project=project).astype(object).where(lambda told: told.notna(), None)
    assert rows.to_numpy().tolist() == [[4, None, None], [None, "2a", "good"], [None, "2b", None]]


def test_the_query_is_kept_where_it_is_the_record(collector: Collector) -> None:
    collector.send("GET", "/sigfox/uplink?device=B1&time=1795165200&data=")
    project = Project(collector.root)
    newest = max(project.lake.snapshot().hot, key=lambda raw: raw.id)
    assert (newest.body, json.loads(newest.meta)["query"]) == (b"", "device=B1&time=1795165200&data=")


def test_what_has_nothing_in_it_or_no_address_is_refused(collector: Collector) -> None:
    assert (collector.send("POST", "/sigfox/uplink").status, collector.send("GET", "/sigfox/uplink").status) == (
        400,
        400,
    )
    assert collector.send("POST", "/sigfox/uplink/a/b", b"x").status == 404
    assert collector.send("POST", "/data/", b"x").status == 404
    proxied = {"X-Forwarded-For": "185.110.97.12"}
    assert collector.send("POST", "/sigfox/uplink", b"x", proxied).status == 401
