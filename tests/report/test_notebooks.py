"""Notebooks are short stories: prose, then a few lines that call `tt`; committed without what they said last."""

import ast
import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

FOLDER = Path(__file__).parents[2] / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))


def cells(path: Path) -> list[dict[str, Any]]:
    return list(json.loads(path.read_text(encoding="utf-8"))["cells"])


def code_cells(path: Path) -> list[dict[str, Any]]:
    return [cell for cell in cells(path) if cell["cell_type"] == "code"]


def test_the_notebooks_of_the_design_are_there() -> None:
    names = {"00_start", "ingest_cloudtrax", "ingest_sigfox", "presence_dwell", "sensor_report", "data_health"}
    assert names <= {path.stem for path in NOTEBOOKS}


@pytest.fixture(params=NOTEBOOKS, ids=lambda path: path.stem)
def path(request: pytest.FixtureRequest) -> Path:
    assert isinstance(request.param, Path)
    return request.param


def test_no_outputs_and_no_counts(path: Path) -> None:
    assert all(cell["outputs"] == [] and cell["execution_count"] is None for cell in code_cells(path))


def test_title_and_question_come_first_then_the_parameters(path: Path) -> None:
    first, second = cells(path)[:2]
    title, _, question = "".join(first["source"]).partition("\n")
    assert title.startswith("# ")
    assert "?" in question
    assert "parameters" in second["metadata"]["tags"]


def test_parameters_are_typed_literals_each_with_its_meaning(path: Path) -> None:
    source = "".join(cells(path)[1]["source"])
    statements = ast.parse(source).body
    assert all(isinstance(one, ast.AnnAssign) and isinstance(one.value, ast.Constant) for one in statements)
    assert all("  # " in line for line in source.splitlines())


def test_code_cells_are_short_and_each_has_prose_before_it(path: Path) -> None:
    kinds = [cell["cell_type"] for cell in cells(path)]
    assert ("code", "code") not in pairwise(kinds)
    assert all(1 <= len(cell["source"]) <= 10 for cell in code_cells(path))


def test_the_library_does_the_work(path: Path) -> None:
    """One import, no functions, no paths: whatever is longer than a call lives in telltale, with a test."""
    tree = ast.parse("\n".join("".join(cell["source"]) for cell in code_cells(path)))
    imports = [ast.unparse(node) for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]
    assert imports == ["import telltale as tt"]
    assert not [
        node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.For | ast.While)
    ]


def test_a_report_speaks_of_one_moment(path: Path) -> None:
    """Its first cell after the parameters holds it; the start page, which people work on, has no period."""
    parameters, first = code_cells(path)[:2]
    is_report = "period:" in "".join(parameters["source"])
    assert ("tt.hold()" in "".join(first["source"])) == is_report
