"""`telltale up`: everything a project needs running, under one supervisor."""

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from telltale.settings import Settings
    from telltale.supervise import Child


@click.command(epilog="Example: telltale up")
@click.option("--dashboards/--no-dashboards", default=True, help="Serve the dashboards too, where Voilà is installed.")
def up(*, dashboards: bool) -> None:
    """Run collectors, settling and dashboards until Ctrl-C.

    What crashes is started again. Ctrl-C drains: every record that was begun is stored.
    """
    from telltale.settings import find_root

    supervised(find_root(), dashboards=dashboards)


def supervised(root: Path, *, dashboards: bool = True) -> None:
    """Run a project until Ctrl-C."""
    from collectors.listening import served
    from telltale.settings import load
    from telltale.supervise import Child, supervise, telltale_command

    settings = load(root)
    served("http", settings.webhooks.host, settings)  # an address that is refused is said once, not every half minute
    served("coap", settings.coap.host, settings, is_open=settings.coap.is_open)
    commands: dict[str, tuple[str, ...]] = {
        "webhooks": ("collect", "webhooks"),
        "coap": ("collect", "coap"),
        "settle": ("settle", "--loop"),
    }
    home = {"TELLTALE_HOME": str(settings.root)}
    children = [Child(name, telltale_command(*command), home) for name, command in commands.items()]
    supervise([*children, *(dashboard_child(settings) if dashboards else ())])


def dashboard_child(settings: "Settings") -> "list[Child]":
    """The dashboards' process, where Voilà is installed; its address is printed.

    Address and token are settled here, so that they outlast a crash of it.
    """
    if find_spec("voila") is None:
        return []
    from collectors.listening import free_port
    from telltale.dashboard.serve import address, login_token
    from telltale.supervise import Child, telltale_command

    host = settings.dashboard.host
    port, token = free_port(host, settings.dashboard.port), login_token(settings, host)
    click.echo(f"dashboards: {address(host=host, port=port, token=token)}")
    command = telltale_command("dashboard", "--port", str(port), "--quiet")
    return [Child("dashboard", command, {"TELLTALE_HOME": str(settings.root), "TELLTALE_TOKEN": token})]
