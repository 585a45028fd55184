"""The collector as an ASGI application: the devices' paths answered on the event loop, all others by Flask in threads.

A connection that says nothing costs a socket, and neither a thread nor a place in a queue.
"""

import asyncio
import logging
import sys
import time
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from typing import Any

from flask import Flask
from werkzeug.test import run_wsgi_app

from collectors.http.bodies import Receive
from collectors.http.opting_out import PATH as OPT_OUT
from collectors.http.opting_out import OptingOut
from collectors.http.orders import Orders
from collectors.http.pages import PATHS
from collectors.http.receiver import RETRY_AFTER_S, Receiver
from telltale import discreet
from telltale.contract import Reply, Request

log = logging.getLogger("telltale.webhooks")

Scope = MutableMapping[str, Any]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

PAGE_THREADS = 4
"""Requests for Flask's pages answered at once: enough for a few that look after the collector."""

_FAILED = Reply(500, b"the collector failed here; its log says where\n", headers=(("Connection", "close"),))


class Edge:
    """Takes each request from the server, and answers it whatever happens.

    Args:
        receiver: answers the devices' paths.
        orders: answers programs that ask something of devices.
        pages: answers all others.
        opting_out: answers the form of that name; None where none is offered.
    """

    def __init__(
        self, receiver: Receiver, orders: Orders, pages: Flask, *, opting_out: OptingOut | None = None
    ) -> None:
        self._opting_out = opting_out
        self._receiver = receiver
        self._orders = orders
        self._pages = pages
        self._threads = ThreadPoolExecutor(PAGE_THREADS, thread_name_prefix="pages")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, as ASGI has it."""
        try:
            method, path, client = scope["method"], _served(scope["path"]), scope["client"]
            source = self._receiver.source(method, path)
            request = Request(
                source=source or "",
                received_at=time.time_ns() // 1000,
                sender=client[0] if client else "",
                transport="http",
                method=method,
                path=path,
                headers=_headers(scope["headers"]),
                query=scope["query_string"].decode("utf-8", "replace"),
                body=b"",
            )
            if source is not None:
                reply = await self._receiver.answer(request, receive)
            elif path in self._orders.paths:
                reply = await self._orders.answer(request, receive)
            elif path == OPT_OUT and self._opting_out is not None:
                reply = await self._opting_out.answer(request, receive)
            elif path not in PATHS:
                reply = self._receiver.answer_unknown(request)
            else:
                reply = await asyncio.get_running_loop().run_in_executor(self._threads, self._page, request)
        except Exception as error:  # noqa: BLE001 a mistake of ours costs this request, and neither the server nor a secret
            log.error("a request failed: %s", discreet.place(error))  # noqa: TRY400 the text of an error may quote a body
            reply = _FAILED
        await send({"type": "http.response.start", "status": reply.status, "headers": _head(reply)})
        await send({"type": "http.response.body", "body": reply.body})

    def _page(self, request: Request) -> Reply:
        """What Flask answers."""
        body, status, headers = run_wsgi_app(self._pages.wsgi_app, _environ(request), buffered=True)
        others = tuple((name, value) for name, value in headers if name not in {"Content-Type", "Content-Length"})
        return Reply(int(status[:3]), b"".join(body), headers.get("Content-Type", "text/plain"), headers=others)


def _served(path: str) -> str:
    """The path that answers: a slash at its end, or one more in front, as some senders add, says nothing."""
    return f"/{path.strip('/')}"


_OF_BODY = {"content-length", "content-type", "transfer-encoding"}


def _environ(request: Request) -> dict[str, Any]:
    """A request as WSGI has it, without a body: no page reads one."""
    named = {
        f"HTTP_{name.upper().replace('-', '_')}": value
        for name, value in request.headers.items()
        if name not in _OF_BODY
    }
    return named | {
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": request.path.encode("utf-8", "replace").decode("latin-1"),  # as WSGI wraps bytes into text
        "QUERY_STRING": request.query.encode("utf-8", "replace").decode("latin-1"),
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "0",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": request.sender,
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": BytesIO(),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }


def _headers(raw: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """Headers by lower-case name; several of one name are joined, one beyond ASCII counts as none."""
    headers: dict[str, str] = {}
    for name, value in raw:
        if value.isascii():
            key, text = name.decode("latin-1"), value.decode("ascii")
            headers[key] = f"{headers[key]}, {text}" if key in headers else text
    return headers


def _head(reply: Reply) -> list[tuple[bytes, bytes]]:
    head = [] if reply.status == 204 else [
        (b"content-type", reply.content_type.encode()),
        (b"content-length", str(len(reply.body)).encode()),
    ]  # fmt: skip
    head += [(name.lower().encode(), value.encode("latin-1", "replace")) for name, value in reply.headers]
    if reply.status == 503:
        head.append((b"retry-after", str(RETRY_AFTER_S).encode()))
    return head
