"""`telltale dashboard`: the pages, live in a browser."""

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from telltale.settings import Settings


@click.command(epilog="Example: telltale dashboard --port 8866")
@click.option("--host", help="Address to listen on, instead of [dashboard] host.")
@click.option("--port", type=click.IntRange(0, 65535), help="Port to listen on; 0 takes a free one.")
@click.option("--login/--no-login", default=True, help="Ask for the token; --no-login only where host is this machine.")
@click.option("--quiet", is_flag=True, help="Do not print the address.")
@click.option("--link", "is_link", is_flag=True, help="Only print a new one-time link to the running dashboards.")
@click.option("--person", default="", help="With --link: to the page of this PC or person of secrets.toml [activity].")
@click.option("--role", default="", help="With --link: as viewer or operator, of secrets.toml [dashboard].")
def dashboard(
    host: str | None, port: int | None, *, login: bool, quiet: bool, is_link: bool, person: str, role: str
) -> None:
    """Serve the dashboards until Ctrl-C.

    A link is printed that opens them once and within 15 minutes; --link prints another one, --person one for the page
    of a person, --role one for viewers or operators (both 24 hours). The token of secrets.toml (or TELLTALE_TOKEN),
    else a new one at each start, can be typed at the login page, or sent by scripts as "Authorization: token …". Pages
    of your own are notebooks in the project's dashboards folder.
    """
    from importlib.util import find_spec

    from telltale.contract import ConfigError
    from telltale.extras import not_installed
    from telltale.net import free_port, is_loopback
    from telltale.settings import load

    settings = load()
    if is_link or person or role:
        from telltale.dashboard.links import new_link

        click.echo(new_link(settings, person=person, role=role, port=port))
        return
    if find_spec("voila") is None:
        raise ConfigError(str(not_installed("voila", what="Voilà")))
    from telltale.dashboard.serve import login_token, serve

    listens = settings.dashboard.host if host is None else host
    at = free_port(listens, _port(settings) if port is None else port)
    if not login and not is_loopback(listens):
        raise ConfigError(f'--no-login with host "{listens}": only this machine may look without a token')
    token = login_token(settings, listens) if login else ""
    serve(settings, host=listens, port=at, token=token, tell=(lambda _: None) if quiet else click.echo)


def _port(settings: "Settings") -> int:
    """That of the platform, unless one is set for telltale alone."""
    import os

    from telltale.settings.load import platform_port

    told = settings.dashboard.port
    return told if "TELLTALE_DASHBOARD__PORT" in os.environ else platform_port() or told
