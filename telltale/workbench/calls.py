"""The calls of `tt`, each asked inside a block: of a moment (`tt.at`) or of an engine (`tt.on`)."""

from collections.abc import Callable, Collection
from contextlib import AbstractContextManager
from importlib import import_module
from types import ModuleType
from typing import Any


def of_tt(name: str, block: AbstractContextManager[Any], left_out: Collection[str], what: str) -> Any:
    """What `tt` has under a name, asked inside the block.

    Raises:
        AttributeError: there is none, or it is left out; `what` says of what.
    """
    if name.startswith("_") or name in left_out:
        raise AttributeError(f"{what} has no {name!r}")
    return _bound(getattr(import_module("telltale"), name), block)


def names(own: Collection[str], left_out: Collection[str]) -> list[str]:
    """What completes: the names of `tt` and some of its own."""
    return sorted({*own, *dir(import_module("telltale"))} - set(left_out))


class _Bound:
    """A call, or a module of calls, asked inside a block."""

    def __init__(self, of: ModuleType | Callable[..., Any], block: AbstractContextManager[Any]) -> None:
        self._of, self._block = of, block
        self.__doc__ = of.__doc__

    def __call__(self, *given: Any, **named: Any) -> Any:
        if isinstance(self._of, ModuleType):
            raise TypeError(f"{self._of.__name__} is no call")
        with self._block:
            return self._of(*given, **named)

    def __getattr__(self, name: str) -> Any:
        return _bound(getattr(self._of, name), self._block)

    def __dir__(self) -> list[str]:
        return dir(self._of)

    def __repr__(self) -> str:
        return f"{self._of!r} {self._block!r}"


def _bound(value: Any, block: AbstractContextManager[Any]) -> Any:
    is_call = isinstance(value, ModuleType) or (callable(value) and not isinstance(value, type))
    return _Bound(value, block) if is_call else value
