"""A report that a server of Spark Connect answers says what DuckDB's says; only its footer says who answered."""

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from telltale import report
from telltale.report import recipe
from telltale.report.verify import verify
from telltale.workbench.as_of import Moment
from telltale.workbench.on_engine import on_engine
from telltale.workbench.project import Project
from tests.engine.conftest import NOW_US
from tests.engine.servers import connect_server

PERIOD = "2026-11-20"
SHORT = "fridges"
CELLS = """
import telltale as tt
tt.hold()
answers = tt.sensors.answers(period)
---
tt.sensors.cards.sentence(answers)
---
tt.sensors.cards.readings(answers)
"""
FOOTER = re.compile(r"<div><dt>(Made|Answered by)</dt> <dd>(.*?)</dd></div>", re.DOTALL)
pytestmark = [
    pytest.mark.long,
    pytest.mark.timeout(1_200),
    pytest.mark.filterwarnings("ignore:PySpark does not yet fully support pandas"),
]


@pytest.fixture(scope="module")
def served(filled: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """A copy of the project whose telltale.toml names a server, with a short report of its own."""
    root = tmp_path_factory.mktemp("served") / "copy"
    shutil.copytree(filled, root)
    _write_notebook(root)
    with connect_server() as master, (root / "telltale.toml").open("a") as settings:
        settings.write(f'\n[engine]\nspark = "{master}"\n')
        settings.flush()
        made = Project(root, now=lambda: NOW_US)
        yield made
        made.close()


def _write_notebook(root: Path) -> None:
    cells: list[dict[str, Any]] = [
        {"cell_type": "code", "id": f"c{at}", "metadata": {"tags": ["parameters"] * (at == 0)}, "source": text,
         "outputs": [], "execution_count": None}
        for at, text in enumerate(['period: str = "7d"', *CELLS.strip().split("\n---\n")])
    ]  # fmt: skip
    (root / "notebooks").mkdir(exist_ok=True)
    notebook = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    (root / "notebooks" / f"{SHORT}.ipynb").write_text(json.dumps(notebook))


@pytest.mark.parametrize(
    "name", [SHORT, "presence_dwell", "kanban_trends", "sensor_report", "activity_time", "data_health"]
)
def test_a_report_says_the_same_and_who_answered(name: str, served: Project) -> None:
    """Figures by their digests, all words and charts by the page; what it says of itself is that Spark answered."""
    moment = Moment(NOW_US, served.store.last_id())
    pages = {}
    for engine in ("duckdb", "spark"):
        done = report.run(name, PERIOD, {}, on_engine(engine, served), with_pdf=False, moment=moment)
        pages[engine] = done.html.read_text()
    made = {engine: recipe.read(page, engine) for engine, page in pages.items()}
    assert made["spark"].data["figures"] == made["duckdb"].data["figures"]
    assert len(made["spark"].figures) >= 2
    assert [each.engine for each in made.values()] == ["duckdb", "spark"]
    assert {
        name: made["duckdb"].data[name] == made["spark"].data[name] for name in ("answers", "inputs", "settings")
    } == ({"answers": True, "inputs": True, "settings": True})
    words = {
        engine: FOOTER.sub("", re.sub(r"<script.*?</script>", "", page, flags=re.DOTALL))
        for engine, page in pages.items()
    }
    assert words["spark"] == words["duckdb"]
    said = {engine: dict(FOOTER.findall(page)).get("Answered by") for engine, page in pages.items()}
    assert said == {"duckdb": None, "spark": f"Spark ({served.settings.engine.spark})"}


def test_a_report_is_verified_by_the_engine_that_answered_it(served: Project) -> None:
    moment = Moment(NOW_US, served.store.last_id())
    page = report.run(SHORT, PERIOD, {}, on_engine("spark", served), with_pdf=False, moment=moment).html
    told: list[str] = []
    verdict = verify(page, served, progress=told.append)
    assert (verdict.state, verdict.reasons) == ("equal", ())
