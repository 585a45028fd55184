"""The invented sensors: what they are, what they measure, and when the network carries their frames.

Eight sensors of one site measure every five minutes (switches: at once) and send every quarter of an hour. The vaccine
fridge is left open on some mornings, the cold store's network is away for hours, the freezer's probe fails now and then
and its battery runs low, the switchboard's counter begins again every Monday. What could not be sent is sent later,
with the next frame that gets through; now and then an acknowledgement is lost, and the frame comes twice.

Everything follows from (seed, sensor, number of the sample or frame) alone, so that a part of a simulation is a slice
of the whole.

Source: wire/efento.md section 2, 1.3.
"""

import math
import random
from collections.abc import Iterator
from datetime import date, datetime
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

STEP_S, FRAME_S = 300, 900
SENSOR_FAILED = 8_388_557
"""The code of a failed temperature probe."""
_HOUR_S, _DAY_S, _WEEK_S = 3600, 86_400, 604_800
_MONDAY_S = 4 * _DAY_S + 3 * _HOUR_S
"""Monday, 5 January 1970, 03:00 UTC: counters begin there."""
_MOST_FAILED = 24
"""Frames in a row that do not get through at most."""
_BATTERY_S, _FRESH_V, _LOW_V, _EMPTY_V = 40 * _DAY_S, 3.62, 3.1, 2.95


class Sensor(NamedTuple):
    """A sensor: its serial number, where it is, its limits in °C, and what its channels are.

    Args:
        types: the measurement type of each channel.
        firmware: 0x060A or 0x0702; the newer one tells the battery's voltage, not the signal.
        base, swing: of its temperature in °C.
    """

    serial: int
    name: str
    place: str
    zone: str
    types: tuple[int, ...]
    low: float | None = None
    high: float | None = None
    base: float = 20.0
    swing: float = 0.5
    firmware: int = 0x060A

    @property
    def is_binary(self) -> bool:
        """Whether it tells states, not numbers."""
        return self.types[0] in {5, 7}


FRIDGE = Sensor(0x282C02A00001, "Vaccine fridge", "Pharmacy", "Pharmacy", (1,), 2, 8, 4.8, 0.7)
COLD_STORE = Sensor(0x282C02A00002, "Cold store", "Warehouse", "Warehouse", (1, 27), 2, 8, 4.2, 0.5)
FREEZER = Sensor(0x282C02A00003, "Freezer", "Pharmacy", "Pharmacy", (1,), -25, -15, -20.0, 1.0, 0x0702)
AIR = Sensor(0x282C02A00004, "Lab air", "Lab", "Workshop", (1, 2, 26), 18, 26, 21.5, 1.2)
DOOR = Sensor(0x282C02A00005, "Back door", "Warehouse", "Warehouse", (5,), firmware=0x0702)
CELLAR = Sensor(0x282C02A00006, "Cellar floor", "Cellar", "Cellar", (7,), firmware=0x0702)
WATER = Sensor(0x282C02A00007, "Water meter", "Cellar", "Cellar", (24, 25))
POWER = Sensor(0x282C02A00008, "Switchboard", "Cellar", "Cellar", (38, 37), firmware=0x0702)
SENSORS = (FRIDGE, COLD_STORE, FREEZER, AIR, DOOR, CELLAR, WATER, POWER)


class World(NamedTuple):
    """The invented site: one seed, one zone."""

    seed: int
    zone: ZoneInfo


class Frame(NamedTuple):
    """A frame that got through: when, and the numbers of the quarters it covers, `first` to `last`."""

    sensor: Sensor
    at_s: float
    first: int
    last: int
    retries: int
    is_copy: bool = False


def frames(world: World, sensor: Sensor, start_s: float, end_s: float) -> Iterator[Frame]:
    """Every frame that gets through from start (inclusive) to end (exclusive), copies included, in time order."""
    number = math.floor((start_s - phase_s(sensor)) / FRAME_S) - 1
    while frame_s(sensor, number) < end_s:
        if not _fails(world, sensor, number):
            failed = next(n for n in range(_MOST_FAILED + 1) if not _fails(world, sensor, number - 1 - n))
            rng = dice(world.seed, "sent", sensor.serial, number)
            at_s = frame_s(sensor, number) + rng.uniform(2, 6)
            frame = Frame(sensor, at_s, number - failed, number, min(failed, 31))
            sent = [frame]
            if rng.random() < 0.01:  # it was stored, but the sensor did not learn of it
                sent.append(frame._replace(at_s=at_s + rng.uniform(20, 40), retries=frame.retries + 1, is_copy=True))
            yield from (each for each in sent if start_s <= each.at_s < end_s)
        number += 1


