"""`telltale export`: a table or an answer as a file, and records in the formats that other programs read."""

import sys
from functools import partial
from pathlib import Path
from typing import Any

import click

from telltale.cli.lazy import VendorGroup
from telltale.cli.options import LENGTH, WRITTEN

PLACE = "TABLE"
"""How the list of commands names what is no command: a table or an answer."""
EXAMPLES = {PLACE: "TABLE --list"}


class ExportGroup(VendorGroup):
    """The formats of sources by name; any other word is a table or an answer."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """A table first, then the formats."""
        return [PLACE, *super().list_commands(ctx)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The format of that name, else the export of what is called so."""
        return super().get_command(ctx, cmd_name) or _command(cmd_name)


@click.group(
    cls=ExportGroup,
    words="export",
    epilog="Example: telltale export sensors.excursions --since 7d --xlsx -o excursions.xlsx",
)
def export() -> None:
    """Write stored records in a format that another program reads.

    A table of tt.sql, such as reading, an answer, such as sensors.excursions or presence.figures, or what a source
    brings along.
    """


def _command(what: str) -> click.Command:
    """The export of a table or an answer."""
    return click.Command(
        what,
        params=[
            click.Option(["--csv", "form"], flag_value="csv", default="csv", help="Comma-separated; the default."),
            click.Option(["--xlsx", "form"], flag_value="xlsx", help="A workbook."),
            click.Option(["--parquet", "form"], flag_value="parquet", help="Parquet, with types and zone."),
            click.Option(
                ["-o", "--output", "output"],
                metavar="FILE",
                type=click.Path(path_type=Path, dir_okay=False),
                help="The file; without it CSV goes to standard output.",
            ),
            click.Option(["--since"], metavar="WHEN", help=f"From: {WRITTEN}; else all, or an answer's own."),
            click.Option(["--until"], metavar="WHEN", help="Until, exclusive: written as --since; by default now."),
            click.Option(
                ["-p", "parameters"],
                multiple=True,
                metavar="NAME=VALUE",
                help="An argument of an answer, such as by=day; may be given several times.",
            ),
            click.Option(
                ["--owner", "is_owner"],
                is_flag=True,
                help="Rows about people too: for you alone (mode 600), and named until the file is deleted.",
            ),
            click.Option(
                ["--keep"],
                metavar="LENGTH",
                help=f"With --owner: how long the file may be kept ({LENGTH}); by default as long as visits are.",
            ),
            click.Option(["--list", "listing"], is_flag=True, help="List what can be exported."),
        ],
        callback=partial(_export, what),
        help="Write a TABLE or an ANSWER as CSV, XLSX or Parquet.\n\n"
        "Times are on the site's clock, and no text becomes a formula. Of presence cells under k devices are withheld, "
        "of activity there is only the team's, and rows about people are left out, unless --owner asks for them.",
        epilog=f"Example: telltale export {EXAMPLES.get(what, what)}",
    )


def _export(
    what: str, form: str, output: Path | None, *, parameters: tuple[str, ...], listing: bool, **chosen: Any
) -> None:
    from telltale.cli.report import values_of
    from telltale.publish.export import asked, known
    from telltale.workbench.project import Project

    if listing:
        for name in known(is_owner=chosen["is_owner"]):
            click.echo(name)
        return
    is_owner, keep = chosen["is_owner"], chosen["keep"]
    _check(form, output, is_owner=is_owner, keep=keep)
    project = Project()
    with project.at_one_moment():
        found = asked(
            what,
            since=chosen["since"],
            until=chosen["until"],
            values=values_of(parameters),
            is_owner=is_owner,
            project=project,
        )
    if output is None:
        if found.is_personal:
            raise click.UsageError("rows about people go into a file: name it with -o")
        _print(found, form)
        return
    _write(found, output, form, keep, project)


def _check(form: str, output: Path | None, *, is_owner: bool, keep: str | None) -> None:
    if output is None and form != "csv":
        raise click.UsageError(f"--{form} needs a file: name it with -o")
    if keep is not None and not is_owner:
        raise click.UsageError("--keep is for rows about people: add --owner")
    if output is not None and not output.absolute().parent.is_dir():
        raise click.UsageError(f'-o "{output}": there is no folder {output.absolute().parent}; make it first')


def _print(found: Any, form: str) -> None:
    from telltale.publish.sheets import write

    write(found.table, sys.stdout.buffer, form, zone=found.zone, about=found.about)


def _write(found: Any, output: Path, form: str, keep: str | None, project: Any) -> None:
    import datetime as dt

    from telltale.cli.options import length
    from telltale.publish.export import write
    from telltale.workbench.times import local_time

    kept = None if keep is None else dt.timedelta(seconds=length(keep))
    noted = write(found, output, form, keep=kept, project=project, now_us=project.now_us())
    rows = f"{found.table.num_rows:,} {'row' if found.table.num_rows == 1 else 'rows'} of {found.what} in {output}"
    if noted is None:
        click.echo(f"{rows}.")
        return
    until = local_time(noted.expires_at, found.zone)
    click.echo(f"{rows}, for you alone; delete it by {until:%Y-%m-%d %H:%M}: telltale purge and doctor remind you.")
