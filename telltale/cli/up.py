"""`telltale up`: everything a project needs running, under one supervisor."""

from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click

from telltale.contract import ConfigError, TelltaleError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from telltale.operate.supervise import Change, Child, Say
    from telltale.settings import Settings


@click.command(epilog="Example: telltale up")
@click.option("--dashboards/--no-dashboards", default=True, help="Serve the dashboards too, where Voilà is installed.")
def up(*, dashboards: bool) -> None:
    """Run collectors, upkeep, forwarding and dashboards until Ctrl-C.

    What crashes is started again, and so is what a changed telltale.toml or secrets.toml touches; buttons.csv and
    devices.csv are read as they are. At Ctrl-C, records whose sending has begun are still stored.
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
        running = Running(settings, dashboards=dashboards, say=say)
        undrained = supervise(running.children, say=say, follow=running.follow)
        say("up", _farewell(undrained))


class Running:
    """What runs of a project, and what is to run after a change of its files.

    Args:
        settings: as they are at the start.
        dashboards: whether these are wanted.
        say: told of each change.
    """

    def __init__(self, settings: "Settings", *, dashboards: bool, say: "Say") -> None:
        from telltale.operate.changes import Files, Told
        from telltale.settings.secrets import read_secrets

        self._dashboards, self._say = dashboards, say
        self._told = Told(settings, read_secrets(settings.root))
        self._files = Files(settings)
        self.children = [*wanted(settings), *(dashboard_child(settings) if dashboards else ())]

    def follow(self) -> "Change | None":
        """What is to run where a file changed; what is wrong in one is said, and all runs on."""
        changed = self._files.changed()
        if not changed:
            return None
        names = " and ".join(sorted(changed))
        try:
            return self._change(names)
        except TelltaleError as error:
            self._say("up", f"{names} changed: {error}; until it is corrected all runs as before")
            return None

    def _change(self, names: str) -> "Change | None":
        from telltale.operate.changes import Files, Told, touched
        from telltale.operate.supervise import Change
        from telltale.settings import buttons, devices, load
        from telltale.settings.secrets import read_secrets

        root = self._told.settings.root
        now = Told(load(root), read_secrets(root))
        devices(now.settings), buttons(now.settings)
        if now.settings.paths != self._told.settings.paths:
            self._say("up", f"{names} changed: [paths] holds from the next start; stop telltale up and start it again")
            return None
        before = {child.name: child for child in self.children}
        again = touched(self._told, now, before.keys())
        children = wanted(now.settings)
        if self._dashboards:
            former = before.get("dashboard")
            is_same = former is not None and "dashboard" not in again
            children += [former] if former is not None and is_same else dashboard_child(now.settings, former=former)
        begun = [child.name for child in children if child.name not in before]
        ended = before.keys() - {child.name for child in children}
        told = (("restarts", again - ended), ("starts", set(begun)), ("ends", ended))
        shown = "; ".join(f"{word} {', '.join(sorted(parts))}" for word, parts in told if parts)
        self._say("up", f"{names} changed; {shown or 'nothing has to restart'}")
        if now.settings.arp != self._told.settings.arp:
            self._files = Files(now.settings)  # the list of buttons may be another one
        self._told, self.children = now, children
        return Change(children, again)


def _farewell(undrained: "Sequence[str]") -> str:
    """What is known of the records at the end."""
    lost = [name for name in undrained if name in RECEIVERS]
    if not lost:
        return "all stored: every record that was acknowledged is on disk"
    return (
        f"{', '.join(lost)} did not end in time: every record that was acknowledged is on disk, what was being sent is "
        "not, and its sender was not told that it was"
    )


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


def _schedule(settings: "Settings") -> str | None:
    """Only where a report is scheduled, and notebooks can be run."""
    if not settings.reports:
        return None
    from telltale.extras import not_installed

    return "" if find_spec("papermill") else not_installed("papermill")


def _alerts(settings: "Settings") -> str | None:
    """Only where an alert is set."""
    return "" if settings.alerts else None


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
    Part("schedule", ("schedule",), _schedule),
    Part("alerts", ("alerts", "--follow"), _alerts),
)
"""What a project may need, in the order of the log's first lines; another part is one line here."""


RECEIVERS = ("webhooks", "coap", "arp", "mqtt")
"""Those that records come in by."""


def dashboard_child(settings: "Settings", former: "Child | None" = None) -> "list[Child]":
    """The dashboards' process, where Voilà is installed; it prints its address when it listens.

    Port and token are settled here, so that they outlast a crash of it: who is logged in stays so. A former process
    hands on the token that was made for it.
    """
    if find_spec("voila") is None:
        return []
    from telltale.dashboard.serve import login_token
    from telltale.net import free_port
    from telltale.operate.supervise import Child, telltale_command

    host = settings.dashboard.host
    token, port = login_token(settings, host), settings.dashboard.port
    if former is not None and not settings.token:
        token = former.environment["TELLTALE_TOKEN"]
    if former is None or str(port) != former.command[-1]:
        port = int(former.command[-1]) if former is not None and port == 0 else free_port(host, port)
    command = telltale_command("dashboard", "--port", str(port))
    return [Child("dashboard", command, {"TELLTALE_HOME": str(settings.root), "TELLTALE_TOKEN": token})]
