"""What the collector says of itself: `/healthz` and `/metrics`, and where `/graph` leads; a Flask application."""

import hmac
import time
from collections.abc import Mapping
from functools import partial
from typing import Any

from flask import Flask, Response, request
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from collectors.http.graph import graph
from collectors.http.meters import Meters
from collectors.http.receiver import not_ours
from collectors.http.unknown import NAME, Unknown
from telltale.contract import Request
from telltale.door import Door
from telltale.net import Hosts, is_loopback
from telltale.settings import Settings

PATHS = frozenset(("/healthz", "/metrics", "/graph"))

_PROXY_HEADERS = ("forwarded", "x-forwarded-for", "x-real-ip", "via")


class Access:
    """Who may see details: who knows the token, or asks from this machine itself, by one of its names.

    A proxy or tunnel on this machine, and a web page open on it, ask from here too, for somebody elsewhere.
    """

    def __init__(self, hosts: Hosts, token: str) -> None:
        self._hosts = hosts
        self._token = token

    def knows_token(self) -> bool:
        """Whether the request carries the token."""
        given = request.headers.get("Authorization", "").removeprefix("Bearer ").encode()
        return bool(self._token) and hmac.compare_digest(given, self._token.encode())

    def is_from_here(self) -> bool:
        """Whether it comes from this machine and through no proxy that says so."""
        return is_loopback(request.remote_addr or "") and not any(name in request.headers for name in _PROXY_HEADERS)

    def foreign(self) -> str:
        """What makes it a web page's, or a request for another name than ours; empty where nothing does."""
        return self._hosts.foreign(headers_of_request())


def headers_of_request() -> Mapping[str, str]:
    """The headers of Flask's request by lower-case name."""
    return {name.lower(): value for name, value in request.headers.items()}


def pages(door: Door, meters: Meters, hosts: Hosts, settings: Settings, unknown: Unknown) -> Flask:
    """The application."""
    app, access = Flask(__name__, static_folder=None), Access(hosts, settings.token)
    app.add_url_rule("/healthz", "healthz", partial(_health, door, access, unknown))
    app.add_url_rule("/graph", "graph", partial(_graph, settings, access))
    app.add_url_rule("/metrics", "metrics", partial(_metrics, door, meters, access))
    return app


def _health(door: Door, access: Access, unknown: Unknown) -> tuple[dict[str, Any], int]:
    landing = door.landing
    wrong = landing.health()
    spool = None if landing.spooling is None else landing.spooling.state
    is_away = bool(wrong) or (spool is not None and spool.is_active)
    takes = not is_away or (spool is not None and spool.takes)
    answer: dict[str, Any] = {"status": "store not writable" if not takes else "spooling" if is_away else "ok"}
    if access.knows_token() or (access.is_from_here() and not access.foreign()):
        records, size = landing.depth
        last = landing.last_received_at
        answer |= {"queue_records": records, "queue_bytes": size, "last_record_age_s": _age_s(last), "store": wrong}
        if spool is not None:
            answer["spool"] = spool._asdict() | {"since_s": _age_s(spool.since_us)}
            del answer["spool"]["since_us"]
        open_to_all = sorted({entry.source for entry in door.routes() if not door.has_secret(entry.source)})
        answer |= {"without_secret": open_to_all, "unknown_paths": unknown.counts}
    return answer, 200 if takes else 503


def _age_s(at_us: int | None) -> float | None:
    return None if at_us is None else round(time.time() - at_us / 1e6, 3)


def _metrics(door: Door, meters: Meters, access: Access) -> Response:
    if not access.knows_token():
        if not access.is_from_here():
            return Response("a token is needed from here\n", 401, {"WWW-Authenticate": "Bearer"})
        if foreign := access.foreign():
            reply = door.turn_away(_request(), not_ours(foreign)).reply
            return Response(reply.body, reply.status, content_type=reply.content_type)
    return Response(generate_latest(meters.registry), content_type=CONTENT_TYPE_LATEST)


def _graph(settings: Settings, access: Access) -> Response:
    reply = graph(settings, headers_of_request(), is_from_here=access.is_from_here())
    return Response(reply.body, reply.status, content_type=reply.content_type, headers=dict(reply.headers))


def _request() -> Request:
    """Flask's request, for the refused list."""
    return Request(
        source=NAME,
        received_at=time.time_ns() // 1000,
        sender=request.remote_addr or "",
        transport="http",
        method=request.method,
        path=request.path,
        headers=headers_of_request(),
        query="",
        body=b"",
    )
