"""`telltale kanban`: items and presses as tables; pulls and deliveries by hand; two formulas."""

from collections.abc import Callable
from typing import Any, TypeVar

import click

from telltale.cli.options import stretch_options
from telltale.cli.output import json_option, limit_option, show_answer
from telltale.contract import ConfigError

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


_days_option = click.option(
    "--lead-time",
    "lead_time_days",
    type=float,
    required=True,
    metavar="DAYS",
    help="From pull to full container.",
)
_review_option = click.option(
    "--review", "review_days", type=float, default=0.0, metavar="DAYS", help="Between two pick-ups or orders."
)


@kanban.command(epilog="Example: telltale kanban carried 29 --container 25 --lead-time 0.1 --safety-share 0.2")
@click.argument("cards", type=int)
@_days_option
@_review_option
@click.option("--container", "container_qty", type=float, default=1.0, metavar="PIECES", help="In a container.")
@click.option("--safety-share", type=float, default=0.10, show_default=True, help="What is kept against chance.")
def carried(cards: int, **given: float) -> None:
    """Show how much demand a day CARDS carry.

    The classic formula turned round.
    """
    from telltale.kanban import demand_carried

    demand = _checked(lambda: demand_carried(cards, **given))
    click.echo(f"{cards} cards carry {demand:,.2f} pieces a day.")


@kanban.command(epilog="Example: telltale kanban target --demand 91 --lead-time 2 --review 1 --safety 50")
@click.option("--demand", "demand_per_day", type=float, required=True, metavar="PIECES", help="A day.")
@_days_option
@_review_option
@click.option("--safety", "safety_stock", type=float, default=0.0, metavar="PIECES", help="Kept against chance.")
def target(**given: float) -> None:
    """Show how many pieces to have in stock and on order together."""
    from telltale.kanban import target_stock

    click.echo(f"Stock and orders together: {_checked(lambda: target_stock(**given)):,.2f} pieces.")


def _checked(call: Callable[[], float]) -> float:
    """The figure, or what was wrong with its arguments in one sentence."""
    try:
        return call()
    except ValueError as error:
        raise ConfigError(str(error)) from error


def _moment(at: str | None) -> str | None:
    """A time of today as an ISO moment; anything else as it is."""
    import re

    from telltale.workbench.here import here
    from telltale.workbench.times import local_day

    if at is None or not re.fullmatch(r"\d\d:\d\d(:\d\d)?", at.strip()):
        return at
    project = here()
    return f"{local_day(project.now_us(), project.settings.site.timezone).isoformat()} {at.strip()}"
