"""Sail, with the client of Spark 4.2, gives the answers of DuckDB to every call; `make test-sail` runs it.

It is an environment of its own (`requirements-sail.lock`): the client is the package `pyspark` too.
"""

from collections.abc import Iterator

import pytest

from telltale.workbench.project import Project
from tests.engine.calls import calls, plain
from tests.engine.servers import sail_server

CALLS = calls()
pytestmark = pytest.mark.filterwarnings("ignore:PySpark does not yet fully support pandas")


@pytest.fixture(scope="module")
def sail(project: Project) -> Iterator[Project]:
    """The project on a server of Sail."""
    with sail_server() as master:
        told = project.settings.engine.model_copy(update={"spark": master})
        made = Project(
            settings=project.settings.model_copy(update={"engine": told}), now=project.clock, runs_on="spark"
        )
        yield made
        made.close()


@pytest.mark.parametrize("name", CALLS)
def test_each_call_is_answered_alike(name: str, project: Project, sail: Project) -> None:
    expected = plain(CALLS[name](project))
    assert expected not in ({}, [], "")
    assert plain(CALLS[name](sail)) == expected
