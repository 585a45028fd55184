"""One place sets how long-running commands log; what cannot be written ends nothing."""

import io
import logging
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import pytest

from collectors.common.packetlog import Packet, PacketLog
from telltale import logs
from telltale.contract import ConfigError
from telltale.settings import load
from tests.served import make_project

PROGRAM = """
import logging, sys
from pathlib import Path
from telltale import logs
from telltale.settings import load
logs.configure(load(Path({root!r})))
logging.getLogger("telltale.coap").info("listens")
print("done")
"""
LEVELS = ("debug", "info", "warning", "error")


@pytest.fixture(autouse=True)
def _levels_as_before() -> Iterator[None]:
    names = ("root", "telltale", "telltale.coap", "telltale.webhooks", logs.PACKETS, "sqlalchemy.engine")
    loggers = [logging.getLogger(name) for name in names]
    before, raises = [logger.level for logger in loggers], logging.raiseExceptions
    for logger in loggers[1:]:
        logger.setLevel(logging.NOTSET)
    yield
    logging.raiseExceptions = raises
    for logger, level in zip(loggers, before, strict=True):
        logger.setLevel(level)


def lowest(root: Path, toml: str, *names: str) -> list[str]:
    """The lowest level at which each of these is heard."""
    logs.configure(load(make_project(root, toml)))
    heard = (filter(lambda level: logging.getLogger(name).isEnabledFor(getattr(logging, level.upper())), LEVELS)
             for name in names)  # fmt: skip
    return [next(levels) for levels in heard]


def test_ours_say_what_is_worth_knowing_and_libraries_only_what_is_wrong(tmp_path: Path) -> None:
    assert lowest(tmp_path, "", "telltale.coap", "sqlalchemy.engine") == ["info", "warning"]
    assert lowest(tmp_path, '[log]\nlevel = "debug"', "telltale.coap", "sqlalchemy.engine") == ["debug", "warning"]


@pytest.mark.parametrize("key", ['"telltale.coap"', "telltale.coap"])
def test_each_module_may_have_a_level_of_its_own(tmp_path: Path, key: str) -> None:
    toml = f'[log]\nlevel = "error"\n{key} = "debug"\n'
    assert lowest(tmp_path, toml, "telltale.coap", "telltale.webhooks") == ["debug", "error"]


@pytest.mark.parametrize(("supervised", "expected"), [(False, "::listens"), (True, "listens")])
def test_a_line_begins_with_the_time_unless_a_supervisor_notes_it(
    tmp_path: Path, *, supervised: bool, expected: str
) -> None:
    make_project(tmp_path)
    environment = {**os.environ, **({logs.SUPERVISED: "word"} if supervised else {})}
    line = [sys.executable, "-c", PROGRAM.format(root=str(tmp_path))]
    said = subprocess.run(line, check=True, capture_output=True, text=True, env=environment).stderr.strip()
    assert (said if supervised else said[2] + said[5] + said[9:]) == expected


@pytest.mark.parametrize(
    ("toml", "sentence"),
    [
        ('[log]\nlevel = "loud"', 'telltale.toml [log] level = "loud": expected one of "debug", "info", "warning"'),
        ('[log]\n"telltale.coap" = "loud"', "telltale.toml [log] telltale.coap"),
        ('[log]\n"sqlalchemy.engine" = "info"', 'such as "telltale.coap", and not "sqlalchemy.engine"'),
        ("log = 3", "telltale.toml log = 3: expected a table"),
    ],
)
def test_a_level_that_is_none_and_a_module_that_is_not_ours_are_refused(
    tmp_path: Path, toml: str, sentence: str
) -> None:
    with pytest.raises(ConfigError) as refused:
        load(make_project(tmp_path, toml))
    assert sentence in str(refused.value)


@pytest.mark.parametrize(
    ("toml", "count"),
    [
        ("", 1),
        ('[log]\nlevel = "warning"', 0),
        ('[log]\n"telltale.packets" = "error"', 0),
        ('[log]\nlevel = "error"\n"telltale.packets" = "info"', 1),
    ],
)
def test_a_line_for_each_packet_can_be_left_out(tmp_path: Path, toml: str, count: int) -> None:
    logs.configure(load(make_project(tmp_path, toml)))
    stream = io.StringIO()
    packets = PacketLog(stream)
    packets.add(Packet(0.0, "efento", "sender", 3, 201, "stored", 0.1, ""))
    packets.close()
    assert stream.getvalue().count("efento sender 3 bytes 201 stored") == count


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no device that is always full")
def test_a_log_that_cannot_be_written_ends_nothing(tmp_path: Path) -> None:
    make_project(tmp_path)
    with Path("/dev/full").open("w") as full:
        line = [sys.executable, "-c", PROGRAM.format(root=str(tmp_path))]
        done = subprocess.run(line, check=False, stdout=subprocess.PIPE, stderr=full, text=True)
    assert (done.returncode, done.stdout) == (0, "done\n")


