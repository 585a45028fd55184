"""What storing costs a CoAP server: the collector against aiocoap echoing the same bytes.

Two servers, each one process of aiocoap on udp6, and one request: a confirmable POST of a real 44-byte Efento frame,
from 64 sockets with one request in the air each and a fresh message id every time. `echo` is aiocoap as it comes, with
a resource that answers 2.04 and the payload. `stored` is the collector as it runs: accept, log line, group commit with
synchronous=FULL, 2.01. Every answer is checked, and after each run that every answered request is one row in the store.
Repeats are interleaved.
"""

import asyncio
import itertools
import os
import selectors
import socket
import sqlite3
import statistics
import struct
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path

import aiocoap
import aiocoap.resource

from bench.measured import note, sized
from collectors.coap_server import serving
from collectors.common.packetlog import PacketLog
from telltale.door import open_door
from telltale.net import free_port
from telltale.settings import Settings
from telltale.settings.listeners import CoapSettings
from telltale.sources import source

REPEATS = sized(3, 7)
SECONDS = 2.0
SOURCES = 64
FRAME = bytes.fromhex("0a06282c024156af10011814220d080510e0f7e1a7062a0301c10728acffe1a7063014380c40014877820100")
_HEAD = struct.Struct("!BBHI")
_MIDS = itertools.count(1)
"""Fresh over all sockets, because a later run's socket may get a former one's port."""
_REPEAT_S = 2.0
"""A request without its answer is sent again after so long, with the same message id, as a device does."""


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="telltale-bench-", dir=os.environ.get("TELLTALE_BENCH_DIR")) as folder:
        runs = _measure(Path(folder))
    for name, rates in runs.items():
        print(f"{name:7} {statistics.median(rates):7,.0f} CON POST/s (of {min(rates):,.0f} to {max(rates):,.0f})")
    ratio = statistics.median(runs["stored"]) / statistics.median(runs["echo"])
    of = f"{SOURCES} sources, fresh message ids, none lost, medians of {REPEATS} interleaved repeats of {SECONDS:g} s"
    note("CON POSTs stored ÷ aiocoap echo without storage", ratio, of=of, at_least=0.6)


def _measure(folder: Path) -> dict[str, list[float]]:
    ports = {name: free_port("127.0.0.1", 0, socket.SOCK_DGRAM) for name in ("echo", "stored")}
    servers = [
        subprocess.Popen([sys.executable, "-m", "bench.coap", name, str(port), str(folder)])
        for name, port in ports.items()
    ]
    runs: dict[str, list[float]] = {name: [] for name in ports}
    answered = 0
    try:
        for port in ports.values():
            _wait_for(port)
        for repeat in range(REPEATS + 1):
            for name, port in ports.items():
                count, took = _load(port)
                answered += count if name == "stored" else 0
                if repeat:  # the first is a warm-up
                    runs[name].append(count / took)
    finally:
        for server in servers:
            server.terminate()
            server.wait()
    rows = _rows(folder)
    if rows != answered:
        raise AssertionError(f"{answered:,} requests answered 2.01, {rows:,} rows stored")
    return runs


def _load(port: int) -> tuple[int, float]:
    """Requests answered, and the seconds they took: every socket sends its next request when the last is answered."""
    with selectors.DefaultSelector() as ready:
        senders = [_Sender(port) for _ in range(SOURCES)]
        for sender in senders:
            ready.register(sender.socket, selectors.EVENT_READ, sender)
            sender.send()
        count, started = 0, time.perf_counter()
        check_at = started + 0.5
        while senders:
            is_over = time.perf_counter() - started > SECONDS
            for key, _events in ready.select(0.1):
                if key.data.is_answered():
                    count += 1
                    if is_over:
                        ready.unregister(key.data.socket)
                        key.data.socket.close()
                        senders.remove(key.data)
                    else:
                        key.data.send()
            if time.perf_counter() > check_at:
                check_at = time.perf_counter() + 0.5
                for sender in senders:
                    sender.repeat()
    return count, time.perf_counter() - started


class _Sender:
    """A device: one socket, one request in the air."""

    def __init__(self, port: int) -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.connect(("127.0.0.1", port))
        self._mid = 0
        self._packet = b""
        self._sent_at = 0.0

    def send(self) -> None:
        self._mid = next(_MIDS) & 0xFFFF
        self._packet = _HEAD.pack(0x44, 2, self._mid, self._mid) + b"\xb1m\xff" + FRAME
        self._sent_at = time.perf_counter()
        self.socket.send(self._packet)

    def repeat(self) -> None:
        if time.perf_counter() - self._sent_at > _REPEAT_S:
            self._sent_at = time.perf_counter()
            self.socket.send(self._packet)

    def is_answered(self) -> bool:
        answer = self.socket.recv(2048)
        kind, code, mid, token = _HEAD.unpack_from(answer)
        if mid != self._mid:
            return False  # to a repetition
        if (kind, code >> 5, token) != (0x64, 2, mid):
            raise AssertionError(f"expected a 2.xx on the ACK, got {answer.hex()}")
        return True


def _wait_for(port: int) -> None:
    """Wait until the server answers a ping, an empty CON, with its RST."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        asking.connect(("127.0.0.1", port))
        asking.settimeout(0.2)
        for mid in range(150):
            try:
                asking.send(struct.pack("!BBH", 0x40, 0, mid))
                asking.recv(64)
            except (ConnectionRefusedError, TimeoutError):
                time.sleep(0.1)
            else:
                return
    raise TimeoutError(f"no server on port {port}")


def _rows(folder: Path) -> int:
    with closing(sqlite3.connect(folder / "data" / "landing" / "telltale.db")) as store:
        (rows,) = store.execute("select count(*) from raw").fetchone()
    return int(rows)


class _Echo(aiocoap.resource.Resource):  # type: ignore[misc]
    async def render_post(self, request: aiocoap.Message) -> aiocoap.Message:
        return aiocoap.Message(code=aiocoap.CHANGED, payload=request.payload)


async def _echo(port: int) -> None:
    site = aiocoap.resource.Site()
    site.add_resource(["m"], _Echo())
    await aiocoap.Context.create_server_context(site, ("127.0.0.1", port), transports=["udp6"])
    await asyncio.Event().wait()


async def _stored(port: int, folder: Path) -> None:
    door = open_door(Settings(root=folder), [source("efento")])
    async with serving(door, PacketLog((folder / "log").open("w")), CoapSettings(port=port)):
        await asyncio.Event().wait()


if __name__ == "__main__":
    kind, port, folder = sys.argv[1:]
    asyncio.run(_echo(int(port)) if kind == "echo" else _stored(int(port), Path(folder)))
