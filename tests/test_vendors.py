"""What is known of a vendor stands with that vendor: no name of one in the names and texts of any other room.

Which words are vendors' names is taken from the sources themselves: of each that somebody else's device sends to, its
own name and the first parts of its addresses, where they stand in its title too. Docstrings and comments may name whom
they like.
"""

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from telltale.cli import COMMANDS, run, telltale
from telltale.contract import Source, Transport
from telltale.sources import SOURCES

ROOT = Path(__file__).parent.parent
FREE = ("telltale/sources", "telltale/simulate", "telltale/forward", "telltale/pb", "telltale/cli/demo.py")
"""Where vendors stand: their own rooms, the simulated world with its demo, the platforms records are passed on to."""

EXCEPTIONS = {
    "telltale/presence/stations.py": "the stations of a simulated noon",
    "telltale/settings/brokers.py": "the owner's key of a Thing for those records, [forward.thingworx]",
    "collectors/idle/command.py": "the commands of the agent's modem, which is of that network",
    "collectors/idle/minutes.py": "the agent's modem sends frames as that source reads them",
    "collectors/idle/sender.py": "the same",
}
"""Files that name a vendor, and why; the list only shrinks."""


def names_of(source: Source) -> set[str]:
    """The words for a source's vendor; none for a capture or an agent, which are ours."""
    if source.transport not in (Transport.HTTP, Transport.COAP):
        return set()
    parts = {route.path.strip("/").split("/")[0] for route in source.routes if not route.alias}
    title = {word.lower() for word in re.findall(r"\w+", source.title)}
    return {word for word in {source.name, *parts} if word in title and len(word) > 3}


VENDORS = frozenset().union(*(names_of(source) for source in SOURCES))
_VENDOR = re.compile("|".join(sorted(VENDORS)), re.IGNORECASE)


def said(path: Path) -> Iterator[tuple[int, str]]:
    """The names and texts of a file by line, without docstrings and comments."""
    if path.suffix != ".py":
        yield from enumerate(path.read_text().splitlines(), 1)
        return
    tree = ast.parse(path.read_text())
    docstrings = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        for field in ("id", "attr", "arg", "name", "asname", "module"):
            if isinstance(name := getattr(node, field, None), str):
                yield getattr(node, "lineno", 0), name
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
            yield node.lineno, node.value


def files() -> Iterator[Path]:
    for top in ("telltale", "collectors"):
        for path in sorted((ROOT / top).rglob("*")):
            place = path.relative_to(ROOT).as_posix()
            if path.suffix in {".py", ".html", ".js", ".css"} and not place.startswith(FREE):
                yield path


def test_the_vendors_are_known_from_their_sources() -> None:
    assert {source.name for source in SOURCES if source.transport in (Transport.HTTP, Transport.COAP)} <= VENDORS
    assert not {"button", "pc_idle", "data", "samples"} & VENDORS


def test_no_vendor_is_named_outside_its_room() -> None:
    found = {
        f"{path.relative_to(ROOT).as_posix()}:{line}: {text[:80]!r}"
        for path in files()
        for line, text in said(path)
        if _VENDOR.search(text)
    }
    assert sorted(place for place in found if place.partition(":")[0] not in EXCEPTIONS) == []
    named = {place.partition(":")[0] for place in found}
    assert sorted(EXCEPTIONS.keys() - named) == [], "mended: take it off the list"


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.name)
def test_what_a_source_says_of_itself_is_about_itself(source: Source) -> None:
    """Its parts of the files of a new project are TOML, all of it its own."""
    assert source.first_record.format(http="http://h:1", coap="coap://h:2")
    uncommented = re.sub(r"^# (?=[\w\"][^=]* = |\[)", "", source.options_text, flags=re.MULTILINE)
    assert set(tomllib.loads(uncommented).get("sources", {})) <= {source.name}
    assert set(tomllib.loads(source.secrets_text)) <= {source.name}


def test_commands_of_the_sources_are_beside_ours_and_cost_decoding_nothing() -> None:
    listed = telltale.list_commands(click.Context(telltale))
    brought = [words for source in SOURCES for words, _ in source.commands]
    assert listed == [*COMMANDS, *(words for words in brought if " " not in words)]
    program = "import sys, telltale.sources; assert 'click' not in sys.modules"
    subprocess.run([sys.executable, "-c", program], check=True)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["pending", "button"], "nothing can be sent to devices of button; expected sigfox or efento"),
        (["pending", "sigfix"], 'no source "sigfix"'),
        (["export", "efento"], 'no table or answer "efento"'),
    ],
)
def test_a_mistake_says_what_there_is(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    said: str,
) -> None:
    (tmp_path / "telltale.toml").write_text("")
    monkeypatch.setenv("TELLTALE_HOME", str(tmp_path))
    assert run(arguments) == 1
    assert said in capsys.readouterr().err
