"""Windows: GetLastInputInfo against GetTickCount, both milliseconds modulo 2³² (49.7 days).

Sees the session it runs in, so it is no service. Not tried on Windows; its arithmetic is tested.

Source: wire/sigfox.md 6.
"""

import ctypes
import sys

from collectors.idle.backend import Unavailable

_WRAP = 1 << 32
_AHEAD_MS = 60_000
"""dwTime may run slightly ahead of the tick: modulo 2³² that is nearly all of it."""


def connect() -> "LastInput":
    """Find the functions.

    Raises:
        Unavailable: this is not Windows.
    """
    if sys.platform != "win32":
        raise Unavailable(f"this is {sys.platform}")
    return LastInput()


def idle_ms(tick: int, last: int) -> int:
    """Milliseconds from the last input to now, whatever wrapped between; 0 where the input is slightly ahead."""
    passed = (tick - last) % _WRAP
    return 0 if passed > _WRAP - _AHEAD_MS else passed


class _LastInputInfo(ctypes.Structure):
    _fields_ = (("size", ctypes.c_uint32), ("time", ctypes.c_uint32))


class LastInput:
    """The last input of this session."""

    name = "windows"

    def idle_s(self) -> float | None:
        """Seconds since the last input.

        Raises:
            Unavailable: the session may not be asked.
        """
        info = _LastInputInfo(ctypes.sizeof(_LastInputInfo), 0)
        libraries = ctypes.windll  # type: ignore[attr-defined, unused-ignore]  # there only on Windows
        if not libraries.user32.GetLastInputInfo(ctypes.byref(info)):
            raise Unavailable("GetLastInputInfo failed: run the agent in the person's own session")
        return idle_ms(libraries.kernel32.GetTickCount() % _WRAP, info.time) / 1000

    def close(self) -> None:
        """Nothing is open."""
