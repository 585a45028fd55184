"""The simulator of agents: a record of each PC for each minute it was awake, as the agent stores it.

The office is `people.py`. A sample is taken at each multiple of `every_s` on the PC's clock. A minute's record is
stored when the minute is over, or when the PC goes off or wakes up again. What analysis must find is `truth.py`.
"""

import json
import math
from bisect import bisect_right
from collections.abc import Iterator
from datetime import date, timedelta
from itertools import groupby, pairwise
from zoneinfo import ZoneInfo

from telltale.contract import Emission, Scenario, SourceSettings
from telltale.sources.pc_idle.accept import SAMPLES
from telltale.sources.pc_idle.simulate.people import PCS, Day, Pc, World, day_of, inputs, local_date

MINUTE_S = 60
Sample = tuple[int, int] | tuple[int, int, bool]
"""ms since 1970 on the PC's clock, ms since the last input, and true where the screen is locked."""


def simulate(scenario: Scenario, _settings: SourceSettings) -> Iterator[Emission]:
    """Yield every record of the office's PCs from start to end, in time order.

    Args:
        scenario: seed, range and zone; the stream of a sub-range is the slice of the whole range's stream.
        _settings: nothing of them matters on the PC itself.
    """
    world = World(scenario.seed, ZoneInfo(scenario.timezone))
    for day in days(world, scenario):
        told = [emission for pc in PCS for emission in _records(world, pc, day)]
        for emission in sorted(told, key=lambda emission: emission.at):  # equal moments keep the order of the PCs
            if scenario.start_s * 1_000_000 <= emission.at < scenario.end_s * 1_000_000:
                yield emission


def days(world: World, scenario: Scenario) -> Iterator[date]:
    """The local days the scenario touches."""
    day, last = local_date(world, scenario.start_s), local_date(world, scenario.end_s - 1)
    while day <= last:
        yield day
        day += timedelta(days=1)


def samples(world: World, pc: Pc, day: Day) -> Iterator[Sample]:
    """What the agent saw on a day; the count goes on from the last input before a sleep."""
    instants = [at_s for stretch in day.active for at_s in inputs(world, pc, stretch)]
    on_s = day.awake[0].start_s  # counting starts with the session
    for span in day.awake:
        for number in range(math.ceil(span.start_s / pc.every_s), math.ceil(span.end_s / pc.every_s)):
            at_s = number * pc.every_s
            before = bisect_right(instants, at_s)
            last_s = max(on_s, instants[before - 1]) if before else on_s
            seen = at_s * 1000, round((at_s - last_s) * 1000)
            yield (*seen, True) if any(lock.start_s <= at_s < lock.end_s for lock in day.locked) else seen


def _records(world: World, pc: Pc, date_: date) -> Iterator[Emission]:
    day = day_of(world, pc, date_)
    if day is None:
        return
    told_ms = 0
    wakes = [*(after.start_s for _, after in pairwise(day.awake)), math.inf]
    for minute, taken in groupby(samples(world, pc, day), lambda sample: sample[0] // 1000 // MINUTE_S):
        over_s = (minute + 1) * MINUTE_S
        if not any(span.start_s < over_s <= span.end_s for span in day.awake):
            over_s = min([day.awake[-1].end_s, *(wake for wake in wakes if wake >= over_s)])
        seen = list(taken)
        told = {"device_id": f"pc:{pc.name}", "every_s": pc.every_s, "backend": "simulated", "samples": seen}
        if slept := [sleep for sleep in day.asleep if told_ms < sleep.end_s * 1000 <= seen[0][0]]:
            told["suspended"] = [[round(at_s * 1000) for at_s in sleep] for sleep in slept]
        told_ms = seen[-1][0]
        body = json.dumps(told, separators=(",", ":")).encode()
        yield Emission(round(over_s * 1_000_000), "POST", SAMPLES, {"Content-Type": "application/json"}, body)
