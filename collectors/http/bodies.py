"""Bodies on their way in: bounded in size, in time, in number for each sender, and in memory altogether.

Where there are too many, a body is cut that has stalled, and never the newest: behind a proxy or a tunnel all senders
have one address, and what an honest one sends is there within milliseconds.

    answered                when
    413 body_too_large      there is more than `most`
    400 body_cut_short      the sender hung up, or its chunks make no sense
    408 body_timeout        it was not complete after `timeout_s`
    503 too_many_bodies     it stalled for longest while its sender had more than `per_sender`, or all took `MEMORY`
"""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from telltale.contract import Reply
from telltale.door import Verdict

MEMORY = 64 << 20
"""Bytes that incomplete bodies take together; of one body more is allowed where `most` says so."""
STALLED_S = 1.0
"""A body that had nothing new for so long may be cut for the number of its sender's."""

Receive = Callable[[], Awaitable[Mapping[str, Any]]]


class Bodies:
    """Reads bodies, each as bytes or as the verdict that it cannot be read.

    Args:
        most: bytes of one at most.
        timeout_s: how long one may take.
        per_sender: how many of one sender may have stalled.
        memory: bytes all incomplete ones may take.
    """

    def __init__(self, *, most: int, timeout_s: float, per_sender: int, memory: int = MEMORY) -> None:
        self._most = most
        self._timeout_s = timeout_s
        self._per_sender = per_sender
        self._memory = max(memory, most)
        self._held = 0
        self._senders: dict[str, _Sender] = {}

    async def read(self, sender: str, announced: str, receive: Receive) -> "bytes | Verdict":
        """The body of a request.

        Args:
            sender: whose.
            announced: the Content-Length header, empty where there is none.
            receive: the next message of the connection, as ASGI has it.
        """
        length = int(announced) if announced.isdecimal() else None
        if length is not None and length > self._most:
            return self._too_large()
        body = _Body(asyncio.get_running_loop().time())
        self._begin(sender, body)
        try:
            async with asyncio.timeout(self._timeout_s) as body.timer:
                return await self._pieces(sender, body, length, receive)
        except TimeoutError:
            return self._late(body)
        finally:
            self._end(sender, body)

    async def _pieces(self, sender: str, body: "_Body", length: int | None, receive: Receive) -> "bytes | Verdict":
        while True:
            message = await receive()
            if body.is_cut:  # its beginning is gone, though its end came before the cut was felt
                return self._late(body)
            if message["type"] != "http.request":
                return _refused(400, "body_cut_short", f"the sender hung up after {len(body.data)} bytes")
            piece: bytes = message.get("body", b"")
            size = len(body.data) + len(piece)
            if size > self._most:
                return self._too_large()
            if size == length or not message.get("more_body", False):
                return piece if not body.data else bytes(body.data + piece)
            self._grow(sender, body, piece)

    def _begin(self, sender: str, body: "_Body") -> None:
        theirs = self._senders.get(sender)
        if theirs is None:
            theirs = self._senders[sender] = _Sender()
        theirs.bodies[body] = None
        if len(theirs.bodies) > self._per_sender:
            stalest = next(each for each in theirs.bodies if not each.is_cut)
            if body.heard_at - stalest.heard_at > STALLED_S:
                stalest.cut()

    def _grow(self, sender: str, body: "_Body", piece: bytes) -> None:
        theirs = self._senders[sender]
        body.data += piece
        body.heard_at = asyncio.get_running_loop().time()
        theirs.bodies.move_to_end(body)
        theirs.held += len(piece)
        self._held += len(piece)
        if self._held > self._memory:
            greediest = max(self._senders.values(), key=lambda each: each.held)
            stalest = next(each for each in greediest.bodies if each.data)
            self._let_go(greediest, stalest)
            stalest.cut()

    def _end(self, sender: str, body: "_Body") -> None:
        theirs = self._senders[sender]
        self._let_go(theirs, body)
        del theirs.bodies[body]
        if not theirs.bodies:
            del self._senders[sender]

    def _let_go(self, theirs: "_Sender", body: "_Body") -> None:
        self._held -= len(body.data)
        theirs.held -= len(body.data)
        body.data = bytearray()

    def _late(self, body: "_Body") -> Verdict:
        if body.is_cut:
            return _refused(503, "too_many_bodies", "it stalled while too many others were on their way")
        return _refused(408, "body_timeout", f"{len(body.data)} bytes of it came in {self._timeout_s:g} s")

    def _too_large(self) -> Verdict:
        return _refused(413, "body_too_large", f"more than {self._most} bytes")


class _Sender:
    """The bodies of one sender, the stalest first, and the bytes they take."""

    __slots__ = ("bodies", "held")

    def __init__(self) -> None:
        self.bodies: OrderedDict[_Body, None] = OrderedDict()
        self.held = 0


class _Body:
    """What has come of one."""

    __slots__ = ("data", "heard_at", "is_cut", "timer")

    def __init__(self, now: float) -> None:
        self.timer: asyncio.Timeout | None = None
        self.data = bytearray()
        self.heard_at = now
        self.is_cut = False

    def cut(self) -> None:
        """End its reading now."""
        self.is_cut = True
        if self.timer is not None and not self.timer.expired():
            self.timer.reschedule(0)


def _refused(status: int, reason: str, detail: str) -> Verdict:
    # What is left of the body would be read as the next request: the connection ends with this answer.
    return Verdict(Reply(status, f"{reason}\n".encode(), headers=(("Connection", "close"),)), reason, detail)
