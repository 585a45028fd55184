"""Who is in or near the invented site on one local day: visitors, passers-by, staff, and devices that never leave.

People come by the site's clock: hours are local wall time, also on days of 23 or 25 hours. Volumes, stays and shares
look like a small public building: about 150 visitor devices and 260 passers-by on a weekday, six in ten addresses
randomised, four of staff, nine fixed devices.
"""

import random
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple

from telltale.address import GROUP_BIT, LOCAL_BIT
from telltale.sources.cloudtrax.simulate.site import FLOOR, Site, dice, local_day, moment

STREET = "street"
"""The zone of those who never come in."""

_NEXT_ZONE = {
    "Entrance": {"Hall": 0.78, "Canteen": 0.12, "Workshop": 0.10},
    "Hall": {"Entrance": 0.28, "Canteen": 0.47, "Workshop": 0.25},
    "Canteen": {"Hall": 0.84, "Entrance": 0.13, "Workshop": 0.03},
    "Workshop": {"Hall": 0.64, "Entrance": 0.31, "Canteen": 0.05},
}

_VISITORS = (150, 146, 164, 144, 150, 38, 30)
_PASSERS_BY = (262, 256, 270, 251, 264, 140, 132)
"""Expected devices from Monday to Sunday."""

_HOURS = range(24)
_WEEKDAY = (0, 0, 0, 0, 0, 0, 0, 4, 8, 10, 9, 11, 20, 12, 8, 7, 6, 4, 2, 0, 1, 0, 0, 0)
_WEEKEND = (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3, 5, 5, 5, 6, 5, 3, 0, 0, 1, 0, 0, 0, 0)
_STREET = (1, 1, 0, 0, 0, 1, 3, 9, 12, 7, 6, 7, 11, 9, 7, 8, 11, 12, 8, 5, 4, 3, 3, 2)
"""How many come in each local hour, in proportion."""

_PHONE_PREFIXES = (0x3C0630, 0xAC5F3E, 0x94B10A, 0xD0D003, 0x58CB52, 0x8CF5A3)
_FIXED = (
    ("printer", 0x00215A, "Hall"), ("printer", 0x00215A, "Workshop"), ("till", 0x0004A3, "Canteen"),
    ("till", 0x0004A3, "Canteen"), ("till", 0x0004A3, "Entrance"), ("display", 0xB827EB, "Entrance"),
    ("display", 0xB827EB, "Hall"), ("lab computer", 0x001B21, "Workshop"), ("lab computer", 0x001B21, "Workshop"),
)  # fmt: skip
_STAFF = (("Entrance", 6.9), ("Canteen", 7.4), ("Workshop", 8.0), ("Hall", 8.6))
"""Where each of the staff mostly works, and when the day begins (local hours)."""


class Leg(NamedTuple):
    """A spot held for a while, epoch seconds."""

    zone: str
    x_m: float
    y_m: float
    start_s: float
    end_s: float


class Stay(NamedTuple):
    """One device in or near the building, from its first to its last moment there.

    Args:
        role: visitor, passer_by, staff or fixed.
        joins: it is a client of the network (from a while after it came).
        power_db: how much stronger than the usual phone it sends.
        every_s: median time between two bursts of frames.
        legs: successive spots; a hole between two legs is a time away.
    """

    address: int
    role: str
    joins: bool
    power_db: float
    every_s: float
    legs: tuple[Leg, ...]

    @property
    def start_s(self) -> float:
        """When it came."""
        return self.legs[0].start_s

    @property
    def end_s(self) -> float:
        """When it left."""
        return self.legs[-1].end_s


class Regulars(NamedTuple):
    """Addresses that come again: phones with a global address, and private addresses kept for this network."""

    global_: tuple[int, ...]
    local: tuple[int, ...]
    staff: tuple[int, ...]
    fixed: tuple[int, ...]


def regulars(seed: int) -> Regulars:
    """The addresses of one seed that are seen on more than one day."""
    rng = dice(seed, "regulars")
    staff = (*(_global(rng) for _ in range(2)), *(_local(rng) for _ in range(2)))
    fixed = tuple(prefix << 24 | rng.getrandbits(24) for _, prefix, _ in _FIXED)
    return Regulars(tuple(_global(rng) for _ in range(220)), tuple(_local(rng) for _ in range(300)), staff, fixed)


def people(site: Site, day: date) -> list[Stay]:
    """Every stay that begins on one local day, fixed devices included; none lasts longer than 25 hours."""
    known = regulars(site.seed)
    rng = dice(site.seed, "people", day)
    return [
        *_fixed(site, day, known.fixed),
        *_staff(site, day, known.staff, rng),
        *_visitors(site, day, known, rng),
        *_passers_by(site, day, rng),
    ]


def _fixed(site: Site, day: date, addresses: tuple[int, ...]) -> Iterator[Stay]:
    begin, end = moment(site, day, 0), moment(site, day + timedelta(days=1), 0)
    for index, (_, _, zone) in enumerate(_FIXED):
        x, y = _spot(dice(site.seed, "fixed", index), zone)
        yield Stay(addresses[index], "fixed", joins=True, power_db=0, every_s=420, legs=(Leg(zone, x, y, begin, end),))


def _staff(site: Site, day: date, addresses: tuple[int, ...], rng: random.Random) -> Iterator[Stay]:
    if day.weekday() > 4:
        return
    for address, (home, hour) in zip(addresses, _STAFF, strict=True):
        start = moment(site, day, hour * 3600 + rng.gauss(0, 420))
        legs = tuple(_walk(rng, start, rng.uniform(7.6, 8.8) * 3600, leg_s=1500, home=home))
        yield Stay(address, "staff", joins=True, power_db=rng.gauss(0, 1), every_s=110, legs=legs)


