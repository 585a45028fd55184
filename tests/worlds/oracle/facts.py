"""What was sent, device by device: the plain facts every figure is computed from."""

import csv
import datetime as dt
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Any

from tests.worlds.sent import (
    DAY,
    ZONE,
    Alive,
    ByHand,
    Bytes,
    Frame,
    Joins,
    Message,
    Minute,
    Press,
    Report,
    Scan,
    Switch,
)
from tests.worlds.world import World

Figure = float | str | tuple[float, float] | None
"""A pair is a lowest and a highest value, where what was sent leaves it open."""


def pairs(values: Iterable[Any]) -> Iterator[tuple[Any, Any]]:
    """Each with the next one."""
    return pairwise(values)


def midnight(world: World, days: int) -> dt.datetime:
    """The beginning of the local day so many days back, today included; 0 is the beginning of everything."""
    if not days:
        return dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
    day = world.now.astimezone(ZONE).date() - (days - 1) * DAY
    return dt.datetime.combine(day, dt.time(), ZONE).astimezone(dt.UTC)


def plain_id(text: str) -> str:
    """An id in the spelling of the tables, whatever its owner wrote."""
    text = text.strip().lower()
    digits = text.replace(":", "").replace("-", "").replace(".", "")
    if text.startswith("sigfox:"):
        return "sigfox:" + text.removeprefix("sigfox:").lstrip("0")
    if text.startswith(("efento:", "pc:")):
        return text
    if len(digits) == 12 and all(digit in "0123456789abcdef" for digit in digits):
        separated = any(mark in text for mark in ":-.")
        return ":".join(digits[at : at + 2] for at in range(0, 12, 2)) if separated else f"efento:{digits}"
    return text


def listed(world: World) -> dict[str, dict[str, str]]:
    """The lines of devices.csv by id."""
    rows = csv.DictReader(world.devices.splitlines())
    return {plain_id(row["device_id"]): {name: (value or "").strip() for name, value in row.items()} for row in rows}


def node(sent: Report | Scan) -> str:
    """Which access point it is of."""
    return plain_id(sent.node)


def site(sent: Report | Scan) -> str:
    """Which network it is of."""
    return sent.site if isinstance(sent, Report) else sent.network


def site_of(row: dict[str, str]) -> str:
    """Which network a listed access point is of; empty where its line does not say."""
    return row.get("site", "")


def scans(world: World) -> Iterator[Report | Scan]:
    """What access points reported, but what was refused."""
    for sent in world.sent:
        if isinstance(sent, Report | Scan) and sent.received <= world.now and not getattr(sent, "is_refused", False):
            yield sent


def messages(world: World, device: str) -> list[Message]:
    """Each message once, in the order it was sent."""
    own = [
        sent
        for sent in world.sent
        if isinstance(sent, Message)
        and not sent.is_copy
        and f"sigfox:{sent.device.lower().lstrip('0')}" == device
        and sent.received <= world.now
    ]
    return sorted(own, key=lambda sent: (sent.at, sent.received))


def life(world: World, device: str = "", source: str = "") -> list[dt.datetime]:
    """Every moment at which it was heard, by our clock."""
    if not device:
        return sorted(moment for moment in arrivals(world, source) if moment <= world.now)
    if device.startswith("sigfox:"):
        raw = [one.received for one in world.sent if isinstance(one, Bytes) and one.device == device]
        return sorted([*(sent.received for sent in messages(world, device)), *raw])
    if device.startswith("efento:"):
        serial = device.removeprefix("efento:")
        return sorted(
            one.received for one in world.sent if isinstance(one, Frame | Switch) and one.serial.lower() == serial
        )
    if device.startswith("pc:"):
        return sorted(one.received for one in world.sent if isinstance(one, Minute) and f"pc:{one.pc}" == device)
    # What one access point says in one moment is one report.
    return sorted({one.received for one in scans(world) if node(one) == device})


KINDS: dict[str, tuple[type, ...]] = {
    "cloudtrax": (Report,),
    "meraki": (Scan,),
    "sigfox": (Message,),
    "efento": (Frame, Switch),
    "button": (Press, Joins, Alive, ByHand),
    "pc_idle": (Minute,),
}


def arrivals(world: World, source: str) -> Iterator[dt.datetime]:
    """When each of its requests was received."""
    for sent in world.sent:
        if isinstance(sent, Bytes) and sent.source == source and not sent.is_refused:
            yield sent.received
        elif isinstance(sent, KINDS[source]) and not getattr(sent, "is_refused", False):
            for number in range(sent.frames if isinstance(sent, Press) else 2 if isinstance(sent, Joins) else 1):
                yield sent.received + dt.timedelta(seconds=0.4 * number)


def known(world: World, source: str) -> set[str]:
    """Devices of a source that are listed or were heard."""
    if source == "sigfox":
        heard = {f"sigfox:{sent.device.lower().lstrip('0')}" for sent in world.sent if isinstance(sent, Message)}
    elif source == "efento":
        heard = {f"efento:{sent.serial.lower()}" for sent in world.sent if isinstance(sent, Frame | Switch)}
    elif source == "pc_idle":
        heard = {f"pc:{sent.pc}" for sent in world.sent if isinstance(sent, Minute)}
    else:
        heard = {node(sent) for sent in scans(world) if isinstance(sent, KINDS[source])}
    prefix = {"sigfox": "sigfox:", "efento": "efento:", "pc_idle": "pc:"}.get(source)
    return heard | {name for name in listed(world) if prefix and name.startswith(prefix)}
