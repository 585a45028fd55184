"""Looks at the idle time into samples, and samples into one record a minute.

Between two looks the wall clock and the steady clock, which stands still while the machine sleeps, must pass equally. A
jump of one against the other is a sleep or a clock that was set: nothing is known of that time, so the look after it
gives no sample. An idle time that reaches into the slept time was counted by a clock that slept too (nobody types on a
sleeping PC): the sleep is added to it.

Where the system counts how long it slept (`asleep_s`), a sleep is told from a clock that was set, and kept as what it
is: suspended. Locked is what the desktop says. Neither is an idle time: away is told by its reason, and so is unknown.

Source: wire/sigfox.md 6 (suspend), 8.2 (sample locally).
"""

import json
from typing import NamedTuple

JUMP_S = 2.0
"""Clocks differ less than this between two looks that nothing happened between."""
SAME_S = 1.0
"""Two looks that put the last input this close to each other mean the same one."""


class Sample(NamedTuple):
    """What one look gave, ms."""

    at_ms: int
    idle_ms: int

    @property
    def input_s(self) -> float:
        """When the last input was, seconds since 1970."""
        return (self.at_ms - self.idle_ms) / 1000


class Suspended(NamedTuple):
    """When the machine certainly slept, ms since 1970."""

    start_ms: int
    end_ms: int


class Seen(NamedTuple):
    """One look: its sample, None where nothing is known, and whether it goes on from the one before."""

    sample: Sample | None
    goes_on: bool
    suspended: Suspended | None = None
    """Since the look before."""


class _Sleep(NamedTuple):
    """Between two looks: fallen asleep after the first, at most `awake_s` later, and awake at the second."""

    from_s: float
    to_s: float
    awake_s: float

    @property
    def lasted_s(self) -> float:
        return self.to_s - self.from_s - self.awake_s


class Watch:
    """The looks of one agent, in their order.

    Args:
        every_s: seconds between two; more than two and a half times of it is a hole.
    """

    def __init__(self, every_s: float) -> None:
        self._longest_s = 2.5 * every_s
        self._last: tuple[float, float] | None = None
        self._sleep: _Sleep | None = None
        self._told_s: float | None = None
        self._input_s = 0.0
        self._was_known = False
        self._asleep_s: float | None = None

    def look(self, wall_s: float, steady_s: float, idle_s: float | None, asleep_s: float | None = None) -> Seen:
        """One look.

        Args:
            wall_s: seconds since 1970; may be set.
            steady_s: seconds that only rise, and stand still while the machine sleeps.
            idle_s: seconds since the last input; None is unknown.
            asleep_s: how long the machine has slept since some moment; None where the system does not count it.
        """
        suspended = self._slept(wall_s, steady_s, asleep_s)
        jumped, late = self._passed(wall_s, steady_s)
        self._last = wall_s, steady_s
        if idle_s is not None:
            idle_s = wall_s - self._last_input(wall_s - idle_s)
        if jumped or idle_s is None:
            self._was_known = False
            return Seen(None, goes_on=False, suspended=suspended)
        goes_on, self._was_known = self._was_known and not late, True
        return Seen(Sample(round(wall_s * 1000), round(idle_s * 1000)), goes_on)

    def _slept(self, wall_s: float, steady_s: float, asleep_s: float | None) -> Suspended | None:
        """The sleep since the last look: the certain part of it, as what was awake may lie before or after it."""
        before_s, self._asleep_s = self._asleep_s, asleep_s
        if self._last is None or before_s is None or asleep_s is None:
            return None
        slept_s, awake_s = asleep_s - before_s, steady_s - self._last[1]
        start_s, end_s = wall_s - slept_s, wall_s - awake_s
        return Suspended(round(start_s * 1000), round(end_s * 1000)) if slept_s > JUMP_S and start_s < end_s else None

    def _passed(self, wall_s: float, steady_s: float) -> tuple[bool, bool]:
        """Whether the clocks jumped since the last look, and whether that was long ago."""
        if self._last is None:
            return False, False
        wall_before_s, steady_before_s = self._last
        steady = steady_s - steady_before_s
        jump_s = wall_s - wall_before_s - steady
        if jump_s > JUMP_S:
            self._sleep = _Sleep(wall_before_s, wall_s, steady)
        return abs(jump_s) > JUMP_S, steady > self._longest_s

    def _last_input(self, told_s: float) -> float:
        """When the last input was, of what the counter says."""
        before_s, self._told_s = self._told_s, told_s
        sleep, self._sleep = self._sleep, None
        if before_s is not None and abs(told_s - before_s) < SAME_S:
            self._input_s += told_s - before_s
        elif sleep and before_s is not None and abs(told_s - before_s - sleep.lasted_s) < SAME_S:
            pass  # the same input, moved by the sleep
        elif sleep and sleep.from_s + sleep.awake_s < told_s < sleep.to_s - SAME_S:
            self._input_s = told_s - sleep.lasted_s  # the last one before the sleep, which no look had seen
        else:
            self._input_s = told_s
        return self._input_s


class Records:
    """Samples gathered into one record for each minute of the wall clock.

    Args:
        device_id: the PC.
        every_s: seconds between two samples.
    """

    def __init__(self, device_id: str, every_s: float) -> None:
        self._device_id = device_id
        self._every_s = every_s
        self._samples: list[tuple[int, int | None] | tuple[int, int | None, bool]] = []
        self._suspended: list[Suspended] = []
        self._backend = ""

    def add(self, wall_s: float, seen: Seen, backend: str, *, is_locked: bool = False) -> bytes | None:
        """Take what a look gave; the record of the minute before, where this look is in another."""
        is_over = bool(self._samples) and (
            self._samples[0][0] // 60_000 != int(wall_s // 60) or self._backend != backend
        )
        over = self.rest() if is_over else None
        at_ms, idle_ms = seen.sample or (round(wall_s * 1000), None)
        if is_locked:
            self._samples.append((at_ms, idle_ms, True))
        elif idle_ms is not None:
            self._samples.append((at_ms, idle_ms))
        if is_locked or idle_ms is not None:
            self._backend = backend
        if seen.suspended is not None:
            self._suspended.append(seen.suspended)
        return over

    def rest(self) -> bytes | None:
        """The record of what is left; None where there is nothing."""
        if not self._samples and not self._suspended:
            return None
        told: dict[str, object] = {
            "device_id": self._device_id,
            "every_s": self._every_s,
            "backend": self._backend,
            "samples": [list(sample) for sample in self._samples],
        }
        if self._suspended:
            told["suspended"] = [list(span) for span in self._suspended]
        self._samples, self._suspended = [], []
        return json.dumps(told, separators=(",", ":")).encode()
