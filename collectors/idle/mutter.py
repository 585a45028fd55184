"""GNOME, under Wayland and X11: the compositor's idle monitor on the session bus, to the millisecond.

Tried against a stand-in of this interface on a bus of its own, not in a GNOME session.

Source: wire/sigfox.md 6.
"""

from collectors.idle.bus import Bus, Question

_IDLE_TIME = Question(
    "SESSION",
    "org.gnome.Mutter.IdleMonitor",
    "/org/gnome/Mutter/IdleMonitor/Core",
    "org.gnome.Mutter.IdleMonitor",
    "GetIdletime",
)


def connect() -> "IdleMonitor":
    """Connect to the monitor.

    Raises:
        Unavailable: there is no session bus, or no Mutter on it.
    """
    bus = Bus(_IDLE_TIME.bus)
    monitor = IdleMonitor(bus)
    try:
        monitor.idle_s()
    except BaseException:
        bus.close()
        raise
    return monitor


class IdleMonitor:
    """The monitor of all input devices."""

    name = "mutter"

    def __init__(self, bus: Bus) -> None:
        self._bus = bus

    def idle_s(self) -> float | None:
        """Seconds since the last input.

        Raises:
            Unavailable: the compositor is gone.
        """
        return int(self._bus.ask(_IDLE_TIME)) / 1000

    def close(self) -> None:
        """Disconnect."""
        self._bus.close()
