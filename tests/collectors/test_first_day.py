"""What the tutorials' senders meet on a fresh project, as printed: the real collector on loopback, no secret set."""

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from collectors.http.unknown import MOST_HINTS, MOST_PATHS, OTHERS, Unknown
from telltale.contract import Request
from telltale.dashboard.links import Note, noted
from telltale.door import open_door
from telltale.settings import load
from telltale.sources import SOURCES
from telltale.workbench.project import Project
from telltale.workbench.reading import load as rows_of
from tests.collectors.sockets import count, refused, until
from tests.served import Collector, collecting, make_project

SEEN_S = 1_474_980_000
"""27 September 2016."""
SAMPLE = json.dumps(
    {
        "network_id": 71234,
        "node_mac": "AC:86:74:11:22:33",
        "version": 1,
        "probe_requests": [
            {
                "mac": f"3c:06:30:aa:bb:0{n}",
                "count": n + 1,
                "min_signal": -80 + n,
                "max_signal": -60 + n,
                "avg_signal": -70 + n,
                "first_seen": SEEN_S + n,
                "last_seen": SEEN_S + 20 + n,
                "associated": False,
            }
            for n in range(5)
        ],
    }
).encode()
"""As the tutorial's: five rows, unsigned, long ago."""
TEMPERATURE = b'{"device":"2D24E6","time":"1795160029","temp":42}'
"""The Flask tutorial's body."""
SECRET = "n3v3r-Gu3ss3d-0f-1t"
TUNNEL = {"Host": "bold-fox.tunnel.example", "X-Forwarded-For": "203.0.113.9"}


@pytest.fixture(scope="module")
def collector(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Collector]:
    with collecting(make_project(tmp_path_factory.mktemp("first"), secrets="")) as running:
        yield running


@pytest.mark.parametrize("path", ["/receive", "/recieve", "/receive/", "/cloudtrax//"])
def test_the_cloudtrax_sample_is_let_in_unsigned_and_told_what_is_missing(collector: Collector, path: str) -> None:
    before = count(collector.root)
    reply = collector.send("POST", path, SAMPLE, {"Content-Type": "application/json"})
    assert (reply.status, count(collector.root)) == (200, before + 1)
    assert b"no secret is set" in reply.body
    near = json.loads(collector.send("GET", "/healthz").body)
    assert near["without_secret"] == ["cloudtrax", "meraki", "sigfox"]


@pytest.mark.parametrize("path", ["/data/1", "/data/1/"])
def test_the_flask_tutorials_body_is_a_reading(collector: Collector, path: str) -> None:
    assert collector.send("POST", path, TEMPERATURE, {"Content-Type": "application/json"}).status == 200
    rows = rows_of("reading", engine="arrow", project=Project(collector.root)).to_pylist()
    assert {(row["channel"], row["quantity"], row["value"]) for row in rows} == {("1", "temp", 42.0)}


TUNNELS = [
    ("another Host", "/data/1", {"Host": TUNNEL["Host"]}, 403, "foreign_host"),
    ("another Host and a proxy's header", "/data/1", TUNNEL, 403, "foreign_host"),
    ("a proxy's header alone", "/data/1", {"X-Forwarded-For": "203.0.113.9"}, 401, "no_secret"),
    ("cloudtrax, another Host", "/receive", {"Host": TUNNEL["Host"]}, 403, "foreign_host"),
    ("cloudtrax, a proxy's header alone", "/receive", {"X-Forwarded-For": "203.0.113.9"}, 401, "no_secret"),
]


@pytest.mark.parametrize(
    ("path", "headers", "status", "reason"), [pytest.param(*row[1:], id=row[0]) for row in TUNNELS]
)
def test_through_a_tunnel_nothing_is_stored_and_the_lines_to_paste_are_printed(
    collector: Collector, path: str, headers: dict[str, str], status: int, reason: str
) -> None:
    before, is_sigfox = count(collector.root), path == "/data/1"
    source = "sigfox" if is_sigfox else "cloudtrax"
    reply = collector.send("POST", path, TEMPERATURE if is_sigfox else SAMPLE, headers)
    assert (reply.status, reply.body.decode().splitlines()[0]) == (status, reason)
    assert f"[{source}]" in reply.body.decode().splitlines()
    assert count(collector.root) == before

    def is_listed() -> bool:
        details = [detail for each, why, detail in refused(collector.root) if (each, why) == (source, reason)]
        wanted = ('backend = "<secret>"', "Authorization: Bearer <secret>") if is_sigfox else ('= "<secret>"',)
        return any(all(line in detail for line in wanted) for detail in details)

    until(is_listed, "not in the list with its lines")


def test_with_the_pasted_lines_the_tutorials_body_is_stored_through_the_tunnel(
    collector: Collector, tmp_path: Path
) -> None:
    lines = (
        collector.send("POST", "/data/1", TEMPERATURE, TUNNEL).body.decode().replace("<secret>", SECRET).splitlines()
    )
    start = lines.index("[sigfox]")
    header = next(line for line in lines if line.startswith("Authorization:"))
    name, value = header.split(": ")
    root = make_project(tmp_path, secrets="\n".join(lines[start : start + 2]))
    with collecting(root) as running:
        assert running.send("POST", "/data/1", TEMPERATURE, TUNNEL).status == 401
        assert running.send("POST", "/data/1", TEMPERATURE, {**TUNNEL, name: value}).status == 200
    assert count(root) == 1


def test_on_a_public_address_nothing_is_let_in_unsigned(tmp_path: Path) -> None:
    """Beside a source that has its secret; that one with a secret refuses it is test_webhooks.py."""
    root = make_project(tmp_path, secrets=f'[sigfox]\na = "{SECRET}"\n')
    with collecting(root, host="0.0.0.0") as running:
        running.host = "127.0.0.1"
        assert running.send("POST", "/receive", SAMPLE).status == 404
        assert running.send("POST", "/data/1", TEMPERATURE).status == 401
    assert count(root) == 0


