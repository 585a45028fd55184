"""`telltale sigfox`: send bytes to devices that ask for them."""

import click

SOURCE = "sigfox"


@click.group(epilog="Example: telltale sigfox downlink 2D24E6 0102030405060708")
def sigfox() -> None:
    """Send downlinks to Sigfox devices.

    "telltale pending sigfox" says what became of them.
    """


@sigfox.command(epilog='Example: telltale sigfox downlink 2D24E6 "01 02 03 04 05 06 07 08"')
@click.argument("device")
@click.argument("payload", metavar="HEX", default="")
@click.option("--withdraw", is_flag=True, help="Take back bytes that were not sent yet.")
def downlink(device: str, payload: str, *, withdraw: bool) -> None:
    """Queue 8 bytes for a device.

    They are the answer to the device's next message that asks for one (a callback of type BIDIR to /sigfox/downlink).
    Sigfox allows four a day.
    """
    from telltale.contract import ConfigError
    from telltale.landing import revise
    from telltale.sources.sigfox.queue import device_of, left_today, payload_of, queued, withdrawn
    from telltale.workbench.project import Project

    if not payload and not withdraw:
        raise ConfigError("nothing to send: expected HEX, 16 hex digits, or --withdraw")
    device_id, data = device_of(device), payload_of(payload) if payload else ""
    project = Project()
    if withdraw:
        revise(project.store, SOURCE, lambda known: [withdrawn(device_id, known.get(device_id, {}))])
        click.echo(f"{device_id}: nothing more waits to be sent.")
    if data:
        now_s = project.now_us() // 1_000_000
        told = revise(project.store, SOURCE, lambda known: [queued(device_id, known.get(device_id, {}), data, now_s)])
        left = left_today(told.get(device_id, {}), now_s)
        click.echo(
            f"{device_id}: {data} goes with the answer to its next message that asks; {left} of 4 left in 24 hours."
        )
