"""The command line as a user meets it: help with an example, one sentence per error, real processes end to end."""

import json
import math
import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from telltale.cli import GROUPS, run, terminal
from telltale.cli import init as init_command
from telltale.cli import telltale as group
from telltale.cli.lab import lab_command
from telltale.cli.lazy import VendorGroup
from telltale.cli.options import WRITTEN
from telltale.cli.output import printable, show
from telltale.net import free_port
from telltale.operate.machine_zone import machine_zone
from telltale.settings import load
from telltale.sources import SOURCES
from telltale.sources.cloudtrax.wire import signature
from telltale.workbench import times
from tests.commands import COMMANDS
from tests.served import VECTOR, collecting, make_project, telltale

HEAVY = {"duckdb", "pyarrow", "pandas", "numpy", "flask", "granian", "sqlalchemy", "pyspark", "papermill"}


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_with_an_example(name: str) -> None:
    shown = CliRunner().invoke(group, [*name.split(), "--help"])
    assert shown.exit_code == 0
    assert re.search(rf"Examples?:\s+(.*\s)?telltale (--project \S+ )?{name}\b", shown.output)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_says_what_it_does(name: str) -> None:
    command = COMMANDS[name]
    assert (command.help or "").split("\n")[0].endswith(".")
    silent = [option.name for option in command.params if isinstance(option, click.Option) and not option.help]
    assert silent == []


@pytest.mark.parametrize("name", COMMANDS)
def test_a_stretch_of_time_is_written_alike_everywhere(name: str) -> None:
    """One grammar in one wording; only a simulation begins so long ago instead."""
    options = {option.name: option for option in COMMANDS[name].params if isinstance(option, click.Option)}
    if "since" in options:
        assert (options["since"].help or "").startswith(f"From: {WRITTEN}")
    if "until" in options:
        assert options["until"].help == "Until, exclusive: written as --since; by default now."
        assert "since" in options


def test_the_list_of_commands_stands_below_headings() -> None:
    assert isinstance(group, VendorGroup)
    context = click.Context(group)
    told = group.grouped(context)
    listed = [name for names in told.values() for name in names]
    assert sorted(listed) == sorted(group.list_commands(context)), "each once"
    ours = {name for names in GROUPS.values() for name in names}
    assert set(listed) - ours == {name.split()[0] for source in SOURCES for name, _ in source.commands} - ours
    shown = CliRunner().invoke(group, ["--help"]).output
    assert [line[:-1] for line in shown.splitlines() if line in {f"{heading}:" for heading in told}] == [*told]


@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
def test_a_terminal_that_is_not_utf_8_ends_nothing(tmp_path: Path, encoding: str) -> None:
    """What it cannot show is written in other characters; JSON keeps its values; an odd argument is said."""
    root = make_project(tmp_path, "[site]\nname = 'Küche → Süd'\n")
    (root / "buttons.csv").write_text("Name,MAC-Address\nKnopf „Süd“ → 1,ac:63:be:00:00:01\n", encoding="utf-8")
    ended = {}
    for words in (["doctor"], ["doctor", "--json"], ["rejected", "x\udcff→"]):
        command = [sys.executable, "-m", "telltale", "--project", str(root), *words]
        environment = {**os.environ, "PYTHONIOENCODING": encoding}
        ended[words[-1]] = subprocess.run(command, check=False, capture_output=True, env=environment)
    assert all(b"Traceback" not in done.stderr for done in ended.values())
    assert b"was never heard" in ended["doctor"].stdout
    assert ("Süd" if encoding == "cp1252" else "Sud").encode(encoding) in ended["doctor"].stdout
    told = json.loads(ended["--json"].stdout.decode("ascii"))
    assert any("Knopf „Süd“ → 1" in finding["found"] for finding in told), "programs get what it is"
    said = ended["x\udcff→"].stderr.decode("utf-8", "replace")  # to an ASCII terminal click writes UTF-8 all the same
    assert re.fullmatch(r'telltale: "x.+": its bytes are no text in the encoding of this terminal; .*\n', said)


