"""Sending what waits in one outbox: in order, paced, again and again until it is confirmed.

A platform that cannot be reached is tried again after 1, 2, 4 … 300 s (±20 %), for ever; where it says how long to
wait, after that. A row that fails alone waits by itself, and what follows in its lane with it. A row that ended the
session `SUSPECT_TRIES` times, while the platform confirmed other messages in between, is parked: it would otherwise end
every session to come.
"""

import random
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, NamedTuple

from telltale.backoff import back_off
from telltale.contract import StoreError
from telltale.forward.outbox import LONGEST_WAIT_US, Outbox, Row, Sent, Standing
from telltale.forward.target import Never, NotNow, Target, Unreachable

LONGEST_WAIT_S = 300.0
SUSPECT_TRIES = 5
IDLE_S = 1.0
LONGEST_TOLD = 500
"""Characters of an error in a line; the outbox keeps more."""
_SECOND = 1_000_000


class Said(NamedTuple):
    """Something worth a line: what happened, and the row or numbers it happened to."""

    target: str
    what: str
    """new, late, sent, retry, parked, unreachable, standing, warning."""
    text: str
    facts: Mapping[str, Any] = MappingProxyType({})


Say = Callable[[Said], None]


class Drained(NamedTuple):
    """What came of one go at the outbox."""

    sent: int = 0
    parked: int = 0
    retried: int = 0
    unreachable: Unreachable | None = None


class _Suspect(NamedTuple):
    """A row that ended the session: how often, and what the platform had confirmed at the first time."""

    tries: int
    acknowledged: int


@dataclass
class Sender:
    """Sends the rows of one outbox to its target.

    Args:
        outbox: whose rows.
        target: where to.
        now_us: the clock.
        say: told what happens.
        stop: set when it shall end; between two rows it does.
        jitter: a number from 0 to 1, so that many forwarders do not come back at once.
    """

    outbox: Outbox
    target: Target
    now_us: Callable[[], int]
    say: Say
    stop: threading.Event = field(default_factory=threading.Event)
    jitter: Callable[[], float] = random.random
    _failures: int = 0
    _next_at: float = 0.0
    _suspects: dict[int, "_Suspect"] = field(default_factory=dict)

    def run(self) -> None:
        """Send until `stop` is set."""
        while not self.stop.is_set():
            try:
                drained = self.drain()
                if drained.unreachable is None:
                    self.target.idle()
                    self.stop.wait(IDLE_S)
                else:
                    self.stop.wait(self._after(drained.unreachable))
            except StoreError as error:  # the row goes out again when the store is back
                self.say(Said(self.target.name, "warning", str(error)))
                self.stop.wait(IDLE_S)
            except Unreachable as error:  # an idle session has ended: the next row opens another
                self.say(Said(self.target.name, "unreachable", str(error)))
        self.target.close()

    def drain(self) -> Drained:
        """Send every row that is due, once.

        Raises:
            StoreError: a row was confirmed but that could not be noted; it will be sent again.
        """
        total, held_us = Drained(), self.outbox.mark("held") or 0
        wait_s = (held_us - self.now_us()) / _SECOND
        if 0 < wait_s <= LONGEST_WAIT_US / _SECOND:
            return Drained(unreachable=Unreachable(f"{self.target.name} asked to be left alone", wait_s))
        while not self.stop.is_set():
            batch = self.outbox.due(self.now_us())
            done = self._batch(batch, self.outbox.counts())
            total = Drained(
                total.sent + done.sent, total.parked + done.parked, total.retried + done.retried, done.unreachable
            )
            if not batch or done.unreachable is not None:
                break
        return total

    def _batch(self, batch: list[Row], counts: dict[str, Sent]) -> Drained:
        sent = parked = retried = 0
        held: set[str] = set()
        for row in batch:
            if self.stop.is_set():
                break
            if row.lane in held:
                continue
            self._pace()
            before = counts.get(row.lane, Sent())
            try:
                self.target.send(row, before)
            except Unreachable as error:
                self._unreachable(row, error)
                return Drained(sent, parked, retried, error)
            except Never as error:
                self._park(row, str(error))
                parked += 1
            except NotNow as error:
                held.add(row.lane)
                was_parked = self._again(row, error)
                parked, retried = parked + was_parked, retried + (not was_parked)
            else:
                self.outbox.sent(row, self.now_us())
                counts[row.lane] = Sent(before.rows + 1, max(before.last_at, row.event_at))
                self._failures = 0
                self._suspects.pop(row.id, None)
                sent += 1
        if sent:
            self.say(Said(self.target.name, "sent", f"{sent:,} sent", {"sent": sent}))
        return Drained(sent, parked, retried)

    def _pace(self) -> None:
        """Wait until the next row may go."""
        wait_s = self._next_at - time.monotonic()
        if wait_s > 0:
            self.stop.wait(wait_s)
        self._next_at = max(self._next_at, time.monotonic()) + 1 / self.target.per_second

    def _unreachable(self, row: Row, error: Unreachable) -> None:
        self.outbox.note(row, str(error))
        if error.wait_s is not None:
            self.outbox.hold(self.now_us() + round(error.wait_s * _SECOND))
        self.say(Said(self.target.name, "unreachable", str(error)))
        self.target.close()

    def _park(self, row: Row, error: str) -> None:
        self.outbox.park(row, error)
        self._suspects.pop(row.id, None)
        self.say(Said(self.target.name, "parked", f"row {row.id} is parked: {error[:LONGEST_TOLD]}", {"id": row.id}))

    def _again(self, row: Row, error: NotNow) -> bool:
        """Let the row wait; True when it is parked instead."""
        if error.is_suspect:
            suspect = self._suspects.get(row.id, _Suspect(0, self.target.acknowledged))
            self._suspects[row.id] = suspect = suspect._replace(tries=suspect.tries + 1)
            if suspect.tries >= SUSPECT_TRIES and self.target.acknowledged > suspect.acknowledged:
                self._park(row, f"{error}; {suspect.tries} times, while other messages were confirmed")
                return True
        wait_s = self._back_off(row.attempts + 1) if error.wait_s is None else max(error.wait_s, 1.0)
        self.outbox.failed(row, str(error), self.now_us() + round(wait_s * _SECOND))
        self.say(
            Said(
                self.target.name,
                "retry",
                f"row {row.id} in {wait_s:.0f} s: {str(error)[:LONGEST_TOLD]}",
                {"id": row.id},
            )
        )
        return False

    def _after(self, error: Unreachable) -> float:
        self._failures += 1
        return self._back_off(self._failures) if error.wait_s is None else max(error.wait_s, 1.0)

    def _back_off(self, failures: int) -> float:
        """1, 2, 4 … 300 s, a fifth more or less."""
        return back_off(failures, longest_s=LONGEST_WAIT_S) * (0.8 + 0.4 * self.jitter())


def warning(standing: Standing, *, now_us: int, rows: int, age_h: float) -> str | None:
    """What is too much in an outbox; None when nothing is. Nothing is ever dropped for it."""
    if standing.waiting >= rows:
        return f"{standing.waiting:,} rows wait, as many as warn_rows = {rows:,}; none is dropped"
    if standing.oldest_at is not None and now_us - standing.oldest_at > age_h * 3600 * _SECOND:
        hours = (now_us - standing.oldest_at) / (3600 * _SECOND)
        return f"the oldest row waits for {hours:,.0f} h, longer than warn_age_h = {age_h:g}; none is dropped"
    return None
