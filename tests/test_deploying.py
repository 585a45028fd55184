"""docs/deploying.md: its blocks are run as they stand, with other names, ports and files."""

import http.client
import json
import os
import pwd
import re
import shlex
import shutil
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from telltale.lake.settle import settle_all
from telltale.net import free_port
from telltale.operate.doctor import examine
from telltale.settings import load
from telltale.sources import SOURCES
from telltale.workbench.project import Project
from tests.collectors.sockets import count
from tests.lake_fixture import hear, write_settings
from tests.object_store import ObjectStore
from tests.served import VECTOR, VECTOR_SIGNATURE, collecting, make_project

TEXT = (Path(__file__).parent.parent / "docs" / "deploying.md").read_text(encoding="utf-8")
LONG_SECRET = "6f1c0a4b9d2e8f37"


def blocks(kind: str) -> list[str]:
    return re.findall(rf"```{kind}\n(.*?)```", TEXT, re.DOTALL)


def test_each_block_is_run_below_or_marked() -> None:
    kinds = re.findall(r"^```(\w+)$", TEXT, re.MULTILINE)
    assert set(kinds) == {"sh", "toml", "nginx", "procfile"}
    text = re.sub(r"```\w+\n.*?```", "", TEXT, flags=re.DOTALL)
    for indented in re.finditer(r"\n\n((?:    .*\n)+)", text):
        before = text[: indented.start()].rpartition("\n## ")[2]
        assert re.search(r"\*not\s+run\s+here\*", before, re.IGNORECASE), indented[1]


@pytest.mark.slow
def test_the_commands_run_in_their_order(tmp_path: Path) -> None:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    known = {name: text for name, text in os.environ.items() if name != "TELLTALE_HOME"} | {"PATH": path}
    ports = "export TELLTALE_WEBHOOKS__PORT=0 TELLTALE_COAP__PORT=0 TELLTALE_DASHBOARD__PORT=0\n"
    # Whoever runs the tests may be root or not: a unit of the system is what an image is given by root.
    as_root = "import os, sys; os.geteuid = lambda: 0; from telltale.cli import main; main()"
    said = ""
    for block in blocks("sh"):
        script = f'telltale() {{ {shlex.quote(sys.executable)} -c {shlex.quote(as_root)} "$@"; }}\n{ports}{block}'
        command = ["sh", "-eu", "-c", script]
        done = subprocess.run(
            command, cwd=tmp_path, env=known, check=False, capture_output=True, text=True, timeout=120
        )
        assert done.returncode == 0, f"{block}\n{done.stdout}{done.stderr}"
        said += done.stdout
    assert "ExecStart=" in said
    unit = tmp_path / "image" / "etc" / "systemd" / "system" / "telltale.service"
    assert "To undo it:" in said
    assert f"TELLTALE_HOME={tmp_path / 'site'}" in unit.read_text()


# nginx


class Upstream(BaseHTTPRequestHandler):
    """Stands for the dashboards: says what it was asked. Below a path they are tested with the dashboards."""

    def do_GET(self) -> None:
        told = json.dumps({"path": self.path, **{name.lower(): value for name, value in self.headers.items()}}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(told)))
        self.end_headers()
        self.wfile.write(told)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def upstream() -> Iterator[int]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Upstream) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()