@pytest.mark.parametrize(
    ("text", "spelt"),
    [("5 °C – 8 °C", "5 deg C - 8 deg C"), ("é → “x” │ CO₂ 日\udcff", 'e -> "x" | CO2 ??'), ("plain", "plain")],
)
def test_every_character_has_a_plain_spelling(text: str, spelt: str) -> None:
    assert terminal.plain(text) == spelt


@pytest.mark.parametrize("words", [[], ["presence"]])
def test_words_that_lack_a_command_are_answered_with_the_list_line_by_line(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(words) == 1
    said = capsys.readouterr()
    assert not said.out
    assert said.err.startswith(f"Usage: {' '.join(['telltale', *words])} ")
    assert "\n\nOptions:\n" in said.err


def test_no_sentence_of_a_list_of_commands_is_cut() -> None:
    groups = ["", *(name for name, command in COMMANDS.items() if isinstance(command, click.Group))]
    for name in groups:
        shown = CliRunner().invoke(group, [*name.split(), "--help"], terminal_width=80)
        assert "..." not in shown.output.partition("Options:")[2], f"telltale {name} --help\n{shown.output}"


def test_help_and_errors_word_the_grammar_alike() -> None:
    assert WRITTEN == times.WRITTEN


def test_help_loads_nothing_heavy() -> None:
    program = "import sys\nfrom telltale.cli import run\nrun(['--help'])\nprint(*sys.modules, file=sys.stderr)"
    loaded = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True).stderr
    assert HEAVY & set(loaded.split()) == set()


ERRORS = [
    ("an unknown command", "", ["collekt"], 'no command "collekt"; did you mean "telltale collect"?'),
    ("one of a group", "", ["sightings"], 'no command "sightings"; did you mean "telltale presence sightings"?'),
    ("one that is far from all", "", ["xyzzy"], 'no command "xyzzy"; see "telltale --help"'),
    ("an unknown command of a group", "", ["presence", "vists"], "'vists'. Did you mean 'visits'?"),
    ("an unknown option", "", ["settle", "--lop"], 'see "telltale settle --help"'),
    ("a wrong choice", "", ["collect", "pigeons"], "'pigeons' is not one of 'webhooks', 'coap'"),
    ("a wrong setting", "[webhooks]\nport = 'x'", ["collect", "webhooks"], "expected an integer from 0 to 65535"),
    ("an unknown key", "[webhook]", ["settle"], 'did you mean "webhooks"?'),
    ("an unknown source", "", ["rejected", "clodtrax"], 'did you mean "cloudtrax"?'),
    ("an unknown source at the door", "", ["rejected", "--at", "door", "clodtrax"], 'did you mean "cloudtrax"?'),
    ("a moment that is none", "", ["rejected", "--since", "lately"], 'moment "lately": expected 7d (whole days, today'),
    ("days in part", "", ["redecode", "--since", "1.5d"], '"1.5d": expected whole days from 1d to 36500d; write hours'),
    (
        "an end before its beginning",
        "",
        ["redecode", "--since", "2026-01-02", "--until", "2026-01-01"],
        "is not before until",
    ),
    (
        "workers of no Spark",
        "",
        ["redecode", "--engine", "spark"],
        "[engine] spark is not set: expected where",
    ),
    (
        "a lake that workers do not see",
        "[engine]\nspark = 'local[2]'\n[paths]\nlake_root = 's3://bucket/lake'\n[s3]\nendpoint = 'http://127.0.0.1:9'",
        ["redecode", "--engine", "spark"],
        "s3://bucket/lake is none; decode it here",
    ),
    ("a length that is none", "", ["simulate", "button", "--backfill", "soon"], '"soon" is no length of time'),
    ("a wrong option of a source", "[sources.cloudtrax]\nsignature = 'rot13'", ["collect", "webhooks"], '"base64"'),
    ("a store that cannot be", "[paths]\nstore_url = 'sqlite:////proc/x/y.db'", ["settle"], "/proc/x"),
]


