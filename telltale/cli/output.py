"""What commands print: tables for people, JSON for programs, progress for what takes time.

Texts in a table may come from anyone who can reach a collector, so nothing in them is taken as markup or as a
terminal's control sequence.
"""

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

Command = TypeVar("Command", bound=Callable[..., Any])
PIPE_WIDTH = 240
"""Columns where no terminal says how wide it is, so that no cell is cut in a file."""


def json_option(command: Command) -> Command:
    """Add `--json`, given to the command as `as_json`."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")(command)


def limit_option(default: int) -> Callable[[Command], Command]:
    """Add `--limit`."""
    return click.option(
        "--limit", type=click.IntRange(1, 100_000), default=default, show_default=True, help="Rows at most."
    )


def show(rows: Sequence[Mapping[str, Any]], *, as_json: bool, empty: str) -> None:
    """Print rows, all with the same keys: a table, or with `as_json` one array of objects.

    Args:
        rows: values of any type; times as aware datetimes.
        as_json: for programs.
        empty: the sentence in place of a table without rows.
    """
    if as_json:
        click.echo(json.dumps(list(rows), default=_plain, ensure_ascii=False, indent=2))
    elif not rows:
        click.echo(empty)
    else:
        _console().print(_table(rows))


def show_one(value: Mapping[str, Any], *, as_json: bool, sentence: str) -> None:
    """Print one result: a sentence, or with `as_json` one object."""
    click.echo(json.dumps(value, default=_plain, ensure_ascii=False, indent=2) if as_json else sentence)


def progress() -> Progress:
    """A progress display on stderr; silent where stderr is not a terminal."""
    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=Console(stderr=True),
        transient=True,
        disable=not sys.stderr.isatty(),
    )


def moment(us: int | None) -> datetime | None:
    """Microseconds since 1970 as an aware time; None stays None."""
    return None if us is None else datetime.fromtimestamp(us / 1e6, tz=UTC)


def printable(value: object) -> str:
    """A value for a cell: times to the second in UTC, numbers grouped, control characters replaced."""
    if value is None:
        return "–"
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    return "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in str(value))


def _console() -> Console:
    return Console() if sys.stdout.isatty() else Console(width=PIPE_WIDTH)


def _table(rows: Sequence[Mapping[str, Any]]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name, value in rows[0].items():
        number = isinstance(value, int | float) and not isinstance(value, bool)
        table.add_column(name.replace("_", " "), justify="right" if number else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text(printable(value)) for value in row.values()))
    return table


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, datetime) else str(value)
