"""`telltale presence`: figures, visits and sightings of the devices that access points hear."""

from collections.abc import Callable
from typing import Any, TypeVar

import click

from telltale.cli.options import by_option, length, stretch_options
from telltale.cli.output import json_option, limit_option, show, show_answer, show_one

Command = TypeVar("Command", bound=Callable[..., Any])

FIGURES = (
    "name", "label", "address_kind", "seen", "visitors", "passers_by", "capture_rate", "visits", "bounced",
    "dwell_median_s", "dwell_p90_s", "peak", "node_share", "closed", "so_far",
)  # fmt: skip
VISITS = ("site", "device", "address_kind", "entered_at", "left_at", "dwell_s", "class", "frames", "open")
OCCUPANCY = ("site", "label", "address_kind", "devices", "mean", "peak", "nodes", "expected")
MOVES = ("site", "from_zone", "to_zone", "moves", "devices")
ZONES = ("site", "address_kind", "zone", "devices", "device_s")
EXCLUDED = ("site", "device", "kind", "why")
DETAILS = {"radio", "rssi_last_dbm", "received_at", "raw_id"}
"""Columns of sightings only programs are given: a table for people has to fit a terminal."""
EMPTY = "Nothing was heard in that time; try a longer --since."


def _site_option(command: Command) -> Command:
    return click.option("--site", metavar="ID", help="One site, by its network id; by default all.")(command)


def _published_option(command: Command) -> Command:
    return click.option(
        "--published", is_flag=True, help="Leave out every number that counts fewer devices than [site] k."
    )(command)


@click.group(epilog="Example: telltale presence figures --since 7d")
def presence() -> None:
    """Show how many devices were there, how long, and where."""


@presence.command(epilog="Example: telltale presence figures --since 28d --by day --published")
@stretch_options("7d")
@by_option("day", "hour", default="day")
@_site_option
@_published_option
@json_option
def figures(*, as_json: bool, **question: Any) -> None:
    """Show visitors, passers-by and visits of each day or hour.

    Addresses that devices change by themselves (local) are counted apart from lasting ones (global).
    """
    from telltale.presence import figures as answer

    show_answer(answer, columns=FIGURES, as_json=as_json, empty=EMPTY, **question)


@presence.command(epilog="Example: telltale presence visits --since 1d --gap 20min")
@stretch_options("1d")
@_site_option
@click.option(
    "--gap", type=length, help="Longest silence inside a visit, such as 15min; by default [presence] gap_min."
)
@json_option
def visits(*, as_json: bool, **question: Any) -> None:
    """Show each visit: from when to when a device was there.

    A device has a pseudonym that holds until the keys of its site change.
    """
    from telltale.presence import visits as answer

    show_answer(answer, columns=VISITS, as_json=as_json, empty=EMPTY, **question)


@presence.command(epilog="Example: telltale presence occupancy --since 1d --bin 30min")
@stretch_options("1d")
@_site_option
@click.option("--bin", type=length, help="Width of a row, such as 30min; by default [presence] bin_min.")
@_published_option
@json_option
def occupancy(*, as_json: bool, **question: Any) -> None:
    """Show how many devices were there at each time of the day."""
    from telltale.presence import occupancy as answer

    show_answer(answer, columns=OCCUPANCY, as_json=as_json, empty=EMPTY, **question)


@presence.command(epilog="Example: telltale presence moves --since 7d")
@stretch_options("7d")
@_site_option
@_published_option
@json_option
def moves(*, as_json: bool, **question: Any) -> None:
    """Show how often devices went from one zone to another.

    Zones are those of devices.csv.
    """
    from telltale.presence import moves as answer

    empty = "No moves between zones; zones are named in devices.csv."
    show_answer(answer, columns=MOVES, as_json=as_json, empty=empty, **question)


@presence.command(epilog="Example: telltale presence zones --since 7d")
@stretch_options("7d")
@_site_option
@_published_option
@json_option
def zones(*, as_json: bool, **question: Any) -> None:
    """Show how many devices were in each zone, and how long.

    Zones are those of devices.csv.
    """
    from telltale.presence import zones as answer

    empty = "No device in any zone; zones are named in devices.csv."
    show_answer(answer, columns=ZONES, as_json=as_json, empty=empty, **question)


