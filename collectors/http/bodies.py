"""Bodies on their way in: bounded in size, in time, in number for each sender, and in memory altogether.

Where there are too many, a body is cut that has stalled, and never the newest: behind a proxy or a tunnel all senders
have one address, and what an honest one sends is there within milliseconds. So only what took longer than that is
counted at all.

    answered                when
    413 body_too_large      there is more than `most`
    400 body_cut_short      the sender hung up, or its chunks make no sense
    408 body_timeout        it was not complete after `timeout_s`
    503 too_many_bodies     it stalled for longest while its sender had more than `per_sender`, or all took `memory`
"""

import asyncio
from collections import Counter, OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from telltale.contract import Reply
from telltale.deadlines import Deadlines
from telltale.door import Verdict
from telltale.net import network_of

MEMORY = 64 << 20
"""Bytes that incomplete bodies take together; of one body more is allowed where `most` says so."""
SLOW_S = 1.0
"""From then on a body counts among those of its sender."""

Receive = Callable[[], Awaitable[Mapping[str, Any]]]


class Bodies:
    """Reads bodies, each as bytes or as the verdict that it cannot be read; for one event loop.

    Args:
        most: bytes of one at most.
        timeout_s: how long one may take.
        per_sender: how many of one sender may be slow.
        memory: bytes all incomplete ones may take.
    """

    def __init__(self, *, most: int, timeout_s: float, per_sender: int, memory: int = MEMORY) -> None:
        self._most = most
        self._timeout_s = timeout_s
        self._per_sender = per_sender
        self._memory = max(memory, most)
        self._held = 0
        self._with_data: OrderedDict[_Body, None] = OrderedDict()  # the stalest first
        self._slow: dict[str, OrderedDict[_Body, None]] = {}
        slow_s = min(SLOW_S, timeout_s / 2)
        self._new = Deadlines(slow_s, self._is_slow)
        self._old = Deadlines(timeout_s - slow_s, self._is_late)

    async def read(
        self, sender: str, announced: str, receive: Receive, *, most: int | None = None
    ) -> "bytes | Verdict":
        """The body of a request.

        Args:
            sender: whose.
            announced: the Content-Length header, empty where there is none.
            receive: the next message of the connection, as ASGI has it.
            most: bytes of this one at most, where that is fewer than of others.
        """
        length = int(announced) if announced.isdecimal() else None
        most = self._most if most is None else min(most, self._most)
        if length is not None and length > most:
            return _too_large(most)
        body = _Body(network_of(sender))
        self._new.add(body)
        try:
            while True:
                message = await receive()
                if message["type"] != "http.request":
                    return refused(400, "body_cut_short", f"the sender hung up after {len(body.data)} bytes")
                piece: bytes = message.get("body", b"")
                size = len(body.data) + len(piece)
                if size > most:
                    return _too_large(most)
                if size == length or not message.get("more_body", False):
                    return piece if size == len(piece) else bytes(body.data + piece)
                self._grow(body, piece)
                if body.ended is not None:  # it was the stalest itself: what comes further is no whole body
                    await asyncio.sleep(0)  # where its end reaches it
        except asyncio.CancelledError:
            if body.ended is None:
                raise
            body.task.uncancel()
            return body.ended
        finally:
            self._new.remove(body)
            if body.is_slow:
                self._forget_slow(body)
            self._let_go(body)

    def _is_slow(self, body: "_Body") -> None:
        body.is_slow = True
        self._old.add(body)
        theirs = self._slow.setdefault(body.sender, OrderedDict())
        theirs[body] = None
        if len(theirs) > self._per_sender:
            next(each for each in theirs if each.ended is None).end(TOO_MANY)

    def _is_late(self, body: "_Body") -> None:
        body.end(refused(408, "body_timeout", f"{len(body.data)} bytes of it came in {self._timeout_s:g} s"))

    def _grow(self, body: "_Body", piece: bytes) -> None:
        body.data += piece
        self._held += len(piece)
        self._with_data[body] = None
        self._with_data.move_to_end(body)
        if body.is_slow:
            self._slow[body.sender].move_to_end(body)
        if self._held > self._memory:
            self._free()

    def _free(self) -> None:
        """Cut the stalest body of the sender whose bodies take most."""
        held: Counter[str] = Counter()
        for body in self._with_data:
            held[body.sender] += len(body.data)
        greediest = max(held, key=held.__getitem__)
        stalest = next(body for body in self._with_data if body.sender == greediest)
        stalest.end(TOO_MANY)
        self._let_go(stalest)

    def _let_go(self, body: "_Body") -> None:
        self._held -= len(body.data)
        body.data = bytearray()
        self._with_data.pop(body, None)

    def _forget_slow(self, body: "_Body") -> None:
        self._old.remove(body)
        theirs = self._slow[body.sender]
        del theirs[body]
        if not theirs:
            del self._slow[body.sender]


class _Body:
    """What has come of one, and the task that reads it."""

    __slots__ = ("data", "ended", "is_slow", "sender", "task")

    def __init__(self, sender: str) -> None:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 a coroutine of the server's runs in one
        self.task = task
        self.sender = sender
        self.data = bytearray()
        self.is_slow = False
        self.ended: Verdict | None = None

    def end(self, verdict: Verdict) -> None:
        """End its reading now, with this answer; a piece that came meanwhile is not looked at."""
        if self.ended is None:
            self.ended = verdict
            self.task.cancel()


def refused(status: int, reason: str, detail: str) -> Verdict:
    """The verdict on a body that was not read to its end, where the next request would begin: the connection ends."""
    return Verdict(Reply(status, f"{reason}\n".encode(), headers=(("Connection", "close"),)), reason, detail)


def _too_large(most: int) -> Verdict:
    return refused(413, "body_too_large", f"more than {most} bytes")


TOO_MANY = refused(503, "too_many_bodies", "it stalled while too many others were on their way")
