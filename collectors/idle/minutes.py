"""Which minutes were watched, whether there was input in them, and which frame tells them next.

A minute is known where looks went on through all of it, or where an input was seen in it. Every known minute goes out
in two frames, so that losing any single one loses none:

    all of 80 minutes known             kind 1: 40 that were sent before and 40 new ones, each 40 minutes
    the first 40, or one is not known   kind 2: 40 minutes, sent twice

A minute older than 23 hours is not sent any more: a frame has no date, and one that arrives a day later would be taken
for another day's. It stays in the PC's own records.
"""

from collections.abc import Mapping
from typing import NamedTuple

from collectors.idle.watch import Seen
from telltale.sources.sigfox.minutes import NARROW, WIDE, bitmap

OLDEST_MIN = 23 * 60
COPIES = 2
_LOOK_BACK_MIN = 10


class MinuteFrame(NamedTuple):
    """A frame: its first minute, counted from 1970, and for each whether there was input; None is not known."""

    start: int
    told: tuple[bool | None, ...]

    @property
    def payload(self) -> bytes:
        """Its 12 bytes."""
        return bitmap(self.start, self.told)


class Watched:
    """Looks into known minutes."""

    def __init__(self) -> None:
        self._since_s: float | None = None
        self._active: set[int] = set()
        self._next = 0

    def look(self, seen: Seen) -> dict[int, bool]:
        """Take one look; the minutes that are known by it, each with whether there was input in it."""
        if seen.sample is None:
            self._since_s = None
            return {}
        at_s = seen.sample.at_ms / 1000
        if self._since_s is None or not seen.goes_on or at_s < self._since_s:
            self._since_s = at_s
            self._next = -int(-at_s // 60)  # the first whole minute from here
        now_min, input_min = int(at_s // 60), int(seen.sample.input_s // 60)
        found = {}
        if now_min - _LOOK_BACK_MIN <= input_min:
            self._active = {minute for minute in self._active if minute >= now_min - _LOOK_BACK_MIN} | {input_min}
            found[input_min] = True
        while self._next < now_min:
            found[self._next] = self._next in self._active
            self._next += 1
        return found


class Frames:
    """Known minutes into frames.

    Args:
        minutes: of an earlier process: each minute's (input seen, frames it was in).
    """

    def __init__(self, minutes: Mapping[int, tuple[bool, int]] | None = None) -> None:
        self._minutes = dict(minutes or {})

    @property
    def unsent(self) -> dict[int, tuple[bool, int]]:
        """What was not in two frames yet, for the next process."""
        return {minute: told for minute, told in self._minutes.items() if told[1] < COPIES}

    def learn(self, known: Mapping[int, bool]) -> None:
        """Take known minutes; one that turns out active after all is told again."""
        for minute, is_active in known.items():
            before = self._minutes.get(minute)
            if before is None or (is_active and not before[0]):
                self._minutes[minute] = (is_active, 0)

    def next(self, now_min: int) -> MinuteFrame | None:
        """The frame to send in this minute; None where none is due."""
        oldest, newest = now_min - OLDEST_MIN, now_min + WIDE
        self._minutes = {minute: told for minute, told in self._minutes.items() if oldest <= minute < newest}
        start = min(self.unsent, default=None)
        if start is None:
            return None
        wide = self._window(start, WIDE)
        if start + WIDE <= now_min and None not in wide:
            return MinuteFrame(start, wide)
        if start + NARROW > now_min:
            return None
        was_sent = self._minutes[start][1] > 0
        has_hole = None in wide[: now_min - start]
        return MinuteFrame(start, wide[:NARROW]) if not was_sent or has_hole else None

    def sent(self, frame: MinuteFrame) -> None:
        """Note that a frame went out."""
        for minute, told in enumerate(frame.told, frame.start):
            is_active, copies = self._minutes.get(minute, (None, 0))
            if told is not None and is_active == told:
                self._minutes[minute] = (told, copies + 1)

    def _window(self, start: int, count: int) -> tuple[bool | None, ...]:
        return tuple(
            self._minutes[minute][0] if minute in self._minutes else None for minute in range(start, start + count)
        )
