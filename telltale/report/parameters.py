"""The parameters of a notebook: what its tagged cell assigns, and values from outside in their types.

papermill runs a notebook with an unknown parameter and only warns; a report that ignored `-p gpa=20min` would be wrong
without looking so.
"""

import ast
import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from telltale.contract import ConfigError, did_you_mean

TAG = "parameters"
_TRUTHS = {"true": True, "false": False}


class Parameter(NamedTuple):
    """A name the cell assigns: its type's name and its default as written."""

    kind: str
    default: str


def parameters(notebook: Path) -> dict[str, Parameter]:
    """The parameters of a notebook by name; none without a cell tagged so."""
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    tagged = [cell for cell in cells if TAG in cell["metadata"].get("tags", ())]
    return {
        name: parameter
        for cell in tagged
        for statement in ast.parse("".join(cell["source"])).body
        for name, parameter in _assigned(statement)
    }


def defaults(notebook: Path) -> dict[str, Any]:
    """What a notebook says itself, of those of its parameters that it gives as plain values."""
    found = {}
    for name, parameter in parameters(notebook).items():
        with suppress(ValueError):  # an expression is not known before it runs
            found[name] = ast.literal_eval(parameter.default)
    return found


def typed(notebook: Path, given: Mapping[str, Any]) -> dict[str, Any]:
    """The given values in the types the notebook tells.

    Raises:
        ConfigError: the notebook has no such parameter, or the text is not of its type.
    """
    known = parameters(notebook)
    for name in given:
        if name not in known:
            hint = did_you_mean(name, known)
            raise ConfigError(f'{notebook.name} has no parameter "{name}"; it has {", ".join(sorted(known))}{hint}')
    return {name: _read(notebook, name, value, known[name]) for name, value in given.items()}


def _assigned(statement: ast.stmt) -> Iterator[tuple[str, Parameter]]:
    if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name) and statement.value:
        yield statement.target.id, Parameter(ast.unparse(statement.annotation), ast.unparse(statement.value))
    elif isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
        yield statement.targets[0].id, Parameter(_kind(statement.value), ast.unparse(statement.value))


def _kind(value: ast.expr) -> str:
    return type(value.value).__name__ if isinstance(value, ast.Constant) else ""


def _read(notebook: Path, name: str, value: Any, told: Parameter) -> Any:
    """A text from the command line in the parameter's type; anything else as it is."""
    if not isinstance(value, str) or told.kind not in ("int", "float", "bool"):
        return value
    try:
        if told.kind == "bool":
            return _TRUTHS[value.lower()]
        return int(value) if told.kind == "int" else float(value)
    except (ValueError, KeyError):
        raise ConfigError(f'{notebook.name} {name} = "{value}": expected {told.kind}, such as {told.default}') from None
