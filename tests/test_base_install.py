"""The base install, in an environment of its own without any extra: what it can, and what it says it cannot."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tomllib
from collections.abc import Iterable, Iterator
from importlib.metadata import distribution, packages_distributions
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from click import Context
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from telltale.cli import run, telltale
from telltale.extras import EXTRAS, not_installed
from tests.commands import COMMANDS
from tests.licences import base

ROOT = Path(__file__).parent.parent
DAYS = {"cloudtrax": 2, "meraki": 2, "efento": 2, "sigfox": 2, "button": 4, "pc_idle": 4}
"""How much of each source is kept: people work on one day of any four."""

RUNS: list[tuple[str, str]] = [
    ("init", "devices.csv"),
    ("doctor", "pip install 'telltale[lab]'"),
    ("new notebook fridges", "telltale report fridges"),
    ("settle", "records settled"),
    ("sources", "cloudtrax"),
    ("presence figures", "visitors"),
    ("presence figures --by hour --published", "visitors"),
    ("presence visits --since 2d", "entered at"),
    ("presence occupancy", "mean"),
    ("presence moves", ""),
    ("presence zones", ""),
    ("presence excluded", ""),
    ("presence sightings --limit 5", "last seen"),
    ("presence new-key 71234", "nothing to begin anew"),
    ("last", "newest"),
    ("presence sightings --sample", "last seen"),
    ("presence sightings --station 3c:06:30:aa:bb:01 --nodes-that-heard", "No sightings kept that match"),
    ("sensors stats --by day", "value mean"),
    ("sensors series --since 24h --bin 1h", "value mean"),
    ("sensors excursions", ""),
    ("sensors minutes-outside", ""),
    ("sensors mean-kinetic-temperature", "kinetic c"),
    ("sensors gaps", ""),
    ("sensors episodes", ""),
    ("sensors consumption", ""),
    ("sensors completeness", "share"),
    ("sensors coverage", ""),
    ("sensors overdue", ""),
    ("sensors trends", "measure"),
    ("health devices", "last seen"),
    ("health missing", "missing share"),
    ("health heard", "start"),
    ("rejected", ""),
    ("rejected --count", ""),
    ("rejected --at door", "Nothing was turned away since 7d"),
    ("kanban pull 'Bolts M8'", "stored"),
    ("kanban ack 'Bolts M8'", "stored"),
    ("kanban items --since 5d", "cards recommended"),
    ("kanban presses --since 5d", "pressed at"),
    ("activity hours --since 5d", "active h"),
    ("activity hours pc:desk-1 --week 5d", "not known"),
    ("activity export --since 5d", "afkstatus"),
    ("activity export --since 5d --format csv", "device_id,name"),
    ("activity correct pc:desk-1 2026-11-20T09:00 2026-11-20T10:00 active", "record"),
    ("export efento-json --since 24h", "measurements"),
    ("pending efento", "Nothing waits"),
    ("efento configure 282C024156AF transmission_interval=600 ack_interval=1800", "goes with the reply"),
    ("sigfox downlink 2D24E6 0102030405060708", "goes with the answer"),
    ("pending", "2d24e6"),
    ("simulate button --backfill 4d --pcap buttons.pcap", ""),
    ("replay buttons.pcap", "buttons.pcap"),
    ("discover --file buttons.pcap", "address"),
    ("service --print collector", "[Service]"),
    ("forward parked", "Nothing is parked"),
    ("alerts", "No [alerts.<name>] stands in telltale.toml"),
    ("alerts journal", "Nobody has acknowledged"),
    ("publish", "0 sent, 0 waiting, 0 given up"),
    ("publish --list", "No report or alert has been sent yet"),
    ("redecode", ""),
    ("check", "every raw record that is kept has a row in some table, or needs none"),
    ("check --quick", "by name, size and end"),
    ("check --repair", ""),
    ("purge", ""),
    ("about efento:282c024156af about.json", "records"),
    ("forget efento:282c024156af", "Nothing was removed"),
    ("forget efento:282c024156af --yes", "things remembered"),
    ("backup", "No backup is known"),
    ("backup kept", "pseudonym keys and secrets are left out"),
    ("backup", "kept"),
]
"""Each command in its main form, and a word of what it prints."""
RESTORES = "restore ../kept"
"""Into another project, which is empty."""
MOVES = "move-store sqlite:///moved.db"
"""In a process of its own: nobody else may have the store open."""
LACKS = [
    ("report presence_dwell", "papermill is", "lab"),
    ("schedule --once", "papermill is", "lab"),
    ("dashboard", "Voilà is", "lab"),
    ("lab", "JupyterLab is", "lab"),
    ("demo --days 1 --no-serve", "pandas is", "lab"),
    ("modem id --port /dev/ttyUSB9", "pyserial is", "idle"),
]
"""What needs more, and which extra brings it."""
SERVES = ("collect", "up", "upkeep")
"""They run until they are ended; see below."""


def test_every_command_is_tried_here() -> None:
    lines = [MOVES, RESTORES, *(line for line, *_ in [*RUNS, *LACKS])]
    tried = {line.split()[0] for line in lines}
    assert tried | set(SERVES) == set(telltale.list_commands(Context(telltale)))
    tables = [name for name in COMMANDS if re.match("(presence|sensors|health) ", name)]
    assert [name for name in tables if not any(line.startswith(name) for line in lines)] == []


@pytest.fixture(scope="module")
def python() -> Iterator[Path]:
    """An interpreter with the locked packages of the base and nothing else, and this telltale."""
    with TemporaryDirectory() as folder:
        place = Path(folder)
        pins = re.split(r"^(?=[a-zA-Z0-9])", (ROOT / "requirements.lock").read_text(), flags=re.MULTILINE)
        wanted = base()
        named = [(re.match(r"[\w.-]+", pin), pin) for pin in pins]
        chosen = [pin for name, pin in named if name and canonicalize_name(name[0]) in wanted]
        (place / "base.txt").write_text("".join(chosen))
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(place / "venv")], check=True)
        interpreter = place / "venv" / "bin" / "python"
        wanted_exactly = ["--quiet", "--no-deps", "--require-hashes", "-r", str(place / "base.txt")]
        target = ["--python", str(interpreter)]
        for installer in (["uv", "pip", "install", *target], ["pip", *target, "install"]):
            installed = subprocess.run(
                [sys.executable, "-m", *installer, *wanted_exactly],
                check=False, capture_output=True, text=True, timeout=300,
            )  # fmt: skip
            if installed.returncode == 0:
                break  # pip is for a machine where only it knows an index
        assert installed.returncode == 0, installed.stderr
        libraries = next((place / "venv" / "lib").glob("python*")) / "site-packages"
        for file in distribution("telltale").files or ():
            if ".." not in file.parts:
                (libraries / file).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(str(file.locate()), libraries / file)
        yield interpreter


IN_TURN = """
import contextlib, io, json, sys
from telltale.cli import run

