"""How long PCs were in use."""

import datetime as dt
import json
import statistics
from collections.abc import Iterator

from tests.worlds.oracle import facts
from tests.worlds.oracle.facts import Figure
from tests.worlds.sent import Bytes, Minute
from tests.worlds.world import World

AWAY_AFTER_S = 180


def active_s(world: World, *, pc: str, days: int = 1) -> Figure:
    """How long somebody was at it: pauses between inputs of at most three minutes belong to it."""
    since = facts.midnight(world, days)
    inputs = sorted(moment for moment in _inputs(world, pc) if since <= moment <= world.now)
    pauses = [(after - before).total_seconds() for before, after in facts.pairs(inputs)]
    return float(sum(pause for pause in pauses if pause <= AWAY_AFTER_S))


def known_s(world: World, *, pc: str, days: int = 1) -> Figure:
    """How long it was watched, each sample standing for its step."""
    since = facts.midnight(world, days)
    return sum({moment: step for moment, _, step in _samples(world, pc) if since <= moment < world.now}.values())


def unknown_s(world: World, *, pc: str, days: int = 1) -> Figure:
    """How long nobody knows."""
    known = known_s(world, pc=pc, days=days)
    assert isinstance(known, float | int)
    return (world.now - facts.midnight(world, days)).total_seconds() - known


def last_active(world: World, *, pc: str) -> Figure:
    """When there was input last."""
    return max(_inputs(world, pc)).timestamp()


def pcs(world: World) -> Figure:
    """PCs that reported or are listed."""
    heard = {f"pc:{sent.pc}" for sent in world.sent if isinstance(sent, Minute)}
    return len(heard | {name for name in facts.listed(world) if name.startswith("pc:")})


def _samples(world: World, pc: str) -> Iterator[tuple[dt.datetime, float, float]]:
    """Moment, seconds since the last input, seconds to the next sample."""
    for sent in world.sent:
        if isinstance(sent, Minute) and sent.pc == pc:
            yield from ((moment, idle_s, sent.every_s) for moment, idle_s in sent.samples)


def _inputs(world: World, pc: str) -> set[dt.datetime]:
    """The moments of the last input that samples tell of."""
    return {moment - dt.timedelta(seconds=idle_s) for moment, idle_s, _ in _samples(world, pc)}


def told_active_s(world: World, *, pc: str) -> Figure:
    """How long an imported file says that somebody was there, until it was received."""
    return _told_s(world, pc, "not-afk")


def told_known_s(world: World, *, pc: str) -> Figure:
    """How long an imported file says anything, until it was received."""
    return _told_s(world, pc, "")


def team_people(world: World, *, days: int = 1) -> Figure:
    """People of whom something is known."""
    return len(_of_people(world, days))


def team_mean_s(world: World, *, days: int = 1) -> Figure:
    """The mean time in use of those."""
    return statistics.fmean(_of_people(world, days))


def _of_people(world: World, days: int) -> list[float]:
    found = []
    for device, row in facts.listed(world).items():
        pc = device.removeprefix("pc:")
        if row.get("person") and known_s(world, pc=pc, days=days):
            active = active_s(world, pc=pc, days=days)
            assert isinstance(active, float)
            found.append(active)
    return found


def _told_s(world: World, pc: str, status: str) -> float:
    total = 0.0
    for sent in world.sent:
        if isinstance(sent, Bytes) and sent.path == "/activitywatch":
            for bucket in json.loads(sent.body)["buckets"].values():
                for event in bucket["events"] if bucket["hostname"] == pc else ():
                    start = dt.datetime.fromisoformat(event["timestamp"])
                    end = min(start + dt.timedelta(seconds=event["duration"]), sent.received)
                    if not status or event["data"]["status"] == status:
                        total += max(0.0, (end - start).total_seconds())
    return total
