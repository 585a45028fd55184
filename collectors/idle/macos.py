"""macOS: CGEventSourceSecondsSinceLastEventType of the hardware's state, for any input. Not tried: no such machine.

Source: wire/sigfox.md 6.
"""

import ctypes
import ctypes.util
import sys

from collectors.idle.backend import Unavailable

_HARDWARE_STATE = 1
"""kCGEventSourceStateHIDSystemState"""
_ANY_INPUT = 0xFFFFFFFF
"""kCGAnyInputEventType"""


def connect() -> "EventSource":
    """Find the function.

    Raises:
        Unavailable: this is not macOS, or it lacks the framework.
    """
    path = ctypes.util.find_library("ApplicationServices") if sys.platform == "darwin" else None
    if path is None:
        raise Unavailable(f"this is {sys.platform}")
    return EventSource(ctypes.CDLL(path))


class EventSource:
    """The hardware's events."""

    name = "macos"

    def __init__(self, library: ctypes.CDLL) -> None:
        self._passed = library.CGEventSourceSecondsSinceLastEventType
        self._passed.argtypes = (ctypes.c_int32, ctypes.c_uint32)
        self._passed.restype = ctypes.c_double

    def idle_s(self) -> float | None:
        """Seconds since the last input."""
        return max(0.0, float(self._passed(_HARDWARE_STATE, _ANY_INPUT)))

    def close(self) -> None:
        """Nothing is open."""
