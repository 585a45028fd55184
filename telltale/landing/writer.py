"""Group commit: many callers put records, one thread makes them durable in few transactions.

The thread takes what waits (no timer: a millisecond of waiting cost a third at low concurrency), opens the
transaction, drops the tickets abandoned meanwhile, inserts, commits, and only then resolves the tickets.
"""

import logging
import threading
import time
from collections import deque
from collections.abc import Iterable, Sequence
from concurrent.futures import Future
from itertools import islice
from typing import NamedTuple

import sqlalchemy as sa

from telltale.contract import Known, Memory, Raw, StoreError
from telltale.landing.database import cause_of
from telltale.landing.health import Health
from telltale.landing.memory import Memories, write_memories
from telltale.landing.refused import RefusedList, RefusedRow
from telltale.landing.spooling import Spooling
from telltale.landing.store import Store

_OVERHEAD = 256  # bytes a waiting record costs beside its text and body
_log = logging.getLogger(__name__)


class _Ticket(NamedTuple):
    raw: Raw
    size: int
    future: Future[int]
    remember: tuple[Memory, ...]
    needs_store: bool
    """Whether the answer is made of what is remembered in the store, so that it cannot be given without it."""
    patience_s: float
    until_s: float
    """By `time.monotonic`, when its sender waits no longer."""

    def has_time(self) -> bool:
        """Whether half of its sender's patience is left: so much a transaction may need that gets no answer."""
        return time.monotonic() <= self.until_s - self.patience_s / 2


