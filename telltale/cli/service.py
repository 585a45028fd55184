"""`telltale service`: the definition of a service with least rights, or of the agent of a PC; printed or copied."""

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

if TYPE_CHECKING:
    from telltale.settings import Settings

What = Literal["up", "collector", "idle"]
Printed = Literal["up", "collector", "idle", "schedule", "schedule-timer"]
KINDS = {"systemd": "linux", "launchd": "macos", "task-scheduler": "windows"}
"""What starts services on each system; its name is taken too."""
_NAMES = ("up", "collector", "idle", "schedule")
_FILES: dict[str, tuple[Printed, ...]] = {"schedule": ("schedule", "schedule-timer")}
"""What is more than one file."""


@click.command(epilog="Example: telltale service --print collector | sudo tee /etc/systemd/system/telltale-arp.service")
@click.option(
    "--print",
    "what",
    type=click.Choice([*_NAMES, "schedule-timer"]),
    is_flag=False,
    flag_value="up",
    default="up",
    show_default=True,
    help="up: all but the capture of buttons, without any right; collector: that capture; idle: the agent of a PC; "
    "schedule, schedule-timer: reports that are due, where up does not run.",
)
@click.option(
    "--install",
    "installed",
    type=click.Choice(_NAMES),
    is_flag=False,
    flag_value="up",
    help="Copy it to where this system looks for it, having asked; what is left to do is printed.",
)
@click.option(
    "--for",
    "system",
    type=click.Choice(["linux", "macos", "windows", *KINDS]),
    help="For which system, by default this one; only that for Linux (systemd) has been tried.",
)
@click.option(
    "--user", "own", is_flag=True, help="Print up as a unit of your own systemd, which needs no sudo (Linux)."
)
@click.option(
    "--root",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="With --install: another root of the file system, as of an image that is being made.",
)
@click.option("--yes", is_flag=True, help="With --install: do not ask.")
def service(
    what: Printed, installed: Printed | None, system: str | None, *, own: bool, root: Path | None, yes: bool
) -> None:
    """Print what starts telltale by itself, or copy it to its place.

    Its first lines say how to install it by hand. The service runs as a user of its own, who may write only the
    project's data. The capture has the right to capture and no other; everything else has none. The agent of a PC
    (idle) starts when its person logs on, as that person, without a window.

    With --install its definition alone is written: for root a unit of the system, for anybody else a unit of their own.
    Nothing is started; the lines that do so, and those that undo it, are printed.
    """
    from telltale.contract import ConfigError
    from telltale.operate.agent import agent
    from telltale.operate.service import service as text
    from telltale.operate.service import this_system
    from telltale.operate.timer import timer
    from telltale.settings import load

    name: Any = KINDS.get(system or "", system or this_system())
    if installed is None:
        if root is not None or yes:
            raise ConfigError("service: --root and --yes go with --install; expected such as --install up --yes")
        settings = load()
        if what == "schedule" or what == "schedule-timer":  # noqa: PLR1714 - each narrows its type
            click.echo(timer(settings, what, name), nl=False)
        else:
            click.echo(agent(settings, name) if what == "idle" else text(settings, what, name, own=own), nl=False)
        return
    if name != this_system():
        raise ConfigError(f"service --install: this is {this_system()}, not {name}; print it there with --for {name}")
    _install(load(), installed, name, root or Path("/"), is_sure=yes)


def _install(settings: "Settings", what: Printed, system: Any, root: Path, *, is_sure: bool) -> None:
    import os

    from telltale.operate.install import install, plan, undo

    is_root = hasattr(os, "geteuid") and os.geteuid() == 0
    parts = _FILES.get(what, (what,))
    plans = [plan(settings, part, system, root=root, is_root=is_root, environment=os.environ) for part in parts]
    for remark in dict.fromkeys(told.remark for told in plans if told.remark):
        click.echo(remark)
    names = " and ".join(str(told.path) for told in plans)
    there = any(_differs(told.path, told.text) for told in plans)
    kept = " (another definition is there and will be kept beside it)" if there else ""
    if not is_sure and not click.confirm(f"Write {names}{kept}?"):
        click.echo("Nothing was written.")
        return
    back: list[str] = []
    for told in plans:
        written = install(told)
        before = f"; what was there is {written.before}" if written.before else ""
        is_same = f"{told.path} is as it should be; nothing was changed."
        click.echo(f"Wrote {told.path}{before}." if written.is_new else is_same)
        back = [*undo(told, written), *back]  # what was written last goes first
    _lines(
        "Nothing was started. To start it, as far as not done already:", [line for told in plans for line in told.then]
    )
    _lines("To undo it:", back)


def _differs(path: Path, text: str) -> bool:
    return path.is_file() and path.read_bytes() != text.encode()


def _lines(title: str, lines: list[str]) -> None:
    click.echo(title)
    for line in lines:
        click.echo(f"    {line}")