def frame_s(sensor: Sensor, number: int) -> int:
    """When the quarter of this number ends and its frame is made."""
    return phase_s(sensor) + number * FRAME_S


def phase_s(sensor: Sensor) -> int:
    """Sensors do not measure all at one moment."""
    return sensor.serial % 10 * 37


def sample_times(frame: Frame) -> range:
    """When the samples of a frame were taken, by the sensor's own clock in whole seconds."""
    return range(frame_s(frame.sensor, frame.first - 1) + STEP_S, frame_s(frame.sensor, frame.last) + 1, STEP_S)


def raw(world: World, sensor: Sensor, channel: int, at_s: int) -> int | None:
    """What the channel (from 0) of a continuous sensor measures, in raw units; None where its probe fails."""
    kind = sensor.types[channel]
    if kind in {24, 25, 37, 38}:
        return _counter(sensor, kind, at_s)
    rng = dice(world.seed, "sample", sensor.serial, channel, at_s)
    if kind == 1:
        return None if _probe_fails(world, sensor, at_s) else round(10 * _temperature(world, sensor, at_s, rng))
    if kind == 26:
        return 3 * round(420 + 500 * _work(world, at_s) + rng.gauss(0, 15)) + 1
    humidity = 48 + 6 * math.sin(2 * math.pi * at_s / _DAY_S) + rng.gauss(0, 0.4)
    return round(humidity * (10 if kind == 27 else 1))


def total(sensor: Sensor, at_s: int) -> int:
    """What a counter has counted since it last began: litres, or Wh."""
    begin_s = (at_s - _MONDAY_S) // _WEEK_S * _WEEK_S + _MONDAY_S
    if sensor is POWER:
        return int(_consumed(at_s) * 9) - int(_consumed(begin_s) * 9)
    return int(_consumed(at_s))


def states(world: World, sensor: Sensor, start_s: int, end_s: int) -> list[tuple[int, int]]:
    """When a switch is active in the stretch: the door stands open, water stands in the cellar."""
    day = datetime.fromtimestamp(start_s - _DAY_S, world.zone).date().toordinal()
    last = datetime.fromtimestamp(end_s, world.zone).date().toordinal()
    spans = [span for each in range(day, last + 1) for span in _active(world, sensor, date.fromordinal(each))]
    return [(max(begin, start_s), min(end, end_s)) for begin, end in spans if begin <= end_s and end > start_s]


def battery_v(sensor: Sensor, at_s: float) -> float:
    """The battery's voltage; it is changed every forty days."""
    if sensor is not FREEZER:
        return _FRESH_V
    return round(_FRESH_V - (_FRESH_V - _EMPTY_V) * (at_s % _BATTERY_S) / _BATTERY_S, 2)


def is_battery_good(sensor: Sensor, at_s: float) -> bool:
    """What the sensor says of its battery."""
    return battery_v(sensor, at_s) > _LOW_V


def dice(*of: object) -> random.Random:
    """A generator of its own for each thing that is drawn, so that nothing depends on what was drawn before."""
    return random.Random(" ".join(map(str, of)))  # noqa: S311 - invented weather, not secrets


def _fails(world: World, sensor: Sensor, number: int) -> bool:
    """Whether the frame finds no network; never more than `_MOST_FAILED` in a row."""
    at_s = frame_s(sensor, number)
    if sensor is COLD_STORE:
        begin_s, end_s = _outage(world, datetime.fromtimestamp(at_s, world.zone).date())
        if begin_s <= at_s < end_s:
            return True
    return number % _MOST_FAILED != 0 and dice(world.seed, "lost", sensor.serial, number).random() < 0.01