@pytest.mark.parametrize(("toml", "arguments", "sentence"), [pytest.param(*row[1:], id=row[0]) for row in ERRORS])
def test_an_error_is_one_sentence_and_exit_code_1(
    tmp_path: Path, toml: str, arguments: list[str], sentence: str
) -> None:
    failed = telltale(make_project(tmp_path, toml), *arguments)
    assert (failed.returncode, failed.stdout) == (1, "")
    assert failed.stderr.startswith("telltale: ")
    assert failed.stderr.count("\n") == 1
    assert sentence in failed.stderr


def test_without_a_project_the_error_says_how_to_begin_one(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "telltale", "sources"]
    failed = subprocess.run(command, check=False, cwd=tmp_path, capture_output=True, text=True)
    assert failed.returncode == 1
    assert 'run "telltale init" there or set TELLTALE_HOME' in failed.stderr


def test_a_reader_that_has_seen_enough_is_no_error(tmp_path: Path) -> None:
    root = make_project(tmp_path)
    program = f"{sys.executable} -m telltale --project {root} sources | head -c 1; echo ${{PIPESTATUS[0]}}"
    ended = subprocess.run(["bash", "-c", program], check=True, capture_output=True, text=True)
    assert ended.stderr == ""
    assert ended.stdout.endswith("0\n")


