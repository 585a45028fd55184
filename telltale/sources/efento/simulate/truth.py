"""What analysis must find again in simulated frames, worked out from what was sent without any decoding."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import groupby, pairwise
from statistics import fmean
from typing import Any
from zoneinfo import ZoneInfo

from telltale.contract import Scenario, SourceSettings
from telltale.sources.efento.simulate.sensors import (
    FRAME_S,
    POWER,
    SENSORS,
    STEP_S,
    WATER,
    Frame,
    Sensor,
    World,
    frame_s,
    frames,
    is_battery_good,
    raw,
    sample_times,
    states,
    total,
)

_SCALES = {1: ("temperature", "°C", 10), 2: ("humidity", "%", 1), 27: ("humidity", "%", 10)}


def truth(scenario: Scenario, _settings: SourceSettings) -> Mapping[str, Any]:
    """What the frames of a scenario hold; infos and configurations are not counted.

    Returns:
        source, seed, start_s, end_s, timezone;
        totals: frames, copies (of a frame stored before), backlogs (frames with what could not be sent in time);
        devices: by device_id: name, place, zone, role, expected_interval_s, low, high (as in devices.csv); frames,
        copies, backlogs, first_s, last_s (of the samples, epoch s), samples (by time), errors (samples with an error
        code), outages (after_s, before_s: the last frame before and the first after), low_battery_since_s;
        quantities: unit, count, min, mean, max, and by local day the same in `days`; excursions of the temperature
        beyond low and high: started_s, ended_s (first and last reading beyond), readings, peak; of switches episodes:
        started_s, ended_s (active, cut at what was told); of counters consumption: unit, total, resets.
    """
    world = World(scenario.seed, ZoneInfo(scenario.timezone))
    sent = {sensor: list(frames(world, sensor, scenario.start_s, scenario.end_s)) for sensor in SENSORS}
    devices = {f"efento:{sensor.serial:012x}": _device(world, sensor, some) for sensor, some in sent.items()}
    sums = {name: sum(device[name] for device in devices.values()) for name in ("frames", "copies", "backlogs")}
    return {"source": "efento", **scenario._asdict(), "totals": sums, "devices": devices}


def _device(world: World, sensor: Sensor, sent: Sequence[Frame]) -> dict[str, Any]:
    once = [frame for frame in sent if not frame.is_copy]
    times = [at_s for frame in once for at_s in sample_times(frame)]
    told: dict[str, Any] = {
        "name": sensor.name,
        "place": sensor.place,
        "zone": sensor.zone,
        "role": "sensor",
        "expected_interval_s": FRAME_S if sensor.is_binary else STEP_S,
        "low": sensor.low,
        "high": sensor.high,
        "frames": len(sent),
        "copies": len(sent) - len(once),
        "backlogs": sum(frame.first < frame.last for frame in once),
        "outages": [
            {"after_s": frame_s(sensor, one.last), "before_s": frame_s(sensor, other.last)}
            for one, other in pairwise(once)
            if other.first < other.last
        ],
        "low_battery_since_s": next(
            (at_s for frame in once if not is_battery_good(sensor, at_s := frame_s(sensor, frame.last))), None
        ),
    }
    if sensor.is_binary:
        return told | _of_switch(world, sensor, once)
    told |= {"first_s": times[0] if times else None, "last_s": times[-1] if times else None, "samples": len(times)}
    if sensor in {WATER, POWER}:
        return told | {"consumption": _consumption(sensor, times)}
    return told | _of_numbers(world, sensor, times)


def _of_switch(world: World, sensor: Sensor, once: Sequence[Frame]) -> dict[str, Any]:
    begin_s = frame_s(sensor, once[0].first - 1) if once else None
    end_s = frame_s(sensor, once[-1].last) if once else None
    spans = [] if begin_s is None or end_s is None else states(world, sensor, begin_s, end_s)
    episodes = [{"started_s": begin, "ended_s": end} for begin, end in spans]
    return {"first_s": begin_s, "last_s": end_s, "episodes": episodes}


def _consumption(sensor: Sensor, times: Sequence[int]) -> dict[str, Any]:
    """What was counted from the first to the last sample; after a reset from zero."""
    counts = [total(sensor, at_s) for at_s in times]
    steps = [after - before if after >= before else after for before, after in pairwise(counts)]
    resets = sum(after < before for before, after in pairwise(counts))
    return {"unit": "l" if sensor is WATER else "Wh", "total": sum(steps), "resets": resets}


def _of_numbers(world: World, sensor: Sensor, times: Sequence[int]) -> dict[str, Any]:
    quantities: dict[str, Any] = {}
    errors, excursions = 0, []
    for place, kind in enumerate(sensor.types):
        numbers = [(at_s, raw(world, sensor, place, at_s)) for at_s in times]
        errors += sum(number is None for _, number in numbers)
        if kind == 26:
            values = [(at_s, float(number // 3)) for at_s, number in numbers if number is not None]
            name, unit = "co2", "ppm"
        else:
            name, unit, scale = _SCALES[kind]
            values = [(at_s, number / scale) for at_s, number in numbers if number is not None]
        if values:
            days = groupby(values, lambda one: str(datetime.fromtimestamp(one[0], world.zone).date()))
            by_day = {day: _figures([value for _, value in some]) for day, some in days}
            quantities[name] = {"unit": unit, **_figures([value for _, value in values]), "days": by_day}
        if kind == 1:
            excursions = list(_excursions(sensor, values))
    return {"errors": errors, "quantities": quantities, "excursions": excursions}


def _figures(values: Sequence[float]) -> dict[str, float]:
    return {"count": len(values), "min": min(values), "mean": fmean(values), "max": max(values)}


def _excursions(sensor: Sensor, values: Sequence[tuple[int, float]]) -> Iterator[dict[str, Any]]:
    """Runs of readings beyond the limits, each on one side."""
    low, high = sensor.low or 0.0, sensor.high or 0.0
    for side, run in groupby(values, lambda one: (one[1] > high) - (one[1] < low)):
        beyond = list(run)
        if side:
            peak = max(beyond, key=lambda one: side * one[1])[1]
            spans = {"started_s": beyond[0][0], "ended_s": beyond[-1][0]}
            yield {"quantity": "temperature", **spans, "readings": len(beyond), "peak": peak}
