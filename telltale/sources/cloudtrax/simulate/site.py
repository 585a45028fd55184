"""The invented site: its nodes on the floor plan, its clock, and when nodes fail.

Everything follows from (seed, local day) alone, so that a part of a simulation is a slice of the whole.
"""

import random
from datetime import date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo


class Site(NamedTuple):
    """The invented site: one seed, one zone, one world."""

    seed: int
    zone: ZoneInfo


class Node(NamedTuple):
    """An access point.

    Args:
        address: its 48-bit address.
        zone: the zone of `devices.csv` it stands in; x_m, y_m are on the floor plan.
        last_signal: newer firmware, whose rows carry `last_seen_signal`.
        carries: a compatible sender: lower-case address, `first_seen` kept over windows (wire/presence.md 1.4).
        skew_s: how far its clock is ahead. Such a node seems to hear a phone a slot later than the others, which looks
            like a move to it and back; this one is hard of hearing, else most moves would be of that kind.
        gain_db: how much stronger than the others it hears.
    """

    address: int
    name: str
    zone: str
    x_m: float
    y_m: float
    last_signal: bool = False
    carries: bool = False
    skew_s: int = 0
    gain_db: float = 0


NODES = (
    Node(0xAC8674_1122A0, "Entrance 1", "Entrance", 3, 6, last_signal=True),
    Node(0xAC8674_1122A8, "Entrance 2", "Entrance", 9, 6),
    Node(0xAC8674_1122B0, "Hall 1", "Hall", 16, 6, last_signal=True, carries=True),
    Node(0xAC8674_1122B8, "Hall 2", "Hall", 25, 6, last_signal=True),
    Node(0xAC8674_1122C0, "Canteen 1", "Canteen", 33, 6),
    Node(0xAC8674_1122C8, "Canteen 2", "Canteen", 40, 6, last_signal=True),
    Node(0xAC8674_1122D0, "Workshop 1", "Workshop", 18, 19, last_signal=True, carries=True),
    Node(0xAC8674_1122D8, "Workshop 2", "Workshop", 27, 26, skew_s=4, gain_db=-9),
)

FLOOR = {"Entrance": (0, 12, 0, 12), "Hall": (12, 30, 0, 12), "Canteen": (30, 43, 0, 12), "Workshop": (12, 30, 12, 28)}
"""Zone -> x from, x to, y from, y to, in metres."""


class Outage(NamedTuple):
    """Nodes that sent nothing from start to end; `unset_s` is how long the first of them had no clock afterwards."""

    nodes: tuple[Node, ...]
    start_s: float
    end_s: float
    unset_s: float = 0


def moment(site: Site, day: date, seconds: float) -> float:
    """Epoch seconds of so many wall-clock seconds after a local midnight, right on days of 23 or 25 hours."""
    wall = datetime.combine(day, time()) + timedelta(seconds=seconds)
    return wall.replace(tzinfo=site.zone).timestamp()


def local_day(site: Site, at_s: float) -> date:
    """The local calendar day of a moment."""
    return datetime.fromtimestamp(at_s, site.zone).date()


def dice(*of: object) -> random.Random:
    """A generator of its own for each thing that is drawn, so that nothing depends on what was drawn before."""
    return random.Random(" ".join(map(str, of)))  # noqa: S311 - invented people, not secrets


def outages(site: Site, day: date) -> tuple[Outage, ...]:
    """The outages of one local day: Thursday night the whole site, Friday noon three nodes behind one switch."""
    rng = dice(site.seed, "outages", day)
    if day.weekday() == 3:
        start = 3 * 3600 + 600
        return (Outage(NODES, moment(site, day, start), moment(site, day, start + 900)),)
    if day.weekday() == 4:
        start = 13 * 3600 + 600 + rng.randrange(0, 600)
        silent = tuple(node for node in NODES if node.zone == "Canteen" or node.name == "Workshop 2")
        return (
            Outage(silent, moment(site, day, start), moment(site, day, start + rng.randrange(4500, 6000)), unset_s=240),
        )
    return ()
