"""A stand-in for a Sigfox modem: answers AT commands of each dialect on a pseudo-terminal or a TCP port.

What it takes goes to `network`, such as `simulate_backend.Backend`; what that gives back comes down. Each send may be
told to go wrong:

    ok           as it should
    error        refused with the dialect's error; nothing is sent
    silence      sent, and never answered
    garbage      sent, and answered with bytes of a wrong speed
    split        sent, the answer in pieces
    lost         answered as it should, but nobody hears the frame
    no-downlink  sent, but no answer comes down
    unplug       the port goes away before the answer, and comes back; nothing is sent

Source: wire/sigfox.md 4, 5.
"""

import os
import re
import select
import socket
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple, Protocol

from telltale.contract import ConfigError
from telltale.simulate.sigfox_network import Frame

FAULTS = ("ok", "error", "silence", "garbage", "split", "lost", "no-downlink", "unplug")
GARBAGE = bytes((0xF8, 0x00, 0x9C, 0xFE, 0x80, 0xE6))
_PIECE = 3
_POLL_S = 0.02

Network = Callable[[Frame], bytes | None]


class Speech(NamedTuple):
    """How a dialect answers."""

    id_command: str
    id_lines: str
    """Its answer, {id} and {pac} filled in."""
    pac_command: str
    pac_lines: str
    send: str
    """A pattern: `payload` in hex, and `wish` where an answer is wanted."""
    answer: str
    """What follows the OK when an answer came down, {data} filled in; the last line also where none came."""
    none: str
    """What follows the OK when none came."""
    refused: str
    unknown: str
    echoes: bool = False


_VIEW = "ID: {id}\nPAC: {pac}\nVER: 20140612\nOK"
SPEECHES = {
    "uplynx": Speech(
        "AT$ID?", "{id}\nOK", "AT$PAC?", "{pac}\nOK", r"AT\$SF=(?P<payload>[0-9A-F]+)(?P<wish>,1)?",
        "RX={data}", "ERROR", "ERROR", "ERROR",
    ),
    "wisol": Speech(
        "AT$I=10", "{id}", "AT$I=11", "{pac}", r"AT\$SF=(?P<payload>[0-9A-F]+)(?P<wish>,1)?",
        "RX={data}", "ERR_SFX_ERR_SEND_FRAME_WAIT_TIMEOUT", "ERROR: parse error", "ATCMD_NOT_SUPPORTED",
    ),
    "td1207": Speech(
        "ATI7", "{id}\nOK", "", "", r"AT\$S[FS]=(?P<payload>[0-9A-F]+)(?P<wish>,2,1)?",
        "+RX BEGIN\n+RX={data}\n+RX END", "+RX BEGIN\n+RX END", "ERROR", "ERROR", echoes=True,
    ),
    "snt": Speech(
        "AT&V", _VIEW, "AT&V", _VIEW, r"AT\$SF=(?P<payload>[0-9A-F]+)(?P<wish>,1)?",
        "+RX={data}", "ERROR", "E", "ERROR",
    ),
}  # fmt: skip
_SAME_TEXT = {"snt": {"AT$ID?": "600\nOK"}}
"""On a tracker AT$ID? is the send interval in seconds."""


class Wire(Protocol):
    """Where the stand-in's bytes come and go."""

    @property
    def port(self) -> str:
        """What to open as serial port."""

    def read(self) -> bytes:
        """Some bytes, or none after a moment."""

    def write(self, data: bytes) -> None:
        """Some bytes back."""

    def replug(self, away_s: float, stop: threading.Event) -> None:
        """Go away, and come back after so many seconds."""

    def close(self) -> None:
        """Go away for good."""


class SimulatedModem:
    """One modem of a dialect.

    Args:
        dialect: one of `SPEECHES`.
        network: takes its frames.
        device: its id, up to 8 hex digits.
        pac: 16 hex digits.
        script: what happens to one send after the other, of `FAULTS`; "ok" after the last.
        air_s: how long a frame is on the air.
        away_s: how long it stays unplugged.
        seq: number of its first frame.

    Raises:
        ConfigError: the dialect, the id or a word of the script is none.
    """

    def __init__(
        self,
        dialect: str,
        network: Network,
        *,
        device: str = "2D24E6",
        pac: str = "0123456789ABCDEF",
        script: Iterable[str] = (),
        air_s: float = 0.0,
        away_s: float = 1.0,
        seq: int = 0,
    ) -> None:
        if dialect not in SPEECHES:
            raise ConfigError(f'dialect "{dialect}": expected one of {", ".join(SPEECHES)}')
        self._dialect = dialect
        self._speech = SPEECHES[dialect]
        self._network = network
        if not re.fullmatch("[0-9A-Fa-f]{1,8}", device):
            raise ConfigError(f'id "{device}": expected 1 to 8 hex digits such as 2D24E6')
        self.device, self._pac = device.upper().zfill(8), pac.upper()
        self._script = list(script)
        wrong = set(self._script) - set(FAULTS)
        if wrong:
            raise ConfigError(f'script "{min(wrong)}": expected of {", ".join(FAULTS)}')
        self._air_s, self._away_s = air_s, away_s
        self._seq = seq
        self.frames: list[Frame] = []
        """What went on the air, heard or not."""

    def serve(self, wire: Wire, stop: threading.Event) -> None:
        """Answer commands until `stop` is set."""
        rest = b""
        while not stop.is_set():
            *commands, rest = re.split(rb"[\r\n]", rest + wire.read())
            for command in filter(None, commands):
                self._answer(command.decode("ascii", "replace").strip(), wire, stop)

    def _answer(self, command: str, wire: Wire, stop: threading.Event) -> None:
        if self._speech.echoes:
            wire.write(command.encode("ascii", "replace") + b"\r\n")
        sent = re.fullmatch(self._speech.send, command)
        if sent is not None:
            self._send(sent["payload"], wants_answer=bool(sent["wish"]), wire=wire, stop=stop)
        else:
            wire.write(_lines(self._reply(command)))

    def _reply(self, command: str) -> str:
        known = {
            "AT": "OK",
            self._speech.id_command: self._speech.id_lines,
            self._speech.pac_command: self._speech.pac_lines,
            **_SAME_TEXT.get(self._dialect, {}),
        }
        return known.get(command, self._speech.unknown).format(id=self.device, pac=self._pac)

    def _send(self, payload: str, *, wants_answer: bool, wire: Wire, stop: threading.Event) -> None:
        fault = self._script.pop(0) if self._script else "ok"
        if fault == "unplug":
            wire.replug(self._away_s, stop)
        elif fault == "error" or len(payload) % 2 or len(payload) > 24:
            wire.write(_lines(self._speech.refused))
        else:
            answer = self._on_air(Frame(self.device, bytes.fromhex(payload), self._seq, wants_answer), fault, stop)
            said = _lines(answer)
            if fault == "garbage":
                wire.write(GARBAGE * 4)
            elif fault == "split":
                for start in range(0, len(said), _PIECE):
                    wire.write(said[start : start + _PIECE])
                    stop.wait(0.02)
            elif fault != "silence":
                wire.write(said)

    def _on_air(self, frame: Frame, fault: str, stop: threading.Event) -> str:
        """Send a frame and return what the modem says then."""
        self._seq += 1
        self.frames.append(frame)
        stop.wait(self._air_s)
        data = None if fault == "lost" else self._network(frame)
        if not frame.wants_answer:
            return "OK"
        if data is None or fault in ("lost", "no-downlink"):
            return f"OK\n{self._speech.none}"
        return f"OK\n{self._speech.answer.format(data=data.hex(' ').upper())}"


