"""Records on their way to the store, for a wire that cannot send again: bounded, offered until they are durable.

One thread owns it and calls `push` now and then; the landing's own thread writes. While the store is away, records wait
here and are offered again at growing intervals. Who finds it full stops reading its wire, so that the wire's own
counter counts what is lost.
"""

import logging
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from typing import NamedTuple

from telltale.backoff import back_off
from telltale.contract import Request
from telltale.door import Door, Verdict

log = logging.getLogger("telltale.keeping")

MOST_RECORDS = 20_000
MOST_BYTES = 128 << 20
QUEUE_WAIT_S = 0.05
"""Before the next try when the landing's queue is full: it empties by itself."""
FIRST_WAIT_S, LONGEST_WAIT_S = 0.1, 5.0
"""Between two tries while the store is away."""


class _Offered(NamedTuple):
    request: Request
    ticket: Future[int]


class Keeper:
    """The records of one collector that are not durable yet.

    Args:
        door: where they go.
        settled: told (request, reason, detail) when a record is durable ("stored") or its source turned it away.
        most: records at most; `is_full` says so.
        most_bytes: of their bodies at most, likewise.
    """

    def __init__(
        self,
        door: Door,
        settled: Callable[[Request, str, str], None],
        *,
        most: int = MOST_RECORDS,
        most_bytes: int = MOST_BYTES,
    ) -> None:
        self._door = door
        self._settled = settled
        self._most = most
        self._most_bytes = most_bytes
        self._bytes = 0
        self._waiting: deque[Request] = deque()
        self._offered: deque[_Offered] = deque()
        self._failures = 0
        self._again_at = 0.0

    @property
    def is_full(self) -> bool:
        """Whether no more should be added."""
        return len(self) >= self._most or self._bytes >= self._most_bytes

    def __len__(self) -> int:
        return len(self._waiting) + len(self._offered)

    def add(self, request: Request) -> None:
        """Take a record in, without waiting."""
        self._waiting.append(request)
        self._bytes += len(request.body)

    def push(self) -> None:
        """Offer what waits, and see what has become durable; never waits."""
        self._collect()
        if self._waiting and time.monotonic() >= self._again_at:
            self._offer()

    def finish(self, timeout_s: float) -> int:
        """Push until everything is durable or the time is over; how many are not."""
        deadline = time.monotonic() + timeout_s
        self.push()
        while len(self) and time.monotonic() < deadline:
            time.sleep(0.01)
            self.push()
        return len(self)

    def _collect(self) -> None:
        """Take out what is durable; what failed waits again, in front."""
        failed: list[Request] = []
        reason = ""
        while self._offered and self._offered[0].ticket.done():
            request, ticket = self._offered.popleft()
            error = ticket.exception()
            if error is None:
                self._let_go(request, "stored", "")
                self._is_back()
            else:
                failed.append(request)
                reason = str(error)
        if failed:
            self._waiting.extendleft(reversed(failed))
            self._back_off(reason)

    def _offer(self) -> None:
        while self._waiting:
            outcome = self._door.offer(self._waiting[0])
            if isinstance(outcome, Verdict) and outcome.reason == "store_away":
                self._again_at = time.monotonic() + QUEUE_WAIT_S
                return
            request = self._waiting.popleft()
            if isinstance(outcome, Verdict):
                self._let_go(request, outcome.reason, outcome.detail)
            else:
                self._offered.append(_Offered(request, outcome))

    def _let_go(self, request: Request, reason: str, detail: str) -> None:
        self._bytes -= len(request.body)
        self._settled(request, reason, detail)

    def _back_off(self, reason: str) -> None:
        if not self._failures:
            log.warning("records wait, at most %d: %s", self._most, reason)
        self._failures += 1
        wait_s = back_off(self._failures, first_s=FIRST_WAIT_S, longest_s=LONGEST_WAIT_S)
        self._again_at = time.monotonic() + wait_s

    def _is_back(self) -> None:
        if self._failures:
            log.info("the store takes records again, %d wait", len(self))
            self._failures, self._again_at = 0, 0.0
