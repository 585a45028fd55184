"""What a person may call: `tt.` and `tt.<name>.` complete to public names only, each with a docstring."""

import inspect
import pkgutil
import re
from collections.abc import Iterator
from functools import reduce
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest

import telltale as tt

ROOT = Path(__file__).parent.parent
SUBJECTS = ("presence", "kanban", "activity", "sensors", "health")
MODULES = [name for name in tt.__all__ if isinstance(getattr(tt, name), ModuleType)]
INSIDE = [f"{subject}.{name}" for subject in SUBJECTS for name in ("cards", "charts")]


def public() -> Iterator[tuple[str, object]]:
    """Every public function, class and module below `tt`."""
    for name in tt.__all__:
        yield f"tt.{name}", getattr(tt, name)
    for path in (*MODULES, *INSIDE):
        for name in at(path).__all__:
            if callable(thing := getattr(at(path), name)) or isinstance(thing, ModuleType):
                yield f"tt.{path}.{name}", thing


def at(path: str) -> ModuleType:
    """A module below `tt`, such as `presence.cards`; `tt` itself where the path is empty."""
    module: ModuleType = reduce(getattr, path.split("."), tt) if path else tt
    return module


def completions(package: ModuleType) -> set[str]:
    """What JupyterLab offers after the dot, with all modules of the package imported."""
    for module in pkgutil.iter_modules(getattr(package, "__path__", [])):
        if module.name != "__main__":
            import_module(f"{package.__name__}.{module.name}")
    return set(dir(package))


@pytest.mark.parametrize("path", ["", *MODULES, *INSIDE])
def test_only_public_names_complete(path: str) -> None:
    assert completions(at(path)) == set(at(path).__all__)


@pytest.mark.parametrize(("name", "thing"), [pytest.param(*pair, id=pair[0]) for pair in public()])
def test_every_public_name_has_a_docstring(name: str, thing: object) -> None:
    doc = inspect.getdoc(thing) or ""
    assert doc.split("\n")[0].rstrip().endswith((".", ":", "?")), f"{name}: {doc!r}"


def test_every_name_that_readmes_and_notebooks_call_is_there() -> None:
    files = [
        *ROOT.glob("*/README.md"),
        ROOT / "README.md",
        *ROOT.glob("notebooks/*.ipynb"),
        *ROOT.glob("dashboards/*.ipynb"),
    ]
    for file in files:
        for path in re.findall(r"\btt\.([a-z_]+(?:\.[a-z_]+)*)", file.read_text(encoding="utf-8")):
            parent, _, name = path.rpartition(".")
            assert name in at(parent).__all__, f"{file.name}: tt.{path}"


@pytest.mark.parametrize("name", SUBJECTS)
def test_a_public_function_is_not_hidden_by_a_module_of_its_name(name: str) -> None:
    """Python binds an imported module to its package: `tt.presence.answers` has to stay the function."""
    package = getattr(tt, name)
    completions(package)
    for called in set(package.__all__) - {"cards", "charts"}:
        assert not isinstance(getattr(package, called), ModuleType), f"{package.__name__}.{called}"
