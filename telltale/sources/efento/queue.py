"""Changes of sensors' configurations that wait for their sensor, and what became of them.

A command writes the list (`wanted`), the collector what it did with it (`sent`, replies.py); none writes the other's.

    waiting   queued; it goes with the reply to the sensor's next confirmable measurements
    sent      the sensor was told, and has not said yet what it made of it
    applied   it reported another configuration hash since
    refused   it reported configuration_errors since
"""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from telltale.contract import ConfigError, Known, Memory, Pending
from telltale.sources.efento.downlink import Change
from telltale.sources.efento.ids import id_of
from telltale.sources.efento.replies import REPORTED, SENT, WANTED

_OVER = ("applied", "refused")

Remembered = Mapping[str, Mapping[str, Any]]
"""What is remembered of one device, by name."""


class Queued(NamedTuple):
    """A change and its state."""

    device_id: str
    change: dict[str, str]
    """Key and value; secrets as `***`."""
    state: str
    queued_at: int
    """Unix seconds."""
    sent_at: int | None
    errors: tuple[int, ...]
    """Codes the sensor gave for refusing it; their list is not public."""


def device_of(serial: str) -> str:
    """The device id of a serial number as it is printed on the sensor.

    Raises:
        ConfigError: it is none.
    """
    found = id_of(serial)
    if found is None:
        raise ConfigError(f'"{serial}" is no serial number: expected 12 hex digits such as 282C024156AF')
    return found


def reported(known: Remembered) -> bytes | None:
    """The configuration a sensor last reported, as `downlink.change` takes it; None before the first."""
    body = known.get(REPORTED, {}).get("body")
    return None if body is None else bytes.fromhex(body)


def queued(device_id: str, known: Remembered, change: Change, now_s: int) -> Memory:
    """What to remember so that the change is sent; those that are over leave the list."""
    changes = _changes(known, *_OVER)
    numbers = [each["id"] for each in known.get(WANTED, {}).get("changes", ())]
    number = max([0, *numbers, *map(int, known.get(SENT, {}))]) + 1
    new = {"id": number, "payload": change.payload.hex(), "shown": change.shown, "queued_at": now_s}
    return Memory(device_id, WANTED, {"changes": [*changes, new]})


def withdrawn(device_id: str, known: Remembered) -> Memory:
    """What to remember so that nothing more is sent; what was sent stays on the list."""
    changes = _changes(known, "waiting")
    return Memory(device_id, WANTED, {"changes": changes} if changes else {})


def pending(known: Known) -> Iterator[Queued]:
    """Every change on the lists, device by device, oldest first."""
    for device_id, told in sorted(known.items()):
        for each in told.get(WANTED, {}).get("changes", ()):
            sent = told.get(SENT, {}).get(str(each["id"]), {})
            errors = tuple(sent.get("errors", ()))
            yield Queued(device_id, each["shown"], _state(told, each), each["queued_at"], sent.get("at"), errors)


def shown(known: Known) -> Iterator[Pending]:
    """The same for `telltale pending`."""
    for each in pending(known):
        yield Pending(
            each.device_id,
            ", ".join(f"{key}={value}" for key, value in each.change.items()),
            each.state,
            each.queued_at,
            each.sent_at,
            f"errors {' '.join(map(str, each.errors))}" if each.errors else "",
            {"change": each.change, "errors": list(each.errors)},
        )


def _changes(known: Remembered, *without: str) -> list[dict[str, Any]]:
    return [each for each in known.get(WANTED, {}).get("changes", ()) if _state(known, each) not in without]


def _state(known: Remembered, change: Mapping[str, Any]) -> str:
    return str(known.get(SENT, {}).get(str(change["id"]), {}).get("state", "waiting"))
