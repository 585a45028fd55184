"""What waits on a collector's own disk while the store is away: a small store of its own, in `data/landing/spool`.

Its file is SQLite as the store's may be, with the same durability, and its owner's only. A record's id in it is its
number: never given twice. One process at a time owns a file; one that finds it owned takes the next.
"""

import logging
import secrets
import threading
from collections.abc import Collection, Iterable, Sequence
from contextlib import closing
from pathlib import Path
from typing import IO, NamedTuple

import sqlalchemy as sa

from telltale.contract import Raw, StoreError
from telltale.landing.damage import damage
from telltale.landing.database import insert_new
from telltale.landing.schema import META, RAW
from telltale.landing.store import Store
from telltale.lockfile import Held, hold, is_held

ENDING, LOCK_ENDING = ".db", ".lock"
_MOST_FILES = 64
_log = logging.getLogger(__name__)
_OVERHEAD = 256  # bytes a record costs beside its text and body, as in the queue
_ID, _NUMBER, _EXPIRED = "spool", "number", "expired"
_REMOVE = RAW.delete().where(RAW.c.id == sa.bindparam("number"))


class Waiting(NamedTuple):
    """What waits in a spool."""

    records: int
    bytes: int
    since_us: int | None
    """When the oldest was received (µs UTC); None where nothing waits."""
    expired: int
    """Records ever removed because they must not be kept longer."""


class Found(NamedTuple):
    """A spool's file, seen from outside."""

    path: Path
    is_owned: bool
    """Whether a collector that runs uses it."""
    waiting: Waiting
    trouble: str = ""
    """Why it cannot be read, in one sentence: what waits there is not known then. Empty where it can."""


class Spool:
    """A spool of this process, from now on.

    Args:
        folder: where spools lie.
        name: of the collector.
        most_records: that may wait.
        most_bytes: that may wait.
        number: which file of the collector; None is the first that nobody owns.

    Raises:
        StoreError: the file cannot be made or read, or is another process's.
    """

    def __init__(
        self, folder: Path, name: str, *, most_records: int, most_bytes: int, number: int | None = None
    ) -> None:
        self.most_records = most_records
        self.most_bytes = most_bytes
        self._counting = threading.Lock()  # one thread adds, another takes out
        numbers = iter(range(1, _MOST_FILES) if number is None else [number])
        while not self._opened(*_owned(folder, name, numbers), goes_on=number is None):
            pass

    def _opened(self, path: Path, lock: IO[str], *, goes_on: bool) -> bool:
        """Whether a file can be used; one that is damaged is left for `telltale check --repair`."""
        self.path, self._lock = path, lock
        try:
            self.store = Store(f"sqlite:///{self.path}")
            with self.store.writer() as connection:
                self.name = _name(connection, path)
                """By which the store knows it; a file made anew has another."""
            self._waiting = waiting(self.store)
        except StoreError:
            is_damaged = goes_on and bool(damage(path))
            self._lock.close()
            if not is_damaged:
                raise
            _log.error('%s is damaged, the next file is used: stop this and run "telltale check --repair"', path)
            return False
        except BaseException:
            self._lock.close()
            raise
        return True

    @property
    def waiting(self) -> Waiting:
        """What waits."""
        return self._waiting

    def append(self, raws: Sequence[Raw]) -> None:
        """Make records durable.

        Raises:
            StoreError: it is full, or its disk is; none of them is kept.
        """
        size = sum(map(_size, raws))
        with self._counting:
            self._append(raws, size)

    def _append(self, raws: Sequence[Raw], size: int) -> None:
        held = self._waiting
        if held.records + len(raws) > self.most_records or held.bytes + size > self.most_bytes:
            raise StoreError(
                f"spool {self.path}: {held.records:,} records ({held.bytes:,} bytes) wait for the store, at most "
                f"{self.most_records:,} ({self.most_bytes:,} bytes) may; send the record again later"
            )
        with self.store.appender() as connection:
            self.store.insert(connection, raws)
        since_us = raws[0].received_at if held.since_us is None and raws else held.since_us
        self._waiting = held._replace(records=held.records + len(raws), bytes=held.bytes + size, since_us=since_us)

    def first(self, most: int, most_bytes: int, *, without: Collection[int] = ()) -> list[Raw]:
        """The records that have waited longest, with their numbers as ids; at least one where one waits."""
        query = sa.select(*(RAW.c[name] for name in Raw._fields)).where(RAW.c.id.not_in(without))
        query = query.order_by(RAW.c.id).limit(most).execution_options(yield_per=50)
        found: list[Raw] = []
        with self.store.reader() as connection, connection.execute(query) as rows:
            for row in rows:
                most_bytes -= len(row.body)
                if found and most_bytes < 0:
                    break
                found.append(Raw(*row))
        return found

    def remove(self, raws: Sequence[Raw]) -> None:
        """Let go of records that are in the store."""
        oldest = sa.select(RAW.c.received_at).order_by(RAW.c.id).limit(1)
        with self._counting, self.store.writer() as connection:
            connection.execute(_REMOVE, [{"number": raw.id} for raw in raws])
            since_us = connection.scalar(oldest)
            held = self._waiting
            size = held.bytes - sum(map(_size, raws))
            self._waiting = held._replace(records=held.records - len(raws), bytes=size, since_us=since_us)

    def expire(self, before_us: int, *, now_us: int, harmless: Collection[str]) -> int:
        """Remove records that must not be kept longer, and return how many; what is deleted is written over.

        Of two records the one with the lower number came first, whatever the clock said then. A stamp that lies ahead
        says nothing, so its record goes with the first one after it that is due. One that may be true is believed even
        before such a one: rather was the clock set back for the later record than ahead for this one.

        Args:
            before_us: those received before this moment.
            now_us: the latest moment a stamp may bear that is believed.
            harmless: sources whose records stay.
        """
        personal, is_old = RAW.c.source.not_in(harmless), RAW.c.received_at < before_us
        with self._counting, self.store.writer() as connection:
            through = connection.scalar(sa.select(sa.func.max(RAW.c.id)).where(personal, is_old))
            if through is None:
                return 0
            is_due = is_old | ((RAW.c.id <= through) & (RAW.c.received_at > now_us))
            count = connection.execute(RAW.delete().where(personal, is_due)).rowcount
            connection.execute(META.update().where(META.c.key == _EXPIRED).values(value=META.c.value + count))
            self._waiting = _waiting(connection)
        self.store.scrub()
        return count

    def close(self) -> None:
        """Let go of the file; what waits in it stays."""
        self.store.close()
        self._lock.close()


