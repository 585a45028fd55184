"""`telltale health`: the answers of `tt.health` as tables and JSON."""

from typing import Any

import pytest

import telltale as tt
from telltale.cli import run
from tests.commands import agrees, answer, live_at
from tests.sensors.sensed import NEVER, Sensed
from tests.sensors.sensed import sensed as sensors_of

CASES: list[tuple[list[str], str, dict[str, Any]]] = [
    (["devices", "--since", "5d"], "devices", {"since": "5d"}),
    (["devices", "--source", "sigfox"], "devices", {"source": "sigfox"}),
    (["missing", "--since", "5d"], "missing", {"since": "5d"}),
    (["heard", "--since", "26h"], "heard", {"since": "26h"}),
]


@pytest.fixture(scope="module")
def sensed(tmp_path_factory: pytest.TempPathFactory) -> Sensed:
    return sensors_of(tmp_path_factory.mktemp("sensed"), nodes_h=6, more_devices=(NEVER,))


@pytest.fixture(autouse=True)
def _home(sensed: Sensed, monkeypatch: pytest.MonkeyPatch) -> None:
    live_at(sensed.project.settings.root, sensed.project.now_us(), monkeypatch)


@pytest.mark.parametrize(("arguments", "name", "options"), CASES, ids=[" ".join(case[0]) for case in CASES])
def test_a_command_prints_what_the_function_answers(
    sensed: Sensed, arguments: list[str], name: str, options: dict[str, Any]
) -> None:
    agrees(answer("health", *arguments), getattr(tt.health, name)(**options, project=sensed.project))
    assert len(answer("health", *arguments, as_json=False).splitlines()) > 1


def test_a_listed_device_that_was_never_heard_is_in_the_table() -> None:
    (never,) = [row for row in answer("health", "devices") if row["device_id"] == "sigfox:abc"]
    assert (never["name"], never["state"]) == ("Freezer", "unheard")
    assert "unheard" in answer("health", "devices", as_json=False)


def test_an_unknown_source_is_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["health", "devices", "--source", "sigfix"]) == 1
    error = capsys.readouterr().err
    assert 'did you mean "sigfox"?' in error
    assert error.count("\n") == 1
