"""Downlinks that wait until their device listens, and what became of them.

A command writes the list (`wanted`), the collector what it did with it (`sent`, replies.py); none writes the other's.

    waiting    queued; it is the answer to the device's next message that asks for one
    sent       the backend was answered with it, and has not said yet what the network made of it
    confirmed  a station sent it; whether the device heard it only the device can say
    failed     the network could not, and it is not tried again
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from telltale.contract import ConfigError, Known, Memory, Pending
from telltale.sources.sigfox.ids import id_of
from telltale.sources.sigfox.replies import (
    ASKED,
    CONFIRMED,
    FAILED,
    MEANINGS,
    PER_DAY,
    SENT,
    WAITING,
    WANTED,
    answered_of_day,
    state_of,
)

_PAYLOAD = re.compile(r"[0-9a-f]{16}", re.ASCII)
_OVER = (CONFIRMED, FAILED)

Remembered = Mapping[str, Mapping[str, Any]]
"""What is remembered of one device, by name."""


class Queued(NamedTuple):
    """A downlink and its state."""

    device_id: str
    data: str
    """16 hex digits."""
    state: str
    queued_at: int
    """Unix seconds."""
    sent_at: int | None
    tries: int
    code: int | None
    """The infoCode of the ACKNOWLEDGE about its last try."""
    outcome: str
    """What that code means."""


def device_of(text: str) -> str:
    """The device id of what is printed on a modem or shown in the backend.

    Raises:
        ConfigError: it is none.
    """
    found = id_of(text)
    if found is None:
        raise ConfigError(f'"{text}" is no device: expected 1 to 8 hex digits such as 2D24E6')
    return found


def payload_of(text: str) -> str:
    """The 16 hex digits of a downlink, blanks left out.

    Raises:
        ConfigError: it is not 8 bytes.
    """
    found = "".join(text.split()).lower()
    if not _PAYLOAD.fullmatch(found):
        raise ConfigError(f'"{text}": expected exactly 16 hex digits, the 8 bytes of a downlink')
    return found


def queued(device_id: str, known: Remembered, data: str, now_s: int) -> Memory:
    """What to remember so that the downlink is answered; those that are over leave the list."""
    downlinks = _downlinks(known, *_OVER)
    numbers = [one["id"] for one in known.get(WANTED, {}).get("downlinks", ())]
    number = max([0, *numbers, *map(int, known.get(SENT, {}))]) + 1
    return Memory(device_id, WANTED, {"downlinks": [*downlinks, {"id": number, "data": data, "queued_at": now_s}]})


def withdrawn(device_id: str, known: Remembered) -> Memory:
    """What to remember so that nothing more is sent; what was sent stays on the list, and is not tried again."""
    downlinks = [one | {"is_last": True} for one in _downlinks(known, WAITING)]
    return Memory(device_id, WANTED, {"downlinks": downlinks} if downlinks else {})


def left_today(known: Remembered, now_s: int) -> int:
    """How many more downlinks the device may be answered within 24 hours."""
    return max(0, PER_DAY - answered_of_day(known.get(ASKED, {}), now_s))


def pending(known: Known) -> Iterator[Queued]:
    """Every downlink on the lists, device by device, oldest first."""
    for device_id, told in sorted(known.items()):
        for one in told.get(WANTED, {}).get("downlinks", ()):
            sent = told.get(SENT, {}).get(str(one["id"]), {})
            code = sent.get("code")
            outcome = "" if code is None else MEANINGS.get(code, ("", "unknown code"))[1]
            yield Queued(
                device_id,
                one["data"],
                _state(told, one),
                one["queued_at"],
                sent.get("at"),
                sent.get("tries", 0),
                code,
                outcome,
            )


def shown(known: Known) -> Iterator[Pending]:
    """The same for `telltale pending`."""
    for each in pending(known):
        details = {"tries": each.tries, "code": each.code}
        yield Pending(each.device_id, each.data, each.state, each.queued_at, each.sent_at, each.outcome, details)


def _downlinks(known: Remembered, *without: str) -> list[dict[str, Any]]:
    return [one for one in known.get(WANTED, {}).get("downlinks", ()) if _state(known, one) not in without]


def _state(known: Remembered, downlink: Mapping[str, Any]) -> str:
    return state_of(known.get(SENT, {}), downlink)
