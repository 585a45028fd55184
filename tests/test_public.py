"""What a person may call: `tt.` and `tt.<name>.` complete to public names only, each with a docstring."""

import inspect
import pkgutil
from collections.abc import Iterator
from importlib import import_module
from types import ModuleType

import pytest

import telltale as tt

SUBJECTS = ("presence", "kanban", "activity", "sensors", "health")


def public() -> Iterator[tuple[str, object]]:
    """Every public name below `tt`, and what it is."""
    for name in tt.__all__:
        yield f"tt.{name}", getattr(tt, name)
    for subject in SUBJECTS:
        package = getattr(tt, subject)
        for name in package.__all__:
            yield f"tt.{subject}.{name}", getattr(package, name)


def completions(package: ModuleType) -> set[str]:
    """What JupyterLab offers after the dot, with all modules of the package imported."""
    for module in pkgutil.iter_modules(package.__path__):
        if module.name != "__main__":
            import_module(f"{package.__name__}.{module.name}")
    return set(dir(package))


@pytest.mark.parametrize("name", ["", *SUBJECTS])
def test_only_public_names_complete(name: str) -> None:
    package = getattr(tt, name) if name else tt
    assert completions(package) == set(package.__all__)
    assert list(package.__all__) == sorted(package.__all__)


@pytest.mark.parametrize(("name", "thing"), [pytest.param(*pair, id=pair[0]) for pair in public()])
def test_every_public_name_has_a_docstring(name: str, thing: object) -> None:
    doc = inspect.getdoc(thing) or ""
    assert doc.split("\n")[0].rstrip().endswith((".", ":", "?")), f"{name}: {doc!r}"


@pytest.mark.parametrize("name", SUBJECTS)
def test_a_public_function_is_not_hidden_by_a_module_of_its_name(name: str) -> None:
    """Python binds an imported module to its package: `tt.presence.answers` has to stay the function."""
    package = getattr(tt, name)
    completions(package)
    for called in set(package.__all__) - {"cards", "charts"}:
        assert not isinstance(getattr(package, called), ModuleType), f"{package.__name__}.{called}"
