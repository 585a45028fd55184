"""Sigfox modems on a serial port: their AT dialects, and one frame sent with its answer checked.

    dialect   modems                               id        PAC       send        with an answer
    uplynx    M2COMM Uplynx                        AT$ID?    AT$PAC?   AT$SF=hex   AT$SF=hex,1
    wisol     WISOL SFM10R1 (AX-SFEU firmware)     AT$I=10   AT$I=11   AT$SF=hex   AT$SF=hex,1
    td1207    Telecom Design TD1207/8 (Akeru)      ATI7      none      AT$SF=hex   AT$SF=hex,2,1
    snt       Sigfox SNT tracker, Adeunis ARF      AT&V      AT&V      AT$SF=hex   AT$SF=hex,1

All: 9600 8N1, commands in capitals ended by CR (an Uplynx's stand between CR and CR LF, as its maker's tutorial sends
them; `[idle] line_end` says otherwise), lines back ended by CR LF, perhaps an echo. What a command means
differs (`AT$ID?` is the send interval of a tracker), so the dialect is told by the shape of the answers: 8 hex digits
are an id, 16 a PAC. Lines are read until a final one or the deadline, never a fixed number of them.

A Wisol outside the radio zones 1 and 3 hops: it answers `AT$GI?` with `x,y`, and where x is 0 or y below 3 it wants
`AT$RC` before a frame. One of zones 1 and 3 answers that it knows no such command.

What is known after a send is one of three: sent, not sent, unknown. A deadline that passes is unknown, since the frame
may be on the air; "no downlink came" is sent.

Source: wire/sigfox.md 4, 5. `,1` of uplynx and its ERROR are inferred there, not read.
"""

import logging
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from typing import NamedTuple

from collectors.idle.serial_line import BAUD, Line, ModemError

log = logging.getLogger("telltale.modem")

PAYLOAD_MAX = 12
_ID = re.compile(r"\b[0-9A-F]{8}\b", re.IGNORECASE)
_PAC = re.compile(r"\b[0-9A-F]{16}\b", re.IGNORECASE)
_NAMED = re.compile(r"\b(?:ID|PAC)\b", re.IGNORECASE)
_DOWNLINK = re.compile(r"\+?RX ?= ?((?:[0-9A-F]{2} ?){8})", re.IGNORECASE)
_OK = re.compile("^OK$")
_NO_DOWNLINK = re.compile(r"\+RX END|ERR_SFX_ERR_SEND_FRAME_WAIT_TIMEOUT", re.IGNORECASE)
_CHANNELS = re.compile(r"^[0-9]+, ?[0-9]+$")
_CHANNELS_MIN = 3
_ERROR = re.compile(r"ERR|ATCMD_NOT_SUPPORTED|E$", re.IGNORECASE)


class Dialect(NamedTuple):
    """How a kind of modem is spoken to; `send` and `ask` hold the payload as {}."""

    name: str
    id_command: str
    pac_command: str
    send: str = "AT$SF={}"
    ask: str = "AT$SF={},1"
    channels: str = ""
    """Asks a modem that hops for what is left of its channels, where the dialect has such."""
    reset_channels: str = ""
    before: str = ""
    after: str = "\r"
    """What goes around each command, unless `[idle] line_end` says otherwise."""


DIALECTS = {
    one.name: one
    for one in (
        Dialect("wisol", "AT$I=10", "AT$I=11", channels="AT$GI?", reset_channels="AT$RC"),
        Dialect("uplynx", "AT$ID?", "AT$PAC?", before="\r", after="\r\n"),
        Dialect("td1207", "ATI7", "", ask="AT$SF={},2,1"),
        Dialect("snt", "AT&V", "AT&V"),
    )
}
"""In the order in which an unknown modem is asked: what one answers with an error, another may take for a setting."""


class Timeouts(NamedTuple):
    """How long to wait for an answer, in seconds."""

    plain_s: float = 5.0
    uplink_s: float = 30.0
    downlink_s: float = 60.0
    quiet_s: float = 0.2
    """How long a line must stay silent before an answer without a final line is over."""


USUAL = Timeouts()


