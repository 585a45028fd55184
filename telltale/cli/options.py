"""Options that many commands have, each worded once."""

from collections.abc import Callable
from typing import Any, TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., Any])

WRITTEN = "7d (whole days, today included), 26h, 30min, an ISO date or an ISO time"
"""The grammar of `telltale.workbench.times`, as its errors say it; help is shown without importing that."""
LENGTH = "15min, 900s, 1.5h or 90d"
"""Lengths of the same grammar, which are always exact."""


def since_option(default: str | None, without: str = "") -> Callable[[Command], Command]:
    """Add `--since`, the beginning of a stretch of time.

    Args:
        default: what is meant when it is not given.
        without: what None as default means.
    """
    end = f"; by default {without}." if without else "."
    return click.option(
        "--since", metavar="WHEN", default=default, show_default=default is not None, help=f"From: {WRITTEN}{end}"
    )


def until_option(command: Command) -> Command:
    """Add `--until`, the end of a stretch of time, exclusive."""
    return click.option("--until", metavar="WHEN", help="Until, exclusive: written as --since; by default now.")(
        command
    )


def stretch_options(default: str | None, without: str = "") -> Callable[[Command], Command]:
    """Add `--since` and `--until`."""

    def add(command: Command) -> Command:
        return since_option(default, without)(until_option(command))

    return add


def by_option(*choices: str, default: str) -> Callable[[Command], Command]:
    """Add `--by`: how the stretch is divided."""
    return click.option(
        "--by", type=click.Choice(choices), default=default, show_default=True, help="One row for each of these."
    )


def length(text: str) -> int:
    """Whole seconds of a plain length of time, such as 15min or 1.5h; the type of an option.

    Raises:
        click.BadParameter: it is none.
    """
    from telltale.contract import ConfigError
    from telltale.workbench.times import seconds

    try:
        return max(1, round(seconds(text)))
    except ConfigError as error:
        raise click.BadParameter(f'"{text}" is no length of time; expected one such as {LENGTH}') from error
