"""One request in, one reply out: ask the source, keep the record, answer.

A record is durable before it is acknowledged. What a source refuses is remembered in the `refused` list with its
reason; what cannot be stored is answered 503, so that a sender who can come back does. The door knows no transport
and no vendor. Who failed to prove who they are too often lately is answered 429 and only counted; a right secret is
always served.
"""

import json
import logging
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import Future
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from telltale import discreet
from telltale.contract import (
    SIMULATED_HEADER,
    SIMULATED_OPTION,
    ConfigError,
    Memory,
    Raw,
    Refused,
    Reply,
    Request,
    Route,
    Source,
    SourceSettings,
    StoreError,
)
from telltale.landing import TOO_MANY, Expiry, Landing, Spool, Spooling, Store
from telltale.readings import ReadingLog, reading_log
from telltale.settings import Settings
from telltale.sources import SOURCES
from telltale.tickets import Tickets

log = logging.getLogger("telltale.door")

KEPT_HEADERS = (
    *("content-type", "content-encoding", "user-agent", "x-forwarded-for", "coap-type", "mqtt-topic"),
    *(SIMULATED_HEADER, SIMULATED_OPTION),
)
"""Headers kept with a record; none carries a secret, as Signature, Authorization and Cookie may."""

AWAY = Reply(status=503, body=b"the record could not be stored; please send it again\n")
HOUR_US = 3_600_000_000
_CACHED_CHARACTERS = 500
"""Longer paths and queries are worded each time: a sender chooses them."""
_REFUSED_PATH_CHARACTERS = 200
_FAILED = Reply(status=500, body=b"accept_failed\n")
_TOO_MANY = Reply(status=429, body=f"{TOO_MANY}\n".encode(), headers=(("Retry-After", "60"),))
_NOT_AUTHENTIC = (401, 403)


class Entry(NamedTuple):
    """A route and the name of the source behind it."""

    route: Route
    source: str


class Verdict(NamedTuple):
    """The reply, and in one word why: `stored`, `answered` (nothing to keep), `store_away`, or a refusal's reason."""

    reply: Reply
    reason: str
    detail: str = ""


class _Asked(NamedTuple):
    """A reply that waits for its record to be durable."""

    reply: Reply
    raw: Raw
    needs_store: bool
    """Whether it is made of what is remembered in the store."""
    remember: tuple[Memory, ...]
    """What to remember there."""


