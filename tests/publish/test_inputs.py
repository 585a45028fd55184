"""What a report rests on is told by the calls of its notebook."""

import json
from pathlib import Path

import pytest

import telltale
from telltale.publish import inputs


@pytest.mark.parametrize(
    ("code", "tables"),
    [
        ("tt.hold()\ntt.sensors.cards.tiles(x)", ("reading",)),
        ("tt.presence.visits()\ntt.kanban.pulls()", ("sighting", "node_heartbeat", "frame", "collector_heartbeat")),
        ("tt.load('reading')", inputs.ALL),
        ("tt.health.devices()", inputs.ALL),
        ("%matplotlib inline\ntt.sensors.x()", inputs.ALL),
        ("1 + 1", inputs.ALL),
    ],
)
def test_the_tables_of_a_notebook(tmp_path: Path, code: str, tables: tuple[str, ...]) -> None:
    path = tmp_path / "one.ipynb"
    cells = [{"cell_type": "markdown", "source": "tt.load"}, {"cell_type": "code", "source": code}]
    path.write_text(json.dumps({"cells": cells}))
    assert sorted(inputs.tables_of(path)) == sorted(tables)


@pytest.mark.parametrize(
    ("name", "tables"),
    [
        ("sensor_report", ("reading",)),
        ("presence_dwell", ("sighting", "node_heartbeat")),
        ("kanban_trends", ("frame", "collector_heartbeat")),
        ("activity_time", ("activity",)),
        ("work_hours", ("activity",)),
        ("data_health", inputs.ALL),
    ],
)
def test_the_tables_of_our_own_notebooks(name: str, tables: tuple[str, ...]) -> None:
    path = Path(telltale.__file__).parents[1] / "notebooks" / f"{name}.ipynb"
    assert inputs.tables_of(path) == tables
