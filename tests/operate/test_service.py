"""`telltale service`: units that systemd understands, with the one right that a capture needs or none."""

import plistlib
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from telltale.cli import run
from telltale.operate import agent as agents
from telltale.operate.agent import agent
from telltale.operate.service import System, What, service, writable
from telltale.settings import load
from tests.served import make_project


def unit(root: Path, what: What, system: System = "linux") -> str:
    return service(load(root), what, system)


def values(text: str) -> dict[str, str]:
    return dict(line.split("=", 1) for line in text.splitlines() if "=" in line and not line.startswith("#"))


def test_the_capture_has_one_right_and_writes_the_data_only(tmp_path: Path) -> None:
    told = values(unit(make_project(tmp_path), "collector"))
    assert told["AmbientCapabilities"] == told["CapabilityBoundingSet"] == "CAP_NET_RAW"
    assert (told["User"], told["NoNewPrivileges"], told["ProtectSystem"]) == ("telltale", "yes", "strict")
    assert told["ReadWritePaths"] == str(tmp_path / "data")
    assert told["ExecStart"] == f"{sys.executable} -m telltale collect arp"
    assert told["Environment"] == f"TELLTALE_HOME={tmp_path}"
    assert (told["Restart"], told["StartLimitIntervalSec"]) == ("always", "0")


def test_everything_else_runs_without_any_right(tmp_path: Path) -> None:
    told = values(unit(make_project(tmp_path), "up"))
    assert told["AmbientCapabilities"] == told["CapabilityBoundingSet"] == ""
    assert told["ExecStart"].endswith("-m telltale up")
    # One child that the kernel kills for memory, or asks to end, is the supervisor's matter; 3,000 connections fit.
    assert (told["OOMPolicy"], told["KillMode"]) == ("continue", "mixed")
    assert int(told["LimitNOFILE"]) > 2 * 3_000


def test_what_lies_outside_the_data_can_be_written_too(tmp_path: Path) -> None:
    toml = f"[paths]\nstore_url = 'sqlite:////srv/store/telltale.db'\nlake_root = '{tmp_path}/data/lake'\n"
    root = make_project(tmp_path, toml)
    assert writable(load(root)) == [Path("/srv/store"), tmp_path / "data"]
    (root / "telltale.toml").write_text("[paths]\nstore_url = 'postgresql+psycopg://h/d'\nlake_root = 's3://b/l'\n")
    assert writable(load(root)) == [tmp_path / "data"]


@pytest.mark.parametrize("folder", ["plain", "with a blank", "100%"])
@pytest.mark.parametrize("what", ["collector", "up"])
def test_systemd_understands_the_unit(tmp_path: Path, what: What, folder: str) -> None:
    """Where systemd is there to say so; everywhere its sections stand in order, and no line is without a value."""
    root = make_project(tmp_path / folder)
    path = tmp_path / f"telltale-{what}.service"
    path.write_text(unit(root, what))
    shown = re.findall(r"^#   sudo mkdir -p (.*) && sudo chown -R telltale: (.*)$", path.read_text(), re.MULTILINE)
    assert [shlex.split(each) for each in shown[0]] == [[str(root / "data")]] * 2, "a command to paste, as root"
    lines = [line for line in path.read_text().splitlines() if line and not line.startswith("#")]
    assert [line for line in lines if line.startswith("[")] == ["[Unit]", "[Service]", "[Install]"]
    assert all(line.startswith("[") or re.match(r"[A-Z]\w+=", line) for line in lines)
    if shutil.which("systemd-analyze"):
        done = subprocess.run(["systemd-analyze", "verify", str(path)], check=False, capture_output=True, text=True)
        assert (done.returncode, done.stdout + done.stderr) == (0, "")


@pytest.mark.parametrize("what", ["collector", "up"])
def test_the_untried_ones_say_so_and_are_well_formed(tmp_path: Path, what: What) -> None:
    root = make_project(tmp_path / "with a blank & more")
    launchd, task = unit(root, what, "macos"), unit(root, what, "windows")
    assert all("NOT TRIED" in text for text in (launchd, task))
    told = plistlib.loads(launchd.encode())
    assert told["EnvironmentVariables"] == {"TELLTALE_HOME": str(root)}
    assert told["ProgramArguments"][:3] == [sys.executable, "-m", "telltale"]
    arguments = ElementTree.fromstring(task).find(".//{*}Arguments")
    assert arguments is not None
    assert arguments.text is not None
    assert f'-m telltale --project "{root}" ' in arguments.text


