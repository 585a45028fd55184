"""`telltale replay`: capture files into the store; needs no right to capture."""

from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from telltale.cli.output import json_option, moment, progress, show
from telltale.wording import dhcp_alone

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

    from telltale.capture import Capture
    from telltale.capture.replay import Replayed

GROUP = 2048
"""Records of one transaction: nobody waits for an answer, and four times the usual number takes a third of the time."""


@click.command(epilog="Example: telltale replay monday.pcap tuesday.pcapng")
@click.argument(
    "files", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True, dir_okay=False, allow_dash=True)
)
@click.option(
    "--interface", default="", help="Name of the interface it was captured on; by default the one in the file."
)
@json_option
def replay(files: tuple[Path, ...], interface: str, *, as_json: bool) -> None:
    """Store the presses in capture FILES, as if captured live.

    Files of tcpdump, Wireshark or a router (pcap, pcapng, also gzipped) will do; "-" reads the standard input. Only
    frames of devices in buttons.csv are stored, all others are counted. A file replayed twice counts once.
    """
    from telltale.capture.replay import replay as replayed
    from telltale.kanban.press_rules import PRESSED
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
    keep = Filter(roles, dhcp=True, presence=settings.kanban.presence)
    landing, done = project.landing(), []
    landing.group = max(landing.group, GROUP)
    try:
        with ExitStack() as opened, progress() as bar:
            pipes = _checked(files, opened)
            for file in dict.fromkeys(files):
                size = None if file in pipes else file.stat().st_size
                tell = partial(_advance, bar, bar.add_task(file.name, total=size))
                done.append(replayed(pipes.get(file, file), keep, landing, interface=interface, tell=tell))
    finally:
        landing.close()
        project.close()
    if not settings.arp.dhcp:
        names = {button.device_id: button.name for button in listed.buttons if button.role in PRESSED}
        done = [_with_dhcp(replay, names) for replay in done]
    for warning in (warning for replay in done for warning in replay.warnings):
        click.echo(f"telltale: {warning}", err=True)
    show([_row(replay, as_json=as_json) for replay in done], as_json=as_json, empty="")


def _checked(files: tuple[Path, ...], opened: ExitStack) -> "dict[Path, Capture]":
    """The pipes among the files, open; a foreign file is found before anything is stored.

    Raises:
        ConfigError: one of them is no capture file.
    """
    from telltale.capture import STANDARD_INPUT, open_capture

    pipes: dict[Path, Capture] = {}
    for file in dict.fromkeys(files):
        if file != STANDARD_INPUT and file.is_file():
            with open_capture(file):
                pass
        else:  # what is read of it is gone
            pipes[file] = opened.enter_context(open_capture(file))
    return pipes


def _with_dhcp(done: "Replayed", names: dict[str, str]) -> "Replayed":
    """With a warning where buttons do DHCP alone."""
    told = dhcp_alone([names[device] for device in done.only_dhcp if device in names])
    return done._replace(warnings=(*done.warnings, f"{done.file}: {told}")) if told else done


def _advance(bar: "Progress", task: "TaskID", position: int) -> None:
    bar.update(task, completed=position)


def _row(done: "Replayed", *, as_json: bool) -> dict[str, object]:
    names = ("file", "packets", "kept", "unlisted", "malformed", "other", "set_aside")
    row: dict[str, object] = {name: getattr(done, name) for name in names}
    row |= {"first_at": moment(done.first_us), "last_at": moment(done.last_us)}
    return row | {"warnings": list(done.warnings)} if as_json else row