@presence.command(epilog="Example: telltale presence excluded --since 7d")
@stretch_options("7d")
@_site_option
@json_option
def excluded(*, as_json: bool, **question: Any) -> None:
    """Show the devices that are not counted, and why.

    They are staff, and devices that never leave.
    """
    from telltale.presence import excluded as answer

    show_answer(answer, columns=EXCLUDED, as_json=as_json, empty="Every device is counted.", **question)


@presence.command(epilog="Example: telltale presence sightings --node ac:86:74:11:22:33 --limit 50 --page 2")
@stretch_options(None, without="everything that is kept")
@limit_option(25)
@click.option("--page", type=click.IntRange(1), default=1, show_default=True, help="1 is the newest.")
@click.option("--station", metavar="ADDRESS", help="Only this station; - asks for the address without showing it.")
@click.option("--node", metavar="ADDRESS", help="Only what this access point heard.")
@click.option("--min-dbm", type=click.IntRange(-120, 0), help="Only those whose weakest frame was at least so strong.")
@click.option("--avg-dbm", type=click.IntRange(-120, 0), help="Only those that were at least so strong on average.")
@click.option("--nodes-that-heard", is_flag=True, help="With --station: the nodes that heard it, the latest first.")
@click.option("--last-seen", is_flag=True, help="With --station: only its newest sighting.")
@click.option("--sample", is_flag=True, help="Made-up sightings, to see how they look; nothing is stored.")
@json_option
def sightings(
    limit: int,
    page: int,
    station: str | None,
    node: str | None,
    *,
    min_dbm: int | None,
    avg_dbm: int | None,
    nodes_that_heard: bool,
    last_seen: bool,
    sample: bool,
    as_json: bool,
    **stretch: Any,
) -> None:
    """Show the newest sightings, also of one station.

    A typed address is turned into the pseudonyms it has under the keys that still exist. It is neither shown nor kept
    by telltale, but your shell keeps what is typed on its line: --station - asks for it instead.
    """
    from telltale import presence as calls
    from telltale.workbench.tidy import as_arrow

    if (nodes_that_heard or last_seen) and station is None:
        raise click.UsageError("--nodes-that-heard and --last-seen need --station")
    if station == "-":
        station = click.prompt("Station", hide_input=True, err=True)
    with as_arrow():
        if sample:
            rows: Any = calls.sample()
        elif nodes_that_heard:
            rows = calls.nodes_that_heard(str(station))
        else:
            most = 1 if last_seen else limit
            rows = calls.sightings(
                most, page=page, station=station, node=node, min_dbm=min_dbm, avg_dbm=avg_dbm, **stretch
            )
    if not as_json:
        rows = rows.select([name for name in rows.column_names if name not in DETAILS])
    wanted = any(each is not None for each in (station, node, min_dbm, avg_dbm))
    show(rows.to_pylist(), as_json=as_json, empty=_empty(page, is_chosen=wanted))


def _empty(page: int, *, is_chosen: bool) -> str:
    if page > 1:
        return f"No sightings on page {page}; the newest are on page 1."
    if is_chosen:
        return "No sightings kept that match; removed ones and those under a destroyed key cannot be found again."
    return 'No sightings yet. Start a collector with "telltale up", or try "telltale demo".'


@presence.command("new-key", epilog="Example: telltale presence new-key 71234")
@click.argument("site", metavar="SITE")
@json_option
def new_key(site: str, *, as_json: bool) -> None:
    """Begin anew with a key that was lost.

    Without the key, a site's records wait and are not counted. If its file cannot be brought back, this makes them
    count again: each device then counts as another one, from the record on that is decoded next.
    """
    from telltale.operate.presence_keys import begin_anew
    from telltale.workbench.project import Project

    periods = begin_anew(Project(), site)
    sentence = f"Site {site} begins anew with the keys of {', '.join(periods)}; what waits is decoded with them."
    if not periods:
        sentence = f"The keys of site {site} are those its rows were decoded with; there is nothing to begin anew."
    show_one({"site": site, "periods": periods}, as_json=as_json, sentence=sentence)
