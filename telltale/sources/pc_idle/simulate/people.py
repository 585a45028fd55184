"""The invented office: who sits at which PC on which day, when there is input, when the PC sleeps.

Hours go by the local clock, so that a day of 23 or 25 hours has its usual work in it. What a PC sees of its person are
inputs; what it cannot see is when it is off, asleep, or when its clock is set forward.
"""

import random
from collections.abc import Iterator
from datetime import date, datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo


class Pc(NamedTuple):
    """A PC of the office; `every_s` is how often its agent looks, `sleeps` whether it sleeps at lunch."""

    name: str
    person: str
    place: str
    every_s: int
    sleeps: bool = False
    is_slow: bool = False
    """Its clock starts some minutes behind and is set right after a while: the agent sees a jump."""


PCS = (
    Pc("desk-1", "Ada", "Office", 10),
    Pc("desk-2", "Ben", "Office", 15, sleeps=True),
    Pc("desk-3", "Cleo", "Office", 15),
    Pc("desk-4", "Dan", "Laboratory", 15, is_slow=True),
    Pc("desk-5", "Eva", "Laboratory", 10, sleeps=True),
    Pc("desk-6", "Finn", "Workshop", 15),
)


class World(NamedTuple):
    """One seed, one zone."""

    seed: int
    zone: ZoneInfo


class Span(NamedTuple):
    """A span of epoch seconds on the PC's clock."""

    start_s: float
    end_s: float


class Day(NamedTuple):
    """One local day of one PC: when it was awake, and in that the stretches with input, and behind a locked screen."""

    awake: tuple[Span, ...]
    active: tuple[Span, ...]
    locked: tuple[Span, ...] = ()
    asleep: tuple[Span, ...] = ()
    """When it slept between two times it was awake; a clock that is set is no sleep."""


def day_of(world: World, pc: Pc, day: date) -> Day | None:
    """What the PC saw on a day; None when it stayed off."""
    rng = dice(world.seed, "day", pc.name, day)
    if rng.random() < (0.06 if day.weekday() < 5 else 0.95):
        return None
    on_s, off_s = _at(world, day, rng.uniform(7.6, 9.2)), _at(world, day, rng.uniform(16.2, 18.4))
    lunch = _pause(rng, _at(world, day, rng.uniform(11.7, 12.7)), 1800, 3600)
    slept = [Span(round(lunch.start_s + 600, 3), lunch.end_s)] if pc.sleeps and rng.random() < 0.7 else []
    asleep = list(slept)
    if pc.is_slow and rng.random() < 0.3:
        jump_s = on_s + rng.uniform(300, 900)
        asleep.append(Span(jump_s, jump_s + rng.uniform(240, 480)))
    # Who switches a PC on uses it for a while, as its session counts from there like from an input.
    breaks = [lunch, *(_pause(rng, rng.uniform(on_s + 300, off_s), 300, 1200) for _ in range(rng.randint(2, 5)))]
    awake = _without([Span(on_s, off_s)], asleep)
    # Between two breaks a moment in which no look falls would be input that nobody can know of.
    least_s = 2 * pc.every_s
    active = tuple(one for one in _without(awake, breaks) if one.end_s - one.start_s > least_s)
    # Who goes to lunch locks the screen, unless the PC then sleeps, and unlocks it at the first input after it.
    back_s = next((one.start_s for one in active if one.start_s >= lunch.end_s), None)
    is_locked = not slept and back_s is not None and dice(world.seed, "lock", pc.name, day).random() < 0.6
    locked = [Span(lunch.start_s, back_s)] if is_locked and back_s is not None else []
    return Day(tuple(awake), active, tuple(locked), tuple(slept))


def inputs(world: World, pc: Pc, stretch: Span) -> Iterator[float]:
    """When keys and mouse were used in a stretch: at its beginning, at its end, and at least once a minute between.

    One is a look before the end, so that the last look of a PC that goes off knows the end as well as any other does.
    """
    rng = dice(world.seed, "inputs", pc.name, stretch.start_s)
    at_s, seen_s = stretch.start_s, stretch.end_s - pc.every_s
    while at_s < stretch.end_s:
        yield at_s
        next_s = at_s + rng.uniform(1, 59)
        if at_s < seen_s < min(next_s, stretch.end_s):
            yield seen_s
        at_s = next_s
    yield stretch.end_s


def dice(*of: object) -> random.Random:
    """A generator of its own for each thing that is drawn, so that nothing depends on what was drawn before."""
    return random.Random(" ".join(map(str, of)))  # noqa: S311 - invented people, not secrets


def local_date(world: World, at_s: float) -> date:
    """The date on the office's clock."""
    return datetime.fromtimestamp(at_s, world.zone).date()


def _at(world: World, day: date, hour: float) -> float:
    """Epoch seconds of an hour on the local clock, to the millisecond as agents tell it."""
    whole = int(hour)
    begin = datetime(day.year, day.month, day.day, whole, tzinfo=world.zone).timestamp()
    return round(begin + (hour - whole) * 3600, 3)


def _pause(rng: random.Random, start_s: float, least_s: float, most_s: float) -> Span:
    return Span(round(start_s, 3), round(start_s + rng.uniform(least_s, most_s), 3))


def _without(spans: list[Span], holes: list[Span]) -> list[Span]:
    """What is left of the spans outside the holes."""
    left = spans
    for hole in holes:
        parts = [
            (Span(span.start_s, min(span.end_s, hole.start_s)), Span(max(span.start_s, hole.end_s), span.end_s))
            for span in left
        ]
        left = [part for pair in parts for part in pair if part.start_s < part.end_s]
    return left
