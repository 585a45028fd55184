"""What durability costs: the HTTP collector against its own server answering an empty 204, and one commit a request.

Two servers, each granian with one worker and 64 threads, and one request: a signed five-row CloudTrax report of about
1 kB over 64 kept connections. `empty` is a Flask view that reads the body and answers 204. `nothing` is the collector's
own path with a source that keeps nothing. `durable` is the collector as it runs: signature, log line, metrics, group
commit with synchronous=FULL. `each` is the same with a transaction for every request. Repeats are interleaved, because
the disk's speed drifts.
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
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

from bench.load import Load, post, request
from collectors.common.packetlog import PacketLog
from collectors.http.bodies import Receive
from collectors.http.edge import Scope, Send
from collectors.webhooks import Application, create_app, serve
from telltale.contract import Reply, Route
from telltale.door import open_door
from telltale.landing import Landing
from telltale.net import free_port
from telltale.settings import Settings
from telltale.sources import SOURCES
from telltale.sources.cloudtrax.wire import signature

REPEATS = 7
SECRET = "bench"
NETWORK = 71234


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="telltale-bench-", dir=os.environ.get("TELLTALE_BENCH_DIR")) as folder:
        runs = _measure(Path(folder))
    for name, loads in runs.items():
        rates = [load.per_second for load in loads]
        tail = statistics.median(load.p99_ms for load in loads)
        span = f"of {min(rates):,.0f} to {max(rates):,.0f}"
        print(f"{name:8} {statistics.median(rates):8,.0f} POST/s ({span}), p99 {tail:.0f} ms")
    print(f"durable ÷ empty 204:              {_ratio(runs, 'durable', 'empty'):.2f}  (to reach: ≥ 0.5)")
    print(f"durable ÷ keeping nothing:        {_ratio(runs, 'durable', 'nothing'):.2f}  (what the store itself costs)")
    print(f"durable ÷ one commit per request: {_ratio(runs, 'durable', 'each'):.2f}  (to reach: ≥ 2.5)")
    print(f"ratios of medians of {REPEATS} interleaved repeats of 2 s, 64 connections, SQLite WAL synchronous=FULL")


def _ratio(runs: dict[str, list[Load]], one: str, other: str) -> float:
    return statistics.median(x.per_second for x in runs[one]) / statistics.median(x.per_second for x in runs[other])


def _measure(folder: Path) -> dict[str, list[Load]]:
    body, headers = _report()
    with _serving(folder / "grouped", "grouped") as grouped, _serving(folder / "each", "each") as each:
        targets = {
            "empty": (grouped, "/empty", 204),
            "nothing": (grouped, "/nothing", 204),
            "durable": (grouped, "/cloudtrax", 200),
            "each": (each, "/cloudtrax", 200),
        }
        runs: dict[str, list[Load]] = {name: [] for name in targets}
        for repeat in range(REPEATS + 1):
            for name, (port, path, status) in targets.items():
                load = post("127.0.0.1", port, request(path, body, headers))
                assert set(load.statuses) == {status}, f"{name}: {load.statuses}"
                if repeat:  # the first is a warm-up
                    runs[name].append(load)
    return runs


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
def _serving(root: Path, kind: str) -> Iterator[int]:
    port = free_port("127.0.0.1", 0)
    root.mkdir()
    server = subprocess.Popen([sys.executable, "-m", "bench.ingest", str(root), kind, str(port)])
    try:
        _wait_for(port)
        yield port
    finally:
        server.terminate()
        server.wait()


def _wait_for(port: int) -> None:
    for _ in range(100):
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except ConnectionRefusedError:
            time.sleep(0.1)
        else:
            return
    raise TimeoutError(f"no server on port {port}")


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
        door.landing = Landing(door.landing.store, group=1)
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
    folder, kind, port = sys.argv[1:]
    settings = Settings(root=Path(folder)).with_secrets({"cloudtrax": {str(NETWORK): SECRET}})
    serve(partial(application, settings, kind), settings, int(port))
