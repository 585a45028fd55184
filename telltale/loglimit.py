"""A log that no sender can fill: so many lines a minute, the others counted."""

import logging
import time
from collections.abc import Callable

MINUTE_S = 60.0


class LogLimit(logging.Filter):
    """Lets a logger write so many lines of a level a minute, and counts the others.

    A library has a line, at times a traceback, for each odd packet; ten tell as much as ten thousand.

    Args:
        most: lines a minute of each level.
        clock: seconds that only rise.
    """

    def __init__(self, most: int = 10, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._most = most
        self._clock = clock
        self._minutes: dict[tuple[str, int], tuple[float, int]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the line is written."""
        key, now = (record.name, record.levelno), self._clock()
        began, count = self._minutes.get(key, (now, 0))
        if now - began >= MINUTE_S:
            if count > self._most:
                record.msg = f"{record.getMessage()} ({count - self._most:,} lines of {record.name} were left out)"
                record.args = None
            began, count = now, 0
        self._minutes[key] = (began, count + 1)
        return count < self._most
