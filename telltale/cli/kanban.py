"""`telltale kanban`: items and presses as tables; pulls and acknowledgements by hand."""

from collections.abc import Callable
from typing import Any, TypeVar

import click

from telltale.cli.output import json_option, limit_option, show

Command = TypeVar("Command", bound=Callable[..., Any])

ITEM_COLUMNS = (
    "item", "pulls", "rate_per_day", "rate_lo", "rate_hi", "lead_time_days", "cards", "cards_recommended", "cards_lo",
    "cards_hi", "risk", "trend", "last_press_at", "may_be_dead", "note",
)  # fmt: skip
PRESS_COLUMNS = ("pressed_at", "name", "role", "item", "frames", "kinds", "interface", "is_manual")
"""What fits a terminal; --json gives every column."""


def _since_option(command: Command) -> Command:
    return click.option("--since", default="30d", show_default=True, help="Such as 7d, 48h or 2026-11-01.")(command)


def _at_options(command: Command) -> Command:
    command = click.option("--note", default="", help="Why; kept with the record.")(command)
    return click.option("--at", metavar="TIME", help="Local time, or 2h for two hours ago; now unless given.")(command)


@click.group(epilog="Example: telltale kanban items --since 90d")
def kanban() -> None:
    """Show what presses of buttons say of demand and cards, or enter a pull by hand."""


@kanban.command(epilog="Example: telltale kanban items --since 90d --json")
@_since_option
@click.option("--item", help="One item, or one of its buttons.")
@json_option
def items(since: str, item: str | None, *, as_json: bool) -> None:
    """Show each item: pulls a day, lead time, cards in use and recommended, stock-out risk."""
    from telltale.kanban.item_figures import items_table
    from telltale.kanban.question import answer_table
    from telltale.workbench.project import Project

    rows = answer_table(items_table, Project(), since, None, item=item)
    if not as_json:
        rows = rows.select(ITEM_COLUMNS)
    show(_rounded(rows.to_pylist(), as_json=as_json), as_json=as_json, empty="No items: list buttons in buttons.csv.")


@kanban.command(epilog="Example: telltale kanban presses --since 24h --limit 50")
@_since_option
@click.option("--item", help="One item, or one of its buttons.")
@limit_option(25)
@json_option
def presses(since: str, item: str | None, limit: int, *, as_json: bool) -> None:
    """Show the newest presses, those entered by hand included."""
    from telltale.kanban.calls import presses_table
    from telltale.kanban.question import answer_table
    from telltale.workbench.project import Project

    rows = answer_table(presses_table, Project(), since, None, item=item)
    rows = rows.slice(max(rows.num_rows - limit, 0))
    if not as_json:
        rows = rows.select(PRESS_COLUMNS)
    empty = "No presses; try a longer --since, or press a button while telltale collect arp runs."
    show(rows.to_pylist()[::-1], as_json=as_json, empty=empty)


@kanban.command(epilog='Example: telltale kanban pull "Bolts M8" --at 08:15 --note "button was empty"')
@click.argument("item")
@_at_options
def pull(item: str, at: str | None, note: str) -> None:
    """Enter a pull by hand, for a press that was lost."""
    from telltale.kanban.calls import pull as entered

    click.echo(f"Pull of {entered(item, _moment(at), note=note)} stored.")


@kanban.command(epilog='Example: telltale kanban ack "Bolts M8" --at "2026-11-20 08:15"')
@click.argument("item")
@_at_options
def ack(item: str, at: str | None, note: str) -> None:
    """Enter by hand that a container was delivered."""
    from telltale.kanban.calls import ack as entered

    click.echo(f"Delivery of {entered(item, _moment(at), note=note)} stored.")


def _moment(at: str | None) -> str | None:
    """A time of today as an ISO moment; anything else as it is."""
    import re

    from telltale.workbench.project import here
    from telltale.workbench.times import local_day

    if at is None or not re.fullmatch(r"\d\d:\d\d(:\d\d)?", at.strip()):
        return at
    project = here()
    return f"{local_day(project.now_us(), project.settings.site.timezone).isoformat()} {at.strip()}"


def _rounded(rows: list[dict[str, Any]], *, as_json: bool) -> list[dict[str, Any]]:
    """Numbers as people read them; programs get them as they are."""
    if as_json:
        return rows
    return [
        {name: round(value, 3) if isinstance(value, float) else value for name, value in row.items()} for row in rows
    ]
