"""`telltale new`: begin something of one's own from what runs already."""

import json
import re
from collections.abc import Sequence
from pathlib import Path
from textwrap import indent
from typing import Any, Literal, NamedTuple

import click

from telltale.contract import ConfigError

_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")
_TABLE = 'tt.page.Table(("source", "records"), rows, right=[1])'
_ROWS = """\
records = arrived.groupby("source", as_index=False)["records"].sum()
rows = [[source, f"{count:,}"] for source, count in records.itertuples(index=False)]"""


class _Cell(NamedTuple):
    kind: Literal["markdown", "code"]
    text: str
    """TITLE and NAME stand for those of the notebook."""
    tags: tuple[str, ...] = ()


_REPORT_HEAD = """\
# TITLE

What arrived, source by source?

The next cell says which period; `telltale report NAME --period 2026-W47` sets it from outside."""
_REPORT_ASKS = """\
import telltale as tt

tt.hold()
span = tt.period(period, None)
arrived = tt.health.arrived(span.since, span.until)"""
_REPORT_MORE = """\
A card is shown here, in the report and on a page alike. For other questions there are `tt.presence`, `tt.kanban`,
`tt.activity`, `tt.sensors` and `tt.health`, and `tt.sql` for your own."""
_REPORT = (
    _Cell("markdown", _REPORT_HEAD),
    _Cell(
        "code", 'period: str = "7d"  # 2026-W47, 2026-11-20, 2026-11, or 7d: today and six days before', ("parameters",)
    ),
    _Cell("code", _REPORT_ASKS),
    _Cell("markdown", _REPORT_MORE, ("notebook-only",)),
    _Cell("code", f'{_ROWS}\ntt.page.Card("What arrived", {_TABLE}, empty="Nothing arrived then.")'),
)
_PAGE_SHOWS = f'''\
import telltale as tt


def NAME(ask):
    """What the page says, asked again when something arrives: a sentence and a card."""
    arrived = tt.health.arrived("7d", project=ask.project)
{indent(_ROWS, "    ")}

    def listed():
        return tt.page.Card("What arrived", {_TABLE}, empty="Nothing arrived then.")

    sentence = tt.page.Sentence(f"**{{records['records'].sum():,}}** records arrived in the last seven days")
    return tt.dashboard.Board(sentence, rows=[[tt.dashboard.Cell("arrived", 6, "What arrived", listed)]])


tt.dashboard.show(NAME)'''
_PAGE = (
    _Cell("markdown", "# TITLE\n\nWhat arrived in the last seven days, source by source?"),
    _Cell("code", _PAGE_SHOWS),
)


@click.group(epilog="Example: telltale new notebook fridges")
def new() -> None:
    """Begin a notebook of your own, which runs as it is."""


@new.command(epilog="Example: telltale new notebook fridges --page")
@click.argument("name")
@click.option("--page", "is_page", is_flag=True, help="A page of the dashboards, in dashboards/, instead of a report.")
def notebook(name: str, *, is_page: bool) -> None:
    """Write the notebook NAME into this project.

    It stands in notebooks/, has a parameter for the period, and is a report: "telltale report NAME". With --page it
    stands in dashboards/ and is a page of "telltale dashboard" from its next start. It runs on an empty project too.
    """
    from telltale.settings import find_root

    path = written(find_root(), name, is_page=is_page)
    then = "restart telltale dashboard to see it" if is_page else f"telltale report {name}, or open it in telltale lab"
    click.echo(f"wrote  {path}; {then}")


def written(root: Path, name: str, *, is_page: bool) -> Path:
    """Write the notebook into a project.

    Raises:
        ConfigError: it is there already, telltale has one of that name, or the name is none.
    """
    if not _NAME.fullmatch(name):
        raise ConfigError(f'"{name}": expected lower-case letters, digits and _, such as cold_rooms')
    folder = "dashboards" if is_page else "notebooks"
    ours = Path(__file__).parents[2] / folder / f"{name}.ipynb"
    path = root / folder / f"{name}.ipynb"
    if path.exists() or ours.exists():
        whose = f"{path} is there already" if path.exists() else f"telltale has {folder}/{name} itself"
        raise ConfigError(f"{whose}; choose another name")
    path.parent.mkdir(parents=True, exist_ok=True)
    told = _notebook(name, _PAGE if is_page else _REPORT)
    path.write_text(json.dumps(told, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return path


def _notebook(name: str, cells: Sequence[_Cell]) -> dict[str, Any]:
    title = name.replace("_", " ").capitalize()
    made = []
    for number, (kind, text, tags) in enumerate(cells):
        source = text.replace("TITLE", title).replace("NAME", name).splitlines(keepends=True)
        cell: dict[str, Any] = {"cell_type": kind, "id": str(number), "metadata": {"tags": list(tags)} if tags else {}}
        made.append({**cell, **({"execution_count": None, "outputs": []} if kind == "code" else {}), "source": source})
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    about = {"kernelspec": kernel, "language_info": {"name": "python"}}
    return {"cells": made, "metadata": about, "nbformat": 4, "nbformat_minor": 5}
