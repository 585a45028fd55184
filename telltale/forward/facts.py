"""What is known of a press when it is written to the outbox: the same facts whatever is retuned later."""

import datetime as dt
import hashlib
import json
from typing import NamedTuple

from telltale.forward.outbox import Event, Row
from telltale.forward.target import Never


class Press(NamedTuple):
    """An accepted press."""

    device_id: str
    """The button's address, lower case with colons."""
    name: str
    role: str
    """button or ack."""
    item: str
    pressed_at: int
    """Microseconds UTC."""
    frames: int
    kinds: str

    @property
    def press_id(self) -> str:
        """The same for the same button and time, whoever computes it and however often."""
        return hashlib.sha256(f"{self.device_id} {self.pressed_at}".encode()).hexdigest()[:32]

    @property
    def time(self) -> str:
        """When, as platforms read it."""
        return iso_ms(self.pressed_at)


def event(press: Press, lane: str) -> Event:
    """The press as an event of the outbox."""
    body = json.dumps(press._asdict(), ensure_ascii=False)
    return Event(press.press_id, press.device_id, lane, press.pressed_at, body)


def press_of(row: Row) -> Press:
    """The press of a row.

    Raises:
        Never: its body does not tell one.
    """
    try:
        press = Press(**json.loads(row.body))
        iso_ms(press.pressed_at)  # a moment no calendar has is found here
        for text in (press.device_id, press.name, press.role, press.item, press.kinds):
            str.encode(text)  # TypeError where it is no text, ValueError where nobody can send it
    except (ValueError, TypeError, OverflowError) as error:
        raise Never(f"outbox row {row.id}: its body is not that of a press ({error}); nothing was sent") from error
    return press


def iso_ms(at_us: int) -> str:
    """ISO 8601 in UTC with milliseconds, cut and not rounded, and Z."""
    at = dt.datetime(1970, 1, 1, tzinfo=dt.UTC) + dt.timedelta(microseconds=at_us)
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}Z"