@contextmanager
def serving(modem: SimulatedModem, wire: Wire) -> Iterator[str]:
    """The port of a modem that answers in a thread during the block."""
    stop = threading.Event()
    thread = threading.Thread(target=modem.serve, args=(wire, stop), name="modem", daemon=True)
    thread.start()
    try:
        yield wire.port
    finally:
        stop.set()
        thread.join(10)
        wire.close()


class Pty:
    """A pseudo-terminal under a name of its own, which stays the same when it is unplugged and plugged in again.

    Args:
        link: that name, a path that does not exist yet; a link that leads nowhere is one that was left behind.

    Raises:
        ConfigError: something else is there.
    """

    def __init__(self, link: Path) -> None:
        self._link = link
        self._plug()

    @property
    def port(self) -> str:
        """The path to open."""
        return str(self._link)

    def read(self) -> bytes:
        """Some bytes, or none after a moment."""
        ready, _, _ = select.select([self._master], [], [], _POLL_S)
        return os.read(self._master, 256) if ready else b""

    def write(self, data: bytes) -> None:
        """Some bytes to whoever has it open."""
        os.write(self._master, data)

    def replug(self, away_s: float, stop: threading.Event) -> None:
        """Go away, and come back after so many seconds."""
        self.close()
        stop.wait(away_s)
        self._plug()

    def close(self) -> None:
        """Go away: whoever has it open gets an error."""
        self._link.unlink(missing_ok=True)
        for handle in (self._master, self._slave):
            with suppress(OSError):
                os.close(handle)

    def _plug(self) -> None:
        import pty
        import tty

        if self._link.exists():
            raise ConfigError(f"{self._link} is there already; end what uses it, remove it, or choose another --link")
        self._link.unlink(missing_ok=True)
        self._master, self._slave = pty.openpty()
        tty.setraw(self._slave)
        # The slave stays open here, so that the port may be closed and opened again.
        self._link.symlink_to(os.ttyname(self._slave))


class Tcp:
    """A TCP port for `socket://`, where there is no pseudo-terminal; one caller after the other.

    Args:
        port: where to listen on loopback; 0 takes a free one.
    """

    def __init__(self, port: int = 0) -> None:
        self._server = socket.create_server(("127.0.0.1", port))
        self._port = int(self._server.getsockname()[1])
        self._caller: socket.socket | None = None

    @property
    def port(self) -> str:
        """The URL to open."""
        return f"socket://127.0.0.1:{self._port}"

    def read(self) -> bytes:
        """Some bytes, or none after a moment."""
        ready, _, _ = select.select([self._caller or self._server], [], [], _POLL_S)
        if not ready:
            return b""
        if self._caller is None:
            self._caller = self._server.accept()[0]
            return b""
        with suppress(OSError):
            data = self._caller.recv(256)
            if data:
                return data
        self._hang_up()
        return b""

    def write(self, data: bytes) -> None:
        """Some bytes to the caller, if there is still one."""
        if self._caller is not None:
            with suppress(OSError):
                self._caller.sendall(data)

    def replug(self, away_s: float, stop: threading.Event) -> None:
        """Go away, and come back after so many seconds."""
        self._hang_up()
        self._server.close()
        stop.wait(away_s)
        self._server = socket.create_server(("127.0.0.1", self._port))

    def close(self) -> None:
        """Stop listening."""
        self._hang_up()
        self._server.close()

    def _hang_up(self) -> None:
        if self._caller is not None:
            self._caller.close()
            self._caller = None


def _lines(text: str) -> bytes:
    """Each line between CR LF, as modems write them."""
    return b"".join(b"\r\n" + line.encode() + b"\r\n" for line in text.split("\n"))
