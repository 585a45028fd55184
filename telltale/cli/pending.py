"""`telltale pending`: what waits for devices, and what became of it."""

from typing import TYPE_CHECKING, Any

import click

from telltale.cli.output import json_option, moment, show

if TYPE_CHECKING:
    from telltale.contract import Pending, Source


@click.command(epilog="Example: telltale pending --json")
@click.argument("source_name", metavar="[SOURCE]", default="")
@json_option
def pending(source_name: str, *, as_json: bool) -> None:
    """Show what is queued for devices, and what became of it.

    Of one SOURCE or of all.
    """
    from telltale.landing import recall
    from telltale.workbench.project import Project

    chosen = _chosen(source_name)
    store = Project().store
    rows = [
        _shown(source.name, each, as_json=as_json)
        for source in chosen
        if source.pending is not None
        for each in source.pending(recall(store, source.name))
    ]
    show(rows, as_json=as_json, empty="Nothing waits for a device.")


def _chosen(name: str) -> "list[Source]":
    from telltale.contract import ConfigError
    from telltale.sources import SOURCES, source

    able = [each for each in SOURCES if each.pending is not None]
    if not name:
        return able
    if source(name) not in able:
        raise ConfigError(
            f"nothing can be sent to devices of {name}; expected {' or '.join(each.name for each in able)}"
        )
    return [source(name)]


def _shown(source: str, each: "Pending", *, as_json: bool) -> dict[str, Any]:
    row = {
        "source": source,
        "device_id": each.device_id,
        "content": each.content,
        "state": each.state,
        "queued_at": moment(each.queued_at * 1_000_000),
        "sent_at": None if each.sent_at is None else moment(each.sent_at * 1_000_000),
        "outcome": each.outcome or None,
    }
    return row | dict(each.details) if as_json else row
