"""docs/reports.md: its settings are read, its commands run, and every option it names is there."""

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import get_args

import pytest

from telltale.settings import load
from telltale.settings.publish import AlertKind
from tests.commands import COMMANDS
from tests.served import make_project

TEXT = (Path(__file__).parent.parent / "docs" / "reports.md").read_text(encoding="utf-8")


def blocks(kind: str) -> list[str]:
    return re.findall(rf"```{kind}\n(.*?)```", TEXT, re.DOTALL)


def written(root: Path) -> Path:
    """A project with all that the document has for telltale.toml and secrets.toml."""
    return make_project(root, "\n".join(blocks("toml")), secrets="\n".join(blocks("secrets")))


def test_each_block_is_read_or_run_or_marked() -> None:
    assert set(re.findall(r"^```(\w+)$", TEXT, re.MULTILINE)) == {"toml", "secrets", "sh"}
    text = re.sub(r"```\w+\n.*?```", "", TEXT, flags=re.DOTALL)
    for indented in re.finditer(r"\n\n((?:    .*\n)+)", text):
        before = text[: indented.start()].rpartition("\n\n")[2]
        assert re.search(r"\*not\s+run\s+here\*", before, re.IGNORECASE), indented[1]


def test_its_settings_are_read(tmp_path: Path) -> None:
    settings = load(written(tmp_path))
    assert set(settings.reports) == {"cold_chain", "hours_anna"}
    assert set(settings.alerts) == {"fridges", "silent"}
    for block in blocks("toml"):
        tomllib.loads(block)


def test_each_kind_of_alert_has_a_line() -> None:
    listed = re.findall(r"^\| (`.*?) \| ", TEXT, re.MULTILINE)
    assert sorted(kind for line in listed for kind in re.findall(r"`(\w+)`", line) if kind != "on") == sorted(
        get_args(AlertKind)
    )


@pytest.mark.parametrize("line", sorted(set(re.findall(r"^(?:    )?(telltale .+)$", TEXT, re.MULTILINE))))
def test_each_command_and_its_options_are_there(line: str) -> None:
    words = line.split()[1:]
    name = next(each for each in (" ".join(words[:2]), words[0]) if each in COMMANDS)
    known = {option for each in COMMANDS[name].params for option in (*each.opts, *each.secondary_opts)}
    assert {word for word in words if word.startswith("--")} <= known


@pytest.mark.slow
def test_its_commands_run_in_their_order(tmp_path: Path) -> None:
    """In a project that nothing was sent to yet: nothing is due, and nothing leaves."""
    root = written(tmp_path / "project")
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    for block in blocks("sh"):
        done = subprocess.run(
            ["sh", "-eu", "-c", block],
            cwd=tmp_path,
            env=os.environ | {"TELLTALE_HOME": str(root), "PATH": path},
            check=False,
            capture_output=True,
            text=True,
            timeout=180,
        )
        assert done.returncode == 0, f"{block}\n{done.stdout}{done.stderr}"
    assert (tmp_path / "alerts-dry-run.html").exists()