def test_init_writes_a_working_project_and_touches_nothing_twice(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "project"
    first = telltale(None, "init", str(folder))
    assert first.returncode == 0
    assert first.stdout.count("wrote ") == 4
    assert (folder / "secrets.toml").stat().st_mode & 0o777 == 0o600
    (folder / "telltale.toml").write_text("# mine\n")
    assert telltale(None, "init", str(folder)).stdout.count("kept ") == 4
    assert (folder / "telltale.toml").read_text() == "# mine\n"
    assert telltale(folder, "sources").returncode == 0


@pytest.fixture
def answering(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """`telltale init` on a terminal of a machine in Berlin, where someone types these lines."""

    def typed(folder: Path, *lines: str, options: tuple[str, ...] = ()) -> Result:
        monkeypatch.setattr(init_command, "_is_terminal", lambda: True)
        monkeypatch.setenv("TZ", "Europe/Berlin")
        text = "".join(f"{line}\n" for line in lines)
        return CliRunner().invoke(group, ["init", str(folder), *options], input=text, catch_exceptions=False)

    return typed


@pytest.mark.parametrize(
    ("lines", "zone", "said"),
    [
        (["", "", ""], "Europe/Berlin", ["Next: put the secret of your network"]),
        (["America/New_York", "button"], "America/New_York", ['button: "telltale discover" prints the line']),
        (["Europe/Berln", "Europe/Paris", "all", "n"], "Europe/Paris", ['did you mean "Europe/Berlin"?']),
        (
            ["Mars", "UTC", "5, pc_idle", "y"],
            "UTC",
            ["expected an IANA name", 'pc_idle: "telltale collect idle" on that'],
        ),
        (["UTC", "sigfx", "sigfox"], "UTC", ['did you mean "sigfox"?', "sigfox: its secret in secrets.toml below"]),
    ],
)
def test_init_asks_on_a_terminal_until_it_is_understood(
    tmp_path: Path, answering: Callable[..., Result], lines: list[str], zone: str, said: list[str]
) -> None:
    done = answering(tmp_path, *lines)
    assert done.exit_code == 0, done.output
    assert all(sentence in done.output for sentence in said), done.output
    assert load(tmp_path).site.timezone == zone
    assert load(tmp_path).activity.mine == (lines[-1] == "y"), "somebody's own PCs are shown to nobody unasked"


@pytest.mark.parametrize(
    ("options", "zone"),
    [
        (("--yes",), "Europe/Berlin"),
        (("--zone", "Asia/Tokyo", "--source", "efento"), "Asia/Tokyo"),
        (("--yes", "--zone", "Asia/Tokyo"), "Asia/Tokyo"),
    ],
)
def test_init_asks_nothing_that_was_told(
    tmp_path: Path, answering: Callable[..., Result], options: tuple[str, ...], zone: str
) -> None:
    assert answering(tmp_path, options=options).exit_code == 0
    assert load(tmp_path).site.timezone == zone
    assert "kept" in answering(tmp_path, options=()).output, "nothing is asked of a project that is there"


def test_init_that_is_left_writes_nothing(tmp_path: Path, answering: Callable[..., Result]) -> None:
    assert answering(tmp_path / "new").exit_code != 0, "the end of the input"
    assert not (tmp_path / "new").exists()
    wrong = telltale(None, "init", str(tmp_path / "new"), "--zone", "Europe/Berln")
    assert (wrong.returncode, "did you mean" in wrong.stderr) == (1, True)
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize(
    ("variable", "link", "name", "zone"),
    [
        (":Europe/Paris", "", "Asia/Tokyo", "Europe/Paris"),
        ("", "usr/share/zoneinfo/Europe/Berlin", "", "Europe/Berlin"),
        ("", "", "America/New_York\n", "America/New_York"),
        ("CET-1CEST", "usr/share/zoneinfo/posixrules", "Mars", ""),
        ("", "", "", ""),
    ],
)
def test_the_machines_zone_is_known_by_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, variable: str, link: str, name: str, zone: str
) -> None:
    monkeypatch.setenv("TZ", variable)
    if link:
        (tmp_path / "localtime").symlink_to(tmp_path / link)
    if name:
        (tmp_path / "timezone").write_text(name)
    assert machine_zone(tmp_path / "localtime", tmp_path / "timezone") == zone


def test_from_a_post_to_the_tables_of_the_command_line(tmp_path: Path) -> None:
    """A record can be followed through every command that names it."""
    root = make_project(tmp_path)
    report = json.loads(VECTOR)
    report["probe_requests"].append({**report["probe_requests"][0], "mac": "01:00:00:00:00:01"})
    body = json.dumps(report).encode()
    with collecting(root) as collector:
        assert collector.post_vector().status == 200
        assert collector.send("POST", "/cloudtrax", body, signed(body)).status == 200
        assert collector.send("POST", "/cloudtrax", body, {"Signature": "0" * 64}).status == 403
        assert collector.terminate() == 0
    assert arrived(root)["hot"] == 2
    reject = one(root, "rejected", "cloudtrax")
    assert (reject["part"], reject["reason"]) == ("row 2", "group_address")
    assert one(root, "rejected", "--count")["count"] == 1
    refused = one(root, "rejected", "--at", "door", "cloudtrax")
    assert (refused["status"], refused["reason"]) == (403, "bad_signature")
    assert "3c:06:30" not in str(refused["body"])
    assert refused.keys() == reject.keys()
    assert one(root, "rejected", "--at", "door", "--count")["count"] == 1

    settled = json.loads(telltale(root, "settle", "--json").stdout)
    assert (settled["raws"], settled["rejects"]) == (2, 1)
    assert telltale(root, "settle").stdout == "Nothing to settle.\n"
    assert (arrived(root)["records"], arrived(root)["hot"]) == (2, 0)
    assert one(root, "rejected", "--at", "decode")["reason"] == "group_address"
    decoded = json.loads(telltale(root, "redecode", "--json", "--source", "cloudtrax").stdout)
    assert (decoded["raws"], decoded["days"]) == (2, 1)


def test_up_collects_and_settles_until_ctrl_c(tmp_path: Path) -> None:
    port = free_port("127.0.0.1", 0)
    root = make_project(tmp_path, f"[webhooks]\nport = {port}\n[coap]\nport = 0\n[settle]\nrows = 1\n")
    command = [sys.executable, "-m", "telltale", "--project", str(root), "up", "--no-dashboards"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        assert process.stdout is not None
        try:
            lines = iter(process.stdout.readline, "")
            assert any(f"webhooks listens on http://127.0.0.1:{port}" in line for line in lines)
            url = f"http://127.0.0.1:{port}/cloudtrax"
            _read_when_it_answers(urllib.request.Request(url, VECTOR, signed(VECTOR), method="POST"))
            assert any("settled 1 records" in line for line in lines)
            toml = (root / "telltale.toml").read_text()
            (root / "telltale.toml").write_text(f"{toml}[settle\n")
            assert any("not valid TOML" in line and "all runs as before" in line for line in lines)
            (root / "telltale.toml").write_text(toml.replace("[coap]", "[coap]\nprefix = 'site'"))
            assert any("telltale.toml changed; restarts coap, upkeep" in line for line in lines)
            assert any("coap" in line and "listens" in line for line in lines), "again, as it is told now"
        finally:
            process.send_signal(signal.SIGINT)
            rest = process.stdout.read()
    assert process.returncode == 0
    assert rest.rstrip().endswith("all stored: every record that was acknowledged is on disk")
    assert "Traceback" not in rest
    assert arrived(root)["hot"] == 0


def test_lab_is_told_to_keep_the_notebook_in_sight(tmp_path: Path) -> None:
    command = lab_command(tmp_path, port=8899, browser=False)
    assert f"--ServerApp.root_dir={tmp_path}" in command
    assert "--LabApp.default_url=/lab/tree/notebooks/00_start.ipynb" in command


@pytest.mark.slow
def test_lab_opens_the_start_notebook_from_a_fresh_clone(tmp_path: Path) -> None:
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "notebooks" / "00_start.ipynb").write_text(
        '{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}'
    )
    port = free_port("127.0.0.1", 0)
    command = [sys.executable, "-m", "telltale", "lab", "--no-browser", "--port", str(port)]
    with subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        try:
            found = (re.search(rf"(http://127\.0\.0\.1:{port}/lab/tree/\S+)", line) for line in process.stderr)
            url = next(match[1] for match in found if match)
            text = _read_when_it_answers(urllib.request.Request(url))
            base, token = url.split("/lab/tree/")[0], url.rpartition("token=")[2]
            asked = f"{base}/lab/api/settings/@jupyterlab/apputils-extension:notification?token={token}"
            notices = json.loads(_read_when_it_answers(urllib.request.Request(asked)))
        finally:
            process.terminate()
            process.stderr.read()
    assert (tmp_path / "telltale.toml").is_file()
    assert "/lab/tree/notebooks/00_start.ipynb?token=" in url
    assert re.search(r'"news":\s*\{"disabled":\s*true\}', text), "the news pop-up covers the notebook"
    defaults = notices["schema"]["properties"]
    assert (defaults["fetchNews"]["default"], defaults["checkForUpdates"]["default"]) == ("false", False)


def test_a_table_takes_nothing_for_markup_or_a_terminal_command(capsys: pytest.CaptureFixture[str]) -> None:
    show([{"node": "[red]x[/red]\x1b[2J", "count": 12345}], as_json=False, empty="")
    shown = capsys.readouterr().out
    assert "[red]x[/red]\N{REPLACEMENT CHARACTER}[2J  12,345" in shown
    assert "\x1b" not in shown


def test_an_empty_table_is_a_sentence_and_empty_json_a_list(capsys: pytest.CaptureFixture[str]) -> None:
    show([], as_json=False, empty="Nothing yet.")
    show([], as_json=True, empty="Nothing yet.")
    assert capsys.readouterr().out == "Nothing yet.\n[]\n"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "–"),
        (math.nan, "–"),
        (1234567, "1,234,567"),
        (1234.56789, "1,234.568"),
        (True, "True"),
        ("a\nb", "a\ufffdb"),
    ],
)
def test_a_cell_is_printable(value: object, text: str) -> None:
    assert printable(value) == text


def one(root: Path, *arguments: str) -> dict[str, object]:
    """The only row of a command's JSON."""
    [row] = json.loads(telltale(root, *arguments, "--json").stdout)
    assert isinstance(row, dict)
    return row


def arrived(root: Path) -> dict[str, object]:
    """What `telltale sources` says of cloudtrax."""
    rows: list[dict[str, object]] = json.loads(telltale(root, "sources", "--json").stdout)
    return next(row for row in rows if row["source"] == "cloudtrax")


def signed(body: bytes) -> dict[str, str]:
    return {"Signature": signature("telltale", body).hex()}


def _read_when_it_answers(request: urllib.request.Request) -> str:
    deadline = time.monotonic() + 30
    while True:
        try:
            with urllib.request.urlopen(request, timeout=30) as reply:
                assert reply.status == 200
                return str(reply.read(), "utf-8")
        except OSError:
            assert time.monotonic() < deadline
            time.sleep(0.05)
