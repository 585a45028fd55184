"""The invented sensors and a PC's modem: what they are, what they tell, and when their radio is heard.

Six battery sensors of one site send a reading about every ten minutes, slow enough for the 140 messages a day of a
contract. Fridge 2 is left open on some mornings, the cold room falls silent for hours now and then, the dock stands
where hardly a station hears it, and lab B loses its count whenever its battery is changed. The cold room listens for a
downlink once a day. A PC on a desk tells by its modem how long ago its last input was. Each sends a status frame a day,
which takes a number of its count too.

Everything follows from (seed, sensor, number of the message) alone, so that a part of a simulation is a slice of the
whole.

Source: wire/sigfox.md section 3 (rates, sequence), 1.6 (retries).
"""

import math
import random
import struct
from collections.abc import Iterator
from datetime import date, datetime
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from telltale.sources.sigfox.minutes import SCORES

_DAY_S = 86_400
_MESSAGES_A_DAY = 135
_SIXTEENTH = 16
"""Sensors resolve 1/16 °C, which a 32-bit float holds exactly."""


class Sensor(NamedTuple):
    """A sensor: its id, where it is, its limits in °C, and how it behaves.

    Args:
        period_s: between two messages; above the 617 s that 140 a day allow.
        swing, cycle_s: of a compressor, or of the day.
        wrap: after so many messages it begins again at 0; 4096 is that of 12 bits.
        spelling: how its owner's callback is written: `numbers`, `texts`, `form`, or `tutorial` (and then of a PC).
        status_s: when in the UTC day it sends its status.
        listens: whether a message a day asks for a downlink.
    """

    device: int
    name: str
    place: str
    zone: str
    low: float | None
    high: float | None
    period_s: int
    base: float
    swing: float
    cycle_s: int
    status_s: int
    has_humidity: bool = False
    loss: float = 0.01
    wrap: int = 4096
    spelling: str = "numbers"
    listens: bool = False

    @property
    def is_pc(self) -> bool:
        """Whether it is a PC's modem."""
        return self.spelling == "tutorial"


SENSORS = (
    Sensor(0x2D24E6, "Fridge 1", "Kitchen", "Canteen", 2, 8, 630, 4.2, 0.6, 13_000, 33_300),
    Sensor(0x2D24E7, "Fridge 2", "Kitchen", "Canteen", 2, 8, 630, 5.2, 0.5, 12_000, 4_500),
    Sensor(0x2D2501, "Cold room", "Kitchen", "Canteen", 2, 8, 640, 3.4, 0.4, 15_000, 11_000,
           listens=True),
    Sensor(0x4C81A0, "Lab A", "Workshop", "Workshop", 18, 26, 650, 21.5, 1.4, 86_400, 19_000, has_humidity=True,
           spelling="form"),
    Sensor(0x4C81A1, "Lab B", "Workshop", "Workshop", 18, 26, 650, 22.0, 1.8, 86_400, 47_000, has_humidity=True,
           wrap=3000, spelling="form"),
    Sensor(0xB7E02, "Dock", "Dock", "Entrance", -5, 35, 660, 11.0, 6.0, 86_400, 61_000, loss=0.03, spelling="texts"),
    Sensor(0x1D3C08, "Desk 3", "Office", "Hall", None, None, 640, 0, 0, 86_400, 72_000, spelling="tutorial"),
)  # fmt: skip

_DOOR_LEFT_OPEN, _FALLS_SILENT, _UNHEARD = "Fridge 2", "Cold room", "Dock"


class World(NamedTuple):
    """The invented site: one seed, one zone."""

    seed: int
    zone: ZoneInfo


class Message(NamedTuple):
    """One message as the sensor sent it.

    Args:
        number: counts its messages; `counted` its status frames too, and `seq` is what of that it puts on the air.
        score: of a PC, which tells nothing else.
        asks: it listens for a downlink.
    """

    sensor: Sensor
    number: int
    at_s: float
    counted: int
    seq: int
    temperature: float = 0.0
    humidity: int | None = None
    score: int | None = None
    asks: bool = False

    @property
    def payload(self) -> bytes:
        """`temperature::float:32`, and of some `humidity::uint:8`; of a PC its level as text."""
        if self.score is not None:
            return str(self.score).encode()
        humidity = b"" if self.humidity is None else bytes([self.humidity])
        return struct.pack(">f", self.temperature) + humidity


class Status(NamedTuple):
    """One status frame as the sensor sent it; `number` counts days."""

    sensor: Sensor
    number: int
    at_s: float
    counted: int
    seq: int
    battery_v: float
    temp_c: float


Frame = Message | Status


def messages(world: World, sensor: Sensor, start_s: float, end_s: float) -> Iterator[Message]:
    """Every message the sensor sends from start (inclusive) to end (exclusive), heard or not."""
    number = math.floor((start_s - _phase(world, sensor)) / sensor.period_s) - 1
    while _nominal(world, sensor, number) < end_s + 30:
        if start_s <= _sent_at(world, sensor, number) < end_s:
            yield _message(world, sensor, number)
        number += 1


