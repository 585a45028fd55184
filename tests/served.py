"""A project in a folder and its real collector on loopback, for the tests that speak HTTP to it."""

import http.client
import os
import re
import signal
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from telltale.net import free_port

SECRET = "telltale"
NETWORK = "71234"

VECTOR = (
    b'{"network_id":71234,"node_mac":"AC:86:74:11:22:33","version":1,"probe_requests":[{"mac":"3c:06:30:aa:bb:01",'
    b'"count":14,"min_signal":-71,"max_signal":-52,"avg_signal":-60,"last_seen_signal":-55,"first_seen":1795160000,'
    b'"last_seen":1795160029,"associated":true}]}'
)
"""The signed report of wire/presence.md 1.3, and its signature."""
VECTOR_SIGNATURE = "89e2fb2ce8901cdde5b0c5d0ccbb3cbd6a825fd5f78820d2ccdf9bec518722ec"


LIMITED = """
import os, resource, sys
resource.setrlimit(resource.RLIMIT_NOFILE, (int(sys.argv[1]), int(sys.argv[2])))
os.execv(sys.argv[3], sys.argv[3:])
"""
"""A program that starts another with fewer open files."""


@dataclass
class Reply:
    status: int
    headers: dict[str, str]
    body: bytes


@dataclass
class Collector:
    """A running collector: where it listens, and its process."""

    root: Path
    host: str
    port: int
    process: "subprocess.Popen[bytes]"
    log: Path
    trusting: ssl.SSLContext | None = None
    """Of a collector of HTTPS: which certificates to trust."""

    def send(
        self,
        method: str,
        path: str,
        body: bytes = b"",
        headers: dict[str, str] | None = None,
        *,
        encode_chunked: bool = False,
    ) -> Reply:
        """One request on a connection of its own."""
        connection = (
            http.client.HTTPConnection(self.host, self.port, timeout=20)
            if self.trusting is None
            else http.client.HTTPSConnection(self.host, self.port, timeout=20, context=self.trusting)
        )
        try:
            content = iter([body[:100], body[100:]]) if encode_chunked else body
            connection.request(method, path, content, headers or {}, encode_chunked=encode_chunked)
            reply = connection.getresponse()
            return Reply(reply.status, {k.lower(): v for k, v in reply.getheaders()}, reply.read())
        finally:
            connection.close()

    def post_vector(self, path: str = "/cloudtrax") -> Reply:
        return self.send("POST", path, VECTOR, {"Signature": VECTOR_SIGNATURE})

    def terminate(self) -> int:
        """SIGTERM and wait."""
        self.process.terminate()
        return self.process.wait(30)

    def kill(self) -> None:
        """`kill -9` the collector with its worker, as when the machine kills it."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(30)


def make_project(root: Path, toml: str = "", *, secrets: str | None = None) -> Path:
    """A project folder that knows the secret of the signed vector."""
    root.mkdir(parents=True, exist_ok=True)
    (root / "telltale.toml").write_text(toml, encoding="utf-8")
    path = root / "secrets.toml"
    path.write_text(f'[cloudtrax]\n{NETWORK} = "{SECRET}"\n' if secrets is None else secrets, encoding="utf-8")
    path.chmod(0o600)
    return root


@contextmanager
def collecting(root: Path, *, host: str = "127.0.0.1", **start_options: Any) -> Iterator[Collector]:
    """The webhook collector of a project, started as a user starts it; killed at the end if it still runs."""
    collector = start(root, host=host, **start_options)
    try:
        yield collector
    finally:
        if collector.process.poll() is None:
            collector.kill()


def start(
    root: Path,
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    trusting: ssl.SSLContext | None = None,
    open_files: tuple[int, int] | None = None,
) -> Collector:
    """Start the collector and wait until it answers; `open_files` are the soft and the hard limit it starts with."""
    port = port or free_port(host, 0)
    log = root / f"collector-{port}.log"
    command = [sys.executable, "-m", "telltale", "--project", str(root), "collect", "webhooks"]
    if open_files is not None:
        command = [sys.executable, "-c", LIMITED, *map(str, open_files), *command]
    with log.open("ab") as file:
        process = subprocess.Popen(
            [*command, "--host", host, "--port", str(port)], stderr=file, stdout=file, start_new_session=True
        )
    collector = Collector(root, host, port, process, log, trusting)
    deadline = time.monotonic() + 60
    while process.poll() is None and time.monotonic() < deadline:
        try:
            if collector.send("GET", "/healthz").status == 200:
                return collector
        except OSError:
            time.sleep(0.05)
    raise AssertionError(f"the collector did not start: {log.read_text()}")


def telltale(root: Path | None, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """One command as a user runs it, with its output and exit code."""
    project = [] if root is None else ["--project", str(root)]
    command = [sys.executable, "-m", "telltale", *project, *arguments]
    return subprocess.run(command, check=False, capture_output=True, text=True, timeout=120)


def said_by_us(stderr: str) -> str:
    """What a command that ran a kernel said, without the line libzmq may leave when a kernel ends after its work."""
    return re.sub(r"Assertion failed: .*\(src/signaler\.cpp:\d+\)\n", "", stderr)
