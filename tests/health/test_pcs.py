"""Health of PCs: a row for each whose agent reports, kind about nights, and only where it may be told."""

import json
from pathlib import Path
from typing import Any

import pytest

import telltale as tt
from telltale.contract import Raw
from telltale.engine import DuckEngine
from telltale.health import analysis as health
from telltale.health import cards
from telltale.health.words.tiles import received_tile
from telltale.workbench import Project
from tests.activity.rows import activity_of, polled, sample, stretch
from tests.activity.test_page import NOW, office
from tests.lake_fixture import at
from tests.presence.rows import DAY, MIN, H, pick, us
from tests.sensors.rows import info

ENGINE = DuckEngine()
INVENTED = "[activity]\nshow_everyone = true\n"


def judged(rows: list[dict[str, Any]], now_s: float) -> list[tuple[Any, ...]]:
    told = health.of_pcs(ENGINE, activity_of(ENGINE, rows))
    made = health.devices(ENGINE, told, info(ENGINE), since_us=us(0), now_us=us(now_s), rules=health.RESTING)
    return pick(made, "device_id", "state", "reports", "interval_s", "gaps")


def minutes(first_s: float, count: int) -> list[dict[str, Any]]:
    """A record a minute, of a sample each 20 s: its newest sample dates it."""
    rows: list[dict[str, Any]] = []
    for number in range(count):
        start_s = first_s + number * MIN
        told = polled([start_s], start_s, start_s + 40, every_s=20)
        rows += [row | {"raw_id": round(start_s), "received_at": us(start_s + 45)} for row in told]
    return rows


@pytest.mark.parametrize(
    ("off_s", "state"),
    [(MIN, "on_time"), (14 * H, "on_time"), (3.9 * DAY, "on_time"), (4.1 * DAY, "late"), (300 * DAY, "late")],
)
def test_a_pc_that_is_off_is_on_time_for_a_weekend_and_never_silent(off_s: float, state: str) -> None:
    last_s = 9 * MIN + 40
    assert judged(minutes(0, 10), last_s + off_s) == [("pc:desk-3", state, 10, 60.0, 0)]


def test_a_night_is_no_gap_and_a_fortnight_is_one() -> None:
    """30 records with a night, then with two weeks between them; it is on time as soon as it is back."""
    night = minutes(0, 20) + minutes(14 * H, 10)
    assert judged(night, 14 * H + 11 * MIN) == [("pc:desk-3", "on_time", 30, 60.0, 0)]
    away = minutes(0, 20) + minutes(14 * DAY, 10)
    assert judged(away, 14 * DAY + 11 * MIN) == [("pc:desk-3", "on_time", 30, 60.0, 1)]


def test_only_what_an_agent_told_is_a_sign_of_life() -> None:
    rows = [sample(0, 1, source="sigfox"), stretch("correction", 60, 600, True), stretch("interval", 60, 600, True)]
    assert judged(rows, DAY) == []


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return office(tmp_path_factory.mktemp("two"), pcs=2)


def test_a_row_for_each_pc_where_it_is_asked_for(two: Project) -> None:
    told = tt.health.devices(source="pc_idle", project=two)
    assert list(told["name"]) == ["PC of Anna", "PC of Ben"]
    assert set(told["state"]) == {"on_time"}
    records = tt.activity.kept(project=two).groupby("device_id")["records"].sum()
    assert (told["reports"] > 100).all()
    assert (told["reports"].to_numpy() <= records.loc[told["device_id"]].to_numpy()).all()
    (whole,) = tt.health.sources_heard(source="pc_idle", project=two).to_dict("records")
    assert (whole["title"], whole["devices"], whole["heard"], whole["on_time"]) == ("PC idle time", 2, 2, 2)
    assert len(tt.health.devices(project=two)) == 0, "when somebody's PC is on is personal"


def test_after_a_holiday_no_pc_is_an_alarm(two: Project) -> None:
    later = Project(settings=two.settings, now=lambda: at(NOW) + 6 * 86_400 * 10**6)
    told = tt.health.devices(source="pc_idle", project=later)
    assert list(told["state"]) == ["late", "late"]
    assert tt.health.attention(source="pc_idle", project=later).empty


def test_invented_pcs_are_in_every_list(tmp_path: Path) -> None:
    assert list(tt.health.devices(project=office(tmp_path, pcs=1, more=INVENTED))["name"]) == ["PC of Anna"]


def test_a_pc_that_is_listed_and_never_heard_does_not_hide_its_source(tmp_path: Path) -> None:
    """Five sources delivered, and the page said "3 of 3": the one that was due had never been heard."""
    project = office(tmp_path, pcs=1, more=INVENTED)
    text = (tmp_path / "devices.csv").read_text()
    (tmp_path / "devices.csv").write_text(
        f"{text.rstrip()}\npc:desk-9,PC of nobody{',' * (text.splitlines()[0].count(',') - 1)}\n"
    )
    later = Project(settings=project.settings, now=lambda: at(NOW))
    assert sorted(tt.health.devices(project=later)["state"]) == ["on_time", "unheard"]
    (whole,) = tt.health.sources_heard(project=later).to_dict("records")
    assert (whole["source"], whole["devices"], whole["heard"], whole["on_time"]) == ("pc_idle", 2, 1, 1)
    project.close()
    later.close()


@pytest.mark.parametrize("source", [None, "pc_idle"])
def test_nothing_is_due_from_a_pc(tmp_path: Path, source: str | None) -> None:
    """It said that PCs lost every message, and that two in three of all messages came."""
    project = office(tmp_path, pcs=1, more=INVENTED)
    days = tt.health.missing(source=source, project=project)
    assert days.empty
    assert "due" in days.columns
    assert received_tile(days).note == "nothing tells how many are due"


def test_what_is_due_of_others_stays_beside_pcs(tmp_path: Path) -> None:
    """Twelve messages of a listed sensor, and a PC: the sensor alone is told of."""
    project = office(tmp_path, pcs=1, more=INVENTED)
    with (tmp_path / "devices.csv").open("a") as listed:
        listed.write("sigfox:2d24e6,Fridge,\n")
    body = b'{"device":"2D24E6","time":%d,"data":"00","seqNumber":%d}'
    landing = project.landing()
    try:
        for number in range(12):
            moment = at(NOW) - (12 - number) * 600 * 10**6
            meta = json.dumps({"path": "/sigfox"})
            landing.put_many([Raw(0, "sigfox", moment, "", meta, body % (moment // 10**6, number))])
    finally:
        landing.close()
    days = tt.health.missing(project=project)
    assert set(days["device_id"]) == {"sigfox:2d24e6"}
    answers = tt.health.answers("7d", project=project)
    assert cards.missing(answers).title == "No device missed 3 % of a day's messages"
    assert "learned" in cards.missing(answers).notes[0]
