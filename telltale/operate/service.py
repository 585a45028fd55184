"""Telltale as a service of the system, with the rights it needs and no more.

`collector` is the capture of buttons alone, under a user of its own with the single right to capture; `up` is
everything else and holds no right at all. Only the folders of the project's data can be written. The units are for
systemd; those for launchd and the Task Scheduler have not been tried. The agent of a PC is none of these (`agent`).

systemd asks only the supervisor to end (`KillMode=mixed`), which drains its children, and leaves it alone when the
kernel has killed one of them for memory (`OOMPolicy=continue`): the supervisor starts that one again.

Source: systemd.exec(5), systemd.service(5); launchd.plist(5); Task Scheduler schema 1.2; wire/kanban.md 6.4.
"""

import plistlib
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Literal, NamedTuple
from xml.sax.saxutils import escape

import sqlalchemy as sa

from telltale.contract import ConfigError
from telltale.settings import HOME_VARIABLE, Settings

What = Literal["collector", "up"]
System = Literal["linux", "macos", "windows"]
USER = "telltale"
STOP_S = 45
"""Longer than the supervisor gives its children."""
OPEN_FILES = 65_536
"""A connection is one; each process may have so many, and senders that only hold theirs open must not use them up."""
UNTRIED = "NOT TRIED: written after the documentation, not run on this system by its authors."


class _Unit(NamedTuple):
    name: str
    title: str
    command: tuple[str, ...]
    capabilities: str
    families: str
    """What kinds of socket it may open."""


_UNITS: dict[What, _Unit] = {
    "collector": _Unit(
        "telltale-arp",
        "telltale: capture of buttons",
        ("collect", "arp"),
        "CAP_NET_RAW",
        "AF_PACKET AF_INET AF_INET6 AF_UNIX AF_NETLINK",
    ),
    "up": _Unit("telltale", "telltale: collectors, settling, dashboards", ("up",), "", ""),
}
_ALWAYS = """\
NoNewPrivileges=yes
ProtectSystem=strict
PrivateTmp=yes
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
LockPersonality=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
SystemCallArchitectures=native
UMask=0077"""
_COLLECTOR = """\
PrivateDevices=yes
ProtectProc=invisible
RestrictNamespaces=yes
SystemCallFilter=@system-service
SystemCallErrorNumber=EPERM"""


def this_system() -> System:
    """Whose services this machine runs."""
    return {"win32": "windows", "darwin": "macos"}.get(sys.platform, "linux")  # type: ignore[return-value] # of texts


def service(settings: Settings, what: What, system: System = "linux", *, own: bool = False) -> str:
    """The text of a service definition for this project, its installation in comments at the top.

    Args:
        settings: of the project.
        what: which service.
        system: for which system.
        own: a unit of a person's own systemd, with that person's rights and without sudo.

    Raises:
        ConfigError: no person may have a unit of their own of it.
    """
    if own:
        return _systemd_own(settings, what, system)
    makers = {"linux": _systemd, "macos": _launchd, "windows": _task}
    return makers[system](settings, _UNITS[what])


def writable(settings: Settings) -> list[Path]:
    """The folders that a service must write to: the project's data, and what lies elsewhere on this machine."""
    folders = [settings.data, settings.keys]
    url = sa.make_url(settings.store_url)
    if url.get_backend_name() == "sqlite" and url.database:
        folders.append(Path(url.database).parent)
    if isinstance(settings.lake_root, Path):
        folders.append(settings.lake_root)
    kept: list[Path] = []
    for folder in sorted({folder.resolve() for folder in folders}):
        if not any(folder.is_relative_to(other) for other in kept):
            kept.append(folder)
    return kept