def statuses(world: World, sensor: Sensor, start_s: float, end_s: float) -> Iterator[Status]:
    """Every status frame the sensor sends from start (inclusive) to end (exclusive), heard or not."""
    for day in range(math.floor(start_s / _DAY_S) - 1, math.ceil(end_s / _DAY_S) + 1):
        at_s = day * _DAY_S + sensor.status_s
        if start_s <= at_s < end_s:
            before = math.floor((at_s - _phase(world, sensor)) / sensor.period_s) - 1
            following = next(n for n in range(before, before + 4) if _sent_at(world, sensor, n) >= at_s)
            rng = dice(world.seed, "status", sensor.device, day)
            battery_v, temp_c = round(3.58 + rng.uniform(-0.01, 0.01), 2), round(max(sensor.base, 20) + rng.gauss(0, 1))
            count = following + day
            yield Status(sensor, day, at_s, count, _seq(world, sensor, count), battery_v, temp_c)


def is_heard(world: World, message: Frame) -> bool:
    """Whether a station of the network received it; there is no acknowledgement, what is lost stays lost."""
    sensor, day = message.sensor, _local(world, message.at_s).date()
    if sensor.name == _FALLS_SILENT and _is_within(message.at_s, _silence(world, day)):
        return False
    loss = _loss_at_the_dock(world, day) if sensor.name == _UNHEARD else sensor.loss
    kind = "heard" if isinstance(message, Message) else "status heard"
    return dice(world.seed, kind, sensor.device, message.number).random() >= loss


def dice(*of: object) -> random.Random:
    """A generator of its own for each thing that is drawn, so that nothing depends on what was drawn before."""
    return random.Random(" ".join(map(str, of)))  # noqa: S311 - invented weather, not secrets


@lru_cache(maxsize=256)  # asked of every message
def _phase(world: World, sensor: Sensor) -> float:
    return dice(world.seed, "phase", sensor.device).uniform(0, sensor.period_s)


def _nominal(world: World, sensor: Sensor, number: int) -> float:
    return _phase(world, sensor) + number * sensor.period_s


def _sent_at(world: World, sensor: Sensor, number: int) -> float:
    return _nominal(world, sensor, number) + dice(world.seed, "message", sensor.device, number).uniform(-20, 20)


@lru_cache(maxsize=256)
def _first_seq(world: World, sensor: Sensor) -> int:
    return dice(world.seed, "count", sensor.device).randrange(sensor.wrap)


def _seq(world: World, sensor: Sensor, count: int) -> int:
    return (_first_seq(world, sensor) + count) % sensor.wrap


def _message(world: World, sensor: Sensor, number: int) -> Message:
    rng = dice(world.seed, "message", sensor.device, number)
    at_s = _nominal(world, sensor, number) + rng.uniform(-20, 20)
    count = number + math.floor((at_s - sensor.status_s) / _DAY_S) + 1  # and the status frames until then
    message = Message(sensor, number, at_s, count, _seq(world, sensor, count))
    if sensor.is_pc:
        return message._replace(score=_score(world, at_s, rng))
    wave = math.sin(2 * math.pi * at_s / sensor.cycle_s)
    warm = sensor.base + sensor.swing * wave + rng.gauss(0, 0.12) + _warmth(world, sensor, at_s)
    humidity = round(45 - 6 * wave + rng.gauss(0, 1)) if sensor.has_humidity else None
    return message._replace(
        temperature=round(warm * _SIXTEENTH) / _SIXTEENTH,
        humidity=humidity,
        asks=sensor.listens and number % _MESSAGES_A_DAY == 0,
    )


def _score(world: World, at_s: float, rng: random.Random) -> int:
    """Of a working day from half past eight to five with a break at noon; away otherwise."""
    local = _local(world, at_s)
    hour = local.hour + local.minute / 60
    if local.weekday() > 4 or not 8.5 <= hour < 17 or 12 <= hour < 12.75:
        return 0
    return rng.choices(SCORES, (0.8, 0.1, 0.05, 0.05))[0]


def _warmth(world: World, sensor: Sensor, at_s: float) -> float:
    """What an open door adds: a quick rise, then an hour back."""
    if sensor.name != _DOOR_LEFT_OPEN:
        return 0
    day = _local(world, at_s).date()
    rng = dice(world.seed, "door", day)
    year, week, weekday = day.isocalendar()
    forgetful = dice(world.seed, "forgetful", year, week).randint(1, 5)  # there is one such day in every week
    if weekday != forgetful and rng.random() > (0.25 if weekday <= 5 else 0.1):
        return 0
    opened_s = _midnight(world, day) + rng.uniform(7, 10) * 3600
    peak, since_s = rng.uniform(4.2, 6.5), at_s - opened_s
    if since_s < 0:
        return 0
    return peak * since_s / 1200 if since_s < 1200 else peak * math.exp((1200 - since_s) / 2400)


def _silence(world: World, day: date) -> tuple[float, float]:
    """When the cold room is not heard on a day; mostly never."""
    rng = dice(world.seed, "silence", day)
    if rng.random() > 0.2:
        return 0, 0
    start_s = _midnight(world, day) + rng.uniform(8, 17) * 3600
    return start_s, start_s + rng.uniform(2, 4) * 3600


def _loss_at_the_dock(world: World, day: date) -> float:
    """A truck in front of the antenna takes a large part of a day's messages."""
    rng = dice(world.seed, "dock", day)
    return rng.choice((0.3, 0.4, 0.6)) if rng.random() < 0.25 else 0.03


def _is_within(at_s: float, span: tuple[float, float]) -> bool:
    return span[0] <= at_s < span[1]


def _local(world: World, at_s: float) -> datetime:
    return datetime.fromtimestamp(at_s, world.zone)


def _midnight(world: World, day: date) -> float:
    return datetime(day.year, day.month, day.day, tzinfo=world.zone).timestamp()
