"""`telltale efento`: change the configuration of sensors from here; `telltale export efento-json`."""

import json
from collections.abc import Iterator
from typing import Any

import click

from telltale.cli.options import stretch_options
from telltale.cli.output import json_option, show

SOURCE = "efento"


@click.group(epilog="Example: telltale efento configure 282C024156AF transmission_interval=600 ack_interval=1800")
def efento() -> None:
    """Change the configuration of Efento sensors.

    "telltale pending efento" says what became of it.
    """


@efento.command(epilog="Example: telltale efento configure 282C024156AF supervision_period=86400")
@click.argument("serial")
@click.argument("pairs", metavar="KEY=VALUE...", nargs=-1)
@click.option("--withdraw", is_flag=True, help="Take back changes that were not sent yet.")
@click.option("--erase", is_flag=True, help="Allow reset_memory_request, which erases the sensor's measurements.")
def configure(serial: str, pairs: tuple[str, ...], *, withdraw: bool, erase: bool) -> None:
    """Queue a change for a sensor.

    It goes with the reply to the sensor's next confirmable measurements. KEYs are the fields of ProtoConfig. Where the
    sensor takes several only together, those not given are filled from the configuration it last reported.
    """
    from telltale.contract import ConfigError
    from telltale.landing import recall, revise
    from telltale.sources.efento.downlink import change
    from telltale.sources.efento.queue import device_of, queued, reported, withdrawn
    from telltale.workbench.project import Project

    device, project = device_of(serial), Project()
    if not pairs and not withdraw:
        raise ConfigError("nothing to change: expected KEY=VALUE, such as transmission_interval=600, or --withdraw")
    if withdraw:
        revise(project.store, SOURCE, lambda known: [withdrawn(device, known.get(device, {}))])
        click.echo(f"{device}: nothing more waits to be sent.")
    if pairs:
        known, now_s = recall(project.store, SOURCE).get(device, {}), project.now_us() // 1_000_000
        told = change(pairs, reported(known), erase=erase)
        revise(project.store, SOURCE, lambda known: [queued(device, known.get(device, {}), told, now_s)])
        said = ", ".join(f"{key}={value}" for key, value in told.shown.items())
        click.echo(f"{device}: {said} goes with the reply to its next confirmable measurements.")


@efento.command(epilog="Example: telltale efento configuration 282C024156AF")
@click.argument("serial", required=False)
@json_option
def configuration(serial: str | None, *, as_json: bool) -> None:
    """Show the configuration that sensors reported.

    Its parts are merged. A configuration of which parts are missing says which; "?" where the last part did not come.
    """
    from telltale.sources.efento.configuration import wholes
    from telltale.sources.efento.queue import device_of
    from telltale.workbench.project import Project
    from telltale.workbench.reading import load

    rows = load("device_config", engine="arrow", project=Project()).to_pylist()
    only = None if serial is None else device_of(serial)
    found = [each._asdict() for each in wholes(rows) if only in (None, each.device_id)]
    for row in found:
        row["changed_at"] = row["changed_at"].isoformat(timespec="seconds")
        if not as_json:
            row["missing"] = "?" if row["missing"] is None else ", ".join(map(str, row["missing"]))
            row["config"] = json.dumps(row["config"], ensure_ascii=False)
    show(found, as_json=as_json, empty="No sensor has reported its configuration.")


@click.command("efento-json", epilog="Example: telltale export efento-json --since 24h --endpoint m")
@stretch_options("7d")
@click.option("--endpoint", type=click.Choice(["m", "c", "i"]), help="Only measurements, configurations or infos.")
@click.option(
    "--compat", is_flag=True, help="With the faults of that server: wrong hour, no signal, channels renumbered."
)
def efento_json(since: str, until: str | None, endpoint: str | None, *, compat: bool) -> None:
    """Write records as an earlier ThingWorx server did.

    They are JSON, one object a line.
    """
    from telltale.workbench.project import Project
    from telltale.workbench.raw_records import records

    project, skipped = Project(), 0
    for told in _told(records(project, SOURCE, project.span(since, until)), endpoint, compat=compat):
        if told is None:
            skipped += 1
        else:
            click.echo(json.dumps(told, ensure_ascii=True))
    if skipped:
        click.echo(f'{skipped:,} records could not be decoded; see "telltale rejected efento"', err=True)


def _told(raws: Iterator[Any], endpoint: str | None, *, compat: bool) -> Iterator[dict[str, Any] | None]:
    """What each record says; None for one that cannot be decoded."""
    from telltale.contract import DecodeError
    from telltale.sources.efento.thingworx import thingworx
    from telltale.sources.efento.wire import endpoint_of

    for raw in raws:
        try:
            if endpoint in {None, endpoint_of(raw.meta)} and (told := thingworx(raw, compat=compat)) is not None:
                yield told
        except DecodeError:
            yield None
