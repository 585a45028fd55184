"""Wayland compositors with ext-idle-notify-v1, such as wlroots' and KDE's: told when input stops and when it is back.

There is no counter to read: a notification comes once nothing was touched for `_AFTER_S`, another at the next input. A
thread reads them as they come, since they carry no time. Tried against a stand-in of this protocol, not in a session.

Idle means that nothing was touched, whatever is on the screen: version 2 has a notification that says so. Version 1 has
only one that programs such as a film's player hold back: there a film counts as activity, which a warning says.

    message   object id 32 bit, size 16 bit << 16 | opcode 16 bit, arguments; the machine's byte order
    string    length with its 0 byte 32 bit, bytes, 0, filled up to 4

Source: wire/sigfox.md 6; wayland.xml and ext-idle-notify-v1.xml of the Wayland project.
"""

import logging
import os
import socket
import struct
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from collectors.idle.backend import Unavailable

log = logging.getLogger("telltale.idle")

_AFTER_S = 1.0
_SETTLE_S = 0.5
_TIMEOUT_S = 2.0
_DISPLAY, _REGISTRY, _SYNC, _SEAT, _NOTIFIER, _NOTIFICATION = 1, 2, 3, 4, 5, 6
_INHIBITABLE, _INPUT = 1, 2
"""The notifier's requests get_idle_notification, and since version 2 get_input_idle_notification."""
_HEAD = struct.Struct("=II")


def connect(clock: Callable[[], float] = time.monotonic) -> "Notifications":
    """Connect to the compositor and ask for notifications.

    Raises:
        Unavailable: there is no compositor, or it lacks the protocol.
    """
    path = Path(os.environ.get("XDG_RUNTIME_DIR", "/nowhere"), os.environ.get("WAYLAND_DISPLAY") or "wayland-0")
    wire = socket.socket(socket.AF_UNIX)
    try:
        wire.settimeout(_TIMEOUT_S)
        wire.connect(str(path))
        found = _globals(wire)
        _bind(wire, found, "wl_seat", _SEAT)
        request = _INPUT if _bind(wire, found, "ext_idle_notifier_v1", _NOTIFIER, newest=2) == 2 else _INHIBITABLE
        _send(wire, _NOTIFIER, request, struct.pack("=III", _NOTIFICATION, int(_AFTER_S * 1000), _SEAT))
        wire.settimeout(None)
    except OSError as problem:
        wire.close()
        raise Unavailable(f"no compositor at {path}: {problem}") from problem
    except BaseException:
        wire.close()
        raise
    if request == _INHIBITABLE:
        log.warning("wayland: this compositor offers ext_idle_notifier_v1 of version 1: a film counts as activity")
    return Notifications(wire, clock)


class Notifications:
    """What the compositor tells, with a clock of our own."""

    name = "wayland"

    def __init__(self, wire: socket.socket, clock: Callable[[], float]) -> None:
        self._wire = wire
        self._clock = clock
        self._known_at_s = clock() + _AFTER_S + _SETTLE_S
        self._idle_since_s: float | None = None
        self._is_open = True
        self._thread = threading.Thread(target=self._listen, name="wayland", daemon=True)
        self._thread.start()

    def idle_s(self) -> float | None:
        """Seconds since the last input, 0 while there is input; None just after connecting.

        Raises:
            Unavailable: the compositor is gone.
        """
        if not self._is_open:
            raise Unavailable("the compositor is gone")
        since_s, now_s = self._idle_since_s, self._clock()
        if since_s is not None:
            return now_s - since_s
        return 0.0 if now_s >= self._known_at_s else None

    def close(self) -> None:
        """Disconnect."""
        with suppress(OSError):
            self._wire.shutdown(socket.SHUT_RDWR)
        self._thread.join(_TIMEOUT_S)
        self._wire.close()

    def _listen(self) -> None:
        with suppress(OSError, EOFError):
            while True:
                sender, opcode, _ = _receive(self._wire)
                if sender == _NOTIFICATION and opcode == 0:
                    self._idle_since_s = self._clock() - _AFTER_S
                elif sender == _NOTIFICATION and opcode == 1:
                    self._idle_since_s = None
                elif sender == _DISPLAY and opcode == 0:  # a fatal error
                    break
        self._is_open = False


def _globals(wire: socket.socket) -> dict[str, tuple[int, int]]:
    """The compositor's interfaces with their numbers and versions."""
    _send(wire, _DISPLAY, 1, struct.pack("=I", _REGISTRY))
    _send(wire, _DISPLAY, 0, struct.pack("=I", _SYNC))
    found: dict[str, tuple[int, int]] = {}
    while True:
        try:
            sender, opcode, told = _receive(wire)
        except EOFError as problem:
            raise Unavailable("the compositor hung up") from problem
        if sender == _SYNC:
            return found
        if sender == _REGISTRY and opcode == 0:
            number, length = struct.unpack_from("=II", told)
            (version,) = struct.unpack_from("=I", told, 8 + length + -length % 4)
            found.setdefault(told[8 : 8 + length - 1].decode("ascii", "replace"), (number, version))


def _bind(
    wire: socket.socket, found: dict[str, tuple[int, int]], interface: str, new_id: int, *, newest: int = 1
) -> int:
    """Bind an interface and return the version it is spoken in: what is offered, `newest` at most."""
    if interface not in found:
        raise Unavailable(f"the compositor lacks {interface}")
    number, offered = found[interface]
    version = min(offered, newest)
    text = interface.encode() + b"\0"
    filled = text + bytes(-len(text) % 4)
    _send(wire, _REGISTRY, 0, struct.pack("=II", number, len(text)) + filled + struct.pack("=II", version, new_id))
    return version


def _send(wire: socket.socket, receiver: int, opcode: int, arguments: bytes) -> None:
    wire.sendall(_HEAD.pack(receiver, (_HEAD.size + len(arguments)) << 16 | opcode) + arguments)


def _receive(wire: socket.socket) -> tuple[int, int, bytes]:
    sender, size_and_opcode = _HEAD.unpack(_exactly(wire, _HEAD.size))
    return sender, size_and_opcode & 0xFFFF, _exactly(wire, (size_and_opcode >> 16) - _HEAD.size)


def _exactly(wire: socket.socket, count: int) -> bytes:
    data = b""
    while len(data) < count:
        part = wire.recv(count - len(data))
        if not part:
            raise EOFError
        data += part
    return data
