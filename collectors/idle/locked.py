"""Whether the screen is locked, from systemd-logind: the LockedHint of this session, on the system bus.

GNOME and KDE Plasma set the hint; a desktop that never does tells nothing, so what is not told as locked may be. On
Windows and macOS nobody is asked. Tried against a stand-in of this interface on a bus of its own, not in a session.

Source: org.freedesktop.login1(5), LockedHint; wire/sigfox.md 6.
"""

import sys
from collections.abc import Callable
from typing import Protocol

from collectors.idle.backend import Unavailable


class Session(Protocol):
    """A session that tells whether it is locked."""

    def is_locked(self) -> bool:
        """Whether it is now.

        Raises:
            Unavailable: logind or the session is gone.
        """

    def close(self) -> None:
        """Disconnect."""


class Lock:
    """Whether the screen is known to be locked; where nobody tells, it is asked again after a while.

    Args:
        retry_s: how long to wait before logind is tried again.
        clock: seconds that only rise.
    """

    def __init__(self, *, retry_s: float, clock: Callable[[], float]) -> None:
        self._retry_s = retry_s
        self._clock = clock
        self._session: Session | None = None
        self._try_again_s = float("-inf")

    def is_locked(self) -> bool:
        """Whether it is known to be locked now."""
        try:
            if self._session is None and self._clock() >= self._try_again_s:
                self._try_again_s = self._clock() + self._retry_s
                self._session = connect()
            return self._session is not None and self._session.is_locked()
        except Unavailable:
            self.close()
            return False

    def close(self) -> None:
        """Disconnect."""
        if self._session is not None:
            self._session.close()
        self._session = None


def connect() -> Session:
    """Connect to the session this process belongs to.

    Raises:
        Unavailable: there is no system bus or no logind, or this is no Linux.
    """
    if sys.platform != "linux":
        raise Unavailable(f"this is {sys.platform}")
    try:
        from collectors.idle.bus import Bus
        from collectors.idle.logind import Session as Logind
    except ModuleNotFoundError as error:  # jeepney comes with the extra [idle]
        raise Unavailable(str(error)) from error
    return Logind(Bus("SYSTEM"))
