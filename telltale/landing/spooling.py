"""Going on while the store is away: records wait in a spool, and are stored in their order when it is back.

    store takes records     they go there; the spool is empty
    a commit fails          what was not committed goes to the spool, and all that comes after it, behind it
    store is back           a thread drains: a batch into the store, committed, then out of the spool
    a few are left          nothing is taken in while they are stored; from then on records go to the store again

So a collector's records keep the order they came in. Each drained batch is noted in the store, by spool and number, in
the transaction that stores it: a drain that is killed between the two commits does it again, and adds nothing.
"""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from typing import NamedTuple

import sqlalchemy as sa

from telltale.backoff import back_off
from telltale.contract import Known, Memory, Raw, StoreError
from telltale.landing.database import cause_of
from telltale.landing.expiry import Expiry
from telltale.landing.meanwhile import Meanwhile
from telltale.landing.schema import SPOOLED
from telltale.landing.spool import Spool
from telltale.landing.store import Store

FIRST_WAIT_S, LONGEST_WAIT_S = 0.2, 5.0
"""Between two tries while the store is away."""
IDLE_S = 1.0
"""Between two looks while it is there: so long an outage lasts at least."""
LAST_PATIENCE_S = 1.0
"""How long senders may wait for the last batch, while nothing is taken in."""
NOTED_US = 30 * 86_400 * 1_000_000
"""How long the store knows which records came from a spool: so old may a copy of a spool's file be that is put back."""
_BATCH_BYTES = 16 << 20
_log = logging.getLogger(__name__)


class Spooled(NamedTuple):
    """How a spool stands."""

    is_active: bool
    """Whether records go there, because the store is away or its turn has not come yet."""
    records: int
    bytes: int
    since_us: int | None
    """When the oldest that waits was received (µs UTC)."""
    expired: int
    """Records removed unstored, ever, because they must not be kept longer."""
    unstorable: int
    """Of those that wait, what the store cannot hold."""
    without_queue: int
    """Answers given by this process as if nothing were queued for the device."""
    is_full: bool
    trouble: str
    """Why it took nothing when it was last asked to, in one sentence; empty where it did."""

    @property
    def takes(self) -> bool:
        """Whether the next record finds room, as far as is known."""
        return not (self.is_full or self.trouble)


