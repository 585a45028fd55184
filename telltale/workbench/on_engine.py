"""`tt.on`: the calls of `tt`, answered by another engine than DuckDB in this process."""

import inspect
from contextlib import AbstractContextManager
from functools import cache, wraps
from typing import Any, Self

from telltale.contract import ConfigError
from telltale.workbench import calls
from telltale.workbench.here import here, standing_at
from telltale.workbench.project import ENGINES, Project

LEFT_OUT = frozenset({"Project", "compare", "engines", "on", "superseded"})
"""Names of `tt` that ask no engine, or one of their own."""


def on(engine: str, *, project: Project | None = None) -> "On":
    """`tt` as another engine answers it: an object with the same calls, and a block in which it answers all calls.

        spark = tt.on("spark")
        spark.presence.figures("7d")
        with tt.on("spark"):
            tt.presence.figures("7d")
        tt.presence.figures("7d", engine="spark")

    The answers are those of DuckDB: same rows, order and types, numbers to nine digits.

    Args:
        engine: `spark`, which `[engine] spark` says where to find, or `duckdb`.
        project: another project than the one found from here.

    Raises:
        ConfigError: no such engine, or none is set.
    """
    return On(on_engine(engine, project or here()))


def on_engine(engine: str, project: Project) -> Project:
    """The same records at the same present, answered by an engine.

    Raises:
        ConfigError: no such engine, or none is set.
    """
    if engine not in ENGINES:
        raise ConfigError(f'engine "{engine}": expected one of {", ".join(ENGINES)}')
    return project if engine == project.runs_on else project.on_engine(engine)


@cache
def by_engine(call: Any) -> Any:
    """A call that takes `engine="spark"` beside what it takes anyway, where it takes a project; else itself."""
    if isinstance(call, type) or not callable(call):
        return call
    signature = inspect.signature(call)
    parameters = signature.parameters
    if "project" not in parameters or "engine" in parameters:
        return call

    @wraps(call)
    def asked(*given: Any, engine: str | None = None, **named: Any) -> Any:
        if engine is None:
            return call(*given, **named)
        with on(engine, project=named.pop("project", None)):
            return call(*given, **named)

    engine_too = inspect.Parameter("engine", inspect.Parameter.KEYWORD_ONLY, default=None, annotation=str | None)
    listed = sorted((*parameters.values(), engine_too), key=lambda each: each.kind)  # what takes all else comes last
    asked.__signature__ = signature.replace(parameters=listed)  # type: ignore[attr-defined] # PEP 362: help shows it
    return asked


class On(AbstractContextManager["On"]):
    """`tt` on an engine; `tt.on` makes one.

    Args:
        project: one of that engine.
    """

    def __init__(self, project: Project) -> None:
        self.project = project
        self._outer: list[AbstractContextManager[None]] = []

    def __repr__(self) -> str:
        return f"tt on {self.project.runs_on}"

    def __enter__(self) -> Self:
        block = standing_at(self.project)
        block.__enter__()
        self._outer.append(block)
        return self

    def __exit__(self, *error: object) -> None:
        self._outer.pop().__exit__(None, None, None)

    def __getattr__(self, name: str) -> Any:
        return calls.of_tt(name, self, LEFT_OUT, f"tt.on({self.__dict__['project'].runs_on!r})")

    def __dir__(self) -> list[str]:
        return calls.names({"project"}, LEFT_OUT)
