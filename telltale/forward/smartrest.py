"""SmartREST 2.0 rows: one line of comma-separated values a message.

    100,<name>,<type>                         the device of this client id, made where it is missing
    101,<child>,<name>,<type>                 a child device
    110,<serial>,<model>,<revision>           its hardware
    117,<minutes>                             how often it is expected to report
    123 → 124,<id>                            which managed object it is
    301,<type>,<text>,<time>                  a critical alarm; 302 major, 303 minor, 304 a warning; one of a type is
                                              active at a time
    306,<type>                                it is cleared
    400,<type>,<text>,<time>                  an event

A value with a comma, a double quote, CR, LF, a tab or a blank at either end stands in double quotes; a double quote in
it is written twice (or, by option, with a backslash before it). Line breaks stay, other control characters go. What
was received is read with the same rules, never split by hand.

Source: wire/forwarding.md 2.3 to 2.6.
"""

import csv
import io
import unicodedata
from typing import Literal, NamedTuple

from telltale.forward.alerts import Told
from telltale.forward.facts import Press, iso_ms

QuoteStyle = Literal["double", "backslash"]
LARGEST = 16_184
"""Bytes of a message with its header; a longer one ends the connection."""
_HEADER = 5 + 2 + 2  # of a PUBLISH: type and length, the topic's length, the message id
_QUOTED = frozenset(',"\r\n\t')
_KEPT = frozenset("\r\n\t")
EVENT_TYPE = "c8y_MAC_Event"
LONGEST_TEXT = 500
"""Characters of an alarm's text."""


class Message(NamedTuple):
    """One publish."""

    topic: str
    line: str


def quoted(value: str, style: QuoteStyle = "double") -> str:
    """A value as it stands in a row."""
    kept = "".join(char for char in value if char in _KEPT or unicodedata.category(char) not in {"Cc", "Cs"})
    if not _QUOTED & set(kept) and kept == kept.strip():
        return kept
    return '"' + kept.replace('"', '""' if style == "double" else '\\"') + '"'


def row(*values: str, style: QuoteStyle = "double") -> str:
    """A row of values."""
    return ",".join(quoted(value, style) for value in values)


def rows(payload: bytes) -> list[list[str]]:
    """The rows of a received payload; what is no text is replaced."""
    text = payload.decode("utf-8", "replace").replace("\0", "")
    try:
        return [found for found in csv.reader(io.StringIO(text, newline="")) if found]
    except csv.Error:  # a value longer than any row of the platform
        return [[text]]


def identifier(mac: str) -> str:
    """An address as part of a client id or topic, where a colon separates: 12 hex digits."""
    return mac.replace(":", "")


def press_row(press: Press, topic: str, *, style: QuoteStyle = "double", largest: int = LARGEST) -> str:
    """The event of a press; a name too long for one message is cut, address and time stay."""
    room = largest - _HEADER - len(topic.encode())
    name = press.name
    while True:
        line = row("400", EVENT_TYPE, f"{name}/{press.device_id}", press.time, style=style)
        excess = len(line.encode()) - room
        if excess <= 0 or not name:
            return line
        name = name[: -max(1, excess // 8)]  # a character is 4 bytes at most; a quote is written twice


CRITICAL, MAJOR, MINOR, WARNING = "301", "302", "303", "304"
SEVERITY = {
    "excursion": CRITICAL, "leak": CRITICAL, "silent": MAJOR, "stock_out": MAJOR, "dead_button": MAJOR,
    "battery": MINOR, "wrong_clock": MINOR, "rejects": WARNING, "refusals": WARNING, "report_late": WARNING,
}  # fmt: skip
"""By what is at stake: goods and rooms, then that nobody would notice, what gets worse slowly, our own records."""


def alarm_row(told: Told, *, style: QuoteStyle = "double") -> str:
    """The alarm of an alert that has begun, or its end."""
    kind = f"telltale_{told.alert}_{told.series_id}"
    if told.step == "over":
        return row("306", kind, style=style)
    return row(SEVERITY.get(told.on, MAJOR), kind, told.text[:LONGEST_TEXT], iso_ms(told.at), style=style)


def registration(press: Press, device_type: str, style: QuoteStyle = "double") -> str:
    """What makes the device of a session of its own."""
    return row("100", press.name or press.device_id, device_type, style=style)


def child(press: Press, device_type: str, style: QuoteStyle = "double") -> str:
    """What makes the device a child of the gateway."""
    return row("101", identifier(press.device_id), press.name or press.device_id, device_type, style=style)


def hardware(press: Press) -> str:
    """What a button is."""
    return row("110", identifier(press.device_id), "Dash button", "")
