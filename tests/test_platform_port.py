"""Platforms that run programs for others say by `PORT` where to listen; what is set for telltale alone wins."""

import http.client
import os
import subprocess
import sys
import time
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest

from telltale.cli import run
from telltale.net import free_port
from telltale.settings import load
from tests.served import make_project

CASES: list[tuple[dict[str, str], str, int]] = [
    ({}, "", 8080),
    ({}, "[webhooks]\nport = 8081\n", 8081),
    ({"PORT": "5000"}, "", 5000),
    ({"PORT": " 5000 "}, "[webhooks]\nport = 8081\n", 5000),
    ({"PORT": ""}, "[webhooks]\nport = 8081\n", 8081),
    ({"PORT": "5000", "TELLTALE_WEBHOOKS__PORT": "7000"}, "[webhooks]\nport = 8081\n", 7000),
    (
        {"PORT": "tcp://10.0.0.1:80"},
        "[webhooks]\nport = 8081\n",
        8081,
    ),  # said by what listens, and no notebook's matter
]


@pytest.mark.parametrize(("variables", "toml", "port"), CASES)
def test_whose_port_holds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], toml: str, port: int
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    settings = load(make_project(tmp_path, f"{toml}[dashboard]\nport = 8867\n"))
    assert (settings.webhooks.port, settings.dashboard.port) == (port, 8867), (
        "of telltale up the dashboards keep theirs"
    )


DASHBOARDS: list[tuple[dict[str, str], list[str], int]] = [
    ({}, [], 0),
    ({"PORT": "51234"}, [], 51234),
    ({"PORT": "51234", "TELLTALE_DASHBOARD__PORT": "51235"}, [], 51235),
    ({"PORT": "51234"}, ["--port", "51236"], 51236),
]


@pytest.mark.parametrize(("variables", "words", "port"), DASHBOARDS)
def test_the_dashboards_by_themselves_take_it_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], words: list[str], port: int
) -> None:
    pytest.importorskip("voila")
    from telltale.dashboard import serve

    listening: list[int] = []

    def listens(_settings: Any, *, port: int, **_told: Any) -> None:
        listening.append(port)

    monkeypatch.setattr(serve, "serve", listens)
    monkeypatch.setattr("telltale.net.free_port", lambda _host, port: port)
    monkeypatch.setenv("TELLTALE_HOME", str(make_project(tmp_path, "[dashboard]\nport = 0\n")))
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert run(["dashboard", *words]) == 0
    assert listening == [port]


@pytest.mark.parametrize("command", [["collect", "webhooks"], ["dashboard"]])
@pytest.mark.parametrize("value", ["0", "65536", "-1", "80a", "٨٠", "tcp://10.0.0.1:80", "9" * 400])
def test_what_is_no_port_is_said_by_what_would_listen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], command: list[str], value: str
) -> None:
    monkeypatch.setenv("TELLTALE_HOME", str(make_project(tmp_path)))
    monkeypatch.setenv("PORT", value)
    assert run(command) == 1
    assert f'PORT = "{value[:40]}": expected an integer from 1 to 65535' in capsys.readouterr().err


def test_the_collector_listens_where_the_platform_says(tmp_path: Path) -> None:
    root, port = make_project(tmp_path), free_port("127.0.0.1", 0)
    command = [sys.executable, "-m", "telltale", "collect", "webhooks"]
    told = os.environ | {"TELLTALE_HOME": str(root), "PORT": str(port)}
    with subprocess.Popen(command, env=told, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert _answers(port, process)
        finally:
            process.terminate()
            said = process.communicate(timeout=30)[1]
    assert f"webhooks listens on http://127.0.0.1:{port} for" in said


def _answers(port: int, process: "subprocess.Popen[str]") -> bool:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        with suppress(OSError), closing(http.client.HTTPConnection("127.0.0.1", port, timeout=5)) as connection:
            connection.request("GET", "/healthz")
            return connection.getresponse().status == 200
        time.sleep(0.05)
    return False
