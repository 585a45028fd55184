"""The devices' paths: bytes in, the door's verdict out, one log line and one count each."""

import re
import time

from collectors.common.packetlog import Packet, PacketLog
from collectors.http.bodies import Bodies, Receive
from collectors.http.meters import Meters
from collectors.http.unknown import NAME, Unknown
from telltale.contract import Refused, Reply, Request
from telltale.door import Door, Entry, Verdict
from telltale.net import Hosts

RETRY_AFTER_S = 5


class Receiver:
    """Answers the devices' paths in front of Flask, whose routing and contexts would cost half of the throughput.

    Args:
        door: where requests go in, and which paths there are.
        meters: counts each request.
        packets: gets a line for each.
        bodies: reads the bodies.
        hosts: the names that requests to sources without a secret must be for.
        unknown: answers where nobody listens.
    """

    def __init__(
        self, door: Door, meters: Meters, packets: PacketLog, *, bodies: Bodies, hosts: Hosts, unknown: Unknown
    ) -> None:
        self._door = door
        self._meters = meters
        self._packets = packets
        self._bodies = bodies
        self._hosts = hosts
        self._unknown = unknown
        self._timeout_s = door.landing.ticket_timeout_s
        self._exact = {(entry.route.method, entry.route.path): entry.source for entry in door.routes()}
        self._entries = [(pattern_of(entry)[1], entry) for entry in door.routes()]
        self._patterns = [pattern_of(entry) for entry in door.routes() if "<" in entry.route.path]

    def source(self, method: str, path: str) -> str | None:
        """The source that listens there; None when none does."""
        source = self._exact.get((method, path))
        if source is None:
            found = (name for known, pattern, name in self._patterns if known == method and pattern.fullmatch(path))
            source = next(found, None)
        return source

    async def answer(self, request: Request, receive: Receive) -> Reply:
        """The source's reply, given only after the record is durable.

        Args:
            request: all but its body.
            receive: where the body comes from.
        """
        started, source, size = time.perf_counter(), request.source, 0
        if not self._door.has_secret(source) and (foreign := self._hosts.foreign(request.headers)):
            verdict = self._door.turn_away(request, not_ours(foreign, source, self._door.secret_lines(source)))
        else:
            body = await self._bodies.read(request.sender, request.headers.get("content-length", ""), receive)
            if isinstance(body, Verdict):
                verdict = body
            else:
                size = len(body)
                verdict = await self._door.submit(request._replace(body=body), timeout_s=self._timeout_s)
        reply, reason, detail = verdict
        took = time.perf_counter() - started
        self._meters.count(source, reply.status, reason, took)
        at = request.received_at / 1e6
        self._packets.add(Packet(at, source, request.sender, size, reply.status, reason, took, detail))
        return reply

    def answer_unknown(self, request: Request) -> Reply:
        """The refusal of a request to a path, or by a method, that no source listens for; its body is not read."""
        others = [entry for pattern, entry in self._entries if pattern.fullmatch(request.path)]
        reply, detail = self._unknown.answer(request, others)
        reason = reply.body.partition(b"\n")[0].decode()
        self._packets.add(Packet(request.received_at / 1e6, NAME, request.sender, 0, reply.status, reason, 0, detail))
        return reply


def not_ours(foreign: str, source: str = "", secret_lines: str = "") -> Refused:
    """The refusal of a request that may be a web page's, where no secret proves the sender.

    Args:
        foreign: what of it is not ours.
        source: whose address it was; empty for what the collector says of itself.
        secret_lines: what to paste so that a secret proves the sender.
    """
    secret = f"set a secret in secrets.toml [{source}]" if source else "ask with the token of secrets.toml"
    if secret_lines:
        secret += f" and at the sender: {_in_one_line(secret_lines)}"
    detail = f"{foreign} is none of ours, as of a web page or a proxy; {secret}, or add the name to [webhooks] hosts"
    return Refused(403, "foreign_host", detail, body=b"", remedy=secret_lines)


def _in_one_line(lines: str) -> str:
    """The lines to paste, each quoted, without what is said around them."""
    return ", ".join(f"«{line}»" for line in lines.splitlines() if "<secret>" in line or line.startswith("["))


def pattern_of(entry: Entry) -> tuple[str, re.Pattern[str], str]:
    """Method, path and source of a route; a part in angle brackets stands for any text without a slash."""
    parts = re.split(r"<\w+>", entry.route.path)
    return entry.route.method, re.compile("[^/]+".join(map(re.escape, parts))), entry.source