TALKS = """
import logging, os, sys
from pathlib import Path
from collectors.common.packetlog import Packet, PacketLog
from telltale import logs
from telltale.settings import load
logs.configure(load(Path({root!r})))
packets = PacketLog()
for number in range({lines}):
    packets.add(Packet(0.0, "efento", "sender", 3, 201, "stored", 0.1, ""))
    logging.getLogger("telltale.coap").info("line %d of what a collector says all day", number)
print("said", flush=True)
sys.stdin.readline()
packets.close()
"""
TALKS_AGAIN = """
import logging, sys
from pathlib import Path
from telltale import logs
from telltale.settings import load
logs.configure(load(Path({root!r})))
packets = logs.stderr()
for number in range({lines}):
    packets.write(f"packet {{number}}\\n")
    logging.getLogger("telltale.coap").info("line %d of what a collector says all day", number)
print("said", flush=True)
sys.stdin.readline()
logging.getLogger("telltale.coap").info("again")
packets.write("packet again\\n")
"""
LINES = 3000


@contextmanager
def talking(root: Path, program: str) -> Iterator[tuple["subprocess.Popen[str]", IO[str], IO[str]]]:
    """A collector that has said all its lines into a pipe, what lets it go on, and the pipe."""
    make_project(root)
    command, pipe = [sys.executable, "-c", program.format(root=str(root), lines=LINES)], subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline() == "said\n"
        yield process, process.stdin, process.stderr


def test_a_log_that_nobody_reads_holds_up_nothing_and_says_what_is_missing(tmp_path: Path) -> None:
    """A pipe takes 64 KiB: then a collector waited for its own log, and SIGTERM did not end it."""
    with talking(tmp_path, TALKS) as (process, go_on, log):
        go_on.close()
        assert process.wait(30) == 0
        said = log.read().splitlines()
    ours = [line for line in said if "of what a collector" in line]
    assert 500 < len(ours) < LINES
    assert ours == [f"{line[:8]} line {number} of what a collector says all day" for number, line in enumerate(ours)]


def test_a_log_that_is_read_again_says_how_many_lines_are_missing(tmp_path: Path) -> None:
    """Each that writes to it says of its own."""
    with talking(tmp_path, TALKS_AGAIN) as (process, go_on, log):
        read = os.read(log.fileno(), 1 << 20)  # nobody writes meanwhile
        go_on.close()
        said = (read.decode() + log.read()).splitlines()
        assert process.wait(30) == 0
    missing = [int(line.split(" ", 1)[0].replace(",", "")) for line in said if "lines found nobody who reads" in line]
    there = sum("of what a collector" in line or re.fullmatch(r"packet \d+", line) is not None for line in said)
    assert (there + sum(missing), len(missing)) == (2 * LINES, 2)
    assert [line.rpartition(" ")[2] for line in said if line.endswith("again")] == ["again", "again"]


def test_an_environment_variable_sets_the_level_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TELLTALE_LOG__LEVEL", "warning")
    settings = load(make_project(tmp_path, '[log]\n"telltale.mqtt" = "debug"'))
    assert (settings.log.level, dict(settings.log.modules)) == ("warning", {"telltale.mqtt": "debug"})


def test_without_a_window_the_lines_go_to_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As under pythonw, which has no stderr."""
    settings = load(make_project(tmp_path))
    monkeypatch.setattr(sys, "stderr", None)
    root = logging.getLogger()
    monkeypatch.setattr(root, "handlers", [])
    logs.configure(settings)
    [handler] = root.handlers
    root.handlers = [handler]
    logging.getLogger("telltale.idle").info("idle looks every 10 s")
    handler.close()
    assert "idle looks every 10 s" in (settings.logs / "telltale.log").read_text()
    (settings.logs / "telltale.log").unlink()
    settings.logs.rmdir()
    settings.logs.write_text("a file stands where the folder should")
    root.handlers = []
    logs.configure(settings)
    assert isinstance(root.handlers[0], logging.NullHandler)
