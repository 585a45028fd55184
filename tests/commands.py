"""Every command of the command line, those of groups and sources included."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pandas as pd
import pytest
from click.testing import CliRunner

from telltale.cli import telltale
from telltale.workbench.here import here
from tests.lake_fixture import set_clock


def commands(group: click.Group = telltale, words: str = "") -> Iterator[tuple[str, click.Command]]:
    """Each command by its words, such as "presence visits", its group before it."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        path = f"{words} {name}".strip()
        yield path, command
        if isinstance(command, click.Group):
            yield from commands(command, path)


COMMANDS = dict(commands())


def answer(*words: str, as_json: bool = True) -> Any:
    """What a command of the project of TELLTALE_HOME prints: the rows of its JSON, or its text for people."""
    ended = CliRunner().invoke(telltale, [*words, *(["--json"] if as_json else [])], catch_exceptions=False)
    assert ended.exit_code == 0, ended.output
    return json.loads(ended.stdout) if as_json else ended.stdout


def agrees(rows: list[dict[str, Any]], frame: pd.DataFrame) -> None:
    """Check that the rows of a command are those of a function of `tt`: same columns, same numbers."""
    assert len(rows) == len(frame) > 0
    assert list(rows[0]) == list(frame.columns)
    for name in map(str, frame.select_dtypes("number")):
        values = [row[name] for row in rows if row[name] is not None]
        assert values == pytest.approx(frame[name].dropna().tolist()), name


def live_at(root: Path, now_us: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let commands find the project of a folder, and live at a moment."""
    monkeypatch.setenv("TELLTALE_HOME", str(root))
    set_clock(here(), now_us)
