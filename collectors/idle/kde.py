"""KDE Plasma: the screen saver service on the session bus. It tells milliseconds or seconds, by version.

Which of the two is seen by how much it grows in half a second; while there is input it does not grow, so several such
pauses are tried. Tried against a stand-in of this interface on a bus of its own, not in a Plasma session.

Source: wire/sigfox.md 6 (the unit is inferred there).
"""

import time

from collectors.idle.backend import Unavailable
from collectors.idle.bus import Bus, Question

_IDLE_TIME = Question(
    "SESSION",
    "org.freedesktop.ScreenSaver",
    "/org/freedesktop/ScreenSaver",
    "org.freedesktop.ScreenSaver",
    "GetSessionIdleTime",
)
_PAUSE_S = 0.5
_TRIES = 8


def connect() -> "ScreenSaver":
    """Connect to the service and find its unit.

    Raises:
        Unavailable: there is no session bus, no such service, or its unit did not show.
    """
    bus = Bus(_IDLE_TIME.bus)
    try:
        return ScreenSaver(bus, unit_s(bus))
    except BaseException:
        bus.close()
        raise


def unit_s(bus: Bus) -> float:
    """Seconds of one unit: 0.001 or 1.

    Raises:
        Unavailable: it did not show: there was input all the time.
    """
    before, like_seconds = int(bus.ask(_IDLE_TIME)), 0
    for _ in range(_TRIES):
        time.sleep(_PAUSE_S)
        now = int(bus.ask(_IDLE_TIME))
        grown, before = now - before, now
        if grown >= _PAUSE_S * 1000 * 0.8:
            return 0.001
        # Milliseconds grow so little only where an input came at just the right moment: not twice.
        like_seconds += grown == 1
        if like_seconds == 2:
            return 1.0
    raise Unavailable("the unit of GetSessionIdleTime did not show: there was input all the time")


class ScreenSaver:
    """The service and its unit."""

    name = "kde"

    def __init__(self, bus: Bus, unit: float) -> None:
        self._bus = bus
        self._unit_s = unit

    def idle_s(self) -> float | None:
        """Seconds since the last input.

        Raises:
            Unavailable: the service is gone.
        """
        return int(self._bus.ask(_IDLE_TIME)) * self._unit_s

    def close(self) -> None:
        """Disconnect."""
        self._bus.close()
