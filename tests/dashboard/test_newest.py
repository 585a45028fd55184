"""`tt.dashboard.last` and `telltale last`: the newest value of every device, and what it means."""

import datetime as dt
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from telltale.cli import telltale
from telltale.contract import ConfigError
from telltale.dashboard.newest import last_table
from telltale.page import newest as words
from telltale.page.newest import Newest
from telltale.sensors.newest import against
from telltale.settings import device_line, load
from telltale.workbench import Project
from tests.worlds.building import built, hand_in
from tests.worlds.sent import ZONE, Heard, Message, Report, Sent, at, stay
from tests.worlds.world import World, worlds

NODE = "AC:86:74:11:22:33"
SENSOR = "sigfox:2d24e6"
UNITS = '[sources.sigfox.quantities]\ntemperature = { unit = "°C" }\n'


def rows_of(world: World, root: Path) -> list[dict[str, Any]]:
    project = built(world, root)
    try:
        rows: list[dict[str, Any]] = last_table(project).to_pylist()
        return rows
    finally:
        project.close()


def test_every_device_of_a_project_ten_minutes_old_stands_there(tmp_path: Path) -> None:
    rows = rows_of(worlds()["ten_minutes_old"], tmp_path)
    assert [(row["name"], row["kind"], row["newest"], row["received"], row["counted"]) for row in rows] == [
        ("Fridge", "sensor", "5.9\u00a0°C", 10, "reading"),
        ("ac:86:74:11:22:33", "access point", "< 5\u00a0devices in 1 h", 9, "report"),
        ("Bolts line 1", "button", "1\u00a0pull", 1, "press"),
    ]
    fridge = rows[0]
    assert (fridge["value"], fridge["age_s"], fridge["says"]) == (5.9, 60.0, "within 2–8\u00a0°C")


@pytest.mark.parametrize(
    ("heard", "told", "value"), [(4, "< 5\u00a0devices in 1 h", None), (5, "5\u00a0devices in 1 h", 5.0)]
)
def test_an_access_point_tells_no_count_under_k(tmp_path: Path, heard: int, told: str, value: float | None) -> None:
    moment = at("2026-11-20 10:00")
    stations = tuple(Heard(f"02:00:00:00:00:0{n}", moment, moment, -50) for n in range(heard))
    world = World("", at("2026-11-20 10:10"), [Report(moment, NODE, stations)])
    row = rows_of(world, tmp_path)[0]
    assert (row["newest"], row["value"]) == (told, value)


@pytest.mark.parametrize(
    ("value", "limit", "says", "is_outside"),
    [
        (5.0, (2.0, 8.0), "within 2–8\u00a0°C", False),
        (8.0, (2.0, 8.0), "within 2–8\u00a0°C", False),
        (9.0, (2.0, 8.0), "above 8\u00a0°C since 10:05", True),
        (-20.0, (-18.5, None), "below −18.5\u00a0°C since 10:05", True),
        (-18.0, (-22.0, -15.0), "within −22 to −15\u00a0°C", False),
        (3.0, (None, 8.0), "within its limit, at most 8\u00a0°C", False),
        (3.0, (2.0, None), "within its limit, at least 2\u00a0°C", False),
        (3.0, (None, None), "", False),
        (None, (2.0, 8.0), "", False),
    ],
)
def test_a_value_says_what_it_is_against_its_limits(
    value: float | None, limit: tuple[float | None, float | None], says: str, *, is_outside: bool
) -> None:
    outside = {"counted_from": at("2026-11-20 10:05"), "is_begin_known": True} if is_outside else None
    limits = {"low": limit[0], "high": limit[1]}
    now = at("2026-11-20 10:10").astimezone(ZONE)
    assert against({"value": value, "unit": "°C"}, limits, outside, now) == (
        says,
        is_outside,
    )


def test_the_first_reading_may_have_been_outside_for_longer(tmp_path: Path) -> None:
    world = World(
        "", at("2026-11-20 10:10"), [Message(at("2026-11-20 10:05"), "2d24e6", {"temperature": 21.5}, 1)],
        settings=UNITS, devices=f"device_id,name,low,high\n{SENSOR},Fridge,2,8\n",
    )  # fmt: skip
    row = rows_of(world, tmp_path)[0]
    assert (row["newest"], row["level"]) == ("21.5\u00a0°C", "alarm")
    assert row["says"] == "above 8\u00a0°C since 10:05 or earlier"


def test_what_is_outside_its_limits_comes_first(tmp_path: Path) -> None:
    sent: list[Sent] = [
        Message(at("2026-11-20 10:05"), device, {"temperature": value}, 1)
        for device, value in (("2d24e6", 5.0), ("2d24e7", 21.5))
    ]
    listed = f"device_id,name,low,high\n{SENSOR},Cellar,2,8\nsigfox:2d24e7,Fridge,2,8\n"
    world = World("", at("2026-11-20 10:10"), sent, settings=UNITS, devices=listed)
    assert [row["name"] for row in rows_of(world, tmp_path)] == ["Fridge", "Cellar"]


