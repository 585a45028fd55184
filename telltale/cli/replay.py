"""`telltale replay`: capture files into the store; needs no right to capture."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from telltale.cli.output import json_option, moment, progress, show

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

    from telltale.capture.replay import Replayed

GROUP = 2048
"""Records of one transaction: nobody waits for an answer, and four times the usual number takes a third of the time."""


@click.command(epilog="Example: telltale replay monday.pcap tuesday.pcapng")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option(
    "--interface", default="", help="Name of the interface it was captured on; by default the one in the file."
)
@json_option
def replay(files: tuple[Path, ...], interface: str, *, as_json: bool) -> None:
    """Store the presses in capture FILES, as if captured live.

    Files of tcpdump, Wireshark or a router (pcap, pcapng) will do. Only frames of devices in buttons.csv are stored,
    all others are counted. A file replayed twice counts once.
    """
    from telltale.capture import open_capture
    from telltale.capture.replay import replay as replayed
    from telltale.settings import buttons
    from telltale.sources.button.listed import Filter
    from telltale.workbench.project import Project

    project = Project()
    settings = project.settings
    listed = buttons(settings)
    for warning in listed.warnings:
        click.echo(f"telltale: {warning}", err=True)
    if not listed.buttons:
        click.echo(f"telltale: {settings.arp.allow_list} lists no device, so frames are only counted", err=True)
    roles = {button.device_id: button.role for button in listed.buttons}
    keep = Filter(roles, dhcp=settings.arp.dhcp, presence=settings.kanban.presence)
    for file in files:  # a foreign file is found before anything is stored
        with open_capture(file):
            pass
    landing, done = project.landing(), []
    landing.group = max(landing.group, GROUP)
    try:
        with progress() as bar:
            for file in files:
                tell = partial(_advance, bar, bar.add_task(file.name, total=file.stat().st_size))
                done.append(replayed(file, keep, landing, interface=interface, tell=tell))
    finally:
        landing.close()
        project.close()
    for warning in (warning for replay in done for warning in replay.warnings):
        click.echo(f"telltale: {warning}", err=True)
    show([_row(replay, as_json=as_json) for replay in done], as_json=as_json, empty="")


def _advance(bar: "Progress", task: "TaskID", position: int) -> None:
    bar.update(task, completed=position)


def _row(done: "Replayed", *, as_json: bool) -> dict[str, object]:
    names = ("file", "packets", "kept", "unlisted", "malformed", "other")
    row: dict[str, object] = {name: getattr(done, name) for name in names}
    row |= {"first_at": moment(done.first_us), "last_at": moment(done.last_us)}
    return row | {"warnings": list(done.warnings)} if as_json else row