class Door:
    """The entrance to the landing store for some sources.

    Args:
        sources: whom to let in.
        landing: where records become durable.
        settings: options and secrets of the sources.
        readings: told each record once it is durable.

    Raises:
        ConfigError: a source does not understand its options.
    """

    def __init__(
        self, sources: Iterable[Source], landing: Landing, settings: Settings, *, readings: ReadingLog | None = None
    ) -> None:
        self.landing = landing
        self._readings = readings
        self._tickets = Tickets()
        self._sources = {source.name: source for source in sources}
        self._settings = {name: settings.source(name) for name in self._sources}
        for source in self._sources.values():
            try_options(source, self._settings[source.name])

    def routes(self) -> list[Entry]:
        """Where the sources listen, aliases included."""
        return [Entry(route, source.name) for source in self._sources.values() for route in source.routes]

    def has_secret(self, source: str) -> bool:
        """Whether a secret proves who sends to the source; without one anybody who reaches the listener may."""
        return bool(self._settings[source].secrets)

    def secret_lines(self, source: str) -> str:
        """What to paste where, for a source that has no secret."""
        return self._sources[source].secret_lines

    def handle(self, request: Request, *, timeout_s: float | None = None) -> Verdict:
        """Answer one request; a 2xx is given only after the record is durable.

        Args:
            request: what came in.
            timeout_s: how long its sender waits, if not for the landing's `ticket_timeout_s`.
        """
        waits_s = self.landing.ticket_timeout_s if timeout_s is None else timeout_s
        until_s = time.monotonic() + waits_s
        asked = self._ask(request)
        if isinstance(asked, Verdict):
            return asked
        try:
            self.landing.append(asked.raw, asked.remember, needs_store=asked.needs_store, patience_s=waits_s)
        except StoreError as error:
            left_s = until_s - time.monotonic()
            if asked.needs_store and self.landing.is_spooling and left_s > 0:
                return self.handle(request, timeout_s=left_s)  # it can be answered without the store
            return Verdict(AWAY, "store_away", str(error))
        self._kept(asked.raw)
        return Verdict(asked.reply, "stored")

    async def submit(self, request: Request, *, timeout_s: float) -> Verdict:
        """The same without blocking an event loop; what is not durable in time is abandoned and not stored later."""
        until_s = time.monotonic() + timeout_s
        asked = self._ask(request)
        if isinstance(asked, Verdict):
            return asked
        try:
            ticket = self.landing.put(asked.raw, asked.remember, needs_store=asked.needs_store, patience_s=timeout_s)
            await self._tickets.durable(ticket, timeout_s)
        except StoreError as error:
            left_s = round(until_s - time.monotonic(), 1)  # `Tickets` keeps something for each length
            if asked.needs_store and self.landing.is_spooling and left_s > 0:
                return await self.submit(request, timeout_s=left_s)  # it can be answered without the store
            return Verdict(AWAY, "store_away", str(error))
        self._kept(asked.raw)
        return Verdict(asked.reply, "stored")

    def offer(self, request: Request) -> "Verdict | Future[int]":
        """The same without waiting: the record's ticket once it is queued, a verdict where there is none."""
        asked = self._ask(request)
        if isinstance(asked, Verdict):
            return asked
        try:
            ticket = self.landing.put(asked.raw, asked.remember, needs_store=asked.needs_store)
        except StoreError as error:
            return Verdict(AWAY, "store_away", str(error))
        if self._readings is not None:
            raw = asked.raw
            ticket.add_done_callback(lambda done: self._kept(raw) if _is_durable(done) else None)
        return ticket

    def _kept(self, raw: Raw) -> None:
        if self._readings is not None:
            self._readings.add(raw)

    def close(self) -> None:
        """Commit what is on the queue and let the store go."""
        self.landing.close()
        if self._readings is not None:
            self._readings.close()
        self.landing.store.close()

    def _ask(self, request: Request) -> "_Asked | Verdict":
        """What the source answers, and the record to store first; a verdict where there is nothing to store."""
        source = self._sources[request.source]
        needs_store = False
        if source.remembers:
            known, needs_store = self.landing.known(source.name, source.queue)
            request = request._replace(known=known)
        try:
            reply = source.accept(request, self._settings[request.source])
        except Refused as refused:
            return self.turn_away(request, refused)
        except MemoryError:
            return Verdict(AWAY, "store_away", "the machine is out of memory")
        except Exception as error:  # noqa: BLE001 a mistake of ours: its text, and a traceback, may quote the request
            detail = str(error) if isinstance(error, ConfigError) else discreet.place(error)
            self.turn_away(request, Refused(500, "accept_failed", detail, body=b""))
            return Verdict(_FAILED, "accept_failed", detail)
        if not reply.keep:
            return Verdict(reply, "answered")
        remember = reply.remember
        if source.remembers and not needs_store:
            self.landing.learn(source.name, remember)
            remember = ()
        return _Asked(reply, _raw(request, reply), needs_store, remember)

    def turn_away(self, request: Request, refused: Refused) -> Verdict:
        """Refuse a request: it is noted, or only counted where its sender was refused too often lately."""
        is_noted = self.landing.refuse(
            source=request.source,
            received_at=request.received_at,
            sender=request.sender,
            status=refused.status,
            reason=refused.reason,
            detail=refused.detail,
            body=request.body if refused.body is None else refused.body,
            meta=_meta(request._replace(path=request.path[:_REFUSED_PATH_CHARACTERS]), Reply()),
        )
        if not is_noted and refused.status in _NOT_AUTHENTIC:
            return Verdict(_TOO_MANY, TOO_MANY)
        reply = Reply(status=refused.status, body=f"{refused.reason}\n{refused.remedy}".encode())
        return Verdict(reply, refused.reason, refused.detail)


def _is_durable(ticket: "Future[int]") -> bool:
    return not ticket.cancelled() and ticket.exception() is None


