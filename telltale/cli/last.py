"""`telltale last`: the newest value of every device."""

import click

from telltale.cli.options import since_option
from telltale.cli.output import json_option, show_answer

COLUMNS = ("name", "device_id", "kind", "quantity", "channel", "newest", "age_s", "received", "says")


@click.command(epilog="Example: telltale last --since 7d")
@since_option("14d")
@json_option
def last(since: str, *, as_json: bool) -> None:
    """Show the newest value of every device, of all sources.

    Its age, how many came so far, and what it is against its limits. An access point tells how many devices it heard in
    the last hour, under [site] k only that it is fewer; PCs are told of one by one only where the pages may do so.
    """
    from telltale.dashboard import last as answer
    from telltale.dashboard.newest import older
    from telltale.workbench.here import here

    project = here()
    with project.at_one_moment():
        empty = EMPTY.format(since=since)
        show_answer(answer, columns=COLUMNS, as_json=as_json, empty=empty, since=since, project=project)
        more = 0 if as_json else older(since, project=project)
    if more:
        click.echo(OLDER.format(devices="1 device has" if more == 1 else f"{more} devices have"))


EMPTY = "No device was heard since {since}; look further back with --since, or see what arrived: telltale sources."
OLDER = "{devices} only older values, such as those of a sample: telltale last --since 20y"
