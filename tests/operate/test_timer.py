"""A pass of the schedule as a unit of systemd, and the timer that starts it."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from telltale.cli import run
from telltale.contract import ConfigError
from telltale.operate.timer import NAME, timer
from telltale.settings import load
from tests.served import make_project


def test_the_pass_ends_and_has_no_more_rights_than_the_rest(tmp_path: Path) -> None:
    text = timer(load(make_project(tmp_path)), "schedule")
    lines = text.splitlines()
    assert "Type=oneshot" in lines
    assert f"ExecStart={sys.executable} -m telltale schedule --once" in lines
    assert f"ReadWritePaths={tmp_path}/data" in lines
    assert "CapabilityBoundingSet=" in lines
    assert "NoNewPrivileges=yes" in lines
    assert not [line for line in lines if line.startswith(("Restart=", "[Install]"))], "its timer starts it"


def test_the_timer_makes_up_for_what_was_missed(tmp_path: Path) -> None:
    text = timer(load(make_project(tmp_path)), "schedule-timer")
    assert "OnCalendar=*:0/15\n" in text
    assert "Persistent=true\n" in text


def test_another_system_is_told_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="telltale schedule --once"):
        timer(load(make_project(tmp_path)), "schedule", "windows")


def test_systemd_understands_both(tmp_path: Path) -> None:
    """Where systemd is there to say so; everywhere the command prints what the function says."""
    settings = load(make_project(tmp_path / "project"))
    units = {f"{NAME}.service": timer(settings, "schedule"), f"{NAME}.timer": timer(settings, "schedule-timer")}
    for name, text in units.items():
        (tmp_path / name).write_text(text.replace("User=telltale", "User=root").replace("Group=telltale", "Group=root"))
    if shutil.which("systemd-analyze"):
        command = ["systemd-analyze", "verify", *(str(tmp_path / name) for name in units)]
        done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)
        said = [line for line in done.stderr.splitlines() if NAME in line]
        assert said == []


def test_the_command_prints_them(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = make_project(tmp_path)
    assert run(["--project", str(root), "service", "--print", "schedule-timer"]) == 0
    assert f"# {NAME}.timer" in capsys.readouterr().out