def spools_in(folder: Path) -> list[Found]:
    """Every spool there is, by its file."""
    there = []
    for path in spool_files(folder):
        is_owned = is_held(path.with_suffix(LOCK_ENDING))
        try:
            with closing(Store(f"sqlite:///{path}")) as store:
                there.append(Found(path, is_owned, waiting(store)))
        except StoreError as error:
            there.append(Found(path, is_owned, Waiting(0, 0, None, 0), str(error)))
    return there


def spool_files(folder: Path) -> list[Path]:
    """The files of spools in a folder."""
    files = folder.glob(f"*-*{ENDING}") if folder.is_dir() else ()
    return sorted(path for path in files if path.stem.rpartition("-")[2].isdecimal())


def note_name(file: Path) -> None:
    """Let the store know a spool by this file's name, whatever the file is called later.

    Raises:
        StoreError: the file cannot be written.
    """
    with closing(Store(f"sqlite:///{file}")) as store, store.writer() as connection:
        _name(connection, file)


def _name(connection: sa.Connection, file: Path) -> str:
    """By what name the store knows a spool, from when it is first asked for: that of its file, and a random number."""
    name, _, number = file.stem.rpartition("-")
    start = {_ID: secrets.randbits(53), _NUMBER: int(number), _EXPIRED: 0}
    insert_new(connection, META, [{"key": key, "value": value} for key, value in start.items()])
    noted = {row.key: row.value for row in connection.execute(sa.select(META.c.key, META.c.value))}
    return f"{name}-{noted[_NUMBER]} {noted[_ID]:x}"


def waiting(store: Store) -> Waiting:
    """What waits in the store of a spool."""
    with store.reader() as connection:
        return _waiting(connection)


def _waiting(connection: sa.Connection) -> Waiting:
    size = sa.func.length(RAW.c.body) + sa.func.length(RAW.c.meta) + sa.func.length(RAW.c.sender) + _OVERHEAD
    counted = sa.select(sa.func.count(), sa.func.coalesce(sa.func.sum(size), 0)).select_from(RAW)
    records, total = connection.execute(counted).one()
    since_us = connection.scalar(sa.select(RAW.c.received_at).order_by(RAW.c.id).limit(1))
    expired = connection.scalar(sa.select(META.c.value).where(META.c.key == _EXPIRED)) or 0
    return Waiting(records, total, since_us, expired)


def _size(raw: Raw) -> int:
    return len(raw.body) + len(raw.meta) + len(raw.sender) + _OVERHEAD


def _owned(folder: Path, name: str, numbers: Iterable[int]) -> tuple[Path, IO[str]]:
    """The first file of a name that no other process owns, and the lock that says so."""
    holder = ""
    for number in numbers:
        path = folder / f"{name}-{number}{ENDING}"
        try:
            return path, hold(path.with_suffix(LOCK_ENDING))
        except Held as error:
            holder = error.holder
        except OSError as error:
            raise StoreError(
                f"spool {path}: cannot be made ({error.strerror}); expected a folder to write to"
            ) from error
    raise StoreError(f"spool {folder}: every file of {name} belongs to another process ({holder}); end one of them")
