"""Packages whose public names are imported when they are used, and no sooner (PEP 562)."""

import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from types import ModuleType
from typing import Any


def lazily(
    package: str, names: Mapping[str, str], *, asked_by: str = ""
) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """The `__getattr__` and `__dir__` of a package.

    Python binds each module it imports to its package, under the module's name. Where that is also the name of a public
    function, such as `answers` in `answers.py`, the function keeps it; `from package.answers import …` works as ever.

    Args:
        package: its `__name__`.
        names: where each public name lives: a module below the package, or "" where the name is such a module.
        asked_by: the module whose `by_engine` each public function is given through; none where it is empty.
    """

    class Package(ModuleType):
        def __setattr__(self, name: str, value: Any) -> None:
            if not (isinstance(value, ModuleType) and names.get(name)):
                super().__setattr__(name, value)

    def get(name: str) -> Any:
        if name not in names:
            raise AttributeError(f"{package} has no {name!r}; it has {', '.join(sorted(names))}")
        module = import_module(f"{package}.{names[name] or name}")
        if not names[name]:
            return module
        return import_module(asked_by).by_engine(getattr(module, name)) if asked_by else getattr(module, name)

    sys.modules[package].__class__ = Package
    return get, lambda: sorted(names)
