"""`tt.sensors` on simulated Efento sensors in a store: conditions as the simulator knows them; the pages show them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest

import telltale as tt
from telltale.contract import Scenario
from telltale.dashboard.boards import Boards
from telltale.dashboard.pages import PAGES
from telltale.workbench import Project
from tests.dashboard.test_dashboard import text
from tests.lake_fixture import FIRST, ZONE, write_settings
from tests.sensors.sensed import hand_in, list_devices, truth_of

DAYS = 2


class Kept(NamedTuple):
    """A project with two days of frames, its clock at their end, and what the simulator knows."""

    project: Project
    devices: Mapping[str, Any]


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Kept:
    from telltale.settings import load

    root = tmp_path_factory.mktemp("efento")
    start_s = int(FIRST.timestamp())
    plan = Scenario(5, start_s, start_s + DAYS * 86_400, ZONE)
    project = Project(settings=load(write_settings(root)), now=lambda: plan.end_s * 10**6)
    hand_in(project, "efento", plan)
    told = truth_of(project, "efento", plan)
    list_devices(root, {"devices": {name: _listed(device) for name, device in told["devices"].items()}})
    return Kept(project, told["devices"])


def _listed(device: Mapping[str, Any]) -> dict[str, Any]:
    return {name: "" if value is None else value for name, value in device.items()}


def test_episodes_are_those_of_the_simulator(kept: Kept) -> None:
    found = tt.sensors.episodes("3d", device="Back door", project=kept.project)
    told = next(device["episodes"] for device in kept.devices.values() if device["name"] == "Back door")
    spans = [(start.timestamp(), lasted) for start, lasted in zip(found["started_at"], found["lasted_s"], strict=True)]
    assert spans == [(one["started_s"], one["ended_s"] - one["started_s"]) for one in told]
    assert set(found["state"]) == {"alarm"}


def test_what_counters_counted_by_day_adds_up(kept: Kept) -> None:
    days = tt.sensors.consumption("3d", project=kept.project)
    told = {device["name"]: device["consumption"] for device in kept.devices.values() if "consumption" in device}
    assert days.groupby("name")["consumed"].sum().to_dict() == {name: one["total"] for name, one in told.items()}
    whole = tt.sensors.consumption("3d", by="stretch", project=kept.project)
    assert whole.set_index("name")["consumed"].to_dict() == {name: one["total"] for name, one in told.items()}
    assert (whole["resets"] == 0).all()


def test_every_device_is_complete_but_for_what_waits_in_it(kept: Kept) -> None:
    found = tt.sensors.completeness("3d", project=kept.project).set_index("device_id")
    assert set(found.index) == {name for name, device in kept.devices.items() if "samples" in device}
    for name, row in found.iterrows():
        assert row["received"] % kept.devices[str(name)]["samples"] == 0
        assert 0.97 < row["share"] <= 1


def test_kinetic_temperatures_come_with_the_limits(kept: Kept) -> None:
    found = tt.sensors.mean_kinetic_temperature("3d", project=kept.project).set_index("name")
    assert set(found.index) == {"Vaccine fridge", "Cold store", "Freezer", "Lab air"}
    assert (found["kinetic_c"] > found["mean_c"]).all()
    assert (found.loc["Vaccine fridge", "low"], found.loc["Vaccine fridge", "high"]) == (2, 8)
    assert len(tt.sensors.mean_kinetic_temperature("3d", by="day", device="Freezer", project=kept.project)) >= DAYS


def test_silences_past_the_announced_moment_are_the_outages(kept: Kept) -> None:
    found = tt.sensors.overdue("3d", project=kept.project)
    ended = found[~found["is_open"]]
    told = sorted((name, one["after_s"] + 960) for name, device in kept.devices.items() for one in device["outages"])
    made = zip(ended["device_id"], ended["expected_at"], strict=True)
    assert sorted((name, at.timestamp()) for name, at in made) == told


def test_two_days_are_too_few_for_a_trend(kept: Kept) -> None:
    found = tt.sensors.trends(project=kept.project)
    assert {"battery", "signal"} == set(found["measure"])
    assert found["days_left"].isna().all()
    assert found["level"].notna().all()


NAMES = ("mean_kinetic_temperature", "episodes", "consumption", "completeness", "overdue", "trends")


@pytest.mark.parametrize("name", NAMES)
def test_nothing_stored_gives_an_empty_table(name: str, tmp_path: Path) -> None:
    project = Project(write_settings(tmp_path))
    assert len(getattr(tt.sensors, name)(project=project)) == 0


def test_states_and_counters_are_no_course_of_measurements(kept: Kept) -> None:
    found = tt.sensors.series("24h", project=kept.project)
    assert set(found["quantity"]) == {"temperature", "humidity", "co2"}
    assert set(tt.sensors.series("24h", device="Back door", project=kept.project)["quantity"]) == {"ok_alarm"}


@pytest.mark.parametrize(
    ("page", "told"),
    [
        ("health", ("No battery or signal is known to run low", "days: too few to say")),
        ("sensors", ("Back door",)),
    ],
)
def test_the_pages_show_them(kept: Kept, page: str, told: tuple[str, ...]) -> None:
    answer = Boards(kept.project, PAGES).get(page, {})
    assert answer is not None
    assert 'role="alert"' not in answer["html"]
    said = text(answer).replace("\xa0", " ")
    assert [one for one in told if one not in said and one not in str(answer["figures"])] == []
