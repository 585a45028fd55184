"""Notebooks run in this process, for tests that run many of them: what their cells show, without a kernel."""

import ast
import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from telltale.page import pieces as show
from telltale.report import engine, execute
from telltale.workbench import here as heres
from telltale.workbench import shown
from telltale.workbench.as_of import VARIABLE, Moment
from telltale.workbench.project import Project


def instead_of_kernels(patch: pytest.MonkeyPatch) -> None:
    """Reports are made and verified in this process from here on."""
    patch.setattr(execute, "_cells", cells)


def cells(
    source: Path,
    target: Path,
    values: Mapping[str, Any],
    project: Project,
    *,
    progress: Callable[[str], None],
    moment: Moment,
) -> Mapping[str, Any]:
    """As a kernel runs them: in the project's folder, told the moment."""
    progress(f"{source.stem}: cells")
    notebook: dict[str, Any] = json.loads(source.read_text())
    notebook["metadata"]["papermill"] = {"parameters": dict(values)}
    names: dict[str, Any] = {}
    before = {name: os.environ.get(name) for name in (VARIABLE, "TELLTALE_HOME")}
    os.environ.update({VARIABLE: moment.text, "TELLTALE_HOME": str(project.settings.root)})
    heres._here.pop(project.settings.root.resolve(), None)
    try:
        for cell in notebook["cells"]:
            if cell["cell_type"] == "code":
                cell["outputs"] = _outputs(_shown("".join(cell["source"]), names))
                if "parameters" in cell["metadata"].get("tags", ()):
                    names.update(values)
    finally:
        opened = heres._here.pop(project.settings.root.resolve(), None)
        if opened is not None:
            opened[1].close()
        shown.in_zone(shown._zone)  # a kernel would have ended with the moment its tables are headed by
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})
    target.write_text(json.dumps(notebook))
    return notebook


def _shown(text: str, names: dict[str, Any]) -> Any:
    try:
        return _run(text, names)
    except Exception as error:
        raise engine.CellFailed(0, type(error).__name__, str(error)) from error


def _run(text: str, names: dict[str, Any]) -> Any:
    """What the last line of a cell gives."""
    statements = ast.parse(text).body
    last = statements[-1] if statements else None
    if not isinstance(last, ast.Expr):
        exec(compile(ast.Module(statements, []), "cell", "exec"), names)
        return None
    exec(compile(ast.Module(statements[:-1], []), "cell", "exec"), names)
    return eval(compile(ast.Expression(last.value), "cell", "eval"), names)


def _outputs(shown: Any) -> list[dict[str, Any]]:
    if not isinstance(shown, show.Piece):
        return []
    bundle: dict[str, Any] = {show.MIME: json.loads(json.dumps(shown.data()))}
    if isinstance(shown, show.Card) and "figure" in bundle[show.MIME]:
        bundle[show.PLOTLY] = show.plotly_json(shown.evidence)
    return [{"output_type": "display_data", "metadata": {}, "data": bundle}]
