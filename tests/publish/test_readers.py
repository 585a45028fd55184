"""Who gets a report: its own readers, and others with parameters of their own."""

import datetime as dt
from pathlib import Path

from telltale.publish.readers import readers, workdays
from telltale.settings import load

TOML = """
[kanban]
working_hours = ["Mon-Sat 06:00-14:00", "Mon-Fri 14:00-22:00"]
holidays = ["2026-12-25"]

[reports.cold]
notebook = "sensor_report"
to = ["ops@example.org"]
parameters = { quantity = "temperature" }
grace = { efento = "6h" }
also = [
  { to = ["a@example.org"], parameters = { device = "Fridge" } },
  { to = ["b@example.org"], parameters = { quantity = "temperature" } },
  { to = ["c@example.org", "a@example.org"], parameters = { device = "Fridge" } },
]

[reports.kept]
notebook = "data_health"
"""


def test_who_asks_the_same_is_told_together(tmp_path: Path) -> None:
    (tmp_path / "telltale.toml").write_text(TOML)
    found = readers(load(tmp_path))
    assert [(each.report, each.key == "", each.to, dict(each.parameters)) for each in found] == [
        ("cold", True, ("ops@example.org", "b@example.org"), {"quantity": "temperature"}),
        ("cold", False, ("a@example.org", "c@example.org"), {"quantity": "temperature", "device": "Fridge"}),
        ("kept", True, (), {}),
    ]
    assert found[0].grace_us == 6 * 3600 * 1_000_000


def test_the_order_of_the_others_changes_no_key(tmp_path: Path) -> None:
    (tmp_path / "telltale.toml").write_text(TOML)
    before = {each.key for each in readers(load(tmp_path))}
    lines = TOML.splitlines()
    first = next(number for number, line in enumerate(lines) if "a@example.org" in line)
    lines[first], lines[first + 1] = lines[first + 1], lines[first]
    (tmp_path / "telltale.toml").write_text("\n".join(lines))
    assert {each.key for each in readers(load(tmp_path))} == before


def test_people_work_when_the_hours_of_kanban_say(tmp_path: Path) -> None:
    (tmp_path / "telltale.toml").write_text(TOML)
    days = workdays(load(tmp_path))
    assert [days.has(dt.date(2026, 12, day)) for day in (24, 25, 26, 27)] == [True, False, True, False]
    (tmp_path / "telltale.toml").write_text("")
    assert [workdays(load(tmp_path)).has(dt.date(2026, 12, day)) for day in (25, 26)] == [True, False]
