"""The spools of this project's collectors, seen from outside: what waits there, and those whose collector does not run.

A spool that a collector owns is its own matter. One that nobody owns would wait for ever where that collector never
starts again, and keep what must not be kept: upkeep removes what is due from it, and stores the rest.
"""

from collections.abc import Iterator
from contextlib import closing
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
from telltale.workbench.times import local_time

_BATCH, _BATCH_BYTES = 2_000, 16 << 20


class Kept(NamedTuple):
    """What was done with spools that nobody owns."""

    expired: int
    """Records removed because they must not be kept longer."""
    stored: int


def spools(project: Project) -> Iterator[Finding]:
    """What waits for the store on this machine, and what waited for too long; nothing is said where neither is."""
    for each in spools_in(project.settings.spools):
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
    """Remove from spools that nobody owns what must not be kept longer, and return how many records; needs no store."""
    expiry = expiry_of(project.settings, now=project.now_us, running=project.running, every_s=0)
    return sum(expiry.apply(spool) for spool in _idle(project.settings))


def keep(project: Project) -> Kept:
    """The same, and then store what waits in them.

    Raises:
        StoreError: the store is away; what waits stays, and what is due is gone all the same.
    """
    expired = expire(project)
    stored = sum(_drain(spool, project.store) for spool in _idle(project.settings) if spool.waiting.records)
    return Kept(expired, stored)


def _drain(spool: Spool, store: Store) -> int:
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
