"""`telltale rejects`: stored records, or parts of them, that could not be decoded."""

import click

from telltale.cli.output import json_option, limit_option, show

_NEWEST = """select source, raw_id, received_at, part, reason, excerpt from reject
    where :source = '' or source = :source
    order by received_at desc, raw_id desc, part limit :most"""


@click.command(epilog="Example: telltale rejects button --since 24h")
@click.argument("source_name", metavar="[SOURCE]", default="")
@click.option("--since", default="7d", show_default=True, help="How far back: 24h, 7d, or a day such as 2026-11-20.")
@click.option("--count", is_flag=True, help="Count them by source and reason instead.")
@limit_option(50)
@json_option
def rejects(source_name: str, since: str, *, count: bool, limit: int, as_json: bool) -> None:
    """Show what was stored but could not be decoded.

    Newest first. Nothing is lost: once a decoder knows better, "telltale decode" reads the same bytes again.
    """
    from telltale.sources import source
    from telltale.workbench.project import Project
    from telltale.workbench.source_state import rejects_table

    project = Project()
    if count:
        table = rejects_table(project, since, None)
    else:
        rows = project.view().table("reject", project.span(since, None))
        table = project.engine.run(_NEWEST, {"reject": rows}, source=source_name, most=limit).arrow()
    found = [row for row in table.to_pylist() if not source_name or row["source"] == source_name]
    if source_name and not found:
        source(source_name)  # says what is known; what is not listed any more may still have rows
    show(found, as_json=as_json, empty=f"No rejects since {since}.")
