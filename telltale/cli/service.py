"""`telltale service`: the definition of a system service with least rights, or of the agent of a PC."""

from typing import Any, Literal

import click

KINDS = {"systemd": "linux", "launchd": "macos", "task-scheduler": "windows"}
"""What starts services on each system; its name is taken too."""


@click.command(epilog="Example: telltale service --print collector | sudo tee /etc/systemd/system/telltale-arp.service")
@click.option(
    "--print",
    "what",
    type=click.Choice(["up", "collector", "idle"]),
    is_flag=False,
    flag_value="up",
    default="up",
    show_default=True,
    help="up: all but the capture of buttons, without any right; collector: that capture; idle: the agent of a PC.",
)
@click.option(
    "--for",
    "system",
    type=click.Choice(["linux", "macos", "windows", *KINDS]),
    help="For which system, by default this one; only that for Linux (systemd) has been tried.",
)
def service(what: Literal["up", "collector", "idle"], system: str | None) -> None:
    """Print what starts telltale by itself.

    Its first lines say how to install it. Nothing is installed or changed. The service runs as a user of its own, who
    may write only the project's data. The capture has the right to capture and no other; everything else has none. The
    agent of a PC (idle) starts when its person logs on, as that person, without a window.
    """
    from telltale.operate.agent import agent
    from telltale.operate.service import service as text
    from telltale.operate.service import this_system
    from telltale.settings import load

    settings = load()
    name: Any = KINDS.get(system or "", system or this_system())
    click.echo(agent(settings, name) if what == "idle" else text(settings, what, name), nl=False)
