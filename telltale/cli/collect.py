"""`telltale collect`: run one collector in the foreground."""

from importlib import import_module

import click

COLLECTORS = {"webhooks": "webhooks", "coap": "coap_server"}
"""Each collector, named as its section of telltale.toml, and its module; none is called as a library it uses."""


@click.command(epilog="Example: telltale collect webhooks --port 8081")
@click.argument("collector", type=click.Choice(list(COLLECTORS)))
@click.option("--host", help="Listen here instead of the section's host.")
@click.option("--port", type=click.IntRange(0, 65535), help="And on this port; 0 takes a free one.")
def collect(collector: str, host: str | None, port: int | None) -> None:
    """Receive over one transport until Ctrl-C.

    Every record is durable before its sender gets a 2xx, or 2.01 over CoAP. On Ctrl-C or SIGTERM, what was begun is
    answered and stored.
    """
    from telltale.settings import load

    settings = load()
    told = {key: value for key, value in (("host", host), ("port", port)) if value is not None}
    section = getattr(settings, collector).model_copy(update=told)
    import_module(f"collectors.{COLLECTORS[collector]}").run(settings.model_copy(update={collector: section}))
