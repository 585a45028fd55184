"""`telltale init`: write a project's files."""

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click

from telltale.contract import TelltaleError

if TYPE_CHECKING:
    from telltale.settings.create import Written


@click.command(epilog="Example: telltale init ~/presence")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False), default=".")
def init(folder: Path) -> None:
    """Make FOLDER a project: write settings that explain themselves.

    FOLDER is the present one by default. Written are telltale.toml, secrets.toml (mode 600), devices.csv and
    buttons.csv, and a folder for its data (mode 700); files that exist stay as they are.
    """
    for written in new_project(folder):
        click.echo(f"{'wrote' if written.is_new else 'kept '}  {written.path}")
    click.echo(
        'Next: put the secret of your network into secrets.toml, then "telltale up"; "telltale doctor" checks all.'
    )


def new_project(folder: Path) -> "list[Written]":
    """The files of a new project, with what each source has to say in them."""
    from telltale import private
    from telltale.operate.permissions import mend
    from telltale.settings import create_project, load
    from telltale.sources import SOURCES

    options, secrets = zip(*((source.options_text, source.secrets_text) for source in SOURCES), strict=True)
    with private.as_the_shell_says():  # a service of another user reads the settings; the data are nobody else's
        files = create_project(folder, options=options, secrets=secrets)
    with suppress(TelltaleError):  # a telltale.toml that was there and is wrong; the next command says so
        settings = load(folder)
        private.folder(settings.data)
        mend(settings)
    return files
