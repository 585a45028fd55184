"""README, help and Makefile agree with what there is."""

import re
import subprocess
from pathlib import Path

import click
import pytest

from telltale.cli import telltale

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()


COMMANDS = telltale.list_commands(click.Context(telltale))


@pytest.mark.parametrize("name", COMMANDS)
def test_readme_names_every_command(name: str) -> None:
    assert re.search(rf"`telltale [^`]*\b{name}\b|telltale {name}\b", README), f"README.md does not say telltale {name}"


def test_readme_names_no_command_that_is_not_there() -> None:
    code = "\n".join(re.findall(r"`[^`]+`|^    .*$", README, re.MULTILINE))
    named = set(re.findall(r"(?<!import )\btelltale ([a-z]+)\b(?=[` \n])", code))
    assert named <= set(COMMANDS), named - set(COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_and_an_example(name: str) -> None:
    command = telltale.get_command(click.Context(telltale), name)
    assert command is not None
    assert len((command.help or "").split()) > 4
    assert (command.epilog or "").startswith(f"Example: telltale {name}")


def test_readme_says_what_it_is_first_and_keeps_its_length() -> None:
    lines = README.splitlines()
    assert lines[2].startswith("A Jupyter-centric analytics workbench")
    assert any("make demo" in line for line in lines[:20])
    assert len(lines) <= 150


def test_readme_links_lead_to_files() -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", README):
        assert (ROOT / target).exists(), target


def test_make_alone_lists_its_targets() -> None:
    listed = subprocess.run(["make", "-C", str(ROOT)], capture_output=True, text=True, check=True).stdout
    for target in ("demo", "test", "check", "bench", "lab", "up", "lock"):
        assert re.search(rf"^{target} ", listed, re.MULTILINE), target
