"""`telltale export`: records in the formats that other programs read."""

import json
from collections.abc import Iterator
from typing import Any

import click


@click.group(epilog="Example: telltale export efento-json --since 24h > sensors.jsonl")
def export() -> None:
    """Write stored records in a format that another program reads."""


@export.command("efento-json", epilog="Example: telltale export efento-json --since 24h --endpoint m")
@click.option("--since", default="7d", show_default=True, help="How far back: 24h, 7d, or a day such as 2026-11-20.")
@click.option("--until", help="The end; by default now.")
@click.option("--endpoint", type=click.Choice(["m", "c", "i"]), help="Only measurements, configurations or infos.")
@click.option("--compat", is_flag=True, help="With that server's faults: wrong hour, no signal, channels renumbered.")
def efento_json(since: str, until: str | None, endpoint: str | None, *, compat: bool) -> None:
    """Write Efento records as an earlier ThingWorx server did, one JSON object a line."""
    from telltale.workbench.project import Project
    from telltale.workbench.raw_records import records

    project, skipped = Project(), 0
    for told in _told(records(project, "efento", project.span(since, until)), endpoint, compat=compat):
        if told is None:
            skipped += 1
        else:
            click.echo(json.dumps(told, ensure_ascii=True))
    if skipped:
        click.echo(f'{skipped:,} records could not be decoded; see "telltale rejects efento"', err=True)


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
