"""The work-hours sheet: first and last input, in use, away, not known, a line a day; no record is unknown, never 0."""

import json
from pathlib import Path

import pytest

from telltale.activity.answers import Answers, period_of
from telltale.activity.sheet import card, sheet
from telltale.cli import run
from telltale.contract import ConfigError, Raw
from telltale.page.claims import Claim
from telltale.settings import load
from telltale.workbench import Project
from tests.lake_fixture import write_settings

NOW_US = 1_793_804_400_000_000
"""2026-11-04T15:00:00Z, a Wednesday; it is 16:00 in Berlin."""
MINUTE_MS = 60_000
BEGIN_MS = 1_793_606_400_000
"""Monday 2026-11-02, 09:00 in Berlin."""
DEVICES = "device_id,name,person\npc:desk-3,Front desk,Anna\npc:desk-4,<b>Lab</b>,Anna\npc:desk-5,CAD,Ben\n"


@pytest.fixture
def office(tmp_path: Path) -> Project:
    """On Monday from 09:00 ten minutes of input, ten of nothing recorded, and ten minutes without a touch; Ben too."""
    root = write_settings(tmp_path, keep=False)
    (root / "devices.csv").write_text(DEVICES)
    project = Project(settings=load(root), now=lambda: NOW_US)
    landing = project.landing()
    for device in ("pc:desk-3", "pc:desk-5"):
        for minute in (*range(10), *range(20, 30)):
            begin = BEGIN_MS + MINUTE_MS * minute
            idle_s = [0] * 6 if minute < 10 else [(minute - 20) * 60 + 10 * n for n in range(6)]
            samples = [[begin + 10_000 * n, idle] for n, idle in enumerate(idle_s)]
            body = json.dumps({"device_id": device, "every_s": 10, "samples": samples}).encode()
            landing.append(Raw(0, "pc_idle", (begin + MINUTE_MS) * 1000, "here", '{"path": "/samples"}', body))
    landing.close()
    return project


def answers(project: Project, period: str = "2026-W45", person: str = "Anna") -> Answers:
    return Answers(project, period_of(period, project), of=person)


def test_each_day_that_has_passed_has_a_line_and_one_without_a_record_is_unknown(office: Project) -> None:
    rows = sheet(answers(office)).to_pylist()
    # 54 looks each 10 s see input at 09:00:00 to 09:09:50; the first look after the gap says the last input was then
    assert [(row["label"], row["so_far"]) for row in rows] == [
        ("2026-11-02", False), ("2026-11-03", False), ("2026-11-04", True),
    ]  # fmt: skip
    monday = rows[0]
    assert f"{monday['first_active_at']:%H:%M:%S}" == "08:00:00"
    assert monday["active_s"] + monday["away_s"] + monday["unknown_s"] == 30 * 60
    assert (monday["active_s"] >= 590, monday["unknown_s"] > 500) == (True, True)
    for row in rows[1:]:
        assert {row[name] for name in ("first_active_at", "active_s", "away_s", "unknown_s")} == {None}


def test_the_card_says_unknown_and_every_number_is_a_claim_of_that_person_alone(office: Project) -> None:
    made = card(answers(office))
    cells = made.evidence.rows
    assert [cell.replace("\xa0", " ") for cell in cells[1]] == ["Tue 3 Nov", *["unknown"] * 5]
    assert [cell.replace("\xa0", " ") for cell in cells[0][:2]] == ["Mon 2 Nov", "09:00"]
    assert cells[2][0].replace("\xa0", " ") == "Wed 4 Nov, so far"
    assert {claim.subject.id for claim in made.claims} == {"pc:desk-3"}
    assert len(made.claims) == 5
    assert all(Claim.of(claim.data()).value is not None for claim in made.claims)


def test_nobody_has_no_sheet_and_a_stranger_is_named_in_the_error(office: Project) -> None:
    assert not answers(office, person="").shows_single
    with pytest.raises(ConfigError, match='no PC "Carla"'):
        sheet(answers(office, person="Carla"))


def test_the_command_prints_the_sheet_by_the_sites_clock(
    office: Project, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    root = office.settings.root
    office.close()
    monkeypatch.setenv("TELLTALE_HOME", str(root))
    assert run(["activity", "hours", "Anna", "--week", "2026-W45"]) == 0
    out = capsys.readouterr().out.replace("\xa0", " ")
    assert "Mon 2 Nov" in out
    assert "09:00" in out
    assert out.count("unknown") >= 10
    assert "CAD" not in out
    assert run(["activity", "hours", "Ben", "--week", "2026-11-03", "--json"]) == 0
    (row,) = json.loads(capsys.readouterr().out)
    assert (row["name"], row["active_s"], row["unknown_s"]) == ("CAD", None, None)
