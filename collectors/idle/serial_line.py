"""A serial port as lines of text, for modems that are asked and answer."""

import math
import re
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import suppress

from telltale.contract import ConfigError, TelltaleError

try:
    from termios import error as _terminal_error

    GONE: tuple[type[Exception], ...] = (OSError, _terminal_error)
except ImportError:  # Windows
    GONE = (OSError,)
"""What a port raises that was unplugged, each call another one: pyserial's are OSErrors, the terminal's own is not."""

BAUD = 9600
_LINE_MAX = 4096
"""Bytes kept of a line that does not end: garbage at a wrong speed."""
_POLL_S = 0.02
_NO_TEXT = bytes(one for one in range(256) if not 0x20 < one < 0x7F)
"""What may stand around a line: blanks, and noise of the line or of a radio beside it."""


class ModemError(TelltaleError):
    """The modem is not there, says nothing, or something else than expected."""


def check_port(port: str) -> None:
    """Whether a text may be a port's name; whether something is plugged in there, opening it says.

    Raises:
        ConfigError: it is no port's name.
        ModuleNotFoundError: the extra `idle` is not installed.
    """
    import serial

    try:
        serial.serial_for_url(port, do_not_open=True)
    except ValueError as error:
        raise ConfigError(f'[idle] port = "{port}": {error}; expected one such as /dev/ttyUSB0 or COM3') from error


class Line:
    """A serial port as lines of text.

    Args:
        port: its name or URL.
        clock: seconds that only rise.

    Raises:
        ConfigError: it is no port's name.
        ModemError: it cannot be opened.
    """

    def __init__(self, port: str, clock: Callable[[], float] = time.monotonic) -> None:
        self.port = port
        self.before, self.after = "", "\r"
        """What goes around each command."""
        self._clock = clock
        self._rest = bytearray()
        self._whole: deque[str] = deque()
        """Lines that came with one that was read, for whoever reads on."""
        import serial

        # Another program on the same port would get half of the answers. A URL has no such lock.
        lock = {} if "://" in port else {"exclusive": True}
        check_port(port)
        try:
            self._serial = serial.serial_for_url(port, BAUD, timeout=_POLL_S, write_timeout=5, **lock)
        except GONE as error:
            raise ModemError(
                f"{port}: cannot be opened ({_reason(error)}); is the modem plugged in, and free?"
            ) from error

    def write(self, command: str) -> None:
        """Send one command, after forgetting what came before it.

        Raises:
            ModemError: the port is gone.
        """
        try:
            self._rest.clear()
            self._whole.clear()
            self._serial.reset_input_buffer()
            self._serial.write(f"{self.before}{command}{self.after}".encode("ascii"))
        except GONE as error:
            raise ModemError(
                f"{self.port}: {command} cannot be written ({_reason(error)}); replug the modem"
            ) from error

    def lines(self, limit_s: float, *, echo: str = "", quiet_s: float = math.inf) -> Iterator[str]:
        """The lines that come within so many seconds, without blank ones, the command's echo and noise around them.

        Args:
            limit_s: when to stop.
            echo: the command.
            quiet_s: how long a silence ends it earlier.

        Raises:
            ModemError: the port is gone.
        """
        heard = self._clock()
        end = heard + limit_s
        while self._whole or self._clock() < min(end, heard + quiet_s):
            if self._whole:
                text = self._whole.popleft()
                if text != echo:
                    yield text
            elif self._read():
                heard = self._clock()

    def _read(self) -> bool:
        """Whether something came."""
        try:
            data = self._serial.read(max(1, self._serial.in_waiting))
        except GONE as error:
            raise ModemError(f"{self.port}: gone ({_reason(error)}); replug the modem") from error
        *whole, rest = re.split(rb"[\r\n]", bytes(self._rest + data))
        self._rest = bytearray(rest[-_LINE_MAX:])
        self._whole.extend(text for one in whole if (text := one.strip(_NO_TEXT).decode("ascii", "replace")))
        return bool(data)

    def close(self) -> None:
        """Let the port go."""
        with suppress(*GONE):
            self._serial.close()


def _reason(error: Exception) -> str:
    return str(error).partition(": ")[2] or str(error)
