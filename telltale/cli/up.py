"""`telltale up`: everything a project needs running, under one supervisor."""

from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click

from telltale.contract import ConfigError

if TYPE_CHECKING:
    from telltale.operate.supervise import Child, Say
    from telltale.settings import Settings


@click.command(epilog="Example: telltale up")
@click.option("--dashboards/--no-dashboards", default=True, help="Serve the dashboards too, where Voilà is installed.")
def up(*, dashboards: bool) -> None:
    """Run collectors, upkeep, forwarding and dashboards until Ctrl-C.

    What crashes is started again. At Ctrl-C, records whose sending has begun are still stored.
    """
    from telltale.settings import find_root

    supervised(find_root(), dashboards=dashboards)


def supervised(root: Path, *, dashboards: bool = True) -> None:
    """Run a project until Ctrl-C."""
    from telltale.operate.project_lock import only_one
    from telltale.operate.supervise import logging_to, supervise
    from telltale.settings import load

    settings = load(root)
    with only_one(settings, "up"), logging_to(settings.logs) as say:
        _mend(settings, say)
        children = wanted(settings)
        supervise([*children, *(dashboard_child(settings) if dashboards else ())], say=say)


def _mend(settings: "Settings", say: "Say") -> None:
    """Close what is open to others, as a former version left it; what cannot be closed here is said."""
    from telltale.operate.permissions import mend, open_password

    mended = mend(settings)
    if mended.closed:
        say("up", f"{mended.closed:,} paths in {settings.data} were open to others; now they are their owner's only")
    if mended.left:
        say("up", f"{mended.left:,} paths in {settings.data} are open to others and not ours; see telltale doctor")
    if password := open_password(settings):
        say("up", f"{password.found}; {password.fix}")


def wanted(settings: "Settings") -> "list[Child]":
    """The parts of `PARTS` that this project needs; why another is left out is printed.

    Raises:
        ConfigError: a part can never start as it is set, such as on an address that is refused.
    """
    from telltale.operate.supervise import Child, telltale_command

    children = []
    for part in PARTS:
        reason = part.why_not(settings)
        if reason:
            click.echo(f"{part.name} is not started: {reason}")
        elif reason is not None:
            home = {"TELLTALE_HOME": str(settings.root)}
            children.append(Child(part.name, telltale_command(*part.command), home))
    return children


def _always(_: "Settings") -> str:
    return ""


def _webhooks(settings: "Settings") -> str:
    """An address that is refused is said once, not every half minute."""
    from telltale.contract import Transport
    from telltale.transports import served

    served(Transport.HTTP, settings.webhooks.host, settings)
    return ""


def _coap(settings: "Settings") -> str:
    from telltale.contract import Transport
    from telltale.transports import served

    served(Transport.COAP, settings.coap.host, settings, is_open=settings.coap.is_open)
    return ""


def _arp(settings: "Settings") -> str:
    """Only where a device is listed, and with the right to capture; an interface may come later."""
    from telltale.capture.interfaces import may_capture
    from telltale.settings import buttons

    try:
        listed = buttons(settings).buttons
    except ConfigError:
        return ""  # the collector says what is wrong, until it is corrected
    if not listed:
        return f"no button is listed in {settings.arp.allow_list}; find yours with telltale discover"
    return may_capture().removeprefix("arp: ")


def _mqtt(settings: "Settings") -> str | None:
    """Only where a broker is named; what is wrong with its topics is said once."""
    from telltale.transports import topics

    if not settings.mqtt.host:
        return None
    topics(settings.mqtt)
    return ""


def _forward(settings: "Settings") -> str | None:
    """Only where a platform is set; what is wrong with it is said once."""
    from telltale.forward.passing import targets

    return "" if targets(settings) else None


class Part(NamedTuple):
    """Something to keep running."""

    name: str
    command: tuple[str, ...]
    why_not: "Callable[[Settings], str | None]" = _always
    """Empty: start it; a sentence: why not; None: this project has no use for it, nothing is said."""


PARTS: tuple[Part, ...] = (
    Part("webhooks", ("collect", "webhooks"), _webhooks),
    Part("coap", ("collect", "coap"), _coap),
    Part("arp", ("collect", "arp"), _arp),
    Part("mqtt", ("collect", "mqtt"), _mqtt),
    Part("upkeep", ("upkeep",)),
    Part("forward", ("forward",), _forward),
)
"""What a project may need, in the order of the log's first lines; another part is one line here."""


def dashboard_child(settings: "Settings") -> "list[Child]":
    """The dashboards' process, where Voilà is installed; it prints its address when it listens.

    Port and token are settled here, so that they outlast a crash of it: who is logged in stays so.
    """
    if find_spec("voila") is None:
        return []
    from telltale.dashboard.serve import login_token
    from telltale.net import free_port
    from telltale.operate.supervise import Child, telltale_command

    host = settings.dashboard.host
    port, token = free_port(host, settings.dashboard.port), login_token(settings, host)
    command = telltale_command("dashboard", "--port", str(port))
    return [Child("dashboard", command, {"TELLTALE_HOME": str(settings.root), "TELLTALE_TOKEN": token})]