def _systemd(settings: Settings, unit: _Unit) -> str:
    folders = writable(settings)
    prepared = "\n".join(f"#   {line}" for line in preparing(settings))
    command = " ".join(quoted(part) for part in _command(unit))
    rights = f"AmbientCapabilities={unit.capabilities}\nCapabilityBoundingSet={unit.capabilities}"
    families = f"\nRestrictAddressFamilies={unit.families}" if unit.families else ""
    only = f"\n{_COLLECTOR}" if unit.capabilities else ""
    home = _home(settings)
    hint = f"\n#   {needed}" if (needed := to_be_read(settings)) else ""
    return f"""\
# {unit.name}.service
{prepared}{hint}
#   telltale service --print {_name(unit)} | sudo tee /etc/systemd/system/{unit.name}.service
#   sudo systemctl daemon-reload && sudo systemctl enable --now {unit.name}
#   journalctl -u {unit.name} -f

[Unit]
Description={unit.title}
Wants=network-online.target
After=network-online.target
StartLimitIntervalSec=0

[Service]
Type=exec
User={USER}
Group={USER}
Environment={quoted(f"{HOME_VARIABLE}={settings.root}")}
ExecStart={command}
Restart=always
RestartSec=1
TimeoutStopSec={STOP_S}
KillMode=mixed
OOMPolicy=continue
LimitNOFILE={OPEN_FILES}

{rights}
{_ALWAYS}
ProtectHome={home}
ReadWritePaths={" ".join(quoted(str(folder)) for folder in folders)}{families}{only}

[Install]
WantedBy=multi-user.target
"""


def _systemd_own(settings: Settings, what: What, system: System) -> str:
    unit = _UNITS[what]
    if system != "linux":
        raise ConfigError(
            f"service --user: units of a person's own are systemd's, and this is for {system}; leave it out"
        )
    if unit.capabilities:
        raise ConfigError(
            f"service --user: {what} needs a right ({unit.capabilities}) that a person's own unit cannot have; leave "
            "it out, and install it with sudo"
        )
    command = " ".join(quoted(part) for part in _command(unit))
    printed = f"telltale --project {shlex.quote(str(settings.root))} service --user --print {what}"
    return f"""\
# {unit.name}.service, of the person's own systemd: no sudo
#   mkdir -p ~/.config/systemd/user
#   {printed} > ~/.config/systemd/user/{unit.name}.service
#   systemctl --user daemon-reload && systemctl --user enable --now {unit.name}
#   loginctl enable-linger    # or it runs only while its person is logged on
#   journalctl --user -u {unit.name} -f

[Unit]
Description={unit.title}
StartLimitIntervalSec=0

[Service]
Type=exec
Environment={quoted(f"{HOME_VARIABLE}={settings.root}")}
ExecStart={command}
Restart=always
RestartSec=1
TimeoutStopSec={STOP_S}
KillMode=mixed
OOMPolicy=continue
LimitNOFILE={OPEN_FILES}
NoNewPrivileges=yes
UMask=0077

[Install]
WantedBy=default.target
"""


def name_of(what: What) -> str:
    """What the service is called on every system."""
    return _UNITS[what].name


def preparing(settings: Settings) -> list[str]:
    """What a machine needs before a service of it can start: its user, and whose the project's data are."""
    folders, secrets = shlex.join(map(str, writable(settings))), shlex.quote(str(settings.root / "secrets.toml"))
    return [
        f"sudo useradd --system --no-create-home --shell /usr/sbin/nologin {USER}",
        f"sudo mkdir -p {folders} && sudo chown -R {USER}: {folders}",
        f"sudo chown {USER}: {secrets}    # mode 600: only its owner may read it",
    ]


def to_be_read(settings: Settings) -> str:
    """That the service's user must see what lies in somebody's home; empty where nothing does."""
    if _home(settings) == "yes":
        return ""
    return f"{USER} must be able to read {settings.root} and {sys.prefix}: check the folders above"


