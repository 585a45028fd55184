"""The CoAP collector: aiocoap on one UDP socket for IPv4 and IPv6, an endpoint per route of the sources.

Start it with `telltale collect coap`. A confirmable request is answered on its ACK, after its record is durable; what
cannot be stored in time is answered 5.00, and the device sends it again. A non-confirmable request that brings a record
is not answered at all: waiting for an answer costs the battery. On SIGTERM what was begun is answered and stored.

    2.01 Created, 2.05 Content     stored; the answer to a question such as the time
    2.31, 4.08                     block by block: continue; a block is missing, begin again
    4.00 to 4.03, 4.13             refused by the source, with its reason; the body is too large
    4.04, 4.05                     no such endpoint; it takes another method
    4.29                           too many wrong tokens of this sender
    5.00                           not stored: send it again

Source: wire/efento.md 7; RFC 7252.
"""

import asyncio
import logging
import signal
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from functools import cache

from aiocoap import NON, Message
from aiocoap.error import NetworkError
from aiocoap.numbers import codes
from aiocoap.pipe import Pipe

from collectors.coap.blocks import BlockError, Blocks
from collectors.coap.discards import Discards
from collectors.coap.exchanges import RECEIVE_BUFFER, ServerContext
from collectors.common.packetlog import Packet, PacketLog
from telltale import logs
from telltale.contract import ConfigError, Reply, Request, Transport
from telltale.door import Door, Entry, open_door
from telltale.loglimit import LogLimit
from telltale.net import free_port, plain_address
from telltale.settings import Settings
from telltale.settings.listeners import CoapSettings
from telltale.transports import served

log = logging.getLogger("telltale.coap")

DRAIN_S = 5.0
_TRANSPORT_OPTIONS = frozenset((3, 7, 11, 15, 17, 23, 27, 60, 258))
"""Options that are the transport's own: Uri-*, Accept, Block1 and Block2, Size1, No-Response."""
_METHODS = {int(code): code.name for code in (codes.GET, codes.POST, codes.PUT, codes.DELETE)}
_NOTHING = 26
"""As No-Response option: answer neither 2.xx nor 4.xx nor 5.xx (RFC 7967 2.1)."""


def run(settings: Settings) -> None:
    """Serve until SIGTERM or Ctrl-C.

    Raises:
        ConfigError: the address is public and no source has a secret, or is taken, or an option is wrong.
        StoreError: the store cannot be opened.
    """
    logs.configure(settings)
    for library in ("coap-server", "asyncio"):
        logging.getLogger(library).addFilter(LogLimit())
    coap = settings.coap
    sources = served(Transport.COAP, coap.host, settings, is_open=coap.is_open)
    port = free_port(coap.host, coap.port, socket.SOCK_DGRAM)
    packets, door = PacketLog(), open_door(settings, sources)
    try:
        asyncio.run(_until_signal(door, packets, coap.model_copy(update={"port": port})))
    finally:
        door.close()
        packets.close()


@asynccontextmanager
async def serving(door: Door, packets: PacketLog, coap: CoapSettings) -> AsyncIterator[int]:
    """The port of a running server; at the end of the block, what was begun is answered.

    Raises:
        ConfigError: the system lets nobody listen at the address, as while its interface is down.
    """
    site = Endpoints(door, packets, coap)
    try:
        context = await ServerContext.create_server_context(site, (coap.host, coap.port), transports=["udp6"])
    except (NetworkError, OSError) as error:
        raise ConfigError(
            f'telltale.toml [coap] host = "{coap.host}": cannot listen there ({error}); bring up the interface that '
            "has this address (for 127.0.0.1 it is lo), or choose another host"
        ) from error
    _enlarge(context.socket)
    context.read_in_bursts(site.discards)
    context.send_past_errors()
    try:
        yield int(context.socket.getsockname()[1])
    finally:
        await site.drain()
        await context.shutdown()
        site.discards.say()


