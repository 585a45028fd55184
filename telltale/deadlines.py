"""Many waits of one length on an event loop, watched by one timer: a timer for each costs 10 µs a request."""

import asyncio
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

T = TypeVar("T", bound=Hashable)


class Deadlines(Generic[T]):
    """Calls `late` for what was added and not removed within `timeout_s`; for one event loop and its thread.

    Args:
        timeout_s: how long each may take.
        late: what to do with one that took longer.
    """

    def __init__(self, timeout_s: float, late: Callable[[T], object]) -> None:
        self._timeout_s = timeout_s
        self._late = late
        self._ends: dict[T, float] = {}  # in the order they were added, which is the order they end in
        self._timer: asyncio.TimerHandle | None = None

    def add(self, item: T) -> None:
        """Watch one from now on."""
        loop = asyncio.get_running_loop()
        end = self._ends[item] = loop.time() + self._timeout_s
        if self._timer is None:
            self._timer = loop.call_at(end, self._look)

    def remove(self, item: T) -> None:
        """Watch it no longer; nothing happens where it was late."""
        self._ends.pop(item, None)

    def _look(self) -> None:
        loop = asyncio.get_running_loop()
        now, self._timer = loop.time(), None
        late = []
        for item, end in self._ends.items():
            if end > now:
                self._timer = loop.call_at(end, self._look)
                break
            late.append(item)
        for item in late:
            del self._ends[item]
            self._late(item)