def test_the_command_prints_up_unless_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TELLTALE_HOME", str(make_project(tmp_path)))
    assert run(["service", "--print"]) == 0
    assert re.search(r"^ExecStart=.* up$", capsys.readouterr().out, re.MULTILINE)
    assert run(["service", "--print", "collector", "--for", "launchd"]) == 0
    assert capsys.readouterr().out.startswith("<?xml")


@pytest.mark.parametrize("folder", ["plain", "with a blank", "100%"])
def test_the_agent_is_a_unit_of_its_person(tmp_path: Path, folder: str) -> None:
    root = make_project(tmp_path / folder)
    text = agent(load(root), "linux")
    told = values(text)
    assert told["WantedBy"] == told["PartOf"] == "graphical-session.target"
    assert told["ExecStart"] == f"{sys.executable} -m telltale collect idle"
    assert {"User", "Group", "AmbientCapabilities"}.isdisjoint(told), "the person's own rights"
    assert "sudo" not in text.replace("no sudo", "")
    shown = re.findall(r"^#   (telltale .*) > ", text, re.MULTILINE)
    assert shlex.split(shown[0]) == ["telltale", "--project", str(root), "service", "--print", "idle"]
    path = tmp_path / "telltale-idle.service"
    path.write_text(text)
    if shutil.which("systemd-analyze"):
        command = ["systemd-analyze", "verify", str(path)]
        done = subprocess.run(command, check=False, capture_output=True, text=True)
        assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_the_agent_of_macos_starts_in_the_persons_session(tmp_path: Path) -> None:
    root = make_project(tmp_path / "with a blank & more")
    told = plistlib.loads(agent(load(root), "macos").encode())
    assert (told["RunAtLoad"], told["LimitLoadToSessionType"]) == (True, "Aqua")
    assert told["ProgramArguments"] == [sys.executable, "-m", "telltale", "collect", "idle"]
    assert "UserName" not in told


@pytest.mark.parametrize("code", ["utf-8", "utf-16"])
def test_the_agent_of_windows_starts_at_log_on_without_a_window(tmp_path: Path, code: str) -> None:
    """As cmd writes it to a file, and as PowerShell does."""
    root = make_project(tmp_path / "with a blank -- & more")
    task = ElementTree.fromstring(agent(load(root), "windows").encode(code))
    texts = {found.tag.rpartition("}")[2]: found.text for found in task.iter()}
    assert (texts["Command"], texts["LogonType"], texts["RunLevel"]) == (
        "pythonw.exe",
        "InteractiveToken",
        "LeastPrivilege",
    )
    assert task.find(".//{*}LogonTrigger/{*}UserId") is not None
    assert texts["Arguments"] == f'-m telltale --project "{root}" collect idle'


def test_on_windows_the_person_and_the_program_are_filled_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = load(make_project(tmp_path))
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setattr(sys, "executable", "C:\\Py\\python.exe")
    monkeypatch.setenv("USERDOMAIN", "DESK")
    monkeypatch.setenv("USERNAME", "anna")
    text = agent(settings, "windows")
    assert "<UserId>DESK\\anna</UserId>" in text
    assert agents.WHO not in text
    assert "<Command>C:\\Py\\python.exe</Command>" in text, "there is no pythonw beside it here"


@pytest.mark.parametrize(
    ("platform", "words", "shown"),
    [
        ("linux", ["idle"], "WantedBy=graphical-session.target"),
        ("darwin", ["idle"], "<plist"),
        ("win32", ["idle"], "<LogonTrigger>"),
        ("linux", ["idle", "--for", "windows"], "<LogonTrigger>"),
        ("win32", ["idle", "--for", "systemd"], "WantedBy=graphical-session.target"),
        ("win32", ["up"], "<BootTrigger>"),
        ("win32", ["up", "--for", "linux"], "WantedBy=multi-user.target"),
    ],
)
def test_the_system_is_this_one_unless_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
    *, platform: str, words: list[str], shown: str,
) -> None:  # fmt: skip
    monkeypatch.setenv("TELLTALE_HOME", str(make_project(tmp_path)))
    monkeypatch.setattr(sys, "platform", platform)
    assert run(["service", "--print", *words]) == 0
    assert shown in capsys.readouterr().out
