"""What analysis must find again in simulated callbacks, worked out from what was sent without any analysis."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import groupby, pairwise
from statistics import fmean
from typing import Any
from zoneinfo import ZoneInfo

from telltale.contract import Scenario, SourceSettings
from telltale.sources.sigfox.callback import SEQUENCE
from telltale.sources.sigfox.kinds import ADVANCED
from telltale.sources.sigfox.simulate import Told, callbacks
from telltale.sources.sigfox.simulate.sensors import SENSORS, Frame, Message, Sensor


def truth(scenario: Scenario, _settings: SourceSettings) -> Mapping[str, Any]:
    """What the callbacks of a scenario hold.

    Returns:
        source, seed, start_s, end_s, timezone;
        totals: callbacks, uplinks (each message and status frame once), copies (callbacks of one told before);
        devices: by device_id: name, place, zone, role, expected_interval_s, low, high (as in devices.csv); callbacks,
        uplinks, first_s, last_s (epoch s); missing (numbers that were sent between two that came, and did not come;
        unheard_messages: of messages alone), gaps (after_s, before_s, missing), resets (after_s, before_s);
        quantities: unit, count, min, mean, max, and by local day the same in `days`; excursions of the temperature
        beyond low and high: started_s, ended_s (first and last reading beyond), readings, peak.
    """
    told: dict[Sensor, list[Told]] = defaultdict(list)
    for callback in callbacks(scenario):
        told[callback.frame.sensor].append(callback)
    devices = {f"sigfox:{sensor.device:x}": _device(scenario, sensor, told[sensor]) for sensor in SENSORS}
    count, uplinks = sum(map(len, told.values())), sum(device["uplinks"] for device in devices.values())
    return {
        "source": "sigfox",
        **scenario._asdict(),
        "totals": {"callbacks": count, "uplinks": uplinks, "copies": count - uplinks},
        "devices": devices,
    }


def _device(scenario: Scenario, sensor: Sensor, told: Sequence[Told]) -> dict[str, Any]:
    once = sorted({one.frame for one in told}, key=lambda frame: frame.counted)
    measured = {one.frame for one in told if one.kind != ADVANCED}  # which tells no sample
    heard = [frame for frame in once if isinstance(frame, Message) and frame in measured]
    read = [] if sensor.is_pc else heard
    gaps = list(_gaps(once))
    return {
        "name": sensor.name,
        "place": sensor.place,
        "zone": sensor.zone,
        "role": "pc" if sensor.is_pc else "sensor",
        "expected_interval_s": sensor.period_s,
        "low": sensor.low,
        "high": sensor.high,
        "callbacks": len(told),
        "uplinks": len(once),
        "first_s": int(once[0].at_s) if once else None,
        "last_s": int(once[-1].at_s) if once else None,
        "missing": sum(gap["missing"] for gap in gaps if gap["missing"] is not None),
        "unheard_messages": sum(other.number - one.number - 1 for one, other in pairwise(heard)),
        "gaps": [gap for gap in gaps if gap["missing"] is not None],
        "resets": [{"after_s": gap["after_s"], "before_s": gap["before_s"]} for gap in gaps if gap["missing"] is None],
        "quantities": dict(_quantities(scenario, read)),
        "excursions": list(_excursions(sensor, read)),
    }


def _gaps(once: Sequence[Frame]) -> Iterator[dict[str, Any]]:
    """Steps with numbers left out; `missing` is None where the count began again."""
    for one, other in pairwise(once):
        missing = other.counted - one.counted - 1
        is_reset = (other.seq - one.seq - 1) % SEQUENCE != missing
        if missing or is_reset:
            spans = {"after_s": int(one.at_s), "before_s": int(other.at_s)}
            yield {**spans, "missing": None if is_reset else missing}


def _quantities(scenario: Scenario, once: Sequence[Message]) -> Iterator[tuple[str, dict[str, Any]]]:
    zone = ZoneInfo(scenario.timezone)
    values = {
        "temperature": [(message, message.temperature) for message in once],
        "humidity": [(message, float(message.humidity)) for message in once if message.humidity is not None],
    }
    for name, read in values.items():
        if read:
            days = groupby(read, lambda one: str(datetime.fromtimestamp(int(one[0].at_s), zone).date()))
            by_day = {day: _figures([value for _, value in some]) for day, some in days}
            yield name, {**_figures([value for _, value in read]), "days": by_day}


def _figures(values: Sequence[float]) -> dict[str, float]:
    return {"count": len(values), "min": min(values), "mean": fmean(values), "max": max(values)}


def _excursions(sensor: Sensor, once: Sequence[Message]) -> Iterator[dict[str, Any]]:
    """Runs of readings beyond the limits, each on one side."""
    low, high = sensor.low, sensor.high
    if low is None or high is None:
        return
    sides = groupby(once, lambda message: (message.temperature > high) - (message.temperature < low))
    for side, run in sides:
        beyond = list(run)
        if side:
            peak = max(beyond, key=lambda message: side * message.temperature).temperature
            spans = {"started_s": int(beyond[0].at_s), "ended_s": int(beyond[-1].at_s)}
            yield {"quantity": "temperature", **spans, "readings": len(beyond), "peak": peak}