@contextmanager
def nginx(folder: Path, ports: dict[str, int]) -> Iterator[ssl.SSLContext]:
    """The block of the document in a real nginx; what a client trusts."""
    program = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
    if program is None:
        pytest.skip("nginx is not installed (Debian: nginx-light)")
    folder.mkdir()
    names = ["-subj", "/CN=telltale.example.org", "-addext", "subjectAltName=DNS:telltale.example.org"]
    files = ["-keyout", str(folder / "telltale.key"), "-out", str(folder / "telltale.pem")]
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", *names, *files],
        check=True,
        capture_output=True,
    )
    (site,) = blocks("nginx")
    for told, real in {
        "listen 443 ssl": f"listen 127.0.0.1:{ports['tls']} ssl",
        "listen 80": f"listen 127.0.0.1:{ports['plain']}",
        "127.0.0.1:8080": f"127.0.0.1:{ports['webhooks']}",
        "127.0.0.1:8866": f"127.0.0.1:{ports['dashboard']}",
        "/etc/ssl": str(folder),
    }.items():
        assert told in site
        site = site.replace(told, real)
    temporary = "".join(
        f"{name}_temp_path {folder}/{name};\n" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    user = f"user {pwd.getpwuid(0).pw_name};\n" if os.geteuid() == 0 else ""
    conf = folder / "nginx.conf"
    conf.write_text(
        f"{user}worker_processes 1;\npid {folder}/nginx.pid;\nevents {{ worker_connections 64; }}\n"
        f"http {{\naccess_log {folder}/access.log;\n{temporary}{site}}}\n"
    )
    command = [program, "-c", str(conf), "-p", str(folder), "-e", str(folder / "error.log"), "-g", "daemon off;"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 20
        while not _listens(ports["tls"]):
            assert process.poll() is None, (folder / "error.log").read_text()
            assert time.monotonic() < deadline, "nginx does not listen"
            time.sleep(0.02)
        yield ssl.create_default_context(cafile=str(folder / "telltale.pem"))
    finally:
        process.terminate()
        process.wait(20)


def _listens(port: int) -> bool:
    with suppress(OSError):
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
        return True
    return False


class Outside(http.client.HTTPSConnection):
    """A client elsewhere: by name, which leads here."""

    def __init__(self, port: int, trusting: ssl.SSLContext) -> None:
        super().__init__("telltale.example.org", port, timeout=20, context=trusting)
        self._trusting = trusting

    def connect(self) -> None:
        plain = socket.create_connection(("127.0.0.1", self.port), timeout=20)
        self.sock = self._trusting.wrap_socket(plain, server_hostname=self.host)


def ask(
    port: int, trusting: ssl.SSLContext, method: str, path: str, body: bytes = b"", **headers: str
) -> tuple[int, bytes]:
    with closing(Outside(port, trusting)) as connection:
        connection.request(method, path, body, headers)
        reply = connection.getresponse()
        return reply.status, reply.read()


def test_records_and_pages_go_through_nginx(tmp_path: Path) -> None:
    toml, _ = blocks("toml")
    root = make_project(tmp_path / "project", toml)
    assert load(root).dashboard.public_home == "https://telltale.example.org"
    with collecting(root) as collector, upstream() as pages:
        ports = {"webhooks": collector.port, "dashboard": pages, "tls": free_port("127.0.0.1", 0), "plain": 0}
        ports["plain"] = free_port("127.0.0.1", 0)
        with nginx(tmp_path / "nginx", ports) as trusting:
            status, _ = ask(ports["tls"], trusting, "POST", "/cloudtrax", VECTOR, Signature=VECTOR_SIGNATURE)
            assert status == 200
            large = ask(ports["tls"], trusting, "POST", "/cloudtrax", b"x" * (4 << 20), Signature=VECTOR_SIGNATURE)
            assert (large[0] in {400, 401, 403}, b"nginx" in large[1]) == (True, False), "the collector's own answer"
            status, said = ask(
                ports["tls"], trusting, "POST", "/sigfox/uplink", b"device=2d24e6&time=1795160000&data=00"
            )
            assert (status, b"secrets.toml" in said) == (401, True), "a source without a secret"
            assert ask(ports["tls"], trusting, "POST", "/efento/configure", b"{}")[0] == 403
            asked = json.loads(ask(ports["tls"], trusting, "GET", "/metrics")[1])
            assert (asked["path"], asked["host"]) == ("/metrics", f"telltale.example.org:{ports['tls']}"), "a page's"
            assert json.loads(ask(ports["tls"], trusting, "GET", "/presence", Upgrade="websocket")[1])["upgrade"]
            with closing(http.client.HTTPConnection("127.0.0.1", ports["plain"], timeout=20)) as plain:
                plain.request("GET", "/presence?period=7d", headers={"Host": "telltale.example.org"})
                moved = plain.getresponse()
                location = moved.getheader("Location")
            assert (moved.status, location) == (301, "https://telltale.example.org/presence?period=7d")
    assert count(root) == 1


def test_a_lake_that_is_moved_into_a_bucket_answers_from_there(tmp_path: Path, object_store: ObjectStore) -> None:
    """Copied by another tool than ours, and then added to."""
    _, toml = blocks("toml")
    root = write_settings(tmp_path / "project")
    before = Project(settings=load(root))
    hear(before, ("3c:06:30:aa:bb:01", "2026-11-20T12:00", "2026-11-20T13:00"))
    settle_all(before.lake, now_us=before.now_us())
    rows = before.view().table("sighting").arrow().num_rows
    before.close()
    bucket, lake = object_store.bucket(), root / "data" / "lake"
    object_store.put(bucket, {f"site-a/{file.relative_to(lake)}": file for file in lake.rglob("*.parquet")})
    shutil.rmtree(lake)

    at_home = toml.replace("s3://signals/", f"s3://{bucket}/").replace(
        "https://objects.example.org:9000", object_store.url
    )
    (root / "telltale.toml").write_text((root / "telltale.toml").read_text() + at_home)
    object_store.allow(root)
    project = Project(settings=load(root))
    assert (project.settings.s3.region, project.lake.root.shown) == ("eu-central-1", f"s3://{bucket}/site-a")
    assert [found.state for found in examine(project) if found.check == "lake"] == ["ok"]
    assert project.view().table("sighting").arrow().num_rows == rows > 0
    project.close()


def test_nginx_passes_on_every_path_of_a_source() -> None:
    (pattern,) = re.findall(r"location ~ (\S+) \{", blocks("nginx")[0])
    known = [route.path for source in SOURCES if source.transport == "http" for route in source.routes]
    known += [source.orders.path for source in SOURCES if source.orders is not None]
    assert [path for path in known if not re.match(pattern, path)] == []


# Platforms


def test_the_web_line_listens_where_the_platform_says(tmp_path: Path) -> None:
    (procfile,) = blocks("procfile")
    line = dict(each.split(": ", 1) for each in procfile.splitlines())["web"]
    root, port = make_project(tmp_path, secrets=""), free_port("0.0.0.0", 0)
    command = [sys.executable, "-m", *shlex.split(line)]
    told = os.environ | {"TELLTALE_HOME": str(root), "PORT": str(port)}
    refused = subprocess.run(command, env=told, check=False, capture_output=True, text=True, timeout=60)
    assert "a public address needs a source with its secret" in refused.stderr
    told["TELLTALE_SECRET_CLOUDTRAX_71234"] = LONG_SECRET
    with subprocess.Popen(command, env=told, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stderr is not None
            said = next(each for each in process.stderr if "listens on" in each)
            assert f"http://0.0.0.0:{port} for cloudtrax" in said
            deadline = time.monotonic() + 60
            while not _listens(port) and process.poll() is None:
                assert time.monotonic() < deadline
                time.sleep(0.05)
            assert process.poll() is None
        finally:
            process.terminate()
            process.communicate(timeout=30)
