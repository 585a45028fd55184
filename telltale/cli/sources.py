"""`telltale sources`: what can be received, and what has been."""

import click

from telltale.cli.output import json_option, show


@click.command(epilog="Example: telltale sources --openapi > openapi.json")
@click.option("--openapi", is_flag=True, help="Print an OpenAPI 3.1 document of the HTTP addresses instead.")
@json_option
def sources(*, openapi: bool, as_json: bool) -> None:
    """List the sources, and what has arrived of each.

    Of each: its transport and paths, how many records are kept, how many of them are not settled yet, the newest.
    """
    if openapi:
        import json

        from telltale import __version__
        from telltale.openapi import document
        from telltale.settings import load

        click.echo(json.dumps(document(load(), __version__), indent=2))
        return
    from telltale.workbench.project import Project
    from telltale.workbench.source_state import sources_table

    rows = sources_table(Project()).to_pylist()
    if not as_json:
        rows = [{key: row[key] for key in ("source", "transport", "paths", "records", "hot", "newest")} for row in rows]
    show(rows, as_json=as_json, empty="No sources.")
