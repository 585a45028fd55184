"""What analysis must find again in simulated PCs, worked out from when there was input, without any analysis.

A pause in input is at most a minute inside a stretch and at least five minutes between two, so every threshold of
"away" between those gives the same spans. They are exact to one sample.
"""

from collections.abc import Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from telltale.contract import Scenario, SourceSettings
from telltale.sources.pc_idle.simulate import days, samples
from telltale.sources.pc_idle.simulate.people import PCS, Day, Pc, Span, World, day_of


def truth(scenario: Scenario, _settings: SourceSettings) -> Mapping[str, Any]:
    """What the agents' records of a scenario hold.

    Returns:
        source, seed, start_s, end_s, timezone;
        devices: by device_id: name, place, person, role, every_s, and `days` by local date: awake_s, active_s, away_s
        (awake without input), locked_s (of that behind a locked screen), suspended_s (asleep), samples,
        first_active_s, last_active_s (epoch s, null without input), active and awake (arrays of [start_s, end_s]).
        What of a day lies outside the scenario does not count; a day without a record is left out, all of it is
        unknown.
    """
    world = World(scenario.seed, ZoneInfo(scenario.timezone))
    devices = {f"pc:{pc.name}": _device(world, pc, scenario) for pc in PCS}
    return {"source": "pc_idle", **scenario._asdict(), "devices": devices}


def _device(world: World, pc: Pc, scenario: Scenario) -> dict[str, Any]:
    return {
        "name": pc.name,
        "place": pc.place,
        "person": pc.person,
        "role": "pc",
        "every_s": pc.every_s,
        "days": dict(_days(world, pc, scenario)),
    }


def _days(world: World, pc: Pc, scenario: Scenario) -> list[tuple[str, dict[str, Any]]]:
    found = []
    for day in days(world, scenario):
        lived = day_of(world, pc, day)
        told = None if lived is None else _day(world, pc, lived, scenario)
        if told:
            found.append((day.isoformat(), told))
    return found


def _day(world: World, pc: Pc, day: Day, scenario: Scenario) -> dict[str, Any] | None:
    awake, active = _within(day.awake, scenario), _within(day.active, scenario)
    if not awake:
        return None
    awake_s, active_s = _total(awake), _total(active)
    taken = sum(scenario.start_s <= at_ms / 1000 < scenario.end_s for at_ms, *_ in samples(world, pc, day))
    return {
        "awake_s": awake_s,
        "active_s": active_s,
        "away_s": awake_s - active_s,
        "locked_s": _total(_within(day.locked, scenario)),
        "suspended_s": _total(_within(day.asleep, scenario)),
        "samples": taken,
        "first_active_s": active[0].start_s if active else None,
        "last_active_s": active[-1].end_s if active else None,
        "active": [list(span) for span in active],
        "awake": [list(span) for span in awake],
    }


def _within(spans: Sequence[Span], scenario: Scenario) -> list[Span]:
    cut = [Span(max(one.start_s, scenario.start_s), min(one.end_s, scenario.end_s)) for one in spans]
    return [one for one in cut if one.start_s < one.end_s]


def _total(spans: Sequence[Span]) -> float:
    return sum(span.end_s - span.start_s for span in spans)
