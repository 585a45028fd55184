"""`telltale discover`: wait, press the button, and get its line for buttons.csv."""

import contextlib
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from telltale.cli.output import json_option, moment, progress, show

if TYPE_CHECKING:
    from telltale.capture.discover import Discovery, Found
    from telltale.settings import Settings


@click.command(epilog="Example: telltale discover --seconds 30")
@click.option("--seconds", type=click.FloatRange(1, 3600), default=30, show_default=True, help="How long to listen.")
@click.option(
    "--wait",
    type=click.FloatRange(0, 600),
    default=10,
    show_default=True,
    help="How long to listen before that, while nothing is pressed.",
)
@click.option("--interface", "interfaces", multiple=True, help="Interface to listen on; by default [arp] interfaces.")
@click.option(
    "--file",
    type=click.Path(path_type=Path, exists=True, dir_okay=False, allow_dash=True),
    help="Read this capture file instead.",
)
@json_option
def discover(*, seconds: float, wait: float, interfaces: tuple[str, ...], file: Path | None, as_json: bool) -> None:
    """Find a button: press it, and get its line for buttons.csv.

    Every device heard is listed, the likeliest button first: not heard before the press, few frames. Nothing is
    stored. In a capture file, devices of its first --wait seconds count as heard before the press.
    """
    from telltale.capture.discover import Discovery
    from telltale.capture.makers import maker_of
    from telltale.settings import buttons, load

    settings = load()
    rows = buttons(settings).buttons
    listed = {button.device_id: button.name for button in rows}
    phones = [button.device_id for button in rows if button.role == "presence"]
    discovery = Discovery(listed, maker_of, press_from_us=0, phones=phones)
    if file is not None:
        _read(discovery, file, wait)
    else:
        _listen(discovery, settings, interfaces, wait, seconds)
    _tell(discovery, as_json=as_json)
    if not settings.arp.dhcp:
        _tell_of_dhcp(discovery)
    for sentence in discovery.unheard():
        click.echo(f"telltale: {sentence}", err=True)


def _read(discovery: "Discovery", file: Path, wait: float) -> None:
    from telltale.capture import open_capture

    with open_capture(file) as packets:
        for count, packet in enumerate(packets):
            if not count:
                discovery.press_from_us = packet.at_us + int(wait * 1e6)
            discovery.add(packet.at_us, packet.data, packet.interface, packet.linktype)
        for warning in packets.warnings:
            click.echo(f"telltale: {warning}", err=True)


def _listen(
    discovery: "Discovery", settings: "Settings", interfaces: tuple[str, ...], wait: float, seconds: float
) -> None:
    """Listen for both stretches; Ctrl-C ends the second one early."""
    from collectors.arp.opening import open_capture
    from telltale.capture.interfaces import chosen

    wanted = chosen(interfaces, "--interface") if interfaces else chosen(settings.arp.interfaces)
    captures = [open_capture(name, dhcp=True) for name in wanted]
    names = ", ".join(capture.interface + ("" if capture.link() else " (its link is down)") for capture in captures)
    began = time.time()
    discovery.press_from_us = int((began + wait) * 1e6)
    if wait:
        click.echo(f"Listening on {names}. Leave the button alone for {wait:g} s.", err=True)
    with contextlib.suppress(KeyboardInterrupt), progress() as bar:
        task = bar.add_task("listening", total=int(wait + seconds))
        is_told = False
        while (passed := time.time() - began) < wait + seconds:
            if passed >= wait and not is_told:
                click.echo(f"Now press it, once. ({seconds:g} s, Ctrl-C when done)", err=True)
                is_told = True
            for capture in captures:
                capture.link()
                while frames := capture.read():
                    for frame in frames:
                        discovery.add(frame.at_us, frame.data, capture.interface)
            bar.update(task, completed=int(passed))
            time.sleep(0.1)
    for capture in captures:
        capture.close()


def _tell(discovery: "Discovery", *, as_json: bool) -> None:
    from telltale.capture.discover import LIST_HEADER, advice

    found = discovery.found()
    show([_row(each, as_json=as_json) for each in found], as_json=as_json, empty=advice(found))
    if as_json or not found:
        return
    click.echo(advice(found), err=True)
    lines = [each.line for each in found if each.line]
    if lines:
        click.echo(f"\nFor buttons.csv, below its line {LIST_HEADER}; name it as people call it:\n", err=True)
        click.echo("\n".join(lines))


def _tell_of_dhcp(discovery: "Discovery") -> None:
    from telltale.capture.discover import unheeded

    for sentence in unheeded(discovery.found()):
        click.echo(sentence, err=True)


def _row(found: "Found", *, as_json: bool) -> dict[str, Any]:
    device = found.device
    row: dict[str, Any] = {
        "address": device.device_id,
        "is_new": device.is_new,
        "frames": device.frames,
        "kinds": sorted(device.kinds) if as_json else ", ".join(sorted(device.kinds)),
        "maker": found.maker or ("made-up address" if device.is_random and not as_json else ""),
        "name": found.listed_as or device.host_name,
        "ip": device.ip,
        "interface": device.interface,
        "first_seen": moment(device.first_us),
    }
    if not as_json:
        row["listed"] = "yes" if found.listed_as else ""
        return row
    return row | {
        "last_seen": moment(device.last_us),
        "vlan": device.vlan,
        "is_random": device.is_random,
        "listed_as": found.listed_as,
        "host_name": device.host_name,
        "vendor_class": device.vendor_class,
        "line": found.line,
    }
