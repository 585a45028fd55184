"""The spools of this project's collectors, seen from outside: what waits there, and those whose collector does not run.

A spool that a collector owns is its own matter. One that nobody owns would wait for ever where that collector never
starts again, and keep what must not be kept: upkeep removes what is due from it, and stores the rest.
"""

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from telltale.contract import StoreError
from telltale.door import expiry_of
from telltale.landing import Spool, Store, spool_files, spools_in
from telltale.landing.spool import LOCK_ENDING
from telltale.landing.spooling import drained
from telltale.lockfile import is_held
from telltale.operate.finding import Finding
from telltale.settings import Settings
from telltale.workbench.project import Project
from telltale.workbench.settings_then import Emptied, require_whole
from telltale.workbench.times import local_time

_BATCH, _BATCH_BYTES = 2_000, 16 << 20
_REPAIR = 'stop its collector, and run "telltale check --repair": what can be read of it is kept and stored'


class Kept(NamedTuple):
    """What was done with spools that nobody owns."""

    expired: int
    """Records removed because they must not be kept longer."""
    stored: int


def spools(project: Project) -> Iterator[Finding]:
    """What waits for the store on this machine, and what waited for too long; nothing is said where neither is."""
    for each in spools_in(project.settings.spools):
        if each.trouble:
            yield Finding("spools", "wrong", f"{each.path} cannot be read: {each.trouble}", _REPAIR)
            continue
        held = each.waiting
        if held.records:
            since = local_time(held.since_us or 0, project.zone())
            waits = f"{held.records:,} records ({held.bytes:,} bytes) wait in {each.path}, since {since:%Y-%m-%d %H:%M}"
            who = "its collector" if each.is_owned else '"telltale up"'
            yield Finding("spools", "note", waits, f"see to the store; once it is back {who} stores them")
        if held.expired:
            gone = f"{held.expired:,} records in all were removed from {each.path} unstored: their time was over"
            yield Finding("spools", "note", gone, "keep the store within reach of this machine")


def expire(project: Project) -> int:
    """Remove from spools that nobody owns what must not be kept longer, and return how many records; needs no store.

    Raises:
        StoreError: a spool is damaged; what is due is gone from the others all the same.
    """
    expired, damaged = _expired(project)
    _refuse(damaged)
    return expired


def keep(project: Project) -> Kept:
    """The same, and then store what waits in them.

    Raises:
        StoreError: the store is away: what waits stays, and what is due is gone all the same; or a spool is damaged:
            the others are kept all the same.
    """
    expired, damaged = _expired(project)
    stored, met = _of_each(project.settings, lambda spool: _drain(spool, project.store))
    _refuse({**damaged, **met})
    return Kept(expired, stored)


def _expired(project: Project) -> tuple[int, dict[Path, str]]:
    try:
        require_whole(project.settings, project.store)
    except (Emptied, StoreError):  # how long they are kept is not known
        return 0, {}
    expiry = expiry_of(project.settings, now=project.now_us, running=project.running, every_s=0)
    return _of_each(project.settings, expiry.apply)


def _of_each(settings: Settings, do: Callable[[Spool], int]) -> tuple[int, dict[Path, str]]:
    """What is done with the spools nobody owns, added up; and what is wrong with those that are damaged."""
    count, damaged = 0, {each.path: each.trouble for each in spools_in(settings.spools) if each.trouble}
    for spool in _idle(settings):
        try:
            count += do(spool)
        except StoreError:
            if not (said := _damage(spool)):
                raise
            damaged[spool.path] = said
    return count, damaged


def _damage(spool: Spool) -> str:
    try:
        return spool.store.damage()
    except StoreError as error:
        return str(error)


def _refuse(damaged: dict[Path, str]) -> None:
    for path, said in damaged.items():
        raise StoreError(f"spool {path} is damaged ({said}); {_REPAIR}")


def _drain(spool: Spool, store: Store) -> int:
    if not spool.waiting.records:
        return 0
    count, aside = 0, list[int]()
    while batch := spool.first(_BATCH, _BATCH_BYTES, without=aside):
        done, unstorable = drained(spool, store, batch, patience_s=store.busy_timeout_s)
        count += done
        aside += unstorable
    spool.store.scrub()
    return count


def _idle(settings: Settings) -> Iterator[Spool]:
    """The spools nobody owns; each is ours until the next."""
    for path in spool_files(settings.spools):
        if is_held(path.with_suffix(LOCK_ENDING)):
            continue
        name, _, number = path.stem.rpartition("-")
        limits = settings.landing
        try:
            spool = Spool(
                path.parent,
                name,
                most_records=limits.spool_records,
                most_bytes=limits.spool_bytes,
                number=int(number),
            )
        except StoreError:  # its collector was faster, or it is damaged, which doctor says
            continue
        with closing(spool):
            yield spool
