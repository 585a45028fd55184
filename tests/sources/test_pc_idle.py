"""The simulated office: its records hold what its truth says, whatever the zone or the day."""

import json
from collections import defaultdict
from functools import cache
from itertools import pairwise
from typing import Any

import pytest

from telltale.contract import Emission, Scenario, Secrets, SourceSettings
from telltale.sources.pc_idle import SOURCE

DAY_S = 86_400
NONE = SourceSettings({}, Secrets())
WEEK = Scenario(seed=3, start_s=1_792_969_200, end_s=1_792_969_200 + 7 * DAY_S + 3600, timezone="Europe/Berlin")
"""From Monday 2026-10-26 00:00 in Berlin, a day after the clocks went back, for a week and an hour."""
SPRING = Scenario(seed=5, start_s=1_774_566_000, end_s=1_774_566_000 + 5 * DAY_S, timezone="Europe/Berlin")
"""From Friday 2026-03-27 00:00 in Berlin; on Sunday the clocks go forward."""
THRESHOLD_S = 180


@cache
def told(scenario: Scenario) -> tuple[Emission, ...]:
    return tuple(SOURCE.simulate(scenario, NONE))


def by_device(emissions: tuple[Emission, ...]) -> dict[str, list[dict[str, Any]]]:
    found = defaultdict(list)
    for emission in emissions:
        body = json.loads(emission.body)
        found[body["device_id"]].append({**body, "at": emission.at})
    return found


def spans(instants: list[float]) -> list[tuple[float, float]]:
    """Inputs joined where they are closer than the threshold."""
    cuts = [number for number, (one, other) in enumerate(pairwise(instants), 1) if other - one >= THRESHOLD_S]
    edges = [0, *cuts, len(instants)]
    return [(instants[a], instants[b - 1]) for a, b in pairwise(edges) if a < b]


@pytest.mark.parametrize("scenario", [WEEK, SPRING], ids=["autumn", "spring"])
def test_the_samples_hold_the_true_spans_to_one_sample(scenario: Scenario) -> None:
    truth = SOURCE.truth(scenario, NONE)
    for device, records in by_device(told(scenario)).items():
        instants = sorted({(at - idle) / 1000 for record in records for at, idle, *_ in record["samples"]})
        known = truth["devices"][device]
        expected = [tuple(span) for day in known["days"].values() for span in day["active"]]
        found = spans(instants)
        # Its clock set forward splits a stretch in two that a gap of unknown time keeps apart.
        assert len(found) == len(expected)
        for (start, end), (true_start, true_end) in zip(found, expected, strict=True):
            assert start == pytest.approx(true_start, abs=known["every_s"] + 59)
            assert end == pytest.approx(true_end, abs=known["every_s"] + 59)


def test_a_record_is_one_minute_of_one_pc_received_after_its_samples() -> None:
    for records in by_device(told(WEEK)).values():
        for record in records:
            times = [at for at, *_ in record["samples"]]
            assert len({at // 60_000 for at in times}) == 1
            assert times == sorted(set(times))
            assert record["at"] >= times[-1] * 1000
        assert len({record["samples"][0][0] // 60_000 for record in records}) == len(records)


def test_nothing_is_told_of_a_time_the_pc_was_not_awake() -> None:
    truth = SOURCE.truth(WEEK, NONE)
    gaps = 0
    for device, records in by_device(told(WEEK)).items():
        days = truth["devices"][device]["days"]
        awake = [span for day in days.values() for span in day["awake"]]
        gaps += sum(len(day["awake"]) - 1 for day in days.values())
        for record in records:
            for at, *_ in record["samples"]:
                assert any(start <= at / 1000 < end for start, end in awake)
    assert gaps > 3, "some slept at lunch, and one clock was set forward"


def test_the_truth_counts_samples_and_adds_up() -> None:
    truth, found = SOURCE.truth(WEEK, NONE), by_device(told(WEEK))
    assert sorted(truth["devices"]) == sorted(found)
    for device, records in found.items():
        days = truth["devices"][device]["days"].values()
        assert sum(len(record["samples"]) for record in records) == sum(day["samples"] for day in days)
        for day in days:
            assert day["active_s"] + day["away_s"] == pytest.approx(day["awake_s"])
            assert day["awake_s"] == pytest.approx(sum(end - start for start, end in day["awake"]))


def test_a_part_of_the_time_gives_that_part_of_the_stream() -> None:
    noon = WEEK.start_s + 12 * 3600
    part = WEEK._replace(start_s=noon, end_s=noon + 26 * 3600)
    whole = [one for one in told(WEEK) if part.start_s * 1_000_000 <= one.at < part.end_s * 1_000_000]
    assert list(told(part)) == whole