class Endpoints:
    """What aiocoap calls a site: takes each request to the door and gives its reply back.

    Args:
        door: where requests go in, and which routes there are.
        packets: gets a line for each.
        coap: how the endpoints are called.
    """

    def __init__(self, door: Door, packets: PacketLog, coap: CoapSettings) -> None:
        self._door = door
        self._packets = packets
        self._timeout_s = coap.ticket_timeout_s
        self._max_body = coap.max_body
        self._blocks = Blocks(coap.max_body)
        self._routes = named_routes(door, coap)
        self.discards = Discards()
        """What is no request to a source."""
        self._begun = 0
        self._draining = False

    async def render_to_pipe(self, pipe: Pipe) -> None:
        """Answer one request, as aiocoap asks for it."""
        if self._draining:
            return  # the device says it again, to the next process
        self._begun += 1
        try:
            pipe.add_response(await self._answer(pipe.request), is_last=True)
        finally:
            self._begun -= 1

    async def drain(self) -> None:
        """Take nothing new, and wait until everything that was begun is answered."""
        self._draining = True
        with suppress(TimeoutError):
            async with asyncio.timeout(DRAIN_S):
                while self._begun:
                    await asyncio.sleep(0.01)

    async def _answer(self, message: Message) -> Message:
        """The reply of the source whose endpoint it is."""
        methods = self._routes.get(_served(message.opt.uri_path))
        if methods is None:
            return self._discarded(message, codes.NOT_FOUND, "no_such_endpoint")
        route = methods.get(_METHODS.get(int(message.code), ""))
        if route is None:
            return self._discarded(message, codes.METHOD_NOT_ALLOWED, "no_such_method")
        try:
            body = self._blocks.whole(message)
        except BlockError as error:
            reply = self._discarded(message, error.code, error.reason)
            reply.payload = error.reason.encode()
            if error.code is codes.REQUEST_ENTITY_TOO_LARGE:
                reply.opt.size1 = self._max_body
            return reply
        if body is None:
            return Message(code=codes.CONTINUE, block1=message.opt.block1)
        return await self._told(message, route, body)

    def _discarded(self, message: Message, code: codes.Code, reason: str) -> Message:
        """The reply to what is no request to a source, which is counted."""
        self.discards.add(plain_address(message.remote.sockaddr[0]), reason)
        return _silent_to_non(message, Message(code=code))

    async def _told(self, message: Message, route: Entry, body: bytes) -> Message:
        """Take a whole request to the door, note it, and word the door's verdict."""
        now, started = time.time_ns(), time.perf_counter()
        sender = plain_address(message.remote.sockaddr[0])
        request = Request(
            source=route.source,
            received_at=now // 1000,
            sender=sender,
            transport="coap",
            method=route.route.method,
            path=route.route.path,
            headers=_headers(message),
            query="&".join(message.opt.uri_query),
            body=body,
        )
        verdict = await self._door.submit(request, timeout_s=self._timeout_s)
        status, took = _status(verdict.reply), time.perf_counter() - started
        self._packets.add(
            Packet(now / 1e9, route.source, sender, len(body), status, verdict.reason, took, verdict.detail)
        )
        reply = Message(code=_code(status), payload=verdict.reply.body, block1=message.opt.block1)
        # A question, such as the time, is pointless without its answer; only what brings a record does without.
        return reply if verdict.reason == "answered" else _silent_to_non(message, reply)


async def _until_signal(door: Door, packets: PacketLog, coap: CoapSettings) -> None:
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        try:
            loop.add_signal_handler(number, stop.set)
        except NotImplementedError:  # Windows
            signal.signal(number, lambda *_: loop.call_soon_threadsafe(stop.set))
    async with serving(door, packets, coap) as port:
        host = f"[{coap.host}]" if ":" in coap.host else coap.host
        names = ", ".join(sorted({"/".join(path) for path in named_routes(door, coap)}))
        log.info("coap listens on coap://%s:%d for %s", host, port, names)
        await stop.wait()


def named_routes(door: Door, coap: CoapSettings) -> dict[tuple[str, ...], dict[str, Entry]]:
    """The routes by their path on the wire and their method: the prefix in front, names of the owner's own."""
    routes: dict[tuple[str, ...], dict[str, Entry]] = {}
    prefix = [part for part in coap.prefix.split("/") if part]
    for entry in door.routes():
        name = entry.route.path.strip("/")
        path = (*prefix, coap.endpoints.get(name, name))
        routes.setdefault(path, {})[entry.route.method] = entry
    return routes


def _enlarge(waiting: socket.socket) -> None:
    """Let the system keep more datagrams while a commit takes its time, and say so where it does not."""
    if forced := getattr(socket, "SO_RCVBUFFORCE", None):
        with suppress(PermissionError):
            waiting.setsockopt(socket.SOL_SOCKET, forced, RECEIVE_BUFFER)
            return
    waiting.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
    given = waiting.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF)
    if given < RECEIVE_BUFFER:
        log.info(
            "the system keeps %s bytes of datagrams that wait, wanted %s; sysctl net.core.rmem_max=%d raises that",
            f"{given:,}",
            f"{RECEIVE_BUFFER:,}",
            RECEIVE_BUFFER,
        )


def _headers(message: Message) -> dict[str, str]:
    headers = {"coap-type": "NON" if message.mtype is NON else "CON"}
    for option in message.opt.option_list():
        number = int(option.number)
        if number not in _TRANSPORT_OPTIONS:
            headers[f"coap-{number}"] = option.encode().hex()
    return headers


def _status(reply: Reply) -> int:
    return 500 if reply.status == 503 else reply.status  # to a sensor only 5.00 means: come back


@cache
def _code(status: int) -> codes.Code:
    """The CoAP code of its digits: 205 is 2.05."""
    kind, detail = divmod(status, 100)
    return codes.Code(kind << 5 | detail)


def _served(path: tuple[str, ...]) -> tuple[str, ...]:
    """The path that answers: a slash at its end, which is an empty last part, says nothing."""
    return path[:-1] if path and not path[-1] else path


def _silent_to_non(message: Message, reply: Message) -> Message:
    """The reply, which aiocoap does not send where the request asked for no acknowledgement."""
    if message.mtype is NON:
        reply.opt.no_response = _NOTHING
    return reply
