"""Every text parses as Spark SQL and keeps the rules that let DuckDB and Spark give one answer (DESIGN section 7)."""

import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterator
from types import ModuleType

import pytest

from telltale.engine import deduplication
from telltale.tables import PRESENCE_DAY, SIGHTING, Column, Table
from tests.portable import everywhere, problems

SUBJECTS = ("presence", "kanban", "activity", "sensors", "health")


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
EVERYWHERE = dict(everywhere())


@pytest.mark.parametrize("name", TEXTS)
def test_a_text_is_portable(name: str) -> None:
    assert list(problems(TEXTS[name])) == []


@pytest.mark.parametrize("place", EVERYWHERE)
def test_a_text_is_portable_wherever_it_stands(place: str) -> None:
    assert list(problems(EVERYWHERE[place])) == []


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
        ('select "table" as x from r', "double quotes are a string in Spark"),
        ("select 'it''s' as x from r", "a backslash or a doubled quote is an escape in one of them"),
        ("select 'a\\d' as x from r", "a backslash or a doubled quote is an escape in one of them"),
        ("select a::double as x from r", "a cast by ::"),
        ("select coalesce(a, 1.0) as x from r", "1.0 is a decimal, expected 1.0e0"),
        ("select arg_max(a, b) as x from r", "function arg_max"),
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