def test_bytes_without_a_meaning_are_told_as_bytes(tmp_path: Path) -> None:
    world = World("", at("2026-11-20 10:10"), [Message(at("2026-11-20 10:05"), "2d24e6", {}, 1, data="00e5ff38")])
    row = rows_of(world, tmp_path)[0]
    assert (row["newest"], row["kind"], row["received"], row["level"]) == ("00e5ff38", "device", 1, "warning")
    assert "payload in telltale.toml" in row["says"]


def test_a_button_says_until_when_its_capture_was_heard(tmp_path: Path) -> None:
    (button,) = rows_of(worlds()["capture_ended"], tmp_path)
    assert button["says"] == "its capture was heard until Thu\u00a012\u00a0Nov, 14:00"


def test_pcs_are_one_row_without_a_count_unless_single_ones_may_be_shown(tmp_path: Path) -> None:
    world = worlds()["one_pc_alone"]
    hidden = rows_of(world, tmp_path / "real")
    assert [(row["name"], row["newest"], row["received"], row["at"]) for row in hidden] == [
        ("PCs", "arrives", None, None)
    ]
    invented = rows_of(
        replace(world, settings=world.settings + "[activity]\nshow_everyone = true\n"), tmp_path / "invented"
    )
    assert [row["device_id"] for row in invented] != [""]
    assert all(row["newest"] in {"in use", "away", "not known"} for row in invented)


def test_a_stay_is_no_count_of_one_person(tmp_path: Path) -> None:
    world = World(
        "", at("2026-11-20 10:10"),
        stay(NODE, "02:00:00:00:00:01", "2026-11-20 10:00", "2026-11-20 10:09", step_s=60),
    )  # fmt: skip
    (row,) = rows_of(world, tmp_path)
    assert row["value"] is None


@pytest.mark.parametrize(("value", "text"), [(21.5, "21.5"), (4.0, "4"), (101325.4, "101,325"), (-3.04, "−3.0")])
def test_numbers_have_a_tenth_at_most(value: float, text: str) -> None:
    assert words.number(value) == text


def test_a_value_of_the_future_has_no_age() -> None:
    row = Newest(SENSOR, "", "sensor", "sigfox", value=1.0, at=at("2026-11-20 10:30"))
    assert words.age_s(row, at("2026-11-20 10:10")) == 0.0


def test_the_command_prints_a_table_and_json(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "telltale.toml").write_text("[site]\n")
    monkeypatch.setenv("TELLTALE_HOME", str(tmp_path))
    for more, printed in (([], "No device was heard since 14d"), (["--json"], "[]")):
        assert CliRunner().invoke(telltale, ["last", *more], catch_exceptions=False).stdout.startswith(printed)
    sent = [Message(dt.datetime.now(dt.UTC), "2d24e6", {"temperature": 4.5}, 1)]
    hand_in(Project(settings=load(tmp_path)), sent)
    told = CliRunner().invoke(telltale, ["last"], catch_exceptions=False).stdout
    assert "sigfox:2d24e6" in told
    assert "4.5" in told
    assert "older values" not in told
    hand_in(Project(settings=load(tmp_path)), [Message(at("2023-09-06 15:25"), "3a91c0", {"temperature": 2.5}, 1)])
    told = CliRunner().invoke(telltale, ["last"], catch_exceptions=False).stdout
    assert "3a91c0" not in told
    assert told.splitlines()[-1].startswith("1 device has only older values")
    assert "older" not in CliRunner().invoke(telltale, ["last", "--json"], catch_exceptions=False).stdout
    assert "3a91c0" in CliRunner().invoke(telltale, ["last", "--since", "20y"], catch_exceptions=False).stdout
    with pytest.raises(ConfigError, match='"soon"'):
        CliRunner().invoke(telltale, ["last", "--since", "soon"], catch_exceptions=False)


@pytest.mark.parametrize(
    ("file", "line"),
    [
        (None, "efento:1,…"),
        ("device_id,name,place,expected_interval_s,low\n", "efento:1,…,,,"),
        ("\ufeffname;device_id;place\r\n", "…;efento:1;"),
        ("name\tdevice_id\n", "…\tefento:1"),
        ("sep=;\r\ndevice_id;name\r\n", "efento:1;…"),
        ("# of the north hall\n\ndevice_id,name,place\n", "efento:1,…,"),
        ('"device_id", "low:co2, ppm",name\n', "efento:1,,…"),
        ("nothing of ours\n", "efento:1,…"),
    ],
)
def test_the_line_of_a_device_fits_the_file_of_the_project(tmp_path: Path, file: str | None, line: str) -> None:
    (tmp_path / "telltale.toml").write_text("[site]\n")
    if file is not None:
        (tmp_path / "devices.csv").write_text(file, newline="")
    assert device_line(load(tmp_path), "efento:1") == line
