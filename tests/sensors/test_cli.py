"""`telltale sensors`: the answers of `tt.sensors` as tables and JSON."""

from typing import Any

import pytest

import telltale as tt
from telltale.cli import run
from tests.commands import agrees, answer, live_at
from tests.sensors.sensed import Sensed
from tests.sensors.sensed import sensed as sensors_of

CASES: list[tuple[list[str], str, dict[str, Any]]] = [
    (["stats", "--since", "5d", "--by", "day"], "stats", {"since": "5d", "by": "day"}),
    (["stats", "--quantity", "humidity"], "stats", {"since": "7d", "quantity": "humidity"}),
    (["series", "--since", "26h", "--bin", "1h"], "series", {"since": "26h", "bin": "1h"}),
    (["excursions", "--since", "5d"], "excursions", {"since": "5d"}),
    (["minutes-outside", "--since", "5d"], "minutes_outside", {"since": "5d"}),
    (["mean-kinetic-temperature"], "mean_kinetic_temperature", {}),
    (["gaps", "--since", "5d"], "gaps", {"since": "5d"}),
    (["completeness", "--since", "5d", "--by", "day"], "completeness", {"since": "5d", "by": "day"}),
]
EMPTY = {
    "episodes": "No switch changed its state.",
    "consumption": "No counter reported.",
    "overdue": "No device is known to be past a moment it had named.",
}


@pytest.fixture(scope="module")
def sensed(tmp_path_factory: pytest.TempPathFactory) -> Sensed:
    return sensors_of(tmp_path_factory.mktemp("sensed"))


@pytest.fixture(autouse=True)
def _home(sensed: Sensed, monkeypatch: pytest.MonkeyPatch) -> None:
    live_at(sensed.project.settings.root, sensed.project.now_us(), monkeypatch)


@pytest.mark.parametrize(("arguments", "name", "options"), CASES, ids=[" ".join(case[0]) for case in CASES])
def test_a_command_prints_what_the_function_answers(
    sensed: Sensed, arguments: list[str], name: str, options: dict[str, Any]
) -> None:
    agrees(answer("sensors", *arguments), getattr(tt.sensors, name)(**options, project=sensed.project))
    assert len(answer("sensors", *arguments, as_json=False).splitlines()) > 1


@pytest.mark.parametrize("name", EMPTY)
def test_nothing_is_a_sentence(name: str) -> None:
    assert answer("sensors", name, as_json=False).strip() == EMPTY[name]
    assert answer("sensors", name) == []


def test_trends_are_a_row_a_measure(sensed: Sensed) -> None:
    assert {row["measure"] for row in answer("sensors", "trends")} <= {"battery", "signal"}


def test_an_unknown_device_is_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["sensors", "excursions", "--device", "Cold rom"]) == 1
    error = capsys.readouterr().err
    assert error.startswith("telltale: ")
    assert error.count("\n") == 1
