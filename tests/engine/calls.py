"""Every public call of `tt` that asks the store, with what it has to be given, and a digest of its answer.

The list is made of `__all__`: a new call is in it by itself. One that cannot be called without being told something
fails until `GIVEN` says what.
"""

import dataclasses
import datetime as dt
import hashlib
import inspect
import json
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

import telltale as tt
from telltale.tables import TABLES
from telltale.workbench.project import Project

SUBJECTS = ("presence", "kanban", "activity", "sensors", "health")
SINCE = "2d"
ASK_NOTHING = {
    *(
        "Project",
        "at",
        "at_one_moment",
        "compare",
        "decode",
        "engines",
        "hold",
        "load",
        "on",
        "raw",
        "sql",
        "superseded",
        "why",
    ),
    *("kanban.ack", "kanban.pull", "activity.correct", "activity.import_activitywatch"),  # these write
    *("kanban.days_covered", "kanban.demand_carried", "kanban.line_flow", "kanban.reorder_point", "kanban.size"),
    *("kanban.stock_out", "kanban.takt_s", "kanban.target_stock"),  # arithmetic
    "presence.sample",  # another one each time: what stations look like, of no store
    *("health.spools", "health.host_clock", "health.undelivered"),  # this machine as it is now
}
"""What asks no engine, or is asked below in a form of its own (`load`, `sql`, `at`)."""
GIVEN: dict[str, dict[str, Any]] = {
    "presence.last_seen": {"station": "3c:06:30:aa:bb:01"},
    "presence.nodes_that_heard": {"station": "3c:06:30:aa:bb:01"},
    "health.lateness": {"source": "sigfox"},
    "health.answers": {"source": "sigfox"},
    "kanban.answers": {"period": "14d"},
}
"""What a call must be told beside a stretch."""
NO_CALLS = {"cards", "charts", *tt.MODULES, *tt.SUBJECTS}
Call = Callable[[Project], Any]


def public() -> Iterator[tuple[str, Callable[..., Any]]]:
    """Every public call, by its path below `tt`."""
    for path in ("", *SUBJECTS):
        place: Any = getattr(tt, path) if path else tt
        for name in sorted({*place.__all__} - NO_CALLS):
            thing = getattr(place, name)
            if not isinstance(thing, ModuleType) and not inspect.isclass(thing):
                yield (f"{path}.{name}" if path else name), thing


def calls() -> dict[str, Call]:
    """The calls to compare: each public one, each table, a query, and a moment that has passed."""
    found = {name: _of(name, thing) for name, thing in public() if name not in ASK_NOTHING}
    tables = {f"load.{name}": _load(name) for name in TABLES}
    return found | tables | {
        "load of part": lambda p: tt.load("reading", "12h", "1h", columns=("device_id", "value"), project=p),
        "sql": lambda p: tt.sql(
            "select device_id, count(*) as n from uplink where device_id <> :no group by device_id order by device_id",
            project=p,
            no="it's a \\ path",
        ),
        "at": lambda p: tt.at("6h", project=p).sensors.stats(SINCE),
    }  # fmt: skip


def _of(name: str, thing: Callable[..., Any]) -> Call:
    parameters = inspect.signature(thing).parameters
    given = dict(GIVEN.get(name, {}))
    if "since" in parameters:
        given.setdefault("since", SINCE)
    if "period" in parameters:
        given.setdefault("period", SINCE)
    return lambda project: thing(**given, project=project)


def _load(name: str) -> Call:
    return lambda project: tt.load(name, SINCE, engine="arrow", project=project)


def digest(answer: Any) -> str:
    """Of all an answer says: values to nine digits, order, names and types."""
    return hashlib.sha256(json.dumps(plain(answer), sort_keys=True).encode()).hexdigest()


def plain(answer: Any) -> Any:
    """An answer as texts and lists.

    Raises:
        TypeError: it is of a kind that nobody has said how to compare.
    """
    for kind, told in KINDS.items():
        if isinstance(answer, kind):
            return told(answer)
    if tables := _tables(answer):
        return {name: plain(table) for name, table in tables.items()}
    if dataclasses.is_dataclass(answer):
        return {field.name: plain(getattr(answer, field.name)) for field in dataclasses.fields(answer)}
    raise TypeError(f"an answer of {type(answer).__name__}: say in tests/engine/calls.py how it is compared")


def _frame(frame: pd.DataFrame) -> Any:
    types = {str(name): str(kind) for name, kind in frame.dtypes.items()}
    return {"types": types, "rows": [[plain(value) for value in row] for row in frame.itertuples(index=False)]}


def _table(table: pa.Table) -> Any:
    types = {field.name: str(field.type) for field in table.schema}
    return {"types": types, "columns": {name: plain(table[name].to_pylist()) for name in table.column_names}}


def _tables(answer: Any) -> dict[str, pa.Table]:
    """The tables of the answers that a page is made of."""
    kinds = (cached_property, property)
    names = sorted(
        {name for kind in type(answer).__mro__ for name, made in vars(kind).items() if isinstance(made, kinds)}
    )
    values = {name: getattr(answer, name) for name in names if not name.startswith("_")}
    return {name: value for name, value in values.items() if isinstance(value, pa.Table)}


KINDS: dict[Any, Callable[[Any], Any]] = {
    pd.DataFrame: _frame,
    pd.Series: lambda series: [str(series.dtype), plain(series.tolist())],
    pa.Table: _table,
    float: lambda number: f"{number:.9g}",
    (bool, int, str, bytes, dt.date, dt.time, dt.timedelta, type(None), type(pd.NaT), type(pd.NA)): str,
    Mapping: lambda told: {str(key): plain(value) for key, value in told.items()},
    (list, tuple): lambda values: [plain(value) for value in values],
    np.generic: lambda value: plain(value.item()),
}
"""How each kind of answer is told; the first that fits."""
