"""telltale sightings: the newest sightings as a table, by station or node, page by page."""

import click

from telltale.cli.output import json_option, limit_option, show

DETAILS = {"radio", "rssi_last_dbm", "received_at", "raw_id"}
"""Columns only programs are given: a table for people has to fit a terminal."""


@click.command(epilog="Example: telltale sightings --node ac:86:74:11:22:33 --limit 50 --page 2")
@limit_option(25)
@click.option("--page", type=click.IntRange(1), default=1, show_default=True, help="1 is the newest.")
@click.option("--station", metavar="ADDRESS", help="Only this station; - asks for the address without showing it.")
@click.option("--node", metavar="ADDRESS", help="Only what this access point heard.")
@click.option("--nodes-seen", is_flag=True, help="With --station: the nodes that heard it, the latest first.")
@click.option("--last-seen", is_flag=True, help="With --station: only its newest sighting.")
@click.option("--sample", is_flag=True, help="Invented sightings as they would look; nothing is stored.")
@json_option
def sightings(
    limit: int,
    page: int,
    station: str | None,
    node: str | None,
    *,
    nodes_seen: bool,
    last_seen: bool,
    sample: bool,
    as_json: bool,
) -> None:
    """Show the newest sightings, or where and when one station was heard.

    A typed address is turned into the pseudonyms it has under the keys that still exist. It is neither shown nor kept
    by telltale, but your shell keeps what is typed on its line: --station - asks for it instead.
    """
    from telltale.presence import stations as heard
    from telltale.workbench.project import Project
    from telltale.workbench.tidy import shown

    if (nodes_seen or last_seen) and station is None:
        raise click.UsageError("--nodes-seen and --last-seen need --station")
    if station == "-":
        station = click.prompt("Station", hide_input=True, err=True)
    if sample:
        rows = heard.sample_rows()
    elif nodes_seen:
        rows = heard.nodes_seen_by(Project(), str(station))
    else:
        rows = heard.sightings_page(
            Project(), limit=1 if last_seen else limit, page=page, station=station, node=node
        ).rows
    if not as_json:
        rows = rows.select([name for name in rows.column_names if name not in DETAILS])
    show(shown(rows).to_pylist(), as_json=as_json, empty=_empty(page, station or node))


def _empty(page: int, asked_for: str | None) -> str:
    if page > 1:
        return f"No sightings on page {page}; the newest are on page 1."
    if asked_for:
        return "No sightings kept that match; removed ones and those under a destroyed key cannot be found again."
    return 'No sightings yet. Start a collector with "telltale up", or try "telltale simulate".'
