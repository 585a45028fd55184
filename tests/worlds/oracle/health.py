"""How each device and source was heard."""

import datetime as dt
import statistics

from tests.worlds.oracle import facts
from tests.worlds.oracle.facts import Figure
from tests.worlds.world import World

PATIENCE = 3
"""A device is late after three of its intervals, and silent after six."""


def newest(world: World, *, device: str = "", source: str = "") -> Figure:
    """When it was last heard, by our clock."""
    heard = facts.life(world, device, source)
    return max(heard).timestamp() if heard else None


def silent_s(world: World, *, device: str = "", source: str = "") -> Figure:
    """How long nothing was heard of it."""
    heard = facts.life(world, device, source)
    return (world.now - max(heard)).total_seconds() if heard else None


def reports(world: World, *, device: str, hours: float = 24) -> Figure:
    """How many messages came of it."""
    return sum(moment >= world.now - dt.timedelta(hours=hours) for moment in facts.life(world, device))


def interval_s(world: World, *, device: str) -> Figure:
    """How often it sends: as listed, else the median pause between two messages."""
    listed = facts.listed(world).get(device, {}).get("expected_interval_s")
    if listed:
        return float(listed)
    steps = [(after - before).total_seconds() for before, after in facts.pairs(facts.life(world, device))]
    return statistics.median(steps) if steps else None


def state(world: World, *, device: str) -> Figure:
    """On time, late after three intervals, silent after six."""
    silence, usual = silent_s(world, device=device), interval_s(world, device=device)
    if not isinstance(silence, float):
        return "unheard"
    if not isinstance(usual, float):
        return "unknown"
    return "silent" if silence > 2 * PATIENCE * usual else "late" if silence > PATIENCE * usual else "on_time"


def longest_pause_s(world: World, *, device: str, hours: float = 24) -> Figure:
    """The longest time between two messages in a row."""
    since = world.now - dt.timedelta(hours=hours)
    return max(
        (
            (after - before).total_seconds()
            for before, after in facts.pairs(facts.life(world, device))
            if after >= since
        ),
        default=None,
    )


def records(world: World, *, source: str, days: int = 1) -> Figure:
    """How many requests came on the last days, today included."""
    since = facts.midnight(world, days)
    return sum(since <= moment <= world.now for moment in facts.arrivals(world, source))


def devices_known(world: World, *, source: str) -> Figure:
    """Devices listed or ever heard."""
    return len(facts.known(world, source))


def devices_heard(world: World, *, source: str, hours: float = 24) -> Figure:
    """Devices heard in the stretch."""
    since = world.now - dt.timedelta(hours=hours)
    return sum(any(moment >= since for moment in facts.life(world, device)) for device in facts.known(world, source))


def devices_on_time(world: World, *, source: str) -> Figure:
    """Devices that are neither late nor silent nor unheard."""
    return sum(state(world, device=device) == "on_time" for device in facts.known(world, source))


def numbers_left_out(world: World, *, device: str, hours: float = 24) -> Figure:
    """Numbers its count has left out, those before the first message of the stretch included."""
    return _left_out(world, device, hours)[0]


def share_left_out(world: World, *, device: str, hours: float = 24) -> Figure:
    """… of all it sent."""
    lost, came = _left_out(world, device, hours)
    return lost / (lost + came)


def clock_offset_s(world: World, *, device: str) -> Figure:
    """How far its clock is behind ours: the median of the newest twenty messages."""
    newest_first = sorted(facts.messages(world, device), key=lambda sent: sent.received)[-20:]
    return statistics.median((sent.received - sent.at).total_seconds() for sent in newest_first)


def _left_out(world: World, device: str, hours: float) -> tuple[int, int]:
    """How many numbers were left out before messages of the stretch, and how many of these came."""
    since = world.now - dt.timedelta(hours=hours)
    sent = [one for one in facts.messages(world, device) if one.seq is not None]
    steps = [after.seq - before.seq - 1 for before, after in facts.pairs(sent) if after.received >= since]
    return sum(steps), sum(one.received >= since for one in sent)
