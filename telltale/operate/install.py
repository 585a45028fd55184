"""A service's definition, put where its system looks for it; what is left to do, and how to undo it, in lines to paste.

    Linux      idle, and up of a person   ~/.config/systemd/user/NAME.service (XDG_CONFIG_HOME where that is set)
               up and collector of root   /etc/systemd/system/NAME.service
               schedule of root           /etc/systemd/system/telltale-schedule.service and .timer
    macOS      idle                       ~/Library/LaunchAgents/LABEL.plist
               up and collector of root   /Library/LaunchDaemons/LABEL.plist
    Windows    any                        NAME.xml in the project's folder, for schtasks to read

Only the file is written: nothing is started, no user made, no mode changed, so that each further step is one that
somebody has seen. A definition that stands there already, and differs, is kept beside it as `NAME.before`.

Source: systemd.unit(5), load path; launchd.plist(5); schtasks /Create /?.
"""

import shlex
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Literal, NamedTuple

from telltale.contract import ConfigError
from telltale.operate import agent
from telltale.operate.service import UNTRIED, System, What, label_of, name_of, preparing, service, to_be_read
from telltale.operate.timer import NAME, Part, timer
from telltale.settings import Settings

Kind = What | Literal["idle"] | Part
Named = What | Literal["idle"]
_BEFORE = ".before"


class Plan(NamedTuple):
    """What is to be written where, and what stands around that."""

    path: Path
    text: str
    then: tuple[str, ...]
    """Lines that start it."""
    stop: str
    """The line that stops it, before the file goes."""
    after: str = ""
    """The line that tells its system that the file is gone; empty where none must."""
    remark: str = ""
    """That nobody has tried it, where that is so."""


class Written(NamedTuple):
    """What became of a plan."""

    is_new: bool
    """False where the same stood there already."""
    before: Path | None
    """What stood there, kept."""


def plan(
    settings: Settings, what: Kind, system: System, *, root: Path, is_root: bool, environment: Mapping[str, str]
) -> Plan:
    """Where a service of this project belongs.

    Args:
        settings: of the project.
        what: which.
        system: of this machine.
        root: the root of its file system, or of an image of one that is being made.
        is_root: whether who asks may do everything.
        environment: of who asks: where the home and the configuration lie.

    Raises:
        ConfigError: who asks is not whose it would be.
    """
    if what == "idle" and is_root and system != "windows":
        raise ConfigError(
            "service --install idle: the agent of a PC is its person's own, and this is root; run it as that person"
        )
    if what != "idle" and not is_root and system == "macos":
        raise ConfigError(
            f"service --install {what}: /Library/LaunchDaemons is root's; run it with sudo: {_sudo(settings, what)}"
        )
    if what == "collector" and not is_root and system == "linux":
        raise ConfigError(
            "service --install collector: the right to capture can only be given by root; run it with sudo: "
            f"{_sudo(settings, what)}"
        )
    if what == "schedule" or what == "schedule-timer":  # noqa: PLR1714 - each narrows its type
        return _pass(settings, what, system, root, is_root=is_root)
    home = Path(environment.get("HOME") or Path.home())
    if system == "linux":
        return _linux(settings, what, root, home, environment, is_root=is_root)
    return _macos(settings, what, root, home) if system == "macos" else _windows(settings, what)


def install(told: Plan) -> Written:
    """Write the definition of a plan, in one step, readable by all: it holds no secret.

    Raises:
        ConfigError: it cannot be written there.
    """
    path, data = told.path, told.text.encode()
    try:
        former = path.read_bytes() if path.exists() else None
        if former == data:
            return Written(is_new=False, before=None)
        path.parent.mkdir(parents=True, exist_ok=True)
        kept = None if former is None else _put(path.with_name(path.name + _BEFORE), former)
        _put(path, data)
    except OSError as error:
        raise ConfigError(
            f"{error.filename or path}: cannot be written ({error.strerror}); run it as whose folder that is, or print "
            "the definition with --print and copy it yourself"
        ) from error
    return Written(is_new=True, before=kept)


