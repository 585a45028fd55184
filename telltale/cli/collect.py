"""`telltale collect`: run one collector in the foreground."""

import click

from telltale.contract import ConfigError

COLLECTORS = ("webhooks", "coap", "arp", "mqtt", "idle")
"""Each named as its section of telltale.toml, and as its entry point."""


@click.command(epilog="Example: telltale collect webhooks --port 8081")
@click.argument("collector", type=click.Choice(COLLECTORS))
@click.option("--host", help="Address to listen on, instead of the one in telltale.toml.")
@click.option("--port", type=click.IntRange(0, 65535), help="Port to listen on; 0 takes a free one.")
@click.option(
    "--on",
    multiple=True,
    type=click.Choice(["lock", "unlock", "start"]),
    help="Idle: send a frame at once when the screen is locked or unlocked (Linux), or at the start; may be repeated.",
)
def collect(collector: str, host: str | None, port: int | None, on: tuple[str, ...]) -> None:
    """Receive over one transport until Ctrl-C.

    Every record is on disk before its sender gets a 2xx, or 2.01 over CoAP. On Ctrl-C or SIGTERM, requests that have
    begun are still stored and answered.
    """
    from telltale.cli.registered import registered
    from telltale.settings import load
    from telltale.settings.load import platform_port

    settings = load()
    if collector == "webhooks" and port is None:
        platform_port()  # one that is none is said here
    section = getattr(settings, collector)
    options = {key: value for key, value in (("host", host), ("port", port), ("on", on or None)) if value is not None}
    for key, value in options.items():
        if not isinstance(getattr(section, key, None), type(value)):  # a serial port is a text
            keys = ", ".join(sorted(type(section).model_fields))
            raise ConfigError(f"--{key}: collect {collector} has none; set in telltale.toml [{collector}]: {keys}")
    section = section.model_copy(update=options)
    registered("collectors", collector)(settings.model_copy(update={collector: section}))
