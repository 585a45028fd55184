"""`telltale service`: units that systemd understands, with the one right that a capture needs or none."""

import os
import plistlib
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from telltale.cli import run
from telltale.contract import ConfigError
from telltale.operate import agent as agents
from telltale.operate import install
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


# service --install


def planned(project: Path, what: install.Kind, system: System = "linux", **told: Any) -> install.Plan:
    whole: dict[str, Any] = {"root": Path("/"), "is_root": False, "environment": {"HOME": "/home/anna"}, **told}
    return install.plan(load(project), what, system, **whole)


PLACES: list[tuple[install.Kind, System, dict[str, Any], str]] = [
    ("up", "linux", {}, "/home/anna/.config/systemd/user/telltale.service"),
    ("idle", "linux", {}, "/home/anna/.config/systemd/user/telltale-idle.service"),
    ("up", "linux", {"environment": {"HOME": "/h", "XDG_CONFIG_HOME": "/c"}}, "/c/systemd/user/telltale.service"),
    (
        "up",
        "linux",
        {"environment": {"HOME": "/h", "XDG_CONFIG_HOME": "c"}},
        "/h/.config/systemd/user/telltale.service",
    ),
    ("up", "linux", {"is_root": True}, "/etc/systemd/system/telltale.service"),
    ("collector", "linux", {"is_root": True}, "/etc/systemd/system/telltale-arp.service"),
    ("up", "linux", {"is_root": True, "root": Path("/mnt/image")}, "/mnt/image/etc/systemd/system/telltale.service"),
    ("schedule", "linux", {"is_root": True}, "/etc/systemd/system/telltale-schedule.service"),
    ("schedule-timer", "linux", {"is_root": True}, "/etc/systemd/system/telltale-schedule.timer"),
    ("idle", "macos", {}, "/home/anna/Library/LaunchAgents/org.telltale.telltale-idle.plist"),
    ("up", "macos", {"is_root": True}, "/Library/LaunchDaemons/org.telltale.telltale.plist"),
]


@pytest.mark.parametrize(("what", "system", "told", "place"), PLACES)
def test_each_has_its_place_by_who_asks(
    tmp_path: Path, what: install.Kind, system: System, told: dict[str, Any], place: str
) -> None:
    plan = planned(make_project(tmp_path), what, system, **told)
    assert str(plan.path) == place
    assert bool(plan.remark) == (system != "linux"), "what was not tried says so"


@pytest.mark.parametrize(
    ("what", "system", "is_root", "said"),
    [
        ("collector", "linux", False, "the right to capture can only be given by root; run it with sudo: sudo "),
        ("up", "macos", False, "/Library/LaunchDaemons is root's"),
        ("schedule", "linux", False, "units of the system are root's; run it with sudo: sudo "),
        ("schedule-timer", "linux", False, "units of the system are root's"),
        ("idle", "linux", True, "its person's own, and this is root"),
        ("idle", "macos", True, "its person's own, and this is root"),
    ],
)
def test_who_cannot_have_it_is_told_what_to_do(
    tmp_path: Path, what: install.Kind, system: System, is_root: bool, said: str
) -> None:
    with pytest.raises(ConfigError, match=said):
        planned(make_project(tmp_path), what, system, is_root=is_root)


def test_a_unit_of_ones_own_has_ones_own_rights(tmp_path: Path) -> None:
    text = planned(make_project(tmp_path / "with a blank"), "up").text
    told = values(text)
    assert told["WantedBy"] == "default.target"
    assert {"User", "Group", "ReadWritePaths", "AmbientCapabilities"}.isdisjoint(told)
    assert (told["KillMode"], told["OOMPolicy"], told["Restart"]) == ("mixed", "continue", "always")
    if shutil.which("systemd-analyze"):
        path = tmp_path / "telltale.service"
        path.write_text(text)
        command = ["systemd-analyze", "verify", str(path)]
        done = subprocess.run(command, check=False, capture_output=True, text=True)
        assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_what_stood_there_is_kept_and_comes_back(tmp_path: Path) -> None:
    root = make_project(tmp_path / "project")
    plan = planned(root, "up", environment={"HOME": str(tmp_path / "home of anna")})
    first = install.install(plan)
    assert (first, plan.path.read_text()) == (install.Written(is_new=True, before=None), plan.text)
    assert plan.path.stat().st_mode & 0o777 == 0o644
    assert not install.install(plan).is_new
    plan.path.write_text("# mine\n")
    again = install.install(plan)
    assert again.before is not None
    assert again.before.read_text() == "# mine\n"
    assert install.undo(plan, first)[0] == "systemctl --user disable --now telltale"
    for written, there in ((again, "# mine\n"), (first, None)):
        line = install.undo(plan, written)[1]
        subprocess.run(["sh", "-c", line], check=True)
        assert (plan.path.read_text() if plan.path.exists() else None) == there, line
    assert list(plan.path.parent.iterdir()) == [], "nothing is left over"


