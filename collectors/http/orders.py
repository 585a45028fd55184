"""What other programs ask of devices: `POST /efento/configure` and such, with the secret of its own.

    200   what is queued now, as JSON; known to the collector of its devices within a second
    400   no order, or one that a device cannot take: `error` and, as `detail`, a sentence
    401, 403   no secret, a wrong one, or none is set: nothing is taken without one, from this machine neither
    405, 413   another method; a body of more than 16 kB
    409   too much waits for the device already
    429   too many wrong secrets of this sender
    503   it could not be stored: send it again, which is harmless

The secret stands in the header `Authorization: Bearer …`, and nowhere else: an address ends in logs. What is refused
stands in the refused list without its body, which may hold a password.
"""

import asyncio
import hmac
import json
import time
from collections.abc import Iterable, Mapping
from typing import Any

from collectors.common.packetlog import Packet, PacketLog
from collectors.http.bodies import Bodies, Receive
from collectors.http.meters import Meters
from telltale.contract import Known, Memory, Order, Refused, Reply, Request, Source, StoreError
from telltale.contract import Orders as OrdersOf
from telltale.door import AWAY, Door, Verdict
from telltale.landing import TOO_MANY, revise
from telltale.settings.secrets import ORDERS

MOST_BYTES = 16 << 10
_JSON = "application/json"


class Orders:
    """Takes orders for the devices of sources.

    Args:
        door: refuses, and knows the store.
        sources: whose devices; each has `orders`.
        secrets: what proves who asks, by source.
        meters: counts each request.
        packets: gets a line for each.
        bodies: reads the bodies.
    """

    def __init__(
        self,
        door: Door,
        sources: Iterable[Source],
        secrets: Mapping[str, str],
        *,
        meters: Meters,
        packets: PacketLog,
        bodies: Bodies,
    ) -> None:
        self._door = door
        self._orders = {each.orders.path: (each.name, each.orders) for each in sources if each.orders is not None}
        self._secrets = secrets
        self._meters = meters
        self._packets = packets
        self._bodies = bodies

    @property
    def paths(self) -> list[str]:
        """Where they are taken."""
        return list(self._orders)

    async def answer(self, request: Request, receive: Receive) -> Reply:
        """The answer to a request to one of `paths`, given only after what it asks is durable."""
        started = time.perf_counter()
        source, orders = self._orders[request.path]
        request = request._replace(source=source)
        size, verdict = 0, self._refusal(request)
        if verdict is None:
            body = await self._bodies.read(request.sender, request.headers.get("content-length", ""), receive)
            if isinstance(body, Verdict):
                verdict = body
            else:
                size = len(body)
                verdict = await self._take(request, orders, body)
        reply, reason, detail = verdict
        took = time.perf_counter() - started
        self._meters.count(source, reply.status, reason, took)
        at = request.received_at / 1e6
        self._packets.add(Packet(at, source, request.sender, size, reply.status, reason, took, detail))
        return reply

    def _refusal(self, request: Request) -> Verdict | None:
        """Why it is refused before its body is read; None where it is not."""
        if request.method != "POST":
            refused = Refused(405, "wrong_method", f"{request.method} {request.path}: expected POST", body=b"")
            verdict = self._refused(request, refused)
            return verdict._replace(reply=verdict.reply._replace(headers=(("Allow", "POST"),)))
        secret, line = self._secrets.get(request.source, ""), f'secrets.toml [{request.source}] {ORDERS} = "..."'
        if not secret:
            return self._refused(request, Refused(403, "no_secret", f"no secret is set; set {line}", body=b""))
        scheme, _, given = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not given.strip():
            sentence = f"expected the header Authorization: Bearer with the secret of {line}"
            return self._refused(request, Refused(401, "missing_secret", sentence, body=b""))
        if not hmac.compare_digest(given.strip().encode(), secret.encode()):
            return self._refused(request, Refused(403, "bad_secret", f"it is not that of {line}", body=b""))
        return None

    async def _take(self, request: Request, orders: OrdersOf, body: bytes) -> Verdict:
        if len(body) > MOST_BYTES:
            sentence = f"{len(body):,} bytes, expected at most {MOST_BYTES:,}"
            return self._refused(request, Refused(413, "body_too_large", sentence, body=b""))
        try:
            answer = await asyncio.to_thread(self._revise, request, orders, body)
        except Refused as refused:
            return self._refused(request, Refused(refused.status, refused.reason, refused.detail, body=b""))
        except StoreError as error:
            return Verdict(AWAY, "store_away", str(error))
        return Verdict(_said(200, answer), "ordered", str(answer.get("device", "")))

    def _revise(self, request: Request, orders: OrdersOf, body: bytes) -> Mapping[str, Any]:
        """Make it durable; of two at one time the second knows what the first asked."""
        taken: list[Order] = []

        def change(known: Known) -> tuple[Memory, ...]:
            taken[:] = [orders.take(body, known, request.received_at // 1_000_000)]
            return taken[0].remember

        revise(self._door.landing.store, request.source, change)
        return taken[0].answer

    def _refused(self, request: Request, refused: Refused) -> Verdict:
        """Refuse and note it; who asks is told why in a sentence."""
        verdict = self._door.turn_away(request._replace(body=b""), refused)
        if verdict.reason == TOO_MANY:
            return verdict
        return verdict._replace(reply=_said(refused.status, {"error": refused.reason, "detail": refused.detail}))


def _said(status: int, answer: Mapping[str, Any]) -> Reply:
    headers = (("WWW-Authenticate", "Bearer"),) if status == 401 else ()
    return Reply(status, f"{json.dumps(answer)}\n".encode(), _JSON, headers=headers)
