"""Spark gives the answers of DuckDB: in this process's Java machine and on a server of Spark Connect.

Every text is understood with the same columns and types; a call of each kind is compared by all it says. `long`
compares each, and a dozen on a server. Sail is compared on every call by `on_sail.py`, in an environment of its own.
"""

from collections.abc import Iterator
from typing import Any

import pytest

from telltale.engine import session
from telltale.engine.spark import SparkEngine
from telltale.workbench.project import Project
from tests.engine.calls import calls, plain, public
from tests.engine.heard import Heard
from tests.engine.servers import connect_server

LOCAL = "local[2]"
CHOSEN = (
    *("presence.visits", "presence.figures", "presence.occupancy", "kanban.pulls", "kanban.lead_times"),
    *("activity.totals", "activity.team", "sensors.stats", "sensors.excursions", "health.devices", "load.sighting"),
    *("sql", "at"),
)
"""Each kernel, hot rows, a derived table, a query of one's own and a moment that has passed."""
SOON = ("presence.visits", "kanban.pulls", "sensors.excursions", "at")
"""Of these, those that are tried each time: a minute of Java each, on a busy machine."""
CALLS = calls()
pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(1_200),
    pytest.mark.filterwarnings("ignore:PySpark does not yet fully support pandas"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),  # py4j leaves sockets to the collector
]


@pytest.fixture(scope="module")
def spark(project: Project) -> Iterator[Project]:
    """The project on a Java machine of this process."""
    yield from _on(project, LOCAL)
    session.stop(LOCAL)


@pytest.fixture(scope="module")
def connected(project: Project) -> Iterator[Project]:
    """The project on a server of Spark Connect."""
    with connect_server() as master:
        yield from _on(project, master)


def _on(project: Project, master: str) -> Iterator[Project]:
    told = project.settings.engine.model_copy(update={"spark": master})
    made = Project(settings=project.settings.model_copy(update={"engine": told}), now=project.clock, runs_on="spark")
    yield made
    made.close()


@pytest.fixture(scope="module")
def expected() -> dict[str, Any]:
    """What DuckDB answers, once for all engines."""
    return {}


@pytest.fixture(scope="module")
def heard(project: Project, expected: dict[str, Any]) -> Heard:
    """The texts and kernels that all calls run, and of what shape their rows are."""
    listening = Project(settings=project.settings, now=project.clock)
    engine = listening.__dict__["engine"] = Heard()
    for name, call in CALLS.items():
        expected[name] = plain(call(listening))
    listening.close()
    return engine


def test_the_dozen_is_of_public_calls() -> None:
    assert set(SOON) <= set(CHOSEN) <= set(CALLS)
    assert {name for name, _ in public()} >= {"presence.visits", "load", "sql"}


def test_every_text_is_understood_with_the_same_columns(heard: Heard, spark: Project) -> None:
    engine = spark.engine
    assert isinstance(engine, SparkEngine)
    assert len(heard.texts) > 150
    wrong = [problem for text in heard.texts.values() if (problem := text.problem(engine))]
    assert wrong == []


def test_kernels_work_where_there_is_no_telltale(heard: Heard) -> None:
    """Each takes along what it names, as on the workers of a cluster that knows nothing of this project."""
    assert len(heard.worked) >= 6
    assert {name: worked.elsewhere() for name, worked in heard.worked.items()} == dict.fromkeys(heard.worked, "True")


@pytest.mark.parametrize("name", SOON)
def test_a_java_machine_answers_alike(name: str, heard: Heard, expected: dict[str, Any], spark: Project) -> None:
    assert plain(CALLS[name](spark)) == expected[name]


@pytest.mark.long
@pytest.mark.parametrize("name", CHOSEN)
def test_a_server_answers_alike(name: str, heard: Heard, expected: dict[str, Any], connected: Project) -> None:
    assert plain(CALLS[name](connected)) == expected[name]


@pytest.mark.long
@pytest.mark.parametrize("name", CALLS)
def test_each_call_is_answered_alike(name: str, heard: Heard, expected: dict[str, Any], spark: Project) -> None:
    assert plain(CALLS[name](spark)) == expected[name]
