"""What is thrown away or turned away at once, told in a line a minute, however much of it comes.

A sender without any secret may send ten thousand such datagrams a second, from addresses it invents: a line for each
would fill the disk, and a number for each address the memory.
"""

import logging
import time
from collections import Counter
from collections.abc import Callable

from telltale.net import plain_address

log = logging.getLogger("telltale.coap")

LINE_S = 60.0
MOST_SENDERS = 256
"""Senders told apart between two lines; the others are counted together."""
_OTHERS = "others"


class Discards:
    """Counts by sender and reason; the first is said at once, the rest at most once a minute.

    Args:
        clock: seconds that only rise.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._senders: Counter[str] = Counter()
        self._reasons: Counter[str] = Counter()
        self._since_s = self._next_s = clock()

    def add(self, sender: str, reason: str) -> None:
        """Count one; the reason is one of a short list, never a sender's text."""
        sender = plain_address(sender)
        if sender not in self._senders and len(self._senders) >= MOST_SENDERS:
            sender = _OTHERS
        self._senders[sender] += 1
        self._reasons[reason] += 1
        if self._clock() >= self._next_s:
            self.say()

    def say(self) -> None:
        """Write what was counted since the last line, if anything."""
        if not self._senders:
            return
        now = self._clock()
        reasons = ", ".join(f"{count:,} {reason}" for reason, count in self._reasons.most_common())
        (sender, most), *_ = self._senders.most_common(1)
        log.warning(
            "coap took nothing of %s datagrams in %.0f s: %s; most from %s (%s)",
            f"{self._senders.total():,}",
            now - self._since_s,
            reasons,
            sender,
            f"{most:,}",
        )
        self._senders.clear()
        self._reasons.clear()
        self._since_s, self._next_s = now, now + LINE_S
