"""What became of each period of each report: a row of the store, changed only in transactions that check who holds it.

    running   somebody is at it, as long as the lease is renewed; one whose process died is taken over
    waiting   an attempt failed and another follows after 1, 5, 25 minutes
    failed    none of them succeeded: that is told once, and tried again each day
    done      published; `revision` counts how often, `told_at` says that its messages are put out
    nothing   no record came of it

A publication and its messages are one transaction, so that a period is told of once, whichever process ends when.
"""

import json
import os
import uuid
from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa

from telltale.contract import TelltaleError
from telltale.lake.lock import HOST, is_running
from telltale.landing import Store
from telltale.landing.schema import REPORT_RUN
from telltale.publish.due import Stretch
from telltale.workbench.times import SECOND

LEASE_US = 120 * SECOND
"""Who has not renewed for so long is taken for dead; on this machine its process says so at once."""
RETRIES_US = (60 * SECOND, 300 * SECOND, 1500 * SECOND)
"""How long after a failed attempt the next one follows."""
DAILY_US = 86_400 * SECOND
PATIENT = 3
"""So many interrupted attempts begin again at once: what ends the process each time must not hold up all others."""
NOBODY = ""
_mine: set[str] = set()  # holders within this process


class LeaseLost(TelltaleError):
    """Another process took the period over; what was made is thrown away."""


class Run(NamedTuple):
    """A row of the ledger; times in microseconds UTC."""

    id: int
    report: str
    readers: str
    period: str
    begins_at: int
    ends_at: int
    state: str
    holder: str
    lease_until: int
    attempts: int
    interrupted: int
    next_try: int
    revision: int
    seen: str
    rows: str
    answers: str
    changed: str
    sentence: str
    files: str
    reason: str
    failure: str
    made_at: int | None
    told_at: int | None

    @property
    def key(self) -> tuple[str, str, str]:
        """Report, readers and period: what is there once."""
        return self.report, self.readers, self.period

    @property
    def is_success(self) -> bool:
        """Whether nothing is left to do of it."""
        return self.state in ("done", "nothing")

    def is_held(self, now_us: int) -> bool:
        """Whether somebody is at it who lives."""
        return self.state == "running" and not _is_dead(self.holder, self.lease_until, now_us)

    def is_ready(self, now_us: int) -> bool:
        """Whether an attempt may begin."""
        if self.state == "running":
            return not self.is_held(now_us) and (self.interrupted < PATIENT or self.next_try <= now_us)
        return self.state in ("waiting", "failed") and self.next_try <= now_us


_COLUMNS = [REPORT_RUN.c[name] for name in Run._fields]
_BLANK: dict[str, Any] = {
    **dict.fromkeys(("attempts", "interrupted", "next_try", "revision"), 0),
    **dict.fromkeys(("seen", "rows", "answers", "sentence", "reason"), ""),
    **dict.fromkeys(("failure", "claims"), "{}"),
    **dict.fromkeys(("changed", "files"), "[]"),
}


def runs(store: Store, *, report: str | None = None) -> list[Run]:
    """All rows, of one report or of all, the oldest period first."""
    query = sa.select(*_COLUMNS).order_by(REPORT_RUN.c.ends_at, REPORT_RUN.c.report, REPORT_RUN.c.readers)
    if report is not None:
        query = query.where(REPORT_RUN.c.report == report)
    with store.reader() as connection:
        return [Run(*row) for row in connection.execute(query)]


def claim(
    store: Store, report: str, readers: str, period: Stretch, *, now_us: int, seen: str | None = None
) -> Run | None:
    """Take a period, in one transaction.

    Args:
        store: where the ledger is.
        report: whose.
        readers: whose.
        period: which.
        now_us: the present.
        seen: take one that is done, too, if this is still what its rows were judged by.

    Returns:
        the row as it is held now; None where another holds it, or nothing is left to do.
    """
    me = f"{HOST}:{os.getpid()}:{uuid.uuid4().hex}"
    taken = {"state": "running", "holder": me, "lease_until": now_us + LEASE_US}
    try:
        with store.writer() as connection:
            run = _of(connection, report, readers, period.name)
            if run is None:
                span = {"begins_at": period.span.since_us, "ends_at": period.span.until_us}
                named = {"report": report, "readers": readers, "period": period.name}
                connection.execute(REPORT_RUN.insert().values(**_BLANK, **named, **span, **taken))
            elif run.is_ready(now_us) or (run.is_success and run.seen == seen):
                more = _interrupted(run, now_us) if run.state == "running" else {}
                same = (REPORT_RUN.c.id == run.id, REPORT_RUN.c.holder == run.holder, REPORT_RUN.c.state == run.state)
                if connection.execute(REPORT_RUN.update().where(*same).values(**taken, **more)).rowcount != 1:
                    return None
            else:
                return None
            _mine.add(me)
            return _of(connection, report, readers, period.name)
    except sa.exc.IntegrityError:  # another process was first
        return None


