"""The stand-in for the Sigfox backend, against a real HTTP server that notes what it is told."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

import pytest

from telltale.contract import ConfigError
from telltale.simulate.sigfox_network import Backend, Frame

NOW_S = 1_795_165_200.9
UP = Frame("002D24E6", b"100", 4097, wants_answer=False)
DOWN = UP._replace(wants_answer=True)


class Collector(ThreadingHTTPServer):
    """Answers with what `replies` holds, one after the other, then 204."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.told: list[tuple[str, dict[str, str], bytes]] = []
        self.replies: list[tuple[int, bytes]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    server: Collector

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.told.append((self.path, dict(self.headers), body))
        status, answer = self.server.replies.pop(0) if self.server.replies else (204, b"")
        self.send_response(status)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_: Any) -> None:
        """Nothing."""


@pytest.fixture
def collector() -> Iterator[Collector]:
    server = Collector()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join(5)


def until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not true():
        assert time.monotonic() < deadline, "it did not come about in time"
        time.sleep(0.005)


def test_an_uplink_is_told_as_the_backend_does(collector: Collector) -> None:
    """The id without its zeros, whole seconds, the number modulo 4096: 4097 - 4096 = 1."""
    backend = Backend(collector.url, secret="s3cret", type_id="5d8cdc8fe833d917af81f4c1", now=lambda: NOW_S)
    assert backend(UP) is None
    until(lambda: bool(collector.told))
    backend.close()
    path, headers, body = collector.told[0]
    assert path == "/sigfox/uplink"
    assert headers["Authorization"] == "Bearer s3cret"
    assert json.loads(body) == {
        "device": "2D24E6",
        "time": 1_795_165_200,
        "data": "313030",
        "seqNumber": 1,
        "ack": False,
        "deviceTypeId": "5d8cdc8fe833d917af81f4c1",
    }


def test_a_form_goes_where_the_address_says(collector: Collector) -> None:
    backend = Backend(f"{collector.url}/messages/create", form=True, now=lambda: NOW_S)
    backend(UP)
    until(lambda: bool(collector.told))
    backend.close()
    path, headers, body = collector.told[0]
    assert (path, headers["Content-Type"]) == ("/messages/create", "application/x-www-form-urlencoded")
    assert parse_qs(body.decode())["ack"] == ["false"]
    assert "Authorization" not in headers


@pytest.mark.parametrize(
    ("status", "reply", "answer"),
    [
        (200, b'{"2D24E6": {"downlinkData": "0123456789abcdef"}}', "0123456789abcdef"),
        (200, b'{"2d24e6": {"downlinkData": "0123456789ABCDEF"}, "1": {}}', "0123456789abcdef"),
        (200, b'{"2D24E6": {"noData": true}}', None),
        (200, b'{"2D24E7": {"downlinkData": "0123456789abcdef"}}', None),
        (200, b'{"2D24E6": {"downlinkData": "0123456789abcd"}}', None),
        (200, b'{"2D24E6": {"downlinkData": "xx23456789abcdef"}}', None),
        (200, b"ok", None),
        (200, b"[]", None),
        (204, b"", None),
    ],
)
def test_what_goes_down(collector: Collector, status: int, reply: bytes, answer: str | None) -> None:
    collector.replies = [(status, reply)]
    backend = Backend(collector.url, now=lambda: NOW_S)
    assert backend(DOWN) == (bytes.fromhex(answer) if answer else None)
    backend.close()
    paths = [path for path, _, _ in collector.told]
    assert paths == ["/sigfox/downlink", *(["/sigfox/ack"] if answer else [])]
    if answer:
        told = json.loads(collector.told[1][2])
        assert (told["device"], told["infoCode"], told["downlinkAck"]) == ("2D24E6", 0, True)


def test_what_is_not_answered_is_told_again(collector: Collector) -> None:
    collector.replies = [(503, b""), (500, b""), (204, b"")]
    backend = Backend(collector.url, now=lambda: NOW_S, retries_s=(0.01, 0.01, 0.01))
    backend(UP)
    until(lambda: len(collector.told) == 3)
    backend.close()
    assert len({body for _, _, body in collector.told}) == 1
    assert len(collector.told) == 3, "once it was answered, no more"


def test_nobody_there_is_no_error_of_the_modem() -> None:
    backend = Backend("http://127.0.0.1:9", now=lambda: NOW_S, retries_s=())
    assert backend(UP) is None
    assert backend(DOWN) is None
    backend.close()


@pytest.mark.parametrize("url", ["127.0.0.1:8080", "ftp://127.0.0.1", "http://"])
def test_an_address_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(ConfigError, match=r"--to .*expected the collector's address"):
        Backend(url)
