"""`telltale rejected`: requests that were turned away, and records that could not be decoded."""

from typing import TYPE_CHECKING

import click

from telltale.cli.options import since_option
from telltale.cli.output import json_option, limit_option, printable, show

if TYPE_CHECKING:
    from telltale.workbench.rejected import At

DETAILS = ["meta", "body"]
"""Columns only programs are given: a table for people has to fit a terminal."""


@click.command(epilog="Example: telltale rejected --at door button --since 24h")
@click.argument("source_name", metavar="[SOURCE]", default="")
@click.option(
    "--at", type=click.Choice(["decode", "door"]), default="decode", show_default=True,
    help="decode: stored, but not decoded; door: turned away, and never stored.",
)  # fmt: skip
@since_option("7d")
@click.option("--count", is_flag=True, help="Count them by source and reason instead.")
@limit_option(50)
@json_option
def rejected(source_name: str, at: "At", since: str, *, count: bool, limit: int, as_json: bool) -> None:
    """Show what could not be decoded, or was turned away, and why.

    Of one SOURCE or of all, the newest first. At decode nothing is lost: once a decoder understands more, "telltale
    redecode" reads the same bytes again. At the door, a wrong secret or a vendor's change of format shows; the newest
    10,000 such requests are listed, and below them what to do about each reason.
    """
    from telltale.workbench.project import Project
    from telltale.workbench.rejected import rejected as newest
    from telltale.workbench.rejected import rejected_counts

    if count:
        rows = rejected_counts(Project(), at, since, source=source_name)
    else:
        rows = newest(Project(), at, since, source=source_name, limit=limit)
        rows = rows if as_json else rows.drop_columns(DETAILS)
    where = "could not be decoded" if at == "decode" else "was turned away"
    show(rows.to_pylist(), as_json=as_json, empty=f"Nothing {where} since {since}.")
    if at == "door" and not as_json:
        _what_to_do(since, source_name)


def _what_to_do(since: str, source: str) -> None:
    """Group what was turned away by source and reason, each with what puts it right."""
    from telltale.health.refusals import refused_table
    from telltale.workbench.project import Project

    for row in refused_table(Project(), since, source=source or None).to_pylist():
        remedy = row["remedy"] or "see the table, --json shows headers and bytes"
        click.echo(printable(f"{row['source']}, {row['reason']}, {row['refused']} times: {remedy}"))
        for line in row["line"].splitlines():
            click.echo(f"    {printable(line)}")
