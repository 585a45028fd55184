"""A ThingWorx server as far as the forwarder can tell: checks key, content type and path, answers as it is told.

`answers` are given one after another to correct calls, then 200 without a body. A wrong key is 401 before all else.
"""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple
from urllib.parse import unquote

APP_KEY = "k3y-of-things"


class Answer(NamedTuple):
    """What to say."""

    status: int = 200
    body: bytes = b""
    content_type: str = ""
    retry_after: str = ""
    after_s: float = 0.0


LOGIN_PAGE = Answer(200, b"<html>log in</html>", "text/html;charset=UTF-8")


class Call(NamedTuple):
    """A call that was understood."""

    method: str
    path: tuple[str, ...]
    """Below /Thingworx, decoded segment by segment."""
    body: dict[str, Any]
    cookie: str
    connection: int
    """The client's port: equal for calls over one connection."""


@dataclass
class FakeThingworx:
    """What the server was asked, and what it will answer."""

    port: int = 0
    answers: list[Answer] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/Thingworx"


@contextmanager
def fake_thingworx(*answers: Answer) -> Iterator[FakeThingworx]:
    """The server on a free loopback port."""
    fake = FakeThingworx(answers=list(answers))
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(fake))
    fake.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield fake
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _handler(fake: FakeThingworx) -> type[BaseHTTPRequestHandler]:  # noqa: C901 - the class is counted as one
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            answer = self._refusal() or self._take(body)
            time.sleep(answer.after_s)
            self._say(answer)

        do_PUT = do_POST  # noqa: N815 - http.server's name

        def log_message(self, *_: object) -> None:
            """Say nothing on stderr."""

        def _refusal(self) -> Answer | None:
            if self.headers.get("appKey") != APP_KEY:
                return Answer(401, b"no such key", "text/plain")
            if self.headers.get("Content-Type") != "application/json":
                return Answer(415)
            return Answer(406) if self.headers.get("Accept") != "application/json" else None

        def _take(self, body: bytes) -> Answer:
            _empty, root, *segments = self.path.split("/")
            if root != "Thingworx" or "?" in self.path:
                return Answer(404)
            path = tuple(unquote(segment) for segment in segments)
            cookie = self.headers.get("Cookie", "")
            fake.calls.append(Call(self.command, path, json.loads(body), cookie, self.client_address[1]))
            return fake.answers.pop(0) if fake.answers else Answer()

        def _say(self, answer: Answer) -> None:
            self.send_response(answer.status)
            self.send_header("Content-Length", str(len(answer.body)))
            self.send_header("Set-Cookie", "JSESSIONID=s1; Path=/Thingworx; HttpOnly")
            if answer.content_type:
                self.send_header("Content-Type", answer.content_type)
            if answer.retry_after:
                self.send_header("Retry-After", answer.retry_after)
            self.end_headers()
            self.wfile.write(answer.body)

    return Handler
