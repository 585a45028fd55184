"""README, help and Makefile agree with what there is."""

import re
import subprocess
from pathlib import Path

import pytest

from telltale.cli import reference
from tests.commands import COMMANDS

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()


def test_the_list_of_commands_is_that_of_the_command_line() -> None:
    assert reference.FILE.read_text(encoding="utf-8") == reference.text(), "run: make commands"


@pytest.mark.parametrize(
    "name", [name for name, one in COMMANDS.items() if getattr(one, "invoke_without_command", True)]
)
def test_the_list_of_commands_has_each_once_with_an_example(name: str) -> None:
    lines = [line for line in reference.text().splitlines() if re.match(rf"\| `telltale {name}( [A-Z\[]|`)", line)]
    assert len(lines) == 1
    assert f"`telltale {name}" in lines[0].split(" | ")[2]


def test_readme_names_no_command_that_is_not_there() -> None:
    code = "\n".join(re.findall(r"`[^`]+`|^    .*$", README, re.MULTILINE))
    named = set(re.findall(r"(?<!import )\btelltale ([a-z]+)\b(?=[` \n])", code))
    assert named <= set(COMMANDS), named - set(COMMANDS)


def test_no_text_names_a_command_that_is_not_there() -> None:
    """Where a page, a message or a docstring says `telltale …`, it can be typed."""
    tops = ("telltale", "collectors", "notebooks", "dashboards", "data", "proto")
    files = [file for top in tops for kind in ("py", "ipynb", "md") for file in (ROOT / top).rglob(f"*.{kind}")]
    missing = [
        f"{file.relative_to(ROOT)}: telltale {name}"
        for file in files
        if "data/demo" not in file.as_posix()
        for name in re.findall(r"(?:[`“]|[a-z,;:] \")telltale ([a-z-]+)\b", file.read_text(encoding="utf-8"))
        if name not in COMMANDS
    ]
    assert missing == []


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_and_an_example(name: str) -> None:
    command = COMMANDS[name]
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


@pytest.mark.parametrize("document", sorted((ROOT / "docs").glob("*.md")), ids=lambda path: path.name)
def test_links_of_documents_lead_to_files_and_headings(document: Path) -> None:
    for target, heading in re.findall(r"\]\((?!https?:)([^)#]*)#?([^)]*)\)", document.read_text(encoding="utf-8")):
        file = (document.parent / target).resolve() if target else document
        assert file.is_file(), target
        headings = re.findall(r"^#+ (.+)$", file.read_text(encoding="utf-8"), re.MULTILINE)
        assert not heading or heading in {each.lower().replace(" ", "-") for each in headings}, heading


def test_make_alone_lists_its_targets() -> None:
    listed = subprocess.run(["make", "-C", str(ROOT)], capture_output=True, text=True, check=True).stdout
    for target in ("demo", "test", "check", "bench", "lab", "up", "lock"):
        assert re.search(rf"^{target} ", listed, re.MULTILINE), target


def test_each_test_that_the_threats_name_is_there() -> None:
    """A file may stand for all of its tests; `::` alone repeats the file before."""
    file, missing = "", []
    for line in (ROOT / "docs" / "threats.md").read_text().splitlines():
        if not line.startswith("|"):
            continue
        for name, function in re.findall(r"([\w/]*\.py)?(?:::(\w+))?(?=[,\s])", line.split("|")[-2]):
            if not (name or function):
                continue
            file = name or file
            path = ROOT / "tests" / file
            if not path.exists() or f"def {function}" not in path.read_text():
                missing.append(f"{file}::{function}")
    assert missing == []


def test_each_threat_has_a_test() -> None:
    rows = [line.split("|") for line in (ROOT / "docs" / "threats.md").read_text().splitlines() if line.startswith("|")]
    threats = [cells for cells in rows if cells[1].strip() not in ("who wants what", "---") and set(cells[1]) != {"-"}]
    assert len(threats) > 40
    assert [cells[1] for cells in threats if not re.search(r"\.py|::test_", cells[3])] == []