class Outcome(StrEnum):
    """What became of a frame."""

    SENT = "sent"
    NOT_SENT = "not sent"
    UNKNOWN = "unknown"


class Sent(NamedTuple):
    """A frame handed to the modem: what became of it, the answer that came down, and what the modem said."""

    outcome: Outcome
    downlink: bytes | None
    said: tuple[str, ...]


class Modem:
    """A modem on an open port; one call at a time.

    Args:
        line: the port.
        dialect: how it is spoken to.
        timeouts: how long to wait.
    """

    def __init__(self, line: Line, dialect: Dialect, timeouts: Timeouts = USUAL) -> None:
        self._line = line
        line.before, line.after = dialect.before, dialect.after
        self.dialect = dialect
        self._timeouts = timeouts
        self._hops = bool(dialect.channels)
        """Whether it may, until it answers that it does not."""

    def device(self) -> str:
        """The device's id as the backend writes it: lower case, no leading zeros.

        Raises:
            ModemError: it told none.
        """
        return self._asked(self.dialect.id_command, _ID, "an id of 8 hex digits").lower().lstrip("0") or "0"

    def pac(self) -> str:
        """The porting authorisation code, 16 hex digits in capitals: who has it may register the device.

        Raises:
            ModemError: this dialect cannot be asked, or it told none.
        """
        if not self.dialect.pac_command:
            raise ModemError(f"{self._line.port}: a {self.dialect.name} modem does not tell its PAC; see its label")
        return self._asked(self.dialect.pac_command, _PAC, "a PAC of 16 hex digits").upper()

    def send(self, payload: bytes, *, downlink: bool = False) -> Sent:
        """Send one frame of at most 12 bytes; with `downlink`, wait for the answer too.

        Raises:
            ValueError: the payload is empty or too long.
            ModemError: the modem went away before the frame was handed to it.
        """
        if not 1 <= len(payload) <= PAYLOAD_MAX:
            raise ValueError(f"{len(payload)} bytes: a frame has 1 to {PAYLOAD_MAX}")
        command = (self.dialect.ask if downlink else self.dialect.send).format(payload.hex().upper())
        refusal = self._refused_channels()
        if refusal is not None:
            return Sent(Outcome.NOT_SENT, None, refusal)
        said: list[str] = []
        self._line.write(command)
        limit_s = self._timeouts.downlink_s if downlink else self._timeouts.uplink_s
        try:
            for text in self._line.lines(limit_s, echo=command):
                said.append(text)
                found = _verdict(text, is_acknowledged="OK" in said, downlink=downlink)
                if found is not None:
                    return Sent(*found, tuple(said))
        except ModemError as error:
            said.append(str(error))
        # Without an answer nobody knows; after OK the frame is out, and only the downlink is missing.
        return Sent(Outcome.SENT if "OK" in said else Outcome.UNKNOWN, None, tuple(said))

    def close(self) -> None:
        """Let the port go."""
        self._line.close()

    def _refused_channels(self) -> tuple[str, ...] | None:
        """Make a modem that hops ready for a frame; what it says if it will not, else None."""
        if not self._hops:
            return None
        found, _ = _query(self._line, self.dialect.channels, _CHANNELS, self._timeouts)
        if found is None:
            self._hops = False
            return None
        used, left = map(int, found.split(","))
        if used and left >= _CHANNELS_MIN:
            return None
        done, said = _query(self._line, self.dialect.reset_channels, _OK, self._timeouts)
        return (self.dialect.reset_channels, *said) if done is None else None

    def _asked(self, command: str, shape: "re.Pattern[str]", expected: str) -> str:
        """The first text of a shape in the answer to a command."""
        found, said = _query(self._line, command, shape, self._timeouts)
        if found is None:
            raise ModemError(
                f"{self._line.port}: {command} of a {self.dialect.name} modem gave {_told(said)}, expected {expected}; "
                "check [idle] dialect, or the wiring"
            )
        return found


LINE_ENDS = {"cr": "\r", "crlf": "\r\n"}


