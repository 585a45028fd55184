"""Which way of asking for the idle time works on this machine.

Under Wayland X11 is not asked: XWayland sees only a part of the input, and would count a person in another window as
away. logind comes last: it is as coarse as the desktop that sets it.
"""

import logging
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import NamedTuple

from collectors.idle.backend import Backend, Unavailable
from telltale.extras import not_installed

log = logging.getLogger("telltale.idle")

NAMES = ("x11", "mutter", "kde", "wayland", "logind", "windows", "macos", "file")
"""Each a module beside this one with `connect()`; that of `file:<path>` is given the path."""

UNKNOWN = "unknown"
"""In place of a way's name where none works."""


class Look(NamedTuple):
    """What one look gave: seconds since the last input, None where it is unknown, and who says so."""

    idle_s: float | None
    backend: str
    is_locked: bool = False
    """Whether the screen is known to be locked."""


class Idle:
    """The idle time by the first way that works; asked again for a way when it stops to.

    Args:
        names: the ways to try, in this order.
        retry_s: how long to wait before all are tried again.
        clock: seconds that only rise.
    """

    def __init__(self, names: Sequence[str], *, retry_s: float, clock: Callable[[], float]) -> None:
        self._names = names
        self._retry_s = retry_s
        self._clock = clock
        self._backend: Backend | None = None
        self._try_again_s = float("-inf")
        self.reasons: dict[str, str] = {}
        """Why each way that was tried last did not work."""

    def look(self) -> Look:
        """The idle time now."""
        if self._backend is None and self._clock() >= self._try_again_s:
            before = self.reasons
            self._backend, self.reasons = first(self._names)
            if self._backend is None and self.reasons != before:
                told = "; ".join(f"{name}: {reason}" for name, reason in self.reasons.items())
                log.warning("nobody tells the idle time, asked again every %g s: %s", self._retry_s, told)
            self._try_again_s = self._clock() + self._retry_s
        if self._backend is None:
            return Look(None, UNKNOWN)
        name = self._backend.name
        try:
            return Look(self._backend.idle_s(), name)
        except Unavailable as reason:
            self.reasons = {name: str(reason)}
            self.close()
            return Look(None, name)

    def close(self) -> None:
        """Disconnect."""
        if self._backend is not None:
            self._backend.close()
        self._backend = None


def first(names: Sequence[str]) -> tuple[Backend | None, dict[str, str]]:
    """The first way that connects, and why those before it did not."""
    reasons: dict[str, str] = {}
    for name in names:
        try:
            backend = _connected(name)
        except Unavailable as reason:
            reasons[name] = str(reason)
        else:
            return backend, reasons
    return None, reasons


def order(
    chosen: str, *, file: str = "", platform: str = sys.platform, environment: Mapping[str, str] = os.environ
) -> tuple[str, ...]:
    """The ways to try: the chosen one alone, or with "auto" those that may work on this system."""
    if chosen == "file":
        return (f"file:{file}",)
    if chosen != "auto":
        return (chosen,)
    if platform == "win32":
        return ("windows",)
    if platform == "darwin":
        return ("macos",)
    if environment.get("WAYLAND_DISPLAY") or environment.get("XDG_SESSION_TYPE") == "wayland":
        return ("mutter", "kde", "wayland", "logind")
    return ("x11", "mutter", "kde", "logind")


def _connected(name: str) -> Backend:
    way, is_told, place = name.partition(":")
    try:
        connect = import_module(f"collectors.idle.{way}").connect
    except ModuleNotFoundError as error:
        raise Unavailable(not_installed(error.name or "") or str(error)) from error
    backend: Backend = connect(place) if is_told else connect()
    return backend