@lru_cache(maxsize=4096)
def _outage(world: World, day: date) -> tuple[float, float]:
    """When the cold store's network is away on a day; on one day of three."""
    rng = dice(world.seed, "outage", day)
    if rng.random() > 0.35:
        return 0, 0
    start_s = _midnight(world, day) + rng.uniform(8, 16) * _HOUR_S
    return start_s, start_s + rng.uniform(1.5, 3.5) * _HOUR_S


def _temperature(world: World, sensor: Sensor, at_s: int, rng: random.Random) -> float:
    cycle_s = _DAY_S if sensor is AIR else 12_600 + sensor.serial % 10 * 300
    wave = math.sin(2 * math.pi * at_s / cycle_s)
    return sensor.base + sensor.swing * wave + rng.gauss(0, 0.1) + _warmth(world, sensor, at_s)


def _warmth(world: World, sensor: Sensor, at_s: int) -> float:
    """What a fridge left open adds: a rise of twenty minutes, then an hour back."""
    if sensor is not FRIDGE:
        return 0
    day = datetime.fromtimestamp(at_s, world.zone).date()
    rng = dice(world.seed, "left open", day)
    if rng.random() > 0.4:
        return 0
    peak, since_s = rng.uniform(5, 8), at_s - _midnight(world, day) - rng.uniform(7, 10) * _HOUR_S
    if since_s < 0:
        return 0
    return peak * since_s / 1200 if since_s < 1200 else peak * math.exp((1200 - since_s) / 2400)


def _probe_fails(world: World, sensor: Sensor, at_s: int) -> bool:
    return sensor is FREEZER and dice(world.seed, "probe", at_s // _HOUR_S).random() < 0.03


def _counter(sensor: Sensor, kind: int, at_s: int) -> int:
    counted, was_reset = total(sensor, at_s), sensor is POWER and (at_s - _MONDAY_S) % _WEEK_S < _HOUR_S
    if kind == 24:
        return 6 * (counted % 100) + 1
    if kind == 25:
        return 4 * (counted // 100)
    return 6 * (counted % 1000) if kind == 37 else 4 * (counted // 1000) + 2 * was_reset


def _consumed(at_s: int) -> float:
    """Litres since counting began: 1.2 m³ on a day of work, most of it by day, a fifth of that at the weekend."""
    days, second = divmod(at_s - _MONDAY_S + 3 * _HOUR_S, _DAY_S)
    weeks, weekday = divmod(days, 7)
    by_now = 0.1 * second / _DAY_S + 0.9 * min(max(second - 6 * _HOUR_S, 0), 12 * _HOUR_S) / (12 * _HOUR_S)
    whole = weeks * 5.4 + min(weekday, 5) + 0.2 * max(weekday - 5, 0)
    return 1200 * (whole - 2900 * 5.4 + by_now * (1 if weekday < 5 else 0.2))


def _work(world: World, at_s: int) -> float:
    """How busy the lab is, 0 to 1."""
    local = datetime.fromtimestamp(at_s, world.zone)
    if local.weekday() > 4:
        return 0
    hour = local.hour + local.minute / 60
    return max(0.0, math.sin(math.pi * (hour - 8) / 10)) if 8 <= hour <= 18 else 0


@lru_cache(maxsize=4096)
def _active(world: World, sensor: Sensor, day: date) -> tuple[tuple[int, int], ...]:
    """The spans of a day; they do not touch each other."""
    rng, spans = dice(world.seed, "active", sensor.serial, day), []
    if sensor is DOOR:
        at_s = _midnight(world, day) + 6 * _HOUR_S + rng.randint(0, 1800)
        while at_s < _midnight(world, day) + 18 * _HOUR_S:
            length_s = rng.randint(8, 240) if rng.random() < 0.95 else rng.randint(900, 2400)
            spans.append((int(at_s), int(at_s) + length_s))
            at_s += length_s + rng.randint(300, 5400)
    elif rng.random() < 0.2:
        begin_s = int(_midnight(world, day)) + rng.randint(0, 20 * _HOUR_S)
        spans.append((begin_s, begin_s + rng.randint(1200, 3 * _HOUR_S)))
    return tuple(spans)


def _midnight(world: World, day: date) -> float:
    return datetime(day.year, day.month, day.day, tzinfo=world.zone).timestamp()
