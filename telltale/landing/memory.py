"""What sources remember of their devices, so that a reply can depend on what a device said before.

A small table beside the raw records. A collector reads it into memory, changes it only together with a record, in the
record's transaction, and looks once a second whether a command, or a collector of another host, changed it meanwhile.
Each name has one writer, a collector or a command, so nothing is overwritten unseen.
"""

import json
import logging
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any

import sqlalchemy as sa

from telltale.contract import Known, Memory, StoreError
from telltale.landing.database import insert_new, put
from telltale.landing.schema import MEMORY, META
from telltale.landing.store import Store

REFRESH_S = 1.0
"""How long a command's change may stay unseen: devices call in minutes apart."""
_READS_PER = 20  # of a large table: it is read for at most a twentieth of the time
PATIENCE_S = 0.2
"""How long an answer waits for that look; then it is given by what is known, and the look goes on."""
MOST_DEVICES = 50_000
"""Of one source; where no secret is asked for, anyone may invent devices. Those known by then stay."""
MOST_AT_ONCE = 1_000
"""Things one record may have remembered."""

_CHANGES = META.c.key == "memory"
_KEY = ("source", "device_id", "name")
_FORGET = MEMORY.delete().where(*(MEMORY.c[name] == sa.bindparam(f"old_{name}") for name in _KEY))
_log = logging.getLogger(__name__)


class Memories:
    """What is remembered, by source, as one collector process knows it.

    Args:
        store: where it lies.
        clock: seconds that only rise.
    """

    def __init__(self, store: Store, clock: Callable[[], float] = time.monotonic) -> None:
        self._store = store
        self._clock = clock
        self._known: dict[str, dict[str, dict[str, Any]]] = {}
        self._changes = -1
        self._read_again_at = float("-inf")
        self._is_full: set[str] = set()
        self._looking: threading.Thread | None = None
        self._meanwhile: list[tuple[str, Sequence[Memory]]] = []  # learnt since the table began to be read again
        self._is_reading = False
        self._reading = threading.Lock()
        self._lock = threading.Lock()

    def known(self, source: str) -> Known:
        """What the source remembers of its devices; at most a second old, older while the store is away."""
        if self._clock() >= self._read_again_at:
            self._read_again_at = self._clock() + REFRESH_S
            self._look()
        return self._known.get(source, {})

    def last_known(self, source: str) -> Known:
        """The same as it was last seen, without a look."""
        return self._known.get(source, {})

    def with_room(self, source: str, memories: tuple[Memory, ...]) -> tuple[Memory, ...]:
        """Those there is room for: all of known devices, and of new ones as long as there are not too many."""
        if not memories:
            return memories
        known = self._known.get(source, {})
        if len(known) < MOST_DEVICES:
            self._is_full.discard(source)
            return memories[:MOST_AT_ONCE]
        if source not in self._is_full:
            self._is_full.add(source)
            _log.warning(
                "%s: %d devices are remembered, so new ones are not; ask for a secret if most are invented",
                source,
                len(known),
            )
        return tuple(memory for memory in memories[:MOST_AT_ONCE] if memory.device_id in known)

    def learn(self, source: str, memories: Sequence[Memory]) -> None:
        """Know what has just become durable."""
        if not memories:
            return
        with self._lock:
            if self._is_reading:
                self._meanwhile.append((source, memories))
            _learn(self._known, source, memories)

    def _look(self) -> None:
        """Look whether something changed; a store that gives no answer must not hold up who wants one."""
        if self._changes < 0:  # nothing is known yet
            self._refresh()
        elif self._looking is None or not self._looking.is_alive():
            self._looking = threading.Thread(target=self._refresh, name="memories", daemon=True)
            self._looking.start()
            self._looking.join(PATIENCE_S)

    def _refresh(self) -> None:
        """Read the table again where it may have changed: collectors of other hosts do not count their changes."""
        began = self._clock()
        with self._reading:
            with self._lock:
                self._is_reading = True
            try:
                self._read_again()
            except StoreError as error:  # a reply from what is known is better than none; storing will fail by itself
                _log.warning("what devices said before cannot be read again: %s", error)
            finally:
                with self._lock:
                    self._is_reading = False
                    self._meanwhile.clear()
        now = self._clock()
        self._read_again_at = max(self._read_again_at, now + _READS_PER * (now - began))

    def _read_again(self) -> None:
        with self._store.reader(patience_s=self._store.busy_timeout_s) as connection:
            changes = connection.scalar(sa.select(META.c.value).where(_CHANGES)) or 0
            if changes == self._changes and not self._store.is_shared:
                return
            known = _read(connection)
        with self._lock:
            for source, memories in self._meanwhile:
                _learn(known, source, memories)
            self._known, self._changes = known, changes


def recall(store: Store, source: str) -> Known:
    """What a source remembers of its devices."""
    with store.reader() as connection:
        return _read(connection).get(source, {})


def remember(store: Store, source: str, memories: Iterable[Memory]) -> None:
    """Change what is remembered from outside a collector; running collectors know it a second later.

    Raises:
        StoreError: it could not be made durable.
    """
    revise(store, source, lambda _: memories)


def revise(store: Store, source: str, change: Callable[[Known], Iterable[Memory]]) -> Known:
    """The same where the change follows from what is remembered, which nobody changes meanwhile; what it was before.

    Args:
        store: where it lies.
        source: whose devices.
        change: what to remember, of what is remembered; nothing is written where it raises.

    Raises:
        StoreError: it could not be made durable.
    """
    with store.writer() as connection:
        known = _read(connection).get(source, {})
        write_memories(connection, ((source, memory) for memory in change(known)))
        insert_new(connection, META, [{"key": "memory", "value": 0}])
        connection.execute(META.update().where(_CHANGES).values(value=META.c.value + sa.literal(1)))
    return known


def write_memories(connection: sa.Connection, memories: Iterable[tuple[str, Memory]]) -> None:
    """Write what to remember of devices of sources within a transaction; of one thing the last counts, empty forgets.

    In the order of their keys: two collectors that write the same rows wait for each other, and never both.
    """
    last = {(source, memory.device_id, memory.name): memory.value for source, memory in memories}
    rows = [dict(zip(_KEY, key, strict=True), value=value) for key, value in sorted(last.items(), key=itemgetter(0))]
    for is_kept, group in groupby(rows, lambda row: bool(row["value"])):
        if is_kept:
            put(connection, MEMORY, [{**row, "value": json.dumps(row["value"])} for row in group])
        else:
            gone = [{f"old_{name}": row[name] for name in _KEY} for row in group]
            connection.execute(_FORGET, gone)


def _learn(table: dict[str, dict[str, dict[str, Any]]], source: str, memories: Sequence[Memory]) -> None:
    known = table.setdefault(source, {})
    for memory in memories:
        if memory.value:
            known.setdefault(memory.device_id, {})[memory.name] = dict(memory.value)
        elif memory.device_id in known:
            known[memory.device_id].pop(memory.name, None)
            if not known[memory.device_id]:
                del known[memory.device_id]


def _read(connection: sa.Connection) -> dict[str, dict[str, dict[str, Any]]]:
    known: dict[str, dict[str, dict[str, Any]]] = {}
    for source, device_id, name, value in connection.execute(sa.select(MEMORY)):
        known.setdefault(source, {}).setdefault(device_id, {})[name] = json.loads(value)
    return known
