"""PCs that send through a Sigfox modem: off in the evening like any PC, and no alarm; a sensor beside them is one."""

import json
from pathlib import Path

import pytest

import telltale as tt
from telltale.contract import Raw
from telltale.dashboard import concerns
from telltale.health.deliveries import delivered
from telltale.health.known import never_heard
from telltale.settings import load
from telltale.workbench import Project
from tests.lake_fixture import at, write_settings

LEVELS = """
[sources.sigfox.types.pcs]
devices = ["a1", "a2", "a3"]
activity = "levels"
"""
EVENING, SUNDAY = "2026-11-20 21:00", "2026-11-22 15:00"
"""The modems send until 17:00 on Friday, 2026-11-20."""


def office(root: Path, now: str, *, modems: int, sensors: int = 0, until: str = "2026-11-20 17:00") -> Project:
    """Modems that send a level each ten minutes from 8 to 17 on two days, and sensors that send day and night."""
    settings = load(write_settings(root, more=LEVELS + "[activity]\nshow_everyone = true\n", keep=True))
    project = Project(settings=settings, now=lambda: at(now))
    raws = []
    for step in range((at(now) - at("2026-11-19 08:00")) // 600_000_000):
        moment = at("2026-11-19 08:00") + step * 600_000_000
        work = 0 <= step % 144 < 54 and step < 2 * 144
        senders = [f"A{number}" for number in range(1, modems + 1)] if work else []
        if moment < at(until):
            senders += [f"5E{number}" for number in range(sensors)]
        for number, device in enumerate(senders):
            sent = moment + 60_000_000 * number
            body = {"device": device, "time": sent // 10**6, "data": "313030", "seqNumber": step}
            raws.append(Raw(0, "sigfox", sent, "", json.dumps({"path": "/sigfox"}), json.dumps(body).encode()))
    landing = project.landing()
    try:
        landing.put_many(raws)
    finally:
        landing.close()
    return project


@pytest.mark.parametrize("now", [EVENING, SUNDAY, "2026-12-21 09:00"])
@pytest.mark.parametrize("modems", [1, 3])
def test_pcs_that_are_off_are_no_alarm_by_modem_either(tmp_path: Path, now: str, modems: int) -> None:
    project = office(tmp_path, now, modems=modems)
    assert concerns.gathered(project) == []
    assert tt.health.attention(project=project).empty
    assert not {"late", "silent"} & set(tt.health.devices(project=project)["state"]) or now > SUNDAY
    assert "silent" not in set(tt.health.sources_heard(project=project)["state"])
    assert tt.health.missing(project=project).empty
    (sigfox,) = delivered(project)
    assert sigfox.rests
    project.close()


@pytest.mark.parametrize(("until", "is_alarm"), [(SUNDAY, False), ("2026-11-21 15:00", True)])
def test_a_sensor_beside_them_is_judged_by_itself(tmp_path: Path, until: str, *, is_alarm: bool) -> None:
    project = office(tmp_path, SUNDAY, modems=3, sensors=2, until=until)
    assert (concerns.gathered(project) != []) == is_alarm
    (sigfox,) = delivered(project)
    assert not sigfox.rests
    assert set(tt.health.missing(project=project)["device_id"]) == {"sigfox:5e0", "sigfox:5e1"}
    project.close()


def test_a_modem_that_is_only_listed_rests_too(tmp_path: Path) -> None:
    """Its frames tell no level: nobody set its type."""
    project = office(tmp_path, EVENING, modems=0, sensors=1, until="2026-11-20 17:00")
    assert concerns.gathered(project) != []
    (tmp_path / "devices.csv").write_text("device_id,name,same_as\nsigfox:5e0,Anna's modem,pc:desk-1\n")
    later = Project(settings=project.settings, now=lambda: at(EVENING))
    assert concerns.gathered(later) == []
    project.close()
    later.close()


def test_a_pc_that_speaks_by_its_modem_is_heard(tmp_path: Path) -> None:
    """It was called listed and never heard; one whose modem never sent is."""
    project = office(tmp_path, EVENING, modems=1)
    rows = ("pc:desk-1,Desk 1,", "sigfox:a1,,pc:desk-1", "pc:desk-2,Desk 2,", "sigfox:a2,,pc:desk-2")
    (tmp_path / "devices.csv").write_text("\n".join(["device_id,name,same_as", *rows, ""]))
    later = Project(settings=project.settings, now=lambda: at(EVENING))
    assert {one.device_id for one in never_heard(later.view())} == {"pc:desk-2", "sigfox:a2"}
    told = tt.health.devices(project=later)
    assert set(told.loc[told["state"] == "unheard", "device_id"]) == {"pc:desk-2", "sigfox:a2"}
    listed = tt.activity.listed(project=later)
    assert dict(zip(listed["name"], listed["is_heard"], strict=True)) == {"Desk 1": True, "Desk 2": False}
    project.close()
    later.close()