def test_a_place_that_cannot_be_written_is_said_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "etc").write_text("")
    plan = planned(make_project(tmp_path / "project"), "up", is_root=True, root=tmp_path)
    with pytest.raises(ConfigError, match=r"cannot be written \(.*\); run it as whose folder that is, or print"):
        install.install(plan)


def installing(
    root: Path, *words: str, answer: str = "", home: Path | None = None
) -> "subprocess.CompletedProcess[str]":
    """The command as a user runs it, with a home of its own and as nobody special."""
    told = os.environ | {"TELLTALE_HOME": str(root), "HOME": str(home or root), "XDG_CONFIG_HOME": ""}
    code = "import os, sys; os.geteuid = lambda: 1000; from telltale.cli import main; main()"
    command = [sys.executable, "-c", code, "service", *words]
    return subprocess.run(command, env=told, input=answer, check=False, capture_output=True, text=True, timeout=60)


@pytest.mark.skipif(sys.platform != "linux", reason="a unit of systemd")
def test_the_command_asks_first_says_what_it_did_and_how_to_undo_it(tmp_path: Path) -> None:
    root, home = make_project(tmp_path / "project"), tmp_path / "home"
    unit = home / ".config" / "systemd" / "user" / "telltale.service"
    declined = installing(root, "--install", "up", answer="n\n", home=home)
    assert f"Write {unit}? [y/N]" in declined.stdout
    assert declined.stdout.endswith("Nothing was written.\n")
    assert not unit.exists()
    assert installing(root, "--install", "up", home=home).returncode != 0, "nobody is there to be asked"
    assert not unit.exists()
    done = installing(root, "--install", answer="y\n", home=home)
    assert done.returncode == 0, done.stderr
    assert values(unit.read_text())["ExecStart"].endswith("-m telltale up")
    lines = [line.strip() for line in done.stdout.splitlines()]
    assert lines[0].endswith(f"Wrote {unit}.")
    assert lines[2:4] == ["systemctl --user daemon-reload", "systemctl --user enable --now telltale"]
    assert lines[-3:] == ["systemctl --user disable --now telltale", f"rm {unit}", "systemctl --user daemon-reload"]
    again = installing(root, "--install", "up", "--yes", home=home)
    assert again.stdout.startswith(f"{unit} is as it should be; nothing was changed.")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--install", "up", "--for", "windows", "--yes"], "service --install: this is linux, not windows"),
        (["--print", "up", "--yes"], "--root and --yes go with --install"),
        (["--print", "collector", "--user"], "needs a right (CAP_NET_RAW)"),
        (["--print", "up", "--user", "--for", "macos"], "are systemd's"),
        (["--install", "collector", "--yes"], "run it with sudo"),
    ],
)
@pytest.mark.skipif(sys.platform != "linux", reason="as this one says")
def test_what_does_not_go_together_is_one_sentence(tmp_path: Path, words: list[str], said: str) -> None:
    done = installing(make_project(tmp_path), *words)
    assert (done.returncode, done.stdout) == (1, "")
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_on_windows_the_task_is_written_for_schtasks_to_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of it was run on Windows, which it says."""
    root = make_project(tmp_path)
    monkeypatch.setattr(sys, "platform", "win32")
    plan = planned(root, "up", "windows")
    assert (plan.path, plan.remark[:9]) == (root / "telltale.xml", "NOT TRIED")
    assert plan.then[0] == f'schtasks /Create /TN telltale /XML "{root / "telltale.xml"}"'
    assert plan.stop == "schtasks /Delete /TN telltale"


@pytest.mark.skipif(sys.platform != "linux", reason="units of systemd")
def test_the_schedule_is_a_service_and_its_timer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TELLTALE_HOME", str(make_project(tmp_path / "project")))
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert run(["service", "--install", "schedule", "--root", str(tmp_path), "--yes"]) == 0
    units = tmp_path / "etc" / "systemd" / "system"
    assert "schedule --once" in (units / "telltale-schedule.service").read_text()
    assert "OnCalendar=" in (units / "telltale-schedule.timer").read_text()
    lines = [line.strip() for line in capsys.readouterr().out.splitlines()]
    assert lines[lines.index("To undo it:") + 1 :] == [
        "systemctl disable --now telltale-schedule.timer",
        f"rm {units}/telltale-schedule.timer",
        "systemctl daemon-reload",
        f"rm {units}/telltale-schedule.service",
    ]
    assert "systemctl enable --now telltale-schedule.timer" in lines
