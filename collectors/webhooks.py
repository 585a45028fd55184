"""The HTTP collector: Flask on granian, one address per source, `/healthz` and `/metrics`.

Start it with `telltale collect webhooks`. The body is read as bytes, bounded, and never parsed here: the bytes are what
a sender signs. On SIGTERM it stops listening, answers what it has begun and commits what is on the queue.
"""

import hmac
import logging
import multiprocessing.util
import os
import signal
import threading
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from flask import Flask, Response, request
from granian import Granian
from granian.constants import Interfaces
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from collectors.common.packetlog import PacketLog
from collectors.http.meters import Meters
from collectors.http.receiver import Receiver
from telltale import logs
from telltale.contract import Source, Transport
from telltale.door import Door, open_door
from telltale.landing import Landing
from telltale.net import free_port, is_loopback
from telltale.settings import Settings
from telltale.transports import served

log = logging.getLogger("telltale.webhooks")

DRAIN_S = 20
"""After SIGTERM, how long requests in progress may take; a ticket gives up long before."""

_PROXY_HEADERS = ("forwarded", "x-forwarded-for", "x-real-ip", "via")


def run(settings: Settings) -> None:
    """Serve until SIGTERM or Ctrl-C.

    Raises:
        ConfigError: the address is public and no source has a secret, or is taken, or an option is wrong.
        StoreError: the store cannot be opened.
    """
    logs.configure(settings)
    host, sources = settings.webhooks.host, served(Transport.HTTP, settings.webhooks.host, settings)
    port = free_port(host, settings.webhooks.port)
    open_door(settings, sources).close()  # what is wrong with options or store is said here, not in the worker
    log.info("webhooks listens on http://%s:%d for %s", host, port, ", ".join(source.name for source in sources))
    serve(partial(_worker, settings, sources), host, port, threads=settings.webhooks.threads)


def serve(load_app: Callable[[], Flask], host: str, port: int, *, threads: int) -> None:
    """Serve an application, made in the worker process, until SIGTERM or Ctrl-C.

    One worker: a second one on the same SQLite file waits for the first one's lock (measured at half the rate).
    """
    server = Granian(
        "telltale",
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        blocking_threads=threads,
        backpressure=threads,
        workers_kill_timeout=DRAIN_S,
        log_enabled=False,
    )
    server.serve(target_loader=load_app, wrap_loader=False)


def create_app(door: Door, packets: PacketLog, *, max_body: int, token: str = "") -> Flask:
    """The application; `token` opens the details of /healthz and /metrics from other machines."""
    app = Flask(__name__, static_folder=None)
    meters = Meters(door.landing)
    app.add_url_rule("/healthz", "healthz", partial(_health, door.landing, token))
    app.add_url_rule("/metrics", "metrics", partial(_metrics, meters, token))
    app.wsgi_app = Receiver(door, app.wsgi_app, meters, packets, max_body)  # type: ignore[method-assign]
    return app


def _health(landing: Landing, token: str) -> tuple[dict[str, Any], int]:
    problem = landing.health()
    answer: dict[str, Any] = {"status": "store not writable" if problem else "ok"}
    if _may_see_details(token):
        records, size = landing.depth
        last = landing.last_received_at
        age = None if last is None else round(time.time() - last / 1e6, 3)
        answer |= {"queue_records": records, "queue_bytes": size, "last_record_age_s": age, "store": problem}
    return answer, 503 if problem else 200


def _metrics(meters: Meters, token: str) -> Response:
    if not _may_see_details(token):
        return Response("a token is needed from here\n", 401, {"WWW-Authenticate": "Bearer"})
    return Response(generate_latest(meters.registry), content_type=CONTENT_TYPE_LATEST)


def _may_see_details(token: str) -> bool:
    """Whether the caller is this machine itself, not a proxy or tunnel on it, or knows the token."""
    if is_loopback(request.remote_addr or "") and not any(name in request.headers for name in _PROXY_HEADERS):
        return True
    given = request.headers.get("Authorization", "").removeprefix("Bearer ").encode()
    return bool(token) and hmac.compare_digest(given, token.encode())


def _worker(settings: Settings, sources: list[Source]) -> Flask:
    """The application inside granian's worker process, which closes the landing when it ends."""
    door = open_door(settings, sources)
    # granian leaves through multiprocessing, which runs finalizers but not atexit.
    packets = PacketLog()
    multiprocessing.util.Finalize(None, door.close, exitpriority=100)
    multiprocessing.util.Finalize(None, packets.close, exitpriority=90)
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_follow, args=(parent,), daemon=True).start()
    return create_app(door, packets, max_body=settings.webhooks.max_body, token=settings.token)


def _follow(parent: Any) -> None:
    """End with the parent: a worker left behind by `kill -9` would go on listening."""
    parent.join()
    os.kill(os.getpid(), signal.SIGTERM)