ended = []
for words in json.load(sys.stdin):
    out, error = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(error):
        code = run(words)
    ended.append((code, out.getvalue(), error.getvalue()))
json.dump(ended, sys.stdout)
"""
"""Runs commands one after the other, so that what they import is imported once."""


def in_turn(python: Path, root: Path, lines: Iterable[str]) -> list[tuple[int, str, str]]:
    """Exit code, output and errors of each command."""
    given = json.dumps([_words(line) for line in lines])
    ended = subprocess.run(
        [str(python), "-c", IN_TURN], input=given, check=False, capture_output=True, text=True, timeout=500, cwd=root,
        env={**os.environ, "TELLTALE_HOME": str(root)},
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    return [(code, out, error) for code, out, error in json.loads(ended.stdout)]


@pytest.mark.slow
def test_the_base_install_runs_every_command_or_names_the_extra(python: Path, tmp_path: Path) -> None:
    (tmp_path / "secrets.toml").write_text('[cloudtrax]\n71234 = "s"\n[meraki]\noffice = "s"\n')
    (tmp_path / "secrets.toml").chmod(0o600)
    (tmp_path / "telltale.toml").write_text("[webhooks]\nport = 0\n[coap]\nport = 0\n")
    ((code, _, error),) = in_turn(
        python, tmp_path, [f"simulate button --backfill {DAYS['button']}d --list buttons.csv --no-settle"]
    )
    assert code == 0, error
    with (tmp_path / "buttons.csv").open("a") as file:
        file.write("Bolts M8, ac:63:be:11:22:33\n")
    others = {source: days for source, days in DAYS.items() if source != "button"}
    fill = [f"simulate {source} --backfill {days}d --no-settle" for source, days in others.items()]
    for line, (code, _, error) in zip(fill, in_turn(python, tmp_path, fill), strict=True):
        assert (code, error) == (0, ""), line
    for (line, word), (code, out, error) in zip(
        RUNS, in_turn(python, tmp_path, [line for line, _ in RUNS]), strict=True
    ):
        assert (code, "Traceback" in error) == (0, False), f"{line}: {error}"
        assert word in out, line
    ((code, out, error),) = in_turn(python, tmp_path, [MOVES])
    assert (code, "store_url" in out) == (0, True), error
    (other := tmp_path / "other").mkdir()
    (other / "telltale.toml").touch()
    ((code, out, error),) = in_turn(python, other, [RESTORES])
    assert (code, "counted and compared" in out) == (0, True), error
    ended = in_turn(python, tmp_path, [line for line, *_ in LACKS])
    for (line, what, extra), (code, out, error) in zip(LACKS, ended, strict=True):
        sentence = f"telltale: {what} not installed here; run: pip install 'telltale[{extra}]'\n"
        assert (code, out, error) == (1, "", sentence), line


@pytest.mark.slow
@pytest.mark.parametrize("line", ["up", "collect webhooks", "collect coap", "collect idle"])
def test_the_base_install_collects(python: Path, tmp_path: Path, line: str) -> None:
    (tmp_path / "telltale.toml").write_text("[webhooks]\nport = 0\n[coap]\nport = 0\n[idle]\nbackend = 'x11'\n")
    command = [str(python), "-m", "telltale", "--project", str(tmp_path), *_words(line)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert process.stdout is not None
    said = ""
    while not re.search(r"listens on|python-xlib is not installed here; run: pip install 'telltale\[idle\]'", said):
        read = process.stdout.readline()
        assert read, said
        said += read
    process.terminate()
    rest, _ = process.communicate(timeout=60)
    assert "Traceback" not in said + rest
    assert "ModuleNotFoundError" not in said + rest
    # The line about the address may come before the server listens for the signal.
    assert process.returncode in {0, 130, -signal.SIGTERM}


def test_every_package_of_an_extra_is_known_by_its_modules() -> None:
    """So that a missing one is said in a sentence, whichever it is."""
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    modules = packages_distributions()
    for extra in EXTRAS:
        wanted = {canonicalize_name(Requirement(text).name) for text in extras[extra]}
        brought = {canonicalize_name(name) for module in EXTRAS[extra] for name in modules.get(module, ())}
        assert wanted <= brought, extra


def test_a_module_that_no_extra_brings_is_a_fault_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not_installed("pandas.core") == "pandas is not installed here; run: pip install 'telltale[lab]'"
    assert not_installed("serial") == "pyserial is not installed here; run: pip install 'telltale[idle]'"
    assert not_installed("telltale.nowhere") is None
    monkeypatch.setattr(telltale, "modules", {**telltale.modules, "sources": "telltale.cli.nowhere"})
    with pytest.raises(ModuleNotFoundError):
        run(["sources"])


def _words(line: str) -> list[str]:
    return [word.strip("'") for word in re.findall(r"'[^']*'|\S+", line)]