def record(source: Source, request: Request, settings: SourceSettings) -> Raw:
    """The record the door would keep of a request, for those who put many into the store themselves.

    Only a simulated past and a capture file hand in another moment of receipt than the present.

    Raises:
        Refused: the source does not take the request.
    """
    return _raw(request, source.accept(request, settings))


def open_door(settings: Settings, sources: Iterable[Source]) -> Door:
    """A door to the project's own store; `close` drains it.

    From then on no error of this process shows what was sent (`telltale.discreet`).

    Raises:
        ConfigError: a source does not understand its options.
        StoreError: the store cannot be opened.
    """
    discreet.install()
    limits = settings.landing
    listed = tuple(sources)
    store = Store(settings.store_url, busy_timeout_s=limits.busy_timeout_s, may_be_away=limits.spool)
    if store.is_new:
        _say_what_was_lost(settings)
    landing = Landing(
        store,
        max_records=limits.max_records,
        max_bytes=limits.max_bytes,
        group=limits.group,
        ticket_timeout_s=limits.ticket_timeout_s,
        spooling=_spooling(settings, listed, store) if limits.spool else None,
    )
    return Door(listed, landing, settings, readings=reading_log(listed, settings))


def _spooling(settings: Settings, sources: Sequence[Source], store: Store) -> Spooling:
    """Where the records of a collector wait while the store is away, by the name of what it listens to."""
    limits = settings.landing
    name = sources[0].transport.value if sources else "none"
    spool = Spool(settings.spools, name, most_records=limits.spool_records, most_bytes=limits.spool_bytes)
    spooling = Spooling(spool, store, group=limits.group, expiry=expiry_of(settings))
    if not store.is_opened:
        spooling.begin(StoreError(f"store {store.shown}: it could not be opened when the collector started"))
    return spooling


def expiry_of(settings: Settings, **clocks: Any) -> Expiry:
    """What must not be kept longer in a spool.

    Which sites sent what waits there nobody knows before it is decoded: the shortest retention of any holds.
    `clocks` are those of `Expiry`.
    """
    hours = [site.raw_retention_h for site in (settings.site, *settings.sites.values()) if not site.keep]
    harmless = {source.name for source in SOURCES if not source.personal}
    return Expiry(min(hours) * HOUR_US if hours else None, harmless, **clocks)


def _say_what_was_lost(settings: Settings) -> None:
    """Loudly, where a new store was made beside a lake that an older one knew."""
    lake = settings.lake_root
    if isinstance(lake, Path) and any(lake.rglob("*.parquet")):
        log.error(
            "the store was not there and begins anew, though %s holds files it does not know; if it was lost, stop "
            "telltale and put its file or a backup of it back",
            lake,
        )


def try_options(source: Source, settings: SourceSettings) -> None:
    """Let a wrong option fail now, not at the first packet: an empty request is answered or refused.

    Raises:
        ConfigError: a source does not understand its options.
    """
    for route in source.routes:
        empty = Request(source.name, 0, "", source.transport.value, route.method, route.path, {}, "", b"")
        try:
            source.accept(empty, settings)
        except Refused:
            continue


def _raw(request: Request, reply: Reply) -> Raw:
    body = request.body if reply.redacted_body is None else reply.redacted_body
    return Raw(0, request.source, request.received_at, request.sender, _meta(request, reply), body)


def _meta(request: Request, reply: Reply) -> str:
    names = KEPT_HEADERS + reply.kept_headers
    headers = tuple((name, value[:200]) for name in names if (value := request.headers.get(name)) is not None)
    text = _meta_text if len(request.path) + len(reply.query) < _CACHED_CHARACTERS else _meta_text.__wrapped__
    return text(request.transport, request.method, request.path, reply.query, headers=headers, redacted=reply.redacted)


@lru_cache(maxsize=1024)  # a sender says the same of every packet
def _meta_text(
    transport: str,
    method: str,
    path: str,
    query: str,
    *,
    headers: tuple[tuple[str, str], ...],
    redacted: tuple[str, ...],
) -> str:
    meta: dict[str, object] = {"transport": transport, "method": method, "path": path}
    if query:
        meta["query"] = query
    if headers:
        meta["headers"] = dict(headers)
    if redacted:
        meta["redacted"] = redacted
    return json.dumps(meta, separators=(",", ":"))
