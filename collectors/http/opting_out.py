"""`/optout`, with `[privacy] optout_page = true`: a form by which anybody has their device left out from now on.

    GET    200   the form; HEAD the same without it
    POST   200   it is on the opt-out list, whether or not it was before: the same answer after the same work
           400   no address of a device: expected, and never repeated
           403   it came from another page, or from none
           413   more than a form holds: it is not read to its end
           429   too many from one sender within an hour
           503   it could not be written down

A sender is whose connection it is. Behind a proxy that is the proxy: all who come through it share its forms of an
hour, and X-Forwarded-For, which anybody may write, is not looked at. A proxy limits each of them itself.

The address is hashed under the list's own key when it arrives. It stands in no answer, log, list or record.
"""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable
from html import escape
from pathlib import Path
from urllib.parse import parse_qs

from collectors.common.packetlog import Packet, PacketLog
from collectors.http.bodies import Bodies, Receive
from collectors.http.meters import Meters
from telltale.contract import Reply, Request, TelltaleError
from telltale.door import Verdict
from telltale.net import Hosts, network_of

PATH = "/optout"
NAME = "optout"
"""Stands for a source in logs and figures."""
MOST_BYTES = 1 << 10
MOST_PER_HOUR = 10
"""Forms of one sender: a household has a few devices, and whoever tries addresses needs millions."""
HOUR_S = 3600.0
MOST_SENDERS = 10_000
"""Told apart within an hour; of more the one that was silent for longest is forgotten."""
_DONE = "From the next report of an access point on, nothing of this device is counted. What was kept goes in its time."
_WRONG = "That is no address of a device. Expected six pairs of digits, such as 3c:06:30:12:34:56."
_AGAIN = "It could not be written down just now. Please send it again in a minute."
_FOREIGN = "Please send the form from this page itself."
_OFTEN = "Too many forms came from your network. Please send it again in an hour."
_PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Leave my device out</title>
<meta name="viewport" content="width=device-width"><meta name="robots" content="noindex">
<style>body{{font:16px/1.5 system-ui,sans-serif;max-width:34em;margin:3em auto;padding:0 1em;color:#1d1d1f}}
input,button{{font:inherit;padding:.4em .6em}}[role=status]{{border-left:4px solid #3b6ea5;padding-left:.8em}}</style>
</head><body><h1>Leave my device out</h1>{said}
<p>Wi-Fi access points here count devices. Enter the Wi-Fi address of yours and it is left out from then on. The list
holds it only as a hash, to recognise it by. A phone finds its address below Settings, Wi-Fi, this network; where it
uses a private address that changes, each of them is another device. Switching Wi-Fi off leaves it out, too.</p>
<form method="post" autocomplete="off"><label>Wi-Fi address
<input name="address" required maxlength="40" placeholder="3c:06:30:12:34:56"></label>
<button>Leave it out</button></form></body></html>
"""
"""The form has no action: it goes to the address it was asked at, with a slash at its end or without."""
_HEADERS = (
    (
        "Content-Security-Policy",
        "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    ),
    ("Cache-Control", "no-store"),
    ("Referrer-Policy", "same-origin"),
    ("X-Content-Type-Options", "nosniff"),
)


class OptingOut:
    """Answers the form.

    Args:
        keys: the folder of the keys, where the list is.
        hosts: the names the page goes by; a form from a page of another name is refused.
        meters: counts each request.
        packets: gets a line for each, without the address.
        bodies: reads the bodies.
        clock: seconds that only rise.
    """

    def __init__(
        self,
        keys: Path,
        hosts: Hosts,
        *,
        meters: Meters,
        packets: PacketLog,
        bodies: Bodies,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._keys = keys
        self._hosts = hosts
        self._meters = meters
        self._packets = packets
        self._bodies = bodies
        self._clock = clock
        self._senders: OrderedDict[str, tuple[float, int]] = OrderedDict()

    async def answer(self, request: Request, receive: Receive) -> Reply:
        """The page, with what became of the form."""
        started, size = time.perf_counter(), 0
        if request.method in {"GET", "HEAD"}:
            verdict = _verdict(200, "answered")
        elif request.method != "POST":
            verdict = _verdict(405, "wrong_method")
        elif "origin" not in request.headers or self._hosts.foreign(request.headers):
            verdict = _verdict(403, "foreign_origin", _FOREIGN)
        elif not self._may(network_of(request.sender)):
            verdict = _verdict(429, "too_many_forms", _OFTEN)
        else:
            announced = request.headers.get("content-length", "")
            body = await self._bodies.read(request.sender, announced, receive, most=MOST_BYTES)
            if isinstance(body, Verdict):
                verdict = _too_long(body) if body.reply.status == 413 else body
            else:
                size = len(body)
                verdict = await asyncio.to_thread(self._taken, body)
        took = time.perf_counter() - started
        self._meters.count(NAME, verdict.reply.status, verdict.reason, took)
        at = request.received_at / 1e6
        reply = verdict.reply
        self._packets.add(Packet(at, NAME, request.sender, size, reply.status, verdict.reason, took, ""))
        return reply

    def _may(self, sender: str) -> bool:
        """Whether a sender may send another form within this hour."""
        now_s = self._clock()
        since_s, count = self._senders.pop(sender, (now_s, 0))
        if now_s - since_s >= HOUR_S:
            since_s, count = now_s, 0
        self._senders[sender] = since_s, count + 1
        if len(self._senders) > MOST_SENDERS:
            self._senders.popitem(last=False)
        return count < MOST_PER_HOUR

    def _taken(self, body: bytes) -> Verdict:
        from telltale.privacy.lists import OPT_OUT, Lists  # it loads Arrow, which a collector does without

        given = parse_qs(body.decode("latin-1")).get("address", [""])[0]
        try:
            Lists(self._keys).put(OPT_OUT, given)
        except OSError:
            return _verdict(503, "not_written", _AGAIN)
        except TelltaleError:
            return _verdict(400, "no_address", _WRONG)
        return _verdict(200, "opted_out", _DONE)


def _verdict(status: int, reason: str, said: str = "") -> Verdict:
    """The page with a sentence of ours in it, never one of the sender's."""
    told = f'<p role="status">{escape(said)}</p>' if said else ""
    headers = (*_HEADERS, ("Allow", "GET, HEAD, POST")) if status == 405 else _HEADERS
    page = _PAGE.format(said=told).encode()
    return Verdict(Reply(status, page, "text/html; charset=utf-8", headers=headers), reason)


def _too_long(cut: Verdict) -> Verdict:
    """The page, and the connection ends, as of any body that was not read to its end."""
    page = _verdict(413, cut.reason, _WRONG)
    return page._replace(reply=page.reply._replace(headers=(*page.reply.headers, *cut.reply.headers)))
