"""docs/commands.md, from the command line itself: `python -m telltale.cli.reference`, or `make commands`.

A test compares the file with what is made here, so that it says neither less nor something else than `--help`.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import click

from telltale.cli import telltale
from telltale.cli.lazy import VendorGroup

FILE = Path(__file__).parents[2] / "docs" / "commands.md"
HEAD = """\
# Commands

Written by `make commands` from the command line itself. Each has `--help`; most print a table for people, and with
`--json` an array for programs. `--project FOLDER` before a command names another project than the one found from here.
"""


def text() -> str:
    """The whole file."""
    assert isinstance(telltale, VendorGroup)  # noqa: S101 - as the command line makes it
    context = click.Context(telltale, info_name="telltale")
    parts = [HEAD]
    for heading, names in telltale.grouped(context).items():
        rows = "\n".join(row for name in names for row in _rows(telltale, context, name))
        parts.append(f"## {heading}\n\n| command | does | example |\n|---|---|---|\n{rows}\n")
    return "\n".join(parts)


def _rows(group: click.Group, context: click.Context, name: str) -> Iterator[str]:
    """A command's line, and those of the commands below it."""
    command = group.get_command(context, name)
    assert command is not None  # noqa: S101 - it was listed
    inner = click.Context(command, info_name=name, parent=context)
    if isinstance(command, click.Group):
        if command.invoke_without_command:
            yield _row(command, inner)
        for below in command.list_commands(inner):
            yield from _rows(command, inner, below)
        return
    yield _row(command, inner)


def _row(command: click.Command, inner: click.Context) -> str:
    arguments = " ".join(_usage(one) for one in command.params if isinstance(one, click.Argument))
    shown = f"`{f'{inner.command_path} {arguments}'.strip()}`"
    does = (command.help or "").split("\n\n")[0]
    example = re.sub(r"^Examples?:\s+", "", command.epilog or "")
    return f"| {_cell(shown)} | {_cell(does)} | {_cell(f'`{example}`')} |"


def _usage(argument: click.Argument) -> str:
    """Its name; in brackets where it may be left out; a choice without its words, which --help lists."""
    name = (argument.metavar or argument.name or "").upper().strip("[].")
    name = name if re.fullmatch(r"[\w .]+", name) else (argument.name or "").upper()
    return (name if argument.required else f"[{name}]") + ("…" if argument.nargs == -1 else "")


def _cell(words: str) -> str:
    return " ".join(words.split()).replace("|", "\\|")


if __name__ == "__main__":
    FILE.write_text(text(), encoding="utf-8")
