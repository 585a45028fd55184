"""systemd-logind: the idle hint of this session, on the system bus. Coarse: the desktop sets it after minutes.

While the hint is off there was input at some time within those minutes; that is told as 0 s. A session whose hint was
never set tells nothing. Tried against a stand-in of this interface on a bus of its own, not in a desktop session.

Source: wire/sigfox.md 6.
"""

import time
from typing import Any

from collectors.idle.backend import Unavailable
from collectors.idle.bus import Bus, Question

_SERVICE = "org.freedesktop.login1"
_SESSION = "/org/freedesktop/login1/session/auto"


def connect() -> "Session":
    """Connect to the session this process belongs to.

    Raises:
        Unavailable: there is no system bus, no logind, no session, or its hint was never set.
    """
    bus = Bus("SYSTEM")
    session = Session(bus)
    try:
        is_told = session.idle_s() is not None
    except BaseException:
        bus.close()
        raise
    if not is_told:
        bus.close()
        raise Unavailable("the desktop never set the idle hint of this session")
    return session


class Session:
    """The session's hints."""

    name = "logind"

    def __init__(self, bus: Bus) -> None:
        self._bus = bus

    def idle_s(self) -> float | None:
        """Seconds since the session became idle, 0 while it is not; None while the hint was never set.

        Raises:
            Unavailable: logind or the session is gone.
        """
        is_idle, since_us = bool(self._property("IdleHint")), int(self._property("IdleSinceHint"))
        if since_us == 0:
            return None
        return max(0.0, time.time() - since_us / 1e6) if is_idle else 0.0

    def is_locked(self) -> bool:
        """Whether the desktop says that the screen is locked.

        Raises:
            Unavailable: logind or the session is gone.
        """
        return bool(self._property("LockedHint"))

    def close(self) -> None:
        """Disconnect."""
        self._bus.close()

    def _property(self, name: str) -> Any:
        properties = "org.freedesktop.DBus.Properties"
        told = self._bus.ask(
            Question("SYSTEM", _SERVICE, _SESSION, properties, "Get", "ss", (f"{_SERVICE}.Session", name))
        )
        return told[1]  # a variant: its signature, and its value