UNKNOWN = [
    ("POST", "/cloudtrx", 404, b'unknown_path\nnothing is received here; did you mean "/cloudtrax"?\n'),
    ("POST", "/data", 404, b'unknown_path\nnothing is received here; did you mean "/data/<sensor>"?\n'),
    ("POST", "/3c:06:30:aa:bb:01/x", 404, b"unknown_path\nnothing is received here\n"),
    ("GET", "/receive", 405, b"wrong_method\nnothing is received here; expected POST\n"),
    ("DELETE", "/sigfox/uplink", 405, b"wrong_method\nnothing is received here; expected GET or POST or PUT\n"),
]


def test_unknown_paths_are_answered_with_the_nearest_and_counted(collector: Collector) -> None:
    for _ in range(10):
        for method, path, status, answer in UNKNOWN:
            reply = collector.send(method, path, b"a body that nobody reads")
            assert (reply.status, reply.body) == (status, answer)
    counts = json.loads(collector.send("GET", "/healthz").body)["unknown_paths"]
    shown = {"POST /cloudtrx", "POST /data", "POST /…", "GET /receive", "DELETE /sigfox/…"}
    assert {name: counts[name] for name in shown} == dict.fromkeys(shown, 10)
    metrics = collector.send("GET", "/metrics").body.decode()
    assert 'telltale_unknown_paths_total{path="POST /cloudtrx"} 10.0' in metrics
    assert "aa:bb" not in metrics
    wanted = 'POST /cloudtrx: nothing is received there; did you mean "/cloudtrax"?'
    rows = {
        ("webhooks", "unknown_path", wanted),
        ("webhooks", "unknown_path", f"{wanted} (asked 10 times within an hour)"),
    }
    until(lambda: rows <= set(refused(collector.root)), f"not in the list: {refused(collector.root)}")
    assert len([row for row in refused(collector.root) if row[0] == "webhooks"]) == 2 * len(UNKNOWN)


def test_a_flood_of_unknown_paths_is_counted_in_bounded_memory_and_answered_shortly(tmp_path: Path) -> None:
    settings = load(make_project(tmp_path, secrets=""))
    door, hour = open_door(settings, SOURCES), [0.0]
    names: list[str] = []
    unknown = Unknown(door, names.append, clock=lambda: hour[0])
    request = Request("", 0, "", "http", "POST", "/", {}, "", b"")
    for n in range(3 * MOST_PATHS):
        reply, _ = unknown.answer(request._replace(path=f"/receiv{'abcdefghij'[n % 10]}{n}"), [])
        assert reply.status == 404
    assert len(unknown.counts) == len(set(names)) == MOST_PATHS + 1
    assert unknown.counts[OTHERS] == 2 * MOST_PATHS
    answers = {unknown.answer(request._replace(path="/receivy"), [])[0].body for _ in range(MOST_HINTS + 1)}
    assert len(answers) == 2, "no hint for what is asked for so often"
    assert b"mean" not in unknown.answer(request._replace(path="/receive" * 20), [])[0].body
    hour[0] = 3600.0
    assert b'did you mean "/cloudtrax"' in unknown.answer(request._replace(path="/cloudtrx"), [])[0].body
    door.close()


@contextmanager
def listening(root: Path, host: str = "127.0.0.1") -> Iterator[int]:
    """Something that listens where a server of dashboards has noted that it does."""
    with socket.create_server((host, 0)) as server:
        port = server.getsockname()[1]
        with noted(load(root), port, Note(f"http://127.0.0.1:{port}", "")):
            yield port


NAMES = [
    ("localhost:8080", {}, "http://localhost:{}/sensors"),
    ("127.0.0.1:8080", {}, "http://127.0.0.1:{}/sensors"),
    ("127.0.0.1:8080", {"X-Forwarded-For": "203.0.113.9"}, "public_url"),
    ("desk.lan:8080", {}, "public_url"),
    ("localhost.evil.example", {}, "public_url"),
]


@pytest.mark.parametrize(("host", "headers", "leads"), NAMES)
def test_the_graph_leads_to_the_running_dashboards_under_a_loopback_name(
    collector: Collector, host: str, headers: dict[str, str], leads: str
) -> None:
    with listening(collector.root) as port:
        reply = collector.send("GET", "/graph", headers={"Host": host, **headers})
    if leads.startswith("http"):
        assert (reply.status, reply.headers["location"]) == (302, leads.format(port))
    else:
        assert (reply.status, reply.body.count(b".\n"), b"public_url" in reply.body) == (404, 1, True)


def test_the_graph_says_how_to_start_dashboards_that_do_not_run(collector: Collector) -> None:
    folder = load(collector.root).data / "run"
    folder.mkdir(exist_ok=True)
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    killed = folder / "dashboard-1.json"
    killed.write_text(json.dumps({"address": f"http://127.0.0.1:{port}", "secret": ""}))
    reply = collector.send("GET", "/graph/")
    killed.unlink()
    assert (reply.status, b"telltale dashboard" in reply.body) == (404, True)


def test_the_graph_leads_to_the_public_address_where_it_is_set(tmp_path: Path) -> None:
    root = make_project(tmp_path, '[dashboard]\npublic_url = "https://telltale.example.org"\n', secrets="")
    with collecting(root) as running:
        for host in ("localhost:8080", "anything.example"):
            reply = running.send("GET", "/graph", headers={"Host": host})
            assert (reply.status, reply.headers["location"]) == (302, "https://telltale.example.org/sensors")
