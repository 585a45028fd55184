"""`telltale health`: every device of every source, late or silent, and the messages that were lost."""

from typing import Any

import click

from telltale.cli.options import stretch_options
from telltale.cli.output import json_option, show_answer

DEVICES = (
    "source", "device_id", "name", "place", "state", "last_seen", "silent_s", "interval_s", "reports", "gaps", "late",
    "missing", "rssi_dbm",
)  # fmt: skip
MISSING = ("source", "device_id", "name", "place", "label", "so_far", "due", "received", "missing_share")
HEARD = ("site", "node_id", "name", "zone", "start", "end")
EMPTY = "Nothing was heard in that time; try a longer --since."
_source_option = click.option("--source", metavar="SOURCE", help="One source; by default all.")


@click.group(epilog="Example: telltale health devices")
def health() -> None:
    """Show which devices are late or silent, and messages lost."""


@health.command(epilog="Example: telltale health devices --since 7d --json")
@stretch_options("24h")
@_source_option
@json_option
def devices(*, as_json: bool, **question: Any) -> None:
    """Show each device: on time, late or silent, messages lost.

    How often a device should be heard is taken from devices.csv, or learned from its last week.
    """
    from telltale.health import devices as answer

    show_answer(answer, columns=DEVICES, as_json=as_json, empty=EMPTY, **question)


@health.command(epilog="Example: telltale health missing --since 14d")
@stretch_options("14d")
@_source_option
@json_option
def missing(*, as_json: bool, **question: Any) -> None:
    """Show which share of the messages due did not come, by day."""
    from telltale.health import missing as answer

    show_answer(answer, columns=MISSING, as_json=as_json, empty=EMPTY, **question)


@health.command(epilog="Example: telltale health heard --since 24h")
@stretch_options("24h")
@_source_option
@json_option
def heard(*, as_json: bool, **question: Any) -> None:
    """Show from when to when each device was heard.

    Between two of its rows it was silent.
    """
    from telltale.health import heard as answer

    show_answer(answer, columns=HEARD, as_json=as_json, empty=EMPTY, **question)
