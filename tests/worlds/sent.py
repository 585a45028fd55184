"""What the devices of an invented project send, as plain values, with the moment each arrived; standard library only.

A moment is written as the site's clock reads it: `at("2026-11-20 14:30")` is a time of Europe/Berlin, as an aware time
of UTC. `received` is when our collector had it; the device's own moment may be another.
"""

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("Europe/Berlin")
MINUTE = dt.timedelta(minutes=1)
HOUR = dt.timedelta(hours=1)
DAY = dt.timedelta(days=1)


def at(text: str) -> dt.datetime:
    """A moment of the site's clock, in UTC; `+02:00` behind it names the offset where an hour comes twice."""
    moment = dt.datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=ZONE)).astimezone(dt.UTC)


def every(step: dt.timedelta, since: str | dt.datetime, until: str | dt.datetime) -> Iterator[dt.datetime]:
    """Moments in equal steps of real time, the end excluded."""
    moment, end = (at(one) if isinstance(one, str) else one for one in (since, until))
    while moment < end:
        yield moment
        moment += step


class Heard(NamedTuple):
    """A station an access point heard: its address, from when to when, and the strongest signal."""

    address: str
    since: dt.datetime
    until: dt.datetime
    level: int = -50


@dataclass(frozen=True)
class Report:
    """What an access point reports of the minutes before."""

    received: dt.datetime
    node: str
    heard: tuple[Heard, ...] = ()
    site: str = "71234"
    secret: str = "telltale"
    is_refused: bool = False


@dataclass(frozen=True)
class Scan:
    """A report of an access point in the form of version 3, which may hold nobody."""

    received: dt.datetime
    node: str
    heard: tuple[Heard, ...] = ()
    network: str = "N_1"


@dataclass(frozen=True)
class Message:
    """A message of a sensor that a backend passes on: its own time, its count, and its values by name."""

    received: dt.datetime
    device: str
    values: Mapping[str, object]
    seq: int | None = None
    measured: dt.datetime | None = None
    """The message's own time; None is that of receipt."""
    is_copy: bool = False
    """Another station's copy of a message that was told before …"""
    says_copy: bool = True
    """… and whether the backend marks it."""
    station: str = "1A2B"
    rssi: float = -110.0
    data: str = ""
    kind: str = "uplink"

    @property
    def at(self) -> dt.datetime:
        return self.measured or self.received


@dataclass(frozen=True)
class Frame:
    """A frame of a sensor with samples at equal steps, by channel: its kind and its numbers as the wire counts them."""

    received: dt.datetime
    serial: str
    channels: tuple[tuple[int, tuple[int | None, ...]], ...]
    """Measurement type and raw numbers of each channel."""
    first: dt.datetime
    every_s: int = 180
    battery_ok: bool = True


@dataclass(frozen=True)
class Switch:
    """A frame of a sensor of two states: the state it begins with, every change, the state at its end."""

    received: dt.datetime
    serial: str
    kind: int
    """Measurement type."""
    states: tuple[tuple[dt.datetime, bool], ...]


@dataclass(frozen=True)
class Press:
    """A button's burst of frames."""

    received: dt.datetime
    address: str
    frames: int = 4


@dataclass(frozen=True)
class Joins:
    """A button that only asks for an address, once a press: discover and request of one exchange."""

    received: dt.datetime
    address: str
    exchange: int = 1


@dataclass(frozen=True)
class Alive:
    """A capture says that it listened until now for so long."""

    received: dt.datetime
    covered_s: float = 600.0
    frames: int = 0
    drops: int = 0
    collector: str = "arp@workshop"
    interface: str = "eth0"


@dataclass(frozen=True)
class ByHand:
    """A pull or an acknowledgement that somebody entered."""

    received: dt.datetime
    kind: str
    item: str
    pressed: dt.datetime


@dataclass(frozen=True)
class Minute:
    """What an agent saw of a PC in a minute: moments and seconds since the last input."""

    received: dt.datetime
    pc: str
    samples: tuple[tuple[dt.datetime, float], ...]
    every_s: float = 30.0


@dataclass(frozen=True)
class Bytes:
    """A request as it is, of what no value above can say."""

    received: dt.datetime
    source: str
    method: str
    path: str
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    query: str = ""
    is_refused: bool = False
    device: str = ""
    """Whose message it is."""


Sent = Report | Scan | Message | Frame | Switch | Press | Joins | Alive | ByHand | Minute | Bytes


def messages(
    device: str,
    moments: Iterator[dt.datetime],
    values: Callable[[int], Mapping[str, object]],
    *,
    first_seq: int = 0,
    delay_s: float = 2.0,
) -> list[Sent]:
    """Messages in a row, counted on, each received some seconds after it was sent."""
    return [
        Message(moment + dt.timedelta(seconds=delay_s), device, values(n), first_seq + n, measured=moment)
        for n, moment in enumerate(moments)
    ]


def alive(since: str, until: str, *, step_s: int = 600, collector: str = "arp@workshop") -> list[Sent]:
    """A capture that listens from one moment to another without a break."""
    step = dt.timedelta(seconds=step_s)
    beats: list[Sent] = []
    moment, end = at(since), at(until)
    while moment < end:
        until_now = min(moment + step, end)
        beats.append(Alive(until_now, (until_now - moment).total_seconds(), collector=collector))
        moment = until_now
    return beats


def presses(address: str, *moments: str, frames: int = 4) -> list[Sent]:
    """Presses of one button."""
    return [Press(at(moment), address, frames) for moment in moments]


def stay(
    node: str, address: str, since: str, until: str, *, level: int = -50, step_s: int = 300, site: str = "71234"
) -> list[Sent]:
    """A station that a node hears all the time from one moment to another, told every few minutes."""
    step = dt.timedelta(seconds=step_s)
    told: list[Sent] = []
    moment, end = at(since), at(until)
    while moment < end:
        until_now = min(moment + step, end)
        heard = (Heard(address, moment, until_now, level),)
        told.append(Report(until_now + dt.timedelta(seconds=5), node, heard, site))
        moment = until_now
    return told


def empty_reports(node: str, since: str, until: str, *, step_s: int = 300, site: str = "71234") -> list[Sent]:
    """A node that hears nobody and says so."""
    return [Report(moment, node, (), site) for moment in every(dt.timedelta(seconds=step_s), since, until)]


def at_work(pc: str, since: str, until: str, *, idle: bool = False, every_s: float = 30.0) -> list[Sent]:
    """The minutes of a PC that is on from one moment to another: somebody types all the time, or nobody does."""
    told: list[Sent] = []
    begin, end = at(since), at(until)
    for minute in every(MINUTE, begin, end):
        moments = list(every(dt.timedelta(seconds=every_s), minute, min(minute + MINUTE, end)))
        samples = tuple((moment, (moment - begin).total_seconds() if idle else 1.0) for moment in moments)
        told.append(Minute(min(minute + MINUTE, end), pc, samples, every_s))
    return told