class Landing:
    """The queue in front of the store; one for each collector process.

    Args:
        store: where records become durable.
        max_records: most records waiting or being written; the next one is told to come back.
        max_bytes: the same, in bytes.
        group: most records of one transaction.
        ticket_timeout_s: how long `append` waits; longer than the store's `busy_timeout_s`.
        spooling: where records wait while the store is away; without it they are turned away then.
    """

    def __init__(
        self,
        store: Store,
        *,
        max_records: int = 4096,
        max_bytes: int = 64 << 20,
        group: int = 512,
        ticket_timeout_s: float = 10.0,
        spooling: Spooling | None = None,
    ) -> None:
        self.store = store
        self.max_records = max_records
        self.max_bytes = max_bytes
        self.group = group
        self.ticket_timeout_s = ticket_timeout_s
        self.memories = Memories(store)
        self.spooling = spooling
        self._waiting: deque[_Ticket] = deque()
        self._records = 0
        self._bytes = 0
        self._closing = False
        self._last_received_at: int | None = None
        self._change = threading.Condition()
        self._refused = RefusedList(store)
        self._health = Health(store)
        self._thread = self._started()

    def put(
        self,
        raw: Raw,
        remember: tuple[Memory, ...] = (),
        *,
        needs_store: bool = False,
        patience_s: float | None = None,
    ) -> Future[int]:
        """Queue one record and return its ticket, which resolves to the record's id once it is durable; 0 in a spool.

        What to remember of the record's device is written in the same transaction. A ticket may be cancelled until
        its transaction has begun; a cancelled record is not stored.

        Args:
            raw: the record.
            remember: what to remember of its device.
            needs_store: it is not to wait in a spool, for its answer is made of what is remembered.
            patience_s: how long its sender waits, if not for `ticket_timeout_s`.

        Raises:
            StoreError: the queue is full or closing. The ticket itself carries it when the store is away.
        """
        size = len(raw.body) + len(raw.meta) + len(raw.sender) + _OVERHEAD
        waits_s = self.ticket_timeout_s if patience_s is None else patience_s
        remembered = self.memories.with_room(raw.source, remember)
        ticket = _Ticket(raw, size, Future(), remembered, needs_store, waits_s, time.monotonic() + waits_s)
        with self._change:
            if self._closing:
                raise StoreError("landing: the collector is stopping; send the record again")
            if self._records >= self.max_records or self._bytes + ticket.size > self.max_bytes:
                raise StoreError(
                    f"landing: {self._records} records ({self._bytes} bytes) wait, at most {self.max_records} "
                    f"({self.max_bytes} bytes) may; send the record again later"
                )
            if not self._thread.is_alive():
                _log.critical("landing: the thread that stores was lost; another one is started")
                self._thread = self._started()
            self._records += 1
            self._bytes += ticket.size
            self._waiting.append(ticket)
            self._change.notify()
        return ticket.future

    def append(
        self,
        raw: Raw,
        remember: tuple[Memory, ...] = (),
        *,
        needs_store: bool = False,
        patience_s: float | None = None,
    ) -> int:
        """Make one record durable and return its id; 0 in a spool. The arguments are those of `put`.

        Raises:
            StoreError: it could not be made durable, or not in time; then it is not stored later either.
        """
        waits_s = self.ticket_timeout_s if patience_s is None else patience_s
        future = self.put(raw, remember, needs_store=needs_store, patience_s=waits_s)
        try:
            return future.result(waits_s)
        except TimeoutError:
            if future.cancel():
                raise StoreError(f"landing: not durable after {waits_s} s; send it again") from None
            return future.result()  # its commit is under way: only the outcome is a true answer

    def put_many(self, raws: Iterable[Raw]) -> int:
        """Make many records durable in transactions of `group` records and return how many; for backfill and replay.

        Raises:
            StoreError: the store is away; the groups before that are durable.
        """
        stream, count = iter(raws), 0
        while group := list(islice(stream, self.group)):
            with self.store.appender() as connection:
                self.store.insert(connection, group)
            count += len(group)
            self._last_received_at = group[-1].received_at
        return count

    def known(self, source: str, queue: str) -> tuple[Known, bool]:
        """What an answer is made of that depends on what a source remembers, and whether that is the store's.

        While records go to a spool it is as if nothing were queued for the devices (`queue` is what that is remembered
        as), and what is to be remembered of the answer is told `learn`.
        """
        if self.spooling is not None and self.spooling.is_active:
            return self.spooling.known(source, self.memories.last_known(source), queue), False
        return self.memories.known(source), True

    def learn(self, source: str, memories: Sequence[Memory]) -> None:
        """Know until the store is back what a device said meanwhile."""
        if self.spooling is not None:
            self.spooling.learn(source, memories)

    @property
    def is_spooling(self) -> bool:
        """Whether records wait in a spool, for the store is away or their turn has not come yet."""
        return self.spooling is not None and self.spooling.is_active

    def refuse(
        self,
        source: str,
        *,
        received_at: int,
        sender: str,
        status: int,
        reason: str,
        detail: str,
        body: bytes,
        meta: str,
    ) -> bool:
        """Note a request that was refused, best effort: it neither waits nor fails, and may be dropped.

        Returns:
            False where its sender was refused so often lately that it is only counted.
        """
        return self._refused.add(RefusedRow(0, source, received_at, sender, status, reason, detail, meta, body))

    @property
    def depth(self) -> tuple[int, int]:
        """Records and bytes waiting or being written."""
        return self._records, self._bytes

    @property
    def last_received_at(self) -> int | None:
        """When the newest record this process made durable was received (µs UTC); None before the first."""
        return self._last_received_at

    def health(self) -> str:
        """What keeps the store from taking records just now and what to do, in one sentence; empty where all is well.

        It is at most a second old, and asking costs nothing: nothing is read, written or waited for.
        """
        return self._health.say()

    def close(self, timeout_s: float = 30.0) -> None:
        """Take nothing new, commit what waits, and stop; what is not durable by then is answered with an error."""
        with self._change:
            self._closing = True
            self._change.notify_all()
        self._thread.join(timeout_s)
        with self._change:
            late = _claimed_of(self._waiting)
            self._release(self._waiting)
            self._waiting.clear()
        _fail(
            late, StoreError(f"landing: not durable {timeout_s} s after the collector was told to stop; send it again")
        )
        if self.spooling is not None:
            self.spooling.close()
        self._refused.close()
        self._health.close()

    def _started(self) -> threading.Thread:
        thread = threading.Thread(target=self._run, name="landing", daemon=True)
        thread.start()
        return thread

    def _run(self) -> None:
        while group := self._take():
            try:
                self._write(group)
            except BaseException as error:  # noqa: BLE001 the thread must go on: every record waits for it
                _log.critical("landing: storing failed by itself (%s)", type(error).__name__)
            finally:
                _fail(_claimed_of(group), StoreError("landing: storing failed by itself; send the record again"))
                with self._change:
                    self._release(group)

    def _release(self, tickets: Iterable[_Ticket]) -> None:
        for ticket in tickets:
            self._records -= 1
            self._bytes -= ticket.size

    def _take(self) -> list[_Ticket]:
        with self._change:
            while not self._waiting and not self._closing:
                self._change.wait()
            return [self._waiting.popleft() for _ in range(min(self.group, len(self._waiting)))]

    def _write(self, group: list[_Ticket]) -> None:
        """Store a group, or spool it; whatever happens, every one of its tickets is resolved."""
        if self.spooling is None:
            self._write_to_store(group)
            return
        with self.spooling.gate:
            if self.spooling.is_active:
                self._spool(self.spooling, _claimed_of(group))
            else:
                self._write_to_store(group)

    def _spool(self, spooling: Spooling, live: list[_Ticket]) -> None:
        """Let records wait in the spool; those whose answer needs the store are told that it is away."""
        _fail(
            [ticket for ticket in live if ticket.needs_store],
            StoreError("landing: the store is away; send the record again"),
        )
        live = [ticket for ticket in live if not ticket.needs_store]
        if not live:
            return
        try:
            spooling.take([ticket.raw for ticket in live])
        except StoreError as error:
            _fail(live, error)
            return
        for ticket in live:
            ticket.future.set_result(0)
        self._last_received_at = live[-1].raw.received_at

    def _write_to_store(self, group: list[_Ticket]) -> None:
        live: list[_Ticket] = []
        is_written = False
        try:
            with self.store.appender(patience_s=self.store.busy_timeout_s) as connection:
                # From here on a ticket cannot be abandoned: its caller waits for the outcome of this commit.
                live = self._live(connection, group)
                ids = self.store.insert(connection, [ticket.raw for ticket in live])
                write_memories(connection, ((each.raw.source, one) for each in live for one in each.remember))
                is_written = True
        except StoreError as error:
            self._health.failed(error)
            if self.spooling is not None:
                self.spooling.begin(error)
            # Of a commit that failed nobody knows: perhaps it is there. Who is told so sends the record again.
            if self.spooling is None or is_written:
                _fail(live or _claimed_of(group), error)
            else:
                self._spool(self.spooling, live or _claimed_of(group))
        except MemoryError:  # perhaps after the commit: nothing is stored again, who is told so sends again
            failure = StoreError("landing: the machine is out of memory; send the record again")
            self._health.failed(failure)
            _fail(live or _claimed_of(group), failure)
        except Exception as error:  # noqa: BLE001 one record the driver cannot bind must not take the others with it
            self._write_apart(live, error)
        else:
            self._stored(live, ids)

    def _live(self, connection: sa.Connection, group: list[_Ticket]) -> list[_Ticket]:
        """Those of a group that are to be stored now.

        Where a transaction may get no answer, it is given up when the first of their senders waits no longer; those
        who have waited for so long that this may be in the midst of it are told at once.
        """
        live = _claimed_of(group)
        if self.store.is_bounded:
            late = [ticket for ticket in live if not ticket.has_time()]
            _fail(late, StoreError("landing: the store was away for too long; send the record again"))
            live = [ticket for ticket in live if not ticket.future.done()]
            if live:
                self.store.bound(connection, min(ticket.until_s for ticket in live))
        return live

    def _stored(self, live: list[_Ticket], ids: Iterable[int]) -> None:
        """Say that records are durable; what their devices said is known before the answer."""
        try:
            for ticket in live:
                self.memories.learn(ticket.raw.source, ticket.remember)
        except Exception as error:  # noqa: BLE001 what is durable is acknowledged; the table is read again in a second
            _log.error("landing: what devices said is not known yet (%s)", type(error).__name__)
        for ticket, raw_id in zip(live, ids, strict=True):
            ticket.future.set_result(raw_id)
        if live:
            self._health.succeeded()
            self._last_received_at = live[-1].raw.received_at

    def _write_apart(self, live: list[_Ticket], error: Exception) -> None:
        if len(live) == 1:
            # The error's own text may quote the record.
            text = f"landing: a record of {live[0].raw.source} cannot be stored ({cause_of(error)})"
            failure = StoreError(text)
            self._health.failed(failure)
            _fail(live, failure)
            return
        for ticket in live:
            self._write_to_store([ticket])


def _claimed_of(tickets: Iterable[_Ticket]) -> list[_Ticket]:
    """Those that wait for an answer still; from here on none of them can be abandoned."""
    return [ticket for ticket in tickets if not ticket.future.done() and _claimed(ticket)]


def _claimed(ticket: _Ticket) -> bool:
    return ticket.future.running() or ticket.future.set_running_or_notify_cancel()


def _fail(tickets: list[_Ticket], error: StoreError) -> None:
    for ticket in tickets:
        ticket.future.set_exception(error)