def undo(told: Plan, written: Written) -> list[str]:
    """The lines that take back what was done: what was there before comes back."""
    file = shlex.quote(str(told.path))
    back = f"rm {file}" if written.before is None else f"mv {shlex.quote(str(written.before))} {file}"
    return [line for line in (told.stop, back, told.after) if line]


def _put(path: Path, data: bytes) -> Path:
    new = path.with_name(f".{path.name}.new")
    new.write_bytes(data)
    new.chmod(0o644)
    new.replace(path)
    return path


def _linux(
    settings: Settings, what: Named, root: Path, home: Path, environment: Mapping[str, str], *, is_root: bool
) -> Plan:
    own = what == "idle" or not is_root
    name, control = (agent.NAME if what == "idle" else name_of(what)), "systemctl --user" if own else "systemctl"
    then = [f"{control} daemon-reload", f"{control} enable --now {name}"]
    if own:
        configured = environment.get("XDG_CONFIG_HOME", "")
        folder = (Path(configured) if Path(configured).is_absolute() else home / ".config") / "systemd" / "user"
    else:
        folder = Path("/etc/systemd/system")
        then = [*_prepared(settings), *then]
    if what == "up" and own:
        then.append("loginctl enable-linger    # or it runs only while you are logged on")
    text = agent.agent(settings, "linux") if what == "idle" else service(settings, what, own=own)
    path = _below(root, folder / f"{name}.service")
    return Plan(path, text, tuple(then), f"{control} disable --now {name}", f"{control} daemon-reload")


def _pass(settings: Settings, what: Part, system: System, root: Path, *, is_root: bool) -> Plan:
    """The service of a pass, which its timer starts, or that timer."""
    text = timer(settings, what, system)
    if not is_root:
        raise ConfigError(
            "service --install schedule: units of the system are root's; run it with sudo: "
            f"{_sudo(settings, 'schedule')}"
        )
    path = _below(root, Path("/etc/systemd/system") / f"{NAME}.{'service' if what == 'schedule' else 'timer'}")
    if what == "schedule":
        return Plan(path, text, _prepared(settings), "")
    then = ("systemctl daemon-reload", f"systemctl enable --now {NAME}.timer")
    return Plan(path, text, then, f"systemctl disable --now {NAME}.timer", "systemctl daemon-reload")


def _prepared(settings: Settings) -> tuple[str, ...]:
    """What the machine needs first, as root types it."""
    before = [line.removeprefix("sudo ").replace("&& sudo ", "&& ") for line in preparing(settings)]
    needed = to_be_read(settings)
    return (*before, *([f"# {needed}"] if needed else []))


def _macos(settings: Settings, what: Named, root: Path, home: Path) -> Plan:
    if what == "idle":
        folder, label, domain = home / "Library" / "LaunchAgents", agent.LABEL, "gui/$(id -u)"
        text = agent.agent(settings, "macos")
    else:
        folder, label, domain = Path("/Library/LaunchDaemons"), label_of(name_of(what)), "system"
        text = service(settings, what, "macos")
    path = _below(root, folder / f"{label}.plist")
    start, stop = f"launchctl bootstrap {domain} {shlex.quote(str(path))}", f"launchctl bootout {domain}/{label}"
    return Plan(path, text, (start,), stop, remark=UNTRIED)


def _windows(settings: Settings, what: Named) -> Plan:
    name = agent.NAME if what == "idle" else name_of(what)
    path = settings.root / f"{name}.xml"
    text = agent.agent(settings, "windows") if what == "idle" else service(settings, what, "windows")
    then = (f'schtasks /Create /TN {name} /XML "{path}"', f"schtasks /Run /TN {name}")
    return Plan(path, text, then, f"schtasks /Delete /TN {name}", remark=UNTRIED)


def _below(root: Path, path: Path) -> Path:
    return path if root == Path("/") else root / path.relative_to(path.anchor)


def _sudo(settings: Settings, what: str) -> str:
    """The same command with the rights of root, whose path is another and who knows no project."""
    words = (sys.executable, "-m", "telltale", "--project", str(settings.root), "service", "--install", what)
    return f"sudo {shlex.join(words)}"
