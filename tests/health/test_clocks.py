"""Whose clock says when a device was heard: ours. Its own orders what it told, and a wrong one is shown as such."""

import json
from pathlib import Path
from typing import Any

import pytest

import telltale as tt
from telltale.contract import Raw, Scenario
from telltale.engine import DuckEngine
from telltale.health import analysis as health
from telltale.settings import load
from telltale.sources import source
from telltale.workbench import Project
from tests.activity.rows import activity_of, sample
from tests.lake_fixture import ZONE, at, write_settings
from tests.presence.rows import DAY, H, pick, us
from tests.sensors.rows import heartbeats_of, info, readings_of, uplink, uplinks_of

ENGINE = DuckEngine()
NOW = "2026-11-20 12:00"
YEAR = 365 * DAY


@pytest.mark.parametrize(
    ("ahead_s", "silent_s", "offset_s"),
    [
        (0, 100, 0),
        (-30, 130, 30),
        (60, 40, -60),
        (299, 0, -299),
        (3 * DAY, 100, -3 * DAY),
        (300 * DAY, 100, -300 * DAY),
    ],
)
def test_a_stamp_ahead_of_its_receipt_is_heard_when_it_came(ahead_s: float, silent_s: float, offset_s: float) -> None:
    rows = [uplink(n * 600 + ahead_s, n, received_at=us(n * 600)) for n in range(12)]
    heard = health.signals(ENGINE, uplinks_of(ENGINE, rows), readings_of(ENGINE, []), heartbeats_of(ENGINE, []))
    found = health.devices(ENGINE, heard, info(ENGINE), since_us=us(0), now_us=us(11 * 600 + 100))
    told = [(silent_s, 600, offset_s, "on_time")]
    assert pick(found, "silent_s", "interval_s", "clock_offset_s", "state") == told


def test_a_pc_with_a_clock_ahead_is_heard_when_it_told() -> None:
    rows = [sample(3 * DAY + n * 60, 1) | {"raw_id": n, "received_at": us(n * 60)} for n in range(12)]
    told = health.of_pcs(ENGINE, activity_of(ENGINE, rows))
    found = health.devices(ENGINE, told, info(ENGINE), since_us=us(0), now_us=us(720), rules=health.RESTING)
    assert pick(found, "reports", "silent_s", "clock_offset_s") == [(12, 60, -3 * DAY)]


def sensed(root: Path, behind_s: float) -> Project:
    """Six hours of simulated Efento sensors, whose clocks are behind by so much until now."""
    end_s = at(NOW) / 1e6
    project = Project(settings=load(write_settings(root)), now=lambda: at(NOW))
    efento = source("efento")
    told = efento.simulate(
        Scenario(7, round(end_s - behind_s - 6 * H), round(end_s - behind_s), ZONE), project.settings.source("efento")
    )
    landing = project.landing()
    try:
        landing.put_many(
            Raw(0, "efento", one.at + round(behind_s * 1e6), "127.0.0.1", json.dumps({"path": one.path}), one.body)
            for one in told
        )
    finally:
        landing.close()
    return project


@pytest.mark.parametrize("listed", [False, True])
@pytest.mark.parametrize("behind_s", [0, 3 * YEAR, -3 * DAY])
def test_a_sensor_whose_clock_is_wrong_is_heard_like_any_other(tmp_path: Path, behind_s: float, listed: bool) -> None:
    """It was missing from the list, or silent for -262,017 s."""
    right = tt.health.devices(project=sensed(tmp_path / "right", 0)).set_index("device_id")
    project = sensed(tmp_path / "wrong", behind_s)
    if listed:
        lines = [f"{device},Sensor {number}" for number, device in enumerate(right.index)]
        (project.settings.root / "devices.csv").write_text("\n".join(["device_id,name", *lines, ""]))
    found = tt.health.devices(project=project).set_index("device_id")
    assert len(right)
    assert set(found.index) == set(right.index)
    assert (found["silent_s"] >= 0).all()
    assert (found["reports"] > 0).all()
    assert found["state"].to_dict() == right["state"].to_dict()
    offsets: Any = found["clock_offset_s"].dropna()
    assert (abs(offsets - behind_s) < H).all()


@pytest.mark.parametrize("until", ["2026-11-20 09:00", "2026-11-20 11:00"])
@pytest.mark.parametrize("listed", [False, True])
def test_nothing_is_heard_after_the_end_of_a_stretch(tmp_path: Path, until: str, listed: bool) -> None:
    project = sensed(tmp_path, 0)
    if listed:
        (tmp_path / "devices.csv").write_text("device_id,name\nefento:282c02400001,Fridge\n")
    found = tt.health.devices("2h", until, project=project)
    assert (found["silent_s"].dropna() >= 0).all()
    assert (found["last_seen"].dropna().astype("int64") < at(until) * 1000).all()
