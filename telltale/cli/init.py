"""`telltale init`: write a project's files."""

from pathlib import Path

import click


@click.command(epilog="Example: telltale init ~/presence")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False), default=".")
def init(folder: Path) -> None:
    """Make FOLDER a project, with files that explain themselves.

    That is here by default: telltale.toml, secrets.toml (mode 600), devices.csv and buttons.csv.
    Files that are there already stay as they are.
    """
    from telltale.settings import create_project

    for written in create_project(folder):
        click.echo(f"{'wrote' if written.is_new else 'kept '}  {written.path}")
    click.echo(
        'Next: put the secret of your network into secrets.toml, then "telltale up"; "telltale doctor" checks all.'
    )
