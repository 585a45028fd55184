"""How commands that run long log: one line a fact on stderr, with the levels of `[log]`.

Below `telltale up` the supervisor writes the lines down with date and time; alone, a command sets the time itself.
Where there is no stderr, as without a window on Windows, they go to telltale.log in the folder of the logs. What
cannot be written is let go: a closed pipe, a full disk or a reader that stopped reading holds up nothing.
"""

import logging
import logging.handlers
import os
import select
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from telltale.settings import Settings

SUPERVISED = "TELLTALE_SUPERVISED"
"""In the environment of what a supervisor has started."""
OURS = "telltale"
PACKETS = "telltale.packets"
"""By this name go the lines a collector has for each packet."""
PATIENCE_S = 1.0
"""How long a line waits for who reads stderr; the lines after it do not wait, until there is room again."""
_AT_ONCE = getattr(select, "PIPE_BUF", 512)
"""Bytes that a pipe takes whole, once it says that it takes any."""


def configure(settings: "Settings") -> None:
    """Log as the project says, from here on."""
    logging.raiseExceptions = False  # a traceback about the log would go where the log cannot
    clock = "" if os.environ.get(SUPERVISED) else "%(asctime)s "
    stream = stderr()
    written: logging.Handler = logging.StreamHandler(stream) if stream else _file(settings)
    day = "" if sys.stderr else "%Y-%m-%d "
    logging.basicConfig(
        level=logging.WARNING, format=f"{clock}%(message)s", datefmt=f"{day}%H:%M:%S", handlers=[written]
    )
    logging.getLogger(OURS).setLevel(settings.log.level.upper())
    for name, level in settings.log.modules.items():
        logging.getLogger(name).setLevel(level.upper())


class Stream(Protocol):
    """What log lines are written to."""

    def write(self, text: str, /) -> object:
        """Take lines."""

    def flush(self) -> object:
        """Keep none back."""


def stderr() -> Stream | None:
    """Standard error, whose writes wait for no reader; None where there is none."""
    is_systems = sys.stderr is not None and sys.stderr is sys.__stderr__
    if not is_systems or not hasattr(select, "poll"):  # replaced, as by a test; or Windows
        return sys.stderr
    return _Unread(sys.stderr.fileno())


class _Unread:
    """What may be read or not, as a pipe or a stopped terminal: lines that find no room are counted and let go.

    Without this a collector waited for its own log: nothing was stored, and SIGTERM did not end it.

    Args:
        descriptor: of the open file; it is not closed.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._room = select.poll()
        self._room.register(descriptor, select.POLLOUT)
        self._unread = 0

    def write(self, text: str, /) -> None:
        """Write whole lines as far as there is room.

        Raises:
            OSError: nobody can read it any more, or the disk is full.
        """
        content = text.encode("utf-8", "backslashreplace")
        if self._unread and self._room.poll(0):
            os.write(self._descriptor, f"{self._unread:,} lines found nobody who reads here\n".encode())
            self._unread = 0
        for piece in _pieces(content):
            if self._unread or not self._room.poll(PATIENCE_S * 1000):
                self._unread += piece.count(b"\n")
            else:
                os.write(self._descriptor, piece)

    def flush(self) -> None:
        """Nothing is kept back."""


def _pieces(content: bytes) -> Iterator[bytes]:
    """Lines together, as many as a pipe takes at once; a longer line in parts."""
    piece = b""
    for line in content.splitlines(keepends=True):
        if len(piece) + len(line) > _AT_ONCE and piece:
            yield piece
            piece = b""
        piece += line
        while len(piece) > _AT_ONCE:
            yield piece[:_AT_ONCE]
            piece = piece[_AT_ONCE:]
    if piece:
        yield piece


def _file(settings: "Settings") -> logging.Handler:
    """A file of at most 1 MB, and the one before it."""
    try:
        settings.logs.mkdir(parents=True, exist_ok=True)
        return logging.handlers.RotatingFileHandler(
            settings.logs / "telltale.log", maxBytes=1 << 20, backupCount=1, encoding="utf-8"
        )
    except OSError:
        return logging.NullHandler()


def says_packets() -> bool:
    """Whether a line for each packet is wanted: unless `[log]` says less than info, of all or of `PACKETS`."""
    is_configured = logging.getLogger(OURS).level != logging.NOTSET
    return not is_configured or logging.getLogger(PACKETS).isEnabledFor(logging.INFO)
