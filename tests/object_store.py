"""An S3-compatible server of the tests' own, moto's, and a proxy in front of it that does what a store in trouble does.

Its bytes are those of the protocol: Arrow's client speaks to it as to any other.
"""

import http.client
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import pytest

from telltale.contract import Secrets
from telltale.lake.objects import ObjectRoot
from telltale.net import free_port
from telltale.settings.objects import ObjectAccess, S3Settings

ID, KEY, TOKEN = "AKIAMARKEDIDOFTESTS0", "marked/secret+of/the/tests/0123456789abc", "marked-session-token"
_STARTS_S = 60


class ObjectStore:
    """A running server: buckets, and what lies in them."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._numbers = count(1)

    def bucket(self) -> str:
        """The name of a new bucket."""
        name = f"bucket-{next(self._numbers)}"
        assert self.request("PUT", f"/{name}")[0] == 200
        return name

    def access(self, *, url: str = "", **settings: object) -> ObjectAccess:
        """How a lake reaches it, at its own address or a proxy's."""
        return access(url or self.url, **settings)

    def copy(self, bucket: str) -> str:
        """The name of a new bucket with the same objects."""
        name = self.bucket()
        old, new = (ObjectRoot(f"s3://{each}", self.access()) for each in (bucket, name))
        new.write({found.path: old.content(found.path) for found in old.walk()}, lambda _step: None, at_us=0)
        return name

    def request(self, method: str, path: str, body: bytes = b"") -> tuple[int, bytes]:
        """Status and body of an answer, without Arrow."""
        connection = http.client.HTTPConnection(urlsplit(self.url).netloc, timeout=20)
        try:
            # Moto looks whether a request is signed, not by whom.
            signed = {"Authorization": f"AWS4-HMAC-SHA256 Credential={ID}/20260101/us-east-1/s3/aws4_request"}
            connection.request(method, path, body, signed)
            reply = connection.getresponse()
            return reply.status, reply.read()
        finally:
            connection.close()

    def put(self, bucket: str, files: Mapping[str, Path]) -> None:
        """Put files by the paths they are to have, as any tool does."""
        for path, file in files.items():
            assert self.request("PUT", f"/{bucket}/{path}", file.read_bytes())[0] == 200

    def allow(self, root: Path) -> None:
        """Let the project in a folder in."""
        path = root / "secrets.toml"
        path.touch(mode=0o600)
        path.write_text(f"{path.read_text()}\n{SECRETS_TOML}")

    def toml(self, bucket: str, *, url: str = "") -> str:
        """What telltale.toml says of a lake in a bucket."""
        return f'[paths]\nlake_root = "s3://{bucket}/lake"\n[s3]\nendpoint = "{url or self.url}"\n'


def access(endpoint: str, **settings: object) -> ObjectAccess:
    """How a lake reaches an object store with the tests' credentials."""
    told = S3Settings.model_validate({"endpoint": endpoint, "connect_timeout_s": 2.0, **settings})
    return ObjectAccess(told, Secrets({"id": ID, "key": KEY}))


SECRETS_TOML = f'[s3]\nid = "{ID}"\nkey = "{KEY}"\n'


@pytest.fixture(scope="session")
def object_store() -> Iterator[ObjectStore]:
    """One for all tests of a worker; each makes buckets of its own."""
    with running() as store:
        yield store


@contextmanager
def running() -> Iterator[ObjectStore]:
    """A server of its own, for the length of a block."""
    port = free_port("127.0.0.1", 0)
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        try:
            store = ObjectStore(f"http://127.0.0.1:{port}")
            _wait(store, server)
            yield store
        finally:
            server.kill()


def _wait(store: ObjectStore, server: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + _STARTS_S
    while True:
        try:
            store.request("GET", "/moto-api/data.json")
        except OSError:
            assert server.poll() is None, "moto did not start"
            assert time.monotonic() < deadline, "moto does not answer"
            time.sleep(0.05)
        else:
            return


class Asked(NamedTuple):
    """A request on its way to the server."""

    method: str
    path: str
    headers: Mapping[str, str]


class Answer(NamedTuple):
    """What a proxy answers in the server's place."""

    status: int
    body: bytes = b""


CUT = Answer(0)
"""The connection ends without an answer."""


def error(status: int, code: str, message: str = "") -> Answer:
    """An error as S3 words it. Source: Amazon S3 API reference, REST error responses."""
    text = f'<?xml version="1.0" encoding="UTF-8"?><Error><Code>{code}</Code><Message>{message}</Message></Error>'
    return Answer(status, text.encode())


_OF_A_HOP = {"expect", "transfer-encoding", "content-length", "connection"}


class _Proxy(ThreadingHTTPServer):
    """Passes requests on, but those it answers itself."""

    daemon_threads = True

    def __init__(self, target: str, trouble: Callable[[Asked], Answer | None]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.target, self.trouble = urlsplit(target).netloc, trouble


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Proxy

    def handle_one_request(self) -> None:
        try:
            self.raw_requestline = self.rfile.readline(65_537)
            if self.raw_requestline and self.parse_request():
                self._pass_on()
            else:
                self.close_connection = True
        except (OSError, http.client.HTTPException):  # one of the two ends has gone
            self.close_connection = True

    def _pass_on(self) -> None:
        if self.headers.get("Expect", "").lower() == "100-continue":
            self.send_response_only(100)
            self.end_headers()
        body = self._chunks() if self.headers.get("Transfer-Encoding") == "chunked" else self._body()
        said = self.server.trouble(Asked(self.command, self.path, dict(self.headers)))
        if said is CUT:
            self.close_connection = True
        elif said is not None:
            self._answer(said.status, {"Content-Type": "application/xml"}, said.body)
        else:
            self._ask(body)

    def _body(self) -> bytes:
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def _chunks(self) -> bytes:
        """A body without a length ahead, and the chunks of Amazon's that it is made of."""
        parts = []
        while size := int(self.rfile.readline().split(b";")[0], 16):
            parts.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(parts)

    def _ask(self, body: bytes) -> None:
        connection = http.client.HTTPConnection(self.server.target, timeout=20)
        try:
            headers = {name: value for name, value in self.headers.items() if name.lower() not in _OF_A_HOP}
            connection.request(self.command, self.path, body, headers)
            reply = connection.getresponse()
            self._answer(reply.status, dict(reply.getheaders()), reply.read())
        finally:
            connection.close()

    def _answer(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        self.send_response_only(status)
        for name, value in headers.items():
            if name.lower() not in {"content-length", "connection", "transfer-encoding"}:
                self.send_header(name, value)
        is_head = self.command == "HEAD"
        self.send_header("Content-Length", headers.get("Content-Length", "0") if is_head else str(len(body)))
        self.end_headers()
        if not is_head:
            self.wfile.write(body)


@contextmanager
def proxied(store: ObjectStore, trouble: Callable[[Asked], Answer | None]) -> Iterator[str]:
    """The address of a proxy: what `trouble` answers, else what the server does."""
    with _Proxy(store.url, trouble) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join(10)