class Spooling:
    """The spool of a collector and the thread that drains it.

    Args:
        spool: where records wait.
        store: where they belong.
        group: records of one transaction; a drain takes four times as many.
        expiry: what must not be kept longer.
        step: told each step of a drain, so that a test can stop there.
    """

    def __init__(
        self,
        spool: Spool,
        store: Store,
        *,
        group: int,
        expiry: Expiry,
        step: Callable[[str], None] = lambda _: None,
    ) -> None:
        self.gate = threading.RLock()
        """Held by who stores: with it, nobody goes past the spool."""
        self._spool = spool
        self._store = store
        self._batch = 4 * group
        self._expiry = expiry
        self._step = step
        self._aside: set[int] = set()
        self._meanwhile = Meanwhile()
        self._without_queue = 0
        self._trouble = ""
        self._failures = 0
        self._drained = 0
        self._is_active = spool.waiting.records > 0
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="spool", daemon=True)
        self._thread.start()

    @property
    def is_active(self) -> bool:
        """Whether records go to the spool."""
        return self._is_active

    @property
    def state(self) -> Spooled:
        """How it stands; nothing is read or waited for."""
        held = self._spool.waiting
        is_full = held.records >= self._spool.most_records or held.bytes >= self._spool.most_bytes
        return Spooled(
            self._is_active,
            held.records,
            held.bytes,
            held.since_us,
            held.expired,
            len(self._aside),
            self._without_queue,
            is_full,
            self._trouble,
        )

    def take(self, raws: Sequence[Raw]) -> None:
        """Make records durable in the spool; from now on all go there.

        Raises:
            StoreError: it is full, or its disk is.
        """
        try:
            self._spool.append(raws)
        except StoreError as error:
            self._trouble = str(error)
            raise
        self._trouble = ""

    def begin(self, error: StoreError) -> None:
        """The store is away."""
        if not self._is_active:
            _log.warning("the store is away, records wait in %s: %s", self._spool.path, error)
        self._is_active = True

    def known(self, source: str, before: Known, queue: str) -> Known:
        """What an answer is made of while records go to the spool, see `Meanwhile.known`."""
        return self._meanwhile.known(source, before, queue)

    def learn(self, source: str, memories: Sequence[Memory]) -> None:
        """Know until the store is back what a device said; counted, as its answer was as of an empty queue."""
        self._without_queue += 1
        self._meanwhile.learn(source, memories)

    def close(self) -> None:
        """Stop; what waits is drained by the next process of this collector, or by upkeep."""
        self._closing.set()
        self._thread.join()
        if waiting := self._spool.waiting.records:
            _log.warning("%d records wait in %s; the next start stores them", waiting, self._spool.path)
        self._spool.close()

    def _run(self) -> None:
        wait_s = FIRST_WAIT_S
        while not self._closing.wait(wait_s):
            wait_s = FIRST_WAIT_S if self._is_active else IDLE_S
            try:
                self._expiry.apply(self._spool)
                if self._is_active:
                    self._drain_all()
                    self._failures = 0
            except Exception as error:  # noqa: BLE001 whatever it is, what waits is safe, and it is tried again
                self._failures += 1
                wait_s = back_off(self._failures, first_s=FIRST_WAIT_S, longest_s=LONGEST_WAIT_S)
                if self._failures == 1 and not isinstance(error, StoreError):
                    _log.error("spool: draining failed by itself (%s), it is tried again", type(error).__name__)

    def _drain_all(self) -> None:
        """Store all that waits, then let records go to the store again."""
        if not self._drain(self._store.busy_timeout_s):
            self._store.try_write()
        while self._spool.waiting.records - len(self._aside) > self._batch and not self._closing.is_set():
            self._drain(self._store.busy_timeout_s)
        with self.gate:
            while not self._closing.is_set() and self._drain(LAST_PATIENCE_S):
                pass
            if self._closing.is_set():
                return
            self._is_active = False
            self._trouble = ""
            self._meanwhile.clear()
        _log.warning(
            "the store takes records again; %d that waited are stored, %d answers so far were given as if nothing were "
            "queued for the device",
            self._drained,
            self._without_queue,
        )
        if self._drained:
            self._drained = 0
            self._spool.store.scrub()
            forget_old(self._store, time.time_ns() // 1000)

    def _drain(self, patience_s: float) -> int:
        """Store the batch that has waited longest, and return how many records it had."""
        batch = self._spool.first(self._batch, _BATCH_BYTES, without=self._aside)
        if batch:
            count, aside = drained(self._spool, self._store, batch, patience_s=patience_s, step=self._step)
            self._aside.update(aside)
            self._drained += count
        return len(batch)


def drained(
    spool: Spool,
    store: Store,
    batch: Sequence[Raw],
    *,
    patience_s: float,
    step: Callable[[str], None] = lambda _: None,
) -> tuple[int, list[int]]:
    """Store records of a spool, each once however often it is tried, and take them out of it.

    Args:
        spool: where they wait.
        store: where they belong.
        batch: in the order they came in, with their numbers as ids.
        patience_s: how long the store may take.
        step: told each step.

    Returns:
        How many were taken out, and the numbers of those the store cannot hold, which stay.

    Raises:
        StoreError: the store is away, or another process drains the same file; nothing is lost, try again.
    """
    try:
        _store(spool.name, store, batch, patience_s=patience_s, step=step)
    except sa.exc.IntegrityError:
        raise StoreError(f"spool {spool.path}: another process drains it too; it is tried again") from None
    except sa.exc.SQLAlchemyError as error:
        if len(batch) == 1:
            _log.error("spool %s: the store cannot hold record %d (%s)", spool.path, batch[0].id, cause_of(error))
            return 0, [batch[0].id]
        # By halves, for nothing else is taken in meanwhile: one record among a thousand costs twenty transactions.
        half = len(batch) // 2
        parts = [drained(spool, store, part, patience_s=patience_s, step=step) for part in (batch[:half], batch[half:])]
        return sum(count for count, _ in parts), [number for _, aside in parts for number in aside]
    step("drain:2 committed")
    spool.remove(batch)
    step("drain:3 removed")
    return len(batch), []


def _store(name: str, store: Store, batch: Sequence[Raw], *, patience_s: float, step: Callable[[str], None]) -> None:
    of_batch = (SPOOLED.c.spool == name) & SPOOLED.c.number.between(batch[0].id, batch[-1].id)
    with store.appender(patience_s=patience_s) as connection:
        noted = connection.execute(sa.select(SPOOLED.c.number, SPOOLED.c.received_at).where(of_batch))
        known = {(row.number, row.received_at) for row in noted}
        new = [raw for raw in batch if (raw.id, raw.received_at) not in known]
        if new:
            _note(connection, name, new)
            store.insert(connection, new)
        step("drain:1 stored")


def _note(connection: sa.Connection, name: str, raws: Sequence[Raw]) -> None:
    """Before they are stored: of two that drain the same, the second waits here for the first."""
    now_us = time.time_ns() // 1000
    rows = [{"spool": name, "number": raw.id, "received_at": raw.received_at, "at": now_us} for raw in raws]
    connection.execute(SPOOLED.insert(), rows)


def waited_over(store: Store, moments: Sequence[int]) -> dict[int, int]:
    """When each record that waited over one of the moments was received, and when it came into the store (µs UTC)."""
    if not moments:
        return {}
    over = sa.or_(*((SPOOLED.c.received_at < moment) & (SPOOLED.c.at > moment) for moment in moments))
    query = sa.select(SPOOLED.c.received_at, sa.func.max(SPOOLED.c.at)).where(over).group_by(SPOOLED.c.received_at)
    with store.reader() as connection:
        return {row[0]: row[1] for row in connection.execute(query)}


def forget_old(store: Store, now_us: int) -> None:
    """Forget which records came from a spool long ago."""
    with store.writer() as connection:
        connection.execute(SPOOLED.delete().where(SPOOLED.c.at < now_us - NOTED_US))
