"""Every text parses as Spark SQL and keeps the rules that let DuckDB and Spark give one answer (DESIGN section 7)."""

import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterator
from types import ModuleType

import pytest
import sqlglot
from sqlglot import exp
from sqlglot.errors import ErrorLevel

from telltale.engine import deduplication
from telltale.tables import PRESENCE_DAY, SIGHTING, Column, Table

SUBJECTS = ("presence", "kanban", "activity", "sensors", "health")
ALLOWED = {
    *("avg", "bitwise_or_agg", "count", "max", "min", "quantile", "sum"),
    *("lag", "lead", "row_number"),
    *("and", "case", "try_cast", "ceil", "coalesce", "concat", "floor", "greatest", "least", "nullif", "or"),
    *("regexp_like", "substring", "timestamp_micros", "unix_micros", "explode", "generate_series"),
}
"""Functions known to mean the same on both engines, as the parser names them (percentile is quantile, Spark's cast
try_cast)."""
RUNNING = (exp.Sum, exp.Max, exp.Min, exp.Count, exp.Avg)


def _modules() -> Iterator[ModuleType]:
    """Every module of analysis: what the subjects share, then each subject's own."""
    for package in ("telltale.analysis", *(f"telltale.{subject}.analysis" for subject in SUBJECTS)):
        path = importlib.import_module(package).__path__
        for found in pkgutil.walk_packages(path, f"{package}."):
            yield importlib.import_module(found.name)


def texts() -> Iterator[tuple[str, str]]:
    """Every text of the analysis, by name: constants that begin with select, and what the `…_text` functions make."""
    for module in _modules():
        for name, value in vars(module).items():
            label = f"{module.__name__.removeprefix('telltale.').replace('analysis.', '')}.{name}"
            if isinstance(value, str) and value.lstrip().startswith("select "):
                yield label, value.format(time=PRESENCE_DAY.time) if "{time}" in value else value
            elif name.endswith("_text") and inspect.isfunction(value) and value.__module__ == module.__name__:
                yield from ((f"{label}({words})", value(words)) for words in (1, 3))
    yield "deduplication(sighting)", deduplication(SIGHTING)
    yield "deduplication(newest)", deduplication(NEWEST)


COLUMNS = tuple(Column(name, "int64", "") for name in ("raw_id", "received_at", "a", "b"))
NEWEST = Table("t", "", COLUMNS, key=("a",), time="received_at", by_column=True)
TEXTS = dict(texts())


def problems(text: str) -> Iterator[str]:
    """What a text does that it must not."""
    tree = sqlglot.parse_one(text, dialect="spark", error_level=ErrorLevel.RAISE)
    branches = {id(branch) for case in tree.find_all(exp.Case) for branch in case.args["ifs"]}
    for function in tree.find_all(exp.Func):
        if id(function) in branches:
            continue
        name = function.name if isinstance(function, exp.Anonymous) else function.sql_name()
        if name.lower() not in ALLOWED:
            yield f"function {name.lower()}"
    for rule in (_types, _names, _windows, _divisors, _unportable):
        yield from rule(tree)


def _types(tree: exp.Expr) -> Iterator[str]:
    for cast in tree.find_all(exp.Cast):
        if cast.to.this not in {exp.DType.BIGINT, exp.DType.INT, exp.DType.DOUBLE}:
            yield f"cast to {cast.to.sql()}"
        if cast.to.this != exp.DType.DOUBLE and isinstance(cast.this, exp.Div):
            yield "a quotient cast without floor()"


def _names(tree: exp.Expr) -> Iterator[str]:
    for derived in tree.find_all(exp.Subquery):
        if isinstance(derived.parent, exp.From | exp.Join) and not derived.alias:
            yield "a derived table without a name"
    for select in tree.find_all(exp.Select):
        for column in select.expressions:
            if not isinstance(column, exp.Alias | exp.Column | exp.Star):
                yield f"column without a name: {column.sql()}"


def _windows(tree: exp.Expr) -> Iterator[str]:
    for window in tree.find_all(exp.Window):
        ordered = window.args.get("order")
        if isinstance(window.this, RUNNING) and ordered and not window.args.get("spec"):
            yield f"a running {window.this.key} without its frame"
        if not isinstance(window.this, RUNNING) and not ordered:
            yield f"{window.this.key} without an order"


def _divisors(tree: exp.Expr) -> Iterator[str]:
    for division in tree.find_all(exp.Div):
        by = division.expression
        known = isinstance(by, exp.Placeholder) or (isinstance(by, exp.Literal) and float(by.this) != 0)
        if not known and not by.find(exp.Nullif):
            yield f"a divisor outside nullif: {by.sql()}"


def _unportable(tree: exp.Expr) -> Iterator[str]:
    for kind in (exp.Interval, exp.IntDiv, exp.Qualify, exp.Struct, exp.Lateral, exp.AtTimeZone):
        if tree.find(kind):
            yield f"{kind.__name__} is not portable"


@pytest.mark.parametrize("name", TEXTS)
def test_a_text_is_portable(name: str) -> None:
    assert list(problems(TEXTS[name])) == []


def test_the_texts_are_found() -> None:
    assert {"presence.visits.USABLE", "presence.visits.visit_text(3)", "presence.figures.FIGURES"} <= TEXTS.keys()


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("select epoch_us(t) as x from r", "function epoch_us"),
        ("select collect_set(t) as x from r", "function array_unique_agg"),
        ("select a / b as x from r", "a divisor outside nullif: b"),
        ("select sum(a) over (partition by b order by c) as x from r", "a running sum without its frame"),
        ("select lag(a) over (partition by b) as x from r", "lag without an order"),
        ("select x from (select 1 as x)", "a derived table without a name"),
        ("select count(*) from r", "column without a name: COUNT(*)"),
        ("select cast(a / 3 as bigint) as x from r", "a quotient cast without floor()"),
        ("select t + interval 1 day as x from r", "Interval is not portable"),
        ("select cast(a as timestamp) as x from r", "cast to TIMESTAMPTZ"),
    ],
)
def test_the_linter_sees(text: str, problem: str) -> None:
    assert problem in list(problems(text))


def test_a_function_makes_its_text_from_numbers_only() -> None:
    makers: list[Callable[..., object]] = [
        value for module in _modules() for name, value in vars(module).items() if name.endswith("_text")
    ]
    assert makers
    assert all(set(inspect.signature(maker).parameters) == {"words"} for maker in makers)