def _launchd(settings: Settings, unit: _Unit) -> str:
    label = label_of(unit.name)
    told = {
        "Label": label,
        "ProgramArguments": _command(unit),
        "EnvironmentVariables": {HOME_VARIABLE: str(settings.root)},
        "WorkingDirectory": str(settings.root),
        "UserName": f"_{USER}",
        "RunAtLoad": True,
        "KeepAlive": True,
        "ThrottleInterval": 10,
        "ExitTimeOut": STOP_S,
        "Umask": 0o077,
        "SoftResourceLimits": {"NumberOfFiles": OPEN_FILES},
        "StandardErrorPath": str(settings.logs / f"{unit.name}.log"),
        "StandardOutPath": str(settings.logs / f"{unit.name}.log"),
    }
    more = "; its user needs the group access_bpf, which Wireshark's ChmodBPF sets up" if unit.capabilities else ""
    head, _, body = plistlib.dumps(told, sort_keys=False).decode().partition("\n")
    comment = (
        f"{UNTRIED} Save it as /Library/LaunchDaemons/{label}.plist, then: sudo launchctl bootstrap system {label}"
    )
    return f"{head}\n<!-- {comment}{more} -->\n{body}"


def _task(settings: Settings, unit: _Unit) -> str:
    program, *arguments = _command(unit)
    more = "; capturing needs Npcap" if unit.capabilities else ""
    return f"""\
<?xml version="1.0" encoding="UTF-8"?>
<!-- {UNTRIED} Save it as {unit.name}.xml, then: schtasks /Create /TN {unit.name} /XML {unit.name}.xml{more} -->
<Task version="1.2" xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task">
  <RegistrationInfo><Description>{escape(unit.title)}</Description></RegistrationInfo>
  <Triggers><BootTrigger><Enabled>true</Enabled></BootTrigger></Triggers>
  <Principals>
    <Principal id="Author"><UserId>S-1-5-19</UserId><RunLevel>LeastPrivilege</RunLevel></Principal>
  </Principals>
  <Settings>
    <MultipleInstancesPolicy>IgnoreNew</MultipleInstancesPolicy>
    <DisallowStartIfOnBatteries>false</DisallowStartIfOnBatteries>
    <StopIfGoingOnBatteries>false</StopIfGoingOnBatteries>
    <ExecutionTimeLimit>PT0S</ExecutionTimeLimit>
    <RestartOnFailure><Interval>PT1M</Interval><Count>999</Count></RestartOnFailure>
  </Settings>
  <Actions Context="Author">
    <Exec>
      <Command>{escape(program)}</Command>
      <Arguments>{escape(task_arguments(settings.root, arguments))}</Arguments>
      <WorkingDirectory>{escape(str(settings.root))}</WorkingDirectory>
    </Exec>
  </Actions>
</Task>
"""


def label_of(name: str) -> str:
    """What launchd calls a service."""
    return f"org.telltale.{name}"


def task_arguments(root: Path, arguments: Sequence[str]) -> str:
    """The arguments of a task, which has no environment of its own: the project is named behind `-m telltale`."""
    told = (*arguments[:2], "--project", str(root), *arguments[2:])
    return " ".join(f'"{each}"' if " " in each else each for each in told)


def _command(unit: _Unit) -> list[str]:
    return [sys.executable, "-m", "telltale", *unit.command]


def _name(unit: _Unit) -> str:
    return next(name for name, known in _UNITS.items() if known is unit)


def _home(settings: Settings) -> str:
    """People's folders are out of sight, or may only be read where the project or the program lies there."""
    homes = (Path("/home"), Path("/root"), Path("/run/user"))
    needed: Sequence[Path] = (settings.root, Path(sys.executable), Path(sys.prefix), Path(sys.base_prefix))
    is_there = any(path.is_relative_to(home) for path in needed for home in homes)
    return "read-only" if is_there else "yes"


def _escaped(text: str) -> str:
    """A percent sign begins a specifier of systemd."""
    return text.replace("%", "%%")


def quoted(text: str) -> str:
    """A word of a unit's line."""
    escaped = _escaped(text).replace("\\", "\\\\").replace('"', '\\"').replace("$", "$$")
    return f'"{escaped}"' if set(escaped) & set(" \t\"';\\") else escaped
