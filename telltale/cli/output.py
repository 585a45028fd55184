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

from telltale.cli.terminal import shows_all

Command = TypeVar("Command", bound=Callable[..., Any])
HEADINGS = {"device_s": "stayed_in_all"}
"""Of columns whose name without its unit would say something else."""
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
        click.echo(json.dumps(list(rows), default=_plain, ensure_ascii=not shows_all(), indent=2))
    elif not rows:
        click.echo(empty)
    else:
        _console().print(_table(rows))


def show_answer(
    question: Callable[..., Any],
    *,
    columns: Sequence[str],
    as_json: bool,
    empty: str,
    newest: int | None = None,
    **options: Any,
) -> None:
    """Print the table a function of `tt` answers with; it stays Arrow, so that no pandas is needed.

    Args:
        question: such as `tt.presence.visits`.
        columns: what people are shown, for a table has to fit a terminal; programs are given every column.
        as_json: for programs.
        empty: the sentence in place of a table without rows.
        newest: only so many of the last rows, the last one first.
        **options: what the function is called with; what is None is left to it.
    """
    from telltale.workbench.tidy import as_arrow

    with as_arrow():
        table = question(**{name: value for name, value in options.items() if value is not None})
    rows = (table if as_json else table.select(columns)).to_pylist()
    if newest is not None:
        rows = rows[-newest:][::-1]
    show(rows if as_json else [_worded(row) for row in rows], as_json=as_json, empty=empty)


def show_one(value: Mapping[str, Any], *, as_json: bool, sentence: str) -> None:
    """Print one result: a sentence, or with `as_json` one object."""
    click.echo(json.dumps(value, default=_plain, ensure_ascii=not shows_all(), indent=2) if as_json else sentence)


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
    """A value for a cell: times to the second in UTC, numbers grouped and short, control characters replaced."""
    if value is None or value != value:  # noqa: PLR0124 - what is not a number
        return "–"
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")
    if isinstance(value, int | float) and not isinstance(value, bool):
        return f"{round(value, 3):,}"
    text = str(value).replace("\N{NO-BREAK SPACE}", " ")
    return "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in text)


def _worded(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row as people read it: seconds are durations, without their unit; a period that is not over says so."""
    from telltale.wording import duration

    worded = dict(row)
    if worded.pop("so_far", False):
        worded["label"] = f"{row['label']} so far".strip()
    return {
        HEADINGS.get(name, name.removesuffix("_s")): duration(value)
        if name.endswith("_s") and value is not None
        else value
        for name, value in worded.items()
    }


def _console() -> Console:
    return Console() if sys.stdout.isatty() else Console(width=PIPE_WIDTH)


def _table(rows: Sequence[Mapping[str, Any]]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in rows[0]:
        values = [row[name] for row in rows if row[name] is not None]
        is_number = bool(values) and isinstance(values[0], int | float) and not isinstance(values[0], bool)
        heading = (
            f"{name.replace('_', ' ')} UTC" if values and isinstance(values[0], datetime) else name.replace("_", " ")
        )
        table.add_column(heading, justify="right" if is_number else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text(printable(value)) for value in row.values()))
    return table


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, datetime) else str(value)