def connect(port: str, *, dialect: str = "auto", line_end: str = "auto", timeouts: Timeouts = USUAL) -> Modem:
    """The modem at a port, such as /dev/ttyUSB0, COM3 or socket://127.0.0.1:7000.

    Args:
        port: its name.
        dialect: how it is spoken to; auto asks it.
        line_end: what ends a command, with nothing before it: cr or crlf; auto is as the dialect has it.
        timeouts: how long to wait.

    Raises:
        ConfigError: the port's name is none.
        ModemError: there is nobody, it is in use, or it speaks none of the dialects.
    """
    line = Line(port)
    try:
        known = list(DIALECTS.values())
        if line_end in LINE_ENDS:
            known = [one._replace(before="", after=LINE_ENDS[line_end]) for one in known]
            line.after = LINE_ENDS[line_end]
        found = next((one for one in known if one.name == dialect), None) or detected(line, timeouts, known)
        return Modem(line, found, timeouts)
    except BaseException:
        line.close()
        raise


@contextmanager
def opened(port: str, *, dialect: str = "auto", line_end: str = "auto", timeouts: Timeouts = USUAL) -> Iterator[Modem]:
    """The same until the end of the block."""
    modem = connect(port, dialect=dialect, line_end=line_end, timeouts=timeouts)
    try:
        yield modem
    finally:
        modem.close()


def detected(line: Line, timeouts: Timeouts, known: Iterable[Dialect] = DIALECTS.values()) -> Dialect:
    """The dialect of those known that a modem speaks: the first whose id, and PAC if it has one, have the right shape.

    Raises:
        ModemError: it is silent, or speaks none.
    """
    said = _alive(line, timeouts)
    for one in known:
        line.before, line.after = one.before, one.after
        if _query(line, one.id_command, _ID, timeouts)[0] is None:
            continue
        if not one.pac_command or _query(line, one.pac_command, _PAC, timeouts)[0] is not None:
            log.info("%s: a %s modem", line.port, one.name)
            return one
    raise ModemError(
        f"{line.port}: answers AT with {_told(said)}, but no id as {', '.join(DIALECTS)} would; set [idle] dialect "
        "if it is one of these"
    )


def _alive(line: Line, timeouts: Timeouts) -> list[str]:
    """What it says to AT; some need +++ first."""
    for wake in ("", "+++"):
        if wake:
            line.write(wake)
            list(line.lines(timeouts.quiet_s))
        _, said = _query(line, "AT", re.compile("OK"), timeouts)
        if said:
            return said
    raise ModemError(f"{line.port}: silent; check that it is plugged in, powered, and speaks at {BAUD} baud")


def _query(line: Line, command: str, shape: "re.Pattern[str]", timeouts: Timeouts) -> tuple[str | None, list[str]]:
    """The first text of a shape in the answer to a command, and the whole answer; then the line is quiet."""
    line.write(command)
    said = []
    for text in line.lines(timeouts.plain_s, echo=command):
        said.append(text)
        if text == "OK" or _ERROR.match(text) or shape.search(text):
            break
    # Some end with OK, some do not: an OK that comes late must not be taken for the next command's.
    said += line.lines(timeouts.plain_s, echo=command, quiet_s=timeouts.quiet_s)
    # AT&V lists everything: a line that names what it tells goes before one that merely looks like it.
    matches = [
        match[0] for text in sorted(said, key=lambda text: not _NAMED.search(text)) if (match := shape.search(text))
    ]
    return (matches[0] if matches else None), said


def _verdict(text: str, *, is_acknowledged: bool, downlink: bool) -> tuple[Outcome, bytes | None] | None:
    """What a line decides; None where it decides nothing."""
    answer = _DOWNLINK.fullmatch(text)
    if answer:
        return (Outcome.SENT, bytes.fromhex(answer[1])) if downlink else None
    if _NO_DOWNLINK.search(text):
        return Outcome.SENT, None
    if text == "OK":
        return None if downlink else (Outcome.SENT, None)
    if _ERROR.match(text):
        return (Outcome.SENT if is_acknowledged else Outcome.NOT_SENT), None
    return None


def _told(said: list[str]) -> str:
    return " / ".join(said)[:120] or "nothing"
