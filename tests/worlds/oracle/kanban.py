"""Presses, pulls, lead times, and how long somebody listened."""

import csv
import datetime as dt
import statistics
from collections.abc import Iterator

from tests.worlds.oracle import facts
from tests.worlds.oracle.facts import Figure
from tests.worlds.sent import DAY, MINUTE, ZONE, Alive, ByHand, Joins, Press
from tests.worlds.world import World


def presses(world: World, *, item: str, days: int) -> Figure:
    """Presses of its buttons, those that acknowledge included, and what was entered by hand."""
    since = facts.midnight(world, days)
    return sum(moment >= since for role in ("button", "ack") for moment in _presses(world, item, role))


def pulls(world: World, *, item: str, days: int) -> Figure:
    """Containers pulled."""
    since = facts.midnight(world, days)
    return sum(moment >= since for moment in _presses(world, item, "button"))


def observed_s(world: World, *, item: str = "", days: int = 0) -> Figure:
    """How long somebody listened, in the stretch."""
    return sum((end - start).total_seconds() for start, end in _listened(world, facts.midnight(world, days)))


def rate_per_day(world: World, *, item: str, days: int) -> Figure:
    """Pulls while somebody listened, per 24 hours of listening within working hours."""
    listened = _listened(world, facts.midnight(world, days))
    watched = [
        moment
        for moment in _presses(world, item, "button")
        if any(start <= moment <= end + MINUTE for start, end in listened)
    ]
    seconds = sum((end - start).total_seconds() for start, end in listened)
    return len(watched) * 86_400 / seconds if seconds else None


def lead_median_s(world: World, *, item: str, days: int, working: bool = True) -> Figure:
    """The median time from a pull to its acknowledgement, of those closed."""
    return statistics.median(_lead_times(world, item, days, working=working))


def lead_mean_s(world: World, *, item: str, days: int, working: bool = True) -> Figure:
    """The mean time from a pull to its acknowledgement, of those closed."""
    return statistics.fmean(_lead_times(world, item, days, working=working))


def open_pulls(world: World, *, item: str, days: int) -> Figure:
    """Pulls that nobody acknowledged."""
    return max(0, len(list(_presses(world, item, "button"))) - len(list(_presses(world, item, "ack"))))


def last_press(world: World, *, item: str) -> Figure:
    """When one of its buttons was last pressed."""
    return max(_presses(world, item, "button")).timestamp()


def unpressed_s(world: World, *, item: str) -> Figure:
    """How long somebody listened since the last press, in working hours where there are any."""
    last = max(_presses(world, item, "button"))
    return sum(_working_s(world, start, end) for start, end in _listened(world, last))


def _presses(world: World, item: str, role: str) -> Iterator[dt.datetime]:
    """Presses of its buttons, or of those that acknowledge it; one dead time is one press."""
    kind = {"button": "pull", "ack": "ack"}[role]
    for row in _buttons(world):
        is_own = (row.get("role") or "button") == role
        told = row.get("item") if role == "button" else row.get("ack_for")
        if is_own and (told or row["Name"]) == item:
            last: dt.datetime | None = None
            kinds = (Press, Joins) if "dhcp = true" in world.settings else (Press,)
            own = [one for one in world.sent if isinstance(one, kinds) and one.address == row["MAC-Address"]]
            dead = dt.timedelta(seconds=float(row.get("dead_time_s") or 60))
            for sent in sorted(own, key=lambda one: one.received):
                if sent.received <= world.now and (last is None or sent.received - last >= dead):
                    last = sent.received
                    yield last
    for one in world.sent:
        if isinstance(one, ByHand) and one.kind == kind and one.item == item:
            yield one.pressed


def _listened(world: World, since: dt.datetime) -> list[tuple[dt.datetime, dt.datetime]]:
    """The stretches in which a capture was alive, those that touch as one."""
    beats = sorted(
        (one.received - dt.timedelta(seconds=one.covered_s), one.received)
        for one in world.sent
        if isinstance(one, Alive)
    )
    joined: list[tuple[dt.datetime, dt.datetime]] = []
    for start, end in beats:
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return [(max(start, since), end) for start, end in joined if end > since]


def _working_s(world: World, start: dt.datetime, end: dt.datetime) -> float:
    """Seconds between two moments within the world's working hours: (weekdays, from hour, to hour), or all."""
    if not world.works:
        return (end - start).total_seconds()
    weekdays, first, last = world.works
    total, day = 0.0, start.astimezone(ZONE).date()
    while day <= end.astimezone(ZONE).date():
        if day.weekday() in weekdays and day.isoformat() not in world.holidays:
            opens = dt.datetime.combine(day, dt.time(), ZONE).replace(hour=first)
            closes = dt.datetime.combine(day, dt.time(), ZONE).replace(hour=last)
            inside = min(closes.astimezone(dt.UTC), end) - max(opens.astimezone(dt.UTC), start)
            total += max(0.0, inside.total_seconds())
        day += DAY
    return total


def _lead_times(world: World, item: str, days: int, *, working: bool) -> list[float]:
    """First pulled, first delivered."""
    since = facts.midnight(world, days)
    pulled, delivered = (sorted(_presses(world, item, role)) for role in ("button", "ack"))
    found = []
    for moment in delivered:
        waiting = [one for one in pulled if one < moment]
        if waiting:
            pulled.remove(waiting[0])
            if moment >= since:
                seconds = (moment - waiting[0]).total_seconds()
                found.append(_working_s(world, waiting[0], moment) if working else seconds)
    return found


def _buttons(world: World) -> list[dict[str, str]]:
    rows = csv.DictReader(line for line in world.buttons.splitlines() if not line.startswith("#"))
    return [{name.strip(): (value or "").strip() for name, value in row.items() if name} for row in rows]
