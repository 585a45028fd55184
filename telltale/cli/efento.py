"""`telltale efento`: change the configuration of sensors from here."""

from typing import TYPE_CHECKING, Any

import click

from telltale.cli.output import json_option, moment, show

if TYPE_CHECKING:
    from telltale.sources.efento.queue import Queued

SOURCE = "efento"


@click.group(epilog="Example: telltale efento configure 282C024156AF transmission_interval=600 ack_interval=1800")
def efento() -> None:
    """Change the configuration of Efento sensors, and see what became of it."""


@efento.command(epilog="Example: telltale efento configure 282C024156AF supervision_period=86400")
@click.argument("serial")
@click.argument("pairs", metavar="KEY=VALUE...", nargs=-1)
@click.option("--withdraw", is_flag=True, help="Take back what was not sent yet.")
@click.option("--erase", is_flag=True, help="Allow reset_memory_request, which erases the sensor's measurements.")
def configure(serial: str, pairs: tuple[str, ...], *, withdraw: bool, erase: bool) -> None:
    """Queue a change for a sensor.

    It goes with the reply to the sensor's next confirmable measurements. Keys are those of ProtoConfig; what belongs
    together and is not given is taken from the configuration the sensor last reported.
    """
    from telltale.contract import ConfigError
    from telltale.landing import recall, revise
    from telltale.sources.efento.downlink import change
    from telltale.sources.efento.queue import device_of, queued, reported, withdrawn
    from telltale.workbench.project import Project

    device, project = device_of(serial), Project()
    if not pairs and not withdraw:
        raise ConfigError("nothing to change: expected KEY=VALUE, such as transmission_interval=600, or --withdraw")
    if not erase and any(pair.startswith("reset_memory_request=") for pair in pairs):
        raise ConfigError("reset_memory_request erases all measurements of the sensor; add --erase if that is meant")
    if withdraw:
        revise(project.store, SOURCE, lambda known: [withdrawn(device, known.get(device, {}))])
        click.echo(f"{device}: nothing more waits to be sent.")
    if pairs:
        told, now_s = (
            change(pairs, reported(recall(project.store, SOURCE).get(device, {}))),
            project.now_us() // 1_000_000,
        )
        revise(project.store, SOURCE, lambda known: [queued(device, known.get(device, {}), told, now_s)])
        said = ", ".join(f"{key}={value}" for key, value in told.shown.items())
        click.echo(f"{device}: {said} goes with the reply to its next confirmable measurements.")


@efento.command(epilog="Example: telltale efento pending")
@json_option
def pending(*, as_json: bool) -> None:
    """Show the changes that wait, were sent, applied or refused."""
    from telltale.landing import recall
    from telltale.sources.efento import queue
    from telltale.workbench.project import Project

    rows = [_shown(each, as_json=as_json) for each in queue.pending(recall(Project().store, SOURCE))]
    show(rows, as_json=as_json, empty="No change waits for a sensor.")


def _shown(each: "Queued", *, as_json: bool) -> dict[str, Any]:
    change = each.change if as_json else ", ".join(f"{key}={value}" for key, value in each.change.items())
    return {
        "device_id": each.device_id,
        "change": change,
        "state": each.state,
        "queued_at": moment(each.queued_at * 1_000_000),
        "sent_at": None if each.sent_at is None else moment(each.sent_at * 1_000_000),
        "errors": list(each.errors) if as_json else " ".join(map(str, each.errors)) or None,
    }
