"""`telltale kanban`: items and presses as tables; pulls and deliveries by hand."""

from collections.abc import Callable
from typing import Any, TypeVar

import click

from telltale.cli.options import stretch_options
from telltale.cli.output import json_option, limit_option, show_answer

Command = TypeVar("Command", bound=Callable[..., Any])

ITEMS = (
    "item", "pulls", "rate_per_day", "rate_lo", "rate_hi", "lead_time_days", "cards", "cards_recommended", "cards_lo",
    "cards_hi", "risk", "trend", "last_press_at", "may_be_dead", "note",
)  # fmt: skip
PRESSES = ("pressed_at", "name", "role", "item", "frames", "kinds", "interface", "is_manual")
_item_option = click.option("--item", metavar="NAME", help="One item, or one of its buttons; by default all.")


def _at_options(command: Command) -> Command:
    command = click.option("--note", default="", help="Why; kept with the record.")(command)
    text = "When, by the site's clock: 08:15 today, an ISO time, or 2h for two hours ago; by default now."
    return click.option("--at", metavar="TIME", help=text)(command)


@click.group(epilog="Example: telltale kanban items --since 90d")
def kanban() -> None:
    """Show demand and cards by the presses of buttons; enter pulls."""


@kanban.command(epilog="Example: telltale kanban items --since 90d --json")
@stretch_options("30d")
@_item_option
@json_option
def items(*, as_json: bool, **question: Any) -> None:
    """Show pulls, lead time, cards and stock-out risk of each item."""
    from telltale.kanban import items as answer

    empty = "No items: list buttons in buttons.csv."
    show_answer(answer, columns=ITEMS, as_json=as_json, empty=empty, **question)


@kanban.command(epilog="Example: telltale kanban presses --since 24h --limit 50")
@stretch_options("30d")
@_item_option
@limit_option(25)
@json_option
def presses(limit: int, *, as_json: bool, **question: Any) -> None:
    """Show the newest presses, those entered by hand included."""
    from telltale.kanban import presses as answer

    empty = "No presses; try a longer --since, or press a button while telltale collect arp runs."
    show_answer(answer, columns=PRESSES, as_json=as_json, empty=empty, newest=limit, **question)


@kanban.command(epilog='Example: telltale kanban pull "Bolts M8" --at 08:15 --note "button was empty"')
@click.argument("item")
@_at_options
def pull(item: str, at: str | None, note: str) -> None:
    """Enter a pull of ITEM by hand, for a press that was lost."""
    from telltale.kanban import pull as entered

    click.echo(f"Pull of {entered(item, _moment(at), note=note)} stored.")


@kanban.command(epilog='Example: telltale kanban ack "Bolts M8" --at "2026-11-20 08:15"')
@click.argument("item")
@_at_options
def ack(item: str, at: str | None, note: str) -> None:
    """Enter by hand that a container of ITEM was delivered."""
    from telltale.kanban import ack as entered

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
