"""The devices' paths as a WSGI application: bytes in, the door's verdict out, one log line and one count each."""

import http.client
import re
import time
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from collectors.common.packetlog import Packet, PacketLog
from collectors.http.meters import Meters
from telltale.contract import Reply, Request
from telltale.door import Door, Entry, Verdict

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication

RETRY_AFTER_S = 5


class Receiver:
    """Answers the devices' paths in front of Flask, whose routing and contexts would cost half of the throughput.

    Args:
        door: where requests go in, and which paths there are.
        others: the application for every other path.
        meters: counts each request.
        packets: gets a line for each.
        max_body: bytes of a body at most.
    """

    def __init__(
        self, door: Door, others: "WSGIApplication", meters: Meters, packets: PacketLog, max_body: int
    ) -> None:
        self._door = door
        self._others = others
        self._meters = meters
        self._packets = packets
        self._max_body = max_body
        self._exact = {(entry.route.method, entry.route.path): entry.source for entry in door.routes()}
        self._patterns = [pattern_of(entry) for entry in door.routes() if "<" in entry.route.path]

    def __call__(self, environ: dict[str, Any], start_response: "StartResponse") -> Iterable[bytes]:
        """Bytes in, verdict out, one line in the log."""
        source = self._source(environ["REQUEST_METHOD"], environ["PATH_INFO"])
        if source is None:
            return self._others(environ, start_response)
        now, started = time.time_ns(), time.perf_counter()
        body = _body(environ, self._max_body)
        if body is None:
            too_large = "body_too_large"
            verdict = Verdict(Reply(413, f"{too_large}\n".encode()), too_large, f"more than {self._max_body} bytes")
        else:
            verdict = self._door.handle(_request(source, environ, now // 1000, body))
        reply, reason, detail = verdict
        took, sender, size = time.perf_counter() - started, environ.get("REMOTE_ADDR", ""), len(body or b"")
        self._meters.count(source, reply.status, reason, took)
        self._packets.add(Packet(now / 1e9, source, sender, size, reply.status, reason, took, detail))
        start_response(*_head(reply))
        return [reply.body]

    def _source(self, method: str, path: str) -> str | None:
        """The source that listens there; None when none does."""
        source = self._exact.get((method, path))
        if source is None:
            found = (name for known, pattern, name in self._patterns if known == method and pattern.fullmatch(path))
            source = next(found, None)
        return source


def pattern_of(entry: Entry) -> tuple[str, re.Pattern[str], str]:
    """Method, path and source of a route; a part in angle brackets stands for any text without a slash."""
    parts = re.split(r"<\w+>", entry.route.path)
    return entry.route.method, re.compile("[^/]+".join(map(re.escape, parts))), entry.source


def _body(environ: dict[str, Any], most: int) -> bytes | None:
    """The body's bytes, whatever its content type says; None when there are more than `most`."""
    announced = environ.get("CONTENT_LENGTH") or "0"
    if announced.isdecimal() and int(announced) > most:
        return None
    body: bytes = environ["wsgi.input"].read(most + 1)
    return body if len(body) <= most else None


def _request(source: str, environ: dict[str, Any], received_at: int, body: bytes) -> Request:
    return Request(
        source=source,
        received_at=received_at,
        sender=environ.get("REMOTE_ADDR", ""),
        transport="http",
        method=environ["REQUEST_METHOD"],
        path=environ["PATH_INFO"].encode("latin-1").decode("utf-8", "replace"),  # as WSGI wraps bytes into text
        headers=Headers(environ),
        query=environ.get("QUERY_STRING", ""),
        body=body,
    )


class Headers(Mapping[str, str]):
    """The headers of a WSGI environment by lower-case name, looked up when asked for."""

    __slots__ = ("_environ",)

    def __init__(self, environ: Mapping[str, Any]) -> None:
        self._environ = environ

    def __getitem__(self, name: str) -> str:
        return str(self._environ[_environ_key(name)])

    def __iter__(self) -> Iterator[str]:
        return (
            key[5:].replace("_", "-").lower() if key.startswith("HTTP_") else "content-type" for key in self._keys()
        )

    def __len__(self) -> int:
        return len(self._keys())

    def _keys(self) -> list[str]:
        return [key for key in self._environ if key.startswith("HTTP_") or key == "CONTENT_TYPE"]


@cache
def _environ_key(name: str) -> str:
    key = name.upper().replace("-", "_")
    return key if key == "CONTENT_TYPE" else f"HTTP_{key}"


def _head(reply: Reply) -> tuple[str, list[tuple[str, str]]]:
    headers = [("Content-Type", reply.content_type), ("Content-Length", str(len(reply.body))), *reply.headers]
    if reply.status == 503:
        headers.append(("Retry-After", str(RETRY_AFTER_S)))
    return f"{reply.status} {http.client.responses.get(reply.status, '')}", headers if reply.status != 204 else []
