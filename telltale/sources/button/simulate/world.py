"""The invented workshop: what it consumes, who presses which button when, and what the capture missed.

Five items stand in bins, each with a button at the line; bolts have two. Demand follows the working hours. Labels are
asked for more and more often, doubling every three weeks, until a new cycle of fifteen weeks begins; the tape's button
dies at `died_s`. Deliveries of bolts, labels and fuses are acknowledged by a press at the goods-in, one to three days
after each pull, on Saturday at the latest. A supervisor's phone with a random address comes and goes. On Tuesday nights
the machine that captures is updated and hears nothing.

Everything follows from (seed, thing, day) alone, so that a part of a simulation is a slice of the whole; only the death
of the tape's button follows the length of the scenario.

Source: wire/kanban.md sections 2.2, 4, 6.6 and 7.
"""

import math
import random
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from telltale.contract import Scenario

APART_S = 240
"""Two presses of one button are at least so far apart: more than any dead time in use."""
LABELS, TAPE, GLOVES = "Labels", "Tape", "Gloves"

_DOUBLES_D, _CYCLE_D, _CYCLE_FROM = 21, 105, date(2026, 9, 7)
_DIES_AT, _ENDLESS_S = 0.6, 5 * 365 * 86_400
_FIRST_H, _LAST_H = 6, 22
_HOURLY = (6, 8, 8, 7, 8, 8, 4, 7, 8, 7, 6, 5, 4, 3, 2, 2)
"""Weights of the hours from 6 to 22."""
_WEEKDAY = (1.0, 1.0, 1.0, 1.0, 1.0, 0.0, 0.0)
_LEAD_D = ((1, 1, 2, 2, 3),) * 3 + ((1, 1, 2, 2),) + ((1,),) * 3
"""Days until a delivery, by weekday: by Saturday all is delivered, so that each week begins with nothing open."""
_LONGEST_LEAD_D = 3


class Item(NamedTuple):
    """What stands in a bin: its consumption in pulls a working day, and its cards.

    Args:
        buttons: addresses and names of the buttons at the line.
        ack: address and name of the button at the goods-in; none for items nobody acknowledges.
    """

    name: str
    per_day: float
    container_qty: float
    cards: int
    buttons: tuple[tuple[str, str], ...]
    ack: tuple[str, str] | None = None
    lead_time_days: float | None = None


ITEMS = (
    Item("Bolts M8", 9, 200, 24, (("ac:63:be:10:00:01", "Bolts line A"), ("ac:63:be:10:00:02", "Bolts line B")),
         ack=("ac:63:be:10:00:11", "Bolts delivered")),
    Item(LABELS, 0.8, 500, 18, (("ac:63:be:10:00:03", LABELS),), ack=("ac:63:be:10:00:13", "Labels delivered")),
    Item(GLOVES, 3, 50, 8, (("ac:63:be:10:00:04", GLOVES),), lead_time_days=2),
    Item(TAPE, 5, 36, 14, (("ac:63:be:10:00:05", TAPE),), lead_time_days=1.5),
    Item("Fuses", 2, 100, 10, (("ac:63:be:10:00:06", "Fuses"),), ack=("ac:63:be:10:00:16", "Fuses delivered")),
)  # fmt: skip
PHONE = ("02:7e:11:a0:00:20", "Supervisor phone")
AWAY_AFTER_S = 1800.0
LINE_A, LINE_B = (address for address, _name in ITEMS[0].buttons)


class World(NamedTuple):
    """One seed, one zone, and when the tape's button dies (epoch s)."""

    seed: int
    zone: ZoneInfo
    died_s: float


class Press(NamedTuple):
    """Somebody presses a button; `at_s` is when its first frame is on the air."""

    at_s: float
    device_id: str


def world(scenario: Scenario) -> World:
    """The world of a scenario. In one without end the tape's button is dead already."""
    span_s = scenario.end_s - scenario.start_s
    died_s = scenario.start_s + (0 if span_s >= _ENDLESS_S else _DIES_AT * span_s)
    return World(scenario.seed, ZoneInfo(scenario.timezone), died_s)


def dice(*of: object) -> random.Random:
    """A generator of its own for each thing that is drawn, so that nothing depends on what was drawn before."""
    return random.Random(" ".join(map(str, of)))  # noqa: S311 - invented presses, not secrets


def local_days(here: World, start_s: float, end_s: float) -> Iterator[date]:
    """The local days that touch a span."""
    day, last = local(here, start_s).date(), local(here, end_s).date()
    while day <= last:
        yield day
        day += timedelta(days=1)


