"""The agent of a PC, so that it starts by itself when its person logs on, with that person's rights and no window.

On Linux a unit of the person's own systemd, on macOS an agent of launchd, on Windows a task of the Task Scheduler that
runs `pythonw`. Nothing of it needs an administrator, and nothing is installed: the text says at its top how to.

Source: systemd.service(5), systemd.special(7) graphical-session.target; launchd.plist(5); Task Scheduler schema 1.2.
"""

import os
import plistlib
import shlex
import sys
from pathlib import Path, PurePath, PureWindowsPath
from xml.sax.saxutils import escape

from telltale.operate.service import UNTRIED, System, quoted, task_arguments
from telltale.settings import HOME_VARIABLE, Settings

NAME = "telltale-idle"
LABEL = f"org.telltale.{NAME}"
TITLE = "telltale: idle time of this PC"
COMMAND = ("-m", "telltale", "collect", "idle")
WHO = "DOMAIN\\NAME"
"""In place of the person, where the text is made on another system."""


def agent(settings: Settings, system: System) -> str:
    """The text of a definition for this project's agent, its installation in comments at the top."""
    return {"linux": _systemd, "macos": _launchd, "windows": _task}[system](settings)


def _systemd(settings: Settings) -> str:
    command = " ".join(map(quoted, (sys.executable, *COMMAND)))
    return f"""\
# {NAME}.service, of the person's own systemd: no sudo
#   mkdir -p ~/.config/systemd/user
#   telltale --project {shlex.quote(str(settings.root))} service --print idle > ~/.config/systemd/user/{NAME}.service
#   systemctl --user daemon-reload && systemctl --user enable --now {NAME}
#   journalctl --user -u {NAME} -f
# It starts with the desktop. One that knows no graphical-session.target: let its autostart run
#   systemctl --user import-environment DISPLAY XAUTHORITY && systemctl --user start {NAME}

[Unit]
Description={TITLE}
PartOf=graphical-session.target
After=graphical-session.target
StartLimitIntervalSec=0

[Service]
Type=exec
Environment={quoted(f"{HOME_VARIABLE}={settings.root}")}
ExecStart={command}
Restart=on-failure
RestartSec=10
TimeoutStopSec=45
NoNewPrivileges=yes
UMask=0077

[Install]
WantedBy=graphical-session.target
"""


def _launchd(settings: Settings) -> str:
    told = {
        "Label": LABEL,
        "ProgramArguments": [sys.executable, *COMMAND],
        "EnvironmentVariables": {HOME_VARIABLE: str(settings.root)},
        "WorkingDirectory": str(settings.root),
        "LimitLoadToSessionType": "Aqua",
        "ProcessType": "Background",
        "RunAtLoad": True,
        "KeepAlive": {"SuccessfulExit": False},
        "ThrottleInterval": 10,
        "ExitTimeOut": 45,
        "Umask": 0o077,
        "StandardErrorPath": str(settings.data / f"{NAME}.log"),
        "StandardOutPath": str(settings.data / f"{NAME}.log"),
    }
    head, _, body = plistlib.dumps(told, sort_keys=False).decode().partition("\n")
    comment = (
        f"{UNTRIED} Save it as ~/Library/LaunchAgents/{LABEL}.plist, then, without sudo: "
        f"launchctl bootstrap gui/$(id -u) ~/Library/LaunchAgents/{LABEL}.plist"
    )
    return f"{head}\n<!-- {comment} -->\n{body}"


def _task(settings: Settings) -> str:
    """Without a line that names its encoding: PowerShell writes what it is sent as UTF-16, cmd as it comes."""
    is_there = sys.platform == "win32"
    program = _without_window(PureWindowsPath(sys.executable)) if is_there else "pythonw.exe"
    who = f"{os.environ.get('USERDOMAIN', '.')}\\{os.environ.get('USERNAME', '')}" if is_there else WHO
    correct = "" if is_there else f" Made on another system: put your paths and your name (whoami) for {WHO} into it."
    return f"""\
<!-- {UNTRIED}{correct} Save it as {NAME}.xml, then, without an administrator's rights:
     schtasks /Create /TN {NAME} /XML {NAME}.xml     and now: schtasks /Run /TN {NAME}
     What it says is in telltale.log, in the folder of the project's logs -->
<Task version="1.2" xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task">
  <RegistrationInfo><Description>{escape(TITLE)}</Description></RegistrationInfo>
  <Triggers><LogonTrigger><Enabled>true</Enabled><UserId>{escape(who)}</UserId></LogonTrigger></Triggers>
  <Principals>
    <Principal id="Author">
      <UserId>{escape(who)}</UserId><LogonType>InteractiveToken</LogonType><RunLevel>LeastPrivilege</RunLevel>
    </Principal>
  </Principals>
  <Settings>
    <MultipleInstancesPolicy>IgnoreNew</MultipleInstancesPolicy>
    <DisallowStartIfOnBatteries>false</DisallowStartIfOnBatteries>
    <StopIfGoingOnBatteries>false</StopIfGoingOnBatteries>
    <Hidden>true</Hidden>
    <ExecutionTimeLimit>PT0S</ExecutionTimeLimit>
    <RestartOnFailure><Interval>PT1M</Interval><Count>999</Count></RestartOnFailure>
  </Settings>
  <Actions Context="Author">
    <Exec>
      <Command>{escape(program)}</Command>
      <Arguments>{escape(task_arguments(settings.root, COMMAND))}</Arguments>
      <WorkingDirectory>{escape(str(settings.root))}</WorkingDirectory>
    </Exec>
  </Actions>
</Task>
"""


def _without_window(python: PurePath) -> str:
    """The Python beside this one that opens no window, where there is one."""
    other = Path(python.with_name("pythonw.exe"))
    return str(other if other.exists() else python)
