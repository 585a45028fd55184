"""The listening side: deadlines and bounds, so that who sends nothing, half a request or too many keeps nobody out."""

import ssl
from collections import OrderedDict
from typing import Any

import tornado.web
from tornado.http1connection import HTTP1Connection, HTTP1ServerConnection
from tornado.httpserver import HTTPServer
from tornado.httputil import HTTPConnection, HTTPMessageDelegate
from tornado.iostream import IOStream

from telltale.dashboard.gate import Gate, Rules
from telltale.net import open_files

IDLE_S = 30.0
"""A connection that has sent no complete request for so long is closed; also one that is kept between two requests."""
BODY_S = 10.0
LARGEST_BODY = 64 << 10
"""A body is a token or a code; what widgets send comes over the live line."""
LARGEST_HEADERS = 32 << 10
"""Browsers send the cookies of everything else that is served from this machine."""
MOST_CONNECTIONS = 4000
BACKLOG = 1024
SLACK = 64
"""Connections over the bound that may wait for the ones they replaced to be gone."""
FEWEST_CONNECTIONS = 1200
"""So many at once must not keep an honest reader out."""
FILES = 1000
"""Open files besides connections: each kernel takes five, each live line fifteen."""


class Server(HTTPServer):
    """The HTTP server; a connection too many takes the place of the one that has been silent longest.

    Unlike tornado's own it is told so before the system runs out of open files: from then on nobody gets in at all.
    """

    _most: int
    _silent: "OrderedDict[IOStream, None]"

    def initialize(self, gate: Gate, *, most: int = MOST_CONNECTIONS, **options: Any) -> None:  # type: ignore[override]
        """Take the bounds."""
        super().initialize(
            gate,
            idle_connection_timeout=IDLE_S,
            body_timeout=BODY_S,
            max_body_size=LARGEST_BODY,
            max_header_size=LARGEST_HEADERS,
            **options,
        )
        self._most = most
        self._silent = OrderedDict()

    def handle_stream(self, stream: IOStream, address: tuple[Any, ...]) -> None:
        """A new connection."""
        if len(self._connections) >= self._most:
            self._make_room()
        if len(self._connections) >= self._most + SLACK:
            stream.close()
            return
        self._silent[stream] = None
        super().handle_stream(stream, address)

    def start_request(self, server_conn: object, request_conn: HTTPConnection) -> HTTPMessageDelegate:
        """Tornado calls it before each request of a connection, when nothing of it has come yet."""
        if isinstance(request_conn, HTTP1Connection):  # also one that is kept: it is silent until its next request
            self._silent[request_conn.stream] = None
            self._silent.move_to_end(request_conn.stream)
        return _Noticed(super().start_request(server_conn, request_conn), self, request_conn)

    def on_close(self, server_conn: object) -> None:
        """A connection has ended."""
        super().on_close(server_conn)
        if isinstance(server_conn, HTTP1ServerConnection):
            self.spoke(server_conn.stream)

    def spoke(self, stream: IOStream) -> None:
        """A connection has sent a complete request, or has ended: it is not silent any more."""
        self._silent.pop(stream, None)

    def _make_room(self) -> None:
        while self._silent:
            stream, _ = self._silent.popitem(last=False)
            if not stream.closed():
                stream.close()
                return


class _Noticed(HTTPMessageDelegate):
    """Tells the server when a request is complete, its body too."""

    def __init__(self, delegate: HTTPMessageDelegate, server: Server, connection: HTTPConnection) -> None:
        self._delegate = delegate
        self._server = server
        self._connection = connection

    def headers_received(self, start_line: Any, headers: Any) -> Any:
        return self._delegate.headers_received(start_line, headers)

    def data_received(self, chunk: bytes) -> Any:
        return self._delegate.data_received(chunk)

    def finish(self) -> None:
        if isinstance(self._connection, HTTP1Connection):
            self._server.spoke(self._connection.stream)
        self._delegate.finish()

    def on_connection_close(self) -> None:
        self._delegate.on_connection_close()


def most_connections() -> int:
    """How many connections fit into what this process may open."""
    limit = open_files()
    return MOST_CONNECTIONS if limit is None else min(MOST_CONNECTIONS, max(limit // 2, limit - FILES))


def server(app: tornado.web.Application, rules: Rules, tls: ssl.SSLContext | None, *, most: int) -> Server:
    """The server of an application."""
    return Server(Gate(app, rules), most=most, ssl_options=tls)