def local(here: World, at_s: float) -> datetime:
    """The clock on the wall."""
    return datetime.fromtimestamp(at_s, here.zone)


def midnight_s(here: World, day: date) -> float:
    """When a local day begins."""
    return datetime(day.year, day.month, day.day, tzinfo=here.zone).timestamp()


def presses(here: World, day: date) -> list[Press]:
    """Every press of a local day, in order: of the buttons at the line and of those at the goods-in."""
    found = [press for item in ITEMS for press in pulled(here, item, day)]
    found += [press for item in ITEMS for press in _delivered(here, item, day)]
    return sorted(found)


def by_hand(here: World, day: date) -> Iterator[tuple[float, str]]:
    """Pulls that somebody typed in because the button was lost: of gloves, every Wednesday."""
    if day.isoweekday() == 3:
        yield midnight_s(here, day) + 11 * 3600 + dice(here.seed, "hand", day).uniform(0, 1800), GLOVES


def is_listening(here: World, at_s: float) -> bool:
    """False on Tuesday nights from 02:00 to 03:30, when the machine is updated."""
    clock = local(here, at_s)
    return not (clock.isoweekday() == 2 and (2, 0) <= (clock.hour, clock.minute) < (3, 30))


def phone_stay(here: World, day: date) -> tuple[float, float] | None:
    """From when to when the supervisor's phone is there; nobody comes on Sunday."""
    if day.isoweekday() == 7:
        return None
    rng, begin = dice(here.seed, "phone", day), midnight_s(here, day)
    return begin + rng.uniform(6.7, 7.6) * 3600, begin + rng.uniform(15.2, 16.8) * 3600


def pulled(here: World, item: Item, day: date) -> list[Press]:
    """The presses at the line of an item on a local day, in order."""
    return [
        press for press in _pulled(here.seed, here.zone, item, day) if item.name != TAPE or press.at_s < here.died_s
    ]


@lru_cache(maxsize=512)  # a day's pulls are asked for again by the deliveries of the days after it
def _pulled(seed: int, zone: ZoneInfo, item: Item, day: date) -> tuple[Press, ...]:
    here = World(seed, zone, math.inf)
    rng, begin = dice(seed, "pulls", item.name, day), midnight_s(here, day)
    found = []
    for _ in range(_poisson(rng, _rate(item, day))):
        hour = rng.choices(range(_FIRST_H, _LAST_H), _HOURLY)[0]
        at_s = begin + (hour + rng.random()) * 3600
        device_id = rng.choice(item.buttons)[0]
        found.append(Press(at_s, device_id))
        if device_id == LINE_A and rng.random() < 0.15:  # both lines start a new box at once: bursts interleave
            found.append(Press(at_s + rng.uniform(0.4, 1.6), LINE_B))
    return tuple(sorted(_spaced(found)))


def _delivered(here: World, item: Item, day: date) -> list[Press]:
    """The presses at the goods-in: each pull is delivered after one to three days."""
    if item.ack is None:
        return []
    due = []
    for before in range(1, _LONGEST_LEAD_D + 1):
        made = day - timedelta(days=before)
        for press in pulled(here, item, made):
            rng = dice(here.seed, "lead", press.device_id, press.at_s)
            if before == rng.choice(_LEAD_D[made.weekday()]):
                of_day_s = press.at_s - midnight_s(here, made) + rng.uniform(-1800, 1800)
                open_s = max(of_day_s, _FIRST_H * 3600 + rng.uniform(0, 900))
                due.append(midnight_s(here, day) + min(open_s, 20 * 3600 + rng.uniform(0, 900)))
    found: list[Press] = []
    for at_s in sorted(due):  # one after the other: every delivery keeps its press
        earliest_s = found[-1].at_s + APART_S if found else at_s
        found.append(Press(max(at_s, earliest_s), item.ack[0]))
    return found


def _rate(item: Item, day: date) -> float:
    growth = 2 ** ((day - _CYCLE_FROM).days % _CYCLE_D / _DOUBLES_D) if item.name == LABELS else 1.0
    return item.per_day * growth * _WEEKDAY[day.weekday()]


def _poisson(rng: random.Random, mean: float) -> int:
    """A Poisson number, by counting unit-rate arrivals."""
    count, at = 0, rng.expovariate(1.0)
    while at < mean:
        count, at = count + 1, at + rng.expovariate(1.0)
    return count


def _spaced(found: list[Press]) -> Iterator[Press]:
    """Without those that come too soon after the last one of their button."""
    last: dict[str, float] = {}
    for press in sorted(found):
        if press.at_s - last.get(press.device_id, -math.inf) >= APART_S:
            last[press.device_id] = press.at_s
            yield press
