"""`telltale service`: the definition of a system service with least rights."""

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from telltale.operate.service import System, What


@click.command(epilog="Example: telltale service --print collector | sudo tee /etc/systemd/system/telltale-arp.service")
@click.option(
    "--print",
    "what",
    type=click.Choice(["up", "collector"]),
    is_flag=False,
    flag_value="up",
    default="up",
    show_default=True,
    help="up: all but the capture of buttons, without any right; collector: that capture alone.",
)
@click.option(
    "--for",
    "system",
    type=click.Choice(["systemd", "launchd", "task-scheduler"]),
    default="systemd",
    show_default=True,
    help="For which system; only systemd has been tried.",
)
def service(what: "What", system: "System") -> None:
    """Print a service definition for this project.

    Its first lines say how to install it. Nothing is installed or changed. The service runs as a user of its own, who
    may write only the project's data. The capture has the right to capture and no other; everything else has none.
    """
    from telltale.operate.service import service as text
    from telltale.settings import load

    click.echo(text(load(), what, system), nl=False)
