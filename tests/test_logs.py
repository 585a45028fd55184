"""One place sets how long-running commands log; what cannot be written ends nothing."""

import logging
import os
import subprocess
import sys
from pathlib import Path

import pytest

from telltale.contract import ConfigError
from telltale.settings import load
from tests.served import make_project

PROGRAM = """
import logging
from pathlib import Path
from telltale import logs
from telltale.settings import load
logs.configure(load(Path({root!r})))
for name in ("telltale.coap", "telltale.webhooks", "sqlalchemy.engine"):
    for level in ("debug", "info", "warning", "error"):
        getattr(logging.getLogger(name), level)("%s %s", name, level)
print("done")
"""


def logged(root: Path, toml: str, *, supervised: bool = False) -> list[str]:
    make_project(root, toml)
    environment = {**os.environ, **({"TELLTALE_SUPERVISED": "word"} if supervised else {})}
    line = [sys.executable, "-c", PROGRAM.format(root=str(root))]
    done = subprocess.run(line, check=True, capture_output=True, text=True, env=environment)
    assert done.stdout == "done\n"
    return done.stderr.splitlines()


def test_ours_say_what_is_worth_knowing_and_libraries_only_what_is_wrong(tmp_path: Path) -> None:
    lines = logged(tmp_path, "", supervised=True)
    names = ("telltale.coap", "telltale.webhooks")
    expected = [f"{name} {level}" for name in names for level in ("info", "warning", "error")]
    assert lines == [*expected, "sqlalchemy.engine warning", "sqlalchemy.engine error"]


@pytest.mark.parametrize("key", ['"telltale.coap"', "telltale.coap"])
def test_each_module_may_have_a_level_of_its_own(tmp_path: Path, key: str) -> None:
    lines = logged(tmp_path, f'[log]\nlevel = "error"\n{key} = "debug"\n', supervised=True)
    expected = [f"telltale.coap {level}" for level in ("debug", "info", "warning", "error")]
    assert lines == [*expected, "telltale.webhooks error", "sqlalchemy.engine warning", "sqlalchemy.engine error"]


def test_alone_a_line_begins_with_the_time(tmp_path: Path) -> None:
    line = logged(tmp_path, '[log]\nlevel = "error"\n')[0]
    assert line[2] + line[5] + line[8:] == ":: telltale.coap error"


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
    ("toml", "is_said"),
    [
        ("", True),
        ('[log]\nlevel = "warning"', False),
        ('[log]\n"telltale.packets" = "error"', False),
        ('[log]\nlevel = "error"\n"telltale.packets" = "info"', True),
    ],
)
def test_a_line_for_each_packet_can_be_left_out(tmp_path: Path, toml: str, is_said: bool) -> None:
    make_project(tmp_path, toml)
    program = (
        f"from pathlib import Path; from telltale import logs; from telltale.settings import load\n"
        f"from collectors.common.packetlog import Packet, PacketLog\n"
        f"logs.configure(load(Path({str(tmp_path)!r})))\n"
        f"packets = PacketLog(); packets.add(Packet(0, 'efento', 'sender', 3, 201, 'stored', 0.1, '')); packets.close()"
    )
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    assert ("efento sender 3 bytes 201 stored" in done.stderr) is is_said


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no device that is always full")
def test_a_log_that_cannot_be_written_ends_nothing(tmp_path: Path) -> None:
    make_project(tmp_path)
    with Path("/dev/full").open("w") as full:
        line = [sys.executable, "-c", PROGRAM.format(root=str(tmp_path))]
        done = subprocess.run(line, check=False, stdout=subprocess.PIPE, stderr=full, text=True)
    assert (done.returncode, done.stdout) == (0, "done\n")


def test_an_environment_variable_sets_the_level_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TELLTALE_LOG__LEVEL", "warning")
    settings = load(make_project(tmp_path, '[log]\n"telltale.mqtt" = "debug"'))
    assert (settings.log.level, dict(settings.log.modules)) == ("warning", {"telltale.mqtt": "debug"})
    assert logging.getLevelName(settings.log.level.upper()) == logging.WARNING
