"""A sensor's configuration that comes in parts is one, in whichever order they came."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from telltale.sources.efento import configuration
from telltale.sources.efento.commands import efento
from telltale.workbench.project import Project
from tests.lake_fixture import write_settings
from tests.sources.test_efento import sampled


def part(number: int, split: int, received_at: int = 0, **facts: Any) -> dict[str, Any]:
    config = json.dumps({"payload_split_info": split, **facts})
    return {"device_id": "efento:1", "hash": "aa", "part": number, "changed_at": received_at, "config": config,
            "received_at": received_at, "raw_id": number}  # fmt: skip


@pytest.mark.parametrize(
    ("rows", "parts", "missing", "config"),
    [
        ([part(2, 2, 1, rules=["b"], apn="x"), part(1, -1, 2, rules=["a"])], 2, (), {"rules": ["a", "b"], "apn": "x"}),
        ([part(1, -1, apn="old"), part(2, 2), part(1, -1, 5, apn="new")], 2, (), {"apn": "new"}),
        ([part(1, -1, apn="x"), part(3, 3, base=30)], 2, (2,), {"apn": "x", "base": 30}),
        ([part(1, -1, apn="x")], 1, None, {"apn": "x"}),  # how many there are is not known
        ([part(1, -1, apn="x"), part(0, 1, apn="y")], 1, (), {"apn": "y"}),  # told whole
    ],
)
def test_the_parts_of_a_configuration_are_one(
    rows: list[dict[str, Any]], parts: int, missing: tuple[int, ...] | None, config: dict[str, Any]
) -> None:
    for told in (rows, rows[::-1]):
        (whole,) = configuration.wholes(told)
        assert (whole.parts, whole.missing, whole.config) == (parts, missing, config)


def test_the_command_shows_configurations_merged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = write_settings(tmp_path / "here")
    project = Project(root)
    landing = project.landing()
    landing.put_many([sampled("c", "config_last"), sampled("c", "config_part")])
    landing.close()
    project.close()
    monkeypatch.setenv("TELLTALE_HOME", str(root))
    done = CliRunner().invoke(efento, ["configuration", "--json"])
    assert done.exit_code == 0, done.output
    (row,) = json.loads(done.stdout)
    assert (row["parts"], row["missing"]) == (2, [])
    assert [calendar["type"] for calendar in row["config"]["calendars"]] == ["week", "disabled"]
