"""The HTTP collector by plain sockets: senders who stop, hang up or say odd things, and what was stored of them."""

import socket
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import sqlalchemy as sa

from telltale.landing import Store
from telltale.settings import load
from tests.served import VECTOR, VECTOR_SIGNATURE, Collector

SIGNED = {"Signature": VECTOR_SIGNATURE}
HEAD = (
    f"POST /cloudtrax HTTP/1.1\r\nHost: x\r\nSignature: {VECTOR_SIGNATURE}\r\nContent-Length: {len(VECTOR)}\r\n\r\n"
).encode()
UPLINK = b"device=2d24e6&time=1795160000&data=00"
SHORT = "[webhooks]\nheader_timeout_s = 1.5\nbody_timeout_s = 1.5\n"


def until(condition: Callable[[], bool], what: str, seconds: float = 30.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.05)


def count(root: Path, table: str = "raw") -> int:
    with closing(Store(load(root).store_url)) as store, store.reader() as connection:
        return int(connection.scalar(sa.text(f"select count(*) from {table}")) or 0)


def refused(root: Path) -> list[tuple[str, str, str]]:
    with closing(Store(load(root).store_url)) as store, store.reader() as connection:
        rows = connection.execute(sa.text("select source, reason, detail from refused order by id"))
        return [(row.source, row.reason, row.detail) for row in rows]


def connect(collector: Collector) -> socket.socket:
    connection = socket.create_connection((collector.host, collector.port), timeout=30)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def status_of(connection: socket.socket) -> int:
    """The status of the answer; 0 where the server hung up without one."""
    answer = b""
    while b"\r\n" not in answer:
        try:
            piece = connection.recv(4096)
        except ConnectionResetError:  # it hung up before it had read all
            piece = b""
        if not piece:
            return 0
        answer += piece
    return int(answer[9:12])
