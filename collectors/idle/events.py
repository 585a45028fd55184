"""Events of the session that send a frame at once, beside or instead of the slots: lock, unlock, start.

What goes out is the level of that moment, as in a slot: a lock is told by when the last input before it was. Whether
the screen is locked is seen by the looks, so an event is as late as the next look; two between two looks are none.
"""

import sys
from collections.abc import Collection

from collectors.idle import locked
from collectors.idle.backend import Unavailable
from telltale.contract import ConfigError
from telltale.settings.activity import IdleSettings

LOCK, UNLOCK, START = "lock", "unlock", "start"


class Events:
    """The events that were asked for, seen in the looks.

    Args:
        on: of `LOCK`, `UNLOCK`, `START`.
    """

    def __init__(self, on: Collection[str] = ()) -> None:
        self._on = frozenset(on)
        self._was_locked: bool | None = None

    def look(self, *, is_locked: bool) -> bool:
        """Whether one of them came since the look before; the first look is the start."""
        before, self._was_locked = self._was_locked, is_locked
        if before is None:
            return START in self._on
        return before != is_locked and (LOCK if is_locked else UNLOCK) in self._on


def check(told: IdleSettings, *, platform: str = sys.platform) -> None:
    """Whether the events of the settings can come, and can be told.

    Raises:
        ConfigError: there is no modem, minutes go out as bits, or nobody tells a lock on this system.
    """
    shown = ", ".join(told.on)
    if not told.on:
        return
    if not told.port:
        raise ConfigError(f'[idle] on = {shown}: sends by a modem; set [idle] port, such as "/dev/ttyUSB0" or "COM3"')
    if told.send == "bitmap":
        raise ConfigError(f'[idle] on = {shown}: sends a level, but send = "bitmap" tells minutes; expected "levels"')
    if platform != "linux" and {LOCK, UNLOCK} & set(told.on):
        raise ConfigError(
            f"[idle] on = {shown}: only Linux tells the agent of a lock; take start, or let the system run "
            '"telltale modem send" at a lock'
        )


def silence() -> str:
    """Why nobody tells of a lock here now; empty where logind does."""
    try:
        locked.connect().close()
    except Unavailable as reason:
        return str(reason)
    return ""
