"""Garbage collection: remove files that nobody lists and no reader can still be reading.

It runs under the settle lock. A file goes only when it has been un-listed for the grace (readers open the files of a
snapshot up to that long), or was never listed and written longer ago than that (a job that crashed). A backup holds a
lease that stops it. Where a file that was never listed holds records that the store does not know, or is damaged and
may hold some, none such goes: the store is not the one that listed them. Nor does one that was un-listed for being
missing, and lies there again.

1 in one transaction mark files that nobody lists; 2 remove them, outside any transaction: on an object store that may
take its time. What is marked is never listed again, so whoever removes it may be late, or do it twice; a job that has
written the same content finds the mark when it lists it, and starts again under another name.
"""

from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from itertools import chain
from typing import NamedTuple

import sqlalchemy as sa

from telltale.lake.catalog import bump, mark, pieces
from telltale.lake.files import Found
from telltale.lake.lake import Lake
from telltale.lake.lock import HOST, locked
from telltale.lake.orphans import unknown_records
from telltale.lake.returned import returned
from telltale.lake.strays import strays
from telltale.lake.unfinished import is_unfinished
from telltale.landing.schema import FILES, GONE, LEASE, SUPERSEDED, UNLISTED
from telltale.landing.store import Store

_AHEAD_US = 3600 * 1_000_000  # more than a job takes, or two hosts' clocks are apart
_PIECE = 500  # files marked in one transaction
_HELD_UP_US = 7 * 24 * 3600 * 1_000_000
"""So long a process that has marked files may be held up before it removes them: then their names may be used again."""


class Collected(NamedTuple):
    """What gc removed."""

    files: int
    bytes: int
    lease: str
    """The lease that kept it from running; empty when none did."""


def gc(lake: Lake, *, now_us: int, grace_s: int = 3600) -> Collected:
    """Remove what has been un-listed, or lain unlisted, for the grace.

    Raises:
        Busy: a settle or another gc is running and does not end.
    """
    with locked(lake.store, "settle", wait_s=lake.lock_wait_s):
        return _collected(lake, now_us, list(lake.root.walk()), now_us - grace_s * 1_000_000)


def gc_at_once(lake: Lake, *, now_us: int) -> Collected:
    """Remove all that nobody lists, without a grace: a reader of one asks anew.

    Here no clock has a say: what another host, or this one before its clock was set back, took off the list a moment
    from now goes too.

    Raises:
        Busy: a settle or another gc is running and does not end.
    """
    with locked(lake.store, "settle", wait_s=lake.lock_wait_s):
        with lake.store.reader() as connection:
            newest = connection.scalar(sa.select(sa.func.max(UNLISTED.c.at)))
        found = list(lake.root.walk())
        return _collected(lake, now_us, found, max(now_us, newest or 0, *(file.written_at for file in found)))


def _collected(lake: Lake, now_us: int, found: Collection[Found], before: int) -> Collected:
    if held := leases(lake.store, now_us):
        return Collected(0, 0, held[0])
    _not_of_the_future(lake.store, now_us)
    sizes = _candidates(lake, found, before)
    removed = [path for paths in pieces(sizes, _PIECE) for path in remove(lake, paths, unlisted_before=before)]
    _forget(lake, {file.path for file in found}.difference(removed), before)
    return Collected(len(removed), sum(sizes[path] for path in removed), "")


def remove(lake: Lake, paths: Iterable[str], *, unlisted_before: int) -> list[str]:
    """Remove those of these files that are neither listed nor were until after a moment, and return them.

    Raises:
        StoreError: the object store of the lake is away; what is marked goes with the next gc.
    """
    wanted = list(paths)
    with lake.store.writer() as connection:
        bump(connection, 0)
        kept = set(connection.scalars(sa.select(FILES.c.path).where(FILES.c.path.in_(wanted))))
        kept |= set(connection.scalars(sa.select(SUPERSEDED.c.path).where(SUPERSEDED.c.path.in_(wanted))))
        late = UNLISTED.c.path.in_(wanted) & (UNLISTED.c.at > unlisted_before)
        kept |= set(connection.scalars(sa.select(UNLISTED.c.path).where(late)))
        going = [path for path in wanted if path not in kept]
        mark(connection, going, at=unlisted_before)
    lake.step("remove:1 marked")
    return lake.root.delete_all(going)


@contextmanager
def leased(store: Store, name: str, *, until_us: int) -> Iterator[None]:
    """Keep gc from removing anything during the block, at most until a moment (should this process die)."""
    with store.writer() as connection:
        connection.execute(LEASE.delete().where(LEASE.c.name == name))
        connection.execute(LEASE.insert().values(name=name, holder=HOST, until=until_us))
    try:
        yield
    finally:
        with store.writer() as connection:
            connection.execute(LEASE.delete().where(LEASE.c.name == name))


def leases(store: Store, now_us: int) -> list[str]:
    """The names of what keeps gc from removing anything now."""
    with store.reader() as connection:
        return list(connection.scalars(sa.select(LEASE.c.name).where(LEASE.c.until > now_us).order_by(LEASE.c.name)))


def _not_of_the_future(store: Store, now_us: int) -> None:
    """What a clock that was ahead took off the list is off it by now: its grace begins, at the latest, at once."""
    ahead = UNLISTED.c.at > now_us + _AHEAD_US
    with store.reader() as connection:
        some = connection.scalar(sa.select(UNLISTED.c.path).where(ahead).limit(1))
    if some is not None:
        with store.writer() as connection:
            connection.execute(UNLISTED.update().where(ahead).values(at=now_us))


def _candidates(lake: Lake, found: Iterable[Found], before: int) -> dict[str, int]:
    """Files below the root that may go, with their size."""
    with lake.store.reader() as connection:
        kept = set(connection.scalars(sa.select(FILES.c.path)))
        kept |= set(connection.scalars(sa.select(SUPERSEDED.c.path)))
        unlisted = {row.path: row.at for row in connection.execute(sa.select(UNLISTED.c.path, UNLISTED.c.at))}
    never = [file.path for file in found if file.path not in kept and file.path not in unlisted]
    if is_unfinished(lake.store) or any(True for _ in chain(unknown_records(lake, never), strays(lake, never))):
        kept.update(never)  # the store was lost, or an older one put back: these may be all there is
    kept.update(returned(lake))  # they were missing for a while, and "check --repair" lists them again
    return {
        file.path: file.bytes
        for file in found
        if file.path not in kept and unlisted.get(file.path, file.written_at) <= before
    }


def _forget(lake: Lake, there: Collection[str], before: int) -> None:
    """Drop the notes on files that are gone."""
    for table, until in ((UNLISTED, before), (GONE, before - _HELD_UP_US)):
        with lake.store.reader() as connection:
            paths = list(connection.scalars(sa.select(table.c.path).where(table.c.at <= until)))
        for piece in pieces(path for path in paths if path not in there):
            with lake.store.writer() as connection:
                connection.execute(table.delete().where(table.c.path.in_(piece), table.c.at <= until))
