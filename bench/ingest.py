"""What durability costs: the HTTP collector against its own server answering an empty 204, and one commit a request.

Two servers, each granian with one worker and its event loop, and one request: a signed five-row CloudTrax report of
about 1 kB over 64 kept connections. `empty` reads the body in the same server and answers 204. `nothing` is the
collector's own path with a source that keeps nothing. `durable` is the collector as it runs: signature, log line,
metrics, group commit with synchronous=FULL. `each` is the same with a transaction for every request, by one of 64
threads. Both again on a PostgreSQL of the bench's own on this machine, fsync on, where each of the 64 threads has a
connection. Repeats are interleaved, because the disk's speed drifts. Last, one honest request after the other, alone
and beside 3,000 clients that say nothing.
"""

import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

import psutil  # type: ignore[import-untyped]  # it ships no types

from bench.load import Load, post, request
from bench.measured import note, sized
from collectors.common.packetlog import PacketLog
from collectors.http.bodies import Receive
from collectors.http.edge import Scope, Send
from collectors.webhooks import Application, create_app, serve
from telltale.contract import Memory, Raw, Reply, Route
from telltale.door import open_door
from telltale.landing import Landing, Store
from telltale.net import free_port, raise_open_files
from telltale.settings import PathSettings, Settings
from telltale.sources import SOURCES
from telltale.sources.cloudtrax.wire import signature
from tests.postgres import installed, postgres

REPEATS = sized(3, 7)
SECRET = "bench"
NETWORK = 71234
SILENT = {
    "idle": (2_000, b""),
    "half a header": (500, b"POST /cloudtrax HTTP/1.1\r\nHos"),
    "half a body": (500, b"POST /cloudtrax HTTP/1.1\r\nHost: bench\r\nContent-Length: 900\r\n\r\n{"),
}
SERVERS: dict[int, int] = {}
"""The process behind each port."""


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="telltale-bench-", dir=os.environ.get("TELLTALE_BENCH_DIR")) as folder:
        runs = _measure(Path(folder))
        alone, beside = _beside_silent(Path(folder))
    for name, loads in runs.items():
        rates = [load.per_second for load in loads]
        tail = statistics.median(load.p99_ms for load in loads)
        span = f"of {min(rates):,.0f} to {max(rates):,.0f}"
        print(f"{name:15} {statistics.median(rates):8,.0f} POST/s ({span}), p99 {tail:.0f} ms")
    of = f"HTTP, 64 connections, SQLite synchronous=FULL, medians of {REPEATS} interleaved repeats of 2 s"
    note("durable POST ÷ one commit each", _ratio(runs, "durable", "each"), of=of, at_least=3)
    if "PostgreSQL" in runs:
        with_it = of.replace("SQLite synchronous=FULL", "PostgreSQL on the same machine, fsync on")
        both = of.replace("SQLite synchronous=FULL", "PostgreSQL on the same machine, fsync on, and SQLite")
        note(
            "durable POST ÷ one commit each, PostgreSQL",
            _ratio(runs, "PostgreSQL", "PostgreSQL each"),
            of=with_it,
            at_least=3,
        )
        note("durable POST on PostgreSQL ÷ on SQLite", _ratio(runs, "PostgreSQL", "durable"), of=both, at_least=0.6)
    else:
        print("no PostgreSQL is installed: not measured")
    note("durable POST ÷ the same path keeping nothing", _ratio(runs, "durable", "nothing"), of=of)
    note("durable POST ÷ empty 204 of the same server", _ratio(runs, "durable", "empty"), of=of)
    note("durable POSTs a CPU second", _per_cpu_second(runs["durable"]), "/s", of=f"{of}; the collector's processes")
    silent = " + ".join(f"{number:,} {name}" for name, (number, _) in SILENT.items())
    note("p99 of an honest POST alone", alone, "ms", of="one connection, 5 s")
    note("p99 of an honest POST beside silent clients", beside, "ms", of=f"one connection, 5 s; {silent}", at_most=100)


def _ratio(runs: dict[str, list[Load]], one: str, other: str) -> float:
    return statistics.median(x.per_second for x in runs[one]) / statistics.median(x.per_second for x in runs[other])


def _per_cpu_second(loads: list[Load]) -> float:
    return statistics.median(sum(load.statuses.values()) / load.cpu_s for load in loads)


def _measure(folder: Path) -> dict[str, list[Load]]:
    body, headers = _report()
    with ExitStack() as stack:
        grouped = stack.enter_context(_serving(folder / "grouped", "grouped"))
        targets = {
            "empty": (grouped, "/empty", 204),
            "nothing": (grouped, "/nothing", 204),
            "durable": (grouped, "/cloudtrax", 200),
            "each": (stack.enter_context(_serving(folder / "each", "each")), "/cloudtrax", 200),
        }
        if installed("postgres"):
            url = stack.enter_context(postgres("max_connections=200"))
            for name, kind in (("PostgreSQL", "grouped"), ("PostgreSQL each", "each")):
                port = stack.enter_context(_serving(folder / name, kind, url))
                targets[name] = (port, "/cloudtrax", 200)
        runs: dict[str, list[Load]] = {name: [] for name in targets}
        for repeat in range(REPEATS + 1):
            for name, (port, path, status) in targets.items():
                before = _cpu_s(port)
                load = post("127.0.0.1", port, request(path, body, headers))
                load = load._replace(cpu_s=_cpu_s(port) - before)
                assert set(load.statuses) == {status}, f"{name}: {load.statuses}"
                if repeat:  # the first is a warm-up
                    runs[name].append(load)
    return runs


