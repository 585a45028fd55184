"""`telltale activity`: hours, corrections and files from the command line."""

import json
from pathlib import Path

import pytest

from telltale.cli import run
from telltale.contract import Raw
from telltale.settings import load
from telltale.workbench import Project
from tests.lake_fixture import write_settings


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with 9 minutes of samples of one PC on 2026-11-02, 09:00 in Berlin; input all the time."""
    root = write_settings(tmp_path / "site")
    (root / "devices.csv").write_text("device_id,name,person\npc:desk-3,Front desk,Anna\npc:lab,Lab,Anna\n")
    project = Project(settings=load(root))
    landing = project.landing()
    start_ms = 1_793_606_400_000  # 2026-11-02T08:00:00Z
    for number, device in enumerate(["pc:desk-3"] * 9 + ["pc:lab"]):
        begin = start_ms + 60_000 * number
        body = {"device_id": device, "every_s": 10, "samples": [[begin + 10_000 * n, 0] for n in range(6)]}
        meta = json.dumps({"path": "/samples"})
        landing.append(Raw(0, "pc_idle", (begin + 60_000) * 1000, "here", meta, json.dumps(body).encode()))
    landing.close()
    project.close()
    monkeypatch.setenv("TELLTALE_HOME", str(root))
    return root


ASK = ("--since", "2026-11-02", "--until", "2026-11-03", "--device", "Front desk")


def told(capsys: pytest.CaptureFixture[str]) -> str:
    return capsys.readouterr().out


@pytest.mark.usefixtures("home")
def test_hours_for_people_and_for_programs(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["activity", "hours", *ASK, "--json"]) == 0
    (row,) = json.loads(told(capsys))
    # 54 samples each 10 s: the last input at 530 s, known for 10 s more
    assert (row["active_s"], row["away_s"], row["unknown_s"]) == (530, 10, 86_400 - 540)
    assert run(["activity", "hours", *ASK]) == 0
    assert "Front desk" in told(capsys)
    assert run(["activity", "hours", *ASK, "--rule", "seed", "--by", "stretch"]) == 0


def test_an_export_can_be_imported_elsewhere(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "afk.json"
    assert run(["activity", "export", *ASK, "--output", str(file)]) == 0
    monkeypatch.setenv("TELLTALE_HOME", str(write_settings(tmp_path / "other")))
    assert run(["activity", "import", str(file)]) == 0
    assert "pc:desk-3 0.1 h active" in told(capsys)
    assert run(["activity", "hours", *ASK[:4], "--json"]) == 0
    (row,) = json.loads(told(capsys))
    assert (row["active_s"], row["away_s"]) == (530, 10)
    assert home != tmp_path / "other"


@pytest.mark.usefixtures("home")
def test_an_import_says_what_counts_and_what_is_set_aside(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("one_bad", "empty", "hosts"):
        told_of = (Path(__file__).parents[1] / "samples" / "pc_idle" / f"activitywatch_{name}.body").read_bytes()
        (tmp_path / name).write_bytes(told_of.replace(b"2026-", b"2020-"))
    assert run(["activity", "import", str(tmp_path / "one_bad")]) == 0
    assert ': pc:desk-i 1.0 h active; 1\xa0part set aside, see "telltale rejected pc_idle".' in told(capsys)
    assert run(["activity", "import", str(tmp_path / "empty")]) == 0
    assert ": no event counts." in told(capsys)
    assert run(["activity", "import", str(tmp_path / "hosts"), "--json"]) == 0
    assert json.loads(told(capsys))["active_h"] == {"Anna-s-MacBook-Pro": 1, "BÜRO-PC": 0.5, "Mac-mini": 0.25}


AFK_2020 = {"timestamp": "2020-11-02T09:00:00+01:00", "duration": 1800, "data": {"status": "not-afk"}}
BAD = {**AFK_2020, "timestamp": "2020-11-02T12:00:00"}
LONG_AFK = {**AFK_2020, "timestamp": "2020-11-02T09:30:00+01:00", "duration": 30 * 86_400, "data": {"status": "afk"}}


@pytest.mark.parametrize(
    ("host", "events", "encoding"),
    [
        ("desk-i", [BAD, AFK_2020], "utf-8"),
        ("Anna’s MacBook Pro", [AFK_2020], "utf-8-sig"),
        (" BÜRO PC ", [AFK_2020, LONG_AFK], "utf-16"),
    ],
)
def test_what_an_import_says_is_what_the_hours_are(
    host: str, events: list[object], encoding: str, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bucket = {"type": "afkstatus", "hostname": host, "events": events}
    text = json.dumps({"buckets": {"aw-watcher-afk": bucket}}, ensure_ascii=False)
    (home / "afk.json").write_bytes(text.encode(encoding))
    assert run(["activity", "import", str(home / "afk.json"), "--json"]) == 0
    said = json.loads(told(capsys))
    assert said["set_aside"] == events.count(BAD)
    assert run(["activity", "hours", "--since", "2020-11-02", "--until", "2020-11-03", "--json"]) == 0
    hours = {row["device_id"]: row["active_s"] / 3600 for row in json.loads(told(capsys)) if row["active_s"]}
    assert hours == {f"pc:{name}": active for name, active in said["active_h"].items()}
    assert list(hours.values()) == [0.5]


@pytest.mark.usefixtures("home")
def test_csv_has_every_stretch(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["activity", "export", "--format", "csv", *ASK]) == 0
    lines = told(capsys).splitlines()
    assert lines[0] == "device_id,name,person,state,start,end,lasted_s,basis"
    assert len(lines) == 5


@pytest.mark.usefixtures("home")
def test_a_correction_counts_from_now_on(capsys: pytest.CaptureFixture[str]) -> None:
    span = ("2026-11-02 10:00", "2026-11-02 11:00")
    assert run(["activity", "correct", "Front desk", *span, "active", "--note", "a talk"]) == 0
    assert "is active from 2026-11-02 10:00 to 2026-11-02 11:00" in told(capsys)
    assert run(["activity", "hours", *ASK, "--json"]) == 0
    assert json.loads(told(capsys))[0]["active_s"] == 530 + 3600


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["hours", "--device", "Frnt desk"], 'did you mean "Front desk"'),
        (["correct", "Anna", "2026-11-02 10:00", "2026-11-02 11:00", "away"], '"Anna" has 2 PCs'),
        (["correct", "pc:lab", "2026-11-02 11:00", "2026-11-02 10:00", "away"], "a stretch of at most 31 days"),
        (["import", __file__], "ActivityWatch export: not understood"),
    ],
)
def test_errors_are_one_sentence(arguments: list[str], problem: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["activity", *arguments]) == 1
    error = capsys.readouterr().err
    assert problem in error
    assert error.count("\n") == 1
