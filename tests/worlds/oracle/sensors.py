"""What sensors measured, and how long they were outside their limits."""

import datetime as dt
import statistics

from tests.worlds.oracle import facts, health
from tests.worlds.oracle.facts import Figure
from tests.worlds.sent import DAY, MINUTE, Frame, Switch
from tests.worlds.world import World

AHEAD = 10 * MINUTE
EFENTO = {1: ("temperature", 10), 2: ("humidity", 1)}
"""Measurement types: the quantity and how many of its numbers make one unit."""


def readings(world: World, *, device: str, quantity: str, hours: float = 24) -> Figure:
    """How many values came."""
    return len(_values(world, device, quantity, hours))


def lowest(world: World, *, device: str, quantity: str, hours: float = 24) -> Figure:
    """The lowest value."""
    return min(value for _, value in _values(world, device, quantity, hours))


def highest(world: World, *, device: str, quantity: str, hours: float = 24) -> Figure:
    """The highest value."""
    return max(value for _, value in _values(world, device, quantity, hours))


def mean(world: World, *, device: str, quantity: str, hours: float = 24) -> Figure:
    """The mean value."""
    return statistics.fmean(value for _, value in _values(world, device, quantity, hours))


def newest_value(world: World, *, device: str, quantity: str, hours: float = 24) -> Figure:
    """The value of the newest reading."""
    return _values(world, device, quantity, hours)[-1][1]


def low(world: World, *, device: str, quantity: str) -> Figure:
    """The low limit that holds for it."""
    return _limit(world, "low", device, quantity)


def high(world: World, *, device: str, quantity: str) -> Figure:
    """The high limit that holds for it."""
    return _limit(world, "high", device, quantity)


def outside_s(world: World, *, device: str, quantity: str, hours: float = 24) -> Figure:
    """How long it was outside: from the first to the last reading beyond, and up to an interval more on each side."""
    usual = health.interval_s(world, device=device)
    runs = _runs(world, device, quantity, hours)
    sure = sum((run[-1] - run[0]).total_seconds() for run in runs)
    return (sure, sure + 2 * float(usual) * len(runs)) if isinstance(usual, float) else (sure, sure)


def excursions(world: World, *, device: str, quantity: str, hours: float = 24) -> Figure:
    """How often it left its limits."""
    return len(_runs(world, device, quantity, hours))


def share_received(world: World, *, device: str, days: int = 1) -> Figure:
    """Of the messages that were due from it, one an interval since it was first heard."""
    usual, heard = health.interval_s(world, device=device), facts.life(world, device)
    since = max(facts.midnight(world, days), min(heard))
    assert isinstance(usual, float)
    due = (world.now - since).total_seconds() / usual
    return min(1.0, sum(moment >= since for moment in heard) / due)


def consumed(world: World, *, device: str, quantity: str, days: int = 1) -> Figure:
    """What a counter counted: the rises between two readings; after a reset it began at 0."""
    since = facts.midnight(world, days)
    found = [value for moment, value in _values(world, device, quantity, 24 * 400) if moment >= since]
    return float(sum(after - before if after >= before else after for before, after in facts.pairs(found)))


def _values(world: World, device: str, quantity: str, hours: float) -> list[tuple[dt.datetime, float]]:
    since = world.now - dt.timedelta(hours=hours)
    found: dict[dt.datetime, float] = {}
    for sent in facts.messages(world, device):
        value = sent.values.get(quantity)
        moment = sent.at if sent.at <= sent.received + AHEAD and sent.received - sent.at < 400 * DAY else sent.received
        if isinstance(value, int | float):
            found[moment] = float(value)
    for frame in world.sent:
        if isinstance(frame, Frame) and f"efento:{frame.serial.lower()}" == device:
            for kind, numbers in frame.channels:
                name, divisor = EFENTO[kind]
                if name != quantity:
                    continue
                for at, number in enumerate(numbers):
                    if number is not None:
                        found[frame.first + dt.timedelta(seconds=at * frame.every_s)] = number / divisor
    return [(moment, found[moment]) for moment in sorted(found) if since <= moment <= world.now]


def _limit(world: World, side: str, device: str, quantity: str) -> float | None:
    """The limit of that quantity; a plain one is that of the temperature, or of the only quantity."""
    row = facts.listed(world).get(device, {})
    text = row.get(f"{side}:{quantity}")
    if not text:
        told = quantities_of(world, device)
        main = "temperature" if "temperature" in told else next(iter(told)) if len(told) == 1 else None
        text = row.get(side) if quantity == main else None
    return float(text) if text else None


def quantities_of(world: World, device: str) -> set[str]:
    """The quantities it has ever told a number of."""
    told = {
        name
        for sent in facts.messages(world, device)
        for name, value in sent.values.items()
        if isinstance(value, int | float)
    }
    frames = (one for one in world.sent if isinstance(one, Frame) and f"efento:{one.serial.lower()}" == device)
    return told | {EFENTO[kind][0] for frame in frames for kind, _ in frame.channels}


def _runs(world: World, device: str, quantity: str, hours: float) -> list[list[dt.datetime]]:
    """The moments of readings beyond a limit, those in a row together."""
    lowest_, highest_ = (_limit(world, side, device, quantity) for side in ("low", "high"))
    runs: list[list[dt.datetime]] = []
    before = 0
    for moment, value in _values(world, device, quantity, hours):
        side = 1 if highest_ is not None and value > highest_ else -1 if lowest_ is not None and value < lowest_ else 0
        if side and side == before:
            runs[-1].append(moment)
        elif side:
            runs.append([moment])
        before = side
    return runs


def active_time_s(world: World, *, device: str, hours: float = 24) -> Figure:
    """How long a sensor of two states was active."""
    serial, since = device.removeprefix("efento:"), world.now - dt.timedelta(hours=hours)
    total = 0.0
    for sent in world.sent:
        if isinstance(sent, Switch) and sent.serial.lower() == serial:
            for (start, is_active), (end, _) in facts.pairs(sent.states):
                if is_active and end > since:
                    total += (end - max(start, since)).total_seconds()
    return total