def renew(store: Store, run: Run, *, now_us: int) -> bool:
    """Hold a period for longer; False where another has taken it over."""
    with store.writer() as connection:
        return _update(connection, run, {"lease_until": now_us + LEASE_US})


def let_go(run: Run) -> None:
    """This process is not at it any more; what it did not finish is taken over as that of one that died."""
    _mine.discard(run.holder)


def finish(connection: sa.Connection, run: Run, state: str, **values: Any) -> None:
    """End an attempt that succeeded, in the caller's transaction.

    Raises:
        LeaseLost: another process has taken it over.
    """
    ended = {"state": state, "holder": NOBODY, "lease_until": 0, "attempts": 0, "interrupted": 0, "next_try": 0}
    if not _update(connection, run, {**ended, **values}):
        raise LeaseLost(f"report {run.report} {run.period}: another process has taken it over; nothing was changed")
    _mine.discard(run.holder)


def fail(connection: sa.Connection, run: Run, reason: str, *, now_us: int, **values: Any) -> str:
    """End an attempt that failed, in the caller's transaction, and return the state.

    Raises:
        LeaseLost: another process has taken it over.
    """
    attempts = run.attempts + 1
    is_over = attempts > len(RETRIES_US)
    state = "failed" if is_over else "waiting"
    after_us = DAILY_US if is_over else RETRIES_US[attempts - 1]
    ended = {"state": state, "holder": NOBODY, "lease_until": 0, "attempts": attempts, "next_try": now_us + after_us}
    if not _update(connection, run, {**ended, "reason": reason, **values}):
        raise LeaseLost(f"report {run.report} {run.period}: another process has taken it over; nothing was changed")
    _mine.discard(run.holder)
    return state


def note(store: Store, run: Run, **values: Any) -> None:
    """Note something of a period that is done, unless somebody began with it meanwhile."""
    same = (REPORT_RUN.c.id == run.id, REPORT_RUN.c.state == run.state, REPORT_RUN.c.revision == run.revision)
    with store.writer() as connection:
        connection.execute(REPORT_RUN.update().where(*same).values(**values))


def untold(connection: sa.Connection, report: str | None = None, readers: str = "") -> list[Run]:
    """What a summary has to tell of, the oldest first; of one report with its readers, or of all."""
    ready = REPORT_RUN.c.state.in_(("done", "failed")) & REPORT_RUN.c.told_at.is_(None)
    query = sa.select(*_COLUMNS).where(ready)
    if report is not None:
        query = query.where(REPORT_RUN.c.report == report, REPORT_RUN.c.readers == readers)
    return [Run(*row) for row in connection.execute(query.order_by(REPORT_RUN.c.ends_at, REPORT_RUN.c.id))]


def mark_told(connection: sa.Connection, ids: Collection[int], *, now_us: int) -> None:
    """Note that messages of these are put out."""
    connection.execute(REPORT_RUN.update().where(REPORT_RUN.c.id.in_(list(ids))).values(told_at=now_us))


def claims_of(store: Store, run: Run) -> dict[str, Any]:
    """The numbers of the last revision: by id their subject, measure, value and unit."""
    with store.reader() as connection:
        text = connection.scalar(sa.select(REPORT_RUN.c.claims).where(REPORT_RUN.c.id == run.id))
    claims: dict[str, Any] = json.loads(text or "{}")
    return claims


def files_of(run: Run) -> list[str]:
    """What was published, relative to the folder of reports; the page first."""
    return [str(name) for name in json.loads(run.files)]


def changes_of(run: Run) -> Sequence[Mapping[str, Any]]:
    """Which numbers moved with the last revision: what, from, to, unit."""
    made: Sequence[Mapping[str, Any]] = json.loads(run.changed)
    return made


def _of(connection: sa.Connection, report: str, readers: str, period: str) -> Run | None:
    one = (REPORT_RUN.c.report == report, REPORT_RUN.c.readers == readers, REPORT_RUN.c.period == period)
    row = connection.execute(sa.select(*_COLUMNS).where(*one)).first()
    return None if row is None else Run(*row)


def _update(connection: sa.Connection, run: Run, values: Mapping[str, Any]) -> bool:
    mine = (REPORT_RUN.c.id == run.id, REPORT_RUN.c.holder == run.holder)
    return connection.execute(REPORT_RUN.update().where(*mine).values(**values)).rowcount == 1


def _interrupted(run: Run, now_us: int) -> dict[str, Any]:
    """Its process died: after a few times the next attempt waits, as after a failure."""
    count = run.interrupted + 1
    waits = RETRIES_US[min(count - PATIENT, len(RETRIES_US) - 1)] if count >= PATIENT else 0
    return {"interrupted": count, "next_try": now_us + waits}


def _is_dead(holder: str, until: int, now_us: int) -> bool:
    if not now_us <= until <= now_us + 2 * LEASE_US:  # later than any lease: taken by a clock that was ahead
        return True
    host, pid, _ = holder.rsplit(":", 2)
    if host != HOST:
        return False
    if int(pid) == os.getpid():  # in a container every life of the process may have this number
        return holder not in _mine
    return not is_running(int(pid))
