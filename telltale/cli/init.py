"""`telltale init`: write a project's files."""

import sys
from collections.abc import Collection, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click

from telltale.contract import ConfigError, TelltaleError

if TYPE_CHECKING:
    from telltale.contract import Source
    from telltale.settings.create import Written


@click.command(epilog="Example: telltale init ~/presence --zone Europe/Berlin")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False), default=".")
@click.option("--zone", metavar="NAME", help="The site's time zone, such as Europe/Berlin, instead of a question.")
@click.option("--source", "names", metavar="NAME", multiple=True, help="A source that will send; may be repeated.")
@click.option("--yes", is_flag=True, help="Ask nothing: the time zone is this machine's, every source may send.")
def init(folder: Path, *, zone: str | None, names: tuple[str, ...], yes: bool) -> None:
    """Make FOLDER a project: write settings that explain themselves.

    FOLDER is the present one by default. Written are telltale.toml, secrets.toml (mode 600), devices.csv and
    buttons.csv, and a folder for its data (mode 700); files that exist stay as they are. On a terminal the time zone of
    the site and the sources are asked for; what to do next is said for each.
    """
    from telltale.settings import SETTINGS_FILE
    from telltale.sources import source

    chosen, mine = [source(name) for name in names], False
    is_new = not (folder / SETTINGS_FILE).exists()
    if is_new:
        zone = _zone(zone, asks=not yes and _is_terminal(), takes_machines=yes)
        if not yes and not names and _is_terminal():
            chosen = _asked_sources()
            mine = _asks_whose(chosen) and click.confirm(WHOSE)
    for written in new_project(folder, zone=zone or "", mine=mine):
        click.echo(f"{'wrote' if written.is_new else 'kept '}  {written.path}")
    if is_new:
        click.echo(f"time zone: {zone}" if zone else "time zone: UTC; another stands in telltale.toml [site] timezone")
    _say_next(chosen)


def new_project(folder: Path, *, zone: str = "", mine: bool = False) -> "list[Written]":
    """The files of a new project, with what each source has to say in them; no zone leaves UTC, no PC is `mine`."""
    from telltale import private
    from telltale.operate.permissions import mend
    from telltale.settings import create_project, load
    from telltale.sources import SOURCES

    options, secrets = zip(*((source.options_text, source.secrets_text) for source in SOURCES), strict=True)
    with private.as_the_shell_says():  # a service of another user reads the settings; the data are nobody else's
        files = create_project(folder, options=options, secrets=secrets, zone=zone, mine=mine)
    with suppress(TelltaleError):  # a telltale.toml that was there and is wrong; the next command says so
        settings = load(folder)
        private.folder(settings.data)
        mend(settings)
    return files


def _is_terminal() -> bool:
    return all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stdout))


def _zone(given: str | None, *, asks: bool, takes_machines: bool) -> str:
    """The zone that was given or is answered; empty where nobody says one.

    Raises:
        ConfigError: the one given is none.
    """
    from telltale.operate.machine_zone import machine_zone

    if given:
        if wrong := _wrong_zone(given):
            raise ConfigError(f"--zone {wrong}")
        return given
    machines = machine_zone()
    if not asks:
        return machines if takes_machines else ""
    while True:
        zone = str(click.prompt("Time zone of the site, by which its days and hours go", default=machines or "UTC"))
        wrong = _wrong_zone(zone.strip())
        if not wrong:
            return zone.strip()
        click.echo(wrong)


def _wrong_zone(zone: str) -> str:
    """Why a text is no time zone; empty where it is one."""
    from zoneinfo import available_timezones

    from telltale.contract import did_you_mean

    known = available_timezones()
    if zone in known:
        return ""
    hint = did_you_mean(zone, known) or "; expected an IANA name such as Europe/Berlin or America/New_York"
    return f'"{zone}" is no time zone{hint}'


def _asked_sources() -> "list[Source]":
    """The sources that are chosen by number or name; none is every one."""
    from telltale.sources import SOURCES

    for number, each in enumerate(SOURCES, 1):
        click.echo(f"  {number}  {each.name:<10} {each.title}")
    while True:
        told = str(click.prompt("Sources that will send, by number or name", default="all", show_default=True))
        try:
            return _named(told.replace(",", " ").split())
        except ConfigError as error:
            click.echo(str(error))


WHOSE = "Are all PCs that will be recorded your own, so that the pages show you them"
"""The question before [activity] mine = true."""


def _asks_whose(chosen: "Sequence[Source]") -> bool:
    """Whether PCs may be recorded."""
    from telltale.contract import Transport

    return not chosen or any(each.transport is Transport.AGENT for each in chosen)


def _named(words: Collection[str]) -> "list[Source]":
    from telltale.sources import SOURCES, source

    numbers = {str(number): each for number, each in enumerate(SOURCES, 1)}
    return [] if set(words) <= {"all"} else [numbers.get(word) or source(word) for word in words]


def _say_next(chosen: "Sequence[Source]") -> None:
    """What to do next for each source, or where none is chosen in general."""
    if not chosen:
        click.echo(
            'Next: put the secret of your network into secrets.toml, then "telltale up"; "telltale doctor" checks all.'
        )
        return
    click.echo("Next:")
    for each in chosen:
        click.echo(f"  {each.name}: {_step(each)}")
    click.echo('  then "telltale up"; "telltale doctor" checks all')


def _step(source: "Source") -> str:
    from telltale.contract import Transport

    if source.transport is Transport.CAPTURE:
        return '"telltale discover" prints the line of a button for buttons.csv when it is pressed'
    if source.transport is Transport.AGENT:
        return '"telltale collect idle" on that PC; "telltale service --print idle" starts it at log-on'
    where = f" and in {source.secret_place}" if source.secret_place else ""
    path = next((route.path for route in source.routes if route.method != "GET"), "")
    return f"its secret in secrets.toml below [{source.name}]{where}; it sends to {path}, see collectors/README.md"