def _cpu_s(port: int) -> float:
    """CPU seconds of the server on a port, with its worker."""
    server = psutil.Process(SERVERS[port])
    times = [process.cpu_times() for process in (server, *server.children(recursive=True))]
    return float(sum(each.user + each.system for each in times))


def _beside_silent(folder: Path) -> tuple[float, float]:
    """The 99th percentile of the answers' time in ms, alone and beside clients that say nothing."""
    body, headers = _report()
    message = request("/cloudtrax", body, headers)
    assert not raise_open_files(sum(number for number, _ in SILENT.values()) + 500)
    with _serving(folder / "silent", "grouped") as port, ExitStack() as stack:
        alone = post("127.0.0.1", port, message, connections=1, seconds=5.0)
        for number, begun in SILENT.values():
            for _ in range(number):
                silent = stack.enter_context(socket.create_connection(("127.0.0.1", port)))
                silent.sendall(begun)
        beside = post("127.0.0.1", port, message, connections=1, seconds=5.0)
    assert set(alone.statuses) == set(beside.statuses) == {200}
    return alone.p99_ms, beside.p99_ms


def _report() -> tuple[bytes, dict[str, str]]:
    row = {"count": 9, "min_signal": -80, "max_signal": -60, "avg_signal": -70, "last_seen_signal": -66}
    rows = [
        {
            "mac": f"3c:06:30:aa:bb:{i:02x}",
            **row,
            "first_seen": 1795160000,
            "last_seen": 1795160029,
            "associated": False,
        }
        for i in range(5)
    ]
    body = json.dumps(
        {"network_id": NETWORK, "node_mac": "AC:86:74:11:22:33", "version": 1, "probe_requests": rows}
    ).encode()
    return body, {"Signature": signature(SECRET, body).hex(), "Content-Type": "application/json"}


@contextmanager
def _serving(root: Path, kind: str, store_url: str = "") -> Iterator[int]:
    port = free_port("127.0.0.1", 0)
    root.mkdir()
    server = subprocess.Popen([sys.executable, "-m", "bench.ingest", str(root), kind, str(port), store_url])
    try:
        _wait_for(port)
        SERVERS[port] = server.pid
        yield port
    finally:
        server.terminate()
        server.wait()


def _wait_for(port: int) -> None:
    for _ in range(600):
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except ConnectionRefusedError:
            time.sleep(0.1)
        else:
            return
    raise TimeoutError(f"no server on port {port}")


class OneCommitEach(Landing):
    """A transaction for every record, each by one of 64 threads."""

    def __init__(self, store: Store) -> None:
        super().__init__(store)
        self._threads = ThreadPoolExecutor(64)
        if store.is_bounded:  # where they need not wait for each other, each thread has a connection of its own
            store.engine.pool._max_overflow = 64  # type: ignore[attr-defined]

    def put(
        self,
        raw: Raw,
        remember: tuple[Memory, ...] = (),  # noqa: ARG002 - a report needs none
        *,
        needs_store: bool = False,  # noqa: ARG002 - no answer depends on it
        patience_s: float | None = None,  # noqa: ARG002 - nobody waits in a queue
    ) -> Future[int]:
        """Make one record durable; its ticket resolves to its id."""
        return self._threads.submit(self._insert, raw)

    def _insert(self, raw: Raw) -> int:
        with self.store.appender() as connection:
            return self.store.insert(connection, [raw])[0]


def application(settings: Settings, kind: str) -> Application:
    """The collector's application, with two routes that keep nothing beside the source's."""
    nothing = replace(
        SOURCES[0],
        name="nothing",
        routes=(Route("POST", "/nothing"),),
        accept=lambda _request, _settings: Reply(204, b"", keep=False),
    )
    door = open_door(settings, [*SOURCES, nothing])
    if kind == "each":
        door.landing = OneCommitEach(door.landing.store)
    app = create_app(door, PacketLog((settings.root / "log").open("w")), settings)

    async def empty(_scope: Scope, receive: Receive, send: Send) -> None:
        while (await receive()).get("more_body"):
            pass
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    def route(scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        return (empty if scope["path"] == "/empty" else app)(scope, receive, send)

    return route


if __name__ == "__main__":
    folder, kind, port, store_url = sys.argv[1:]
    settings = Settings(root=Path(folder), paths=PathSettings(store_url=store_url))
    settings = settings.with_secrets({"cloudtrax": {str(NETWORK): SECRET}})
    serve(partial(application, settings, kind), settings, int(port))
