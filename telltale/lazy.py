"""Packages whose public names are imported when they are used, and no sooner (PEP 562)."""

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any


def lazily(package: str, names: Mapping[str, str]) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """The `__getattr__` and `__dir__` of a package.

    Args:
        package: its `__name__`.
        names: where each public name lives: a module below the package, or "" where the name is such a module.
    """

    def get(name: str) -> Any:
        if name not in names:
            raise AttributeError(f"{package} has no {name!r}; it has {', '.join(sorted(names))}")
        module = import_module(f"{package}.{names[name] or name}")
        return getattr(module, name) if names[name] else module

    return get, lambda: sorted(names)
