"""From the simulated sensors' frames through the decoder and analysis: what the simulator knew, to the second."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from telltale.analysis import periods
from telltale.arrow import Tables
from telltale.contract import Raw, Scenario, Secrets, SourceSettings
from telltale.engine import DuckEngine, Parts, Relation
from telltale.health import analysis as health
from telltale.pipeline.batch import decoder
from telltale.privacy import Keys, Lists, Pseudonymizer
from telltale.sensors import analysis as sensors
from telltale.settings import SiteSettings
from telltale.sources import source
from telltale.tables import DEVICE_STATUS, READING
from tests.presence.rows import pick
from tests.sensors.rows import named_limits

EFENTO = source("efento")
SETTINGS = SourceSettings({}, Secrets({}))
ENGINE = DuckEngine()
DAY = 86_400
ZONE = "Europe/Berlin"
MONDAY = Scenario(4, 1_795_388_400, 1_795_388_400 + DAY, ZONE)
"""Monday 23 November 2026: the switchboard's counter begins again."""
SHORT_DAYS = Scenario(7, 1_774_652_400, 1_774_652_400 + 2 * DAY, ZONE)
"""28 March 2026 and the day the clocks go forward."""


class Found:
    """A scenario, decoded, and what its simulator knows."""

    def __init__(self, scenario: Scenario, tables: Tables) -> None:
        self.scenario = scenario
        truth = EFENTO.truth(scenario, SETTINGS)
        self.devices: Mapping[str, Any] = truth["devices"]
        self.readings: Relation = ENGINE.table(READING, Parts((), (), tables["reading"]))
        self.status: Relation = ENGINE.table(DEVICE_STATUS, Parts((), (), tables["device_status"]))
        names = ("expected_interval_s", "low", "high")
        listed = {name: pa.array([told[name] for told in self.devices.values()], pa.float64()) for name in names}
        self.info = ENGINE.from_arrow(pa.table({"device_id": list(self.devices), **listed}))
        self.end_us = scenario.end_s * 1_000_000
        whole = {"label": [""], "start_us": [(scenario.start_s - DAY) * 1_000_000], "end_us": [self.end_us]}
        self.whole = pa.table(whole, schema=periods.PERIOD)


def decoded(scenario: Scenario, folder: Path) -> Tables:
    emissions = EFENTO.simulate(scenario, SETTINGS)
    raws = [
        Raw(number, "efento", one.at, "", json.dumps({"path": one.path}), one.body)
        for number, one in enumerate(emissions, 1)
    ]
    site = SiteSettings(timezone=ZONE)
    return decoder(Pseudonymizer(Keys(folder), Lists(folder), lambda _: site), lambda _: {})("efento", raws)


@pytest.fixture(scope="module", params=[MONDAY, SHORT_DAYS], ids=["reset", "short day"])
def found(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Found:
    return Found(request.param, decoded(request.param, tmp_path_factory.mktemp("keys")))


def seconds(moment: Any) -> float | None:
    return None if moment is None else moment.timestamp()


def test_excursions(found: Found) -> None:
    names = ("device_id", "started_at", "ended_at", "readings", "peak")
    limits = sensors.limits(ENGINE, sensors.measured(ENGINE, found.readings), found.info, named_limits(ENGINE))
    made = pick(sensors.excursions(ENGINE, sensors.walk(ENGINE, found.readings, found.info), limits), *names)
    runs = [(name, seconds(start), seconds(end), *rest) for name, start, end, *rest in made]
    assert runs == [
        (name, one["started_s"], one["ended_s"], one["readings"], one["peak"])
        for name, told in sorted(found.devices.items())
        for one in told.get("excursions", ())
    ]


def test_episodes(found: Found) -> None:
    made = pick(sensors.episodes(ENGINE, found.readings, found.info), "device_id", "started_at", "lasted_s", "is_open")
    spans = [(name, seconds(start), (seconds(start) or 0) + lasted) for name, start, lasted, _ in made]
    told = [
        (name, one["started_s"], one["ended_s"])
        for name, told in sorted(found.devices.items())
        for one in told.get("episodes", ())
    ]
    assert spans == told
    assert told


def test_consumption(found: Found) -> None:
    made = pick(sensors.consumption(ENGINE, found.readings, found.whole), "device_id", "unit", "consumed", "resets")
    told = {name: told["consumption"] for name, told in found.devices.items() if "consumption" in told}
    assert made == [(name, one["unit"], one["total"], one["resets"]) for name, one in sorted(told.items())]


def test_completeness(found: Found) -> None:
    """All that was measured came, late or not; what waits for the next frame is not here yet."""
    made = sensors.completeness(ENGINE, found.readings, found.info, found.whole, until_us=found.end_us)
    by_device = {name: (due, received) for name, due, received in pick(made, "device_id", "due", "received")}
    series: dict[str, int] = {}
    for name, *_ in set(pick(found.readings, "device_id", "channel", "quantity")):
        series[name] = series.get(name, 0) + 1
    expected = {}
    for name, told in found.devices.items():
        if "samples" in told:
            due = -(-(found.scenario.end_s - told["first_s"]) // told["expected_interval_s"])
            expected[name] = (due * series[name], told["samples"] * series[name])
    assert by_device == expected


def test_silence_past_the_announced_moment(found: Found) -> None:
    """Each outage is one; a frame announces the next for a minute after a quarter of an hour."""
    made = sensors.overdue(ENGINE, found.status, now_us=found.end_us)
    silences = [
        (name, seconds(at)) for name, at, is_open in pick(made, "device_id", "expected_at", "is_open") if not is_open
    ]
    assert silences == [
        (name, one["after_s"] + 960) for name, told in sorted(found.devices.items()) for one in told["outages"]
    ]
    assert silences


def test_kinetic_temperature_is_between_mean_and_highest(found: Found) -> None:
    made = sensors.kinetic(ENGINE, found.readings, found.whole)
    rows = pick(made, "device_id", "readings", "mean_c", "kinetic_c")
    told = {name: told["quantities"]["temperature"] for name, told in found.devices.items() if told.get("quantities")}
    assert [name for name, *_ in rows] == sorted(told)
    for name, readings, mean_c, kinetic_c in rows:
        assert (readings, mean_c) == (told[name]["count"], pytest.approx(told[name]["mean"]))
        assert mean_c < kinetic_c < told[name]["max"]


def test_a_weakening_battery_has_days_left(tmp_path: Path) -> None:
    """The freezer's falls from 3.62 V by 0.67 V in forty days: 3.0 V is reached after 37 of them."""
    start_s = -(-1_795_388_400 // (40 * DAY)) * 40 * DAY
    scenario = Scenario(4, start_s, start_s + 8 * DAY, "UTC")
    weeks = Found(scenario, decoded(scenario, tmp_path))
    rows = pick(health.trends(ENGINE, weeks.status), "device_id", "measure", "is_clear", "days_left")
    left = {name: days for name, measure, is_clear, days in rows if measure == "battery" and is_clear}
    assert list(left) == [name for name, told in weeks.devices.items() if told["name"] == "Freezer"]
    assert left.popitem()[1] == pytest.approx(37 - 7.5, abs=1.5)
