"""The devices' paths: bytes in, the door's verdict out, one log line and one count each."""

import re
import time
from typing import NamedTuple

from collectors.common.packetlog import Packet, PacketLog
from collectors.http.bodies import Bodies, Receive
from collectors.http.meters import Meters
from telltale.contract import Refused, Reply, Request
from telltale.door import Door, Entry, Verdict
from telltale.net import Hosts

RETRY_AFTER_S = 5


class Asked(NamedTuple):
    """A request's head, as ASGI has it."""

    method: str
    path: str
    query: str
    headers: dict[str, str]
    sender: str


class Receiver:
    """Answers the devices' paths in front of Flask, whose routing and contexts would cost half of the throughput.

    Args:
        door: where requests go in, and which paths there are.
        meters: counts each request.
        packets: gets a line for each.
        bodies: reads the bodies.
        hosts: the names that requests to sources without a secret must be for.
    """

    def __init__(self, door: Door, meters: Meters, packets: PacketLog, bodies: Bodies, hosts: Hosts) -> None:
        self._door = door
        self._meters = meters
        self._packets = packets
        self._bodies = bodies
        self._hosts = hosts
        self._exact = {(entry.route.method, entry.route.path): entry.source for entry in door.routes()}
        self._patterns = [pattern_of(entry) for entry in door.routes() if "<" in entry.route.path]

    def source(self, method: str, path: str) -> str | None:
        """The source that listens there; None when none does."""
        source = self._exact.get((method, path))
        if source is None:
            found = (name for known, pattern, name in self._patterns if known == method and pattern.fullmatch(path))
            source = next(found, None)
        return source

    async def answer(self, source: str, asked: Asked, receive: Receive) -> Reply:
        """The source's reply, given only after the record is durable."""
        now, started = time.time_ns(), time.perf_counter()
        request = Request(
            source=source,
            received_at=now // 1000,
            sender=asked.sender,
            transport="http",
            method=asked.method,
            path=asked.path,
            headers=asked.headers,
            query=asked.query,
            body=b"",
        )
        body, verdict = await self._judged(request, receive)
        reply, reason, detail = verdict
        took = time.perf_counter() - started
        self._meters.count(source, reply.status, reason, took)
        self._packets.add(Packet(now / 1e9, source, asked.sender, len(body), reply.status, reason, took, detail))
        return reply

    async def _judged(self, request: Request, receive: Receive) -> tuple[bytes, Verdict]:
        """The body, and what is said of the request."""
        if not self._door.has_secret(request.source) and (foreign := self._hosts.foreign(request.headers)):
            return b"", self._door.turn_away(request, not_ours(foreign, request.source))
        body = await self._bodies.read(request.sender, request.headers.get("content-length", ""), receive)
        if isinstance(body, Verdict):
            return b"", body
        return body, await self._door.submit(request._replace(body=body), timeout_s=self._door.landing.ticket_timeout_s)


def not_ours(foreign: str, source: str = "") -> Refused:
    """The refusal of a request that may be a web page's, where no secret proves the sender."""
    secret = f"set a secret in secrets.toml [{source}]" if source else "ask with the token of secrets.toml"
    detail = f"{foreign} is none of ours, as of a web page or a proxy; {secret}, or add the name to [webhooks] hosts"
    return Refused(403, "foreign_host", detail, body=b"")


def pattern_of(entry: Entry) -> tuple[str, re.Pattern[str], str]:
    """Method, path and source of a route; a part in angle brackets stands for any text without a slash."""
    parts = re.split(r"<\w+>", entry.route.path)
    return entry.route.method, re.compile("[^/]+".join(map(re.escape, parts))), entry.source
