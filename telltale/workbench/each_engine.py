"""A question put to each engine in turn: what answers, how many rows, in what time, and whether they say the same."""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from telltale.contract import ConfigError, TelltaleError
from telltale.workbench.here import here
from telltale.workbench.on_engine import On
from telltale.workbench.project import DUCKDB, ENGINES, Project
from telltale.workbench.shown import marked
from telltale.workbench.sql_errors import first_line, is_of_spark

if TYPE_CHECKING:
    import pandas as pd

NEARLY = 1e-8
"""How far two numbers may be apart, relative to their size, that are one to nine digits."""


def engines(call: Callable[..., Any], *given: Any, project: Project | None = None, **named: Any) -> "pd.DataFrame":
    """The same question on each engine, of one moment, rows and times beside each other.

        tt.engines(tt.presence.visits, "28d")

    Each engine is asked twice: the first time it reads, plans and compiles, and Spark is started where it is not yet.
    Nothing of one answer is kept for the other.

    Args:
        call: a call of `tt` that gives a table.
        *given: what it is given.
        project: another project than the one found from here.
        **named: what it is given by name.

    Returns:
        a row of each engine: engine, answered_by, rows, first_s, again_s (seconds that passed), alike (whether the rows
        are those of DuckDB: order and types, numbers to nine digits), note: why an engine did not answer. Where it did
        not, the columns between are empty.

    Raises:
        ConfigError: the call gives no table.
    """
    import pandas as pd

    project = project or here()
    rows: list[dict[str, Any]] = []
    expected = None
    with project.at_one_moment():
        for engine in ENGINES:
            try:
                row, answer = _asked(engine, project, call, given, named)
            except Exception as error:
                if engine == DUCKDB or not (isinstance(error, TelltaleError) or is_of_spark(error)):
                    raise
                note = str(error) if isinstance(error, TelltaleError) else f"Spark: {first_line(error)}"
                rows.append({"engine": engine, "note": note})
                continue
            expected = answer if expected is None else expected
            rows.append({"engine": engine, **row, "alike": _are_alike(expected, answer), "note": ""})
    types = {"rows": "Int64", "first_s": "Float64", "again_s": "Float64", "alike": "boolean"}
    columns = ["engine", "answered_by", *types, "note"]
    return marked(pd.DataFrame(rows, columns=columns).astype(types))


def _asked(
    engine: str, project: Project, call: Callable[..., Any], given: tuple[Any, ...], named: dict[str, Any]
) -> tuple[dict[str, Any], "pd.DataFrame"]:
    """What an engine says, and how long it took; each time by a project that remembers nothing."""
    import pandas as pd

    took = []
    for _ in range(2):
        asked = project.on_engine(engine)
        try:
            began = time.perf_counter()
            with On(asked):
                answer = call(*given, **named)
            took.append(time.perf_counter() - began)
            words = getattr(asked.engine, "words", "DuckDB, in this process")
        finally:
            asked.close()
        if not isinstance(answer, pd.DataFrame):
            raise ConfigError(f"engines: the call gives a {type(answer).__name__}, expected a table of tt")
    return {"answered_by": words, "rows": len(answer), "first_s": took[0], "again_s": took[1]}, answer


def _are_alike(expected: "pd.DataFrame", answer: "pd.DataFrame") -> bool:
    from pandas.testing import assert_frame_equal

    try:
        assert_frame_equal(expected, answer, rtol=NEARLY, atol=0.0)
    except AssertionError:
        return False
    return True
