"""The HTTP collector: an asynchronous edge and Flask on granian, one address per source, `/healthz` and `/metrics`.

Start it with `telltale collect webhooks`. The body is read as bytes, bounded, with a deadline, and never parsed here:
the bytes are what a sender signs. On SIGTERM it stops listening, answers what it has begun and commits what is on the
queue.
"""

import errno
import logging
import multiprocessing.util
import os
import signal
import sys
import threading
import time
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from granian import Granian
from granian.constants import HTTPModes, Interfaces, SSLProtocols
from granian.http import HTTP1Settings

from collectors.common.packetlog import PacketLog
from collectors.http.bodies import Bodies
from collectors.http.edge import Edge
from collectors.http.meters import Meters
from collectors.http.opting_out import OptingOut
from collectors.http.orders import Orders
from collectors.http.pages import PATHS, pages
from collectors.http.receiver import Receiver
from collectors.http.unknown import Unknown
from telltale import logs
from telltale.certificate import server_context
from telltale.contract import Source, Transport
from telltale.door import Door, open_door
from telltale.net import Hosts, free_port, open_files, raise_open_files
from telltale.settings import Settings
from telltale.transports import ordering, served

Application = Callable[..., Awaitable[None]]

log = logging.getLogger("telltale.webhooks")

DRAIN_S = 20
"""After SIGTERM, how long requests in progress may take; a ticket gives up long before."""

SWITCH_S = 0.0005
"""How long the event loop may keep the interpreter from the writer's thread, which asks for it ten times a commit: with
Python's 5 ms the slowest of a hundred answers took half as long again."""
CONNECTIONS = 8192
"""Connections open at once; those that come later wait in the system's queue."""
ENOUGH = 3000
OTHER_FILES = 256
"""Open files beside connections: store, logs, libraries."""
BACKLOG = 4096
CONNECTION_BYTES = 64 << 10
"""What the server keeps of a connection that nobody reads from: a header, or the beginning of a body."""


def run(settings: Settings) -> None:
    """Serve until SIGTERM or Ctrl-C.

    Raises:
        ConfigError: the address is public and no source has a secret, or is taken, or an option or a certificate is
            wrong.
        StoreError: the store cannot be opened.
    """
    logs.configure(settings)
    host, sources = settings.webhooks.host, served(Transport.HTTP, settings.webhooks.host, settings)
    told = [source for source in ordering(host, settings) if source.name in settings.order_secrets]
    server_context(settings.root, "webhooks", settings.webhooks.certificate, settings.webhooks.key)  # or it is said
    open_door(settings, sources).close()  # what is wrong with options or store is said here, not in the worker
    port = free_port(host, settings.webhooks.port)
    listening = settings.webhooks.model_copy(update={"port": port})
    names = [source.name for source in sources] + [f"orders to {source.name}" for source in told]
    log.info("webhooks listens on %s for %s", listening.url, ", ".join(names))
    serve(partial(_worker, settings, sources), settings, port)


def serve(load_app: Callable[[], Application], settings: Settings, port: int) -> None:
    """Serve an application, made in the worker process, until SIGTERM or Ctrl-C.

    One worker: a second one on the same SQLite file waits for the first one's lock (measured at half the rate). HTTP/1
    only: while a connection may still turn out to be HTTP/2 there is no deadline for its header.
    """
    webhooks = settings.webhooks
    server = Granian(
        "telltale",
        address=webhooks.host,
        port=port,
        interface=Interfaces.ASGINL,
        http=HTTPModes.http1,
        websockets=False,
        backlog=BACKLOG,
        backpressure=_connections(),  # it counts connections, not requests
        http1_settings=HTTP1Settings(
            header_read_timeout=int(webhooks.header_timeout_s * 1000), max_buffer_size=CONNECTION_BYTES
        ),
        ssl_cert=settings.root / webhooks.certificate if webhooks.certificate else None,
        ssl_key=settings.root / (webhooks.key or webhooks.certificate) if webhooks.certificate else None,
        ssl_protocol_min=SSLProtocols.tls12,
        workers_kill_timeout=DRAIN_S,
        log_enabled=False,
    )
    server.serve(target_loader=partial(_loaded, load_app), wrap_loader=False)


def _loaded(load_app: Callable[[], Application]) -> Application:
    """The application, in the worker process."""
    sys.setswitchinterval(SWITCH_S)
    return load_app()


def create_app(door: Door, packets: PacketLog, settings: Settings) -> Edge:
    """The application; the token opens the details of /healthz and /metrics from other machines."""
    webhooks = settings.webhooks
    hosts = Hosts(webhooks.host, public_url=settings.dashboard.public_url, more=webhooks.hosts)
    meters = Meters(door.landing)
    bodies = Bodies(most=webhooks.max_body, timeout_s=webhooks.body_timeout_s, per_sender=webhooks.bodies_per_sender)
    ordered = ordering(webhooks.host, settings)
    orders = Orders(door, ordered, settings.order_secrets, meters=meters, packets=packets, bodies=bodies)
    unknown = Unknown(door, meters.count_unknown, more=[*PATHS, *orders.paths])
    receiver = Receiver(door, meters, packets, bodies=bodies, hosts=hosts, unknown=unknown)
    opting_out = None
    if settings.privacy.optout_page:
        opting_out = OptingOut(settings.keys, hosts, meters=meters, packets=packets, bodies=bodies)
    return Edge(receiver, orders, pages(door, meters, hosts, settings, unknown), opting_out=opting_out)


def _connections() -> int:
    """How many connections may be open, which is said where it is fewer than a hostile day asks for."""
    raise_open_files(CONNECTIONS + OTHER_FILES)
    limit = open_files()
    room = CONNECTIONS if limit is None else min(CONNECTIONS, max(limit - OTHER_FILES, 1))
    if room < ENOUGH:
        log.warning(
            "webhooks has room for %d connections, %d silent ones may come: raise the limit of open files to %d "
            "or more (systemd: LimitNOFILE; a shell: ulimit -n)",
            *(room, ENOUGH, ENOUGH + OTHER_FILES),
        )
    return room


def _worker(settings: Settings, sources: list[Source]) -> Edge:
    """The application inside granian's worker process, which closes the landing when it ends."""
    logs.configure(settings)  # where processes are spawned, not forked, nothing of the parent's is here
    threading.Thread(target=_end_without_files, daemon=True).start()
    door = open_door(settings, sources)
    # granian leaves through multiprocessing, which runs finalizers but not atexit.
    packets = PacketLog()
    multiprocessing.util.Finalize(None, door.close, exitpriority=100)
    multiprocessing.util.Finalize(None, packets.close, exitpriority=90)
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_follow, args=(parent,), daemon=True).start()
    return create_app(door, packets, settings)


def _follow(parent: Any) -> None:
    """End with the parent: a worker left behind by `kill -9` would go on listening."""
    parent.join()
    os.kill(os.getpid(), signal.SIGTERM)


def _end_without_files() -> None:
    """End loudly, to be started again, where no file can be opened any more: the server never accepts again then.

    It counts no connection that is still at its TLS handshake, so a burst of those takes the last one.
    """
    failures = 0
    while failures < 3:
        time.sleep(1)
        try:
            os.close(os.dup(2))
        except OSError as error:
            failures += error.errno == errno.EMFILE
        else:
            failures = 0
    log.critical("webhooks has no file left to open and ends; raise the limit of open files (systemd: LimitNOFILE)")
    os._exit(1)  # what was acknowledged is durable
