"""Locks of the store: one settle, one rebuilding of files at a time, whichever process or host.

A lock is a row. It spares double work; that nothing is lost or doubled rests on the exact lists each transaction
checks, so a lock that is taken over wrongly costs time only. Its times are this machine's clock, not the data's.
"""

import os
import random
import socket
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa

from telltale.contract import TelltaleError
from telltale.landing.schema import LOCK
from telltale.landing.store import Store

HOST = socket.gethostname()
_HELD_S = 600.0  # a holder on another host that shows no end by then is taken for dead
_mine: set[str] = set()  # tokens held by threads of this process


class Busy(TelltaleError):
    """Another process holds the lock."""


@contextmanager
def locked(store: Store, name: str, *, wait_s: float) -> Iterator[None]:
    """Hold a lock for the length of the block.

    Raises:
        Busy: it was held by another for longer than `wait_s`.
    """
    token = uuid.uuid4().hex
    deadline = time.monotonic() + wait_s
    while (holder := _take(store, name, token)) is not None:
        if time.monotonic() > deadline:
            raise Busy(f"the store: {name} is running in {holder} since more than {wait_s:g} s; wait for it to end")
        time.sleep(random.uniform(0.005, 0.05))  # noqa: S311 a sleep is no secret
    try:
        yield
    finally:
        _mine.discard(token)
        with store.writer() as connection:
            connection.execute(LOCK.delete().where(LOCK.c.name == name, LOCK.c.token == token))


def _take(store: Store, name: str, token: str) -> str | None:
    """Take the lock and return None, or say who holds it."""
    now = int(time.time() * 1e6)
    # A look first: waiting must not cost a write transaction each time.
    with store.reader() as connection:
        row = connection.execute(sa.select(LOCK).where(LOCK.c.name == name)).first()
    if row is not None and not _is_dead(row, now):
        return f"process {row.pid} on {row.host}"
    with store.writer() as connection:
        if row is not None:
            connection.execute(LOCK.delete().where(LOCK.c.name == name, LOCK.c.token == row.token))
        if connection.execute(sa.select(LOCK.c.pid).where(LOCK.c.name == name)).first() is not None:
            return "another process"
        until = now + int(_HELD_S * 1e6)
        connection.execute(LOCK.insert().values(name=name, host=HOST, pid=os.getpid(), token=token, until=until))
        _mine.add(token)
    return None


def _is_dead(row: sa.Row[tuple[object, ...]], now: int) -> bool:
    if not now <= row.until <= now + int(2 * _HELD_S * 1e6):  # later than any lock: taken by a clock that was ahead
        return True
    if row.host != HOST:
        return False
    if row.pid == os.getpid():  # in a container every life of the process may have this number
        return row.token not in _mine
    return not is_running(row.pid)


def is_running(pid: int) -> bool:
    """Whether a process of this machine lives, as far as the system tells."""
    if os.name == "nt":  # signal 0 would end the process there; the lock's time decides
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
