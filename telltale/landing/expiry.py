"""What must not be kept longer in a spool, by a clock that is believed: the store, which knows that, is away.

Each spool notes for itself how this machine's clock goes (`clocks.py`). While it is not believed nothing is removed.
"""

import logging
import socket
import time
from collections.abc import Callable, Collection

from telltale.landing.clocks import TOLERANCE_US, Uptime, look, uptime
from telltale.landing.spool import Spool

EVERY_S = 60.0
_log = logging.getLogger(__name__)


def clock() -> int:
    """The present, microseconds UTC."""
    return time.time_ns() // 1000


class Expiry:
    """Removes what must not be kept longer, now and then.

    Args:
        keep_us: how long; None keeps all.
        harmless: sources whose records stay: they hold nobody's address.
        now: what the clock says (µs UTC).
        running: how long the machine has been running.
        every_s: between two looks.
        steady_s: seconds that only rise.
    """

    def __init__(
        self,
        keep_us: int | None,
        harmless: Collection[str],
        *,
        now: Callable[[], int] = clock,
        running: Callable[[], Uptime] = uptime,
        every_s: float = EVERY_S,
        steady_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._keep_us = keep_us
        self._harmless = harmless
        self._now = now
        self._running = running
        self._every_s = every_s
        self._steady_s = steady_s
        self._due_s = float("-inf")

    def apply(self, spool: Spool) -> int:
        """Remove what is due, if the time has come for a look; how many records were.

        Raises:
            StoreError: the spool cannot be written.
        """
        if self._keep_us is None or self._steady_s() < self._due_s:
            return 0
        self._due_s = self._steady_s() + self._every_s
        seen = look(spool.store, socket.gethostname(), self._now(), self._running).now
        if seen.is_stepped:
            if spool.waiting.records:
                _log.warning("spool %s: the clock was stepped, so nothing is removed until it is believed", spool.path)
            return 0
        # What is due is due by the moment that never runs ahead. After a restart the clock may be a day ahead of it,
        # and what came since bears the clock's time, which is believed too.
        latest_us = max(seen.wall_us, seen.trusted_us) + TOLERANCE_US
        if not (count := spool.expire(seen.trusted_us - self._keep_us, now_us=latest_us, harmless=self._harmless)):
            return 0
        _log.warning(
            "spool %s: %d records were removed unstored, for the store was away for longer than raw_retention_h allows "
            "to keep them",
            spool.path,
            count,
        )
        return count