def _visitors(site: Site, day: date, known: Regulars, rng: random.Random) -> Iterator[Stay]:
    expected = _VISITORS[day.weekday()]
    profile = _WEEKDAY if day.weekday() < 5 else _WEEKEND
    for _ in range(max(0, round(rng.gauss(expected, expected**0.5 / 2)))):
        address, joins = _phone(known, rng)
        power, every = rng.gauss(1, 2), rng.uniform(48, 75)
        start = _arrival(site, day, profile, rng)
        while True:
            hour = datetime.fromtimestamp(start, site.zone).hour
            legs = tuple(_walk(rng, start, _stay_s(hour, rng), leg_s=400))
            yield Stay(address, "visitor", joins, power, every, _with_break(legs, rng))
            start = legs[-1].end_s + rng.uniform(1800, 12_000)
            if rng.random() > 0.11 or local_day(site, start) != day:  # one in nine comes again the same day
                break


def _passers_by(site: Site, day: date, rng: random.Random) -> Iterator[Stay]:
    expected = _PASSERS_BY[day.weekday()]
    for _ in range(max(0, round(rng.gauss(expected, expected**0.5)))):
        address = _local(rng) if rng.random() < 0.62 else _global(rng)
        start = _arrival(site, day, _STREET, rng)
        manner = rng.random()
        if manner < 0.06:  # looks in and leaves again
            leg = Leg("Entrance", *_spot(rng, "Entrance"), start, start + rng.uniform(30, 200))
        elif manner < 0.12:  # waits at the bus stop: long, but weak
            leg = Leg(STREET, rng.uniform(-15, -9), rng.uniform(-4, 16), start, start + rng.uniform(300, 900))
        elif manner < 0.18:  # the far side of the street
            leg = Leg(STREET, rng.uniform(-26, -20), rng.uniform(-10, 22), start, start + rng.uniform(10, 120))
        else:
            leg = Leg(STREET, rng.uniform(-13, -4), rng.uniform(-4, 16), start, start + rng.uniform(5, 170))
        yield Stay(
            address, "passer_by", joins=False, power_db=rng.gauss(0, 2.5), every_s=rng.uniform(40, 60), legs=(leg,)
        )


def _phone(known: Regulars, rng: random.Random) -> tuple[int, bool]:
    """An address and whether it joins the network; regulars and newcomers of both kinds."""
    if rng.random() < 0.38:
        address = rng.choice(known.global_) if rng.random() < 0.6 else _global(rng)
        return address, rng.random() < 0.3
    if rng.random() < 0.4:
        return rng.choice(known.local), True
    return _local(rng), False


def _walk(rng: random.Random, start_s: float, stay_s: float, *, leg_s: float, home: str = "") -> Iterator[Leg]:
    """Spots from the entrance and back to it; `home` is where its owner returns to."""
    end, at, zone = start_s + stay_s, start_s, "Entrance"
    lasts = rng.uniform(60, 150)
    while at + lasts < end - 60:
        yield Leg(zone, *_spot(rng, zone), at, at + lasts)
        at += lasts
        zone = home if home and zone != home else _next_zone(zone, rng)
        lasts = max(90.0, rng.lognormvariate(0, 0.6) * leg_s * (1.6 if zone == "Canteen" else 1))
    yield Leg(zone, *_spot(rng, zone), at, max(end, at + 60))


def _with_break(legs: tuple[Leg, ...], rng: random.Random) -> tuple[Leg, ...]:
    """One long stay in five has a walk outside of 17 to 35 minutes, so that it is heard as two visits."""
    if len(legs) < 5 or rng.random() > 0.2:
        return legs
    at, away = len(legs) // 2, rng.uniform(1020, 2100)
    later = (leg._replace(start_s=leg.start_s + away, end_s=leg.end_s + away) for leg in legs[at:])
    return (*legs[:at], *later)


def _stay_s(hour: int, rng: random.Random) -> float:
    """One in eleven of those who come before two works here for hours; lunch takes a while; others are soon gone.

    Never under 6.5 minutes; log-normal with a long tail: half leave within 17 minutes, one in ten after an hour.
    """
    if hour < 14 and rng.random() < 0.09:
        return rng.uniform(2, 6) * 3600
    minutes, spread = (24, 0.5) if hour == 12 else (11, 0.9)
    while True:
        stay = rng.lognormvariate(0, spread) * minutes * 60
        if 390 <= stay <= 5 * 3600:
            return stay


def _arrival(site: Site, day: date, profile: Sequence[int], rng: random.Random) -> float:
    (hour,) = rng.choices(_HOURS, profile)
    return moment(site, day, hour * 3600 + rng.uniform(0, 3600))


def _next_zone(zone: str, rng: random.Random) -> str:
    (following,) = rng.choices(list(_NEXT_ZONE[zone]), list(_NEXT_ZONE[zone].values()))
    return following


def _spot(rng: random.Random, zone: str) -> tuple[float, float]:
    x0, x1, y0, y1 = FLOOR[zone]
    return rng.uniform(x0 + 1, x1 - 1), rng.uniform(y0 + 1, y1 - 1)


def _global(rng: random.Random) -> int:
    return rng.choice(_PHONE_PREFIXES) << 24 | rng.getrandbits(24)


def _local(rng: random.Random) -> int:
    """A randomised address: locally administered (second-least bit of the first octet), not a group (least bit)."""
    return rng.getrandbits(48) & ~GROUP_BIT | LOCAL_BIT
