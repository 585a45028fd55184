"""`telltale sources`: what can be received, and what has been."""

import click

from telltale.cli.output import json_option, show


@click.command(epilog="Example: telltale sources")
@json_option
def sources(*, as_json: bool) -> None:
    """List the sources, and what has arrived of each.

    Of each: its transport and paths, how many records are kept, how many of them are not settled yet, the newest.
    """
    from telltale.workbench.project import Project
    from telltale.workbench.source_state import sources_table

    rows = sources_table(Project()).to_pylist()
    if not as_json:
        rows = [{key: row[key] for key in ("source", "transport", "paths", "records", "hot", "newest")} for row in rows]
    show(rows, as_json=as_json, empty="No sources.")
