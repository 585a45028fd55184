"""The forwarder: looks for what is new, and one sender a target, so that a dead platform blocks only itself."""

import os
import threading
import time
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor

from telltale.contract import ConfigError, StoreError, TelltaleError
from telltale.forward.outbox import Row, Sent
from telltale.forward.passing import Passing, fill, passings, preview
from telltale.forward.sending import Drained, Said, Say, Sender, warning
from telltale.forward.target import Never
from telltale.lake.lock import HOST, locked
from telltale.landing.schema import LOCK
from telltale.workbench.project import Project
from telltale.workbench.times import DAY, SECOND

LOCK_NAME = "forward"
LOOK_S = 1.0
TELL_S = 60.0
LATE_S = 600.0
_RENEWED_US = 600 * SECOND


def once(project: Project, say: Say) -> list[Drained]:
    """Pass on what is new and what waits, one try each.

    Raises:
        Busy: another forwarder runs on this store.
        StoreError: the store is away.
    """
    with locked(project.store, LOCK_NAME, wait_s=1):
        found = passings(project)
        senders = [Sender(one.outbox, one.target, project.now_us, say) for one in found]
        for passing in found:
            _look(project, passing, say, {}, count_late=True)
        with ThreadPoolExecutor(len(senders)) as pool:
            try:
                return list(pool.map(Sender.drain, senders))
            finally:
                for sender in senders:
                    sender.stop.set()
                    sender.target.close()
                for passing in found:
                    _tell(project, passing, say, {})


def forever(project: Project, say: Say, stop: threading.Event) -> None:
    """Pass on what is new until `stop` is set.

    Raises:
        Busy: another forwarder runs on this store, or has taken over.
        ConfigError: a target is not complete.
    """
    with locked(project.store, LOCK_NAME, wait_s=1):
        found = passings(project)
        senders = [Sender(one.outbox, one.target, project.now_us, say, stop) for one in found]
        with ThreadPoolExecutor(len(senders)) as pool:
            running = [pool.submit(sender.run) for sender in senders]
            try:
                _watch(project, found, running, say, stop)
            finally:
                stop.set()
        for future in running:
            future.result()


def dry_run(project: Project) -> list[dict[str, str]]:
    """What would be sent, in order: rows that wait, then what is not in the outbox yet. Nothing is sent or written."""
    found: list[dict[str, str]] = []
    for passing in passings(project):
        counts = dict(passing.outbox.counts())
        for row in _waiting_and_new(project, passing):
            before = counts.get(row.lane, Sent())
            counts[row.lane] = Sent(before.rows + 1, max(before.last_at, row.event_at))
            try:
                shown = passing.target.shown(row, before)
            except Never as error:
                shown = [{"parked": str(error)}]
            found += [{"target": passing.target.name, **one} for one in shown]
    return found


def _waiting_and_new(project: Project, passing: Passing) -> list[Row]:
    waiting = passing.outbox.due(1 << 62, limit=1 << 31)
    new = [
        Row(0, passing.target.name, one.event_id, one.device_id, one.lane, one.event_at, one.body, 0, "")
        for one in preview(project, passing)
    ]
    return sorted([*waiting, *new], key=lambda row: row.event_at)


def _watch(
    project: Project, found: Sequence[Passing], running: Sequence["Future[None]"], say: Say, stop: threading.Event
) -> None:
    """Look whenever something was stored; tell now and then how the outboxes stand."""
    late_at = tell_at = time.monotonic()
    complaint, told = "", dict[str, str]()
    while not stop.is_set() and not any(future.done() for future in running):  # one ends by a fault only
        now = time.monotonic()
        try:
            for passing in found:
                if passing.has_news(project.store):
                    _look(project, passing, say, told, count_late=now >= late_at)
            late_at = now + LATE_S if now >= late_at else late_at
            if now >= tell_at:
                _renew(project)
                for passing in found:
                    _tell(project, passing, say, told)
                tell_at, complaint = now + TELL_S, ""
        except (StoreError, ConfigError) as error:  # the store may come back; a broken list is corrected while we run
            if str(error) != complaint:
                complaint = str(error)
                say(Said("", "warning", complaint))
        stop.wait(LOOK_S)


def _look(project: Project, passing: Passing, say: Say, told: dict[str, str], *, count_late: bool) -> None:
    """Write what is new to an outbox, and say so; what came late where that has changed."""
    name = passing.target.name
    found = fill(project, passing, count_late=count_late)
    if found.new:
        say(Said(name, "new", f"{found.new:,} new in the outbox", {"new": found.new}))
    text = f"{found.late:,} presses came to light after their time had passed and are not forwarded"
    if found.late == 1:
        text = "1 press came to light after its time had passed and is not forwarded"
    if found.late and told.get(f"{name} late") != text:
        told[f"{name} late"] = text
        say(Said(name, "late", text, {"late": found.late}))


def _tell(project: Project, passing: Passing, say: Say, told: dict[str, str]) -> None:
    """How an outbox stands where that has changed, what is too much in it; and let go of what was sent long ago."""
    name, limits, now_us = passing.target.name, project.settings.forward, project.now_us()
    passing.outbox.forget_sent(now_us - limits.keep_sent_days * DAY)
    standing = passing.outbox.standing()
    facts = {"waiting": standing.waiting, "sent": standing.sent, "parked": standing.parked}
    text = f"{standing.waiting:,} waiting, {standing.sent:,} sent, {standing.parked:,} parked"
    if told.get(name) != text:
        told[name] = text
        say(Said(name, "standing", text, facts))
    if too_much := warning(standing, now_us=now_us, rows=limits.warn_rows, age_h=limits.warn_age_h):
        say(Said(name, "warning", f"WARNING: {too_much}"))


def _renew(project: Project) -> None:
    """Show that this forwarder lives; the lock is for jobs that end."""
    mine = (LOCK.c.name == LOCK_NAME) & (LOCK.c.host == HOST) & (LOCK.c.pid == os.getpid())
    with project.store.writer() as connection:
        until = int(time.time() * 1e6) + _RENEWED_US
        if not connection.execute(LOCK.update().where(mine).values(until=until)).rowcount:
            raise TakenOver("another forwarder has taken over this store; this one ends")


class TakenOver(TelltaleError):
    """Another forwarder took this one for dead."""
