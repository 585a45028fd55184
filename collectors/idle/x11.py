"""X11: MIT-SCREEN-SAVER of the display in DISPLAY, to the millisecond. Tried on Xvfb with xdotool.

Counting starts with the server. `xset s reset`, which players call to keep the screen on, looks like an input; a mouse
moved to where it is does so too.

Source: wire/sigfox.md 6.
"""

import os
import re
from pathlib import Path

from Xlib import display, error
from Xlib.ext import screensaver

from collectors.idle.backend import Unavailable

_LOST = (error.ConnectionClosedError, error.XError, OSError)


def connect() -> "ScreenSaver":
    """Connect to the display.

    Raises:
        Unavailable: there is none, or it lacks the extension.
    """
    name = os.environ.get("DISPLAY", "")
    if not _is_served(name):  # python-xlib would try TCP too, and leave its sockets open
        raise Unavailable(f"no display: DISPLAY is {name or 'not set'}")
    try:
        connected = display.Display()
    except (error.DisplayError, *_LOST) as problem:
        raise Unavailable(f"no display: DISPLAY is {name}, {problem}") from problem
    saver = ScreenSaver(connected)
    try:
        has_extension = connected.has_extension(screensaver.extname)
    except _LOST as problem:
        raise Unavailable(f"the display is gone: {problem}") from problem
    if not has_extension:
        saver.close()
        raise Unavailable(f"the display lacks {screensaver.extname}")
    return saver


def _is_served(name: str) -> bool:
    """Whether there is a local display of that name; one on another host is left to Xlib."""
    local = re.fullmatch(r"(?:unix)?:(\d+)(?:\.\d+)?", name)
    if local is None:
        return bool(name)
    return Path(f"/tmp/.X11-unix/X{local[1]}").exists()  # noqa: S108 - where X puts it


class ScreenSaver:
    """The extension on a display."""

    name = "x11"

    def __init__(self, connected: display.Display) -> None:
        self._display = connected
        self._root = connected.screen().root

    def idle_s(self) -> float | None:
        """Seconds since the last input.

        Raises:
            Unavailable: the display is gone.
        """
        try:
            return float(screensaver.query_info(self._root).idle) / 1000
        except _LOST as problem:
            raise Unavailable(f"the display is gone: {problem}") from problem

    def close(self) -> None:
        """Disconnect."""
        try:
            self._display.close()
        except _LOST:
            self._display.display.socket.close()
