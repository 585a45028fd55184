"""What was refused: a short list, kept so that a wrong secret or a vendor's change of format can be seen.

Best effort by design: one batched write a second, at most 100 rows of it, the newest 10,000 kept. It never delays or
fails a reply, and a flood of bad requests cannot fill the disk. Of one sender a few are noted, the rest is counted, and
said in one row a minute.
"""

import logging
import threading
import time
from collections.abc import Collection
from typing import NamedTuple

import sqlalchemy as sa

from telltale.contract import StoreError
from telltale.landing.database import cause_of
from telltale.landing.floods import Flood, Floods
from telltale.landing.schema import REFUSED
from telltale.landing.store import Store

EVERY_S = 1.0
BATCH = 100
KEPT = 10_000
BODY_BYTES = 512
DETAIL_CHARACTERS = 500
META_CHARACTERS = 4_000
TOO_MANY = "too_many_refused"
"""The reason of a row that counts what was not noted one by one, and of the answer 429."""
COUNTED_LOOK_S = 5.0

_log = logging.getLogger(__name__)


class RefusedRow(NamedTuple):
    """One refused request: who sent it, why it was refused, and its first bytes."""

    id: int
    source: str
    received_at: int
    """Microseconds UTC."""
    sender: str
    status: int
    reason: str
    detail: str
    meta: str
    """JSON text without Signature or Authorization."""
    body: bytes
    """The first 512 bytes."""


class RefusedList:
    """Collects refused requests and writes them once a second from a thread of its own."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self._rows: list[RefusedRow] = []
        self._floods = Floods()
        self._lost = 0
        self._lock = threading.Lock()
        self._some = threading.Event()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="refused", daemon=True)
        self._thread.start()

    def add(self, row: RefusedRow) -> bool:
        """Note one row; it never waits and never raises.

        Returns:
            False where its sender was refused too often lately: then it is only counted.
        """
        with self._lock:
            is_noted = self._floods.admits(row.source, row.sender, row.reason)
            if is_noted and len(self._rows) < BATCH:
                detail = _storable(row.detail[:DETAIL_CHARACTERS])
                meta = _storable(row.meta) if len(row.meta) <= META_CHARACTERS else "{}"
                self._rows.append(row._replace(detail=detail, meta=meta, body=row.body[:BODY_BYTES]))
            elif is_noted:
                self._floods.left_out(row.source, row.reason)
        self._some.set()
        return is_noted

    def close(self) -> None:
        """Write what waits and stop."""
        self._closing.set()
        self._some.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._closing.is_set():
            self._some.wait(COUNTED_LOOK_S if self._floods.is_counting else None)
            self._closing.wait(EVERY_S)
            self._flush()
        self._flush()  # what came while the last were written

    def _flush(self) -> None:
        with self._lock:
            rows, self._rows = self._rows, []
            floods = self._floods.counted(at_once=self._closing.is_set())
            self._some.clear()
        rows += map(_row, floods[:BATCH])
        if not rows:
            return
        try:
            with self.store.writer() as connection:
                connection.execute(REFUSED.insert(), [_values(row) for row in rows])
                newest = connection.scalar(sa.select(sa.func.max(REFUSED.c.id)))
                connection.execute(REFUSED.delete().where(REFUSED.c.id <= newest - KEPT))
        except Exception as error:  # noqa: BLE001 a list that is lost must not end the thread that writes the next one
            if not self._lost:  # the first of many: it is tried once a second
                why = str(error) if isinstance(error, StoreError) else cause_of(error)
                _log.warning("refused list: rows are lost until it can be written: %s", why)
            self._lost += len(rows)
        else:
            if self._lost:
                _log.warning("refused list: written again, %d rows are lost", self._lost)
            self._lost = 0


def refused_rows(
    store: Store, limit: int, before_id: int | None = None, *, until_us: int | None = None
) -> list[RefusedRow]:
    """The newest refused requests, newest first.

    Args:
        store: where they are listed.
        limit: how many at most.
        before_id: continues where the last page ended.
        until_us: only those received before this moment, µs UTC.
    """
    query = sa.select(*(REFUSED.c[name] for name in RefusedRow._fields)).order_by(REFUSED.c.id.desc()).limit(limit)
    if before_id is not None:
        query = query.where(REFUSED.c.id < before_id)
    if until_us is not None:
        query = query.where(REFUSED.c.received_at < until_us)
    with store.reader() as connection:
        return [RefusedRow(*row) for row in connection.execute(query)]


class RefusedCount(NamedTuple):
    """How often a source refused for one reason."""

    source: str
    reason: str
    refused: int
    first_us: int
    """When the first of them was received, microseconds UTC."""
    last_us: int
    detail: str
    """Of the newest of them."""


def refused_counts(store: Store, since_us: int, until_us: int) -> list[RefusedCount]:
    """What was refused between two moments (µs UTC, the end exclusive) by source and reason, the most frequent first.

    The list is best effort: of more than 100 a second, and of more than `KEPT`, the counts are too low.
    """
    received, number = REFUSED.c.received_at, sa.func.count()
    newest = sa.func.max(REFUSED.c.id)
    query = (
        sa.select(REFUSED.c.source, REFUSED.c.reason, number, sa.func.min(received), sa.func.max(received), newest)
        .where(received >= since_us, received < until_us)
        .group_by(REFUSED.c.source, REFUSED.c.reason)
        .order_by(number.desc(), REFUSED.c.source, REFUSED.c.reason)
    )
    with store.reader() as connection:
        groups = connection.execute(query).all()
        told = sa.select(REFUSED.c.id, REFUSED.c.detail).where(REFUSED.c.id.in_([group[-1] for group in groups]))
        details = {row.id: row.detail for row in connection.execute(told)}
    return [
        RefusedCount(source, reason, refused, first_us, last_us, details.get(newest_id, ""))
        for source, reason, refused, first_us, last_us, newest_id in groups
    ]


def purge_refused(store: Store, before_us: int, *, kept: Collection[str]) -> int:
    """Delete what was refused before a moment (its first bytes may hold addresses) and return how many; `kept` stay."""
    with store.writer() as connection:
        query = REFUSED.delete().where(REFUSED.c.source.not_in(kept), REFUSED.c.received_at < before_us)
        return connection.execute(query).rowcount


def _row(flood: Flood) -> RefusedRow:
    detail = f"{flood.number:,} more were refused within {flood.since_s:.0f} s, the last for {flood.reason}"
    return RefusedRow(0, flood.source, time.time_ns() // 1000, flood.sender, 429, TOO_MANY, detail, "{}", b"")


def _storable(text: str) -> str:
    """The text without what a database cannot store, which would take the other rows with it."""
    return text.replace("\0", "\ufffd").encode("utf-8", "replace").decode()


def purge_refused_ahead(store: Store, after_us: int, *, kept: Collection[str]) -> int:
    """Delete what bears a moment after this one, of a clock that was ahead, and return how many; `kept` stay."""
    with store.writer() as connection:
        query = REFUSED.delete().where(REFUSED.c.source.not_in(kept), REFUSED.c.received_at > after_us)
        return connection.execute(query).rowcount


def refused_ahead(store: Store, after_us: int, *, kept: Collection[str]) -> bool:
    """Whether something bears a moment after this one, of a clock that was ahead; `kept` do not count."""
    query = sa.select(REFUSED.c.id).where(REFUSED.c.source.not_in(kept), REFUSED.c.received_at > after_us).limit(1)
    with store.reader() as connection:
        return connection.execute(query).first() is not None


def _values(row: RefusedRow) -> dict[str, object]:
    values = row._asdict()
    del values["id"]
    return values
