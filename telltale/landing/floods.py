"""How much of what one sender is refused is noted: the first of it in rows, the rest as a number, once a minute.

Behind a proxy all senders have one address, and a right secret is never limited: this counts refusals alone.
"""

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from telltale.net import network_of

BURST = 60
"""Refusals of one sender noted at once."""
PER_S = 1 / 3
"""And as many more."""
COUNT_EVERY_S = 60.0
MOST_SENDERS = 2048
"""Those heard longest ago are forgotten beyond it, and begin anew."""
SEVERAL = "several"


class Flood(NamedTuple):
    """What was not noted one by one."""

    source: str
    sender: str
    """An address or network; `several` for those that were too many to be told apart."""
    number: int
    since_s: float
    """How long ago the first of them came."""
    reason: str
    """Of the last of them."""


@dataclass(slots=True)
class _Sender:
    left: float
    at_s: float
    count: int = 0
    since_s: float = 0.0
    reason: str = ""


class Floods:
    """What was refused lately, by source and sender, in bounded memory; not for several threads at once.

    Args:
        clock: seconds that only rise.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._senders: OrderedDict[tuple[str, str], _Sender] = OrderedDict()
        self._counting: dict[tuple[str, str], _Sender] = {}

    def __len__(self) -> int:
        return len(self._senders)

    @property
    def is_counting(self) -> bool:
        """Whether something waits to be told by `counted`."""
        return bool(self._counting)

    def admits(self, source: str, sender: str, reason: str) -> bool:
        """Whether one more refusal is noted by itself; otherwise it is counted."""
        key = source, network_of(sender)
        now = self._clock()
        state = self._senders.get(key)
        if state is None:
            state = self._senders[key] = _Sender(BURST, now)
            self._forget()
        self._senders.move_to_end(key)
        state.left = min(BURST, state.left + (now - state.at_s) * PER_S)
        state.at_s = now
        if state.left >= 1:
            state.left -= 1
            return True
        self._count(key, state, 1, reason, now)
        return False

    def left_out(self, source: str, reason: str, count: int = 1) -> None:
        """Count what there was no room for, whoever sent it."""
        key = source, SEVERAL
        self._count(key, self._counting.get(key) or _Sender(0, 0), count, reason, self._clock())

    def counted(self, *, at_once: bool = False) -> list[Flood]:
        """What was counted for a minute, or so far; it is told once."""
        now = self._clock()
        over = [key for key, state in self._counting.items() if at_once or now - state.since_s >= COUNT_EVERY_S]
        floods = []
        for key in over:
            state = self._counting.pop(key)
            floods.append(Flood(*key, state.count, now - state.since_s, state.reason))
            state.count = 0
        return floods

    def _count(self, key: tuple[str, str], state: _Sender, count: int, reason: str, now: float) -> None:
        if not state.count:
            state.since_s = now
            self._counting[key] = state
        state.count += count
        state.reason = reason

    def _forget(self) -> None:
        while len(self._senders) > MOST_SENDERS:
            key, _ = self._senders.popitem(last=False)
            if state := self._counting.pop(key, None):
                self.left_out(key[0], state.reason, state.count)
